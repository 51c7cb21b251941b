"""What may still come of a run of which nothing runs: further attempts, and jobs that have not begun."""

from dataclasses import replace
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import DEFAULT_RETRY
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.result import Outcome, TaskResult
from ecsplan_applier.runs.found import FoundJob, FoundRun
from ecsplan_applier.tasks.retries import BETWEEN_ATTEMPTS, is_retryable, why_of
from ecsplan_applier.tasks.verdicts import Verdict, end_of

VISIBLE_S: Final = 60.0
"""How long a task that somebody starts may take to be seen: the apply decides, makes its calls, and ECS is
eventually consistent (ECS API reference, RunTask)."""

_MAX_NAMED: Final = 5
"""Copies and jobs that a message names."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may still come.

    Attributes:
        copies: The labels of copies that may get a task, or a further one.
        jobs: The names of jobs that have not begun.
        pause_s: The longest pause that there may be before that.
    """

    copies: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    pause_s: float = 0.0

    def __bool__(self) -> bool:
        """Return whether anything may come."""
        return bool(self.copies or self.jobs)


def expected(run: FoundRun) -> Expected:
    """Return what may still come of a run beside the tasks that run: what has no recorded end."""
    copies: list[str] = []
    pause_s = 0.0
    for job in run.jobs:
        for result in job.results:
            if _may_begin(result) or _may_be_retried(job, result):
                copies.append(result.label)
                pause_s = max(pause_s, _longest_pause_s(_attempts_of(job)))
    return Expected(tuple(copies), run.unbegun, pause_s)


def with_due(run: FoundRun) -> FoundRun:
    """Return the run with the copies of which a further attempt may be due.

    None is due any more when the longest pause has passed, and a minute in which its task would be seen.
    """
    due = tuple(
        result.label
        for job in run.jobs
        for result in job.results
        if _may_be_retried(job, result) and _is_recent(job, result, run.now)
    )
    return replace(run, due=due)


def _is_recent(job: FoundJob, result: TaskResult, now: float) -> bool:
    task = job.task(result.arn)
    stopped = None if task is None else task.times.stopped
    return stopped is not None and now - stopped < _longest_pause_s(_attempts_of(job)) + VISIBLE_S


def _may_begin(result: TaskResult) -> bool:
    """Return whether an attempt may get its task, of which nothing is seen yet."""
    return result.outcome is Outcome.PENDING and (result.status is None or result.unstarted)


def _may_be_retried(job: FoundJob, result: TaskResult) -> bool:
    """Return whether a copy may be tried again whose last task has stopped."""
    task = job.task(result.arn)
    if task is None or not task.is_over or result.unstarted or result.attempt >= _attempts_of(job):
        return False
    if job.entry is not None and (_is_left(job.entry) or _has_recorded_end(job.entry, result.copy)):
        return False
    verdict = Verdict(result.outcome, result.reason or "", result.explanation)
    end = end_of(verdict, task, job.container, None)
    # An entry has how often a copy is tried again, not why: any cause may be one. Without an entry, it is
    # what is tried again by default.
    return is_retryable(end, DEFAULT_RETRY) if job.entry is None else bool(why_of(end))


def _is_left(entry: Entry) -> bool:
    """Return whether an apply has left the tasks of a job with --detach: nothing is tried again then.

    It records the tasks when it ends. Any other entry without an end lacks a task, or has the end of another
    copy: it is written before a task is asked for, and when copies have ended.
    """
    return all(each.task_arn is not None and each.result is None for each in entry.copies)


def _has_recorded_end(entry: Entry, copy: int) -> bool:
    """Return whether the ledger has an end of a copy."""
    return any(each.copy == copy and each.result is not None for each in entry.copies)


def _attempts_of(job: FoundJob) -> int:
    return DEFAULT_RETRY.attempts if job.entry is None else job.entry.attempts


def _longest_pause_s(attempts: int) -> float:
    """Return the longest pause before one of so many attempts: at most 2^(n-2) s before attempt n."""
    if attempts < 2:
        return 0.0
    return min(BETWEEN_ATTEMPTS.max_pause_s, BETWEEN_ATTEMPTS.first_pause_s * 2.0 ** (attempts - 2))


def unseen(expected: Expected, run_id: str) -> str:
    """Return what to say where nothing has come of what was expected."""
    names = ", ".join([*expected.copies, *expected.jobs][:_MAX_NAMED])
    more = len(expected.copies) + len(expected.jobs) - _MAX_NAMED
    what = f"{names} and {more} more" if more > 0 else names
    return (
        f"no further task was seen of {what}, and no end is recorded: the apply of this run may have ended;"
        f" applying the same plan with --run-id {run_id} continues the run"
    )
