"""The reasons that an apply gives when it stops a task, and what they mean when it is found stopped."""

from collections.abc import Mapping
from typing import Final

from ecsplan.terms.bodies import capacity_providers
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.outcomes.explanation import ErrorPattern, Explanation
from ecsplan_applier.outcomes.interruptions import ended_by_aws
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task

INTERRUPTED: Final = "ecsplan was interrupted"
NOT_RUNNING: Final = "ecsplan: not running after"
STILL_RUNNING: Final = "ecsplan: still running after"
OTHER_REQUEST: Final = "ecsplan: the run id belongs to another request"

FAILED_TO_START: Final = "TaskFailedToStart"
USER_INITIATED: Final = "UserInitiated"
"""Stop code of a task that StopTask stopped."""
STOPPED_BY_CALL: Final = frozenset({None, USER_INITIATED, FAILED_TO_START})
"""Stop codes of a task that StopTask stopped; if it had not run yet, ECS may report a failed start."""
_ENDED_BY_ITSELF: Final = frozenset({None, "", "EssentialContainerExited"})

_OUTCOMES: Final = (
    (INTERRUPTED, Outcome.INTERRUPTED),
    (NOT_RUNNING, Outcome.START_TIMEOUT),
    (STILL_RUNNING, Outcome.TIMEOUT),
    (OTHER_REQUEST, Outcome.OTHER_REQUEST),
)
_ANEW: Final = "to run the job again, apply with a new run id"
_MEANINGS: Final = {
    Outcome.INTERRUPTED: "an interrupted apply stopped this run id's task",
    Outcome.START_TIMEOUT: "an apply stopped this run id's task, which had not started in time",
    Outcome.TIMEOUT: "an apply stopped this run id's task, which had not ended in time",
    Outcome.OTHER_REQUEST: "an apply stopped the task because its run id belongs to another request",
}
_MANAGED: Final = frozenset({"FARGATE", "FARGATE_SPOT"})
"""Capacity providers that AWS manages; others stand for instances of the account."""
_LIFECYCLE: Final = "ECS developer guide, task lifecycle"

_PROVISIONING: Final = ErrorPattern(
    "start-timeout-provisioning",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "the task was still PROVISIONING: waiting for capacity or for a network interface",
    "raise `task_start_timeout_seconds` (a capacity provider that scales from zero takes minutes); check"
    " the provider's Auto Scaling group, or use another provider in `capacity_provider_strategy`; for a"
    " network"
    " interface, check the free addresses of the subnets",
    f"{_LIFECYCLE}; aws/containers-roadmap#2381; PrefectHQ/prefect#19627",
)
_WAITING: Final = ErrorPattern(
    "start-timeout-pending",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "the task was still PENDING: waiting for the agent of its host to accept it",
    "raise `task_start_timeout_seconds`; on EC2 check the container instance's agent (connected, current,"
    " with free disk space); secrets are fetched and log groups created in this state, so check the route"
    " to those services, too",
    f"{_LIFECYCLE}; PrefectHQ/prefect-aws#106",
)
_PULLING: Final = ErrorPattern(
    "start-timeout-pulling",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "the task was still PENDING: its image was being pulled",
    "raise `task_start_timeout_seconds`, use a smaller `image` or one in a registry in the task's region; a"
    " task without a route to the registry also hangs here: check assignPublicIp in"
    " `network_configuration`, the NAT"
    " gateway, or the endpoints",
    f"{_LIFECYCLE}; PrefectHQ/prefect-aws#106",
)
_STARTING: Final = ErrorPattern(
    "start-timeout-starting",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "the task was still PENDING or ACTIVATING: its images were pulled, but not all containers had started:"
    " one was waiting for another (`dependsOn`), or for its network, load balancer or volume",
    "raise `task_start_timeout_seconds`; check the health checks and `dependsOn` of the other containers",
    _LIFECYCLE,
)
_TIMEOUT: Final = ErrorPattern(
    "task-timeout",
    "own",
    "",
    "",
    "ecsplan: still running after 3600 s",
    "`task_timeout_seconds` allows no more, and the task was stopped",
    "raise `task_timeout_seconds`, or check in its log what it was waiting for",
    "ecsplan",
)
_INTERRUPTED: Final = ErrorPattern(
    "interrupted",
    "own",
    "",
    "",
    "ecsplan was interrupted",
    "this apply was interrupted and stopped its tasks",
    _ANEW,
    "ecsplan",
)
_OTHER_REQUEST: Final = ErrorPattern(
    "stopped-for-other-request",
    "own",
    "",
    "",
    "ecsplan: the run id belongs to another request",
    "the task was started under this run id by another request for the same job, and was stopped",
    "use another --run-id for another request",
    "ecsplan",
)
_EARLIER: Final = ErrorPattern(
    "stopped-by-ecsplan",
    "own",
    "",
    "",
    "ecsplan: still running after 3600 s",
    "an apply stopped this run id's task: it was cut short",
    _ANEW,
    "ecsplan",
)
OWN_STOPS: Final[tuple[ErrorPattern, ...]] = (
    _PROVISIONING,
    _WAITING,
    _PULLING,
    _STARTING,
    _TIMEOUT,
    _INTERRUPTED,
    _OTHER_REQUEST,
    _EARLIER,
)
"""Explanations of tasks that an apply stopped; `explain_stop_of` selects one, not a pattern."""


@dataclass(frozen=True, slots=True)
class StuckStart:
    """A task that was not running when its start timeout expired.

    Attributes:
        status: The last observed state, or "" if unknown.
        task: The task as ECS last described it.
        request: Its RunTask request.
    """

    status: str
    task: Task
    request: Body


def ended_well(stop_code: str | None, reason: str | None, exit_code: int | None) -> bool:
    """Return whether a task ended by itself and successfully, so that there is nothing to explain."""
    by_itself = stop_code in _ENDED_BY_ITSELF and not ended_by_aws(stop_code, reason)
    return by_itself and exit_code == 0


def own_stop(task: Task) -> Outcome | None:
    """Return why this or another apply stopped a task, or None if it ended otherwise."""
    if not task.is_over or task.stop_code not in STOPPED_BY_CALL:
        return None
    given = task.stopped_reason or ""
    return next((outcome for reason, outcome in _OUTCOMES if given.startswith(reason)), None)


def explain_own_stop(outcome: Outcome) -> Explanation:
    """Return what it means to find a task that another apply stopped for this reason (`own_stop`)."""
    return Explanation(_EARLIER.name, f"{_MEANINGS[outcome]}: it was cut short", _EARLIER.remedy)


def explain_stop_of(outcome: Outcome, stuck: StuckStart) -> Explanation | None:
    """Return the explanation of a task that this apply stopped, or None for other outcomes.

    Args:
        outcome: Why it was stopped.
        stuck: Its state when it was stopped; only a start timeout depends on it.
    """
    match outcome:
        case Outcome.START_TIMEOUT:
            return _explain_stuck(stuck)
        case Outcome.TIMEOUT:
            return _explanation(_TIMEOUT)
        case Outcome.INTERRUPTED:
            return _explanation(_INTERRUPTED)
        case Outcome.OTHER_REQUEST:
            return _explanation(_OTHER_REQUEST)
        case _:
            return None


def _explanation(row: ErrorPattern) -> Explanation:
    return Explanation(row.name, row.meaning, row.remedy)


def _explain_stuck(stuck: StuckStart) -> Explanation:
    # Timestamps before states: a finished pull proves more than the state, which lags behind.
    times = stuck.task.times
    if times.pull_stopped is not None or stuck.status == "ACTIVATING":
        return _explanation(_STARTING)
    if times.pull_started is not None:
        return _explanation(_PULLING)
    if stuck.status == "PENDING":
        return _explanation(_WAITING)
    return Explanation(
        _PROVISIONING.name,
        f"the task was still PROVISIONING: waiting for {_awaited(stuck.request)}",
        _provisioning_remedy(stuck.request),
    )


def _awaited(request: Body) -> str:
    """Return what a PROVISIONING task waits for: capacity by name, and perhaps a network interface."""
    names = capacity_providers(request)
    plural = "s" if len(names) > 1 else ""
    launch_type = request.get("launchType")
    # A request has a strategy or a launch type; without either, the cluster's default strategy applies.
    if names:
        capacity = f"capacity from the provider{plural} {', '.join(names)}"
    elif isinstance(launch_type, str):
        capacity = f"capacity for launch type {launch_type}"
    else:
        capacity = "capacity from the cluster's default provider"
    return f"{capacity}, or for a network interface" if _has_interface(request) else capacity


def _provisioning_remedy(request: Body) -> str:
    instances = [name for name in capacity_providers(request) if name not in _MANAGED]
    steps = ["raise `task_start_timeout_seconds`"]
    if instances:
        steps[0] += " (a provider that scales from zero takes minutes)"
        steps.append(
            f"check that the Auto Scaling group of {', '.join(instances)} grows and its instances join the"
            " cluster, or use another provider in `capacity_provider_strategy`"
        )
    elif "FARGATE_SPOT" in capacity_providers(request):
        steps.append("use FARGATE in `capacity_provider_strategy` (or `launch_type`) if Spot has no capacity")
    else:
        steps.append("check the cluster's capacity, or set a provider in `capacity_provider_strategy`")
    if _has_interface(request):
        steps.append("use subnets with free addresses, in several zones, in `network_configuration`")
    return "; ".join(steps)


def _has_interface(request: Body) -> bool:
    return isinstance(request.get("networkConfiguration"), Mapping)
