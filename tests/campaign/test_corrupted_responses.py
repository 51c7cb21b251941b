"""Every kind of corrupted answer, at every operation of an apply: survived, or reported and resumable."""

import pytest
from campaign.aftermath import described, judge_aftermath
from campaign.clocks import JumpingClock
from campaign.corruptions import CORRUPTIONS, GENERAL, SLOW, Corruption
from campaign.judge import Verdict
from campaign.proxy import Order
from campaign.sample import moments, seeded, spread
from campaign.scenarios import MORE_SCENARIOS, SCENARIOS, Scenario
from campaign.table import DOUBLED, LOST, PROPERTY, Record, row
from campaign.world import HASTY_S, PATIENT_S, World

ROW = "answer: {}"
LASTING_ROW = "every answer from a call on"
EACH = 16
"""Corrupted answers of each kind; no operation and side of its effect twice before all have come once."""
NEVER_FINAL = frozenset({"DescribeTasks", "GetLogEvents", "StopTask"})
"""Calls of which one corrupted answer changes nothing: a later look shows the state, a stop is sent again."""
SURE = 2
"""How many calls with a token each apply makes that reads a log, at least."""
BURST = 3
"""How many answers in a row are corrupted, in every fourth disturbance."""
UNSEEN_ROW = "an answer of RunTask while its tasks cannot be seen"
EACH_UNSEEN = 2
"""Corrupted answers of each kind to RunTask while ListTasks and DescribeTasks do not show the tasks yet."""
LAGS_S = (1.0, 3.0)
EACH_LASTING = 2
"""Disturbances of each kind that last from a call on to the end of the apply."""
FOR_EVER = 10**9
LASTING = tuple(each for each in GENERAL if "before" in each.effects)
UNSEEN = tuple(
    each for each in CORRUPTIONS if "after" in each.effects and each.operations in {(), ("RunTask",)}
)
LIMIT_S = 3000.0
"""When an apply that gets no more answers must have ended: before ECS forgets the tasks and their tokens."""


def orders(world: World, corruption: Corruption, count: int) -> list[tuple[Scenario, Order]]:
    """Return the sample of one kind: over operations, both sides of the effect, moments and scenarios."""
    draw = seeded("spoilt answers", corruption.name)
    strata = []
    for scenario in (*SCENARIOS, *MORE_SCENARIOS):
        for operation, number in moments(world.calls_of(scenario)):
            if corruption.operations and operation not in corruption.operations:
                continue
            if corruption.asked_with and number > SURE:
                continue
            for effect in corruption.effects:
                times = BURST if draw.randrange(4) == 0 else 1
                order = Order(corruption, operation, number, effect, times)
                strata.append(((operation, effect), (scenario, order)))
    return spread(draw, strata, count)


def disturbed(world: World, scenario: Scenario, order: Order, lag_s: float = 0.0) -> Verdict:
    """Carry a scenario out with answers corrupted, and judge what became of it."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family)
    world.proxy.reset(order, lag_s=lag_s)
    timeout_s = HASTY_S if order.corruption.group == SLOW else PATIENT_S
    played = world.apply_by_proxy(plan, family, call_timeout_s=timeout_s)
    assert world.proxy.corrupted, f"no answer was corrupted: {order}"
    world.proxy.reset()
    must = order.operation in NEVER_FINAL and order.times == 1
    verdict = judge_aftermath(world, scenario, family, plan, played, must_survive=must)
    hidden = f", tasks hidden for {lag_s} s" if lag_s else ""
    return described(verdict, f"{scenario.name}: {order}{hidden}")


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.name)
def test_each_operation_answered(
    world: World, corruption: Corruption, scale: int, record_property: Record
) -> None:
    verdicts = [disturbed(world, *each) for each in orders(world, corruption, EACH * scale)]

    record_property(PROPERTY, row(ROW.format(corruption.group), verdicts))
    assert [each.why for each in verdicts if each.kind in {LOST, DOUBLED}] == []


def unseen(world: World, corruption: Corruption, count: int) -> list[tuple[Scenario, Order, float]]:
    """Return the sample of one kind for RunTask alone, with how long its tasks are hidden."""
    draw = seeded("spoilt answers of RunTask", corruption.name)
    strata = []
    for scenario in (*SCENARIOS, *MORE_SCENARIOS):
        for operation, number in world.calls_of(scenario):
            if operation == "RunTask":
                order = Order(corruption, operation, number, "after", draw.choice((1, BURST)))
                strata += [((lag_s, order.times), (scenario, order, lag_s)) for lag_s in LAGS_S]
    return spread(draw, strata, count)


@pytest.mark.parametrize("corruption", UNSEEN, ids=lambda each: each.name)
def test_tasks_that_cannot_be_seen_yet(
    world: World, corruption: Corruption, scale: int, record_property: Record
) -> None:
    verdicts = [disturbed(world, *each) for each in unseen(world, corruption, EACH_UNSEEN * scale)]

    record_property(PROPERTY, row(UNSEEN_ROW, verdicts))
    assert [each.why for each in verdicts if each.kind in {LOST, DOUBLED}] == []


def lasting(world: World, corruption: Corruption, count: int) -> list[tuple[Scenario, Order]]:
    """Return the sample of one kind that does not end: from which call on, over scenarios and operations."""
    draw = seeded("spoilt from a call on", corruption.name)
    strata = []
    for scenario in (*SCENARIOS, *MORE_SCENARIOS):
        for number, (operation, _) in enumerate(world.calls_of(scenario), start=1):
            order = Order(corruption, "*", number, "before", FOR_EVER)
            strata.append((operation, (scenario, order)))
    return spread(draw, strata, count)


def cut_off(world: World, scenario: Scenario, order: Order) -> Verdict:
    """Carry a scenario out with all answers corrupted from one on, and judge how it ends and is resumed."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family)
    world.proxy.reset(order)
    played = world.apply_by_proxy(plan, family, clock=JumpingClock(world.time, limit_s=LIMIT_S))
    world.proxy.reset()
    return described(judge_aftermath(world, scenario, family, plan, played), f"{scenario.name}: {order}")


@pytest.mark.parametrize("corruption", LASTING, ids=lambda each: each.name)
def test_no_good_answer_any_more(
    world: World, corruption: Corruption, scale: int, record_property: Record
) -> None:
    verdicts = [cut_off(world, *each) for each in lasting(world, corruption, EACH_LASTING * scale)]

    record_property(PROPERTY, row(LASTING_ROW, verdicts))
    assert [each.why for each in verdicts if each.kind in {LOST, DOUBLED}] == []
