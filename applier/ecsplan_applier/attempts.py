"""Further attempts of copies: another task, some time after an end that is tried again."""

import math
from collections.abc import Iterator
from typing import Final

from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.run_records import RunRecords
from ecsplan_applier.outcomes.errors import ApplierError, OtherRunError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.scheduling.locking import Lock
from ecsplan_applier.start_job import verdict_of
from ecsplan_applier.starting.attach import Attach
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.inactive_revision import InactiveError
from ecsplan_applier.starting.launch import Launch
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun, copies_of
from ecsplan_applier.tasks.retries import BETWEEN_ATTEMPTS, Situation, is_retried
from ecsplan_applier.tasks.verdicts import Verdict

_NOT_LISTED: Final = "not tried again, as whether the run has started further tasks cannot be checked: {}"
_DEREGISTERED: Final = "{} was deregistered before attempt {}; to run the job again, apply with a new run id"
_INTERRUPTED: Final = "interrupted before attempt {}; the one before it: {}"


class Attempts:
    """Gives copies further attempts.

    Args:
        context: The apply.
        existing: The tasks under its run id.
        records: What it records in the ledger.
        detach: Whether the apply ends when its tasks run, so that nothing is tried again after that.
    """

    def __init__(
        self, context: ApplyContext, existing: ExistingTasks, records: RunRecords, *, detach: bool
    ) -> None:
        self._context = context
        self._records = records
        self._detach = detach
        self._looks = _Looks(context, existing)
        self._existing = existing
        self._attaches: dict[str, Attach] = {}

    async def next(self, copy: Copy, job: JobRun) -> Copy | None:
        """Return the next attempt of a copy of a job, which has its task, or the reason why it has none.

        Returns:
            None if the one that is over was the last.
        """
        context = self._context
        if self.is_last(copy, job):
            return None
        before, pause_s = copy.judged(), self._pause_s(copy, job)
        if not context.cancelled.is_set():
            copy.report_attempt(context, pause_s)
        following = job.begin_attempt(copy, context.now())
        # Before the pause, in which nothing of the job may be running: other runs are kept away meanwhile.
        await self._claim(following, job, before)
        if following.lacks_task:
            await context.loop.sleep(pause_s, context.cancelled)
        if following.lacks_task and not context.cancelled.is_set():
            await self._start(following, job, before)
        # Whatever ended the start early, the copy has a verdict then.
        if following.lacks_task:
            said = _INTERRUPTED.format(following.attempt, before.reason or before.outcome)
            following.give_up(Verdict(Outcome.INTERRUPTED, said, before.explanation))
        return following

    def _pause_s(self, copy: Copy, job: JobRun) -> float:
        """Return how long to wait before the next attempt of a copy; not at all if it has its task.

        The pause begins when the task has stopped: the time in which its log was read is part of it.
        """
        if job.earlier.has_later_attempt(copy.number, copy.attempt + 1):
            return 0.0
        drawn_s = self._context.caller.pause(BETWEEN_ATTEMPTS, copy.attempt)
        if copy.task is None:
            return drawn_s
        return max(0.0, drawn_s - (self._context.now() - copy.changed_at))

    def is_last(self, copy: Copy, job: JobRun) -> bool:
        """Return whether a copy of a job, which is over, gets no further attempt."""
        situation = Situation(copy.attempt, detached=self._detach)
        # A task that exists although nobody asked for it is nobody's attempt.
        extra = copy.number > copies_of(job.planned)
        return extra or not is_retried(copy.end(), job.planned.policy.retry, situation)

    async def _claim(self, copy: Copy, job: JobRun, before: Verdict) -> None:
        """Make sure that a copy may be tried again, as other runs may have claimed the job's family.

        Args:
            copy: A further attempt of a copy.
            job: Its job.
            before: The verdict on the attempt before it, which stays that of the copy if it may not.
        """
        context = self._context
        if context.cancelled.is_set() or job.earlier.has_later_attempt(copy.number, copy.attempt):
            return
        try:
            await job.may_ask([(copy.number, copy.attempt)])
        except ApplierError as error:
            self._keep_verdict(copy, before, error)

    def _keep_verdict(self, copy: Copy, before: Verdict, error: ApplierError) -> None:
        """Leave a copy with the verdict on the attempt before it, as another run has begun meanwhile."""
        reason = str(error).removeprefix(f"{copy.job.name}: ")
        self._context.warn(copy.label, f"not tried again: {reason}")
        copy.give_up(before)

    async def _start(self, copy: Copy, job: JobRun, before: Verdict) -> None:
        """Give a copy its task, one that the run has started unnoticed or a new one, or the reason why not.

        Args:
            copy: A further attempt of a copy.
            job: Its job.
            before: The verdict on the attempt before it.
        """
        context, attach = self._context, self._attach(job)
        try:
            # A RunTask answer with `failures` is no proof that nothing was started: what the run has started
            # unnoticed is this copy's attempt, not one beside it.
            await self._adopt(copy, job, attach)
        except ApplierError as error:
            context.warn(copy.label, _NOT_LISTED.format(error))
            copy.give_up(before)
        if copy.lacks_task and not context.cancelled.is_set():
            try:
                record = self._records.of(job)
                await Launch(context, job, attach, record, attempt=copy.attempt, only=[copy]).start()
            except InactiveError:
                reason = _DEREGISTERED.format(job.revision, copy.attempt)
                copy.give_up(Verdict(Outcome.NOT_STARTED, reason, before.explanation))
            except OtherRunError as error:
                self._keep_verdict(copy, before, error)
            except ApplierError as error:
                copy.give_up(verdict_of(job, error))

    async def _adopt(self, copy: Copy, job: JobRun, attach: Attach) -> None:
        """Give a copy a task that the run has started and that no copy has, if there is one.

        Raises:
            ApplierError: The tasks of the run cannot be listed.
        """
        loop, cancelled = self._context.loop, self._context.cancelled
        looking = loop.create_task(self._looks.running(job, copy.since))
        # After a signal nobody needs the list, and it may be retried for a minute.
        await loop.wait(looking.done, cancelled)
        if cancelled.is_set():
            return
        running = looking.result()
        if await attach.unclaimed.strays(job, copy, running):
            await self._take_stray(copy, job, attach, running)

    async def _take_stray(self, copy: Copy, job: JobRun, attach: Attach, running: list[Task]) -> None:
        """Give a copy one of the listed tasks that no copy has once all calls under way are answered."""
        lock = self._context.launch_lock(job.target, job.place.cluster, job.family)
        await lock.acquire_exclusive()
        try:
            # No call is under way: a copy that may still have asked for a task is one whose answer was lost,
            # and the unknown task may be its own.
            if any(each.may_run_unseen for each in job.copies):
                return
            strays = await attach.unclaimed.strays(job, copy, running)
            # What another apply of the run has asked for, the token of that attempt names.
            asked = await attach.unclaimed.further(job, self._under_way(job)) if strays else {}
            if (copy.number, copy.attempt) in asked.values():
                return
            for task in [each for each in strays if each.arn not in asked][:1]:
                copy.assign(self._context, task, attached=attach.unclaimed.existed(task))
        finally:
            lock.release_exclusive()

    def _under_way(self, job: JobRun) -> Iterator[CopyId]:
        """Yield the further attempts of a job that any apply of the run may be starting now."""
        for each in job.copies:
            if each.lacks_task and each.attempt > 1:
                yield each.number, each.attempt
            elif each.over.is_set() and not self.is_last(each, job):
                yield each.number, each.attempt + 1

    def _attach(self, job: JobRun) -> Attach:
        if job.name not in self._attaches:
            self._attaches[job.name] = Attach(self._context, self._existing)
        return self._attaches[job.name]


class _Looks:
    """Lists the running tasks of the run, once for all copies whose attempts had ended before.

    Args:
        context: The apply.
        existing: The tasks under its run id.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._locks: dict[Place, Lock] = {}
        self._last: dict[Place, tuple[float, list[Task] | ApplierError]] = {}

    async def running(self, job: JobRun, since: float) -> list[Task]:
        """Return the run's tasks that run where a job runs, by a list that was begun at `since` or later.

        Raises:
            ApplierError: They cannot be listed.
        """
        # One list at a time: those who wait for their turn find the list that was made meanwhile, or that it
        # could not be made, which may have taken a minute.
        async with self._locks.setdefault(job.place, Lock(self._context.loop)):
            began, found = self._last.get(job.place, (-math.inf, []))
            if began < since and not self._context.cancelled.is_set():
                found = await self._listed(job)
        if isinstance(found, ApplierError):
            raise found
        return found

    async def _listed(self, job: JobRun) -> list[Task] | ApplierError:
        began = self._context.now()
        try:
            found: list[Task] | ApplierError = await self._existing.running_now(job)
        except ApplierError as error:
            found = error
        self._last[job.place] = began, found
        return found
