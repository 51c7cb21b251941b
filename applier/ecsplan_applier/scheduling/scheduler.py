"""The scheduler: activities are coroutines in one thread, which owns all state; AWS calls run in workers.

One thread that owns everything needs no locks, and a thousand jobs cost a thousand small coroutines, not
a thousand stacks. Calls block in botocore, so a bounded number of worker threads makes them. asyncio would
do as well, but its import costs 50 ms, and a test cannot own its time. With `workers=0` calls run inline
and time jumps from one timer to the next: a test of a two-minute timeout is deterministic and short.
"""

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.scheduling.clock import Clock

T = TypeVar("T")

Coro = Coroutine[Any, Any, T]


@dataclass(frozen=True, slots=True)
class _Pause:
    """What an activity awaits: a call to be made, a time to come, or a flag to be raised."""

    call: Callable[[], Any] | None = None
    until: float | None = None
    flags: tuple["Flag", ...] = ()

    def __await__(self) -> Generator["_Pause", Any, Any]:
        return (yield self)


class Flag:
    """Something that happens once, and that activities wait for."""

    __slots__ = ("_waiting", "raised")

    def __init__(self) -> None:
        self.raised = False
        self._waiting: dict[int, tuple[Loop, _Wait]] = {}

    def raise_(self) -> None:
        """Let everything go on that waits for it; once."""
        self.raised = True
        waiting, self._waiting = self._waiting, {}
        for loop, wait in waiting.values():
            loop.ready(wait, None)

    def add(self, loop: "Loop", wait: "_Wait") -> None:
        """Remember who waits."""
        self._waiting[id(wait)] = (loop, wait)

    def drop(self, wait: "_Wait") -> None:
        """Forget who went on for another reason."""
        self._waiting.pop(id(wait), None)


class Activity(Generic[T]):
    """A coroutine that the loop carries on; `done` is raised when it has ended."""

    __slots__ = ("alone", "coro", "done", "error", "result")

    def __init__(self, coro: Coro[T], *, alone: bool = False) -> None:
        self.coro = coro
        self.alone = alone
        self.done = Flag()
        self.result: T | None = None
        self.error: ApplierError | None = None

    def value(self) -> T:
        """Return what the coroutine returned, or raise what it raised; it must have ended."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # None only where T is None


class Mutex:
    """Something that one activity has at a time, in the order in which they asked."""

    __slots__ = ("_last", "_loop")

    def __init__(self, loop: "Loop") -> None:
        self._loop = loop
        self._last: Flag | None = None

    async def acquire(self) -> Flag:
        """Wait for one's turn, and return the flag to raise when it is over."""
        before, mine = self._last, Flag()
        self._last = mine
        if before is not None:
            await self._loop.wait(before)
        return mine


class Gate:
    """What many activities pass at a time, until one asks to be alone: it waits until nobody is inside."""

    __slots__ = ("_closed", "_inside", "_left", "_loop")

    def __init__(self, loop: "Loop") -> None:
        self._loop = loop
        self._inside = 0
        self._left = Flag()
        self._closed: Flag | None = None

    async def enter(self) -> None:
        """Go in, once nobody is alone there; to be followed by `leave`."""
        while self._closed is not None:
            await self._loop.wait(self._closed)
        self._inside += 1

    def leave(self) -> None:
        """Go out."""
        self._inside -= 1
        if not self._inside:
            self._left.raise_()

    async def close(self) -> None:
        """Wait until nobody is inside, and let nobody in until `open`."""
        while self._closed is not None:
            await self._loop.wait(self._closed)
        self._closed = Flag()
        while self._inside:
            self._left = Flag()
            await self._loop.wait(self._left)

    def open(self) -> None:
        """Let others in again."""
        opened, self._closed = self._closed, None
        if opened is not None:
            opened.raise_()


@dataclass(slots=True, eq=False)
class _Wait:
    """One await of an activity; answered once, by whichever comes first."""

    activity: Activity[Any]
    flags: tuple[Flag, ...]
    answered: bool = field(default=False)


class Loop:
    """Carries activities on until they end.

    Args:
        clock: The time that sleeps are measured by.
        workers: Most calls at the same time; 0 makes calls inline.
    """

    def __init__(self, clock: Clock, workers: int = 16) -> None:
        self.clock = clock
        self._workers = workers
        self._threads = 0
        self._idle = 0
        self._calling = 0
        self._inbox: SimpleQueue[tuple[_Wait, Callable[[], Any]] | None] = SimpleQueue()
        self._mail: SimpleQueue[tuple[_Wait, Any, BaseException | None] | Callable[[], None]] = SimpleQueue()
        self._ready: deque[tuple[_Wait, Any, BaseException | None]] = deque()
        self._timers: list[tuple[float, int, _Wait]] = []
        self._numbers = itertools.count()

    def spawn(self, coro: Coro[T], *, alone: bool = False) -> Activity[T]:
        """Start an activity; it runs with the next turn. One that nobody awaits is `alone`."""
        activity = Activity(coro, alone=alone)
        self.ready(_Wait(activity, ()), None)
        return activity

    def call(self, make: Callable[[], T]) -> Coro[T]:
        """Return what `make` returns, called in a worker thread; raise what it raises."""
        return self._call(make)

    async def _call(self, make: Callable[[], Any]) -> Any:
        return await _Pause(call=make)

    async def sleep(self, seconds: float, *flags: Flag) -> None:
        """Go on after `seconds`, or at once when one of the flags is raised."""
        if not any(each.raised for each in flags):
            await _Pause(until=self.clock.elapsed() + max(0.0, seconds), flags=flags)

    async def wait(self, *flags: Flag, seconds: float | None = None) -> None:
        """Go on when one of the flags is raised, or after `seconds`."""
        if not any(each.raised for each in flags):
            until = None if seconds is None else self.clock.elapsed() + max(0.0, seconds)
            await _Pause(until=until, flags=flags)

    async def gather(self, coros: Iterable[Coro[T]]) -> list[T]:
        """Return what all of them return, in their order; raise the first error after all have ended."""
        activities = [self.spawn(each) for each in coros]
        for each in activities:
            await self.wait(each.done)
        return [each.value() for each in activities]

    def run(self, coro: Coro[T]) -> T:
        """Carry a coroutine on to its end, and return what it returns."""
        activity = self.spawn(coro)
        while not activity.done.raised:
            self.turn()
        self.close()
        return activity.value()

    def poke(self, action: Callable[[], None]) -> None:
        """Have `action` run in the loop's thread soon; safe from signal handlers and other threads."""
        self._mail.put(action)

    def turn(self) -> None:
        """Carry on whatever can go on; wait where nothing can.

        Errors of ours go to whoever awaits the activity; any other exception is a bug and leaves here.
        """
        self._wake_due()
        if not self._ready:
            self._receive(self._patience())
        while self._ready or not self._mail.empty():
            while not self._mail.empty():
                self._take(self._mail.get_nowait())
            if self._ready:
                wait, value, error = self._ready.popleft()
                self._step(wait.activity, value, error)

    def close(self) -> None:
        """Let the worker threads end; calls that are under way are not waited for."""
        for _ in range(self._threads):
            self._inbox.put(None)
        self._threads = 0

    def ready(self, wait: _Wait, value: Any, error: BaseException | None = None) -> None:
        """Have an activity go on with a value or an error; only its first answer counts."""
        if wait.answered:
            return
        wait.answered = True
        for flag in wait.flags:
            flag.drop(wait)
        self._ready.append((wait, value, error))

    def _patience(self) -> float | None:
        return max(0.0, self._timers[0][0] - self.clock.elapsed()) if self._timers else None

    def _receive(self, patience: float | None) -> None:
        if patience is None and not self._calling and self._workers == 0:
            raise RuntimeError("every activity waits for something that nobody will bring about")
        got = self.clock.wait(self._mail, patience)
        if got is not None:
            self._take(got)
        self._wake_due()

    def _take(self, got: Any) -> None:
        if isinstance(got, tuple):
            self._calling -= 1
            self.ready(*got)
        else:
            got()

    def _wake_due(self) -> None:
        now = self.clock.elapsed()
        while self._timers and (self._timers[0][0] <= now or self._timers[0][2].answered):
            self.ready(heapq.heappop(self._timers)[2], None)

    def _step(self, activity: Activity[Any], value: Any, error: BaseException | None) -> None:
        try:
            pause = activity.coro.send(value) if error is None else activity.coro.throw(error)
        except StopIteration as end:
            activity.result = end.value
            activity.done.raise_()
        except ApplierError as failure:
            if activity.alone:
                raise
            activity.error = failure
            activity.done.raise_()
        else:
            self._arrange(activity, pause)

    def _arrange(self, activity: Activity[Any], pause: _Pause) -> None:
        wait = _Wait(activity, pause.flags)
        for flag in pause.flags:
            flag.add(self, wait)
        if pause.until is not None:
            heapq.heappush(self._timers, (pause.until, next(self._numbers), wait))
        if pause.call is not None:
            self._begin(wait, pause.call)

    def _begin(self, wait: _Wait, make: Callable[[], Any]) -> None:
        if self._workers == 0:
            self.ready(wait, *_outcome(make))
            return
        self._calling += 1
        self._inbox.put((wait, make))
        if self._calling > self._threads and self._threads < self._workers:
            self._threads += 1
            name = f"ecsplan-call-{self._threads}"
            threading.Thread(target=_work, args=(self._inbox, self._mail), name=name, daemon=True).start()


def _outcome(make: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return make(), None
    except BaseException as error:  # noqa: BLE001 - raised again in the activity that asked for the call
        return None, error


def _work(inbox: "SimpleQueue[Any]", mail: "SimpleQueue[Any]") -> None:
    """Make calls until told to end. A daemon thread, so that a hanging call holds up no exit."""
    while (job := inbox.get()) is not None:
        wait, make = job
        mail.put((wait, *_outcome(make)))
