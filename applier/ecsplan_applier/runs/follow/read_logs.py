"""Reading the logs of a run: what is there, by its time, and what is added to it while the run goes on."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeAlias

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.context import Interrupt, RunContext
from ecsplan_applier.logs.read_queue import ReadQueues
from ecsplan_applier.logs.reader import Reader
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import Event
from ecsplan_applier.outcomes.result import LogPlace
from ecsplan_applier.runs.expected import Expected, unseen
from ecsplan_applier.runs.follow.following import Following, context_of, driven
from ecsplan_applier.runs.found import FoundRun
from ecsplan_applier.runs.logs.history import History, Part
from ecsplan_applier.runs.logs.merge import Stretch
from ecsplan_applier.runs.logs.sources import (
    ALL,
    LogSource,
    Selection,
    Sources,
    lacks_tasks,
    needed_definitions,
    sources,
)
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.scheduling.scheduler import Event as EventOnce
from ecsplan_applier.scheduling.scheduler import Task
from ecsplan_applier.tasks.copies import Copy

SETTLED_S: Final = 60.0
"""How long after a task has stopped its log may still grow; an apply waits for ten seconds of silence."""
_MAX_NAMED: Final = 3
"""Streams that a message names; of more it gives the number."""


@dataclass(frozen=True, slots=True)
class LogLinesBatch:
    """Lines of one or several streams, in order.

    Attributes:
        pieces: The label of a stream with successive messages of it, again and again.
        several: Whether the lines of several copies or containers are shown.
    """

    pieces: tuple[tuple[str, tuple[str, ...]], ...]
    several: bool


LogEvent: TypeAlias = Event | LogLinesBatch


@dataclass(frozen=True, slots=True)
class Since:
    """From when on events are wanted: a point in time, in seconds since 1970, or so many seconds ago."""

    at: float | None = None
    ago_s: float | None = None

    def ms(self, now: float) -> int:
        """Return it in milliseconds since 1970, by AWS's time; 0 where it is not limited."""
        if self.ago_s is not None:
            return max(0, round((now - self.ago_s) * 1000))
        return 0 if self.at is None else max(0, round(self.at * 1000))


ALWAYS: Final = Since()


@dataclass(frozen=True, slots=True)
class LogRequest:
    """What is to be shown of the logs of a run.

    Attributes:
        selection: Which logs.
        since: From when on.
        tail: How many of the newest lines of all of them together; None: all.
        follow: Whether to go on until the run has ended.
        kept_output: Log group and stream prefix under which the endpoint keeps what is logged nowhere else,
            or None.
    """

    selection: Selection = ALL
    since: Since = ALWAYS
    tail: int | None = None
    follow: bool = False
    kept_output: tuple[str, str] | None = None


def read_logs(
    session: RunSession,
    reference: RunReference,
    request: LogRequest,
    *,
    interrupt: Interrupt | None = None,
    limits: Limits | None = None,
) -> Iterator[LogEvent]:
    """Yield the logs of a run, and what is to be said of them; a signal ends it, and leaves the tasks alone.

    Args:
        session: How to ask.
        reference: The run.
        request: What is to be shown.
        interrupt: Where signals arrive.
        limits: How fast to call AWS.

    Raises:
        UsageError: The run has no such job or container.
        ApplierError: The run is not known, or a log could not be read; the others were shown then.
    """
    events: deque[LogEvent] = deque()
    context = context_of(
        session,
        reference.run_id,
        events.append,
        interrupt or Interrupt(),
        limits or Limits(),
        is_embedded=request.kept_output is not None,
    )
    return driven(context, _LogReading(session, context, reference, request, events).main(), events)


class _LogReading:
    """One reading of the logs of a run."""

    def __init__(
        self,
        session: RunSession,
        context: RunContext,
        reference: RunReference,
        request: LogRequest,
        events: "deque[LogEvent]",
    ) -> None:
        self._session = session
        self._context = context
        self._reference = reference
        self._request = request
        self._events = events
        self._queues = ReadQueues(context)
        self._shown: set[LogPlace] = set()
        self._showing: list[Task[None]] = []
        self._several = False
        self._tail = request.tail
        self._hopeless = EventOnce()
        self._failures: list[ApplierError] = []
        # Only a task that is seen shows which containers it has, beside that of the job.
        self._whole = request.selection.containers is not None
        self._following = self._new_following()

    async def main(self) -> None:
        """Show what there is and, where it is asked for, what is added until the run has ended."""
        run = await find_run(self._session, self._reference, whole=self._whole)
        if not self._whole and lacks_tasks(run, self._request.selection):
            # Where a task logs elsewhere, or nowhere, only its definition says so.
            self._whole = True
            self._following = self._new_following()
            run = await find_run(self._session, self._reference, whole=True)
        if self._request.follow:
            await self._follow(run)
        else:
            self._looked(run, Expected())
        # Logs may still be read after their tasks have ended.
        if not self._hopeless.is_set():
            await self._all_done(self._showing)
        self._say_failures()

    def _new_following(self) -> Following:
        return Following(self._session, self._context, self._reference, self._looked, whole=self._whole)

    async def _follow(self, run: FoundRun) -> None:
        """Follow a run until it has ended, or until it is known that none of its logs can be read."""
        following = self._context.loop.create_task(self._following.follow(run))
        await self._context.loop.wait(following.done, self._hopeless)
        if self._hopeless.is_set():
            return
        ended = following.result()
        if ended.expected:
            self._context.warn(None, unseen(ended.expected, self._context.run_id))

    def _looked(self, run: FoundRun, expected: Expected) -> None:
        del expected
        self._showing.append(self._context.loop.create_task(self._show(run)))

    async def _show(self, run: FoundRun) -> None:
        """Show the streams of a run that were not shown before, and follow those that may grow."""
        found = await self._sources(run)
        new = [each for each in found.streams if each.place not in self._shown]
        self._shown.update(each.place for each in new)
        # The tail is one of what there is at first: of a task that starts later, every line is a new one.
        tail, self._tail = self._tail, None
        if not new:
            if not self._shown and not found.elsewhere and not self._request.follow:
                self._context.note(None, "no task of the run has been started: there is no log")
            return
        readers = [self._reader(each, run) for each in new]
        failed = await self._show_history(new, readers, Part(self._request.since.ms(run.now), tail))
        if len(self._failures) == len(self._shown):
            self._hopeless.set()
        await self._all_done(
            [
                self._context.loop.create_task(reader.follow())
                for number, reader in enumerate(readers)
                if reader is not None and number not in failed
            ]
        )

    async def _sources(self, run: FoundRun) -> Sources:
        """Return the streams of a run, and say where other output is."""
        request, revisions = self._request, self._session.observation.revisions
        needed = needed_definitions(run, request.selection)
        described = await self._context.loop.gather(revisions.described_once(*each) for each in needed)
        definitions: dict[str, Body] = {
            arn: each.definition for (_, arn), each in zip(needed, described, strict=True) if each is not None
        }
        found = sources(run, definitions, request.selection, request.kept_output)
        self._several = self._several or found.several or request.selection.is_of_several(run)
        for each in found.elsewhere:
            self._context.warn_once(None, each, key=each)
        return found

    def _reader(self, source: LogSource, run: FoundRun) -> Reader | None:
        """Return what follows a stream from where its history ends, or None where nothing is added to it."""
        copy = self._following.copy(source.result.arn) if self._request.follow else None
        if copy is None or not _may_grow(copy, run.now):
            return None

        def take(messages: tuple[str, ...]) -> None:
            self._events.append(LogLinesBatch(((source.label, messages),), self._several))

        return Reader(self._context, copy, source.place, self._queues, take)

    async def _show_history(
        self, streams: Sequence[LogSource], readers: Sequence[Reader | None], part: Part
    ) -> Collection[int]:
        """Show what streams hold; return the positions of those that cannot be read."""
        follows = [None if each is None else each.stream for each in readers]
        history = History(self._context, streams, follows, part)

        def give(stretches: tuple[Stretch, ...]) -> None:
            pieces = tuple((streams[each.stream].label, each.messages) for each in stretches)
            self._events.append(LogLinesBatch(pieces, self._several))

        await history.show(give)
        self._say_missing(history.missing())
        self._failures += history.failures.values()
        return history.failures.keys()

    def _say_missing(self, missing: Sequence[tuple[LogSource, str]]) -> None:
        """Warn of streams that are not there: once for each log group, in the words of CloudWatch Logs."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for source, said in missing:
            groups.setdefault((source.place.group, source.place.region, said), []).append(source.place.stream)
        for (group, region, said), streams in groups.items():
            more = len(streams) - _MAX_NAMED
            named = ", ".join(streams[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
            what = f"log stream{'s' if len(streams) > 1 else ''} {named} of log group {group} in {region}"
            self._context.warn_once(None, f"cannot show {what}: {said}", key=what)

    def _say_failures(self) -> None:
        """Raise the first failure to read a stream; each other one is a warning.

        Raises:
            ApplierError: There is one.
        """
        for each in list(dict.fromkeys(map(str, self._failures)))[1:]:
            self._context.warn(None, each)
        if self._failures:
            raise self._failures[0]

    async def _all_done(self, tasks: Sequence[Task[None]]) -> None:
        """Wait for tasks to end, also for those that are added meanwhile.

        Raises:
            ApplierError: As one of them does.
        """
        for each in tasks:
            await self._context.loop.wait(each.done)
            each.result()


def _may_grow(copy: Copy, now: float) -> bool:
    """Return whether something may be added to the log of a task: it runs, or has stopped a moment ago."""
    if copy.task is None or not copy.over.is_set():
        return True
    stopped = copy.task.times.stopped
    return stopped is None or now - stopped < SETTLED_S
