"""Observation for tests: recorded calls, and hooks around the n-th call of an operation."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ecsplan_local.protocol.wire import Call


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that the endpoint received.

    Args:
        operation: Such as `RunTask`.
        parameters: The input, in the shape of the service model; whoever looks at a call knows what it sent.
        time: The endpoint's clock, seconds since 1970.
        service: Such as `ecs`.
        region: Such as `us-east-1`.
    """

    operation: str
    parameters: Mapping[str, Any]
    time: float
    service: str
    region: str


Hook = Callable[[Recorded], None]
Moment = Literal["before", "after", "executed"]


class Recorder:
    """Records the calls, if enabled, and runs the hooks.

    Args:
        keep: Whether to record calls; memory then grows with each call.
    """

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._calls: list[Recorded] = []
        self._counts: Counter[str] = Counter()
        self._hooks: dict[tuple[str, int, Moment], list[Hook]] = {}

    def add(self, call: Call, time: float) -> tuple[Recorded, int]:
        """Record a call; return it with its number among the calls of its operation, from 1."""
        recorded = Recorded(call.operation, call.parameters, time, call.service, call.region)
        with self._lock:
            if self._keep:
                self._calls.append(recorded)
            self._counts[call.operation] += 1
            return recorded, self._counts[call.operation]

    def calls(self, operation: str | None = None) -> tuple[Recorded, ...]:
        """Return the recorded calls, all or those of one operation."""
        with self._lock:
            return tuple(each for each in self._calls if operation in {None, each.operation})

    def forget(self) -> None:
        """Delete the recorded calls and restart the counts."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()

    def hook(self, moment: Moment, operation: str, number: int, action: Hook) -> None:
        """Run `action` in the endpoint's thread at a moment of a call.

        Args:
            moment: Immediately before or after its effect, or once it was executed, refused or not.
            operation: Its operation.
            number: Its number among the calls of that operation, from 1.
            action: What is run.
        """
        with self._lock:
            self._hooks.setdefault((operation, number, moment), []).append(action)

    def run_hooks(self, moment: Moment, recorded: Recorded, number: int) -> None:
        """Run the hooks for this call."""
        with self._lock:
            actions = self._hooks.pop((recorded.operation, number, moment), [])
        # Outside the lock: a hook may call the endpoint.
        for action in actions:
            action(recorded)
