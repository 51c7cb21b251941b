"""Before anything is changed: whose account it is, whether the plan is stale, what runs under the run id."""

from collections.abc import Sequence

from ecsplan_applier.context import Scene
from ecsplan_applier.outcomes.errors import AwsError, SessionError
from ecsplan_applier.revisions.accounts import check_pinned, check_planned, explain_failure
from ecsplan_applier.revisions.register import hold_planned
from ecsplan_applier.revisions.staleness import Choice, Make, decide_again, recheck
from ecsplan_applier.revisions.unsendable import refuse_unsendable
from ecsplan_applier.tasks.attach import Attach
from ecsplan_applier.tasks.copies import JobRun
from ecsplan_applier.tasks.existing import Traces


async def prepare(
    scene: Scene, jobs: Sequence[JobRun], traces: Traces, *, refresh: bool
) -> dict[int, Choice]:
    """Look at everything that the jobs depend on; return what each runs, by its position.

    Raises:
        OtherAccountError: The credentials are for another account than the plan.
        StalePlanError: What the plan observed has changed.
        UnsendableError: A request has a member that the installed SDK cannot send.
        RunIdTakenError: The run id belongs to other jobs, or to another number of copies of a job.
        ApplierError: AWS could not be asked.
    """
    try:
        return await _prepare(scene, jobs, traces, refresh=refresh)
    except (AwsError, SessionError) as error:
        await explain_failure(scene, jobs, error)
        raise


async def _prepare(
    scene: Scene, jobs: Sequence[JobRun], traces: Traces, *, refresh: bool
) -> dict[int, Choice]:
    await check_pinned(scene, jobs)
    if refresh:
        await check_planned(scene, jobs)
    await hold_planned(scene, jobs)
    await decide_again(scene, jobs, refresh=refresh)
    if scene.resumed:
        await traces.find(jobs)
        await Attach(scene, traces).refuse_other_jobs(jobs)
    choices = await recheck(scene, jobs, traces)
    for number, job in enumerate(jobs):
        refuse_unsendable(scene, job, registers=isinstance(choices[number], Make))
    attach = Attach(scene, traces)
    for job in jobs if scene.resumed else ():
        if traces.tell(job):
            await attach.refuse_other_count(job)
    return choices
