"""The tasks of a run that no copy has, and which of them a copy may take."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.starting.counts import Counts
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun


class Unclaimed:
    """Finds tasks that an earlier apply of this run has started, or an earlier call of this apply.

    Args:
        context: The apply.
        existing: The tasks of this run that were there when it began.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._known = existing.known()

    def existed(self, task: Task) -> bool:
        """Return whether a task was there before the call that returned it.

        Its ARN tells, and that of a resumed run's task which has run already; never its age, as the clocks of
        this machine and of AWS differ.
        """
        return task.arn in self._known or (self._context.resumed and task.has_run)

    async def of(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run that do what the job asks for and that no copy has.

        Another job of the plan may ask for the very same. Tasks of further attempts belong to their copies.
        """
        return [each for each in await self._existing.of(job) if is_free(self._context, job, each)]

    async def unknown(self, job: JobRun, *, attempt: int = 1) -> list[Task]:
        """Return the tasks of this run that do what the job asks for and that no copy has, listed now.

        Args:
            job: The job.
            attempt: Which attempt they are looked for.
        """
        await self._existing.find_again(job)
        tasks = await self.of(job)
        return [each for each in tasks if not self._may_be_of_others(job, each, attempt)]

    def _may_be_of_others(self, job: JobRun, task: Task, attempt: int) -> bool:
        """Return whether a task that was there before may belong to another copy, or another job.

        Where another job of the plan asks for the same, it may be that job's. In an apply that is resumed, it
        may be one that the first calls for other copies, which are still to be made, will name.
        """
        if task.arn not in self._known:
            return False
        early = attempt > 1 and self._context.resumed and not job.all_asked
        return early or not self._existing.identifies(job)

    async def strays(self, job: JobRun, copy: Copy, running: Sequence[Task]) -> list[Task]:
        """Return those of the run's tasks, listed a moment ago, that no copy has and that this one may take.

        They are looked for before a further attempt. Where ECS has said that tasks lack, those that have
        stopped are looked at, too. Where it has not, a task that came into being since the apply began is
        that of another apply of the run, whose token says which attempt it is.
        """
        tasks = [*running, *(await self._existing.stopped_now(job) if job.fell_short else ())]
        if self._context.resumed and not job.fell_short:
            tasks = [each for each in tasks if self._existing.existed_before(each.arn)]
        wanted = {(copy.number, copy.attempt)}
        free = {each.arn: each for each in tasks if is_free(self._context, job, each)}
        mine = [each for each in free.values() if await self._existing.is_of(job, each)]
        return [
            each
            for each in mine
            if not self._may_be_of_others(job, each, 2) and self.may_be(job, wanted, each)
        ]

    async def further(self, job: JobRun, attempts: Iterable[CopyId]) -> Mapping[str, CopyId]:
        """Return those of some further attempts that an apply of the run has asked for, by their tasks' ARNs.

        Raises:
            ApplierError: ECS could not be asked.
        """
        return await Counts(self._context, job).further(attempts) if self._context.resumed else {}

    def may_be(self, job: JobRun, wanted: Collection[CopyId], task: Task) -> bool:
        """Return whether a task that no copy has may be one of these attempts of copies of a job."""
        known = job.copy_of(task)
        return known in wanted or (known is None and job.array is None)

    async def in_order(self, job: JobRun, tasks: Sequence[Task], copies: range) -> list[Task]:
        """Return tasks of a job that no copy has in the order of these copies, which have none.

        In a run that is resumed, tokens say which copies most are. Copies that changed places would be tried
        again with each other's tokens. Where some of these tasks are not shown, there are none to be taken:
        the call that has started them is made again, and names them.

        Raises:
            ApplierError: ECS could not be asked.
        """
        if not tasks or not self._context.resumed or job.array is not None:
            return list(tasks)
        if not job.earlier.knows_tasks:
            job.earlier.expect_tasks(
                (await Counts(self._context, job).progress(await self._existing.of(job))).known
            )
        named = {job.copy_of(each): each for each in tasks}
        expected = [number for number in copies if job.earlier.expects(number)]
        placed = [named[number, 1] for number in expected if (number, 1) in named]
        # A call starts tasks for the first copies that lack one: without gaps, from the first copy on.
        if len(placed) < len(expected) or expected != list(copies[: len(expected)]):
            return []
        return placed + [each for each in tasks if job.copy_of(each) is None]


def is_free(context: ApplyContext, job: JobRun, task: Task) -> bool:
    """Return whether no copy has a task, and none is going to take it as one of its further attempts."""
    return not context.is_claimed(task.arn) and task.arn not in job.earlier.later_attempts
