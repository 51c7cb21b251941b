"""Reading logs: every event of a task's stream once, the first and the last included.

GetLogEvents reads forward by a token, which is a position in the order of timestamps: an event that arrives
late with an older timestamp lies behind it and would be missed. So the stream is read again from its head
now and then, and always at the end, and what was not printed yet is. FilterLogEvents gives each event an id,
but is allowed a fifth of the calls (CloudWatch Logs quotas) and is one more permission.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from ecsplan.observed import Body
from ecsplan.plan import Logs
from ecsplan_applier.answers import member, members
from ecsplan_applier.errors import ApplierError, AwsError
from ecsplan_applier.events import LogLines
from ecsplan_applier.fleet import Copy
from ecsplan_applier.gateway import Target
from ecsplan_applier.loop import Flag
from ecsplan_applier.operations import GET_LOG_EVENTS
from ecsplan_applier.retry import WATCHING
from ecsplan_applier.scene import Scene

QUIET_READS: Final = 2
QUIET_S: Final = 10.0
"""After STOPPED a stream is read until two reads find nothing; one that is missing is waited for, for at
most ten seconds (docs/guarantees.md). Measured with containers on a local engine: 4 of 80 short tasks had an
empty log right after STOPPED, all were complete two seconds later."""
LAST_PAUSE_S: Final = 1.0
FIRST_PAUSE_S: Final = 1.0
GROWTH: Final = 1.5
QUIET_SHARE: Final = 2.0
"""Quiet streams together take at most one in so many of the reads that AWS allows."""
SWEEP_EVERY_S: Final = 30.0
FULL_PAGE: Final = 500
FULL_PAGE_CHARACTERS: Final = 200_000
"""A page with so many events or characters is likely followed by another one; pages end at 10,000 events or
1 MiB (CloudWatch Logs API reference, GetLogEvents)."""
REMEMBERED: Final = 50_000
"""Events of one stream that are remembered; one that comes later than that many newer ones is not seen."""
NO_LOG_YET: Final = frozenset({"", "PROVISIONING"})
"""States in which no container exists."""
MOST_BAD_ANSWERS: Final = 5
_NO_STREAM: Final = "ResourceNotFoundException"

_Page: TypeAlias = tuple[Sequence[Mapping[str, Any]], str | None]
"""Events, and the token of what follows them."""


class Turnstile:
    """Lets a bounded number of readers read at the same time: those whose task is over, then the busiest."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._free = scene.limits.log_readers
        self._waiting: list[tuple[bool, int, int, Flag]] = []
        self._numbers = itertools.count()
        self.readers = 0

    @property
    def slowest_s(self) -> float:
        """How long a quiet stream is left alone, so that all readers together keep to the pace."""
        return QUIET_SHARE * self.readers / self._scene.limits.log_reads.per_s

    async def enter(self, lines: int, *, over: bool) -> None:
        """Wait for one's turn; `lines` is what the last read brought."""
        if self._free:
            self._free -= 1
            return
        mine = Flag()
        heapq.heappush(self._waiting, (not over, -lines, next(self._numbers), mine))
        await self._scene.loop.wait(mine)

    def leave(self) -> None:
        """Let the next one in."""
        if self._waiting:
            heapq.heappop(self._waiting)[3].raise_()
        else:
            self._free += 1


class Reader:
    """Reads the stream of one task.

    Args:
        scene: The apply.
        copy: The copy whose task it is.
        logs: Where its container logs.
        turnstile: Shared with the other readers.
    """

    def __init__(self, scene: Scene, copy: Copy, logs: Logs, turnstile: Turnstile) -> None:
        self._scene = scene
        self._copy = copy
        self._turnstile = turnstile
        self._target: Target = copy.job.target.in_region(logs.region)
        container = copy.job.planned.watch.container
        task_id = "" if copy.task is None else copy.task.task_id
        self._where = {
            "logGroupName": logs.group,
            "logStreamName": f"{logs.stream_prefix}/{container}/{task_id}",
        }
        self._token: str | None = None
        self._token_ms = 0
        self._start_ms = 0
        self._seen: Counter[int] = Counter()
        self._order: list[tuple[int, int]] = []
        self._exists = False
        self._swept_at = 0.0

    async def follow(self) -> None:
        """Print the stream until its task is over and the stream is quiet."""
        self._turnstile.readers += 1
        try:
            await self._follow()
        except ApplierError as error:
            what = f"the log in group {self._where['logGroupName']} cannot be read any further: {error}"
            key = f"log {self._where['logGroupName']} {type(error).__name__}"
            self._scene.warn_once(self._copy.label, what, key=key)
        self._turnstile.readers -= 1

    async def _follow(self) -> None:
        scene, copy = self._scene, self._copy
        await scene.loop.wait(copy.begun, scene.leave, seconds=FIRST_PAUSE_S)
        pause, lines = FIRST_PAUSE_S, 0
        while not copy.over.raised and not scene.leave.raised:
            if copy.task is None or copy.task.status not in NO_LOG_YET:
                lines = await self._read_in_turn(lines, sweep=self._sweep_is_due())
            interval = copy.job.planned.watch.poll_interval_s
            slowest = max(FIRST_PAUSE_S, interval, self._turnstile.slowest_s)
            pause = FIRST_PAUSE_S if lines else min(slowest, pause * GROWTH)
            begun = () if copy.begun.raised else (copy.begun,)
            await scene.loop.sleep(pause, copy.over, scene.leave, *begun)
        await self._drain(lines)

    async def _drain(self, lines: int) -> None:
        """Read what comes after STOPPED; the last read is from the head."""
        scene = self._scene
        lines = await self._read_in_turn(lines, sweep=False)
        quiet_reads, quiet_since = 0, scene.now()
        ran = self._copy.task is not None and self._copy.task.has_run
        while not scene.leave.raised:
            waits_for_stream = ran and not self._exists and scene.now() - quiet_since < QUIET_S
            if quiet_reads >= QUIET_READS and not waits_for_stream:
                return
            await scene.loop.sleep(LAST_PAUSE_S, scene.leave)
            lines = await self._read_in_turn(lines, sweep=quiet_reads + 1 >= QUIET_READS)
            quiet_reads = 0 if lines else quiet_reads + 1
            quiet_since = scene.now() if lines else quiet_since

    def _sweep_is_due(self) -> bool:
        return self._exists and self._scene.now() - self._swept_at >= SWEEP_EVERY_S

    async def _read_in_turn(self, lines: int, *, sweep: bool) -> int:
        await self._turnstile.enter(lines, over=self._copy.over.raised)
        try:
            return await (self._sweep() if sweep else self._go_on())
        finally:
            self._turnstile.leave()

    async def _go_on(self) -> int:
        """Print what follows the last position, and return how many events that were.

        A small page is followed by another one only at the next read: AWS may end a page early, but then the
        token goes on from there.
        """
        printed = 0
        while not self._scene.leave.raised:
            page = await self._page(self._token, self._token_ms)
            if page is None:
                return printed
            events, token = page
            if token != self._token:
                printed += self._print(events)
            ended = token in {None, self._token} or not _is_full(events)
            self._token = token or self._token
            if ended:
                return printed
        return printed

    async def _sweep(self) -> int:
        """Read from the head, print what was not printed, and return how many events that were."""
        self._swept_at = self._scene.now()
        passed: Counter[int] = Counter()
        printed, token, first, start_ms = 0, None, True, self._start_ms
        while not self._scene.leave.raised:
            page = await self._page(token, start_ms)
            if page is None:
                return printed
            events, following = page
            if first or following != token:
                missed = []
                for each in events:
                    key = _key(each)
                    passed[key] += 1
                    if passed[key] > self._seen[key]:
                        missed.append(each)
                printed += self._print(missed)
            if following in {None, token}:
                break
            token, first = following, False
        self._token, self._token_ms = token, start_ms
        return printed

    async def _page(self, token: str | None, start_ms: int) -> _Page | None:
        """Return a page of the stream and the token of the next one; None where there is no stream yet.

        A token goes with the start time that it was given for: another one could skip what it has not shown.
        After a garbled answer the next may be better.
        """
        request: dict[str, Any] = {**self._where, "startFromHead": True}
        if start_ms:
            request["startTime"] = start_ms
        if token is not None:
            request["nextToken"] = token
        for left in range(MOST_BAD_ANSWERS - 1, -1, -1):
            try:
                return await self._ask(request)
            except AwsError as error:
                if error.code == _NO_STREAM:
                    return None
                if error.code != AwsError.BAD_ANSWER or not left or self._scene.leave.raised:
                    raise
            await self._scene.loop.sleep(LAST_PAUSE_S, self._scene.leave)
        return None

    async def _ask(self, request: Body) -> _Page:
        scene = self._scene
        answer: Body = await scene.caller.call(
            self._target,
            GET_LOG_EVENTS,
            request,
            WATCHING,
            about=f"stream {self._where['logStreamName']} of group {self._where['logGroupName']}",
            give_up=scene.leave,
            bucket=scene.bucket(self._target, "log_reads"),
        )
        events = members(answer, "events", dict, GET_LOG_EVENTS.name)
        self._exists = True
        return events, member(answer, "nextForwardToken", str, GET_LOG_EVENTS.name, "") or None

    def _print(self, events: Sequence[Mapping[str, Any]]) -> int:
        for each in events:
            key = _key(each)
            self._seen[key] += 1
            heapq.heappush(self._order, (_timestamp(each), key))
        while len(self._order) > REMEMBERED:
            # By their times: one from the future must not hide what comes after it.
            timestamp, key = heapq.heappop(self._order)
            self._start_ms = max(self._start_ms, timestamp + 1)
            self._seen[key] -= 1
            if not self._seen[key]:
                del self._seen[key]
        if events:
            lines = tuple(_message(each) for each in events)
            self._scene.emit(LogLines(self._copy.label, lines))
        return len(events)


def _is_full(events: Sequence[Mapping[str, Any]]) -> bool:
    return len(events) >= FULL_PAGE or sum(len(_message(each)) for each in events) > FULL_PAGE_CHARACTERS


def _key(event: Mapping[str, Any]) -> int:
    return hash((_timestamp(event), _message(event)))


def _message(event: Mapping[str, Any]) -> str:
    message = event.get("message")
    return message if isinstance(message, str) else ""


def _timestamp(event: Mapping[str, Any]) -> int:
    timestamp = event.get("timestamp")
    return timestamp if isinstance(timestamp, int) else 0
