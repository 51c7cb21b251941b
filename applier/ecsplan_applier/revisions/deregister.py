"""Leaving no revision behind: deregisters what this run registered, once it is no longer used."""

from collections.abc import Sequence

from ecsplan.decision.decide_revision import ACTIVE
from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.observed import Body
from ecsplan_applier.arns import family_of
from ecsplan_applier.aws.cluster_tasks import TaskFilter, find_tasks
from ecsplan_applier.aws.operations import DEREGISTER_TASK_DEFINITION
from ecsplan_applier.aws.retry import ENDING
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.outcomes.events import Deregistered
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.run_id import started_by


async def deregister(context: ApplyContext, job: JobRun, sharing: Sequence[JobRun]) -> None:
    """Deregister the job's revision; whatever goes wrong is a warning.

    Args:
        context: The apply.
        job: The job that asks for it; its revision was registered by this run, and its tasks are over.
        sharing: The jobs of this apply that run the same revision.
    """
    arn = job.revision
    if arn is None or job.inactive or job.deregistered:
        return
    running = [copy.identifier for each in sharing for copy in each.copies if not copy.result().over]
    if running:
        context.warn(job.name, f"{arn} stays ACTIVE: {', '.join(running)} may still be running it")
        return
    try:
        # The lock orders this against whoever is about to reuse the revision: either its lease is seen here,
        # or it will see that the revision is INACTIVE.
        lock = await context.locks.family(context.loop, job.target.region, family_of(arn), context.aborted)
        try:
            users = await _others(context, job, arn)
            if users:
                context.warn(job.name, f"{arn} stays ACTIVE: {users}")
                return
            await context.caller.call(
                job.target,
                DEREGISTER_TASK_DEFINITION,
                {"taskDefinition": arn},
                ENDING,
                about=arn,
                cancel=context.aborted,
                check=require_inactive,
            )
        finally:
            lock.release()
    except ApplierError as error:
        # The answer was lost, or a retry came to a revision that the first try had deregistered.
        if await _is_inactive(context, job, arn):
            _deregistered(context, job, arn, sharing)
        else:
            context.warn(job.name, f"{arn} stays ACTIVE: it could not be deregistered: {error}")
        return
    _deregistered(context, job, arn, sharing)


def _deregistered(context: ApplyContext, job: JobRun, arn: str, sharing: Sequence[JobRun]) -> None:
    for each in sharing:
        each.note_deregistered()
    context.journal.forget(arn)
    context.emit(Deregistered(job.name, arn))


def require_inactive(answer: Body) -> None:
    """Refuse an answer that does not say of the revision that it is deregistered.

    Raises:
        AwsError: BAD_ANSWER.
    """
    if as_mapping(answer.get("taskDefinition")).get("status") == ACTIVE:
        text = "the answer says that the revision is still ACTIVE"
        raise AwsError(DEREGISTER_TASK_DEFINITION.name, AwsError.BAD_ANSWER, text)


async def _is_inactive(context: ApplyContext, job: JobRun, arn: str) -> bool:
    """Return whether a call that failed has deregistered the revision all the same."""
    try:
        found = await context.observation.revisions.describe(job.target, arn)
    except ApplierError:
        return False
    return found is not None and found.definition.get("status", ACTIVE) != ACTIVE


async def _others(context: ApplyContext, job: JobRun, arn: str) -> str:
    """Return who else uses a revision, in words, or ""; looks at this machine and at the job's cluster."""
    if context.locks.others_hold(arn):
        return "another apply on this machine uses it"
    wanted = TaskFilter(family=family_of(arn))
    tasks = await find_tasks(
        context.caller, job.place, wanted, ENDING, cancel=context.aborted, skip=context.is_claimed
    )
    mine = started_by(context.run_id)
    users = [
        each.arn for each in tasks if each.definition == arn and each.started_by != mine and not each.is_over
    ]
    return f"tasks that others started are running it: {', '.join(users)}" if users else ""
