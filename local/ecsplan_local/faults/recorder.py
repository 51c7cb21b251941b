"""What a test may watch: the calls that the endpoint got, and hooks around the n-th call of an operation."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ecsplan_local.protocol.wire import Call


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that the endpoint got, in the order of arrival.

    Args:
        operation: Such as `RunTask`.
        parameters: The input, in the shape of the service model.
        time: The endpoint's clock, seconds since 1970.
        service: Such as `ecs`.
        region: Such as `us-east-1`.
    """

    operation: str
    parameters: dict[str, Any]
    time: float
    service: str
    region: str


Hook = Callable[[Recorded], None]
Moment = Literal["before", "after"]


class Recorder:
    """Keeps the calls, if asked to, and runs the hooks.

    Args:
        keep: Whether calls are kept; a long-lived endpoint should not.
    """

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._calls: list[Recorded] = []
        self._counts: Counter[str] = Counter()
        self._hooks: dict[tuple[str, int, Moment], list[Hook]] = {}

    def arrived(self, call: Call, time: float) -> tuple[Recorded, int]:
        """Take note of a call; return it with its number among the calls of its operation, from 1."""
        recorded = Recorded(call.operation, call.parameters, time, call.service, call.region)
        with self._lock:
            if self._keep:
                self._calls.append(recorded)
            self._counts[call.operation] += 1
            return recorded, self._counts[call.operation]

    def calls(self, operation: str | None = None) -> tuple[Recorded, ...]:
        """Return the calls kept so far, all or those of one operation."""
        with self._lock:
            return tuple(each for each in self._calls if operation in {None, each.operation})

    def forget(self) -> None:
        """Drop the calls kept so far and count from the start."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()

    def hook(self, moment: Moment, operation: str, number: int, action: Hook) -> None:
        """Have `action` run in the endpoint's thread right before or after the effect of a call."""
        with self._lock:
            self._hooks.setdefault((operation, number, moment), []).append(action)

    def run_hooks(self, moment: Moment, recorded: Recorded, number: int) -> None:
        """Run the hooks that wait for this call."""
        with self._lock:
            actions = self._hooks.pop((recorded.operation, number, moment), [])
        for action in actions:
            action(recorded)
