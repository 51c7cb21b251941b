"""The pages of one log stream, from its oldest event or its newest, read ahead of whoever takes them."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Final, Literal, TypeAlias

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_LOG_EVENTS
from ecsplan_applier.aws.rate_limits import LOG_PAGES
from ecsplan_applier.aws.retry import READING
from ecsplan_applier.context import RunContext
from ecsplan_applier.logs.log_stream import Position
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.result import LogPlace
from ecsplan_applier.scheduling.scheduler import Task

MAX_EVENTS: Final = 10_000
"""Events of one page, at most (CloudWatch Logs API reference, GetLogEvents)."""
_MIN_EVENTS: Final = 100
_MAX_HELD: Final = 200_000
"""Events that the first pages of all streams hold together, at most: a command needs no more memory for a
thousand streams than for a few."""
_MAX_AHEAD: Final = 20
"""Streams that are read a page ahead; of more, the next page of one is read when it is needed."""

_NEWEST: Final = 1_000
"""Events that are read to know which are old, where only new ones are wanted."""
_NO_STREAM: Final = "ResourceNotFoundException"

Direction: TypeAlias = Literal["forward", "backward"]
timestamp_of: Final[Callable[[Body], int]] = itemgetter("timestamp")
message_of: Final[Callable[[Body], str]] = itemgetter("message")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which events of a stream are wanted, and from which end they are read.

    Attributes:
        direction: `forward` begins with the oldest event, `backward` with the newest.
        since_ms: The time of the earliest event that is wanted, in milliseconds since 1970; 0: all.
        page_events: Events to ask for with a call, at most.
        ahead: Whether to read a page ahead.
    """

    direction: Direction = "forward"
    since_ms: int = 0
    page_events: int = MAX_EVENTS
    ahead: bool = True

    @classmethod
    def oldest_first(cls, since_ms: int, streams: int) -> "Excerpt":
        """Return what is wanted of each of so many streams that are read from their oldest event."""
        size = max(_MIN_EVENTS, min(MAX_EVENTS, _MAX_HELD // max(1, streams)))
        return cls("forward", since_ms, size, ahead=streams <= _MAX_AHEAD)

    @classmethod
    def newest_first(cls, since_ms: int, count: int) -> "Excerpt":
        """Return what is wanted of a stream of which the newest events are needed, `count` at most."""
        # Nothing ahead: mostly the first page is enough. Of no events one page is read all the same, by
        # which those are known that were there before.
        return cls("backward", since_ms, min(MAX_EVENTS, count or _NEWEST), ahead=False)


class LogPages:
    """The pages of one stream, in the order in which they are read; within a page, the oldest event is first.

    Args:
        context: The run.
        target: The account of the log; its region is that of the place.
        place: The stream.
        wanted: Which events, and from which end.
        note: Called with each page as it is handed out.
    """

    def __init__(
        self,
        context: RunContext,
        target: Target,
        place: LogPlace,
        wanted: Excerpt,
        note: Callable[[Sequence[Body]], None] = lambda _: None,
    ) -> None:
        self._context = context
        self._target = target.in_region(place.region)
        self.place: Final = place
        self._wanted = wanted
        self._note = note
        self._token: str | None = None
        self._following: str | None = None
        self._ended = False
        self._reading: Task[Sequence[Body]] | None = None
        self._missing: str | None = None
        self._oldest_ms: int | None = None

    @property
    def missing(self) -> str | None:
        """What was said of a stream or group that is not there; None where it is, or was not read."""
        return self._missing

    @property
    def position(self) -> Position:
        """Where to go on once these pages are read: after the newest event that was read.

        Where reading backward has stopped before the oldest event, what is older is not wanted either.
        """
        since_ms = self._wanted.since_ms
        if self._missing is not None:
            return Position(start_ms=since_ms)
        is_part = self._wanted.direction == "backward" and not self._ended and self._oldest_ms is not None
        start_ms = (self._oldest_ms or 0) + 1 if is_part else since_ms
        return Position(self._following, since_ms, start_ms, exists=True)

    async def next(self) -> Sequence[Body]:
        """Return the next page that has events; one without events is the end.

        Raises:
            ApplierError: It cannot be read.
        """
        reading = self._reading or self._context.loop.create_task(self._page())
        self._reading = None
        await self._context.loop.wait(reading.done)
        page = reading.result()
        if page:
            self._oldest_ms = timestamp_of(page[0])
        self._note(page)
        if page and self._wanted.ahead and not self._ended:
            self._reading = self._context.loop.create_task(self._page())
        return page

    async def _page(self) -> Sequence[Body]:
        # A page may be empty although others follow: the end is where the token that was sent comes back
        # (CloudWatch Logs API reference, GetLogEvents).
        while not self._ended and not self._context.cancelled.is_set():
            events = await self._ask()
            if events:
                return events
        return ()

    async def _ask(self) -> Sequence[Body]:
        wanted, sent = self._wanted, self._token
        request: Body = {
            "logGroupName": self.place.group,
            "logStreamName": self.place.stream,
            "startFromHead": wanted.direction == "forward",
            **({"startTime": wanted.since_ms} if wanted.since_ms else {}),
            **({"limit": wanted.page_events} if wanted.page_events < MAX_EVENTS else {}),
            **({} if sent is None else {"nextToken": sent}),
        }
        try:
            answer = await self._context.caller.call(
                self._target,
                GET_LOG_EVENTS,
                request,
                READING,
                about=f"stream {self.place.stream} of group {self.place.group}",
                cancel=self._context.cancelled,
                bucket=self._context.bucket(self._target, LOG_PAGES),
                check=_check_events,
            )
        except AwsError as error:
            if error.code != _NO_STREAM:
                raise
            # The stream may also have been deleted while it was read: what was read stays shown.
            self._missing, self._ended = error.text, True
            return ()
        return self._take(answer, sent)

    def _take(self, answer: Body, sent: str | None) -> Sequence[Body]:
        forward = member(answer, "nextForwardToken", str, GET_LOG_EVENTS.name, "") or None
        backward = member(answer, "nextBackwardToken", str, GET_LOG_EVENTS.name, "") or None
        is_forward = self._wanted.direction == "forward"
        if is_forward or sent is None:
            # Of the newest page, read first where reading goes backward, the token of what comes after it.
            self._following = forward or self._following
        self._token = forward if is_forward else backward
        events = members(answer, "events", dict, GET_LOG_EVENTS.name)
        self._ended = self._token is None or self._token == sent
        if self._ended and sent is not None:
            return ()
        return events


def _check_events(answer: Body) -> None:
    """Check that events have what is read of each.

    Raises:
        AwsError: BAD_ANSWER, one has not; the call is made again then.
    """
    for each in members(answer, "events", dict, GET_LOG_EVENTS.name):
        if not isinstance(each.get("timestamp"), int) or not isinstance(each.get("message"), str):
            text = "an event has no timestamp, or no message"
            raise AwsError(GET_LOG_EVENTS.name, AwsError.BAD_ANSWER, text)
