"""Before anything is changed: whose account it is, whether the plan is stale, what runs under the run id."""

from collections.abc import Sequence

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import AwsError, SessionError
from ecsplan_applier.revisions.accounts import check_after_failure, check_pinned, check_planned
from ecsplan_applier.revisions.register import hold_planned
from ecsplan_applier.revisions.staleness import Choice, Make, decide_again, recheck
from ecsplan_applier.revisions.unsendable import refuse_unsendable
from ecsplan_applier.tasks.attach import Attach
from ecsplan_applier.tasks.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun


async def prepare(
    context: ApplyContext, jobs: Sequence[JobRun], existing: ExistingTasks, *, refresh: bool
) -> dict[int, Choice]:
    """Look at everything that the jobs depend on; return what each runs, by its position.

    All jobs are looked at, those that start after others as well: nothing is to be done for the first ones
    where it could be known that the last ones cannot run.

    Raises:
        OtherAccountError: The credentials are for another account than the plan.
        StalePlanError: What the plan observed has changed.
        UnsendableError: A request has a member that the installed SDK cannot send.
        RunIdTakenError: The run id belongs to other jobs, or to another number of copies of a job.
        ApplierError: AWS could not be asked.
    """
    try:
        return await _prepare(context, jobs, existing, refresh=refresh)
    except (AwsError, SessionError) as error:
        await check_after_failure(context, jobs, error)
        raise


async def _prepare(
    context: ApplyContext, jobs: Sequence[JobRun], existing: ExistingTasks, *, refresh: bool
) -> dict[int, Choice]:
    await check_pinned(context, jobs)
    if refresh:
        await check_planned(context, jobs)
    # Before looking at them: from here on, no other apply of this machine deregisters what this one will
    # find.
    await hold_planned(context, jobs)
    decided = await decide_again(context, jobs, refresh=refresh)
    existing.note_decided(jobs)
    # Before the recheck, which needs to know whether an INACTIVE revision was this run's own.
    if context.resumed:
        await existing.find(jobs)
        await Attach(context, existing).refuse_other_jobs(jobs)
    choices = await recheck(context, jobs, existing, decided=decided)
    for number, job in enumerate(jobs):
        refuse_unsendable(context, job, registers=isinstance(choices[number], Make))
    attach = Attach(context, existing)
    for job in jobs if context.resumed else ():
        await attach.recognize(job)
    return choices
