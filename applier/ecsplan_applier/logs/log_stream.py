"""One log stream: every event once, the first and the last included, whatever order they arrive in.

GetLogEvents reads forward by a token, which is a position in the order of timestamps: an event that arrives
late with an older timestamp lies behind it and would be missed. So the whole stream is read again now and
then, and always at the end, and what was not printed yet is. FilterLogEvents gives each event an id,
but is allowed fewer calls (CloudWatch Logs quotas) and is one more permission.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from ecsplan.terms.bodies import as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_LOG_EVENTS
from ecsplan_applier.aws.rate_limits import RateLimit
from ecsplan_applier.aws.retry import WATCHING, Caller, RetryPolicy, transient
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.result import LogPlace
from ecsplan_applier.scheduling.scheduler import Event, Task

FULL_PAGE: Final = 500
FULL_PAGE_CHARACTERS: Final = 200_000
"""A page with so many events or characters is likely followed by another one; pages end at 10,000 events or
1 MiB (CloudWatch Logs API reference, GetLogEvents)."""
REMEMBERED: Final = 50_000
"""Events of one stream that are remembered; one that arrives after that many newer ones is missed."""
MAX_REFUSALS: Final = 5
"""Refusals in a row before one is final: a single one may be a proxy's, or that of a policy being changed."""
REFUSED_PAUSE_S: Final = 1.0
MAX_REFUSED_TOKENS: Final = 6
"""Refusals of a token in a row, each followed by a read from the head, before the refusal is final."""
_NO_STREAM: Final = "ResourceNotFoundException"
_TOKEN_REFUSED: Final = frozenset(
    {
        "InvalidParameterException",
        "ValidationException",
        "InvalidNextTokenException",
        "ExpiredNextTokenException",
    }
)
"""Codes of a refused `nextToken`; a token expires after 24 hours (CloudWatch Logs API reference)."""

_Page: TypeAlias = tuple[Sequence[Body], str | None]
"""Events, and the token of what follows them."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading a stream goes on that was read before.

    Attributes:
        token: The token of what follows, or None: the first event that is wanted.
        token_ms: The `startTime` that the token was given for.
        start_ms: The time of the earliest event that is still wanted, in milliseconds since 1970.
        exists: Whether the stream has been seen.
    """

    token: str | None = None
    token_ms: int = 0
    start_ms: int = 0
    exists: bool = False


class _TokenRefusedError(AwsError):
    """GetLogEvents refused the token that it had given."""


class LogStream:
    """Reads one stream and hands each of its events on once; it knows of no apply.

    Args:
        caller: Makes the calls, and has the clock that pauses are measured by.
        target: The account of the log; its region is that of the place.
        place: The log group and the stream.
        take: Takes the messages of events that were not handed on before.
        answered: Called at each answer, including one that says that there is no stream.
        cancel: Once it is set, reads end without a result.
        bucket: Limits the rate of the calls.
    """

    def __init__(
        self,
        caller: Caller,
        target: Target,
        place: LogPlace,
        *,
        take: Callable[[tuple[str, ...]], None],
        answered: Callable[[], None] = lambda: None,
        cancel: Event | None = None,
        bucket: RateLimit | None = None,
    ) -> None:
        self._caller = caller
        self._target = target.in_region(place.region)
        self._place = place
        self._take = take
        self._answered = answered
        self._cancel = Event() if cancel is None else cancel
        self._bucket = bucket
        self._token: str | None = None
        self._token_ms = 0
        self._start_ms = 0
        self._seen: Counter[int] = Counter()
        self._order: list[tuple[int, int]] = []
        self._exists = False
        self._events = 0
        self._swept_at = 0.0
        self._policy = WATCHING
        self._again = Event()
        self._give_up = Event()
        self._closed = False

    def note_taken(self, events: Sequence[Body]) -> None:
        """Note that somebody else has read these events of it, so that they are not handed on."""
        self._remember(events)
        self._events += len(events)

    def begin_at(self, position: Position) -> None:
        """Go on where somebody else has stopped reading; what was read before is noted by `note_taken`."""
        self._token, self._token_ms = position.token, position.token_ms
        self._start_ms = max(self._start_ms, position.start_ms)
        self._exists = self._exists or position.exists

    @property
    def exists(self) -> bool:
        """Whether it has been seen."""
        return self._exists

    @property
    def events(self) -> int:
        """How many events were taken from it."""
        return self._events

    @property
    def swept_at(self) -> float:
        """When it was last read from its head, by the loop's clock."""
        return self._swept_at

    def hurry(self, policy: RetryPolicy) -> None:
        """Retry reads by this policy from now on."""
        self._policy = policy

    def close(self) -> None:
        """Hand nothing on any more; a read that is under way ends with its next answer."""
        self._closed = True

    def renew(self) -> None:
        """Start the read that is under way again, and abandon the old one: its connection may be dead."""
        # Replaced before it is set: the read that wakes waits for the new one, and would renew itself forever
        # with the old.
        again, self._again = self._again, Event()
        again.set()

    def try_once_more(self) -> None:
        """Repeat a failed call at once, without its pause; if it fails again, the failure is final."""
        give_up, self._give_up = self._give_up, Event()
        give_up.set()

    async def read_on(self) -> int:
        """Hand on what follows the last position, and return how many events that were.

        After a small page the next one is read only at the next call: AWS may end a page early, but then the
        token continues from there.
        """
        # Invariant: everything before `_token` in the order of timestamps was handed on, but for events that
        # have arrived late; `sweep` finds those.
        taken = 0
        while not self._ended():
            try:
                page = await self._page(self._token, self._token_ms)
            except _TokenRefusedError:
                return taken + await self.sweep()
            if page is None:
                break
            events, token = page
            # At the end of the stream the token that was sent comes back (CloudWatch Logs API reference,
            # GetLogEvents): such a page has nothing new.
            if token != self._token:
                taken += self._hand_on(events)
            ended = token in {None, self._token} or not _is_full(events)
            self._token = token or self._token
            if ended:
                break
        return taken

    async def sweep(self) -> int:
        """Read all of it, hand on what was not handed on yet, and return how many events that were.

        Of a short stream the newest page is enough; others are read from the head. If a token is refused on
        the way, reading begins again at the head, so that the rest is not missed.
        """
        self._swept_at = self._now()
        before = self._events
        if 0 < len(self._order) < FULL_PAGE and await self._newest_page_is_all():
            return self._events - before
        for left in range(MAX_REFUSED_TOKENS - 1, -1, -1):
            try:
                await self._sweep_once()
                break
            except _TokenRefusedError:
                self._token = None
                if not left:
                    raise
        return self._events - before

    async def _newest_page_is_all(self) -> bool:
        """Read the newest page; if that is the whole stream, hand on what is new in it.

        From the head, it takes another call to find that nothing follows a page, as AWS may end one anywhere.
        The newest page has nothing after it; it counts as the whole stream if it has every event that was
        seen, and is not full.
        """
        start_ms = self._start_ms
        page = await self._page(None, start_ms, from_head=False)
        if page is None:
            return True
        events, token = page
        passed: Counter[int] = Counter()
        missed = self._missed(events, passed)
        if token is None or _is_full(events) or any(passed[each] < self._seen[each] for each in self._seen):
            return False
        self._hand_on(missed)
        self._token, self._token_ms = token, start_ms
        return True

    async def _sweep_once(self) -> None:
        """Read all pages from the head. An event counts as new once it occurs more often than it was seen."""
        # Events have no id here, and a job may print a line twice within a millisecond: equal events are
        # counted, not kept in a set. Invariant: `passed` counts what this sweep has met, `_seen` what was
        # ever handed on, so that an event is handed on exactly as often as the stream has it.
        passed: Counter[int] = Counter()
        token, first, start_ms = None, True, self._start_ms
        while not self._ended():
            page = await self._page(token, start_ms)
            if page is None:
                return
            events, following = page
            if first or following != token:
                self._hand_on(self._missed(events, passed))
            if following in {None, token}:
                break
            token, first = following, False
        # Reading continues from the end of the sweep. The start time goes with the token, see `_page`.
        self._token, self._token_ms = token, start_ms

    def _missed(self, events: Sequence[Body], passed: Counter[int]) -> list[Body]:
        """Return the events of a page that were not handed on; `passed` counts those that were read."""
        missed = []
        for each in events:
            key = _key(each)
            passed[key] += 1
            if passed[key] > self._seen[key]:
                missed.append(each)
        return missed

    def _ended(self) -> bool:
        return self._closed or self._cancel.is_set()

    def _now(self) -> float:
        return self._caller.loop.clock.elapsed()

    async def _page(self, token: str | None, start_ms: int, *, from_head: bool = True) -> _Page | None:
        """Return a page of the stream and the token of what follows it; None if there is no stream yet.

        Without a token, it is the first page or, not `from_head`, the last one.

        A token goes with the start time that it was given for: another one could skip what was not shown. A
        single answer that cannot be read, or that refuses the call, does not end a log: the call is repeated.
        """
        request: Body = {
            "logGroupName": self._place.group,
            "logStreamName": self._place.stream,
            "startFromHead": from_head,
            **({"startTime": start_ms} if start_ms else {}),
            **({} if token is None else {"nextToken": token}),
        }
        began_at, tries = self._now(), 0
        while not self._ended():
            # Taken before the call: `try_once_more` during it makes the failure of this very call the last
            # one.
            give_up = self._give_up
            try:
                return await self._ask(request, give_up)
            except AwsError as error:
                if error.code == _NO_STREAM:
                    self._answered()
                    return None
                if token is not None and error.code in _TOKEN_REFUSED:
                    # Not retried with the same token: it has expired, or a proxy has mangled it.
                    raise _TokenRefusedError(error.operation, error.code, error.text) from error
                tries += 1
                if give_up.is_set() or not self._may_pass(error, tries, self._now() - began_at):
                    raise
            await self._caller.loop.sleep(REFUSED_PAUSE_S, give_up, self._cancel)
        return None

    def _may_pass(self, error: AwsError, tries: int, lasted_s: float) -> bool:
        """Return whether to read again after a failure that no retry of the call has cured."""
        if error.code == AwsError.BAD_ANSWER:
            return lasted_s < self._policy.max_elapsed_s
        return not transient(error) and tries < MAX_REFUSALS

    async def _ask(self, request: Body, give_up: Event) -> _Page | None:
        answer = await self._call(request, give_up)
        events = members(answer, "events", dict, GET_LOG_EVENTS.name)
        token = member(answer, "nextForwardToken", str, GET_LOG_EVENTS.name, "") or None
        self._answered()
        self._exists = True
        return None if self._closed else (events, token)

    async def _call(self, request: Body, give_up: Event) -> Body:
        """Return what GetLogEvents answers; if the call is to be renewed, another one takes its place."""
        # A call in a worker thread cannot be stopped. One that is renewed is left there, and ends with the
        # SDK's own timeout; `last` keeps it from being made again, and nobody takes its answer.
        loop = self._caller.loop
        while True:
            again, last = self._again, Event()
            calling: Task[Body] = loop.create_task(
                self._caller.call(
                    self._target,
                    GET_LOG_EVENTS,
                    request,
                    self._policy,
                    about=f"stream {self._place.stream} of group {self._place.group}",
                    cancel=last,
                    bucket=self._bucket,
                )
            )
            await loop.wait(calling.done, give_up, again)
            last.set()
            if give_up.is_set() or not again.is_set():
                await loop.wait(calling.done)
            if calling.done.is_set():
                return calling.result()

    def _hand_on(self, events: Sequence[Body]) -> int:
        self._remember(events)
        if events:
            self._events += len(events)
            self._take(tuple(_message(each) for each in events))
        return len(events)

    def _remember(self, events: Sequence[Body]) -> None:
        for each in events:
            key = _key(each)
            self._seen[key] += 1
            heapq.heappush(self._order, (_timestamp(each), key))
        while len(self._order) > REMEMBERED:
            # The oldest are forgotten, and later sweeps start after them: read again, they would count as
            # new. The oldest by time, not by arrival: one from the future must not hide what comes after it.
            timestamp, key = heapq.heappop(self._order)
            self._start_ms = max(self._start_ms, timestamp + 1)
            self._seen[key] -= 1
            if not self._seen[key]:
                del self._seen[key]


def _is_full(events: Sequence[Body]) -> bool:
    return len(events) >= FULL_PAGE or sum(len(_message(each)) for each in events) > FULL_PAGE_CHARACTERS


def _key(event: Body) -> int:
    return hash((_timestamp(event), _message(event)))


def _message(event: Body) -> str:
    return as_text(event.get("message")) or ""


def _timestamp(event: Body) -> int:
    timestamp = event.get("timestamp")
    return timestamp if isinstance(timestamp, int) else 0
