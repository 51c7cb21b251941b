"""The states that a copy of a job goes through, each with what is known in it and nothing else.

    Waiting, Requested            it has no task yet
    Starting, Running, Stopping   it has one, which is followed
    Ended, Abandoned, Detached    its task is no longer followed: it has stopped, is lost, or is left running
    NotStarted                    it is not going to have a task
    Recalled                      an earlier apply has seen its end, which the ledger holds

The functions below are the transitions. Each returns the next state, and raises StateError in a state from
which there is no such transition; `Copy` in copies.py makes them.
"""

from dataclasses import replace
from typing import TypeAlias

from ecsplan.terms.records import dataclass
from ecsplan_applier.outcomes.result import Outcome, TaskResult
from ecsplan_applier.outcomes.task import BEFORE_RUNNING, Task
from ecsplan_applier.tasks.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Followed:
    """A task that a copy has. Times are seconds of the loop's clock.

    Attributes:
        task: What ECS said of it last.
        attached: Whether an earlier apply with this run id started it.
        launched_at: When it was started; before the apply for one that was attached to.
        changed_at: When its status last changed.
        missing_since: Since when DescribeTasks reports it as MISSING, or None.
    """

    task: Task
    attached: bool
    launched_at: float
    changed_at: float
    missing_since: float | None = None


@dataclass(frozen=True, slots=True)
class StopRequest:
    """The decision of this apply to stop a task.

    Attributes:
        why: What the copy's outcome is to be.
        at: When it was taken, by the loop's clock.
        stuck_in: Status of a task that did not start in time, else None.
        sent: Whether StopTask has been called. Until then, an end of the task is not the stop's doing.
    """

    why: Outcome
    at: float
    stuck_in: str | None = None
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """It has no task, and ECS is not being asked for one."""


@dataclass(frozen=True, slots=True)
class Requested:
    """ECS has been asked to start its task, and has not said that it did not: the task may run."""


@dataclass(frozen=True, slots=True)
class NotStarted:
    """It is not going to have a task.

    Attributes:
        verdict: Why.
        requested: Whether ECS was asked to start one and never said that it did not.
    """

    verdict: Verdict
    requested: bool


@dataclass(frozen=True, slots=True)
class Starting:
    """It has a task that has not been seen to run."""

    followed: Followed


@dataclass(frozen=True, slots=True)
class Running:
    """Its task has been seen to run, since a time of the loop's clock."""

    followed: Followed
    since: float


@dataclass(frozen=True, slots=True)
class Stopping:
    """Its task was asked to stop; `since` is as of `Running`, or None where it has not been seen to run."""

    followed: Followed
    since: float | None
    stop: StopRequest


@dataclass(frozen=True, slots=True)
class Ended:
    """Its task has stopped; `stop` is the request that preceded this, or None."""

    followed: Followed
    stop: StopRequest | None


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Its task may still run, and is no longer followed, for the reason in `verdict`."""

    followed: Followed
    stop: StopRequest | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Detached:
    """Its task is left running on purpose."""

    followed: Followed


@dataclass(frozen=True, slots=True)
class Recalled:
    """Its task has ended, as the ledger says; nothing is asked about it any more."""

    result: TaskResult


CopyState: TypeAlias = (
    Waiting | Requested | NotStarted | Recalled | Starting | Running | Stopping | Ended | Abandoned | Detached
)


def followed_of(state: CopyState) -> Followed | None:
    """Return the task that a copy has in this state, or None."""
    match state:
        case Waiting() | Requested() | NotStarted() | Recalled():
            return None
        case (
            Starting(followed=followed)
            | Running(followed=followed)
            | Stopping(followed=followed)
            | Ended(followed=followed)
            | Abandoned(followed=followed)
            | Detached(followed=followed)
        ):
            return followed


def stop_of(state: CopyState) -> StopRequest | None:
    """Return the stop request that was sent for the copy's task, or None."""
    match state:
        case Stopping(stop=stop) | Ended(stop=stop) | Abandoned(stop=stop):
            return stop if stop is not None and stop.sent else None
        case Waiting() | Requested() | NotStarted() | Recalled() | Starting() | Running() | Detached():
            return None


def is_over(state: CopyState) -> bool:
    """Return whether nothing more is expected in this state."""
    match state:
        case NotStarted() | Recalled() | Ended() | Abandoned() | Detached():
            return True
        case Waiting() | Requested() | Starting() | Running() | Stopping():
            return False


def has_run(state: CopyState) -> bool:
    """Return whether the copy's task has been seen to run, as far as it is still followed."""
    match state:
        case Running() | Detached():
            return True
        case Stopping(since=since):
            return since is not None
        case Waiting() | Requested() | NotStarted() | Recalled() | Starting() | Ended() | Abandoned():
            return False


class StateError(AssertionError):
    """A transition was made from a state that has none of that kind: a bug of ours."""


def _impossible(transition: str, state: object) -> StateError:
    return StateError(f"{transition}: not possible for a copy that is {type(state).__name__}")


def request(state: CopyState) -> CopyState:
    """ECS is being asked to start the copy's task; perhaps once more, when an answer was lost."""
    if isinstance(state, (Waiting, Requested)):
        return Requested()
    raise _impossible("request", state)


def decline(state: CopyState) -> CopyState:
    """ECS has answered, without a task for the copy."""
    if isinstance(state, Requested):
        return Waiting()
    raise _impossible("decline", state)


def assign(state: CopyState, followed: Followed) -> CopyState:
    """The copy gets a task. One that is shown as STOPPED is Starting, too: a look at it ends the copy."""
    if isinstance(state, (Waiting, Requested)):
        return Starting(followed)
    raise _impossible("assign", state)


def observe(state: CopyState, task: Task, *, now: float, ran_for_s: float) -> CopyState:
    """ECS shows the copy's task.

    Args:
        state: The state before.
        task: The task as it is now.
        now: The time of the loop's clock.
        ran_for_s: How long the task has run already, if it is seen to run for the first time.
    """
    since: float | None = None
    stop: StopRequest | None = None
    match state:
        case Starting(followed=followed):
            pass
        case Running(followed=followed, since=since):
            pass
        case Stopping(followed=followed, since=since, stop=stop):
            pass
        case Waiting() | Requested() | NotStarted() | Recalled() | Ended() | Abandoned() | Detached():
            raise _impossible("observe", state)
    changed_at = followed.changed_at if task.status == followed.task.status else now
    followed = replace(followed, task=task, changed_at=changed_at, missing_since=None)
    # Before `since`: a task that is first seen STOPPED need not have run.
    if task.is_over:
        return Ended(followed, stop)
    if since is None and task.status not in BEFORE_RUNNING:
        since = now - ran_for_s
    if stop is not None:
        return Stopping(followed, since, stop)
    return Starting(followed) if since is None else Running(followed, since)


def miss(state: CopyState, now: float) -> CopyState:
    """DescribeTasks does not show the copy's task; the first time in a row counts."""
    match state:
        case Starting(followed=followed):
            return Starting(_missing(followed, now))
        case Running(followed=followed, since=since):
            return Running(_missing(followed, now), since)
        case Stopping(followed=followed, since=since, stop=stop):
            return Stopping(_missing(followed, now), since, stop)
        case Waiting() | Requested() | NotStarted() | Recalled() | Ended() | Abandoned() | Detached():
            raise _impossible("miss", state)


def _missing(followed: Followed, now: float) -> Followed:
    return followed if followed.missing_since is not None else replace(followed, missing_since=now)


def request_stop(state: CopyState, stop: StopRequest) -> CopyState:
    """The apply decides to stop the copy's task: the first decision stays, and it needs a task."""
    match state:
        case Starting(followed=followed):
            return Stopping(followed, None, stop)
        case Running(followed=followed, since=since):
            return Stopping(followed, since, stop)
        case (
            Waiting()
            | Requested()
            | NotStarted()
            | Recalled()
            | Stopping()
            | Ended()
            | Abandoned()
            | Detached()
        ):
            return state


def send_stop(state: CopyState, now: float) -> CopyState:
    """StopTask is being called, and the task has `STOP_S` from now on; one that is over needs no call."""
    match state:
        case Stopping(followed=followed, since=since, stop=stop):
            return Stopping(followed, since, replace(stop, at=now, sent=True))
        case Ended() | Abandoned() | Detached():
            return state
        case Waiting() | Requested() | NotStarted() | Recalled() | Starting() | Running():
            raise _impossible("send_stop", state)


def give_up(state: CopyState, verdict: Verdict) -> CopyState:
    """Nothing more is expected of the copy; if it is over already, what it is over for stays."""
    match state:
        case Waiting():
            return NotStarted(verdict, requested=False)
        case Requested():
            return NotStarted(verdict, requested=True)
        # The task may go on: `Abandoned` keeps it, so that the summary can name it.
        case Starting(followed=followed) | Running(followed=followed):
            return Abandoned(followed, None, verdict)
        case Stopping(followed=followed, stop=stop):
            return Abandoned(followed, stop, verdict)
        case NotStarted() | Recalled() | Ended() | Abandoned() | Detached():
            return state


def recall(state: CopyState, result: TaskResult) -> CopyState:
    """The ledger has the end of the copy, of which no apply is to ask anything any more."""
    if isinstance(state, Waiting):
        return Recalled(result)
    raise _impossible("recall", state)


def detach(state: CopyState) -> CopyState:
    """The copy's task is left running: it has run, and may have ended since, or be out of sight.

    A stop that was decided and not sent is dropped.
    """
    match state:
        case Stopping(followed=followed, stop=stop) if not stop.sent:
            return Detached(followed)
        case Running(followed=followed) | Ended(followed=followed) | Abandoned(followed=followed):
            return Detached(followed)
        case Waiting() | Requested() | NotStarted() | Recalled() | Starting() | Stopping() | Detached():
            raise _impossible("detach", state)
