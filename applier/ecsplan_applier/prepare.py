"""Before anything is changed: whose account it is, whether the plan is stale, what runs under the run id."""

from collections.abc import Sequence

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import AwsError, SessionError
from ecsplan_applier.recording.recall import Recall
from ecsplan_applier.revisions.accounts import check_after_failure, check_pinned, check_planned
from ecsplan_applier.revisions.register import hold_planned
from ecsplan_applier.revisions.staleness import Choice, Make, decide_again, recheck
from ecsplan_applier.revisions.unsendable import refuse_unsendable
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.forgotten import Forgotten
from ecsplan_applier.starting.other_requests import refuse_other_jobs, refuse_unlike
from ecsplan_applier.starting.recognize import recognize
from ecsplan_applier.tasks.job_run import JobRun


async def prepare(
    context: ApplyContext,
    jobs: Sequence[JobRun],
    existing: ExistingTasks,
    forgotten: Forgotten,
    *,
    refresh: bool,
) -> dict[int, Choice]:
    """Look at everything that the jobs depend on; return what each runs that is not over, by its position.

    All jobs are looked at, those that start after others as well: nothing is to be done for the first ones
    where it could be known that the last ones cannot run. A job is over of which all copies ended in earlier
    applies of the run, as the ledger says: nothing is asked for it.

    Raises:
        LedgerError: The ledger cannot be read, or ECS may have forgotten what it says was asked for.
        OtherAccountError: The credentials are for another account than the plan.
        StalePlanError: What the plan observed has changed.
        UnsendableError: A request has a member that the installed SDK cannot send.
        RunIdTakenError: The run id belongs to other jobs, or to another number of copies of a job.
        ApplierError: AWS could not be asked.
    """
    try:
        return await _prepare(context, jobs, existing, forgotten, refresh=refresh)
    except (AwsError, SessionError) as error:
        await check_after_failure(context, jobs, error)
        raise


async def _prepare(
    context: ApplyContext,
    jobs: Sequence[JobRun],
    existing: ExistingTasks,
    forgotten: Forgotten,
    *,
    refresh: bool,
) -> dict[int, Choice]:
    await check_pinned(context, jobs)
    recall = Recall(context, existing)
    await recall.read(jobs, refresh=refresh)
    due = [job for job in jobs if not job.is_over]
    if refresh:
        await check_planned(context, due)
    # Before looking at them: from here on, no other apply of this machine deregisters what this one will
    # find.
    await hold_planned(context, due)
    decided = await decide_again(context, due, refresh=refresh)
    recall.decided()
    due = [job for job in due if not job.is_over]
    existing.note_decided(due)
    # Before the recheck, which needs to know whether an INACTIVE revision was this run's own.
    if context.resumed and due:
        await _find_tasks(context, jobs, existing, recall, forgotten)
    choices = await recheck(context, jobs, existing, decided=decided)
    for number, choice in choices.items():
        refuse_unsendable(context, jobs[number], registers=isinstance(choice, Make))
    for number in choices if context.resumed else ():
        await recognize(context, existing, jobs[number])
    return choices


async def _find_tasks(
    context: ApplyContext,
    jobs: Sequence[JobRun],
    existing: ExistingTasks,
    recall: Recall,
    forgotten: Forgotten,
) -> None:
    """Look for the tasks of a run that is applied again, and for what ECS may have forgotten of it.

    Raises:
        RunIdTakenError: The run has none of the jobs of the plan, or has asked for something else for one.
        ForgottenRunError: ECS shows no task of the run, and may have forgotten one.
        ApplierError: AWS could not be asked.
    """
    due = [job for job in jobs if not job.is_over]
    await existing.find(due)
    if not recall.shares_jobs:
        has_tasks = await refuse_other_jobs(context, existing, due, recall.others)
        if not has_tasks and not recall.knows_run:
            recall.note_unknown()
    await forgotten.refuse(jobs)
    for job in due:
        if forgotten.among(job):
            # Further attempts are recognized first, so that no task is taken for another attempt than it is.
            await recognize(context, existing, job)
            await forgotten.settle(job)
            await refuse_unlike(context, existing, job)
