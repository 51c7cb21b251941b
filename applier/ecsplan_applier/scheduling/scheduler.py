"""The scheduler: tasks are coroutines in one thread, which owns all state; AWS calls run in worker threads.

One thread that owns everything needs no locks around its state, and a thousand jobs cost a thousand small
coroutines, not a thousand stacks. Calls block in botocore, so a bounded number of worker threads makes them.

It is our own rather than asyncio for two reasons; the import is not one (7 ms, or up to 35 with the garbage
collections that it triggers, once boto3 with its 200 is loaded). First, its clock is an argument: with
`workers=0` calls run inline and time jumps from one timer to the next, so a test of a two-minute timeout is
deterministic and takes milliseconds; asyncio has no supported way to do that. Second, the order in which
tasks run is decided here and nowhere else, and the fault campaign (`tests/campaign/`) has proven the
applier's guarantees with this order, call by call. The words are asyncio's: `Event`, `Task`, `create_task`,
`gather`, `sleep`, and `Lock` in locking.py.
"""

import heapq
import inspect
import itertools
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from dataclasses import field
from queue import SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar

from ecsplan.terms.records import dataclass
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.scheduling.clock import Clock

T = TypeVar("T")

Coro = Coroutine[Any, Any, T]
"""What an `async def` returns; the type of what such a function yields and is sent is always Any."""


@dataclass(frozen=True, slots=True)
class _Pause:
    """What a task awaits: a call to be made, a time to come, or an event to be set."""

    call: Callable[[], object] | None = None
    until: float | None = None
    events: tuple["Event", ...] = ()

    def __await__(self) -> Generator["_Pause", object, Any]:
        # What comes back has the type that the awaiting task expects: only `to_thread` expects anything.
        return (yield self)


class Event:
    """Something that happens once, and that tasks wait for."""

    __slots__ = ("_is_set", "_waiting")

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: dict[int, tuple[Loop, _Wait]] = {}

    def is_set(self) -> bool:
        """Return whether it has happened."""
        return self._is_set

    def set(self) -> None:
        """Wake every task that waits for it. An event cannot be cleared."""
        self._is_set = True
        waiting, self._waiting = self._waiting, {}
        for loop, wait in waiting.values():
            loop.ready(wait, None)

    def add(self, loop: "Loop", wait: "_Wait") -> None:
        """Remember who waits."""
        self._waiting[id(wait)] = (loop, wait)

    def drop(self, wait: "_Wait") -> None:
        """Forget a wait that something else has ended.

        The applier's events live as long as an apply, and its waits for seconds: without this, `cancelled`
        would collect every wait of every poll.
        """
        self._waiting.pop(id(wait), None)


class Task(Generic[T]):
    """A coroutine that the loop runs; `done` is set when it has ended."""

    __slots__ = ("_coro", "_error", "_result", "background", "done")

    def __init__(self, coro: Coro[T], *, background: bool = False) -> None:
        self._coro = coro
        self.background = background
        self.done = Event()
        self._result: T | None = None
        self._error: ApplierError | None = None

    def result(self) -> T:
        """Return what the coroutine returned, or raise what it raised; it must have ended."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # None only where T is None

    def drop(self) -> None:
        """Have the coroutine never begin, unless it has begun."""
        if inspect.getcoroutinestate(self._coro) == inspect.CORO_CREATED:
            self._coro.close()

    def step(self, value: object, error: BaseException | None) -> _Pause | None:
        """Run the coroutine to its next await, and return what it awaits; None where it has ended."""
        try:
            pause: _Pause = self._coro.send(value) if error is None else self._coro.throw(error)
        except StopIteration as end:
            self._result = end.value
        except ApplierError as failure:
            # Whoever awaits the task gets the error. Nobody awaits a background task, where an error that
            # is kept here would be lost: it leaves the loop like a bug.
            if self.background:
                raise
            self._error = failure
        else:
            return pause
        self.done.set()
        return None


@dataclass(slots=True, eq=False)
class _Wait:
    """One await of a task; ended once, by whichever comes first."""

    task: Task[Any]  # of any result: a task is invariant in it
    events: tuple[Event, ...]
    _ended: bool = field(default=False)

    @property
    def ended(self) -> bool:
        """Whether something has ended it."""
        return self._ended

    def end(self) -> None:
        """Stop waiting for its events, and ignore whatever else would end it."""
        self._ended = True
        for event in self.events:
            event.drop(self)


_Job: TypeAlias = tuple[_Wait, Callable[[], object]]
"""A call for a worker thread, and the wait that it ends."""
_Ending: TypeAlias = tuple[_Wait, object, BaseException | None]
"""What ends a wait: a value, or an error."""


class Loop:
    """Runs tasks until they end.

    Args:
        clock: The time that sleeps are measured by.
        workers: Most calls at the same time; 0 makes calls inline.
    """

    def __init__(self, clock: Clock, workers: int = 16) -> None:
        self.clock = clock
        self._workers = workers
        self._threads = 0
        self._calling = 0
        self._inbox: SimpleQueue[_Job | None] = SimpleQueue()
        self._mail: SimpleQueue[_Ending | Callable[[], None]] = SimpleQueue()
        self._ready: deque[_Ending] = deque()
        self._timers: list[tuple[float, int, _Wait]] = []
        self._numbers = itertools.count()

    def create_task(self, coro: Coro[T], *, background: bool = False) -> Task[T]:
        """Start a task, which runs with the next turn; `background` is one that nobody awaits."""
        task = Task(coro, background=background)
        self.ready(_Wait(task, ()), None)
        return task

    async def to_thread(self, make: Callable[[], T]) -> T:
        """Return what `make` returns, called in a worker thread; raise what it raises."""
        made: T = await _Pause(call=make)
        return made

    async def sleep(self, seconds: float, *events: Event) -> None:
        """Continue after `seconds`, or as soon as one of the events is set."""
        if not any(each.is_set() for each in events):
            await _Pause(until=self.clock.elapsed() + max(0.0, seconds), events=events)

    async def wait(self, *events: Event, seconds: float | None = None) -> None:
        """Continue when one of the events is set, or after `seconds`."""
        if not any(each.is_set() for each in events):
            until = None if seconds is None else self.clock.elapsed() + max(0.0, seconds)
            await _Pause(until=until, events=events)

    async def gather(self, coros: Iterable[Coro[T]]) -> list[T]:
        """Return what all of them return, in their order; raise the first error after all have ended."""
        tasks = [self.create_task(each) for each in coros]
        for each in tasks:
            await self.wait(each.done)
        return [each.result() for each in tasks]

    def run(self, coro: Coro[T]) -> T:
        """Run a coroutine to its end, and return what it returns."""
        task = self.create_task(coro)
        while not task.done.is_set():
            self.run_once()
        self.close()
        return task.result()

    def call_soon_threadsafe(self, action: Callable[[], None]) -> None:
        """Have `action` run in the loop's thread soon; safe from signal handlers and other threads."""
        self._mail.put(action)

    def run_once(self) -> None:
        """Run whatever can run; wait where nothing can.

        Errors of ours go to whoever awaits the task; any other exception is a bug and leaves the loop here.
        """
        self._wake_due()
        if not self._ready:
            self._receive(self._until_next_timer_s())
        while self._ready or not self._mail.empty():
            # Mail first: a signal or an answer that is here already takes part in what is decided next.
            while not self._mail.empty():
                self._take(self._mail.get_nowait())
            if self._ready:
                wait, value, error = self._ready.popleft()
                self._step(wait.task, value, error)

    def close(self) -> None:
        """Let the worker threads end; calls that are under way are not waited for.

        Tasks that have not begun never do: Python would warn of them on stderr.
        """
        for wait, _, _ in self._ready:
            wait.task.drop()
        for _ in range(self._threads):
            self._inbox.put(None)
        self._threads = 0

    def ready(self, wait: _Wait, value: object, error: BaseException | None = None) -> None:
        """Have a task continue with a value or an error; of what ends one wait, only the first counts."""
        if not wait.ended:
            wait.end()
            self._ready.append((wait, value, error))

    def _until_next_timer_s(self) -> float | None:
        return max(0.0, self._timers[0][0] - self.clock.elapsed()) if self._timers else None

    def _receive(self, seconds: float | None) -> None:
        # A deadlock hangs forever with a real clock; with inline calls nothing else can wake anybody, so it
        # can be recognized.
        if seconds is None and not self._calling and self._workers == 0:
            raise RuntimeError("deadlock: every task waits for an event that nothing will set")
        got = self.clock.wait(self._mail, seconds)
        if got is not None:
            self._take(got)
        self._wake_due()

    def _take(self, got: "_Ending | Callable[[], None]") -> None:
        if isinstance(got, tuple):
            self._calling -= 1
            self.ready(*got)
        else:
            got()

    def _wake_due(self) -> None:
        now = self.clock.elapsed()
        # A wait that an event has ended stays in the heap until it comes to its top.
        while self._timers and (self._timers[0][0] <= now or self._timers[0][2].ended):
            self.ready(heapq.heappop(self._timers)[2], None)

    def _step(self, task: Task[Any], value: object, error: BaseException | None) -> None:
        pause = task.step(value, error)
        if pause is None:
            return
        wait = _Wait(task, pause.events)
        for event in pause.events:
            event.add(self, wait)
        if pause.until is not None:
            # The number keeps timers of one moment in the order in which they were set.
            heapq.heappush(self._timers, (pause.until, next(self._numbers), wait))
        if pause.call is not None:
            self._begin(wait, pause.call)

    def _begin(self, wait: _Wait, make: Callable[[], object]) -> None:
        if self._workers == 0:
            self.ready(wait, *_outcome(make))
            return
        self._calling += 1
        self._inbox.put((wait, make))
        if self._calling > self._threads and self._threads < self._workers:
            self._threads += 1
            name = f"ecsplan-call-{self._threads}"
            threading.Thread(target=_work, args=(self._inbox, self._mail), name=name, daemon=True).start()


def _outcome(make: Callable[[], object]) -> tuple[object, BaseException | None]:
    try:
        return make(), None
    except BaseException as error:  # noqa: BLE001 - raised again in the task that asked for the call
        return None, error


def _work(inbox: "SimpleQueue[_Job | None]", mail: "SimpleQueue[_Ending | Callable[[], None]]") -> None:
    """Make calls until the inbox ends. A daemon thread, so that a hanging call does not delay the exit."""
    while (job := inbox.get()) is not None:
        wait, make = job
        mail.put((wait, *_outcome(make)))
