"""Locks between the tasks of one loop: exclusive ones, ones that many share, and a number of slots."""

from collections import deque

from ecsplan_applier.scheduling.scheduler import Event, Loop


class Lock:
    """A lock that tasks acquire in the order in which they asked: `async with lock`."""

    __slots__ = ("_held", "_loop", "_waiting")

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._held = False
        self._waiting: deque[Event] = deque()

    async def __aenter__(self) -> None:
        if self._held:
            turn = Event()
            self._waiting.append(turn)
            await self._loop.wait(turn)
        self._held = True

    async def __aexit__(self, *_: object) -> None:
        # The lock passes straight to the next in line: it is never free in between, so nobody can overtake.
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._held = False


class SharedLock:
    """A lock that many tasks share, until one asks for it exclusively: that one waits for all the others.

    Whoever asks for a share while somebody has it exclusively, or waits for that, waits in turn.
    """

    __slots__ = ("_exclusive", "_loop", "_released", "_shares")

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._shares = 0
        self._released = Event()
        self._exclusive: Event | None = None

    async def acquire_shared(self) -> None:
        """Take a share, once nobody has the lock exclusively; to be followed by `release_shared`."""
        while self._exclusive is not None:
            await self._loop.wait(self._exclusive)
        self._shares += 1

    def release_shared(self) -> None:
        """Give a share back."""
        self._shares -= 1
        if not self._shares:
            self._released.set()

    async def acquire_exclusive(self) -> None:
        """Keep new shares out, and wait until all are given back; to be followed by `release_exclusive`."""
        while self._exclusive is not None:
            await self._loop.wait(self._exclusive)
        self._exclusive = Event()
        while self._shares:
            self._released = Event()
            await self._loop.wait(self._released)

    def release_exclusive(self) -> None:
        """Let others take shares again."""
        released, self._exclusive = self._exclusive, None
        if released is not None:
            released.set()


class Slots:
    """A number of slots, which holders take in the order in which they asked.

    One who turns out to hold a slot without having asked counts as well, also beyond the number.

    Args:
        count: How many there are.
    """

    __slots__ = ("_count", "_held", "_waiting")

    def __init__(self, count: int) -> None:
        self._count = count
        self._held: set[object] = set()
        self._waiting: deque[tuple[object, Event]] = deque()

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    @property
    def held(self) -> frozenset[object]:
        """Who holds a slot."""
        return frozenset(self._held)

    async def take(self, loop: Loop, holder: object, *cancel: Event) -> bool:
        """Wait for a slot, or until an event is set; return whether the holder has one."""
        if holder in self._held:
            return True
        turn = Event()
        self._waiting.append((holder, turn))
        self._grant()
        await loop.wait(turn, *cancel)
        if not turn.is_set():
            self._waiting.remove((holder, turn))
        return turn.is_set()

    def occupy(self, holder: object) -> None:
        """Count somebody who holds a slot already."""
        self._held.add(holder)

    def leave(self, holder: object) -> None:
        """Give a slot back, if the holder has one."""
        if holder in self._held:
            self._held.remove(holder)
            self._grant()

    def _grant(self) -> None:
        # Invariant: nobody waits while a slot is free.
        while self._waiting and len(self._held) < self._count:
            holder, turn = self._waiting.popleft()
            self._held.add(holder)
            turn.set()
