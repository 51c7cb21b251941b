"""The endpoint's clock: the machine's, or one that a test advances."""

import threading
import time
from collections.abc import Mapping
from typing import Protocol


class Clock(Protocol):
    """A source of time for the endpoint."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        ...

    def called(self, operation: str) -> None:
        """React to a call of an operation, before it is executed."""
        ...


class WallClock:
    """The machine's own time."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()

    def called(self, operation: str) -> None:
        """Do nothing: calls do not move this clock."""


class ScriptedClock:
    """A clock that moves only on request: by `advance`, or by a fixed amount with each call of an operation.

    Args:
        start: Seconds since 1970, UTC.
        per_call_s: Operation name, or `*` -> seconds by which a call advances the clock, before its effect.
    """

    def __init__(
        self, start: float = 1_800_000_000.0, *, per_call_s: Mapping[str, float] | None = None
    ) -> None:
        self._now = start
        self._per_call_s = dict(per_call_s or {})
        # Calls are served in parallel threads, and tests advance the clock from their own.
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        with self._lock:
            self._now += seconds

    def called(self, operation: str) -> None:
        """Advance the clock by the amount set for `operation`."""
        self.advance(self._per_call_s.get(operation, self._per_call_s.get("*", 0.0)))
