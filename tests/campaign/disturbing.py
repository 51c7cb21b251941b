"""Carrying an apply out once for each of its calls, with that call disturbed, and judging what is left.

What is applied says how: `Disturbable`. What disturbs it is a gateway around that of the world.
"""

import gc
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from campaign.judge import Verdict
from campaign.table import SURVIVED
from campaign.world import Found, Played, World

from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import RUN_TASK, Operation
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.errors import AwsError


class Disturbable(Protocol):
    """An apply that can be carried out again and again, each time in a family of its own."""

    @property
    def name(self) -> str:
        """What its families begin with."""
        ...

    @property
    def status(self) -> int:
        """What it ends with if nothing disturbs it."""
        ...

    def plan(self, world: World, family: str) -> Plan:
        """Make what there is before it, and return its plan."""
        ...

    def script(self, world: World, family: str, *rules: dict[str, Any]) -> None:
        """Put the lives of its tasks and rules in force; calls and tasks are counted from here on."""
        ...

    def judge(self, played: Played, found: Found) -> Verdict:
        """Return the verdict on an apply, the last of its run, by how it ended and what is there then."""
        ...

    def judge_signalled(self, played: Played, found: Found, *, started: int) -> Verdict:
        """Return the verdict on one that got SIGTERM, after which it made `started` calls of RunTask."""
        ...


class Killed(BaseException):
    """The process is gone, as after kill -9."""


class Moment:
    """Counts calls, whatever they go to, and ends the apply before or after one of them has its effect.

    Args:
        number: Which of them, from 1; 0 is none.
        after: Whether it has its effect first.
    """

    def __init__(self, number: int = 0, *, after: bool = False) -> None:
        self._number = number
        self._after = after
        self.names: list[str] = []

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return len(self.names)

    def begin(self, name: str) -> None:
        """Note that a call of this name is made.

        Raises:
            Killed: It is the one, and has no effect, or the process is gone already.
        """
        self.names.append(name)
        if self._number and (self.calls > self._number or (self.calls == self._number and not self._after)):
            raise Killed

    @property
    def is_last(self) -> bool:
        """Whether the call that has begun has its effect, and is the last one."""
        return self.calls == self._number

    def end(self) -> None:
        """Note that the call has had its effect, or was refused.

        Raises:
            Killed: It is the one.
        """
        if self.is_last:
            raise Killed


class Passing:
    """A gateway that does what another one does."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def target(self, aws: Aws) -> Target:
        return self._gateway.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        return self._gateway.call(target, operation, request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._gateway.unknown(target, operation, request)


class Killing(Passing):
    """A gateway whose caller is killed at a moment."""

    def __init__(self, gateway: Gateway, moment: Moment) -> None:
        super().__init__(gateway)
        self._moment = moment

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self._moment.begin(operation.name)
        try:
            answer = super().call(target, operation, request)
        except AwsError:
            self._moment.end()
            raise
        self._moment.end()
        return answer


class Meeting(Passing):
    """A gateway that has something else happen at one of its calls, right before or after its effect."""

    def __init__(self, gateway: Gateway, number: int, action: Callable[[], object], *, after: bool) -> None:
        super().__init__(gateway)
        self._number = number
        self._action = action
        self._after = after
        self._calls = 0

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self._calls += 1
        is_it = self._calls == self._number
        if is_it and not self._after:
            self._action()
        answer = super().call(target, operation, request)
        if is_it and self._after:
            self._action()
        return answer


class DyingAfterRuns(Passing):
    """A gateway whose caller is killed after so many calls of RunTask."""

    def __init__(self, gateway: Gateway, runs: int) -> None:
        super().__init__(gateway)
        self._runs_left = runs

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = super().call(target, operation, request)
        self._runs_left -= operation == RUN_TASK
        if self._runs_left <= 0:
            raise Killed
        return answer


class Signalling(Passing):
    """A gateway that sends a signal before one of its calls, and counts what is started afterwards."""

    def __init__(self, gateway: Gateway, number: int) -> None:
        super().__init__(gateway)
        self._number = number
        self._calls = 0
        self.interrupt = Interrupt()
        self.started = 0

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self._calls += 1
        if self._calls == self._number:
            self.interrupt.send(15)
        answer = super().call(target, operation, request)
        # The call that is under way when the signal comes is the last that may start anything.
        if operation == RUN_TASK and self._calls > self._number:
            self.started += 1
        return answer


def die(apply: Callable[[], object], *, may_end: bool = False) -> None:
    """Carry out an apply that is killed, if it does not end before where that may be.

    What it had not begun by then ends with it, and Python says nothing of coroutines that were never awaited:
    all that the apply has made is collected here, and not in the middle of another test.
    """
    gc.freeze()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            ended = not _is_killed(apply)
            gc.collect()
    finally:
        gc.unfreeze()
    assert may_end or not ended, "the apply ended before it could be killed"


def _is_killed(apply: Callable[[], object]) -> bool:
    try:
        apply()
    except Killed:
        return True
    return False


@dataclass(frozen=True)
class Begun:
    """An apply that is about to be carried out: its family, which is its run id as well, and its plan."""

    family: str
    plan: Plan


def begun(world: World, case: Disturbable, *rules: dict[str, Any]) -> Begun:
    """Make what there is before an apply, in a fresh family, with these rules in force."""
    family = world.fresh_family(case.name)
    plan = case.plan(world, family)
    case.script(world, family, *rules)
    return Begun(family, plan)


def judged_undisturbed(world: World, case: Disturbable) -> Verdict:
    """Carry it out, and return the verdict."""
    run = begun(world, case)
    return case.judge(world.apply(run.plan, run.family), world.found(run.family))


def undisturbed(world: World, case: Disturbable) -> int:
    """Carry it out, and return how many calls that takes."""
    run, moment = begun(world, case), Moment()
    played = world.apply(run.plan, run.family, gateway=Killing(world.gateway(), moment))
    assert case.judge(played, world.found(run.family)) == Verdict(SURVIVED)
    return moment.calls


def numbered(world: World, case: Disturbable) -> list[tuple[str, int]]:
    """Carry it out, and return its calls: each operation, and its number of that kind."""
    run = begun(world, case)
    world.apply(run.plan, run.family)
    counts: Counter[str] = Counter()
    calls = []
    for each in world.endpoint.calls():
        counts[each.operation] += 1
        calls.append((each.operation, counts[each.operation]))
    return calls


def killed_at(world: World, case: Disturbable, number: int, *, after: bool) -> Verdict:
    """Kill an apply at a call, resume the run on another machine, and return the verdict on that."""
    run = begun(world, case)
    killing = Killing(world.gateway(), Moment(number, after=after))
    die(lambda: world.apply(run.plan, run.family, gateway=killing))
    return case.judge(world.apply(run.plan, run.family, machine="two"), world.found(run.family))


def disturbed(world: World, case: Disturbable, fault: dict[str, object], call: tuple[str, int]) -> Verdict:
    """Carry it out with one call disturbed."""
    operation, number = call
    run = begun(world, case, {"operation": operation, "calls": str(number), **fault})
    return case.judge(world.apply(run.plan, run.family), world.found(run.family))


def signalled_at(world: World, case: Disturbable, number: int) -> Verdict:
    """Send SIGTERM at a call; nothing may start any more or go on running, and all there is is listed."""
    run, gateway = begun(world, case), Signalling(world.gateway(), number)
    played = world.apply(run.plan, run.family, gateway=gateway, interrupt=gateway.interrupt)
    return case.judge_signalled(played, world.found(run.family), started=gateway.started)


def failures(verdicts: dict[Any, Verdict]) -> dict[Any, str]:
    """Return what is wrong, by what was disturbed; empty where everything survived."""
    return {which: each.why for which, each in verdicts.items() if each.kind != SURVIVED}
