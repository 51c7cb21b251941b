"""Locks between the tasks of one loop: exclusive ones, and ones that many tasks share."""

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
