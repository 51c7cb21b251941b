"""Order, arrays, limits and other runs under faults, kills and signals: nothing twice or too early."""

import pytest
from campaign.judge import Verdict
from campaign.orders import WAITS, Waits, judge_waits, law_broken, listed
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.test_attempts import Killed, Killing, Signalling
from campaign.test_faults import FAULTS
from campaign.world import World

KILL_ROW = "kill -9 {} the call, with jobs that wait"
FAULT_ROW = "{}, with jobs that wait"
SIGNAL_ROW = "SIGTERM at the call, with jobs that wait"
DISTURBED = ("error 500", "reset after the effect")


def undisturbed(world: World, waits: Waits) -> int:
    """Carry it out, and return how many calls that takes."""
    family = world.fresh_family(waits.name)
    plan = waits.plan(world, family)
    waits.script(world, family)
    counting = Killing(world.gateway())
    played = world.apply(plan, family, gateway=counting)
    assert judge_waits(waits, played, world.found(family)) == Verdict(SURVIVED)
    return counting.calls


def killed_at(world: World, waits: Waits, number: int, *, after: bool) -> Verdict:
    """Kill an apply at a call, resume the run on another machine, and return the verdict on that."""
    family = world.fresh_family(waits.name)
    plan = waits.plan(world, family)
    waits.script(world, family)
    with pytest.raises(Killed):
        world.apply(plan, family, gateway=Killing(world.gateway(), number, after=after))
    return judge_waits(waits, world.apply(plan, family, machine="two"), world.found(family))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("waits", WAITS, ids=lambda each: each.name)
def test_killed_at_each_call(world: World, waits: Waits, moment: str, record_property: Record) -> None:
    calls = undisturbed(world, waits)

    verdicts = {n: killed_at(world, waits, n, after=moment == "after") for n in range(1, calls + 1)}

    record_property(PROPERTY, row(KILL_ROW.format(moment), verdicts.values()))
    assert {n: each.why for n, each in verdicts.items() if each.kind != SURVIVED} == {}


def disturbed(world: World, waits: Waits, fault: str, call: tuple[str, int]) -> Verdict:
    """Carry it out with one call disturbed."""
    family = world.fresh_family(waits.name)
    plan = waits.plan(world, family)
    operation, number = call
    waits.script(world, family, {"operation": operation, "calls": str(number), **FAULTS[fault]})
    return judge_waits(waits, world.apply(plan, family), world.found(family))


def numbered(world: World, waits: Waits) -> list[tuple[str, int]]:
    """Return the calls of an undisturbed apply: each operation, and its number of that kind."""
    family = world.fresh_family(waits.name)
    plan = waits.plan(world, family)
    waits.script(world, family)
    world.apply(plan, family)
    counts: dict[str, int] = {}
    calls = []
    for each in world.endpoint.calls():
        counts[each.operation] = counts.get(each.operation, 0) + 1
        calls.append((each.operation, counts[each.operation]))
    return calls


@pytest.mark.parametrize("fault", DISTURBED)
@pytest.mark.parametrize("waits", WAITS, ids=lambda each: each.name)
def test_each_call_disturbed(world: World, waits: Waits, fault: str, record_property: Record) -> None:
    calls = numbered(world, waits)

    verdicts = {call: disturbed(world, waits, fault, call) for call in calls}

    record_property(PROPERTY, row(FAULT_ROW.format(fault), verdicts.values()))
    assert {call: each.why for call, each in verdicts.items() if each.kind != SURVIVED} == {}


def signalled_at(world: World, waits: Waits, number: int) -> Verdict:
    """Send SIGTERM at a call; nothing may start any more or go on running, and all there is is listed."""
    family = world.fresh_family(waits.name)
    plan = waits.plan(world, family)
    waits.script(world, family)
    gateway = Signalling(world.gateway(), number)
    played = world.apply(plan, family, gateway=gateway, interrupt=gateway.interrupt)
    found = world.found(family)
    running = [each for each in found.tasks if each.get("startedBy") == f"ecsplan/{family}"]
    broken = law_broken(waits, found)
    if gateway.started or broken or any(each["lastStatus"] != "STOPPED" for each in running):
        return Verdict(DOUBLED, f"{gateway.started} calls after the signal; {broken}\n{played.text}")
    return Verdict(SURVIVED if played.status == 143 and listed(played, found) else LOST, played.text)


@pytest.mark.parametrize("waits", WAITS, ids=lambda each: each.name)
def test_a_signal_at_each_call(world: World, waits: Waits, record_property: Record) -> None:
    calls = undisturbed(world, waits)

    verdicts = {n: signalled_at(world, waits, n) for n in range(1, calls + 1)}

    record_property(PROPERTY, row(SIGNAL_ROW, verdicts.values()))
    assert {n: each.why for n, each in verdicts.items() if each.kind != SURVIVED} == {}
