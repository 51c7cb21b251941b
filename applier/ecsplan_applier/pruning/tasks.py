"""Which revisions the tasks of a cluster run: those that are waiting to start, running or stopping."""

from collections.abc import Sequence
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.cluster_tasks import chunks
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_TASKS, LIST_TASKS
from ecsplan_applier.outcomes.errors import AwsError, NotObservedError
from ecsplan_applier.outcomes.task import STOPPED
from ecsplan_applier.pruning.use import Use

_MAX_FILTERED: Final = 4
"""Families that are asked about one by one; with more, listing all tasks of a cluster takes fewer calls."""
_STATUSES: Final = ("RUNNING", STOPPED)
"""The filters of ListTasks, in this order: a task that is stopped meanwhile is in both lists, not in none."""
_TRIES: Final = 4
_PAUSE_S: Final = 1.0
"""How often, and after which pause, a running task is asked about that is listed and not described."""


async def tasks_using(asker: Asker, target: Target, cluster: str, families: Sequence[str]) -> list[Use]:
    """Return which revisions the tasks of a cluster run that have not stopped.

    Args:
        asker: Makes the calls.
        target: Where the cluster is.
        cluster: Its ARN.
        families: The families that matter; tasks of others may be among those returned.

    Raises:
        ApplierError: ECS could not be asked, or does not say what a running task runs.
    """
    filters: list[Body] = [{"family": each} for each in families]
    found = await asker.together(
        _described(asker, target, cluster, each)
        for each in (filters if len(families) <= _MAX_FILTERED else [{}])
    )
    name = cluster_name_of(cluster)
    operation = DESCRIBE_TASKS.name
    return [
        Use(
            member(task, "taskDefinitionArn", str, operation),
            f"task {member(task, 'taskArn', str, operation).rpartition('/')[2]} in cluster {name}",
        )
        for tasks in found
        for task in tasks
        if task.get("lastStatus") != STOPPED
    ]


async def _described(asker: Asker, target: Target, cluster: str, wanted: Body) -> list[Body]:
    """Return the tasks that a filter lets through, running or stopped; none where the cluster is gone."""
    listed: dict[str, list[str]] = {}
    try:
        for status in _STATUSES:
            listed[status] = await _listed(asker, target, cluster, {**wanted, "desiredStatus": status})
        arns = list(dict.fromkeys(arn for found in listed.values() for arn in found))
        return await _all_of(asker, target, cluster, arns, running=listed["RUNNING"])
    except AwsError as error:
        if error.code == "ClusterNotFoundException":
            return []
        raise


async def _listed(asker: Asker, target: Target, cluster: str, wanted: Body) -> list[str]:
    request = {"cluster": cluster, **wanted}
    pages = await asker.pages(target, LIST_TASKS, request, f"cluster {cluster_name_of(cluster)}")
    return [arn for page in pages for arn in members(page, "taskArns", str, LIST_TASKS.name)]


async def _all_of(
    asker: Asker, target: Target, cluster: str, arns: Sequence[str], *, running: Sequence[str]
) -> list[Body]:
    """Return the tasks, as far as ECS still shows them.

    Raises:
        NotObservedError: A running one is listed and, asked again and again, not described.
    """
    known: dict[str, Body] = {}
    for _ in range(_TRIES):
        left = [each for each in arns if each not in known]
        for chunk in chunks(left):
            request = {"cluster": cluster, "tasks": list(chunk)}
            about = f"tasks of cluster {cluster_name_of(cluster)}"
            answer = await asker.call(target, DESCRIBE_TASKS, request, about)
            for task in members(answer, "tasks", dict, DESCRIBE_TASKS.name):
                known[member(task, "taskArn", str, DESCRIBE_TASKS.name)] = task
        # What ECS has forgotten had stopped. A running task may be listed a moment before it is described.
        missing = [each for each in running if each not in known]
        if not missing:
            return list(known.values())
        await asker.sleep(_PAUSE_S)
    raise NotObservedError(
        f"ECS lists the task {missing[0]} and does not describe it, so the revision that it runs is not known"
        "\n  help: run the command again in a moment"
    )
