"""Lets a bounded number of log readers read at the same time."""

import heapq
import itertools
from typing import Final

from ecsplan_applier.context import Scene
from ecsplan_applier.scheduling.scheduler import Flag

QUIET_SHARE: Final = 2.0
"""Quiet streams together take at most one in so many of the reads that an apply makes."""


class Turnstile:
    """Admits readers in turn: those whose task is over first, then the busiest.

    Attributes:
        readers: How many readers share it.
        answered_at: When CloudWatch Logs last answered any of them, by the loop's clock.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._free = scene.limits.log_readers
        self._waiting: list[tuple[bool, int, int, Flag]] = []
        self._inside: set[Flag] = set()
        self._numbers = itertools.count()
        self.readers = 0
        self.answered_at = scene.now()

    def slowest_s(self, region: str) -> float:
        """Return how long a quiet stream is left alone, so that all readers together keep to the pace."""
        return QUIET_SHARE * self.readers / self._scene.limits.rate("log_reads", region).per_s

    def own_delay_s(self, region: str) -> float:
        """Return how long a reader inside may wait for its read because of the pace alone."""
        inside = min(self.readers, self._scene.limits.log_readers)
        return inside / self._scene.limits.rate("log_reads", region).per_s

    def ask(self, lines: int, *, over: bool) -> Flag:
        """Return a ticket, which is raised when its holder may read.

        Args:
            lines: How many events the holder's last read brought.
            over: Whether its task is over.
        """
        ticket = Flag()
        if self._free:
            self._free -= 1
            self._admit(ticket)
        else:
            heapq.heappush(self._waiting, (not over, -lines, next(self._numbers), ticket))
        return ticket

    def leave(self, ticket: Flag) -> None:
        """Let the next one in, or take back a ticket that was not admitted; a second time does nothing."""
        if not ticket.raised:
            self._waiting = [each for each in self._waiting if each[3] is not ticket]
            heapq.heapify(self._waiting)
            ticket.raise_()
        if ticket not in self._inside:
            return
        self._inside.remove(ticket)
        if self._waiting:
            self._admit(heapq.heappop(self._waiting)[3])
        else:
            self._free += 1

    def _admit(self, ticket: Flag) -> None:
        self._inside.add(ticket)
        ticket.raise_()
