"""The way to AWS and to the ledger for a command that looks back at runs."""

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Final, TypeAlias, TypeVar

from ecsplan.terms.observed import Aws
from ecsplan_applier.arns import is_same_cluster, region_of
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.retry import Caller, Retrying
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.open import open_ledger
from ecsplan_applier.observing.observer import Observation
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Event, Loop

T = TypeVar("T")
Warn: TypeAlias = Callable[[str], None]

WORKERS: Final = 24
"""Calls at the same time, as of an apply."""


REPORTED_AFTER_S: Final = 5.0
"""How long a call may fail until it is reported; shorter troubles are of no interest to anybody."""


class RunSession:
    """What the parts of one command share that looks back at runs.

    Args:
        options: What the command line says about reaching AWS.
        ledger: The ledger, as the user names it; None: there is none.
        cluster: The only cluster to look at, a name or an ARN; None looks at all of the region.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        trace: Called with each request; used only if `gateway` is None.
        random: Draws pauses.
        workers: Most calls at the same time; 0 makes them inline, for tests that own the clock.
        warn: Called with what could not be looked at.
    """

    def __init__(
        self,
        options: SessionOptions | None = None,
        *,
        ledger: str | Path | None = None,
        cluster: str | None = None,
        clock: Clock | None = None,
        gateway: Gateway | None = None,
        trace: Trace | None = None,
        random: Random | None = None,
        workers: int = WORKERS,
        warn: Warn | None = None,
    ) -> None:
        self.options: Final = options or SessionOptions()
        self.gateway: Final = gateway or SdkGateway(options, connections=max(1, workers), trace=trace)
        self.loop: Final = Loop(clock or SystemClock(), workers)
        self.caller: Final = Caller(self.gateway, self.loop, random, self._report_retry)
        self.cancelled: Final = Event()
        self.observation: Final = Observation(self.caller, self.cancelled)
        self.ledger: Final[Ledger | None] = (
            None if ledger is None else open_ledger(ledger, self.caller, options, self.cancelled)
        )
        self.cluster: Final = cluster
        self._warn = warn or (lambda _: None)
        self._warned: set[str] = set()

    def targets(self, regions: Iterable[str] = ()) -> tuple[Target, ...]:
        """Return where to look: the region of `--cluster`, these regions, or that of the session.

        The region of the command line wins over all of them.

        Raises:
            SessionError: No region is named anywhere.
        """
        of_cluster = None if self.cluster is None else region_of(self.cluster)
        named: list[str | None] = [*regions] or [None]
        if of_cluster is not None:
            named = [of_cluster]
        return tuple(dict.fromkeys(self.gateway.target(Aws(region=each)) for each in named))

    def looks_at(self, cluster: str | None) -> bool:
        """Return whether the command is about a cluster, by its name or ARN; None is the default one."""
        return self.cluster is None or is_same_cluster(self.cluster, cluster)

    def warn(self, message: str) -> None:
        """Report what could not be looked at, once."""
        if message not in self._warned:
            self._warned.add(message)
            self._warn(message)

    def _report_retry(self, retry: Retrying) -> None:
        """Report an operation that keeps failing, once: whoever waits for an answer wants to know why."""
        error = retry.error
        if retry.since_s >= REPORTED_AFTER_S and error.operation not in self._warned:
            self._warned.add(error.operation)
            self._warn(f"{error.operation} keeps failing ({error.code}); still trying")

    def run(self, coro: Coro[T]) -> T:
        """Return what a coroutine returns."""
        return self.loop.run(coro)
