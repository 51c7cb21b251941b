"""Order, arrays, limits and other runs under faults, kills and signals: nothing twice or too early."""

import pytest
from campaign.disturbing import disturbed, failures, killed_at, numbered, signalled_at, undisturbed
from campaign.orders import WAITS, Waits
from campaign.table import PROPERTY, Record, row
from campaign.test_faults import FAULTS
from campaign.world import World

KILL_ROW = "kill -9 {} the call, with jobs that wait"
FAULT_ROW = "{}, with jobs that wait"
SIGNAL_ROW = "SIGTERM at the call, with jobs that wait"
DISTURBED = ("error 500", "reset after the effect")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("waits", WAITS, ids=lambda each: each.name)
def test_killed_at_each_call(world: World, waits: Waits, moment: str, record_property: Record) -> None:
    calls = undisturbed(world, waits)

    verdicts = {n: killed_at(world, waits, n, after=moment == "after") for n in range(1, calls + 1)}

    record_property(PROPERTY, row(KILL_ROW.format(moment), verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("fault", DISTURBED)
@pytest.mark.parametrize("waits", WAITS, ids=lambda each: each.name)
def test_each_call_disturbed(world: World, waits: Waits, fault: str, record_property: Record) -> None:
    calls = numbered(world, waits)

    verdicts = {call: disturbed(world, waits, FAULTS[fault], call) for call in calls}

    record_property(PROPERTY, row(FAULT_ROW.format(fault), verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("waits", WAITS, ids=lambda each: each.name)
def test_a_signal_at_each_call(world: World, waits: Waits, record_property: Record) -> None:
    calls = undisturbed(world, waits)

    verdicts = {n: signalled_at(world, waits, n) for n in range(1, calls + 1)}

    record_property(PROPERTY, row(SIGNAL_ROW, verdicts.values()))
    assert failures(verdicts) == {}
