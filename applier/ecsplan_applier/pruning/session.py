"""The way to AWS for a command that prunes, and the locks of this machine."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from ecsplan.terms.observed import Aws
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.rate_limits import Bucket, Rate
from ecsplan_applier.aws.retry import Caller, Retrying
from ecsplan_applier.context import Interrupt
from ecsplan_applier.machine.locks import Locks, lock_folder
from ecsplan_applier.observing.revisions import Revisions
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Event, Loop

T = TypeVar("T")

WORKERS: Final = 16
"""Calls at the same time."""
CHANGES: Final = Rate(burst=50, per_s=50, slowest_per_s=2, faster=1.15)
"""How fast revisions are deregistered and deleted in an account and region. ECS meters these calls together
with RegisterTaskDefinition, by a burst of 20 and one a second where the quota has not been raised
(aws-actions/amazon-ecs-deploy-task-definition#502). Throttling finds what an account really has."""
_REPORTED_AFTER_S: Final = 5.0
"""How long a call may fail until it is reported."""


class PruneSession:
    """What the parts of one command share that prunes.

    Args:
        options: What the command line says about reaching AWS.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        trace: Called with each request; used only if `gateway` is None.
        random: Draws pauses.
        workers: Most calls at the same time; 0 makes them inline, for tests that own the clock.
        folder: Where the locks of this machine are; None is where those of applies are.
        warn: Called with what keeps failing.
    """

    def __init__(
        self,
        options: SessionOptions | None = None,
        *,
        clock: Clock | None = None,
        gateway: Gateway | None = None,
        trace: Trace | None = None,
        random: Random | None = None,
        workers: int = WORKERS,
        folder: Path | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._gateway = gateway or SdkGateway(options, connections=max(1, workers), trace=trace)
        self.loop: Final = Loop(clock or SystemClock(), workers)
        self.caller: Final = Caller(self._gateway, self.loop, random, self._report_retry)
        self.cancelled: Final = Event()
        self.asker: Final = Asker(self.caller, self.cancelled)
        self.revisions: Final = Revisions(self.asker)
        self.locks: Final = Locks(folder or lock_folder())
        self._buckets: dict[Target, Bucket] = {}
        self._warn = warn or (lambda _: None)
        self._warned: set[str] = set()

    def target(self, aws: Aws) -> Target:
        """Return where calls for this `aws` go.

        Raises:
            SessionError: No region, or a profile that does not exist.
        """
        return self._gateway.target(aws)

    def bucket(self, target: Target) -> Bucket:
        """Return what limits the rate of changes in an account and region."""
        if target not in self._buckets:
            self._buckets[target] = Bucket(self.loop, CHANGES)
        return self._buckets[target]

    def heed(self, interrupt: Interrupt) -> None:
        """Have the first signal end the work after the call that is under way."""
        interrupt.listen(lambda: self.loop.call_soon_threadsafe(self.cancelled.set), self.loop.clock.elapsed)

    def run(self, coro: Coro[T]) -> T:
        """Return what a coroutine returns."""
        return self.loop.run(coro)

    def _report_retry(self, retry: Retrying) -> None:
        """Report an operation that keeps failing, once."""
        error = retry.error
        if retry.since_s >= _REPORTED_AFTER_S and error.operation not in self._warned:
            self._warned.add(error.operation)
            self._warn(f"{error.operation} keeps failing ({error.code}); still trying")
