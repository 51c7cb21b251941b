"""Several machines that apply at once, a step at a time: who goes on is drawn, so that a seed repeats it.

A step ends at each call of AWS and of the ledger, before it and after it. Time stands still while anybody can
go on, and jumps when all wait. A machine may be killed at any step.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from random import Random
from typing import Any, Final

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.ledger.store import NEW, ConflictError, Document
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_local import ScriptedClock

LIMIT_S: Final = 240.0
"""How long a thread waits for its turn, or for the ends of the others, before the test counts as stuck."""


class Killed(BaseException):
    """The machine is gone: nothing of it happens any more."""


class Steps:
    """Lets one machine at a time go on.

    Args:
        clock: The time of all machines and of the endpoint.
        seed: Decides who goes on.
        kills: At which of its steps a machine is killed, by its number.
        latency_s: How long a step may take.
    """

    def __init__(
        self,
        clock: ScriptedClock,
        seed: int,
        *,
        kills: Mapping[int, int] | None = None,
        latency_s: float = 0.0,
    ) -> None:
        self.clock = clock
        self.random = Random(seed)
        self._kills = dict(kills or {})
        self._latency_s = latency_s
        self._turn = threading.Condition()
        self._taken: dict[int, int] = {}
        # Invariant: `_now` is the one that runs; all others that live have a time from which on they may.
        self._waiting: dict[int, float] = {}
        self._now: int | None = None

    def run(self, machines: Sequence[Callable[[], object]]) -> None:
        """Run machines, which call `step` with their numbers, until all have ended."""
        threads = [
            threading.Thread(target=self._live, args=(number, each), daemon=True)
            for number, each in enumerate(machines)
        ]
        with self._turn:
            self._waiting = {number: self.clock.now() for number in range(len(machines))}
            self._taken = dict.fromkeys(range(len(machines)), 0)
        for each in threads:
            each.start()
        with self._turn:
            self._choose()
        for each in threads:
            each.join(LIMIT_S)
            assert not each.is_alive(), "a machine never came to its end"

    def step(self, number: int) -> None:
        """Let others go on before this machine does."""
        self._taken[number] += 1
        if self._taken[number] == self._kills.get(number):
            raise Killed
        self.sleep(number, self.random.uniform(0, self._latency_s))

    def sleep(self, number: int, seconds: float) -> None:
        """Let others go on for some time."""
        with self._turn:
            self._waiting[number] = self.clock.now() + seconds
            self._choose()
            self._await(number)

    def _live(self, number: int, machine: Callable[[], object]) -> None:
        with self._turn:
            self._await(number)
        try:
            with suppress(Killed):
                machine()
        finally:
            with self._turn:
                self._choose()

    def _await(self, number: int) -> None:
        assert self._turn.wait_for(lambda: self._now == number, LIMIT_S), "a machine never had its turn"

    def _choose(self) -> None:
        """Choose among those who may go on now; if nobody may, time passes until somebody does."""
        if not self._waiting:
            self._now = None
        else:
            time = max(self.clock.now(), min(self._waiting.values()))
            self.clock.advance(time - self.clock.now())
            self._now = self.random.choice(sorted(n for n, at in self._waiting.items() if at <= time))
            del self._waiting[self._now]
        self._turn.notify_all()


class MachineClock:
    """The time as a machine has it, which waits while others go on."""

    def __init__(self, steps: Steps, number: int) -> None:
        self._steps = steps
        self._number = number

    def now(self) -> float:
        return self._steps.clock.now()

    def elapsed(self) -> float:
        return self._steps.clock.now()

    def wait(self, mail: "SimpleQueue[Any]", seconds: float | None) -> Any:
        if not mail.empty():
            return mail.get_nowait()
        assert seconds is not None, "the apply waits for something that nobody will bring about"
        self._steps.sleep(self._number, seconds)
        return None


class MachineGateway:
    """The way of a machine to AWS, with a step before each call and after it."""

    def __init__(self, steps: Steps, number: int, inner: Gateway) -> None:
        self._steps = steps
        self._number = number
        self._inner = inner

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self._steps.step(self._number)
        try:
            return self._inner.call(target, operation, request)
        finally:
            self._steps.step(self._number)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


class SharedDocuments:
    """A store in memory that several machines share; `fails` of a hundred calls about claims fail."""

    def __init__(self, steps: Steps, fails: int = 0) -> None:
        self.steps = steps
        self.fails = fails
        self.documents: dict[str, tuple[int, str]] = {}
        self.calls: list[tuple[int, str, str]] = []


class MachineStore:
    """The shared store as a machine reaches it, with a step before each call and after it."""

    def __init__(self, shared: SharedDocuments, number: int) -> None:
        self._shared = shared
        self._number = number
        self._fails = False

    @property
    def name(self) -> str:
        return "memory"

    def place_of(self, key: str) -> str:
        return f"memory/{key}"

    async def read(self, key: str) -> Document | None:
        self._begin("read", key)
        found = self._shared.documents.get(key)
        self._end("read", key)
        return None if found is None else Document(found[1], str(found[0]), 0.0)

    async def write(self, key: str, text: str, version: str) -> str:
        self._begin("write", key)
        found = self._shared.documents.get(key)
        taken = (NEW if found is None else str(found[0])) != version
        number = 1 if found is None else found[0] + 1
        if not taken:
            self._shared.documents[key] = number, text
        self._end("write", key)
        if taken:
            raise ConflictError
        return str(number)

    async def keys(self, prefix: str) -> list[str]:
        self._begin("keys", prefix)
        return sorted(each for each in self._shared.documents if each.startswith(prefix))

    def fail_from_now_on(self) -> None:
        """Have the calls of this machine fail as the store says; those before succeed."""
        self._fails = True

    def _begin(self, what: str, key: str) -> None:
        self._shared.steps.step(self._number)
        self._shared.calls.append((self._number, what, key))
        self._fail(what, key)

    def _end(self, what: str, key: str) -> None:
        self._shared.steps.step(self._number)
        self._fail(what, key)

    def _fail(self, what: str, key: str) -> None:
        failing = self._fails and "/claims/" in key
        if failing and self._shared.steps.random.randrange(100) < self._shared.fails:
            raise LedgerError(f"memory: {what} failed")
