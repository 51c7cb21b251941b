"""Whether a copy is tried again: the one place that decides what the end of an attempt means for the next.

Pure: every apply of a run, on whatever machine, comes to the same answer by what ECS shows of a task. So an
apply that resumes a run goes on with the attempt that the run had reached.
"""

from typing import Final, Literal, TypeAlias

from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Retry
from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.outcomes.explanation import Transient
from ecsplan_applier.outcomes.result import Outcome

Why: TypeAlias = Literal["start", "start timeout", "interruption", "timeout", "failure"]
"""Why an attempt did not succeed, as far as that can be tried again."""

BETWEEN_ATTEMPTS: Final = RetryPolicy(
    max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=1.0, max_pause_s=60.0
)
"""Pauses between two attempts: at most 2^(n-2) s before attempt n."""


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended.

    Attributes:
        outcome: What became of it.
        exit_code: Exit code of the job's container, or None.
        transient: What the explanation of its end says of trying again, or None.
        cut_short: Why an apply of the run stopped its task, or None.
        stopped_by_call: Whether StopTask ended it and no apply of the run made the call: somebody wanted so.
        ran: Whether one of its containers ran.
        over: Whether ECS shows that its task has stopped.
    """

    outcome: Outcome
    exit_code: int | None = None
    transient: Transient | None = None
    cut_short: Outcome | None = None
    stopped_by_call: bool = False
    ran: bool = True
    over: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What besides the end of an attempt decides whether there is another one.

    Attributes:
        attempt: Which attempt it was, from 1.
        detached: Whether the apply ends when its tasks run.
    """

    attempt: int = 1
    detached: bool = False


def why_of(end: End) -> frozenset[Why]:
    """Return why an attempt did not succeed; empty: it did, or nobody may try it again.

    A start that failed because its host was lost is both a failed start and an interruption.
    """
    # A task that may still run is never given another beside it.
    if not end.over:
        return frozenset()
    # Why an apply stopped it comes before its exit code, which is what the stop made of it: the apply that
    # made the call and the one that finds the task afterwards must come to the same.
    if end.cut_short is not None and end.outcome is not Outcome.INTERRUPTED_BY_AWS:
        return _of_own_stop(end)
    match end.outcome:
        case Outcome.NOT_STARTED | Outcome.NO_EXIT_CODE if not end.ran and not end.stopped_by_call:
            return _of_failed_start(end.transient)
        case Outcome.INTERRUPTED_BY_AWS:
            return frozenset({"interruption"})
        case Outcome.FAILED if not end.stopped_by_call:
            return frozenset({"failure"})
        case _:
            return frozenset()


def _of_own_stop(end: End) -> frozenset[Why]:
    match end.cut_short:
        case Outcome.TIMEOUT:
            return frozenset({"timeout"})
        case Outcome.START_TIMEOUT if not end.ran:
            return frozenset({"start timeout"})
        case _:
            return frozenset()


def _of_failed_start(transient: Transient | None) -> frozenset[Why]:
    match transient:
        case "start":
            return frozenset({"start"})
        case "interruption":
            return frozenset({"start", "interruption"})
        case None:
            return frozenset()


def is_retried(end: End, retry: Retry, situation: Situation) -> bool:
    """Return whether a copy gets another attempt after one that ended like this."""
    if situation.attempt >= retry.attempts:
        return False
    # Nobody is there any more to follow what --detach leaves running.
    if situation.detached and end.ran:
        return False
    return is_retryable(end, retry)


def is_retryable(end: End, retry: Retry) -> bool:
    """Return whether the policy tries such an end again, however often it was tried."""
    why = why_of(end)
    if "start timeout" in why and retry.written and "start" in retry.causes:
        return True
    if "failure" in why and end.exit_code in retry.exit_codes:
        return True
    return not why.isdisjoint(retry.causes)
