"""Reading the logs of a run: what is there, by its time, and what is added to it while the run goes on."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.context import Interrupt, RunContext
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import Event
from ecsplan_applier.runs.expected import Expected, unseen
from ecsplan_applier.runs.following import Following, context_of, driven
from ecsplan_applier.runs.found import FoundRun
from ecsplan_applier.runs.log_merge import Stretch, merge, newest
from ecsplan_applier.runs.log_pages import Excerpt, LogPages
from ecsplan_applier.runs.log_sources import ALL, LogSource, Selection, Sources, needed_definitions, sources
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.scheduling.scheduler import Task
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.logs import Reader
from ecsplan_applier.tasks.turnstile import Turnstile

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
        session, reference.run_id, events.append, interrupt or Interrupt(), limits or Limits()
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
        self._turnstile = Turnstile(context)
        self._shown: set[tuple[str, str, str]] = set()
        self._showing: list[Task[None]] = []
        self._several = False
        self._first = True
        self._failures: list[ApplierError] = []
        self._following = Following(session, context, reference, self._looked)

    async def main(self) -> None:
        """Show what there is and, where it is asked for, what is added until the run has ended."""
        run = await find_run(self._session, self._reference)
        self._several = len(run.unbegun) + sum(len(each.results) for each in run.jobs) > 1
        if self._request.follow:
            ended = await self._following.follow(run)
            self._say_expected(ended.expected)
        else:
            self._looked(run, Expected())
        # Those that are shown may still be read after their tasks have ended.
        for each in self._showing:
            await self._context.loop.wait(each.done)
            each.result()
        self._say_failures()

    def _looked(self, run: FoundRun, expected: Expected) -> None:
        del expected
        self._showing.append(self._context.loop.create_task(self._show(run)))

    async def _show(self, run: FoundRun) -> None:
        """Show the streams of a run that were not shown before, and follow those that may grow."""
        found = await self._sources(run)
        new = [each for each in found.streams if self._key(each) not in self._shown]
        self._shown.update(map(self._key, new))
        is_first, self._first = self._first, False
        if not new:
            if is_first and not found.elsewhere and not self._request.follow:
                self._context.note(None, "no task of the run has been started: there is no log")
            return
        readers = [self._reader(each, run) for each in new]
        failed = await self._show_history(new, readers, run, tail=self._request.tail if is_first else None)
        following = [
            self._context.loop.create_task(reader.follow())
            for number, reader in enumerate(readers)
            if reader is not None and number not in failed
        ]
        for each in following:
            await self._context.loop.wait(each.done)
            each.result()

    async def _sources(self, run: FoundRun) -> Sources:
        request, revisions = self._request, self._session.observation.revisions
        needed = needed_definitions(run, request.selection)
        described = await self._context.loop.gather(revisions.described_once(*each) for each in needed)
        definitions: dict[str, Body] = {
            arn: each.definition for (_, arn), each in zip(needed, described, strict=True) if each is not None
        }
        found = sources(run, definitions, request.selection, request.kept_output)
        self._several = self._several or found.several
        for each in found.elsewhere:
            self._context.warn_once(None, each, key=each)
        if request.selection.job is not None and not request.follow:
            self._several = found.several
        return found

    def _key(self, source: LogSource) -> tuple[str, str, str]:
        return source.place.region, source.place.group, source.place.stream

    def _reader(self, source: LogSource, run: FoundRun) -> Reader | None:
        """Return what follows a stream from where its history ends, or None where nothing is added to it."""
        copy = self._following.copy(source.result.arn) if self._request.follow else None
        if copy is None or not _may_grow(copy, run.now):
            return None

        def take(messages: tuple[str, ...]) -> None:
            self._events.append(LogLinesBatch(((source.label, messages),), self._several))

        return Reader(self._context, copy, source.place, self._turnstile, take)

    async def _show_history(
        self,
        streams: Sequence[LogSource],
        readers: Sequence[Reader | None],
        run: FoundRun,
        *,
        tail: int | None,
    ) -> frozenset[int]:
        """Show what streams hold, and have their readers go on there; return those that cannot be read."""
        since_ms = self._request.since.ms(run.now)
        wanted = (
            Excerpt.oldest_first(since_ms, len(streams))
            if tail is None
            else Excerpt.newest_first(since_ms, tail)
        )
        failed: dict[int, ApplierError] = {}

        def fail(number: int, error: ApplierError) -> None:
            failed[number] = error

        pages = [
            LogPages(
                self._context,
                each.target,
                each.place,
                wanted,
                note=(lambda _: None) if reader is None else reader.stream.note_taken,
            )
            for each, reader in zip(streams, readers, strict=True)
        ]

        async def first_page(number: int) -> Sequence[Body]:
            try:
                return await pages[number].next()
            except ApplierError as error:
                fail(number, error)
                return ()

        first = await self._context.loop.gather(map(first_page, range(len(pages))))

        def give(stretches: tuple[Stretch, ...]) -> None:
            pieces = tuple((streams[each.stream].label, each.messages) for each in stretches)
            self._events.append(LogLinesBatch(pieces, self._several))

        if tail is None:
            await merge(self._context, pages, first, give, fail)
        else:
            found = await newest(pages, first, tail, fail)
            if found:
                give(found)
        for each, reader in zip(pages, readers, strict=True):
            if reader is not None:
                reader.stream.begin_at(each.position)
        self._say_missing(
            [
                (source, each.missing)
                for source, each, reader in zip(streams, pages, readers, strict=True)
                if each.missing is not None and reader is None and not source.may_be_missing
            ]
        )
        self._failures += failed.values()
        return frozenset(failed)

    def _say_missing(self, missing: list[tuple[LogSource, str]]) -> None:
        """Warn of streams that are not there: once for each log group, in CloudWatch Logs's own words."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for source, said in missing:
            groups.setdefault((source.place.group, source.place.region, said), []).append(source.place.stream)
        for (group, region, said), streams in groups.items():
            shown = ", ".join(streams[:_MAX_NAMED])
            more = len(streams) - _MAX_NAMED
            what = f"{shown} and {more} more" if more > 0 else shown
            plural = "s" if len(streams) > 1 else ""
            self._context.warn_once(
                None,
                f"cannot show log stream{plural} {what} of log group {group} in {region}: {said}",
                key=f"missing {group} {what}",
            )

    def _say_expected(self, expected: Expected) -> None:
        if expected:
            self._context.warn(None, unseen(expected, self._context.run_id))

    def _say_failures(self) -> None:
        """Raise the first failure to read a stream; each other one is a warning.

        Raises:
            ApplierError: There is one.
        """
        said = list(dict.fromkeys(map(str, self._failures)))
        for each in said[1:]:
            self._context.warn(None, each)
        if self._failures:
            raise self._failures[0]


def _may_grow(copy: Copy, now: float) -> bool:
    """Return whether something may be added to the log of a task: it runs, or has stopped a moment ago."""
    if copy.task is None or not copy.over.is_set():
        return True
    stopped = copy.task.times.stopped
    return stopped is None or now - stopped < SETTLED_S
