"""Which attempts of which copies the tasks of an earlier apply of the run are."""

from collections.abc import Sequence
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.starting.counts import Counts, Progress
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.other_requests import taken
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.retries import is_retryable
from ecsplan_applier.tasks.run_call import Call
from ecsplan_applier.tasks.verdicts import FORGOTTEN, judge_ended

_RECENT_S: Final = 900.0
"""A task that was created longer ago may be a further attempt of a copy whose first one is forgotten."""


async def recognize(context: ApplyContext, existing: ExistingTasks, job: JobRun) -> None:
    """Recognize further attempts among the job's tasks of this run, running or over.

    Raises:
        RunIdTakenError: They were started for another number of copies.
    """
    alone = existing.identifies(job)
    if job.array is not None and alone:
        await _recognize_array(context, existing, job)
        return
    tasks = await existing.of(job)
    extra, counted = len(tasks) - len(job.copies), job.has_begun
    retry = job.planned.policy.retry
    again = [each for each in tasks if is_retryable(judge_ended(each, job.planned), retry)]
    # Of the tasks of a copy, all but one were tried again: more tasks than these explain need no further
    # proof. Fewer than copies may be all that a killed apply came to.
    if alone and not counted and extra > (len(again) if retry.attempts > 1 else 0):
        raise taken(context, job, [each.arn for each in tasks])
    needed = (alone and extra < 0) or job.slots is not None or _may_be_later(context, job, tasks, again)
    if not tasks or not needed:
        return
    # An entry of the ledger says how many copies there were to be.
    progress = await Counts(context, job).progress(
        tasks, again=len(again), brief=counted or job.array is not None
    )
    if alone and not counted and progress.changed:
        raise taken(context, job, [each.arn for each in tasks])
    job.earlier.expect_tasks(progress.known)
    _go_on_after(job, progress)


async def _recognize_array(context: ApplyContext, existing: ExistingTasks, job: JobRun) -> None:
    """Recognize the tasks of an array, which say themselves what they are.

    Raises:
        RunIdTakenError: They were started for another number of copies.
    """
    other = await existing.of_other_array(job)
    if other:
        raise taken(context, job, [each.arn for each in other])
    found = {each.arn: job.copy_of(each) for each in await existing.of(job)}
    known = {arn: copy for arn, copy in found.items() if copy is not None}
    attempts: dict[int, set[int]] = {}
    for number, attempt in known.values():
        attempts.setdefault(number, set()).add(attempt)
    later = {arn: Call(number, 1, 1, attempt) for arn, (number, attempt) in known.items() if attempt > 1}
    begins = {number: min(seen) for number, seen in attempts.items() if 1 not in seen}
    _go_on_after(job, Progress(True, False, later, begins, frozenset(), known))


def _may_be_later(context: ApplyContext, job: JobRun, tasks: Sequence[Task], again: Sequence[Task]) -> bool:
    """Return whether some of a job's tasks may be further attempts.

    Where they are, earlier ones ended in a way that is tried again, and are shown for an hour; a run
    whose first attempts are no longer shown is older than that.
    """
    retry = job.planned.policy.retry
    if retry.attempts == 1:
        return False
    limit = context.caller.clock.now(job.target) - _RECENT_S
    old = any(each.times.created is not None and each.times.created < limit for each in tasks)
    return bool(again) or retry.written or old


def _go_on_after(job: JobRun, progress: Progress) -> None:
    """Have copies begin with the attempts that the run has reached, where ECS has forgotten the first."""
    job.earlier.expect_attempts(progress.later)
    for number, attempt in progress.begins.items():
        copy = job.copies[number - 1]
        # The ledger may know of a later attempt, and of earlier ones.
        if copy.lacks_task and attempt > copy.attempt:
            recorded = job.recorded_copy(number)
            job.resume_at(number, attempt, () if recorded is None else recorded.earlier)
    # Of those that the ledger knows, it says which were asked for, and when.
    for number in () if job.has_begun else progress.forgotten:
        job.copies[number - 1].give_up(FORGOTTEN)
