"""Which of the tasks of one process writes into a folder next."""

from collections import deque
from typing import Final

from ecsplan_applier.scheduling.scheduler import Event, Loop

MAX_PAUSE_S: Final = 0.05
"""The longest pause of a process between two attempts to get the lock of a folder."""
_MAX_STREAK_S: Final = 1.0
"""How long one process writes into a folder while the others find its lock held at nearly every attempt."""
_REST_S: Final = 1.5 * MAX_PAUSE_S
"""How long it then leaves the lock to them: each of them makes an attempt in this time."""


class WriteQueue:
    """Gives the tasks of a loop that write into one folder their turns, one at a time.

    The lock of a folder is polled. Tasks of one process that poll for it at the same time find it held by
    one another, and the more there are, the longer they pause while nobody has it.

    Writers that replace a document go before those that create one: the job of such a writer is under way,
    and would otherwise wait for a thousand jobs that begin. Each job has at most one write under way, so that
    those that begin do not wait forever.

    Args:
        loop: Runs the waiting.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._is_taken = False
        self._replacing: deque[Event] = deque()
        self._creating: deque[Event] = deque()
        # When a turn last ended, when turns began to follow one another closely, and when a write succeeded.
        self._left_at = self._streak_began = self._written_at = float("-inf")

    @property
    def written_at(self) -> float:
        """When a writer last had the lock and wrote, by the clock's `elapsed`; minus infinity for never."""
        return self._written_at

    async def enter(self, *, creates: bool) -> None:
        """Wait for a turn, which ends with `leave`.

        Args:
            creates: Whether the document is written for the first time.
        """
        if self._is_taken:
            turn = Event()
            (self._creating if creates else self._replacing).append(turn)
            await self._loop.wait(turn)
        self._is_taken = True
        await self._rest()

    def leave(self, *, has_written: bool) -> None:
        """End a turn; the next one begins."""
        self._left_at = self._loop.clock.elapsed()
        if has_written:
            self._written_at = self._left_at
        # The turn passes straight to the next in line, so that nobody overtakes it.
        waiting = self._replacing or self._creating
        if waiting:
            waiting.popleft().set()
        else:
            self._is_taken = False

    async def _rest(self) -> None:
        """Leave the lock to other processes for a moment, after a long streak of writes."""
        now = self._loop.clock.elapsed()
        if now - self._left_at >= _REST_S:
            self._streak_began = now
        elif now - self._streak_began >= _MAX_STREAK_S:
            await self._loop.sleep(_REST_S)
            self._streak_began = self._loop.clock.elapsed()
