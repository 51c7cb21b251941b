"""What `ecsplan stop` is to stop: a task, by its ARN or id, or a run."""

import re
from pathlib import Path
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import is_same_cluster, region_of
from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_applier.runs.reference import RunReference, read_reference

_TASK_ARN: Final = re.compile(
    r"arn:[\w-]+:ecs:[\w-]+:\d{12}:task/(?:(?P<cluster>[^/\s:]+)/)?(?P<id>[^/\s:]+)"
)
"""With the cluster in it, or in the old format, without one (ECS developer guide, ARNs and IDs)."""
_TASK_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id of the long or of the short format."""
_AMBIGUOUS: Final = re.compile(r"[0-9a-f]{32}")
_FORM: Final = (
    "write CLUSTER::TASK_ARN, as apply prints it, such as"
    " default::arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef"
)


@dataclass(frozen=True, slots=True)
class TaskTarget:
    """A task that is to stop.

    Attributes:
        task: Its ARN or id.
        cluster: Its cluster as the user names it, or that of its ARN; None has to be searched for.
        region: The region in its ARN, or None.
        run: The run that this may be instead; None where it can only be a task.
    """

    task: str
    cluster: str | None
    region: str | None = None
    run: RunReference | None = None


def read_target(named: str, cluster: str | None = None) -> TaskTarget | RunReference:
    """Return what a user has named.

    An existing file is a result file. 32 hex digits are the id of a task, or a run id.

    Args:
        named: The argument of the command.
        cluster: The cluster that `--cluster` names, or None.

    Raises:
        UsageError: It is none of what can be stopped, or the two name different clusters.
    """
    if Path(named[:4096]).is_file():
        return read_reference(named)
    before, colons, task = named.partition("::")
    if colons:
        return _in_cluster(named, before, task, cluster)
    if named.startswith("arn:"):
        return _by_arn(named, cluster)
    if _AMBIGUOUS.fullmatch(named):
        return TaskTarget(named, cluster, region_of(cluster or ""), read_reference(named))
    return read_reference(named)


def _in_cluster(named: str, before: str, task: str, cluster: str | None) -> TaskTarget:
    arn = _TASK_ARN.fullmatch(task)
    if not before or not (arn or _TASK_ID.fullmatch(task)):
        raise UsageError(f"{named!r} names no task; {_FORM}")
    _check_same(before, cluster)
    return TaskTarget(task, before, region_of(task) or region_of(before))


def _by_arn(named: str, cluster: str | None) -> TaskTarget:
    found = _TASK_ARN.fullmatch(named)
    if found is None:
        raise UsageError(f"{named!r} names no task; {_FORM}")
    if found["cluster"] is not None:
        _check_same(found["cluster"], cluster)
    return TaskTarget(named, cluster or found["cluster"], region_of(named))


def _check_same(of_task: str, cluster: str | None) -> None:
    if cluster is not None and not is_same_cluster(of_task, cluster):
        raise UsageError(f"the task is in cluster {of_task}, and --cluster is {cluster}: leave it out")
