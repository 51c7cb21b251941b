"""An apply that is killed right before or after any of its calls is resumed by its run id: nothing twice."""

import pytest
from campaign.judge import Verdict, judge
from campaign.scenarios import SCENARIOS, Scenario
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.test_faults import undisturbed
from campaign.victims import Victims
from campaign.world import World

AGAIN = ("the same plan", "compiled anew", "from another machine")
"""How the apply is resumed; on another machine nothing is known of what the first one registered."""


def resumed(
    world: World, victims: Victims, scenario: Scenario, call: tuple[str, int], *, moment: str, again: str
) -> Verdict:
    """Kill a scenario's apply at a call, apply with the same run id, and judge what there is then."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    rules = [{"operation": call[0], "calls": str(call[1]), "action": "reset-before"}]
    world.script(scenario, family, *(rules if moment == "before" else ()))
    victims.kill(plan, family, *call)
    world.script(scenario, family)
    if again == "compiled anew":
        plan = world.compile(scenario.manifest(family))
        world.script(scenario, family)
    machine = "two" if again == "from another machine" else "one"
    played = world.apply(plan, family, machine=machine)
    # Only the machine that registered a revision knows that it is the run's to deregister.
    leaves = (scenario.leaves, scenario.documents) if machine == "two" else None
    return judge(scenario, family, played, world.found(family), leaves=leaves)


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_killed_at_each_call(
    world: World, victims: Victims, *, scenario: Scenario, moment: str, again: str, record_property: Record
) -> None:
    calls = undisturbed(world, scenario)

    verdicts = {call: resumed(world, victims, scenario, call, moment=moment, again=again) for call in calls}

    record_property(PROPERTY, row(f"kill -9 {moment} the call", verdicts.values()))
    wrong = {call: each.why for call, each in verdicts.items() if each.kind in {LOST, DOUBLED}}
    assert not wrong
    assert {each.kind for each in verdicts.values()} == {SURVIVED}
