"""What all parts of one apply share: its run id, its means, its paces, and the signals that reach it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.observer import Observation
from ecsplan_applier.aws.rate_limits import Bucket, Limits, Rate
from ecsplan_applier.aws.retry import Caller, Retrying
from ecsplan_applier.machine.locks import Locks
from ecsplan_applier.machine.run_journal import Records
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.events import Event, Noted, Warned
from ecsplan_applier.scheduling.scheduler import Flag, Gate, Loop, Mutex

SAME_SIGNAL_S: Final = 1.0
"""How long after the first signal another one means the same."""
_QUIET_RETRY_S: Final = 5.0
"""Retries that take longer than this are worth a line; the others are nobody's concern."""


class Interrupt:
    """Where signals arrive: a handler calls `send`, and the apply that was given this acts on it.

    A signal within a second of the first is the same one: `timeout` of coreutils signals its child and then
    the child's group, and a terminal and a CI runner may each send theirs.

    Attributes:
        signal: The first signal, or None.
        last: The last signal, or None.
        count: How many have arrived.
        insisted: Whether one arrived at least a second after the first.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self.last: int | None = None
        self.count = 0
        self.insisted = False
        self._now: Callable[[], float] = time.monotonic
        self._first_at = 0.0
        self._wake: Callable[[], None] | None = None

    def send(self, signal: int) -> None:
        """Interrupt the apply; a second later once more, end it at once. Safe within a signal handler."""
        self.signal = self.signal or signal
        self.last = signal
        self.count += 1
        if self.count == 1:
            self._first_at = self._now()
        elif self._now() - self._first_at >= SAME_SIGNAL_S:
            self.insisted = True
        if self._wake is not None:
            self._wake()

    def listen(self, wake: Callable[[], None], now: Callable[[], float]) -> None:
        """Have `wake` called, from within the handler, at each signal, and measure time by `now`."""
        self._wake, self._now = wake, now
        if self.count:
            self._first_at = now()
            wake()


@dataclass(slots=True, eq=False)
class Scene:
    """What all parts of one apply share.

    Attributes:
        run_id: The run.
        resumed: Whether the user gave the run id, so that tasks of it may exist.
        loop: Carries everything on.
        caller: Makes the calls.
        observation: Looks things up.
        limits: How fast to call.
        locks: What the applies of this machine agree on.
        records: What this machine remembers of the run.
        emit: Takes events.
        interrupt: Where signals arrive.
        call_timeout_s: How long one call may take until it counts as lost.
        halt: Raised by the first signal.
        leave: Raised by one that comes at least a second later.
        claimed: ARNs of the tasks that copies have.
    """

    run_id: str
    resumed: bool
    loop: Loop
    caller: Caller
    observation: Observation
    limits: Limits
    locks: Locks
    records: Records
    emit: Callable[[Event], None]
    interrupt: Interrupt
    call_timeout_s: float
    halt: Flag = field(default_factory=Flag)
    leave: Flag = field(default_factory=Flag)
    claimed: set[str] = field(default_factory=set)
    _buckets: dict[tuple[Target, Rate, str], Bucket] = field(default_factory=dict)
    _families: dict[tuple[Target, str], Mutex] = field(default_factory=dict)
    _gates: dict[tuple[Target, str | None, str], Gate] = field(default_factory=dict)
    _said: dict[str, float] = field(default_factory=dict)

    def now(self) -> float:
        """Return seconds of the loop's clock, for pauses and limits."""
        return self.loop.clock.elapsed()

    def bucket(self, target: Target, kind: str) -> Bucket:
        """Return the pace of a kind of call, a name of `Limits`, in an account and region."""
        rate = self.limits.rate(kind, target.region)
        key = (target, rate, kind)
        if key not in self._buckets:
            self._buckets[key] = Bucket(self.loop, rate)
        return self._buckets[key]

    def family(self, target: Target, family: str) -> Mutex:
        """Return what makes the registrations of one family come in turn."""
        return self._families.setdefault((target, family), Mutex(self.loop))

    def gate(self, target: Target, cluster: str | None, family: str) -> Gate:
        """Return what keeps RunTask calls of a family apart from a look at which tasks they have started."""
        return self._gates.setdefault((target, cluster, family), Gate(self.loop))

    def note(self, label: str | None, message: str) -> None:
        """Tell something that is no fault."""
        self.emit(Noted(label, message))

    def warn(self, label: str | None, message: str) -> None:
        """Tell what went wrong without changing the outcome."""
        self.emit(Warned(label, message))

    def warn_once(self, label: str | None, message: str, *, key: str) -> None:
        """Tell what went wrong, once for all things of which `key` is the same."""
        if key not in self._said:
            self._said[key] = self.now()
            self.warn(label, message)

    def retrying(self, retry: Retrying) -> None:
        """Tell of a call that keeps failing, once a minute for each operation.

        What a person has to do for it to work again is told in full once a run.
        """
        error = retry.error
        if retry.since_s < _QUIET_RETRY_S or self.now() - self._said.get(error.operation, -60.0) < 60.0:
            return
        self._said[error.operation] = self.now()
        what = f"{error.operation} has failed for {retry.since_s:.0f} s ({error.code}); still trying"
        if error.code == AwsError.NOT_SIGNED and error.text not in self._said:
            self._said[error.text] = self.now()
            what = f"{what}: {error.text}"
        self.note(None, what)
