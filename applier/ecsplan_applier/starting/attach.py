"""Attaching to tasks that exist under the run id, where RunTask does not simply repeat its answer."""

from collections.abc import Sequence
from typing import Final

from ecsplan_applier.aws.cluster_tasks import describe_tasks
from ecsplan_applier.aws.retry import CHANGING
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.forgotten import Forgotten
from ecsplan_applier.starting.inactive_revision import InactiveError
from ecsplan_applier.starting.other_requests import taken
from ecsplan_applier.starting.own_tasks import own_tasks
from ecsplan_applier.starting.polling import LISTED_WITHIN_S, poll_times
from ecsplan_applier.starting.reserved_slots import reserve_slots
from ecsplan_applier.starting.unclaimed import Unclaimed
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.run_id import started_by
from ecsplan_applier.tasks.verdicts import FORGOTTEN, Verdict

_VISIBLE_WITHIN_S: Final = 60.0
"""How long at least the tasks that a refused token names may take to be shown."""


class Attach:
    """Gives copies the tasks that an earlier apply of this run has started, or an earlier call of this apply.

    Args:
        context: The apply.
        existing: The tasks of this run that were there when it began.

    Attributes:
        existing: These tasks.
        unclaimed: Those that no copy has.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self.existing: Final = existing
        self.unclaimed: Final = Unclaimed(context, existing)

    async def outlived(self, job: JobRun) -> bool:
        """Attach to tasks that run for longer than ECS keeps tokens, which would start them again.

        Returns:
            Whether there are any; then nothing of the job is to be started.
        """
        # Where the ledger knows the job, it says of each copy when its task was asked for.
        found = await self.existing.outlived(job) if self._context.resumed and not job.has_begun else []
        old = [each for each in found if not self._context.is_claimed(each.arn)]
        for copy, task in _pairs(job, _lacking(job), old):
            copy.assign(self._context, task, attached=True)
        # Whatever is missing may have run and gone: starting it would run it twice.
        if old:
            job.give_up(FORGOTTEN)
        return bool(old)

    async def known(self, job: JobRun, copies: Sequence[Copy]) -> None:
        """Attach to what the run has started for copies of a job, as far as that is known without a call.

        What runs counts before anything more is started of a job of which not all may run at a time.

        Raises:
            ApplierError: The tasks cannot be looked for.
        """
        if not self._context.resumed or (job.array is None and job.slots is None):
            return
        # An index says which copy a task is, not of which job: of equal arrays, only the tokens show that.
        if job.array is not None and not self.existing.identifies(job):
            return
        tasks = {job.copy_of(each): each for each in await self.existing.of(job)}
        for copy in copies:
            task = tasks.get((copy.number, copy.attempt))
            if task is not None and not self._context.is_claimed(task.arn):
                copy.assign(self._context, task, attached=True)

    async def running(self, job: JobRun) -> None:
        """Attach to running tasks of a job of which nothing more is to be started.

        Raises:
            ApplierError: They cannot be looked for.
        """
        tasks = [each for each in await self.unclaimed.of(job) if not each.is_over]
        # After a signal whatever runs is stopped, and it does not matter as whose.
        if not self._context.cancelled.is_set():
            tasks = list(await own_tasks(self._context, self.existing, job, tasks))
        for copy, task in _pairs(job, _lacking(job), tasks):
            copy.assign(self._context, task, attached=True)

    async def conflicting(self, job: JobRun, error: AwsError) -> list[Task]:
        """Return the tasks that a token started with another request, if they do what the job asks for.

        ECS refuses a token whose request differs in anything; another revision that says the same, or other
        subnets of the same VPC, make no other job. Tasks that another machine has started a moment ago are
        waited for until ECS shows them.

        Raises:
            RunIdTakenError: They do something else, or ECS does not say which they are.
            AwsError: ECS did not show them.
        """
        names = list(error.resource_ids)
        max_wait_s = max(_VISIBLE_WITHIN_S, job.planned.watch.start_timeout_s) if names else LISTED_WITHIN_S
        async for _ in poll_times(self._context, max_wait_s):
            found = await self._named(job, names) if names else await self.unclaimed.unknown(job)
            # None is "not known yet": the revision of a task may show later than the task.
            same = [await self._is_same(job, each) for each in found]
            if False in same:
                raise taken(self._context, job, names or [each.arn for each in found]) from error
            # Fewer tasks than ECS names are not an answer: the missing ones would be started again.
            if found and len(found) >= len(names) and None not in same:
                return found
        if not names:
            raise taken(self._context, job, names) from error
        text = f"{error.text}; ECS does not show the tasks that it names: {', '.join(names)}"
        raise AwsError(error.operation, error.code, text, status=error.status) from error

    async def _named(self, job: JobRun, arns: list[str]) -> list[Task]:
        return await describe_tasks(self._context.caller, job.place, arns, CHANGING)

    async def _is_same(self, job: JobRun, task: Task) -> bool | None:
        mine = task.started_by == started_by(self._context.run_id)
        return await self.existing.compare(job, task) if mine else False

    async def later(self, job: JobRun, copy: Copy) -> Task | None:
        """Return the task of a further attempt of a copy that an earlier apply has started, or None."""
        for task in await self.existing.of(job):
            call = job.earlier.later_attempts.get(task.arn)
            if call is not None and (call.first, call.attempt) == (copy.number, copy.attempt):
                return task
        return None

    async def finished(self, job: JobRun, error: AwsError) -> None:
        """Attach to what an apply of this run has started with a revision that was deregistered afterwards.

        Another machine may have done so a moment ago: what it has started is waited for, for a short time.

        Raises:
            InactiveError: There is no such task.
        """
        free = _lacking(job)
        # Another revision is tried if there is nothing of the run, or if some of it is missing although the
        # revision was ACTIVE when this apply began. If it was INACTIVE then, the run is over: what it did not
        # start stays so.
        tasks = await self._finished_tasks(job, len(free))
        has_taken = len(free) < len(job.copies)
        if (not tasks and not has_taken) or (len(tasks) < len(free) and not job.inactive):
            raise InactiveError(error.operation, error.code, error.text, status=error.status) from error
        for copy, task in _pairs(job, free, tasks):
            copy.assign(self._context, task, attached=True)
        reason = "an earlier apply with this run id did not start it, and its revision is deregistered"
        job.give_up(Verdict(Outcome.NOT_STARTED, reason))

    async def _finished_tasks(self, job: JobRun, wanted: int) -> list[Task]:
        if job.inactive:
            return await self.unclaimed.of(job)
        tasks: list[Task] = []
        if not self._context.resumed:
            return tasks
        async for _ in poll_times(self._context, LISTED_WITHIN_S):
            tasks = await self.unclaimed.unknown(job)
            if len(tasks) >= wanted:
                break
        return tasks

    async def lost(self, job: JobRun, free: list[Copy], error: AwsError) -> None:
        """Attach to the tasks of calls whose answers never came, or cannot be read.

        Args:
            job: The job.
            free: Its copies that lack a task.
            error: The error of a lost call.

        Raises:
            AwsError: The lost one, where copies are still without a task, or the tasks cannot be looked for.
        """
        try:
            await self.existing.find_again(job)
            tasks = await self.unclaimed.of(job)
        except ApplierError as unseen:
            raise error from unseen
        pairs = _pairs(job, free, tasks)
        for copy, task in pairs:
            copy.assign(self._context, task, attached=self.unclaimed.existed(task))
        if len(pairs) < len(free):
            raise error

    def has_forgotten(self, job: JobRun, copies: Sequence[Copy]) -> bool:
        """Return whether any of these copies was asked for so long ago that its token may be forgotten."""
        return bool(Forgotten(self._context, self.existing).among(job, copies))

    async def forgotten(self, job: JobRun, copies: Sequence[Copy]) -> None:
        """Attach such copies to the tasks that ECS still shows of them, and give up the others.

        Raises:
            ApplierError: Tasks cannot be looked for.
        """
        lost = Forgotten(self._context, self.existing)
        await self.existing.find_again(job)
        await lost.settle(job, copies)
        lost.attach()

    async def reserve(self, job: JobRun) -> None:
        """Have all tasks that run count, before more is started of a job that may not run all at once.

        Raises:
            ApplierError: The tasks cannot be looked for.
        """
        if not self._context.resumed or job.slots is None:
            return
        # Where nothing says which copies these are, any will do.
        if job.array is None and self.existing.identifies(job):
            await self.running(job)
        await reserve_slots(self._context, self.existing, job, job.slots)


def _lacking(job: JobRun) -> list[Copy]:
    """Return the copies that have no task for the attempt they begin with and have not been given up."""
    return [copy for copy in job.copies if copy.lacks_task and not copy.follows]


def _pairs(job: JobRun, copies: Sequence[Copy], tasks: Sequence[Task]) -> list[tuple[Copy, Task]]:
    """Return which copies get which tasks: of an array each its own, of other jobs any."""
    if job.array is None:
        return list(zip(copies, tasks, strict=False))
    found = {job.copy_of(each): each for each in tasks}
    keys = ((copy, (copy.number, copy.attempt)) for copy in copies)
    return [(copy, found[key]) for copy, key in keys if key in found]
