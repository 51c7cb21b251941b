"""Searching the clusters of a region for the tasks that ecsplan has started."""

from collections.abc import Callable, Iterable, Sequence

from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_in, cluster_name_of
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import all_pages
from ecsplan_applier.aws.cluster_tasks import Place, TaskFilter, chunks, describe_tasks, list_task_arns
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import LIST_CLUSTERS
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, NotObservedError, first_line
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.scheduling.scheduler import Coro
from ecsplan_applier.tasks.run_id import started_by


@dataclass(frozen=True, slots=True)
class Clusters:
    """The clusters to look at in an account and region.

    Attributes:
        target: The account and region.
        places: Them.
        failure: Why they could not be listed, or None.
    """

    target: Target
    places: tuple[Place, ...]
    failure: ApplierError | None = None

    @property
    def account(self) -> str | None:
        """The account that their ARNs name, or None."""
        return account_in(each.cluster or "" for each in self.places)


@dataclass(frozen=True, slots=True)
class PlacedTask:
    """A task, and where it was found."""

    place: Place
    task: Task


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search of clusters has found.

    Attributes:
        tasks: The tasks that were found, each once, oldest first.
        looked_at: Where it was possible to look.
        failures: Where it was not, and why.
    """

    tasks: tuple[PlacedTask, ...]
    looked_at: tuple[Place, ...]
    failures: tuple[tuple[Place, ApplierError], ...]

    @property
    def account(self) -> str | None:
        """The account that the ARNs of the tasks name, or None."""
        return account_in(each.task.arn for each in self.tasks)


async def clusters_of(session: RunSession, target: Target) -> Clusters:
    """Return the cluster that the command names, else all of the region; why, if they cannot be listed."""
    if session.cluster is not None:
        return Clusters(target, (Place(target, session.cluster),))
    try:
        pages = await all_pages(session.caller, target, LIST_CLUSTERS, {}, cancel=session.cancelled)
        arns = [arn for page in pages for arn in members(page, "clusterArns", str, LIST_CLUSTERS.name)]
    except ApplierError as error:
        return Clusters(target, (), _with_way_out(error))
    return Clusters(target, tuple(Place(target, each) for each in dict.fromkeys(arns)))


def _with_way_out(error: ApplierError) -> ApplierError:
    """Return why clusters cannot be listed; if that is not allowed, with the option that does without."""
    if not isinstance(error, AwsError) or not error.code.startswith("AccessDenied"):
        return error
    return NotObservedError(f"{error}; or name one cluster with --cluster, which takes no ecs:ListClusters")


async def search_run(
    session: RunSession, places: Sequence[Place], run_id: str, *, known: Iterable[str] = ()
) -> Searched:
    """Return the tasks of a run in these clusters, running or stopped.

    Args:
        session: How to ask.
        places: The clusters.
        run_id: The run.
        known: ARNs of stopped tasks that need not be described: their ends are known.
    """
    skipped, owner = frozenset(known), started_by(run_id)

    async def look(place: Place) -> list[Task]:
        # Running ones first: a task that stops in between is in both lists, not in none. ECS lists a task
        # that is being stopped as STOPPED, and lists no such tasks by `startedBy`.
        running = await _listed(session, place, TaskFilter(started_by=owner))
        stopped = await _listed(session, place, TaskFilter(desired_status="STOPPED"))
        wanted = [each for each in dict.fromkeys((*running, *stopped)) if each not in skipped]
        return await _described(session, place, wanted)

    return await _search(session, places, look, lambda task: task.started_by == owner)


async def search_all(
    session: RunSession, places: Sequence[Place], is_wanted: Callable[[Task], bool]
) -> Searched:
    """Return those tasks in these clusters, running or stopped, that are wanted."""

    async def look(place: Place) -> list[Task]:
        running = await _listed(session, place, TaskFilter())
        stopped = await _listed(session, place, TaskFilter(desired_status="STOPPED"))
        return await _described(session, place, list(dict.fromkeys((*running, *stopped))))

    return await _search(session, places, look, is_wanted)


async def _listed(session: RunSession, place: Place, wanted: TaskFilter) -> list[str]:
    # A cluster that is not there is not an empty one: its tasks may have been those that are looked for.
    return await list_task_arns(session.caller, place, wanted, cancel=session.cancelled, require_cluster=True)


async def _described(session: RunSession, place: Place, arns: Sequence[str]) -> list[Task]:
    """Return tasks, described in hundreds at the same time."""
    found = await session.loop.gather(
        describe_tasks(session.caller, place, chunk, cancel=session.cancelled) for chunk in chunks(arns)
    )
    return [task for tasks in found for task in tasks]


async def _search(
    session: RunSession,
    places: Sequence[Place],
    look: Callable[[Place], Coro[list[Task]]],
    is_wanted: Callable[[Task], bool],
) -> Searched:
    """Look at all places at the same time; one that cannot be looked at does not end the search."""

    async def tried(place: Place) -> list[Task] | ApplierError:
        try:
            return await look(place)
        except ApplierError as error:
            return error

    answers = await session.loop.gather(tried(each) for each in places)
    found: dict[str, PlacedTask] = {}
    looked_at: list[Place] = []
    failures: list[tuple[Place, ApplierError]] = []
    for place, answer in zip(places, answers, strict=True):
        if isinstance(answer, ApplierError):
            failures.append((place, answer))
            continue
        looked_at.append(place)
        for task in answer:
            if is_wanted(task):
                found.setdefault(task.arn, PlacedTask(place, task))
    tasks = sorted(found.values(), key=lambda each: (each.task.times.created or 0.0, each.task.arn))
    return Searched(tuple(tasks), tuple(looked_at), tuple(failures))


def warn_of(session: RunSession, clusters: Clusters, searched: Searched | None) -> None:
    """Report the clusters that could not be looked at."""
    if clusters.failure is not None:
        where = clusters.target.place
        session.warn(f"the clusters of {where} could not be listed: {first_line(clusters.failure)}")
    for place, error in () if searched is None else searched.failures:
        session.warn(f"cluster {cluster_name_of(place.cluster)} could not be looked at: {first_line(error)}")
