"""Which job of a run, and which copy and attempt of it, each of its tasks is."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.arns import family_of, is_same_cluster
from ecsplan_applier.ledger.entry import Entry, RecordedCopy
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.reference import ResultJob, arns_of
from ecsplan_applier.runs.search import PlacedTask
from ecsplan_applier.tasks.array_member import ArrayMember, array_member
from ecsplan_applier.tasks.same_task import shown_digest


@dataclass(frozen=True, slots=True)
class RecordedJob:
    """A job as the ledger, a result file, or both have it.

    Attributes:
        name: Its name.
        family: The family of its task definition, or "".
        cluster: The cluster as its request names it, or "".
        container: The job's container, or "".
        copies: Its copies; of what both know, an end that either has.
        entry: What the ledger has, or None.
        revision: ARN of the revision that it ran, or None.
        succeed_on: The exit codes that count as success.
    """

    name: str
    family: str
    cluster: str
    container: str
    copies: tuple[RecordedCopy, ...]
    entry: Entry | None = None
    revision: str | None = None
    succeed_on: tuple[int, ...] = SUCCESS

    @property
    def arns(self) -> dict[str, int]:
        """The tasks that are known of it, and of which copy each is."""
        return {arn: each.copy for each in self.copies for arn in arns_of(each)}


def recorded_jobs(entries: Sequence[Entry], of_result: Sequence[ResultJob]) -> list[RecordedJob]:
    """Return the jobs that are recorded, in the order of the plan as far as that is recorded."""
    jobs: dict[str, RecordedJob] = {}
    for entry in entries:
        jobs[entry.key.job] = RecordedJob(
            name=entry.key.job,
            family=entry.family,
            cluster=entry.cluster or "",
            container=entry.container,
            copies=entry.copies,
            entry=entry,
            succeed_on=entry.succeed_on,
        )
    for each in of_result:
        jobs[each.name] = _merged(jobs.get(each.name), each)
    order = [name for entry in entries for name in entry.jobs] + [each.name for each in of_result]
    rank = {name: number for number, name in reversed(list(enumerate(order)))}
    return sorted(jobs.values(), key=lambda job: (rank.get(job.name, len(rank)), job.name))


def _merged(known: RecordedJob | None, job: ResultJob) -> RecordedJob:
    revision = job.revision
    if known is None:
        cluster = next((each.cluster for each in job.copies if each.cluster), "")
        family = "" if revision is None else family_of(revision)
        return RecordedJob(job.name, family, cluster, _container(job), job.copies, revision=revision)
    ended = {each.copy: each for each in job.copies if each.has_ended}
    copies = tuple(each if each.has_ended else ended.get(each.copy, each) for each in known.copies)
    return RecordedJob(
        known.name,
        known.family,
        known.cluster,
        known.container,
        copies,
        known.entry,
        revision,
        known.succeed_on,
    )


def _container(job: ResultJob) -> str:
    """Return the job's container, as its log streams name it: PREFIX/CONTAINER/TASK_ID; "" without one."""
    streams = (each.log.stream for each in job.copies if each.log is not None)
    return next((each.split("/")[-2] for each in streams if each.count("/") >= 2), "")


@dataclass(slots=True)
class Assigned:
    """The tasks of a job.

    Attributes:
        by_copy: The tasks of a copy, each with its attempt where the task shows it.
        unplaced: Tasks of which nothing shows which copy they are, oldest first.
    """

    by_copy: dict[int, list[tuple[int | None, PlacedTask]]] = field(default_factory=lambda: defaultdict(list))
    unplaced: list[PlacedTask] = field(default_factory=list)

    def tasks(self) -> tuple[PlacedTask, ...]:
        """Return all of them, oldest first."""
        placed = [each for tasks in self.by_copy.values() for _, each in tasks]
        return tuple(sorted((*placed, *self.unplaced), key=_age))


def assign(
    jobs: Sequence[RecordedJob], tasks: Sequence[PlacedTask]
) -> tuple[list[Assigned], list[PlacedTask]]:
    """Return the tasks of each job, and those of no recorded job.

    A task belongs to the job that has its ARN. Else its family decides and, where several jobs share it, its
    overrides, the number of copies that a task of an array shows, and whether the job lacks a task.
    """
    found = [Assigned() for _ in jobs]
    by_arn = {arn: (index, copy) for index, job in enumerate(jobs) for arn, copy in job.arns.items()}
    left: list[PlacedTask] = []
    for each in tasks:
        index, copy = by_arn.get(each.task.arn, (None, 0))
        if index is None:
            left.append(each)
            continue
        member = array_member(each.task, jobs[index].container)
        found[index].by_copy[copy].append((None if member is None else member.copy[1], each))
    others: list[PlacedTask] = []
    for each in left:
        sharing = [index for index, job in enumerate(jobs) if _may_be(job, each.task)]
        alike = [index for index in sharing if _shows(jobs[index], each.task)]
        possible = alike if len(sharing) > 1 else sharing
        candidates = [index for index in possible if any(not copy.has_ended for copy in jobs[index].copies)]
        # Where several jobs could have it, one that has no task yet is likelier than a further attempt.
        lacking = [index for index in candidates if _lacks_task(jobs[index], found[index])]
        chosen = next((group for group in (possible, candidates, lacking) if len(group) == 1), [])
        if chosen:
            _place(jobs[chosen[0]], found[chosen[0]], each)
        else:
            others.append(each)
    return found, others


def _lacks_task(job: RecordedJob, assigned: Assigned) -> bool:
    open_copies = sum(not each.has_ended for each in job.copies)
    seen = sum(1 for each in job.copies if not each.has_ended and each.copy in assigned.by_copy)
    return open_copies > seen + len(assigned.unplaced)


def _may_be(job: RecordedJob, task: Task) -> bool:
    """Return whether a task that is recorded nowhere may be one of a job's."""
    is_elsewhere = bool(task.cluster) and not is_same_cluster(job.cluster, task.cluster)
    if is_elsewhere or job.family != family_of(task.definition):
        return False
    member = array_member(task, job.container)
    return member is None or member.count == len(job.copies)


def _shows(job: RecordedJob, task: Task) -> bool:
    """Return whether a task shows the overrides that were asked for, where those are recorded."""
    entry = job.entry
    return entry is None or not entry.shown or entry.shown == shown_digest(task.body, entry.hidden)


def _place(job: RecordedJob, assigned: Assigned, placed: PlacedTask) -> None:
    member = array_member(placed.task, job.container)
    if member is None:
        assigned.unplaced.append(placed)
    else:
        copy, attempt = member.copy
        assigned.by_copy[copy].append((attempt, placed))


def by_family(tasks: Sequence[PlacedTask]) -> Mapping[tuple[str, str], list[PlacedTask]]:
    """Return tasks of no recorded job by their cluster and family, which stands for their job."""
    groups: dict[tuple[str, str], list[PlacedTask]] = defaultdict(list)
    for each in tasks:
        groups[each.task.cluster, family_of(each.task.definition)].append(each)
    return groups


def members_of(tasks: Sequence[PlacedTask]) -> Iterator[tuple[PlacedTask, ArrayMember | None]]:
    """Yield tasks with their places in an array, whichever container's environment has them."""
    for each in tasks:
        names = (container.name for container in each.task.containers)
        yield each, next((found for name in names if (found := array_member(each.task, name))), None)


def _age(placed: PlacedTask) -> tuple[float, str]:
    return placed.task.times.created or 0.0, placed.task.arn
