"""Rate limits: token buckets for the calls that AWS meters, slower for a while after AWS has throttled."""

from collections.abc import Callable
from typing import Final, Protocol

from ecsplan.terms.records import dataclass
from ecsplan_applier.scheduling.scheduler import Coro, Event, Loop

_MARGIN: Final = 0.985
"""Calls reach AWS with a jitter; a bucket that is a little slower than AWS's own is never caught by it."""
_SLOWER: Final = 0.7
_FASTER: Final = 1.03
_SLOWEST: Final = 0.02
_PENALTY_S: Final = 0.5
_NEARLY: Final = 1e-3
_SHORTEST_S: Final = 1e-3
"""Time and levels are floats: what rounding leaves over is not waited for."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second after that; at least `slowest_per_s` while AWS throttles.

    With each call that AWS accepts, the rate is multiplied by `faster`, up to `per_s`: a high factor finds an
    unknown quota soon, and has more calls throttled.
    """

    burst: float
    per_s: float
    slowest_per_s: float = 0.0
    faster: float = _FASTER


_LOG_READS_PER_S: Final = 25.0
_FEWER_LOG_READS_PER_S: Final = {
    "ap-northeast-3": 10.0,
    "ap-southeast-3": 10.0,
    "ca-west-1": 10.0,
    "eu-central-1": 10.0,
    "eu-west-1": 10.0,
    "il-central-1": 10.0,
    "us-west-2": 10.0,
}
"""GetLogEvents calls a second that an account may make in a region; in regions that are not named here, 25 or
more (AWS General Reference, CloudWatch Logs endpoints and quotas; CloudWatch Logs user guide, quotas). The
quota cannot be raised, and consoles and other tools of the account share it."""
LOG_PAGES: Final = "log_pages"
"""The kind of call that reads a log that is there already, page after page."""
_MAX_LOG_READS_PER_S: Final = 10.0
_SLOWEST_LOG_READS_PER_S: Final = 1.0
"""The end of a log is given up after seconds without an answer: it must be asked for more often than that."""


def log_reads(per_s: float) -> Rate:
    """Return a rate of reading logs: evenly, as others of the account read logs at the same time."""
    return Rate(1, per_s, _SLOWEST_LOG_READS_PER_S)


def log_reads_in(region: str) -> Rate:
    """Return how fast to read logs in a region: at most half of the account's quota, and 10 calls/s."""
    quota = _FEWER_LOG_READS_PER_S.get(region, _LOG_READS_PER_S)
    return log_reads(min(_MAX_LOG_READS_PER_S, quota / 2))


def log_pages_in(region: str, log_reads: Rate | None) -> Rate:
    """Return how fast to read a log that is there already: at once what the quota of a second allows.

    Args:
        region: The region of the logs.
        log_reads: The rate that is set for reading logs, or None.
    """
    if log_reads is not None:
        return log_reads
    rate = log_reads_in(region)
    return Rate(_FEWER_LOG_READS_PER_S.get(region, _LOG_READS_PER_S), rate.per_s, rate.slowest_per_s)


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast an apply calls AWS, for each account and region.

    AWS publishes quotas for the first two (ECS developer guide, Fargate throttling quotas) and for reading
    logs. For the others it publishes none: these start high, and throttling slows them down.

    Attributes:
        run_calls: RunTask calls.
        launches: Tasks launched.
        log_reads: GetLogEvents calls; None is what `log_reads_in` says.
        definitions: RegisterTaskDefinition calls.
        descriptions: DescribeTasks calls.
        stops: StopTask calls.
        log_readers: Streams that are read at the same time.
    """

    run_calls: Rate = Rate(20, 20)
    launches: Rate = Rate(100, 20)
    log_reads: Rate | None = None
    definitions: Rate = Rate(50, 50)
    descriptions: Rate = Rate(40, 20)
    stops: Rate = Rate(100, 40)
    log_readers: int = 8

    def rate(self, kind: str, region: str) -> Rate:
        """Return the rate of a kind of call in a region: an attribute of this class, or `log_pages`."""
        if kind == LOG_PAGES:
            return log_pages_in(region, self.log_reads)
        rate: Rate | None = getattr(self, kind)
        return log_reads_in(region) if rate is None else rate


class RateLimit(Protocol):
    """Asked before each call, and informed of what became of it."""

    async def take(self, amount: float, *cancel: Event, urgent: bool = False) -> None:
        """Continue when `amount` is available, or when an event is set."""
        ...

    def throttled(self) -> None:
        """Go slower: AWS has refused the call."""
        ...

    def accepted(self) -> None:
        """Go faster again, up to the configured rate."""
        ...


class Bucket:
    """A token bucket that tasks take from in turn.

    Args:
        loop: Runs the waiting.
        rate: How much it holds when full, and how fast it fills.
    """

    def __init__(self, loop: Loop, rate: Rate) -> None:
        self._loop = loop
        self._most = rate.per_s * _MARGIN
        self._slowest = min(self._most, max(self._most * _SLOWEST, rate.slowest_per_s))
        self._per_s = self._most
        self._faster = rate.faster
        self._burst = max(1.0, rate.burst * _MARGIN)
        self._level = self._burst
        self._since = loop.clock.elapsed()
        self._slowed_at = self._since - _PENALTY_S
        self._last: Event | None = None

    async def take(self, amount: float, *cancel: Event, urgent: bool = False) -> None:
        """Continue when `amount` is available, after everybody who asked before, or when an event is set.

        An `urgent` caller does not wait in line: a call that is retried has done so once.
        """
        # A chain of events is the queue: each caller waits for the one before it, and wakes the one after it.
        before, mine = self._last, Event()
        if urgent:
            before = None
        else:
            self._last = mine
        if before is not None:
            await self._loop.wait(before, *cancel)
        # The level may sink while this caller sleeps (an urgent one, or throttling): so it is looked at
        # again.
        while (lack := self._lack(amount)) > _NEARLY and not any(each.is_set() for each in cancel):
            await self._loop.sleep(max(_SHORTEST_S, lack / self._per_s), *cancel)
        # May go below zero: an amount beyond the burst is paid off by whoever comes next.
        self._level -= amount
        mine.set()

    def throttled(self) -> None:
        """Go slower: AWS has refused a call that was paced by this bucket.

        Calls that were under way together count once.
        """
        self._refill()
        # Twenty calls that were sent together are throttled together: slowing down for each would stop
        # everything.
        if self._since - self._slowed_at < _PENALTY_S:
            return
        self._slowed_at = self._since
        self._per_s = max(self._per_s * _SLOWER, self._slowest)
        # What AWS counts is unknown: the bucket starts empty, and pauses before the next call.
        self._level = min(self._level, 0.0) - _PENALTY_S * self._per_s

    def accepted(self) -> None:
        """Go faster again, up to the configured rate."""
        self._per_s = min(self._most, self._per_s * self._faster)

    def _lack(self, amount: float) -> float:
        self._refill()
        return min(amount, self._burst) - self._level

    def _refill(self) -> None:
        now = self._loop.clock.elapsed()
        self._level = min(self._burst, self._level + (now - self._since) * self._per_s)
        self._since = now


class Paired:
    """A bucket to take from, and another that AWS may have meant when it throttles: both go slower then."""

    def __init__(self, taken: Bucket, other: Bucket) -> None:
        self._taken = taken
        self._other = other

    async def take(self, amount: float, *cancel: Event, urgent: bool = False) -> None:
        """Take from the first one."""
        await self._taken.take(amount, *cancel, urgent=urgent)

    def throttled(self) -> None:
        """Go slower with both."""
        self._taken.throttled()
        self._other.throttled()

    def accepted(self) -> None:
        """Go faster again with both."""
        self._taken.accepted()
        self._other.accepted()


class Guarded:
    """A limit, and a question that is asked of somebody else before each call that it lets through.

    Args:
        limit: The limit.
        ask: Asked after the limit; what it raises ends the calls.
    """

    def __init__(self, limit: RateLimit, ask: Callable[[], Coro[None]]) -> None:
        self._limit = limit
        self._ask = ask

    async def take(self, amount: float, *cancel: Event, urgent: bool = False) -> None:
        """Take from the limit, then ask."""
        await self._limit.take(amount, *cancel, urgent=urgent)
        await self._ask()

    def throttled(self) -> None:
        """Go slower."""
        self._limit.throttled()

    def accepted(self) -> None:
        """Go faster again."""
        self._limit.accepted()
