"""Shared state of one command that follows a run: run id, API caller, rate limits, locks, signals."""

import time
from collections.abc import Callable
from dataclasses import field
from typing import Final

from ecsplan.terms.durations import duration
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.rate_limits import Bucket, Limits, Rate
from ecsplan_applier.aws.retry import Caller, Retrying
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.machine.locks import Locks
from ecsplan_applier.machine.run_journal import RunJournal
from ecsplan_applier.observing.observer import Observation
from ecsplan_applier.outcomes.errors import AwsError, LedgerError
from ecsplan_applier.outcomes.events import Event, Noted, Warned
from ecsplan_applier.scheduling import scheduler
from ecsplan_applier.scheduling.locking import Lock, SharedLock

SAME_SIGNAL_S: Final = 1.0
"""A signal that arrives within this time of the first one means the same."""
_QUIET_RETRY_S: Final = 5.0
"""Retries that take longer than this are reported; shorter ones are of no interest to anybody."""
_MAX_REMOVAL_S: Final = 10.0
"""How long the end of an apply waits for old entries of its ledger to be removed."""
_REPORT_EVERY_S: Final = 60.0
"""How often retries of one operation are reported."""


class Interrupt:
    """Where signals arrive: a handler calls `send`, and the apply that was given this object acts on it.

    A signal within a second of the first one counts as the same: `timeout` of coreutils signals its child and
    then the child's process group, and a terminal and a CI runner may each send theirs.
    """

    def __init__(self) -> None:
        self._first: int | None = None
        self._last: int | None = None
        self._count = 0
        self._insisted = False
        self._now: Callable[[], float] = time.monotonic
        self._first_at = 0.0
        self._wake: Callable[[], None] | None = None

    @property
    def signal(self) -> int | None:
        """The first signal, or None."""
        return self._first

    @property
    def last(self) -> int | None:
        """The last signal, or None."""
        return self._last

    @property
    def count(self) -> int:
        """How many signals have arrived."""
        return self._count

    @property
    def insisted(self) -> bool:
        """Whether one arrived at least a second after the first."""
        return self._insisted

    def send(self, signal: int) -> None:
        """Interrupt the apply; if sent again a second later, end it at once. Safe within a signal handler."""
        self._first = self._first or signal
        self._last = signal
        self._count += 1
        if self._count == 1:
            self._first_at = self._now()
        elif self._now() - self._first_at >= SAME_SIGNAL_S:
            self._insisted = True
        if self._wake is not None:
            self._wake()

    def listen(self, wake: Callable[[], None], now: Callable[[], float]) -> None:
        """Have `wake` called, from within the handler, at each signal, and measure time by `now`."""
        self._wake, self._now = wake, now
        # The first signal may have come before anybody listened, and was timed by another clock then.
        if self._count:
            self._first_at = now()
            wake()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RunContext:
    """What everything shares that follows the tasks of a run, whoever has started them.

    What changes in it changes by its methods.

    Attributes:
        run_id: The run.
        loop: Runs the tasks of the command.
        caller: Makes the API calls.
        limits: How fast to call AWS.
        emit: Takes events.
        interrupt: Where signals arrive.
        cancelled: Set by the first signal: start nothing more, and stop what runs.
        aborted: Set by one that comes at least a second later: wait for nothing more.
        is_embedded: Whether the endpoint is the embedded ECS: its calls count towards no quota, and a log is
            complete once its task is shown as STOPPED, where CloudWatch Logs shows events later.
    """

    run_id: str
    loop: scheduler.Loop
    caller: Caller
    limits: Limits
    emit: Callable[[Event], None]
    interrupt: Interrupt
    cancelled: scheduler.Event = field(default_factory=scheduler.Event)
    aborted: scheduler.Event = field(default_factory=scheduler.Event)
    is_embedded: bool = False
    _claimed: set[str] = field(default_factory=set)
    _buckets: dict[tuple[Target, Rate, str], Bucket] = field(default_factory=dict)
    _reported_at: dict[str, float] = field(default_factory=dict)

    def now(self) -> float:
        """Return seconds of the loop's clock, for pauses and limits."""
        return self.loop.clock.elapsed()

    def act_on_signals(self) -> None:
        """Cancel, or abort, according to the signals that have arrived."""
        if self.interrupt.count:
            self.cancelled.set()
        if self.interrupt.insisted:
            self.aborted.set()

    def abort(self) -> None:
        """Wait for nothing more."""
        self.aborted.set()

    def claim(self, arn: str) -> None:
        """Note that a copy has this task, so that no other copy takes it for its own."""
        self._claimed.add(arn)

    def is_claimed(self, arn: str) -> bool:
        """Return whether a copy has the task."""
        return arn in self._claimed

    def bucket(self, target: Target, kind: str) -> Bucket:
        """Return the token bucket of a kind of call, a name of `Limits`, in an account and region."""
        rate = self.limits.rate(kind, target.region)
        key = (target, rate, kind)
        if key not in self._buckets:
            self._buckets[key] = Bucket(self.loop, rate)
        return self._buckets[key]

    def note(self, label: str | None, message: str) -> None:
        """Report something that is not a failure."""
        self.emit(Noted(label, message))

    def warn(self, label: str | None, message: str) -> None:
        """Report what went wrong without changing the outcome."""
        self.emit(Warned(label, message))

    def warn_once(self, label: str | None, message: str, *, key: str) -> None:
        """Report what went wrong, once for everything that has the same `key`."""
        if key not in self._reported_at:
            self._reported_at[key] = self.now()
            self.warn(label, message)

    def report_retry(self, retry: Retrying) -> None:
        """Report a call that keeps failing, once a minute for each operation.

        What a person has to do for it to work again is reported in full once a run.
        """
        # By operation: during an outage, hundreds of calls may fail for the same reason.
        error, now = retry.error, self.now()
        last = self._reported_at.get(error.operation, -_REPORT_EVERY_S)
        if retry.since_s < _QUIET_RETRY_S or now - last < _REPORT_EVERY_S:
            return
        self._reported_at[error.operation] = now
        what = f"{error.operation} has failed for {duration(retry.since_s)} ({error.code}); still trying"
        if error.code == AwsError.NOT_SIGNED and error.text not in self._reported_at:
            self._reported_at[error.text] = now
            what = f"{what}: {error.text}"
        self.note(None, what)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ApplyContext(RunContext):
    """What all parts of one apply share. What changes in it changes by its methods.

    Attributes:
        resumed: Whether the user gave the run id, so that tasks of the run may exist.
        observation: Looks things up.
        locks: Coordinates the applies of this machine.
        journal: What this machine remembers of the run.
        call_timeout_s: How long one call may take until it counts as lost.
        ledger: What is remembered of runs for longer than ECS does; None where nothing is.
        ledger_keep_s: For how long a ledger in a folder keeps a document, in seconds; None: for ever.
    """

    resumed: bool
    observation: Observation
    locks: Locks
    journal: RunJournal
    call_timeout_s: float
    ledger: Ledger | None = None
    ledger_keep_s: float | None = None
    _registration_locks: dict[tuple[Target, str], Lock] = field(default_factory=dict)
    _launch_locks: dict[tuple[Target, str | None, str], SharedLock] = field(default_factory=dict)

    def registration_lock(self, target: Target, family: str) -> Lock:
        """Return the lock that serializes the registrations of one family."""
        return self._registration_locks.setdefault((target, family), Lock(self.loop))

    def launch_lock(self, target: Target, cluster: str | None, family: str) -> SharedLock:
        """Return the lock that RunTask calls of a family share, and that a look at their tasks excludes."""
        return self._launch_locks.setdefault((target, cluster, family), SharedLock(self.loop))

    async def remove_old_entries(self) -> None:
        """Have the ledger remove what it has kept for long enough; failing that is a warning."""
        if self.ledger is None or self.ledger_keep_s is None:
            return
        removal = self.loop.create_task(self.ledger.remove_older(self.ledger_keep_s, self.loop.clock.now()))
        # A file system that hangs must not keep an apply from ending.
        await self.loop.wait(removal.done, self.cancelled, self.aborted, seconds=_MAX_REMOVAL_S)
        try:
            if removal.done.is_set():
                removal.result()
        except LedgerError as error:
            self.warn(None, f"old entries were not removed: {error}")
