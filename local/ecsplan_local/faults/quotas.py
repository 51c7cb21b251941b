"""AWS's published API rates as token buckets, for benchmarks and tests."""

import threading
from dataclasses import dataclass

from ecsplan_local.clock import Clock
from ecsplan_local.errors import ServiceError
from ecsplan_local.protocol.wire import Call


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket of `burst` tokens, refilled at `per_s` tokens per second."""

    burst: float
    per_s: float


RATES = {
    "RunTask": Rate(burst=20, per_s=20),
    "launches": Rate(burst=100, per_s=20),
    "DescribeClusters": Rate(burst=50, per_s=20),
}
"""RunTask calls and task launches: ECS developer guide, Fargate throttling quotas.
DescribeClusters: ECS API reference, request throttling (cluster read actions)."""


class Quotas:
    """The buckets of an endpoint, separate for each account and region."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}

    def admit(self, call: Call) -> None:
        """Take the tokens for a call.

        Raises:
            ServiceError: ThrottlingException, if a bucket has too few.
        """
        if call.service != "ecs" or call.operation not in RATES:
            return
        self._take(call.realm, call.operation, 1)
        if call.operation == "RunTask":
            # Before validation, so the count may be of any type.
            count = call.parameters.get("count", 1)
            self._take(call.realm, "launches", count if isinstance(count, int) else 1)

    def _take(self, realm: str, name: str, tokens: int) -> None:
        rate, now = RATES[name], self._clock.now()
        with self._lock:
            level, since = self._levels.get((realm, name), (rate.burst, now))
            # Refilled lazily, for the time since the last call; a refused call takes no tokens.
            level = min(rate.burst, level + (now - since) * rate.per_s)
            enough = level >= tokens
            self._levels[realm, name] = (level - tokens if enough else level, now)
        if not enough:
            raise ServiceError("ThrottlingException", "Rate exceeded")
