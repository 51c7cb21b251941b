"""The tasks that exist under a run id: those that an earlier apply with the same id has started."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.observed import Revision
from ecsplan_applier.arns import family_of
from ecsplan_applier.aws.cluster_tasks import Place, TaskFilter, find_tasks
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.retry import READING, RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.tasks.array_member import array_member
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.run_id import TOKEN_KEPT_S, started_by
from ecsplan_applier.tasks.same_task import same_definition, same_run, shown_overrides

_MAX_PAGES: Final = 10
"""Pages of stopped tasks of a whole cluster that are looked through; a page has up to 100."""
_MARGIN_S: Final = 3600.0
"""A token this close to its end is not relied upon."""


class ExistingTasks:
    """The tasks under a run id, by place.

    Args:
        context: The apply.
        plan: All jobs of the plan, including those that are not carried out.
    """

    def __init__(self, context: ApplyContext, plan: Sequence[PlannedJob]) -> None:
        self._context = context
        self._plan = plan
        self._started_by = started_by(context.run_id)
        # By what they ask for: a plan may have thousands of jobs, and each is compared with all others.
        self._asking: dict[str, set[str]] = {}
        for each in plan:
            self._asking.setdefault(_asked(each), set()).add(each.name)
        self._running: dict[Place, list[Task]] = {}
        self._stopped: dict[tuple[Place, str], list[Task]] = {}
        self._before: set[str] = set()

    @property
    def running(self) -> dict[Place, list[Task]]:
        """The tasks that were running when they were last looked for, by place; a copy."""
        return dict(self._running)

    @property
    def families(self) -> set[str]:
        """The families of all jobs of the plan."""
        return {each.definition.family for each in self._plan}

    @property
    def names(self) -> set[str]:
        """The names of all jobs of the plan."""
        return {each.name for each in self._plan}

    def known(self) -> set[str]:
        """Return the ARNs of all tasks that have been found so far, running or stopped."""
        found = (*self._running.values(), *self._stopped.values())
        return {each.arn for tasks in found for each in tasks} | self._before

    def existed_before(self, arn: str) -> bool:
        """Return whether a task was running when the apply began."""
        return arn in self._before

    def identifies(self, job: JobRun) -> bool:
        """Return whether a task shows that it is this job's: no other job of the plan asks for the same."""
        return not self._asking.get(_asked(job.planned), set()) - {job.name}

    def note_decided(self, jobs: Iterable[JobRun]) -> None:
        """Note what jobs ask for whose open questions have been answered.

        What they asked for before still counts: jobs that are not carried out are not decided again.
        """
        for each in jobs:
            self._asking.setdefault(_asked(each.planned), set()).add(each.name)

    async def find(self, jobs: Iterable[JobRun]) -> None:
        """List the running tasks of this run in all places where these jobs run."""
        places = list(dict.fromkeys(job.place for job in jobs))
        found = await self._context.loop.gather(
            self._find(place, TaskFilter(started_by=self._started_by)) for place in places
        )
        self._running = {
            place: [each for each in tasks if not each.is_over]
            for place, tasks in zip(places, found, strict=True)
        }
        self._before.update(each.arn for tasks in found for each in tasks)

    async def find_again(self, job: JobRun) -> None:
        """Look again at what runs where a job runs, and have its stopped tasks looked for again."""
        self._running[job.place] = await self.running_now(job)
        self._stopped.pop((job.place, job.family), None)

    async def running_now(self, job: JobRun, policy: RetryPolicy = READING) -> list[Task]:
        """Return the tasks of this run that are running where a job runs, asked for now."""
        listed = await self._find(job.place, TaskFilter(started_by=self._started_by), policy)
        return [each for each in listed if not each.is_over]

    async def stopped_now(self, job: JobRun) -> list[Task]:
        """Return the stopped tasks of this run in the job's family, asked for now."""
        self._stopped.pop((job.place, job.family), None)
        return await self.find_stopped(job)

    async def stopped_anywhere(self, job: JobRun) -> list[Task]:
        """Return stopped tasks of this run in the job's cluster, whatever their family."""
        listed = await self._find(job.place, TaskFilter(desired_status="STOPPED"), max_pages=_MAX_PAGES)
        return [each for each in listed if each.started_by == self._started_by]

    async def find_stopped(self, job: JobRun) -> list[Task]:
        """Return the stopped tasks of this run in the job's family, among those that ECS still shows."""
        key = (job.place, job.family)
        if key not in self._stopped:
            # ListTasks refuses `startedBy` beside another filter, and without one it lists no stopped tasks:
            # so the family's are listed, and those of other runs dropped here.
            listed = await self._find(job.place, TaskFilter(family=job.family, desired_status="STOPPED"))
            self._stopped[key] = [each for each in listed if each.started_by == self._started_by]
        return self._stopped[key]

    async def of(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run, running or stopped, that do what the job asks for, oldest first."""
        return [each for each in await self._seen(job) if await self.is_of(job, each)]

    async def changed(self, job: JobRun) -> list[Task]:
        """Return the tasks of a job that were started with a definition which says something else.

        Nothing in a task names its job. One of a family that is named after the job counts as the job's own
        if it was asked for the same overrides and labels, and no other job of the plan has this family.
        """
        sharing = [each.name for each in self._plan if each.definition.family == job.family]
        if job.family != job.name or sharing != [job.name]:
            return []
        return [each for each in await self._seen(job) if await self._is_changed(job, each)]

    async def unlike(self, job: JobRun) -> list[Task]:
        """Return running tasks of this run in a job's family that do something else than the job asks for.

        There are none where another job of the plan has this family, as they may be that one's.
        """
        if [each.name for each in self._plan if each.definition.family == job.family] != [job.name]:
            return []
        tasks = [
            each for each in self._running.get(job.place, []) if family_of(each.definition) == job.family
        ]
        return [each for each in tasks if await self.compare(job, each) is False]

    async def _is_changed(self, job: JobRun, task: Task) -> bool:
        if family_of(task.definition) != job.family or not _does_the_same(job, task):
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
        return await self._is_defined_like(job, task) if _does_the_same(job, task) else False

    async def _is_defined_like(self, job: JobRun, task: Task) -> bool | None:
        """Return whether a task's revision says what a job's definition says; None as in `compare`."""
        if task.definition == job.revision:
            return True
        revision = await self.revision(job.target, task.definition)
        return None if revision is None else same_definition(job.planned.definition.request, revision)

    async def revision(self, target: Target, arn: str) -> Revision | None:
        """Return a revision, ACTIVE or not; asked for once, unless it is not visible yet."""
        if not arn:
            return None
        found = await self._context.observation.revisions.described_once(target, arn)
        if found is None:
            self._context.observation.revisions.forget_unknown(target, arn)
        return found

    async def of_other_array(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run that are of an array like the job's, but for its number of copies.

        Those of another array of the plan are none of them.
        """
        found = []
        for task in await self._seen(job):
            member = array_member(task, job.planned.watch.container)
            if member is None or _asked(job.planned, array=member.count) in self._asking:
                continue
            asked = same_run(job.request_of(member.copy, member.count).opened(), task)
            if asked and await self._is_defined_like(job, task):
                found.append(task)
        return found

    async def outlived(self, job: JobRun) -> list[Task]:
        """Return running tasks of the job that are too old for ECS to still know their tokens."""
        limit = self._context.caller.clock.now(job.target) - TOKEN_KEPT_S + _MARGIN_S
        old = [
            each
            for each in self._running.get(job.place, [])
            if each.times.created is not None and each.times.created < limit
        ]
        return [each for each in old if await self.is_of(job, each)]

    async def _seen(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run where a job runs, and the stopped ones of its family, oldest first."""
        tasks = {each.arn: each for each in self._running.get(job.place, [])}
        for each in await self.find_stopped(job):
            tasks.setdefault(each.arn, each)
        return sorted(tasks.values(), key=lambda each: (each.times.created or 0.0, each.arn))

    async def _find(
        self,
        place: Place,
        wanted: TaskFilter,
        policy: RetryPolicy = READING,
        max_pages: int | None = None,
    ) -> list[Task]:
        # Tasks that a copy of this apply has are watched anyway. Describing hundreds of them again would hold
        # up whoever looks for the one that nobody knows of.
        return await find_tasks(
            self._context.caller,
            place,
            wanted,
            policy,
            cancel=self._context.aborted,
            max_pages=max_pages,
            skip=self._context.is_claimed,
        )


def _asked(planned: PlannedJob, array: int | None = None) -> str:
    """Return what a job's tasks show of it, as text that is equal where they show the same.

    Args:
        planned: The job.
        array: Another number of copies of an array than its own.
    """
    overrides = shown_overrides(planned.run_request)
    shown = [planned.definition.fingerprint, array or planned.policy.array, overrides]
    return json.dumps(shown, sort_keys=True, default=str)


def _does_the_same(job: JobRun, task: Task) -> bool:
    """Return whether a task was asked for with what a job asks for, of an array for one of its copies."""
    if job.array is None:
        return same_run(job.run_request.opened(), task)
    copy = job.copy_of(task)
    return copy is not None and same_run(job.request_of(copy).opened(), task)
