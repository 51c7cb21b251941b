"""The policy of a plan allows each call that its applies make, disturbed or not, and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from campaign.disturbing import Killing, Moment, Signalling, die
from campaign.ledgers import SharedLedger
from campaign.orders import ARRAY, BESIDE, PIPELINE
from campaign.permitted import Judge
from campaign.scenarios import MORE_SCENARIOS, SCENARIOS, Scenario
from campaign.tries import COPIES, INTERRUPTED
from campaign.world import BUCKET, World
from iam_checks import Recording
from iam_policies import allows, weakened

from ecsplan.permissions.grants import Bucket
from ecsplan.plan.plan import Plan


@dataclass(frozen=True)
class Case:
    """An apply to be carried out again and again: how its plan is made, and the lives of its tasks."""

    name: str
    plan: Callable[[World, str], Plan]
    script: Callable[[World, str], None]


def of_scenario(scenario: Scenario) -> Case:
    return Case(scenario.name, lambda w, f: w.prepare(scenario, f), lambda w, f: w.script(scenario, f))


APPLIES = [
    *map(of_scenario, (*SCENARIOS, *MORE_SCENARIOS)),
    *(Case(each.name, each.plan, each.script) for each in (PIPELINE, ARRAY, BESIDE, COPIES, INTERRUPTED)),
]
WITH_LEDGERS = {"registers", "pipeline", "beside", "interrupted"}


def carried_out(
    world: World, case: Case, judge: Judge, *, signal: int | None = None, death: int | None = None
) -> list[str]:
    """Carry an apply out, with a signal or a kill at a call; return the names of its calls."""
    family = world.fresh_family(case.name)
    plan = case.plan(world, family)
    case.script(world, family)
    ledger = SharedLedger(world, "s3", "LEDGER") if judge.ledger else None
    recording = Recording(world.gateway() if ledger is None else ledger.gateway())
    options = {} if ledger is None else {"ledger": ledger.location}
    if signal is not None:
        sent = Signalling(recording, signal)
        world.apply(plan, family, gateway=sent, interrupt=sent.interrupt, **options)
    elif death is not None:
        killing = Killing(recording, Moment(death, after=True))
        die(lambda: world.apply(plan, family, gateway=killing, **options), may_end=True)
        world.apply(plan, family, gateway=recording, machine="two", **options)
    else:
        world.apply(plan, family, gateway=recording, **options)
    judge.take(plan, recording, family)
    return [each.operation.name for each in recording.calls]


def moments(names: Sequence[str]) -> set[int]:
    """Return the numbers of some calls: one in the middle, and those after the first calls of RunTask."""
    started = [number for number, name in enumerate(names, start=1) if name == "RunTask"]
    return {len(names) // 2, *(number + 1 for number in started[:2]), started[0] + 2}


@pytest.mark.parametrize("case", APPLIES, ids=lambda each: each.name)
def test_the_policy_of_an_apply(world: World, case: Case) -> None:
    """In S3, the ledger of the cases whose applies meet others or are tried again."""
    for ledger in (None, Bucket(BUCKET, "LEDGER/")) if case.name in WITH_LEDGERS else (None,):
        judge = Judge(("apply",), ledger)
        for number in moments(carried_out(world, case, judge)):
            carried_out(world, case, judge, signal=number)
            carried_out(world, case, judge, death=number)

        assert judge.denied == []
        assert judge.unneeded() == []
        # Offline, neither region nor account is known.
        assert case.name == "offline" or judge.too_wide() == []


@pytest.mark.parametrize("scenario", [*SCENARIOS, *MORE_SCENARIOS], ids=lambda each: each.name)
def test_the_policy_of_a_compilation(world: World, scenario: Scenario) -> None:
    family = world.fresh_family(scenario.name)
    world.prepare(scenario, family)
    recording, judge = Recording(world.gateway()), Judge(("compile",))

    judge.take(world.compile(scenario.manifest(family), recording), recording, family)

    assert judge.denied == []
    assert judge.unneeded() == []


def test_the_judge_sees_what_is_missing_and_what_is_too_much(world: World) -> None:
    """StopTask is not called where nothing is stopped."""
    judge = Judge(("apply",))
    carried_out(world, APPLIES[0], judge)
    (whole,), asked = judge.policies.values(), judge.asked[""]
    wide = {"Sid": "Wide", "Effect": "Allow", "Action": ["s3:PutObject", "ecs:RunTask"], "Resource": "*"}
    more = Judge(("apply",), None, {"": {"Statement": [*whole["Statement"], wide]}}, judge.asked)

    refusing = {what for what, less in weakened(whole) if not all(allows(less, each) for each in asked)}

    assert {what for what, _ in weakened(whole)} - refusing == {"EcsDescribeStop: ecs:StopTask"}
    assert {"Wide", "Wide: s3:PutObject", "Wide: ecs:RunTask", "EcsRunTask"} <= {*more.unneeded()}
    assert more.too_wide() == ["s3:PutObject on *", "ecs:RunTask on *"]
