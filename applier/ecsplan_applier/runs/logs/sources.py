"""Which log streams a run has written: those of the containers of each attempt of each copy."""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_applier.outcomes.result import LogPlace, TaskResult
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.found import FoundJob, FoundRun
from ecsplan_applier.tasks.unlogged import KEEPING

AWSLOGS: Final = "awslogs"
FIRELENS: Final = "awsfirelens"

Containers: TypeAlias = str | Literal[True] | None
"""Which containers: one by its name, True for all, None for that of the job."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which logs of a run are asked for.

    Attributes:
        job: The name of the job, the plain name of a matrix, or a copy such as `load/2`; None is all.
        containers: Which containers of each task.
    """

    job: str | None = None
    containers: Containers = None

    def jobs(self, run: FoundRun) -> tuple[FoundJob, ...]:
        """Return the jobs that are asked for; the name of a job wins over a copy.

        Raises:
            UsageError: The run has no such job.
        """
        if self.job is None:
            return run.jobs
        found = tuple(each for each in run.jobs if _is_called(each.name, self.job))
        found = found or tuple(job for job in run.jobs if any(map(self.takes, job.results)))
        if not found and not any(self._may_be_of(each) for each in run.unbegun):
            names = ", ".join((*(each.name for each in run.jobs), *run.unbegun))
            raise UsageError(f"run {run.run_id} has no job {self.job}; its jobs are: {names}")
        return found

    def takes(self, copy: TaskResult) -> bool:
        """Return whether a copy is asked for, of a job that is."""
        return self.job is None or _is_called(copy.job, self.job) or copy.label == self.job

    def _may_be_of(self, job: str) -> bool:
        """Return whether a job that has not begun is asked for, or may get the copy that is."""
        return self.job is None or _is_called(job, self.job) or _is_called(job, self.job.rpartition("/")[0])

    def is_of_several(self, run: FoundRun) -> bool:
        """Return whether there are several copies, among the jobs that have not begun, too."""
        unbegun = [each for each in run.unbegun if self.job is None or _is_called(each, self.job)]
        return (
            len(unbegun) + sum(map(self.takes, (each for job in self.jobs(run) for each in job.results))) > 1
        )


ALL: Final = Selection()


@dataclass(frozen=True, slots=True)
class LogSource:
    """The log stream of a container of a task.

    Attributes:
        job: The job.
        result: The attempt whose task it is.
        container: The container.
        place: The stream.
        target: The account in which it is.
        task: The task, or None where ECS no longer shows it.
        shows_container: Whether its label names the container.
    """

    job: FoundJob
    result: TaskResult
    container: str
    place: LogPlace
    target: Target
    task: Task | None
    shows_container: bool = False

    @property
    def label(self) -> str:
        """What stands before its lines: `job`, `job/2`, `job/2 (attempt 2, sidecar)`."""
        details = [f"attempt {self.result.attempt}"] if self.result.attempt > 1 else []
        details += [self.container] if self.shows_container else []
        return f"{self.result.label} ({', '.join(details)})" if details else self.result.label

    @property
    def may_be_missing(self) -> bool:
        """Whether it is no surprise that there is no such stream: its task has not run, or has not ended."""
        return self.task is not None and (self.task.never_started or not self.task.is_over)


@dataclass(frozen=True, slots=True)
class Sources:
    """The streams of a run.

    Attributes:
        streams: Them, in the order of the jobs, copies, attempts and containers.
        elsewhere: What is said of output that is in no stream, each once.
    """

    streams: tuple[LogSource, ...]
    elsewhere: tuple[str, ...]

    @property
    def several(self) -> bool:
        """Whether the lines of more than one copy or container are shown."""
        return len({(each.result.label, each.container) for each in self.streams}) > 1


@dataclass(frozen=True, slots=True)
class _Container:
    """A container of a task of a job: what its definition has, or None where that is not known."""

    name: str
    body: Body | None


def sources(
    run: FoundRun,
    definitions: dict[str, Body],
    selection: Selection,
    kept_output: tuple[str, str] | None = None,
) -> Sources:
    """Return the streams that are asked for.

    Args:
        run: The run.
        definitions: The task definitions of its tasks, by their ARNs, as far as they are known.
        selection: Which logs.
        kept_output: Log group and stream prefix under which the endpoint keeps what is logged nowhere else,
            or None.

    Raises:
        UsageError: The run has no such job, or no task of it has such a container.
    """
    streams: list[LogSource] = []
    elsewhere: dict[str, None] = {}
    names: dict[str, None] = {}
    for job, result in _attempts(run, selection):
        task = job.task(result.arn)
        containers = _containers(job, task, definitions)
        names.update(dict.fromkeys(each.name for each in containers))
        chosen = _chosen(containers, job, selection.containers)
        if not chosen and isinstance(selection.containers, str) and _is_unknown(task, definitions):
            chosen = (_Container(selection.containers, None),)
            names[selection.containers] = None
        if not containers:
            elsewhere[f"{job.name}: no log of it is recorded, and ECS no longer shows its task"] = None
        for each in chosen:
            found = _place(job, result, task, each, kept_output)
            if isinstance(found, str):
                elsewhere[found] = None
                continue
            several = selection.containers is True and len(containers) > 1
            streams.append(
                LogSource(job, result, each.name, found, job.place.target, task, shows_container=several)
            )
    if isinstance(selection.containers, str) and names and selection.containers not in names:
        known = ", ".join(names)
        raise UsageError(f"no task of the run has a container {selection.containers}; there are: {known}")
    return Sources(tuple(streams), tuple(elsewhere))


def needed_definitions(run: FoundRun, selection: Selection) -> tuple[tuple[Target, str], ...]:
    """Return the task definitions that have to be looked at for the streams, each with its account."""
    needed = {
        (job.place.target, task.definition): None
        for job, result in _attempts(run, selection)
        if (task := job.task(result.arn)) is not None and task.definition
        if selection.containers is not None or result.log is None
    }
    return tuple(needed)


def lacks_tasks(run: FoundRun, selection: Selection) -> bool:
    """Return whether a task was not looked at of which nothing else says where its output is."""
    return any(each.log is None and job.task(each.arn) is None for job, each in _attempts(run, selection))


def _attempts(run: FoundRun, selection: Selection) -> Iterator[tuple[FoundJob, TaskResult]]:
    for job in selection.jobs(run):
        for copy in filter(selection.takes, job.results):
            yield from ((job, each) for each in copy.attempts if each.arn is not None)


def _containers(job: FoundJob, task: Task | None, definitions: dict[str, Body]) -> tuple[_Container, ...]:
    """Return the containers of a task, the job's first, the others by name; of an unknown one the job's."""
    definition = definitions.get(task.definition) if task is not None else None
    bodies = {
        name: each
        for each in as_mappings(as_mapping(definition).get("containerDefinitions"))
        if (name := as_text(each.get("name")))
    }
    shown = [each.name for each in task.containers] if task is not None else []
    names = sorted({*bodies, *shown, *([job.container] if job.container else [])})
    return tuple(
        _Container(name, bodies.get(name)) for name in sorted(names, key=lambda each: each != job.container)
    )


def _is_unknown(task: Task | None, definitions: dict[str, Body]) -> bool:
    """Return whether a task may have had containers of which nothing is known any more."""
    return task is None or task.definition not in definitions


def _chosen(containers: tuple[_Container, ...], job: FoundJob, wanted: Containers) -> tuple[_Container, ...]:
    if wanted is True:
        return containers
    name = job.container if wanted is None else wanted
    return tuple(each for each in containers if each.name == name)


def _place(
    job: FoundJob,
    result: TaskResult,
    task: Task | None,
    container: _Container,
    kept_output: tuple[str, str] | None,
) -> LogPlace | str:
    """Return the stream of a container, or what is to be said of its output, which is elsewhere."""
    if container.name == job.container and result.log is not None:
        return result.log
    task_id = (result.arn or "").rpartition("/")[2]
    whose = f"{job.name}: the output of container {container.name}"
    logging = as_mapping(None if container.body is None else container.body.get("logConfiguration"))
    driver = as_text(logging.get("logDriver"))
    if driver == AWSLOGS:
        options = as_mapping(logging.get("options"))
        stream = _stream(options, container.name, task_id, task)
        group = as_text(options.get("awslogs-group"))
        if group is None or stream is None:
            return f"{whose} is in a log stream whose name is no longer known"
        region = as_text(options.get("awslogs-region")) or job.place.target.region
        return LogPlace(group, stream, region)
    if kept_output is not None:
        group, prefix = kept_output
        return LogPlace(group, f"{prefix}/{container.name}/{task_id}", job.place.target.region)
    if driver == FIRELENS:
        return f"{whose} is not in CloudWatch Logs: FireLens routes it to where its `options` say"
    if driver is not None:
        return f"{whose} is not in CloudWatch Logs: its log driver is {driver}"
    if container.body is None:
        return f"{whose} can no longer be found: neither its task definition nor its log stream is known"
    kept = f"; {KEEPING} would keep it" if container.name == job.container else ""
    return f"{whose} is not kept: it has no log configuration{kept}"


def _stream(options: Body, container: str, task_id: str, task: Task | None) -> str | None:
    """Return the stream of a container that logs through awslogs; None where its name is not known.

    Without a prefix, a stream has the id that the container has on its instance (ECS developer guide,
    awslogs-stream-prefix), which ECS shows as `runtimeId`.
    """
    prefix = as_text(options.get("awslogs-stream-prefix"))
    if prefix is not None:
        return f"{prefix}/{container}/{task_id}"
    containers = () if task is None else as_mappings(task.body.get("containers"))
    own = next((each for each in containers if each.get("name") == container), None)
    return None if own is None else as_text(own.get("runtimeId"))


def _is_called(job: str, wanted: str) -> bool:
    """Return whether a job has this name, or is one of the matrix of this plain name."""
    return job == wanted or (job.startswith(f"{wanted}[") and job.endswith("]"))
