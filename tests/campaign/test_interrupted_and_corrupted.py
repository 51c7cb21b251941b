"""Signals at every call together with a corrupted answer: what runs is stopped, and nothing is doubled."""

import itertools
import signal
from dataclasses import dataclass

import pytest
from campaign.aftermath import described
from campaign.corruptions import GENERAL
from campaign.judge import Verdict
from campaign.proxy import Order
from campaign.sample import moments, seeded, spread
from campaign.scenarios import MORE_SCENARIOS, SCENARIOS, Scenario
from campaign.table import DOUBLED, LOST, PROPERTY, REPORTED, SURVIVED, Record, row
from campaign.transcript import ending, names, whole
from campaign.world import Found, Played, World

from ecsplan.plan.plan import Plan
from ecsplan_applier.context import Interrupt

SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
ROW = "{} and a corrupted answer"
EACH = 30
"""Applies of each signal of which an answer after the signal is corrupted."""
AT_THE_END = {"StopTask", "DescribeTasks", "GetLogEvents", "DeregisterTaskDefinition"}
"""The operations that an interrupted apply still makes; the corrupted answer is one of theirs."""
STOPPED_EARLIER = frozenset({1, 124, 129, 130, 143})
"""What a resumed apply ends with whose task the interrupted one had stopped: what that one was about, the
exit code of a task that SIGTERM ended, and 1 where there are several tasks."""


@dataclass(frozen=True)
class Trouble:
    """A signal at the `number`-th call of an operation, and an answer that is corrupted from then on.

    Attributes:
        scenario: What is applied.
        call: The call at which the signal comes.
        order: The corrupted answer, counted from that call on.
        machine: Which machine resumes.
    """

    scenario: Scenario
    call: tuple[str, int]
    order: Order
    machine: str

    def __str__(self) -> str:
        """Return it as a message names it."""
        return f"{self.scenario.name}: signal at {' '.join(map(str, self.call))}, then {self.order}"


def troubles(world: World, number: signal.Signals) -> list[Trouble]:
    """Return all for one signal, in the order in which they are tried until there are enough."""
    draw = seeded("signals", number.name)
    strata = []
    for scenario in (*SCENARIOS, *MORE_SCENARIOS):
        calls = world.calls_of(scenario)
        # Before that, nothing runs yet, and the apply ends without another call.
        for call in moments(calls[calls.index(("RunTask", 1)) :]):
            for operation in sorted(AT_THE_END & {"StopTask", *(each for each, _ in calls)}):
                corruption = draw.choice(GENERAL)
                order = Order(corruption, operation, draw.choice((1, 1, 2)), draw.choice(corruption.effects))
                machine = draw.choice(("one", "two"))
                strata.append(((call[0], operation), Trouble(scenario, call, order, machine)))
    return spread(draw, strata, len(strata))


def interrupted(world: World, trouble: Trouble, number: int) -> Verdict | None:
    """Carry a scenario out with a signal and a corrupted answer after it.

    Returns:
        The verdict, or None where the apply made no such call any more.
    """
    scenario = trouble.scenario
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family)
    world.proxy.reset()
    interrupt = Interrupt()

    def strike(_: object) -> None:
        interrupt.send(number)
        world.proxy.reset(trouble.order)

    world.endpoint.before(*trouble.call, strike)
    played = world.apply_by_proxy(plan, family, interrupt=interrupt)
    met = bool(world.proxy.corrupted)
    world.proxy.reset()
    if not met:
        return None
    wrong = _wrong_at_the_end(family, played, world.found(family), 128 + number)
    return described(_resumed(world, trouble, plan, played, wrong), str(trouble))


def _resumed(world: World, trouble: Trouble, plan: Plan, played: Played, wrong: str) -> Verdict:
    """Return the verdict on an interrupted apply, of which `wrong` is known already, after resuming it."""
    scenario, family = trouble.scenario, plan.jobs[0].definition.family
    found = world.found(family)
    world.script(scenario, family)
    again = world.apply(plan, family, machine=trouble.machine)
    after = world.found(family)
    more = len(found.inactive) if not found.tasks or trouble.machine == "two" else 0
    made = len(after.active) + len(after.inactive) - bool(scenario.prepared)
    printed = played.lines - scenario.lines(family)
    if len(after.tasks) > scenario.slots or made > scenario.documents + more or printed:
        text = f"{len(after.tasks)} tasks, {made} revisions, {dict(printed)}\n{whole(played)}\n{whole(again)}"
        return Verdict(DOUBLED, text)
    if after.running or len(after.tasks) != scenario.slots:
        wrong = wrong or f"resumed: {len(after.tasks)} tasks, {after.running} run"
    if again.status not in {scenario.status, scenario.exit_code, *STOPPED_EARLIER}:
        wrong = wrong or f"resumed: ended with {again.status}\n{whole(again)}"
    if wrong:
        return Verdict(LOST, f"{wrong}\n{whole(played)}{played.crash}")
    return Verdict(REPORTED if played.warned else SURVIVED)


def _wrong_at_the_end(family: str, played: Played, found: Found, status: int) -> str:
    if played.crash:
        return "a traceback"
    if played.status != status:
        return f"ended with {played.status}, not {status}"
    if found.running:
        named = all(names(ending(played), arn) for arn in found.running)
        return f"was not stopped, and is {'named' if named else 'not even named'} at the end: {found.running}"
    return "" if f"--run-id {family}" in whole(played) else "does not say how to resume"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda each: each.name)
def test_signal_and_corrupted_answer(
    world: World, number: signal.Signals, scale: int, record_property: Record
) -> None:
    judged = (interrupted(world, each, number) for each in troubles(world, number))
    verdicts = list(itertools.islice((each for each in judged if each is not None), EACH * scale))

    record_property(PROPERTY, row(ROW.format(number.name), verdicts))
    assert [each.why for each in verdicts if each.kind in {LOST, DOUBLED}] == []
