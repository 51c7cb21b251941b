"""A bounded number of log readers read at the same time; the others wait for their turn."""

import heapq
import itertools
from typing import Final

from ecsplan_applier.context import RunContext
from ecsplan_applier.scheduling.scheduler import Event

QUIET_SHARE: Final = 2.0
"""Quiet streams together take at most one in so many of the reads that an apply makes."""


class Turnstile:
    """Admits readers in turn: those whose task is over first, then the busiest.

    Args:
        context: The apply.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._free = context.limits.log_readers
        self._waiting: list[tuple[bool, int, int, Event]] = []
        self._inside: set[Event] = set()
        self._numbers = itertools.count()
        self._readers = 0
        self._answered_at = context.now()

    @property
    def answered_at(self) -> float:
        """When CloudWatch Logs last answered any reader, by the loop's clock."""
        return self._answered_at

    def join(self) -> None:
        """Count one more reader, which shares the rate with the others."""
        self._readers += 1

    def quit(self, ticket: Event) -> None:
        """Count one reader less, and take its ticket back."""
        self.leave(ticket)
        self._readers -= 1

    def note_answer(self) -> None:
        """Note that CloudWatch Logs has answered a reader just now."""
        self._answered_at = self._context.now()

    def slowest_s(self, region: str) -> float:
        """Return how long a quiet stream is not read, so that all readers together keep to the rate limit."""
        return QUIET_SHARE * self._readers / self._context.limits.rate("log_reads", region).per_s

    def own_delay_s(self, region: str) -> float:
        """Return how long an admitted reader may wait for its read because of the rate limit alone."""
        inside = min(self._readers, self._context.limits.log_readers)
        return inside / self._context.limits.rate("log_reads", region).per_s

    def ask(self, lines: int, *, over: bool) -> Event:
        """Return a ticket, which is set when its holder may read.

        Args:
            lines: How many events the holder's last read brought.
            over: Whether its task is over.
        """
        ticket = Event()
        # Only who could not be admitted is in the heap, so that a free place means that nobody waits.
        if self._free:
            self._free -= 1
            self._admit(ticket)
        else:
            heapq.heappush(self._waiting, (not over, -lines, next(self._numbers), ticket))
        return ticket

    def leave(self, ticket: Event) -> None:
        """Admit the next reader, or take back a ticket that was not admitted; a second time does nothing."""
        if not ticket.is_set():
            self._waiting = [each for each in self._waiting if each[3] is not ticket]
            heapq.heapify(self._waiting)
            # Set all the same: its holder may be waiting for it.
            ticket.set()
        if ticket not in self._inside:
            return
        self._inside.remove(ticket)
        if self._waiting:
            self._admit(heapq.heappop(self._waiting)[3])
        else:
            self._free += 1

    def _admit(self, ticket: Event) -> None:
        self._inside.add(ticket)
        ticket.set()
