"""Whose the tasks of a run are where several jobs of its plan ask for the same: the tokens say it."""

from collections.abc import Sequence

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.starting.counts import Counts
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun


async def has_begun(context: ApplyContext, existing: ExistingTasks, job: JobRun) -> bool:
    """Return whether an earlier apply of the run has started tasks of a job.

    Of tasks that another job of the plan may have asked for, the tokens say whose they are.

    Raises:
        ApplierError: They cannot be looked for.
    """
    if not context.resumed:
        return False
    if job.has_begun:
        return True
    return bool(await own_tasks(context, existing, job, await existing.of(job)))


async def own_tasks(
    context: ApplyContext, existing: ExistingTasks, job: JobRun, tasks: Sequence[Task]
) -> Sequence[Task]:
    """Return those of the run's tasks, which do what a job asks for, that no other job has asked for."""
    if not tasks or existing.identifies(job):
        return tasks
    own = await Counts(context, job).own(tasks)
    return [each for each in tasks if each.arn in own]
