"""Every AWS call of an apply is disturbed in turn: it ends as if nothing were, or says what was refused."""

from collections import Counter

import pytest
from campaign.judge import Verdict, judge
from campaign.scenarios import SCENARIOS, Scenario
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.world import HASTY_S, LATE_S, World

FAULTS: dict[str, dict[str, object]] = {
    "throttle": {"action": "throttle"},
    "error 500": {"action": "error", "code": "ServerException", "status": 500},
    "error 503": {"action": "error", "code": "ServiceUnavailableException", "status": 503},
    "reset before the effect": {"action": "reset-before"},
    "reset after the effect": {"action": "reset-after"},
    "late effect": {"action": "slow", "when": "before", "seconds": LATE_S},
    "late answer": {"action": "slow", "when": "after", "seconds": LATE_S},
    "access denied": {
        "action": "error",
        "code": "AccessDeniedException",
        "status": 400,
        "message": "User: arn:aws:iam::000000000000:user/ci is not authorized to perform this",
    },
}
CHANGING = {"RegisterTaskDefinition", "RunTask", "DeregisterTaskDefinition"}


def undisturbed(world: World, scenario: Scenario) -> list[tuple[str, int]]:
    """Return the calls of an apply that nothing disturbs: each operation, and its number of that kind."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family)
    played = world.apply(plan, family)
    counts: Counter[str] = Counter()
    calls = []
    for each in world.endpoint.calls():
        counts[each.operation] += 1
        calls.append((each.operation, counts[each.operation]))
    assert judge(scenario, family, played, world.found(family)) == Verdict(SURVIVED)
    return calls


def disturbed(world: World, scenario: Scenario, fault: str, operation: str, number: int) -> Verdict:
    """Carry a scenario out with one call disturbed."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family, {"operation": operation, "calls": str(number), **FAULTS[fault]})
    if FAULTS[fault]["action"] == "slow":
        with world.one_late_call(operation, number):
            played = world.apply(plan, family, call_timeout_s=HASTY_S)
    else:
        played = world.apply(plan, family)
    assert len(world.endpoint.calls(operation)) >= number, "the call to disturb was never made"
    denied = operation if fault == "access denied" else ""
    return judge(scenario, family, played, world.found(family), denied=denied)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_each_call_disturbed(world: World, scenario: Scenario, fault: str, record_property: Record) -> None:
    calls = undisturbed(world, scenario)
    if fault == "late answer":  # of a call that changes nothing, a late effect is the same
        calls = [each for each in calls if each[0] in CHANGING]

    verdicts = {call: disturbed(world, scenario, fault, *call) for call in calls}

    record_property(PROPERTY, row(fault, verdicts.values()))
    wrong = {call: each.why for call, each in verdicts.items() if each.kind in {LOST, DOUBLED}}
    assert not wrong
