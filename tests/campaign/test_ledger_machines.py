"""Several machines that apply one run over one ledger: one task an attempt, and one end for all of them."""

from functools import partial

import pytest
from campaign.disturbing import Meeting, failures
from campaign.judge import Verdict
from campaign.ledgers import KINDS, Kind
from campaign.meeting import apply_together
from campaign.orders import PIPELINE, Waits
from campaign.recalling import Kept, kept, recorded
from campaign.sample import positions, seeded
from campaign.table import PROPERTY, SURVIVED, Record, row
from campaign.test_ledger import RETRIED, SINGLE, calls_of
from campaign.test_machines import LAGS_S
from campaign.tries import Tries
from campaign.world import Played, World

MEANWHILE_ROW = "another machine's whole apply {} a call, with a ledger"
MACHINES_ROW = "several machines at once, with a ledger, by machine"
CASES: tuple[Tries | Waits, ...] = (SINGLE, RETRIED, PIPELINE)
MACHINES = (2, 3)
EACH_CALL, MEETINGS = 3, 1
"""Calls of each apply at which another machine comes, and meetings of each number of machines."""


def meanwhile(world: World, case: Tries | Waits, kind: Kind, number: int, *, after: bool) -> Verdict:
    """Have another machine carry out the run, from beginning to end, at a call of the first one."""
    it, second = kept(world, case, kind), []
    come = partial(Meeting, number=number, action=lambda: second.append(it.apply("two")), after=after)
    first = it.apply(around=come)
    verdicts = [judged_quickly(world, case, it, each) for each in (*second, first)]
    wrong = [each for each in verdicts if each.kind != SURVIVED]
    return wrong[0] if wrong else recorded(world, it, first)


def judged_quickly(world: World, case: Tries | Waits, it: Kept, played: Played) -> Verdict:
    """Return the verdict on one of the applies, by what there is now."""
    return case.judge(played, world.found(it.run.family))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_another_machine_at_calls(
    world: World, *, case: Tries | Waits, kind: Kind, moment: str, scale: int, record_property: Record
) -> None:
    draw = seeded("another machine with a ledger", case.name, kind, moment)
    names = calls_of(world, case, kind)
    # Another apply within a step in a folder would meet the lock that this process holds.
    calls = [each for each in names if not each.startswith(("open", "os."))]

    verdicts = {
        number: meanwhile(world, case, kind, number, after=moment == "after")
        for number in positions(draw, calls, EACH_CALL * scale, sure=("RunTask", "PutObject"))
    }

    record_property(PROPERTY, row(MEANWHILE_ROW.format(moment), verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("machines", MACHINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_several_machines_at_once(
    world: World, *, case: Tries | Waits, kind: Kind, machines: int, scale: int, record_property: Record
) -> None:
    draw = seeded("machines with a ledger", case.name, kind, machines)
    verdicts = []
    for _ in range(MEETINGS * scale):
        it = kept(world, case, kind)
        lag_s = draw.choice(LAGS_S)
        delays_s = [0.0, *(draw.choice((0.0, draw.uniform(0.0, 8.0))) for _ in range(machines - 1))]
        world.proxy.reset(lag_s=lag_s)

        ended = apply_together(
            world,
            it.run.plan,
            it.run.family,
            delays_s=delays_s,
            ahead_s=[0.0] * machines,
            around=it.ledger.gateway,
            ledger=it.ledger.location,
        )

        found = world.found(it.run.family)
        judgements = [case.judge(each, found) for each in ended]
        if judgements[-1].kind == SURVIVED:
            judgements[-1] = recorded(world, it, ended[-1])
        said = f"lag {lag_s}, delays {delays_s}"
        verdicts += [Verdict(each.kind, f"{said}: {each.why}") for each in judgements]

    record_property(PROPERTY, row(MACHINES_ROW, verdicts))
    assert [each.why for each in verdicts if each.kind != SURVIVED] == []
