"""What log streams hold by now: shown by time, or the newest of it, and read no further than that takes."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.context import RunContext
from ecsplan_applier.logs.log_stream import LogStream
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.runs.logs.merge import Stretch, merge, newest
from ecsplan_applier.runs.logs.pages import Excerpt, LogPages
from ecsplan_applier.runs.logs.sources import LogSource

Give: TypeAlias = Callable[[tuple[Stretch, ...]], None]
"""Takes stretches of the streams, in order."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the logs is wanted.

    Attributes:
        since_ms: The time of the earliest event, in milliseconds since 1970; 0: all.
        tail: How many of the newest events of all streams together; None: all.
    """

    since_ms: int
    tail: int | None


class History:
    """What a number of streams hold.

    Args:
        context: The run.
        sources: The streams.
        follows: Of each, what goes on reading it afterwards, or None.
        part: What is wanted of it.

    Attributes:
        failures: Why streams cannot be read, by their positions.
    """

    def __init__(
        self,
        context: RunContext,
        sources: Sequence[LogSource],
        follows: Sequence[LogStream | None],
        part: Part,
    ) -> None:
        self._context = context
        self._sources = sources
        self._follows = follows
        self._tail = part.tail
        wanted = (
            Excerpt.oldest_first(part.since_ms, len(sources))
            if part.tail is None
            else Excerpt.newest_first(part.since_ms, part.tail)
        )
        self._pages = [
            LogPages(context, each.target, each.place, wanted, _ignore if after is None else after.note_taken)
            for each, after in zip(sources, follows, strict=True)
        ]
        self.failures: Final[dict[int, ApplierError]] = {}

    async def show(self, give: Give) -> None:
        """Hand on what is wanted, and have each stream that is followed go on where this has ended."""
        first = await self._context.loop.gather(map(self._first_page, range(len(self._pages))))
        if self._tail is None:
            await merge(self._context, self._pages, first, give, self._fail)
        else:
            found = await newest(self._pages, first, self._tail, self._fail)
            if found:
                give(found)
        for pages, after in zip(self._pages, self._follows, strict=True):
            if after is not None:
                after.begin_at(pages.position)

    def missing(self) -> list[tuple[LogSource, str]]:
        """Return the streams that are not there and will not be, with what CloudWatch Logs says of each."""
        return [
            (source, pages.missing)
            for source, pages, after in zip(self._sources, self._pages, self._follows, strict=True)
            if pages.missing is not None and after is None and not source.may_be_missing
        ]

    async def _first_page(self, number: int) -> Sequence[Body]:
        try:
            return await self._pages[number].next()
        except ApplierError as error:
            self._fail(number, error)
            return ()

    def _fail(self, number: int, error: ApplierError) -> None:
        self.failures[number] = error


def _ignore(page: Sequence[Body]) -> None:
    """Note nothing: nobody goes on reading the stream."""
