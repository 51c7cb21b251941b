"""Following the log of a task: when to read its stream, and when to stop waiting for it."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ecsplan_applier.aws.retry import WATCHING
from ecsplan_applier.context import RunContext
from ecsplan_applier.logs.log_stream import LogStream
from ecsplan_applier.logs.read_pauses import FIRST_PAUSE_S, GROWTH, ReadPauses
from ecsplan_applier.logs.read_queue import QueuedReads, ReadQueues
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import LogLines
from ecsplan_applier.outcomes.own_stop_reasons import FAILED_TO_START
from ecsplan_applier.outcomes.result import LogPlace
from ecsplan_applier.scheduling.scheduler import Task
from ecsplan_applier.tasks.copies import Copy

QUIET_READS: Final = 2
QUIET_S: Final = 10.0
"""After STOPPED a stream is read until two reads find nothing; one that is missing or empty is waited for,
for at most ten seconds (docs/guarantees.md). Measured with containers on a local engine: 4 of 80 short tasks
had an empty log right after STOPPED, all were complete two seconds later."""
SETTLES_S: Final = 2.0
"""The last read comes so long after STOPPED was seen."""
RENEW_S: Final = 4.0
"""After STOPPED, how long a read may go without an answer before it is started again."""
SILENCE_S: Final = 8.5
"""After STOPPED, how long CloudWatch Logs may leave a read without an answer before the read is given up."""
SLOW_PACE_S: Final = 2.0
LAST_TRY_S: Final = 1.0
"""How long the last try of a read that is given up may take; with the silence, less than ten seconds."""
DRAINING: Final = replace(WATCHING, max_pause_s=1.5)
"""After STOPPED, a failed read is tried again soon: it has seconds to succeed."""
LAST_PAUSE_S: Final = 1.0
LONGEST_LAST_PAUSE_S: Final = 3.0
SWEEP_EVERY_S: Final = 30.0
NO_LOG_YET: Final = frozenset({"", "PROVISIONING"})
"""States in which no container exists."""


class Reader:
    """Reads the stream of one task.

    Args:
        context: The run.
        copy: The copy whose task it is.
        place: The stream.
        queues: Shared with the other readers.
        take: Takes the messages, each once; None emits them as those of the copy.
    """

    def __init__(
        self,
        context: RunContext,
        copy: Copy,
        place: LogPlace,
        queues: ReadQueues,
        take: Callable[[tuple[str, ...]], None] | None = None,
    ) -> None:
        self._context = context
        self._copy = copy
        self._queue = queues.of(copy.job.target.in_region(place.region))
        self._reads = QueuedReads(context, self._queue, copy.over)
        self._over_at = math.inf
        self._read_after_end = False
        self._place = place
        self._stream = LogStream(
            context.caller,
            copy.job.target,
            self._place,
            take=take or (lambda lines: context.emit(LogLines(copy.label, lines, copy.attempt))),
            answered=self._reads.note_answer,
            cancel=context.aborted,
            bucket=self._reads,
        )

    @property
    def stream(self) -> LogStream:
        """The stream, of which somebody else may have read a part before it is followed."""
        return self._stream

    async def follow(self) -> None:
        """Print the stream until its task is over and the stream is quiet, or can no longer be read."""
        self._queue.join()
        reading = self._context.loop.create_task(self._read())
        try:
            if await self._ends_in_time(reading):
                reading.result()
            elif not self._context.aborted.is_set():
                self._cannot_be_read(self._silence())
        except ApplierError as error:
            self._cannot_be_read(str(error))
        # A read that was left behind may still be answered: its lines must not come after the task's summary.
        self._stream.close()
        self._reads.end()
        self._queue.quit()

    async def _ends_in_time(self, reading: Task[None]) -> bool:
        """Wait for a reading to end; return False if it has to be left behind.

        While the task runs there is no hurry. After its end each answer grants more time, so that a long log
        is read to its end; without one, the read is first started again, in case its connection is dead, then
        gets a last try, and then is left behind.
        """
        context = self._context
        await context.loop.wait(reading.done, self._copy.over, context.aborted)
        self._stream.hurry(DRAINING)
        self._reads.hurry()
        self._over_at, renewed_at = context.now(), 0.0
        # Invariant: between two answers a read is renewed at most once (`renewed_at` is after `heard_at`
        # then), so that the silence that ends the loop is bounded, and the log's length is not.
        while not reading.done.is_set() and not context.aborted.is_set():
            heard_at, tried_at = self._heard_at(), context.now()
            renews = renewed_at < heard_at
            left_s = heard_at + (RENEW_S if renews else self._silence_s()) - tried_at
            if left_s > 0:
                await context.loop.wait(reading.done, context.aborted, seconds=left_s)
            elif renews:
                renewed_at = tried_at
                self._stream.renew()
            else:
                self._stream.try_once_more()
                await context.loop.wait(reading.done, context.aborted, seconds=LAST_TRY_S)
                if self._heard_at() < tried_at:
                    break
        return reading.done.is_set()

    def _silence(self) -> str:
        return f"CloudWatch Logs has not answered for {self._silence_s() + LAST_TRY_S:g} s"

    def _silence_s(self) -> float:
        """Return how long to wait for an answer; a rate limit that was set very low is not AWS's silence."""
        own_delay_s = self._queue.own_delay_s
        return SILENCE_S if own_delay_s < SLOW_PACE_S else SILENCE_S + own_delay_s

    def _heard_at(self) -> float:
        """Return when CloudWatch Logs last answered, by the loop's clock: the task's end at the earliest.

        While the task runs, no silence counts.
        """
        return max(self._over_at, self._reads.heard_at)

    async def _read(self) -> None:
        context, copy = self._context, self._copy
        pause_s, lines, runs = self._pauses().before_start(), 0, False
        await context.loop.wait(copy.begun, context.aborted, seconds=pause_s)
        while not copy.over.is_set() and not context.aborted.is_set():
            if copy.begun.is_set() and not runs:
                # However long it took to start, its first lines are expected now.
                runs, pause_s = True, FIRST_PAUSE_S
            if copy.task is None or copy.task.status not in NO_LOG_YET:
                lines = await self._read_in_turn(sweep=self._sweep_is_due())
            pause_s = self._pauses().after(lines, pause_s)
            # An event that is set already would end every sleep at once.
            begun = () if copy.begun.is_set() else (copy.begun,)
            await context.loop.sleep(pause_s, copy.over, context.aborted, *begun)
        await self._drain(lines)

    def _pauses(self) -> ReadPauses:
        return ReadPauses(self._queue.round_s, self._copy.job.planned.watch.poll_interval_s)

    async def _drain(self, lines: int) -> None:
        """Read what is left, or arrives, after STOPPED; `lines` is how many events the last read has brought.

        A task that never started is not waited for: its stream cannot exist. One that was stopped while it
        started may have written a line nevertheless, so its stream is read once.
        """
        context, copy = self._context, self._copy
        started = copy.may_have_logged
        if copy.task is not None and copy.task.stop_code == FAILED_TO_START and not started:
            return
        # A read that had waited for its turn when the task stopped is the first one after that.
        if not self._read_after_end:
            lines = await self._read_in_turn(sweep=False)
        if context.is_embedded:
            await self._read_to_the_end(lines)
        elif started or lines:
            await self._read_until_quiet(lines, started=started)
        if started and not self._stream.exists and not context.aborted.is_set():
            self._never_appeared()

    async def _read_to_the_end(self, lines: int) -> None:
        """Read what is left of a log that is complete: until a read finds nothing."""
        while lines and not self._context.aborted.is_set():
            lines = await self._read_in_turn(sweep=False)

    async def _read_until_quiet(self, lines: int, *, started: bool) -> None:
        """Read until the log counts as complete, after a first read that has brought `lines` events."""
        # CloudWatch Logs shows events some time after they were sent, and says nothing of those to come. So
        # the stream counts as complete after QUIET_READS reads in a row without a new event, the last of
        # which is a sweep SETTLES_S after the end: it finds what has arrived late, which starts the count
        # again.
        context = self._context
        quiet_reads, quiet_since, pause_s = 0 if lines else 1, context.now(), LAST_PAUSE_S
        while not context.aborted.is_set():
            may_be_late = started and not self._stream.events
            waits_s = quiet_since + QUIET_S - context.now() if may_be_late else 0.0
            is_last = quiet_reads + 1 >= QUIET_READS
            # An empty stream is waited for longer than one that has fallen silent: the first events of a
            # short job take the longest to show, measured as QUIET_S says.
            if quiet_reads >= QUIET_READS:
                if waits_s <= 0:
                    break
                pause_s = min(LONGEST_LAST_PAUSE_S, waits_s, pause_s * GROWTH)
            settles_s = self._over_at + SETTLES_S - context.now() if is_last and not may_be_late else 0.0
            await context.loop.sleep(max(pause_s, settles_s), context.aborted)
            lines = await self._read_in_turn(sweep=is_last)
            quiet_reads = 0 if lines else quiet_reads + 1
            quiet_since = context.now() if lines else quiet_since

    def _sweep_is_due(self) -> bool:
        return self._stream.exists and self._context.now() - self._stream.swept_at >= SWEEP_EVERY_S

    async def _read_in_turn(self, *, sweep: bool) -> int:
        """Read when this reader's turn has come, and return how many events that brought."""
        await self._reads.begin()
        self._read_after_end = self._copy.over.is_set()
        try:
            if self._context.now() >= self._heard_at() + self._silence_s():
                raise ApplierError(self._silence())
            return await (self._stream.sweep() if sweep else self._stream.read_on())
        finally:
            self._reads.end()

    def _cannot_be_read(self, why: str) -> None:
        message = f"the log in group {self._place.group} can no longer be read: {why}"
        self._context.warn_once(self._copy.label, message, key=f"log {self._place.group}")

    def _never_appeared(self) -> None:
        message = (
            f"no log stream {self._place.stream} has appeared in log group {self._place.group}:"
            " what the job printed cannot be shown"
        )
        self._context.warn_once(self._copy.label, message, key=f"no stream in {self._place.group}")
