"""Leaving no revision behind: deregisters what this run registered, once nobody uses it."""

from collections.abc import Sequence

from ecsplan.decision.decide_revision import ACTIVE
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.observer import family_of
from ecsplan_applier.aws.operations import DEREGISTER_TASK_DEFINITION
from ecsplan_applier.aws.retry import ENDING
from ecsplan_applier.context import Scene
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.outcomes.events import Deregistered
from ecsplan_applier.tasks.copies import JobRun
from ecsplan_applier.tasks.existing import list_tasks
from ecsplan_applier.tasks.run_id import started_by


async def deregister(scene: Scene, job: JobRun, sharing: Sequence[JobRun]) -> None:
    """Deregister the job's revision; whatever goes wrong is a warning.

    Args:
        scene: The apply.
        job: The job that asks for it; its revision was registered by this run, and its tasks are over.
        sharing: The jobs of this apply that run the same revision.
    """
    arn = job.revision
    if arn is None or job.inactive or job.deregistered:
        return
    running = [copy.identifier for each in sharing for copy in each.copies if not copy.result().over]
    if running:
        scene.warn(job.name, f"{arn} stays ACTIVE: {', '.join(running)} may still run it")
        return
    try:
        lock = await scene.locks.family(scene.loop, job.target.region, family_of(arn), scene.leave)
        try:
            users = await _others(scene, job, arn)
            if users:
                scene.warn(job.name, f"{arn} stays ACTIVE: {users}")
                return
            await scene.caller.call(
                job.target,
                DEREGISTER_TASK_DEFINITION,
                {"taskDefinition": arn},
                ENDING,
                about=arn,
                give_up=scene.leave,
                check=_require_inactive,
            )
        finally:
            lock.release()
    except ApplierError as error:
        if await _is_inactive(scene, job, arn):
            _deregistered(scene, job, arn, sharing)
        else:
            scene.warn(job.name, f"{arn} stays ACTIVE, it could not be deregistered: {error}")
        return
    _deregistered(scene, job, arn, sharing)


def _deregistered(scene: Scene, job: JobRun, arn: str, sharing: Sequence[JobRun]) -> None:
    for each in sharing:
        each.deregistered = True
    scene.records.forget(arn)
    scene.emit(Deregistered(job.name, arn))


def _require_inactive(answer: Body) -> None:
    """Refuse an answer that does not say of the revision that it is deregistered."""
    if answer["taskDefinition"].get("status") == ACTIVE:
        text = "the answer says that the revision is still ACTIVE"
        raise AwsError(DEREGISTER_TASK_DEFINITION.name, AwsError.BAD_ANSWER, text)


async def _is_inactive(scene: Scene, job: JobRun, arn: str) -> bool:
    """Return whether a call that failed has deregistered the revision all the same."""
    try:
        found = await scene.observation.describe(job.target, arn)
    except ApplierError:
        return False
    return found is not None and found.definition.get("status", ACTIVE) != ACTIVE


async def _others(scene: Scene, job: JobRun, arn: str) -> str:
    """Return who else uses a revision, in words, or ""; looks at this machine and at the job's cluster."""
    if scene.locks.others_hold(arn):
        return "another apply on this machine uses it"
    tasks = await list_tasks(scene, job, {"family": family_of(arn)}, ENDING, give_up=scene.leave)
    mine = started_by(scene.run_id)
    users = [
        each.arn for each in tasks if each.definition == arn and each.started_by != mine and not each.is_over
    ]
    return f"tasks that others started run it: {', '.join(users)}" if users else ""
