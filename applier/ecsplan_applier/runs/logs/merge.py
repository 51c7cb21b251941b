"""Several log streams as one: their events by time, whole stretches of one stream at once."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Final, TypeAlias

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.context import RunContext
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.runs.logs.pages import LogPages, message_of, timestamp_of

BATCH: Final = 2_000
"""From so many events on, they are handed on."""

Failed: TypeAlias = Callable[[int, ApplierError], None]
"""Takes the position of a stream, and why it can no longer be read."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Successive messages of one stream.

    Attributes:
        stream: Its position among the streams.
        messages: Them.
    """

    stream: int
    messages: tuple[str, ...]


@dataclass(slots=True)
class _Opened:
    """A stream, and the page of it that is being taken."""

    number: int
    pages: LogPages
    page: Sequence[Body]
    taken: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """What the stream is ordered by: the time of its next event, then its place among the streams."""
        return timestamp_of(self.page[self.taken]), self.number

    @property
    def newest_order(self) -> tuple[int, int]:
        """What it is ordered by where the newest event comes first."""
        return -timestamp_of(self.page[self.taken - 1]), -self.number

    def turn(self, page: Sequence[Body]) -> None:
        """Begin with another page, forward."""
        self.page, self.taken = page, 0

    def turn_back(self, page: Sequence[Body]) -> None:
        """Begin with another page at its end, backward."""
        self.page, self.taken = page, len(page)

    def newest(self) -> Body:
        """Take the last event of the page that is not taken, backward."""
        self.taken -= 1
        return self.page[self.taken]

    def upto(self, bound: tuple[int, int] | None) -> Sequence[Body]:
        """Take the events of the page that come before those of all other streams."""
        first, events = self.taken, self.page
        last = len(events)
        if bound is not None:
            last = first + 1
            while last < len(events) and (timestamp_of(events[last]), self.number) < bound:
                last += 1
        self.taken = last
        return events if last - first == len(events) else events[first:last]


@dataclass(slots=True)
class Batch:
    """Stretches that are handed on together."""

    give: Callable[[tuple[Stretch, ...]], None]
    _stretches: list[Stretch] = field(default_factory=list)
    _events: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it is to be handed on."""
        return self._events >= BATCH

    def add(self, stream: int, events: Sequence[Body]) -> None:
        """Add successive events of a stream."""
        self._stretches.append(Stretch(stream, tuple(map(message_of, events))))
        self._events += len(events)

    def hand_on(self) -> None:
        """Hand on what it holds."""
        if self._stretches:
            self.give(tuple(self._stretches))
            self._stretches, self._events = [], 0


async def merge(
    context: RunContext,
    streams: Sequence[LogPages],
    first: Sequence[Sequence[Body]],
    give: Callable[[tuple[Stretch, ...]], None],
    failed: Failed,
) -> None:
    """Hand on all events of streams that are read forward, by their time.

    Events of one time come in the order of the streams, those of one stream in its own order. Of each stream
    there are at most two pages in memory.

    Args:
        context: The run.
        streams: The streams.
        first: The first page of each.
        give: Takes stretches, in order.
        failed: Takes the error of a stream that can no longer be read; the others go on.
    """
    opened = [_Opened(*each) for each in _with_events(streams, first)]
    heap = [(each.order, each) for each in opened]
    # No two have the same order, so that the streams themselves are never compared.
    heapq.heapify(heap)
    batch = Batch(give)
    # Invariant: the heap has each stream that has an event left, by the time of its next one. So what the
    # first of the heap has before the second one's next event comes before everything else.
    while heap and not context.cancelled.is_set():
        _, stream = heapq.heappop(heap)
        batch.add(stream.number, stream.upto(heap[0][0] if heap else None))
        if stream.taken == len(stream.page):
            batch.hand_on()
            # Whoever takes the lines gets a turn before the next page: nothing piles up.
            await context.loop.sleep(0)
            stream.turn(await _next(stream, failed))
        elif batch.is_full:
            batch.hand_on()
            await context.loop.sleep(0)
        if stream.page:
            heapq.heappush(heap, (stream.order, stream))
    batch.hand_on()


async def newest(
    streams: Sequence[LogPages],
    first: Sequence[Sequence[Body]],
    count: int,
    failed: Failed,
) -> tuple[Stretch, ...]:
    """Return the newest events of streams that are read backward, the oldest of them first.

    No more pages are read than it takes.

    Args:
        streams: The streams.
        first: The newest page of each.
        count: How many events.
        failed: As of `merge`.
    """
    opened = [_Opened(*each) for each in _with_events(streams, first)]
    for each in opened:
        each.turn_back(each.page)
    heap = [(each.newest_order, each) for each in opened]
    heapq.heapify(heap)
    found: list[tuple[int, str]] = []
    while heap and len(found) < count:
        _, stream = heapq.heappop(heap)
        found.append((stream.number, message_of(stream.newest())))
        if not stream.taken and len(found) < count:
            stream.turn_back(await _next(stream, failed))
        if stream.taken:
            heapq.heappush(heap, (stream.newest_order, stream))
    return tuple(_stretches(reversed(found)))


def _with_events(
    streams: Sequence[LogPages], first: Sequence[Sequence[Body]]
) -> Iterator[tuple[int, LogPages, Sequence[Body]]]:
    for number, (pages, page) in enumerate(zip(streams, first, strict=True)):
        if page:
            yield number, pages, page


async def _next(stream: _Opened, failed: Failed) -> Sequence[Body]:
    """Return the next page of a stream; an empty one where it has ended, or can no longer be read."""
    try:
        return await stream.pages.next()
    except ApplierError as error:
        failed(stream.number, error)
        return ()


def _stretches(found: Iterator[tuple[int, str]]) -> Iterator[Stretch]:
    """Yield events as stretches of one stream each."""
    stream, messages = -1, list[str]()
    for number, message in found:
        if number != stream and messages:
            yield Stretch(stream, tuple(messages))
            messages = []
        stream = number
        messages.append(message)
    if messages:
        yield Stretch(stream, tuple(messages))
