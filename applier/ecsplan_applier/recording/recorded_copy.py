"""What the ledger is to hold of a copy, by what an apply knows of it."""

from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.ledger.entry import KEPT_BY_ECS_S, RecordedCopy
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.tasks.copies import Copy

_MAY_HAVE_RUN: Final = frozenset({Outcome.NO_EXIT_CODE, Outcome.LOST})
"""What became of copies without a task of which earlier applies, or other calls, may have started one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """When tasks of a copy were asked for. Times are AWS's, in seconds since 1970.

    Attributes:
        now: What time it is.
        at: When one was asked for, for the attempt that it has reached; None where none was.
        first_at: The same for its first attempt; None also where that is not known.
        by_others: Whether other applies of the run may be asking for the same at this time.
    """

    now: float
    at: float | None = None
    first_at: float | None = None
    by_others: bool = False


def recorded_copy(copy: Copy, asked: Asked) -> RecordedCopy:
    """Return what is to be recorded of a copy as it is now.

    A copy of which nothing was started does not count as asked for: a later apply may start it. Where others
    ask for it as well, it does, as they may have started it.
    """
    task = copy.task
    # A verdict is recorded only of what is over: each write has all copies of a job, and most of them run.
    result = copy.result() if copy.over.is_set() else None
    may_have_run = task is None and result is not None and result.outcome in _MAY_HAVE_RUN
    decided = None if copy.may_run_unseen or may_have_run else result
    is_unstarted = task is None and decided is not None and not asked.by_others
    is_end = decided is not None and decided.over and decided.outcome is not Outcome.DETACHED
    return RecordedCopy(
        copy=copy.number,
        attempt=copy.attempt,
        asked_at=None if is_unstarted else _asked_at(copy, asked, may_have_run=may_have_run),
        task_arn=None if task is None else task.arn,
        cluster="" if task is None else copy.job.cluster_of(task),
        log=copy.log,
        earlier=copy.earlier,
        result=decided if is_end else None,
        first_asked_at=None if is_unstarted and copy.attempt == 1 else asked.first_at,
        stopped_at=task.times.stopped if is_end and task is not None else None,
    )


def _asked_at(copy: Copy, asked: Asked, *, may_have_run: bool) -> float | None:
    if asked.at is not None:
        return asked.at
    if copy.task is not None:
        return copy.task.times.created or asked.now
    # Its task is too old for ECS to show it, or to know its token.
    return asked.now - KEPT_BY_ECS_S if may_have_run else None
