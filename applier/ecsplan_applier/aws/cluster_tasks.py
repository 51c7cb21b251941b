"""Listing and describing the tasks of a cluster, for an apply and for commands that look back at a run.

Nothing here knows of an apply: each function takes the API caller and the place to look at.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import all_pages
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_TASKS, LIST_TASKS
from ecsplan_applier.aws.rate_limits import RateLimit
from ecsplan_applier.aws.retry import READING, Caller, RetryPolicy
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.scheduling.scheduler import Event

T = TypeVar("T")

MAX_DESCRIBED: Final = 100
"""Tasks of one DescribeTasks call (botocore ecs model, DescribeTasks.tasks)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where tasks run: an account and region, and a cluster; None is the account's default cluster."""

    target: Target
    cluster: str | None

    def request(self, body: Body) -> Body:
        """Return a request about tasks of this place; the default cluster is left for ECS to fill in."""
        return body if self.cluster is None else {"cluster": self.cluster, **body}

    @property
    def cluster_name(self) -> str:
        """The cluster as messages name it."""
        return self.cluster or "default"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks of a cluster ListTasks returns; None does not filter.

    ECS combines `family` with `desired_status`, but refuses `started_by` beside any other filter (botocore
    ecs model, ListTasks.startedBy), and then lists no stopped tasks.

    Attributes:
        started_by: What RunTask was given as `startedBy`.
        family: Family of the task definition.
        desired_status: RUNNING, which is ECS's default, or STOPPED.
    """

    started_by: str | None = None
    family: str | None = None
    desired_status: str | None = None

    def members(self) -> dict[str, str]:
        """Return the filter as members of a ListTasks request."""
        all_members = {
            "startedBy": self.started_by,
            "family": self.family,
            "desiredStatus": self.desired_status,
        }
        return {name: value for name, value in all_members.items() if value is not None}


async def list_task_arns(
    caller: Caller,
    place: Place,
    wanted: TaskFilter,
    policy: RetryPolicy = READING,
    *,
    cancel: Event | None = None,
    max_pages: int | None = None,
    require_cluster: bool = False,
) -> list[str]:
    """Return the ARNs of the tasks that a filter lets through; [] if there is no such cluster.

    Args:
        caller: Makes the calls.
        place: Where to look.
        wanted: Which tasks.
        policy: For how long a failing call is made again.
        cancel: Once it is set, a failure is final.
        max_pages: Pages to read, of up to 100 tasks each; None reads all.
        require_cluster: Whether it is an error that there is no such cluster.

    Raises:
        ApplierError: They could not be listed.
    """
    try:
        pages = await all_pages(
            caller,
            place.target,
            LIST_TASKS,
            place.request(dict(wanted.members())),
            policy,
            about=", ".join(f"{name} {value}" for name, value in wanted.members().items()),
            cancel=cancel,
            enough=lambda pages: len(pages) == max_pages,
        )
    except AwsError as error:
        if error.code == "ClusterNotFoundException" and not require_cluster:
            return []
        raise
    return [arn for page in pages for arn in members(page, "taskArns", str, LIST_TASKS.name)]


async def describe_tasks(
    caller: Caller,
    place: Place,
    arns: Sequence[str],
    policy: RetryPolicy = READING,
    *,
    tags: bool = True,
    cancel: Event | None = None,
    bucket: RateLimit | None = None,
) -> list[Task]:
    """Return those of the named tasks that ECS still shows, in the order named, a hundred with each call.

    Args:
        caller: Makes the calls.
        place: Where the tasks are.
        arns: Their ARNs or ids.
        policy: For how long a failing call is made again.
        tags: Whether to ask for their tags, too.
        cancel: Once it is set, a failure is final.
        bucket: Limits the rate of the calls.

    Raises:
        ApplierError: They could not be described.
    """
    found: dict[str, Task] = {}
    for chunk in chunks(arns):
        request = place.request({"tasks": list(chunk), **({"include": ["TAGS"]} if tags else {})})
        answer = await caller.call(
            place.target, DESCRIBE_TASKS, request, policy, cancel=cancel, bucket=bucket
        )
        for raw in members(answer, "tasks", dict, DESCRIBE_TASKS.name):
            task = read_task(raw)
            if task is not None:
                found[task.arn] = found[task.task_id] = task
    # Tasks that ECS no longer shows come back as `failures` with the reason MISSING: they are left out, and
    # the caller sees which are missing. An answer may also be in any order.
    return [found[arn] for arn in arns if arn in found]


async def find_tasks(
    caller: Caller,
    place: Place,
    wanted: TaskFilter,
    policy: RetryPolicy = READING,
    *,
    cancel: Event | None = None,
    max_pages: int | None = None,
    skip: Callable[[str], bool] = lambda _: False,
) -> list[Task]:
    """Return the tasks that a filter lets through, described with their tags.

    Args:
        caller: Makes the calls.
        place: Where to look.
        wanted: Which tasks.
        policy: For how long a failing call is made again.
        cancel: Once it is set, a failed ListTasks call is final.
        max_pages: Pages to read, of up to 100 tasks each; None reads all.
        skip: Says of an ARN that its task need not be described.

    Raises:
        ApplierError: They could not be listed, or not be described.
    """
    listed = await list_task_arns(caller, place, wanted, policy, cancel=cancel, max_pages=max_pages)
    return await describe_tasks(caller, place, [arn for arn in listed if not skip(arn)], policy)


def chunks(items: Sequence[T]) -> list[Sequence[T]]:
    """Return items in groups that fit into one DescribeTasks call."""
    return [items[index : index + MAX_DESCRIBED] for index in range(0, len(items), MAX_DESCRIBED)]
