"""Searching the clusters of a region for a task that is named without its cluster."""

from dataclasses import replace

from ecsplan.terms.observed import Aws
from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.aws.cluster_tasks import Place, describe_tasks
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, UnknownRunError, UsageError
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.search import Clusters, clusters_of
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.runs.stop.target import TaskTarget


def target_of(session: RunSession, task: TaskTarget) -> Target:
    """Return the account and region of a task.

    Raises:
        UsageError: The options name another region than its ARN.
    """
    if task.region is None:
        return session.targets()[0]
    target = session.gateway.target(Aws(region=task.region))
    if target.region != task.region:
        raise UsageError(f"the task is in {task.region}, and --region is {target.region}: leave it out")
    return target


async def find_task(session: RunSession, wanted: TaskTarget) -> tuple[Place, Task] | None:
    """Return a task and where it is; None where no cluster has it, and it may be a run instead.

    Raises:
        UnknownRunError: No cluster has it, and it can only be a task.
        ApplierError: The clusters could not be asked.
    """
    clusters = await _clusters(session, wanted)

    async def look(place: Place) -> list[Task] | ApplierError:
        try:
            return await describe_tasks(session.caller, place, [wanted.task], tags=False)
        except ApplierError as error:
            return error

    answers = await session.loop.gather(map(look, clusters.places))
    failures = [] if clusters.failure is None else [clusters.failure]
    for place, answer in zip(clusters.places, answers, strict=True):
        if isinstance(answer, ApplierError):
            failures += [] if _is_of_another_cluster(answer) else [answer]
        elif answer:
            return _by_name(place), answer[0]
    if wanted.run is not None:
        return None
    if failures:
        raise failures[0]
    raise UnknownRunError(_not_found(wanted, clusters))


def _not_found(wanted: TaskTarget, clusters: Clusters) -> str:
    """Return that no cluster has a task, and which clusters were asked."""
    names = ", ".join(cluster_name_of(each.cluster) for each in clusters.places) or "none"
    return f"the task {wanted.task} is not known; looked at the clusters of {clusters.target.place}: {names}"


def _by_name(place: Place) -> Place:
    """Return a place by the name of its cluster, not its ARN."""
    return place if place.cluster is None else replace(place, cluster=cluster_name_of(place.cluster))


async def _clusters(session: RunSession, wanted: TaskTarget) -> Clusters:
    target = target_of(session, wanted)
    if wanted.cluster is not None:
        return Clusters(target, (Place(target, wanted.cluster),))
    return await clusters_of(session, target)


def _is_of_another_cluster(error: ApplierError) -> bool:
    """Return whether a cluster refuses an ARN because its task is in another one."""
    return isinstance(error, AwsError) and error.code == "InvalidParameterException"
