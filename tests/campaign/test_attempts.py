"""Attempts under faults, kills and signals: one task an attempt, none while the one before it runs."""

import json
from dataclasses import replace

import pytest
from campaign.disturbing import (
    DyingAfterRuns,
    Passing,
    die,
    disturbed,
    failures,
    judged_undisturbed,
    killed_at,
    numbered,
    signalled_at,
    undisturbed,
)
from campaign.judge import Verdict
from campaign.meeting import apply_together
from campaign.sample import seeded
from campaign.table import PROPERTY, SURVIVED, Record, row
from campaign.test_faults import FAULTS
from campaign.test_machines import LAGS_S
from campaign.tries import (
    COPIES,
    INTERRUPTED,
    NO_INTERFACE,
    STARTS,
    TRIES,
    Life,
    Tries,
    attempts_of,
    judge_tries,
    life,
    spot,
    spot_at,
    with_retries,
)
from campaign.world import World

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import LIST_TASKS, RUN_TASK, Operation
from ecsplan_applier.outcomes.result import Outcome

KILL_ROW = "kill -9 {} the call, with attempts"
FAULT_ROW = "{}, with attempts"
SIGNAL_ROW = "SIGTERM at the call, with attempts"
MACHINES_ROW = "several machines at once, with attempts, by machine"
MACHINES = (2, 3)
MEETINGS = 2
"""Meetings of each apply and number of machines."""
CORRUPTED = (COPIES, STARTS)
"""The applies of which each call is disturbed."""
STOPPED = (INTERRUPTED, STARTS)
"""The applies that get a signal at each call."""
DISTURBED = ("throttle", "error 500", "reset before the effect", "reset after the effect")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("tries", TRIES, ids=lambda each: each.name)
def test_killed_at_each_call(world: World, tries: Tries, moment: str, record_property: Record) -> None:
    calls = undisturbed(world, tries)

    verdicts = {n: killed_at(world, tries, n, after=moment == "after") for n in range(1, calls + 1)}

    record_property(PROPERTY, row(KILL_ROW.format(moment), verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("fault", DISTURBED)
@pytest.mark.parametrize("tries", CORRUPTED, ids=lambda each: each.name)
def test_each_call_disturbed(world: World, tries: Tries, fault: str, record_property: Record) -> None:
    calls = numbered(world, tries)

    verdicts = {call: disturbed(world, tries, FAULTS[fault], call) for call in calls}

    record_property(PROPERTY, row(FAULT_ROW.format(fault), verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("tries", STOPPED, ids=lambda each: each.name)
def test_a_signal_at_each_call(world: World, tries: Tries, record_property: Record) -> None:
    calls = undisturbed(world, tries)

    verdicts = {n: signalled_at(world, tries, n) for n in range(1, calls + 1)}

    record_property(PROPERTY, row(SIGNAL_ROW, verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("machines", MACHINES)
@pytest.mark.parametrize("tries", TRIES, ids=lambda each: each.name)
def test_several_machines_at_once(
    world: World, tries: Tries, machines: int, scale: int, record_property: Record
) -> None:
    draw = seeded("machines with attempts", tries.name, machines)
    verdicts = []
    for _ in range(MEETINGS * scale):
        family = world.fresh_family(tries.name)
        plan = tries.plan(world, family)
        tries.script(world, family)
        lag_s = draw.choice(LAGS_S)
        delays_s = [0.0, *(draw.choice((0.0, draw.uniform(0.0, 8.0))) for _ in range(machines - 1))]
        ahead_s = [draw.choice((0.0, draw.uniform(-300.0, 300.0))) for _ in range(machines)]
        world.proxy.reset(lag_s=lag_s)

        ended = apply_together(world, plan, family, delays_s=delays_s, ahead_s=ahead_s)

        found = world.found(family)
        for each in ended:
            verdict = judge_tries(tries, each, found)
            said = f"lag {lag_s}, delays {delays_s}, clocks {ahead_s}: {verdict.why}"
            verdicts.append(Verdict(verdict.kind, said))

    record_property(PROPERTY, row(MACHINES_ROW, verdicts))
    assert [each.why for each in verdicts if each.kind != SURVIVED] == []


PHASES: dict[str, Life] = {
    "PROVISIONING": spot_at("PROVISIONING"),
    "PENDING": spot_at("PENDING"),
    "ACTIVATING": spot_at("ACTIVATING"),
    "RUNNING": spot("one"),
    "DEACTIVATING": [*spot("one")[:2], {"at": 3.05, "status": "DEACTIVATING"}, *spot("one")[2:]],
    "STOPPING": [*spot("one")[:2], {"at": 3.05, "status": "STOPPING"}, *spot("one")[2:]],
}


@pytest.mark.parametrize("phase", PHASES)
def test_spot_at_each_phase(world: World, phase: str) -> None:
    first = PHASES[phase]
    reached = [first[0], *({**each, "stopCode": "SpotInterruption"} for each in first[1:])]
    lines = ("one", "x") if any("log" in each for each in first) else ("x",)
    tries = replace(INTERRUPTED, lives=(reached, life("x", exitCode=0)), status=0, lines=lines)

    assert judged_undisturbed(world, tries) == Verdict(SURVIVED)


class Denying(Passing):
    """A gateway whose first RunTask token is answered with `failures`, although it has started a task.

    The task is not listed before other calls of RunTask have started one.
    """

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self._token: object = None
        self._others = 0

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = super().call(target, operation, request)
        if operation == LIST_TASKS and not self._others:
            return {**answer, "taskArns": []}
        if operation != RUN_TASK:
            return answer
        self._token = self._token or request["clientToken"]
        if request["clientToken"] != self._token:
            self._others += 1
            return answer
        return {"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}


def test_a_first_attempt_that_turns_out_to_be_alive_is_the_next_one(world: World) -> None:
    tries = replace(STARTS, lives=(life("x", at=60.05, exitCode=0), NO_INTERFACE), lines=("x",))
    family = world.fresh_family("alive")
    plan = tries.plan(world, family)
    tries.script(world, family)

    played = world.apply(plan, family, gateway=Denying(world.gateway()))

    assert (played.status, len(world.found(family).tasks)) == (0, 2)
    (task,) = played.summary.tasks if played.summary is not None else ()
    assert [each.outcome for each in task.attempts] == [Outcome.NOT_STARTED, Outcome.SUCCEEDED]


LONG = life("two", at=3720.05, exitCode=3)
SHORT = life("two", at=8.05, exitCode=3)


@pytest.mark.parametrize(
    ("second", "later_s"),
    [
        pytest.param(LONG, 3700.0, id="the second runs"),
        pytest.param(SHORT, 3605.0, id="the second has stopped"),
    ],
)
def test_a_first_attempt_that_ecs_has_forgotten_is_not_repeated(
    world: World, second: Life, later_s: float
) -> None:
    tries = replace(INTERRUPTED, lives=(spot("one"), second, life("again", exitCode=0)), keys={})
    family = world.fresh_family("forgotten")
    plan = tries.plan(world, family)
    tries.script(world, family)
    die(lambda: world.apply(plan, family, gateway=DyingAfterRuns(world.gateway(), 2)))
    world.time.advance(later_s)

    played = world.apply(plan, family, machine="two")

    (task,) = played.summary.tasks if played.summary is not None else ()
    assert (played.status, [each.attempt for each in task.attempts]) == (3, [2])
    assert len([each for each in world.found(family).tasks if each["taskArn"] != task.arn]) == 0


def test_a_forgotten_attempt_is_left_out_where_its_call_is_still_known(world: World) -> None:
    """The copy beside it runs, so that ECS keeps the token of the first call."""
    long = life("b", at=3720.05, exitCode=0)
    tries = replace(COPIES, lives=(spot("a"), long, long, life("again", exitCode=0)))
    family = world.fresh_family("beside")
    plan = tries.plan(world, family)
    tries.script(world, family)
    die(lambda: world.apply(plan, family, gateway=DyingAfterRuns(world.gateway(), 2)))
    world.time.advance(3700.0)

    played = world.apply(plan, family, machine="two")

    tasks = () if played.summary is None else played.summary.tasks
    assert (played.status, [[each.attempt for each in task.attempts] for task in tasks]) == (0, [[2], [1]])
    assert {each["taskArn"] for each in world.found(family).tasks} == {task.arn for task in tasks}


SOAKED = 80
"""Jobs of the small soak; `bench/soak.py` has thousands."""


def test_a_soak_with_interruptions_and_faulty_calls(world: World) -> None:
    """10 % of the tasks are interrupted, and 5 % of the calls fail: all jobs are done, no attempt twice."""
    draw = seeded("soak with attempts", SOAKED)
    family = world.fresh_family("soak")
    jobs = {f"{family}-{n}": {"family": family, "command": ["work", str(n)]} for n in range(SOAKED)}
    plan = with_retries(
        world.compile(json.dumps({"defaults": {"image": "alpine"}, "jobs": jobs})), ("interruption",)
    )
    spots = [n for n in range(1, 2 * SOAKED) if draw.random() < 0.1]
    lives = [{"family": family, "copy": n, "timeline": spot("x")} for n in spots]
    faults = ("throttle", "error", "reset-before", "reset-after")
    rules = [{"operation": "*", "action": each, "probability": 0.05 / len(faults)} for each in faults]
    world.endpoint.set_faults({"seed": 7, "rules": rules, "tasks": lives})

    played = world.apply(plan, family)

    attempts = [each.arn for copy in attempts_of(played) for each in copy]
    found = world.found(family).tasks
    assert (played.status, len(attempts_of(played))) == (0, SOAKED), played.text
    assert sorted(map(str, attempts)) == sorted(each["taskArn"] for each in found)
    assert len(found) > SOAKED
