"""The verdict on a copy of a job: who ended its task decides, and then how its container exited."""

from dataclasses import field, replace
from typing import Final

from ecsplan.plan.plan import PlannedJob, Watch
from ecsplan.terms.bodies import as_mappings
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.outcomes.explanation import Explanation
from ecsplan_applier.outcomes.interruptions import INTERRUPTION_CODES, TERMINATION_NOTICE, ended_by_aws
from ecsplan_applier.outcomes.own_stop_reasons import (
    FAILED_TO_START,
    STOPPED_BY_CALL,
    USER_INITIATED,
    StuckStart,
    ended_well,
    explain_own_stop,
    explain_stop_of,
    own_stop,
)
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Container, Task
from ecsplan_applier.tasks.retries import End

_MAY_RUN: Final = (
    "interrupted while ECS was asked to start it: it may be running; apply again with this run id"
)
_NOT_STOPPED: Final = "it was asked to stop and had not stopped when the time limit expired"
_STOPPED_BY_ECS: Final = frozenset({None, 137, 143})
"""Exit codes of a container that ECS stopped: killed, ended by SIGTERM, or never run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a copy.

    Attributes:
        outcome: What became of it.
        reason: Why, in words for people.
        explanation: What an AWS reason means.
        warning: What a user should know although the job succeeded, or None.
    """

    outcome: Outcome
    reason: str
    explanation: Explanation | None = None
    warning: str | None = None


INTERRUPTED: Final = Verdict(Outcome.INTERRUPTED, "interrupted before it was started")
FORGOTTEN: Final = Verdict(Outcome.NO_EXIT_CODE, "an earlier apply started it, and ECS no longer shows it")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a copy when its verdict is asked for.

    Attributes:
        watch: How the plan follows it: the job's container, and the timeouts.
        task: What ECS said last, or None if there is no task.
        essential: Names of the containers that its task definition calls essential.
        requested: Why this apply asked for the task to stop, or None.
        given_up: The verdict of whoever gave it up, or None.
        ran: Whether it was seen to run.
        asked: Whether ECS was asked to start it and has not answered.
        detached: Whether it is left running on purpose.
        stuck_in: The state in which it was when the start timeout had passed, or None.
        run_request: The plan's RunTask request.
        succeed_on: The exit codes of the job's container that count as success.
    """

    watch: Watch
    task: Task | None = None
    essential: frozenset[str] = frozenset()
    requested: Outcome | None = None
    given_up: Verdict | None = None
    ran: bool = False
    asked: bool = False
    detached: bool = False
    stuck_in: str | None = None
    run_request: Body = field(default_factory=dict)
    succeed_on: tuple[int, ...] = SUCCESS


def judge(known: Known) -> Verdict:
    """Return the verdict: of a task that has stopped by what ECS says of its end, else by what was tried."""
    task = known.task
    if known.detached:
        return Verdict(Outcome.DETACHED, "")
    # What ECS says of the end outweighs what was given up: the task may have ended in the meantime.
    if task is not None and task.is_over:
        return _of_ended(known, task)
    if known.given_up is not None:
        return _with_cause(known, known.given_up)
    if task is None:
        return Verdict(Outcome.INTERRUPTED, _MAY_RUN) if known.asked else INTERRUPTED
    late = Outcome.TIMEOUT if known.ran else Outcome.START_TIMEOUT
    return _with_cause(known, Verdict(known.requested or late, _NOT_STOPPED))


def end_of(verdict: Verdict, task: Task | None, container: str, requested: Outcome | None) -> End:
    """Return what of an end decides about another attempt.

    Args:
        verdict: The verdict on the attempt.
        task: What ECS said of its task last, or None if it had none.
        container: The job's container.
        requested: Why this apply asked for the task to stop, or None.
    """
    if task is None:
        # Nothing was started, so that there is nothing to try again: that is the same attempt still.
        return End(verdict.outcome, ran=False, over=False)
    job = task.container(container)
    by_apply = own_stop(task) or (requested if task.stop_code in STOPPED_BY_CALL else None)
    return End(
        outcome=verdict.outcome,
        exit_code=None if job is None else job.exit_code,
        transient=None if verdict.explanation is None else verdict.explanation.transient,
        cut_short=by_apply,
        stopped_by_call=task.stop_code == USER_INITIATED and by_apply is None,
        # A task that was stopped before it ran may have exit codes all the same.
        ran=task.has_run and not task.never_started,
        over=task.is_over,
    )


def essential_containers(definition: Body) -> frozenset[str]:
    """Return the names of the essential containers of a definition: all but those that say otherwise."""
    containers = as_mappings(definition.get("containerDefinitions"))
    return frozenset(str(each.get("name")) for each in containers if each.get("essential") is not False)


def judge_ended(task: Task, job: PlannedJob) -> End:
    """Return how a task of a job has ended that no copy follows, as far as that decides about another."""
    known = Known(
        watch=job.watch,
        task=task,
        essential=essential_containers(job.definition.request),
        run_request=job.run_request,
        succeed_on=job.policy.succeed_on,
    )
    return end_of(judge(known), task, job.watch.container, None)


def no_capacity(reason: str) -> Verdict:
    """Return the verdict on a copy that ECS had no capacity for until the start timeout."""
    from ecsplan_applier.outcomes.explain import explain_failure  # noqa: PLC0415 - a table that most applies never need

    return Verdict(Outcome.NOT_STARTED, reason, explain_failure(reason))


def _with_cause(known: Known, verdict: Verdict) -> Verdict:
    """Return the verdict with what a start timeout means, where the task was never seen to stop."""
    if verdict.outcome is not Outcome.START_TIMEOUT or verdict.explanation or known.task is None:
        return verdict
    stuck = StuckStart(known.stuck_in or known.task.status, known.task, known.run_request)
    return replace(verdict, explanation=explain_stop_of(verdict.outcome, stuck))


def _of_ended(known: Known, task: Task) -> Verdict:
    """Return the verdict on a task that has stopped.

    AWS's interruption comes first, then a stop of this apply, then one of another apply of this run; an exit
    code says how the job ended only after that. A job that catches SIGTERM exits 0 with its work undone.
    """
    container = task.container(known.watch.container)
    code = None if container is None else container.exit_code
    reason = _reason(known, task)
    accepted = code is not None and code in known.succeed_on
    explanation = _explanation(task, reason, 0 if accepted else code)
    if _interrupted_by_aws(task):
        return Verdict(Outcome.INTERRUPTED_BY_AWS, reason, explanation)
    if known.requested is not None and task.stop_code in STOPPED_BY_CALL:
        # The container may have exited by itself in the moment it was asked to stop; the stop code says who
        # won.
        stuck = StuckStart(known.stuck_in or "", task, known.run_request)
        meaning = explanation or explain_stop_of(known.requested, stuck)
        return Verdict(known.requested, _own_reason(known, reason), meaning)
    earlier = own_stop(task)
    if earlier is not None:
        explanation = explain_own_stop(earlier)
        # An exit code that is no success stays the outcome of a task that an earlier apply stopped; why it
        # was stopped is in the explanation.
        if not code or accepted:
            return Verdict(earlier, reason, explanation)
    if accepted:
        return Verdict(Outcome.SUCCEEDED, reason, explanation, _warning(known, task))
    if code is not None:
        return Verdict(Outcome.FAILED, reason if code else _not_accepted(known, reason), explanation)
    missing = Outcome.NOT_STARTED if task.stop_code == FAILED_TO_START else Outcome.NO_EXIT_CODE
    return Verdict(missing, reason, explanation)


def _not_accepted(known: Known, reason: str) -> str:
    """Return the reason of a task that exited with 0 where that is no success."""
    codes = ", ".join(map(str, known.succeed_on))
    return f"exit code 0 is not a success of this job (`succeed_on`: {codes}); {reason}".rstrip("; ")


def _interrupted_by_aws(task: Task) -> bool:
    """Return whether AWS ended a task; one whose start failed before anything ran is a failed start."""
    if task.stop_code == FAILED_TO_START and not task.has_run:
        return False
    return ended_by_aws(task.stop_code, task.stopped_reason)


def _explanation(task: Task, reason: str, code: int | None) -> Explanation | None:
    if ended_well(task.stop_code, task.stopped_reason, code):
        return None
    from ecsplan_applier.outcomes.explain import explain_stop  # noqa: PLC0415 - a table that most applies never need

    known_by_reason = task.stop_code not in INTERRUPTION_CODES and _interrupted_by_aws(task)
    return explain_stop(TERMINATION_NOTICE if known_by_reason else task.stop_code or "", reason, code)


def _own_reason(known: Known, reason: str) -> str:
    """Return why this apply stopped a task, in words for people."""
    match known.requested:
        case Outcome.START_TIMEOUT:
            return f"it did not run within {known.watch.start_timeout_s:g} s and was stopped"
        case Outcome.TIMEOUT:
            return f"it was still running after {known.watch.timeout_s:g} s"
        case _:
            return reason


def _reason(known: Known, task: Task) -> str:
    """Return why a task stopped, with what its containers add to it, the job's own first.

    Where the job's container was stopped, other essential containers that failed by themselves may be why.
    """
    parts = [task.stopped_reason or ""]
    job = task.container(known.watch.container)
    stopped = job is None or job.exit_code in _STOPPED_BY_ECS
    for each in sorted(task.containers, key=lambda each: each is not job):
        # ECS repeats a container's reason in the task's own.
        if each.reason and each.reason not in parts[0]:
            parts.append(each.reason if each is job else f"{each.name}: {each.reason}")
        ended_first = each.exit_code not in {0, *_STOPPED_BY_ECS} and each.name in known.essential
        if stopped and each is not job and ended_first:
            parts.append(f"{each.name} exited with {each.exit_code}")
    return "; ".join(part for part in parts if part)


def _warning(known: Known, task: Task) -> str | None:
    """Return what to say of other essential containers that did not end well beside a job that did."""
    names = known.essential - {known.watch.container}
    others = [_ending(each) for each in task.containers if each.name in names and _is_bad(each)]
    if not others:
        return None
    return f"the job succeeded, and another essential container of its task did not: {'; '.join(others)}"


def _is_bad(container: Container) -> bool:
    return container.exit_code not in {None, 0} or container.reason is not None


def _ending(container: Container) -> str:
    """Return how a container ended, in words for people."""
    code = container.exit_code
    how = "ended without an exit code" if code is None else f"exited with {code}"
    said = f"{container.name} {how}"
    return said if container.reason is None else f"{said} ({container.reason})"
