"""The tasks that exist under a run id: what an earlier apply with the same id has left."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.observed import Revision
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.observer import family_of
from ecsplan_applier.aws.operations import DESCRIBE_TASKS, LIST_TASKS
from ecsplan_applier.aws.pages import all_pages
from ecsplan_applier.aws.retry import READING, Patience
from ecsplan_applier.context import Scene
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.scheduling.scheduler import Flag
from ecsplan_applier.tasks.copies import JobRun
from ecsplan_applier.tasks.run_id import TOKEN_KEPT_S, started_by
from ecsplan_applier.tasks.same_task import same_definition, same_run

MAX_DESCRIBED: Final = 100
"""Tasks of one DescribeTasks call (botocore ecs model)."""

MAX_PAGES: Final = 10
"""Pages of stopped tasks of a whole cluster that are looked through; a page has up to 100."""
_MARGIN_S: Final = 3600.0
"""A token this close to its end is not relied upon."""

Place = tuple[Target, str | None]


def place_of(job: JobRun) -> Place:
    """Return where a job's tasks are listed: its account and region, and its cluster."""
    return job.target, job.cluster


@dataclass(slots=True)
class Traces:
    """The tasks under a run id, by place.

    Args:
        scene: The apply.
        plan: All jobs of the plan, those that are left out included.
        running: Those that were running when it began, or when somebody looked again.
        before: ARNs of the tasks that were there when it began.
        stopped: Those of a family that have stopped, where somebody asked.
    """

    scene: Scene
    plan: Sequence[PlannedJob]
    running: dict[Place, list[Task]] = field(default_factory=dict)
    stopped: dict[tuple[Place, str], list[Task]] = field(default_factory=dict)
    before: set[str] = field(default_factory=set)

    def tell(self, job: JobRun) -> bool:
        """Return whether a task tells that it is of this job: no other job of the plan asks for the same."""
        own = job.planned
        return not any(
            each.name != own.name
            and each.definition.fingerprint == own.definition.fingerprint
            and each.run_request.get("overrides") == own.run_request.get("overrides")
            for each in self.plan
        )

    @property
    def families(self) -> set[str]:
        """The families of all jobs of the plan."""
        return {each.definition.family for each in self.plan}

    async def find(self, jobs: Iterable[JobRun]) -> None:
        """List the running tasks of this run where these jobs run.

        `startedBy` must be the only filter of ListTasks (botocore ecs model): no stopped tasks come up here.
        """
        by_place = {place_of(job): job for job in jobs}
        found = await self.scene.loop.gather(
            self._list(job, {"startedBy": started_by(self.scene.run_id)}) for job in by_place.values()
        )
        self.running = {
            place: [each for each in tasks if not each.is_over]
            for place, tasks in zip(by_place, found, strict=True)
        }
        self.before.update(each.arn for tasks in found for each in tasks)

    async def find_again(self, job: JobRun) -> None:
        """Look again at what runs where a job runs, and at what has stopped."""
        self.running[place_of(job)] = await self.running_now(job)
        self.stopped.pop((place_of(job), job.family), None)

    async def running_now(self, job: JobRun, patience: Patience = READING) -> list[Task]:
        """Return the tasks of this run that are running where a job runs, asked for now."""
        filters = {"startedBy": started_by(self.scene.run_id)}
        listed = await list_tasks(self.scene, job, filters, patience, give_up=self.scene.leave)
        return [each for each in listed if not each.is_over]

    async def stopped_now(self, job: JobRun) -> list[Task]:
        """Return the stopped tasks of this run in the job's family, asked for now."""
        self.stopped.pop((place_of(job), job.family), None)
        return await self.find_stopped(job)

    async def stopped_anywhere(self, job: JobRun) -> list[Task]:
        """Return stopped tasks of this run in the job's cluster, whatever their family."""
        listed = await list_tasks(
            self.scene, job, {"desiredStatus": "STOPPED"}, most_pages=MAX_PAGES, give_up=self.scene.leave
        )
        mine = started_by(self.scene.run_id)
        return [each for each in listed if each.started_by == mine]

    async def find_stopped(self, job: JobRun) -> list[Task]:
        """Return the stopped tasks of this run in the job's family, among those that ECS still shows."""
        key = (place_of(job), job.family)
        if key not in self.stopped:
            listed = await self._list(job, {"family": job.family, "desiredStatus": "STOPPED"})
            mine = started_by(self.scene.run_id)
            self.stopped[key] = [each for each in listed if each.started_by == mine]
        return self.stopped[key]

    async def of(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run, running or stopped, that do what the job asks for, oldest first."""
        return [each for each in await self._seen(job) if await self.is_of(job, each)]

    async def changed(self, job: JobRun) -> list[Task]:
        """Return the tasks of a job that were started with a definition which says something else.

        No task tells of which job it is. One of a family that is named after the job is taken for the job's
        own, if it was asked for the same overrides and labels and no other job of the plan has this family.
        """
        sharing = [each.name for each in self.plan if each.definition.family == job.family]
        if job.family != job.name or sharing != [job.name]:
            return []
        return [each for each in await self._seen(job) if await self._is_changed(job, each)]

    async def _is_changed(self, job: JobRun, task: Task) -> bool:
        if family_of(task.definition) != job.family or not same_run(job.planned.run_request, task):
            return False
        revision = await self.revision(job.target, task.definition)
        return revision is not None and not same_definition(job.planned.definition.request, revision)

    async def is_of(self, job: JobRun, task: Task) -> bool:
        """Return whether a task is known to do what a job asks for."""
        return await self.compare(job, task) is True

    async def compare(self, job: JobRun, task: Task) -> bool | None:
        """Return whether a task does what a job asks for: its revision and its request say the same.

        None where that cannot be said yet: ECS does not show its revision.
        """
        if not same_run(job.planned.run_request, task):
            return False
        if task.definition == job.revision:
            return True
        revision = await self.revision(job.target, task.definition)
        return None if revision is None else same_definition(job.planned.definition.request, revision)

    async def revision(self, target: Target, arn: str) -> Revision | None:
        """Return a revision, ACTIVE or not; asked for once, unless it is not visible yet."""
        if not arn:
            return None
        found = await self.scene.observation.described_once(target, arn)
        if found is None:
            self.scene.observation.forget_unknown(target, arn)
        return found

    async def outlived(self, job: JobRun) -> list[Task]:
        """Return running tasks of the job that are too old for their tokens to be known still."""
        limit = self.scene.caller.clock.now(job.target) - TOKEN_KEPT_S + _MARGIN_S
        old = [
            each
            for each in self.running.get(place_of(job), [])
            if each.times.created is not None and each.times.created < limit
        ]
        return [each for each in old if await self.is_of(job, each)]

    async def _seen(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run where a job runs, and the stopped ones of its family, oldest first."""
        tasks = {each.arn: each for each in self.running.get(place_of(job), [])}
        for each in await self.find_stopped(job):
            tasks.setdefault(each.arn, each)
        return sorted(tasks.values(), key=lambda each: (each.times.created or 0.0, each.arn))

    async def _list(self, job: JobRun, filters: dict[str, str]) -> list[Task]:
        return await list_tasks(self.scene, job, filters, give_up=self.scene.leave)


async def list_tasks(
    scene: Scene,
    job: JobRun,
    filters: dict[str, str],
    patience: Patience = READING,
    *,
    give_up: Flag,
    most_pages: int | None = None,
) -> list[Task]:
    """Return the tasks of a job's cluster that these filters of ListTasks let through, if there is one.

    Those that a copy of this apply has are left out: they are watched, and must not hold up a look.
    """
    about = ", ".join(f"{name} {value}" for name, value in filters.items())
    try:
        pages = await all_pages(
            scene.caller,
            job.target,
            LIST_TASKS,
            job.with_cluster(dict(filters)),
            patience,
            about=about,
            give_up=give_up,
            enough=lambda pages: len(pages) == most_pages,
        )
    except AwsError as error:
        if error.code == "ClusterNotFoundException":
            return []
        raise
    arns = [arn for page in pages for arn in members(page, "taskArns", str, LIST_TASKS.name)]
    return await describe_tasks(scene, job, [each for each in arns if each not in scene.claimed], patience)


async def describe_tasks(
    scene: Scene, job: JobRun, arns: list[str], patience: Patience = READING
) -> list[Task]:
    """Return the tasks that are still visible of those named, in the order named, with their tags."""
    chunks = [arns[index : index + MAX_DESCRIBED] for index in range(0, len(arns), MAX_DESCRIBED)]
    found: dict[str, Task] = {}
    for chunk in chunks:
        request = job.with_cluster({"tasks": chunk, "include": ["TAGS"]})
        answer = await scene.caller.call(job.target, DESCRIBE_TASKS, request, patience)
        for raw in members(answer, "tasks", dict, DESCRIBE_TASKS.name):
            task = read_task(raw)
            if task is not None:
                found[task.arn] = task
    return [found[arn] for arn in arns if arn in found]
