"""Following one copy of a job: the states and the log of each attempt, and what is reported in the end."""

from ecsplan.plan.plan import Logs
from ecsplan_applier.attempts import Attempts
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.run_records import RunRecords
from ecsplan_applier.logs.read_queue import ReadQueues
from ecsplan_applier.logs.reader import Reader
from ecsplan_applier.outcomes import own_stop_reasons
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.scheduling.scheduler import Task
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.stop import send_stops
from ecsplan_applier.tasks.watch import Watchers


class Follower:
    """Follows the copies of an apply.

    Args:
        context: The apply.
        attempts: Gives copies further attempts.
        records: What it records in the ledger.
        detach: Whether to leave tasks alone once they run.
        kept_output: Log group and stream prefix under which the endpoint keeps what is logged nowhere else,
            or None.
    """

    def __init__(
        self,
        context: ApplyContext,
        attempts: Attempts,
        records: RunRecords,
        *,
        detach: bool,
        kept_output: tuple[str, str] | None = None,
    ) -> None:
        self._attempts = attempts
        self._records = records
        self._kept_output = kept_output
        self._context = context
        self._detach = detach
        self._watchers = Watchers(context)
        self._queues = ReadQueues(context)

    async def follow(self, copy: Copy, job: JobRun) -> None:
        """Watch a copy of a job through all its attempts, and print their logs, until the last is quiet.

        A further attempt does not wait for the log of the one before it, which may say nothing for a while:
        only its own log does.
        """
        context = self._context
        reading: Task[None] | None = None
        while True:
            reading = await self._follow_attempt(copy, reading)
            # After a second signal nothing is awaited, so that a copy may not be over: the summary has it
            # then.
            if context.aborted.is_set():
                return
            following = await self._attempts.next(copy, job)
            if following is None:
                break
            copy = following
        # Before its log is quiet, which may take a while.
        self._records.of(job).over(copy)
        if reading is not None and not await self._is_read(reading):
            return
        warning = copy.judged().warning
        if warning is not None:
            context.warn(copy.label, warning)
        copy.report(context)

    async def _follow_attempt(self, copy: Copy, before: Task[None] | None) -> Task[None] | None:
        """Watch one attempt until it is over; return what prints its log, after that of the one before it."""
        context, reading = self._context, before
        await context.loop.wait(copy.settled, context.aborted)
        if copy.task is not None:
            self._watchers.add(copy)
            # The signal came before the task: whoever stops the tasks that there were did not see this one.
            if context.cancelled.is_set() and copy.request_stop(Outcome.INTERRUPTED, context.now()):
                stopping = send_stops(context, copy, own_stop_reasons.INTERRUPTED)
                context.loop.create_task(stopping, background=True)
            if self._detach:
                await context.loop.wait(copy.begun, context.aborted)
                self._leave_running(copy)
            else:
                reading = context.loop.create_task(self._read_log(copy, before))
            await context.loop.wait(copy.over, context.aborted)
        return reading

    async def _is_read(self, reading: Task[None]) -> bool:
        """Wait until a log is quiet; return False where nothing is awaited any more."""
        await self._context.loop.wait(reading.done, self._context.aborted)
        if reading.done.is_set():
            reading.result()
        return reading.done.is_set()

    def wake(self) -> None:
        """Look again at when which task is due."""
        self._watchers.wake()

    def close(self) -> None:
        """Expect no more copies."""
        self._watchers.close()

    async def _read_log(self, copy: Copy, before: Task[None] | None) -> None:
        if before is not None and not await self._is_read(before):
            return
        logs = self._logs_to_show(copy)
        if logs is not None:
            await Reader(self._context, copy, copy.log_place(logs), self._queues).follow()
            return
        if not copy.job.planned.watch.stream_output:
            return
        reason = "the container does not log to CloudWatch under a stream prefix"
        self._context.warn_once(
            copy.job.name, f"the log cannot be shown: {reason}", key=f"log of {copy.job.name}"
        )

    def _logs_to_show(self, copy: Copy) -> Logs | None:
        """Return where the output of a copy is to be read, or None where it is not to be shown."""
        watch = copy.job.planned.watch
        if self._kept_output is None:
            return watch.logs if watch.stream_output else None
        group, prefix = self._kept_output
        return watch.logs or Logs(group, prefix, copy.job.target.region)

    def _leave_running(self, copy: Copy) -> None:
        """Detach from a copy that runs or ran; one that did not start, or that an apply stopped, is over."""
        task = copy.task
        # A task that an apply stopped is over although it ran: left "running", its exit code would be lost.
        ran = (
            task is not None
            and task.has_run
            and copy.stopping is None
            and not own_stop_reasons.own_stop(task)
        )
        interrupted = copy.judged().outcome is Outcome.INTERRUPTED_BY_AWS
        if ran and not interrupted and not self._context.cancelled.is_set():
            copy.detach()
