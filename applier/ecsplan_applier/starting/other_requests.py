"""Run ids that belong to another request: what exists under them is not what the plan asks for."""

from collections.abc import Collection, Sequence
from typing import Final

from ecsplan_applier.arns import family_of
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import RunIdTakenError
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.unclaimed import is_free
from ecsplan_applier.tasks.job_run import JobRun

_MAX_NAMED: Final = 20
"""Tasks of other jobs that a message names."""


def taken(context: ApplyContext, job: JobRun, arns: list[str]) -> RunIdTakenError:
    """Return why a job is refused whose run id was used with another request, with the tasks of that one."""
    tasks = "\n    ".join(f"{job.place.cluster_name}::{each}" for each in arns) or "(ECS names none)"
    return RunIdTakenError(
        f"{job.name}: the run id {context.run_id} was used with another request for this job\n"
        f"  these tasks exist under it:\n    {tasks}\n"
        "  help: use another --run-id for another request, or stop these tasks first"
    )


async def refuse_changed(context: ApplyContext, existing: ExistingTasks, job: JobRun) -> None:
    """Refuse a job whose definition has changed since its tasks of this run, before it is registered.

    ECS would refuse its tokens later on, and the revision that was made for it would be left behind.

    Raises:
        RunIdTakenError: There are such tasks.
    """
    tasks = await existing.changed(job)
    if tasks and not await existing.of(job):
        raise taken(context, job, [each.arn for each in tasks])


async def refuse_unlike(context: ApplyContext, existing: ExistingTasks, job: JobRun) -> None:
    """Refuse a job of which a copy is given up as forgotten while tasks that do something else run.

    Nobody would name them otherwise: they are what the copy was started as, with another request.

    Raises:
        RunIdTakenError: There are such tasks.
    """
    if all(copy.given_up is None for copy in job.copies):
        return
    tasks = await existing.unlike(job)
    if tasks:
        raise taken(context, job, [each.arn for each in tasks])


async def refuse_beside(context: ApplyContext, existing: ExistingTasks, job: JobRun) -> None:
    """Refuse a job that has just been started beside tasks of this run which do the same, or did.

    This happens when a run id is used again with another `count`: the tokens differ.

    Raises:
        RunIdTakenError: There are such tasks.
    """
    if not any(copy.task is not None and not copy.attached for copy in job.copies):
        return
    beside = [each.arn for each in await existing.of(job) if is_free(context, job, each)]
    if beside:
        raise taken(context, job, beside)


async def refuse_other_jobs(
    context: ApplyContext, existing: ExistingTasks, jobs: Sequence[JobRun], recorded: Collection[str] = ()
) -> bool:
    """Refuse a plan that has none of the jobs of this run: a job is recognized by its tasks' family.

    Args:
        context: The apply.
        existing: The tasks under its run id.
        jobs: The jobs.
        recorded: The names of jobs that the ledger knows of the run, if none of them is in the plan.

    Returns:
        Whether ECS shows tasks of the run.

    Raises:
        RunIdTakenError: The run is known, and none of its jobs is in this plan.
    """
    ours = {(job.place, family) for job in jobs for family in existing.families}
    tasks = [(place, each) for place, found in existing.running.items() for each in found]
    # Nothing runs: the run may be over, and only stopped tasks show what it was.
    if not tasks:
        by_place = {job.place: job for job in jobs}
        for place, job in by_place.items():
            tasks += [(place, each) for each in await existing.stopped_anywhere(job)]
    if any((place, family_of(each.definition)) in ours for place, each in tasks):
        return True
    if not tasks and not recorded:
        return False
    run = f"the run id {context.run_id} belongs to other jobs"
    families = ", ".join(sorted({family_of(each.definition) for _, each in tasks}))
    named = "\n    ".join(f"{place.cluster_name}::{each.arn}" for place, each in tasks[:_MAX_NAMED])
    if recorded:
        plan = ", ".join(sorted(existing.names))
        known = f"the ledger has {_first_of(recorded)}"
    else:
        plan = ", ".join(sorted(existing.families))
        known = f"its tasks are of {families}"
    raise RunIdTakenError(
        f"{run}: {known}, and this plan has {plan}; nothing was started\n"
        + (f"  these tasks exist under it:\n    {named}\n" if named else "")
        + "  help: use another --run-id for this plan"
    )


def _first_of(names: Collection[str]) -> str:
    """Return names as a message has them: the first of many, and how many more there are."""
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"{', '.join(sorted(names)[:_MAX_NAMED])}{more}"
