"""The reasons that an apply gives when it stops a task, and what they mean to whoever finds it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ecsplan_applier.outcomes.explanation import Explanation, Row
from ecsplan_applier.outcomes.interruptions import ended_by_aws
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task

INTERRUPTED: Final = "ecsplan was interrupted"
NOT_RUNNING: Final = "ecsplan: not running after"
STILL_RUNNING: Final = "ecsplan: still running after"
OTHER_REQUEST: Final = "ecsplan: the run id belongs to another request"

FAILED_TO_START: Final = "TaskFailedToStart"
STOPPED_BY_CALL: Final = frozenset({None, "UserInitiated", FAILED_TO_START})
"""Stop codes of a task that StopTask stopped: before it ran, ECS may call that a failed start."""
_ENDED_BY_ITSELF: Final = frozenset({None, "", "EssentialContainerExited"})

_OUTCOMES: Final = (
    (INTERRUPTED, Outcome.INTERRUPTED),
    (NOT_RUNNING, Outcome.START_TIMEOUT),
    (STILL_RUNNING, Outcome.TIMEOUT),
    (OTHER_REQUEST, Outcome.OTHER_REQUEST),
)
_ANEW: Final = "to run the job anew, apply with a new run id"
_MEANINGS: Final = {
    Outcome.INTERRUPTED: "an interrupted apply stopped this run id's task",
    Outcome.START_TIMEOUT: "an apply stopped this run id's task, which had not started in time",
    Outcome.TIMEOUT: "an apply stopped this run id's task, which had not ended in time",
    Outcome.OTHER_REQUEST: "an apply stopped the task, as its run id belongs to another request",
}
_MANAGED: Final = frozenset({"FARGATE", "FARGATE_SPOT"})
"""The capacity providers that AWS runs; others stand for instances of the account."""
_LIFECYCLE: Final = "ECS developer guide, task lifecycle"

_PROVISIONING: Final = Row(
    "start-timeout-provisioning",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "it was still PROVISIONING: waiting for capacity, or for a network interface",
    "raise `task_start_timeout_seconds` (a capacity provider that scales from zero takes minutes); check"
    " the provider's Auto Scaling group, or name another one in `capacity_provider_strategy`; for a network"
    " interface, check the free addresses of the subnets",
    f"{_LIFECYCLE}; aws/containers-roadmap#2381; PrefectHQ/prefect#19627",
)
_WAITING: Final = Row(
    "start-timeout-pending",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "it was still PENDING: waiting for the agent of its host to take it",
    "raise `task_start_timeout_seconds`; on EC2 look at the container instance's agent (connected, current,"
    " with free disk); secrets and log groups are fetched in this state, so check the way to them, too",
    f"{_LIFECYCLE}; PrefectHQ/prefect-aws#106",
)
_PULLING: Final = Row(
    "start-timeout-pulling",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "it was still PENDING: its image was being pulled",
    "raise `task_start_timeout_seconds`, use a smaller `image` or one in a registry in the task's region; a"
    " task without a way to the registry also hangs here: assignPublicIp in `network_configuration`, a NAT"
    " gateway, or endpoints",
    f"{_LIFECYCLE}; PrefectHQ/prefect-aws#106",
)
_STARTING: Final = Row(
    "start-timeout-starting",
    "own",
    "",
    "",
    "ecsplan: not running after 120 s",
    "it was still PENDING or ACTIVATING: its images were pulled, and its containers had not all started:"
    " one of them waits for another (`dependsOn`), or for its network, load balancer or volume",
    "raise `task_start_timeout_seconds`; look at the health checks and `dependsOn` of the other containers",
    _LIFECYCLE,
)
_TIMEOUT: Final = Row(
    "task-timeout",
    "own",
    "",
    "",
    "ecsplan: still running after 3600 s",
    "the job ran longer than `task_timeout_seconds` allows, and was stopped",
    "raise `task_timeout_seconds`, or find out in its log what it waited for",
    "ecsplan",
)
_INTERRUPTED: Final = Row(
    "interrupted",
    "own",
    "",
    "",
    "ecsplan was interrupted",
    "this apply was interrupted, and stopped its tasks",
    _ANEW,
    "ecsplan",
)
_OTHER_REQUEST: Final = Row(
    "stopped-for-other-request",
    "own",
    "",
    "",
    "ecsplan: the run id belongs to another request",
    "the task was started under this run id by another request for the same job, and was stopped",
    "use another --run-id for another request",
    "ecsplan",
)
_EARLIER: Final = Row(
    "stopped-by-ecsplan",
    "own",
    "",
    "",
    "ecsplan: still running after 3600 s",
    "an apply stopped this run id's task: it was cut short",
    _ANEW,
    "ecsplan",
)
OWN_STOPS: Final[tuple[Row, ...]] = (
    _PROVISIONING,
    _WAITING,
    _PULLING,
    _STARTING,
    _TIMEOUT,
    _INTERRUPTED,
    _OTHER_REQUEST,
    _EARLIER,
)
"""What is said of tasks that an apply stopped; `explain_stop_of` chooses, not the text."""


@dataclass(frozen=True, slots=True)
class StuckStart:
    """A task that had not run when its start timeout was over.

    Attributes:
        status: The state that it was seen in, or "" where that is not known.
        task: What ECS said of it last.
        request: Its RunTask request.
    """

    status: str
    task: Task
    request: Mapping[str, Any]


def ended_well(stop_code: str | None, reason: str | None, exit_code: int | None) -> bool:
    """Return whether the job of a task ended by itself and with success: then there is nothing to explain."""
    by_itself = stop_code in _ENDED_BY_ITSELF and not ended_by_aws(stop_code, reason)
    return by_itself and exit_code == 0


def own_stop(task: Task) -> Outcome | None:
    """Return why an apply, this one or another, stopped a task; None where it ended otherwise."""
    if not task.is_over or task.stop_code not in STOPPED_BY_CALL:
        return None
    said = task.stopped_reason or ""
    return next((outcome for reason, outcome in _OUTCOMES if said.startswith(reason)), None)


def explain_own_stop(outcome: Outcome) -> Explanation:
    """Return what it means to find a task that another apply stopped, by what `own_stop` returns."""
    return Explanation(_EARLIER.name, f"{_MEANINGS[outcome]}: it was cut short", _EARLIER.remedy)


def explain_stop_of(outcome: Outcome, stuck: StuckStart) -> Explanation | None:
    """Return what it means that this apply stopped a task, or None for other outcomes.

    Args:
        outcome: Why it was stopped.
        stuck: How it was; only a start timeout depends on it.
    """
    match outcome:
        case Outcome.START_TIMEOUT:
            return _explain_stuck(stuck)
        case Outcome.TIMEOUT:
            return _said(_TIMEOUT)
        case Outcome.INTERRUPTED:
            return _said(_INTERRUPTED)
        case Outcome.OTHER_REQUEST:
            return _said(_OTHER_REQUEST)
        case _:
            return None


def _said(row: Row) -> Explanation:
    return Explanation(row.name, row.meaning, row.remedy)


def _explain_stuck(stuck: StuckStart) -> Explanation:
    times = stuck.task.times
    if times.pull_stopped is not None or stuck.status == "ACTIVATING":
        return _said(_STARTING)
    if times.pull_started is not None:
        return _said(_PULLING)
    if stuck.status == "PENDING":
        return _said(_WAITING)
    return Explanation(
        _PROVISIONING.name,
        f"it was still PROVISIONING: waiting for {_awaited(stuck.request)}",
        _provisioning_remedy(stuck.request),
    )


def _awaited(request: Mapping[str, Any]) -> str:
    """Return what ECS needs before a task is PENDING: capacity by its name, and perhaps an interface."""
    names = _providers(request)
    plural = "s" if len(names) > 1 else ""
    launch_type = request.get("launchType")
    if names:
        capacity = f"capacity of the provider{plural} {', '.join(names)}"
    elif isinstance(launch_type, str):
        capacity = f"capacity for launch type {launch_type}"
    else:
        capacity = "capacity of the cluster's default provider"
    return f"{capacity}, or for a network interface" if _has_interface(request) else capacity


def _provisioning_remedy(request: Mapping[str, Any]) -> str:
    instances = [name for name in _providers(request) if name not in _MANAGED]
    steps = ["raise `task_start_timeout_seconds`"]
    if instances:
        steps[0] += " (a provider that scales from zero takes minutes)"
        steps.append(
            f"check that the Auto Scaling group of {', '.join(instances)} grows and its instances join the"
            " cluster, or name another provider in `capacity_provider_strategy`"
        )
    elif "FARGATE_SPOT" in _providers(request):
        steps.append("use FARGATE in `capacity_provider_strategy` (or `launch_type`) where Spot has no room")
    else:
        steps.append("check the cluster's capacity, or name a provider in `capacity_provider_strategy`")
    if _has_interface(request):
        steps.append("name subnets with free addresses, in several zones, in `network_configuration`")
    return "; ".join(steps)


def _providers(request: Mapping[str, Any]) -> list[str]:
    strategy = request.get("capacityProviderStrategy")
    items = strategy if isinstance(strategy, list) else []
    names = (each.get("capacityProvider") for each in items if isinstance(each, Mapping))
    return [name for name in names if isinstance(name, str)]


def _has_interface(request: Mapping[str, Any]) -> bool:
    return isinstance(request.get("networkConfiguration"), Mapping)
