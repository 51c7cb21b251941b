"""Further attempts of copies: another task, some time after an end that is tried again."""

from typing import Final

from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.scheduling import scheduler
from ecsplan_applier.scheduling.locking import Lock
from ecsplan_applier.start_job import verdict_of
from ecsplan_applier.tasks.attach import Attach
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun, copies_of
from ecsplan_applier.tasks.launch import Launch
from ecsplan_applier.tasks.retries import BETWEEN_ATTEMPTS, Situation, is_retried
from ecsplan_applier.tasks.verdicts import Verdict

_INTERRUPTED: Final = "interrupted before attempt {}; the one before it: {}"


class Attempts:
    """Gives copies further attempts.

    Args:
        context: The apply.
        existing: The tasks under its run id.
        detach: Whether the apply ends when its tasks run, so that nothing is tried again after that.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks, *, detach: bool) -> None:
        self._context = context
        self._detach = detach
        self._looks = _Looks(context, existing)
        self._existing = existing
        self._attaches: dict[str, Attach] = {}

    async def next(self, copy: Copy, job: JobRun) -> Copy | None:
        """Return the next attempt of a copy of a job, which has its task, or the reason why it has none.

        Returns:
            None if the one that is over was the last.
        """
        context, situation = self._context, Situation(copy.attempt, detached=self._detach)
        # A task that exists although nobody asked for it is nobody's attempt.
        extra = copy.number > copies_of(job.planned)
        if extra or not is_retried(copy.end(), job.planned.policy.retry, situation):
            return None
        if not context.cancelled.is_set():
            pause_s = context.caller.pause(BETWEEN_ATTEMPTS, copy.attempt)
            copy.report_attempt(context, pause_s)
            following = job.begin_attempt(copy, context.now())
            await context.loop.sleep(pause_s, context.cancelled)
            try:
                await self._start(following, job)
            except ApplierError as error:
                following.give_up(verdict_of(job, error))
        else:
            following = job.begin_attempt(copy, context.now())
        # Whatever ended the start early, the copy has a verdict then.
        if following.lacks_task:
            before = copy.judged()
            said = _INTERRUPTED.format(following.attempt, before.reason or before.outcome)
            following.give_up(Verdict(Outcome.INTERRUPTED, said, before.explanation))
        return following

    async def _start(self, copy: Copy, job: JobRun) -> None:
        """Give a copy its task: one that the run has started unnoticed, else a new one.

        Raises:
            ApplierError: AWS refused, or the tasks of the run cannot be listed.
        """
        context, attach = self._context, self._attach(job)
        if context.cancelled.is_set():
            return
        # A RunTask answer with `failures` is no proof that nothing was started: what the run has started
        # unnoticed is this copy's attempt, not one beside it.
        running = await self._looks.running(job)
        if await attach.strays(job, running):
            await self._adopt(copy, job, attach, running)
        if copy.lacks_task and not context.cancelled.is_set():
            await Launch(context, job, attach, attempt=copy.attempt, only=[copy]).start()

    async def _adopt(self, copy: Copy, job: JobRun, attach: Attach, running: list[Task]) -> None:
        """Give a copy one of the listed tasks that no copy has once all calls under way are answered."""
        lock = self._context.launch_lock(job.target, job.place.cluster, job.family)
        await lock.acquire_exclusive()
        try:
            for task in (await attach.strays(job, running))[:1]:
                copy.assign(self._context, task, attached=attach.existed(task))
        finally:
            lock.release_exclusive()

    def _attach(self, job: JobRun) -> Attach:
        if job.name not in self._attaches:
            self._attaches[job.name] = Attach(self._context, self._existing)
        return self._attaches[job.name]


class _Looks:
    """Lists the running tasks of the run, once for all who ask while another list is being made.

    Args:
        context: The apply.
        existing: The tasks under its run id.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._locks: dict[Place, Lock] = {}
        self._coming: dict[Place, scheduler.Task[list[Task]]] = {}

    async def running(self, job: JobRun) -> list[Task]:
        """Return the run's tasks that are running where a job runs, by a list that is made from now on.

        Raises:
            ApplierError: They cannot be listed.
        """
        look = self._coming.get(job.place)
        if look is None:
            look = self._coming[job.place] = self._context.loop.create_task(self._look(job))
        await self._context.loop.wait(look.done)
        return look.result()

    async def _look(self, job: JobRun) -> list[Task]:
        async with self._locks.setdefault(job.place, Lock(self._context.loop)):
            # Who comes from here on needs a list of their own: this one may miss what they look for.
            del self._coming[job.place]
            return await self._existing.running_now(job)
