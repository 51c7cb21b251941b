"""Signals in every phase: what this run has started is stopped, what is due is tidied up, 129, 130 or 143."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Command
from campaign.judge import Verdict
from campaign.scenarios import ROLE, SCENARIOS, Scenario
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.test_faults import undisturbed
from campaign.world import Found, Played, World, look_at
from signaller import Signaller

from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.events import TaskChanged
from ecsplan_applier.tasks.stop import STOP_S
from ecsplan_local import serve

MANIFEST = (
    f"image: alpine\nconfigure_cloudwatch_logs: true\nexecution_role_arn: {ROLE}\n"
    "auto_deregister_task_definition: true\n"
)
WORKING = [{"at": 0.1, "status": "PENDING"}, {"at": 0.3, "status": "RUNNING", "log": "working"}]
STOPPING = [{"at": 0.3, "log": "stopping"}, {"at": 0.4, "status": "STOPPED", "exitCode": 143}]
NUMBERS = {signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGTERM: 143}


def task(timeline: list[dict[str, object]], on_stop: list[dict[str, object]]) -> dict[str, object]:
    return {"tasks": [{"family": "hello", "timeline": timeline, "on_stop": on_stop}]}


PHASES: dict[str, tuple[str, int, dict[str, object], list[str]]] = {
    "observing": ("DescribeTaskDefinition", 1, task(WORKING, STOPPING), []),
    "registering": ("RegisterTaskDefinition", 1, task(WORKING, STOPPING), []),
    "starting": ("RunTask", 1, task([], STOPPING), ["stopping"]),
    "pulling": ("DescribeTasks", 1, task([{"at": 0.1, "status": "PENDING"}], STOPPING), ["stopping"]),
    "running": ("GetLogEvents", 2, task(WORKING, STOPPING), ["working", "stopping"]),
    "draining": (
        "GetLogEvents",
        2,
        task(
            [
                {"at": 0.1, "status": "RUNNING", "log": "done"},
                {"at": 0.2, "status": "STOPPED", "exitCode": 0},
            ],
            [],
        ),
        ["done"],
    ),
}
"""Phase -> the call at which the signal comes, the fault script, and what is printed in the end."""


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[[dict[str, object]], Command]]:
    started = []

    def begin(faults: dict[str, object]) -> Command:
        endpoint = serve(runner="scripted", faults=faults, record=True)
        started.append(endpoint)
        made = Command(endpoint, tmp_path)
        made.compile(MANIFEST)
        endpoint.forget_calls()
        return made

    yield begin
    for each in started:
        each.close()


@pytest.mark.parametrize("number", NUMBERS, ids=lambda each: each.name)
@pytest.mark.parametrize("phase", PHASES)
def test_process_interrupted(command: Any, phase: str, number: signal.Signals) -> None:
    operation, which, faults, lines = PHASES[phase]
    run = command(faults)
    signaller = Signaller()
    run.endpoint.before(operation, which, signaller.sender(number))

    process = run.start("apply", "plan.json", "--run-id", "phases")
    signaller.is_for(process.pid)
    out, err = process.communicate(timeout=60)

    left = look_at(run.endpoint, "hello")
    assert process.returncode == NUMBERS[number], err.decode()
    assert sorted(out.decode().split()) == sorted(lines)
    assert "Traceback" not in err.decode()
    assert number.name in err.decode()
    assert [each["lastStatus"] for each in left.tasks] == ["STOPPED"] * bool(lines)
    assert left.active == ()


def test_second_signal_ends_at_once(command: Any) -> None:
    run = command(task(WORKING, []))
    signaller = Signaller()
    run.endpoint.before("GetLogEvents", 2, signaller.sender(signal.SIGTERM))
    run.endpoint.after("StopTask", 1, signaller.sender(signal.SIGINT, after_s=1.5))

    process = run.start("apply", "plan.json", "--run-id", "twice")
    signaller.is_for(process.pid)
    _, err = process.communicate(timeout=60)

    (left,) = look_at(run.endpoint, "hello").running
    assert process.returncode == 143
    assert f"{left} may still run" in err.decode()
    ways = [line for line in err.decode().splitlines() if line.startswith("to ")]
    assert "ecsplan apply plan.json --run-id twice" in ways[0]
    assert ways[-1].startswith("to stop it: ecsplan stop twice")


def interrupted(world: World, scenario: Scenario, operation: str, number: int) -> Verdict:
    """Carry a scenario out with a signal at one call."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family)
    interrupt = Interrupt()
    world.endpoint.before(operation, number, lambda _: interrupt.send(signal.SIGTERM))
    played = world.apply(plan, family, interrupt=interrupt)
    return _judged(scenario, family, played, world.found(family))


def _judged(scenario: Scenario, family: str, played: Played, found: Found) -> Verdict:
    made = len(found.active) + len(found.inactive) - (1 if scenario.prepared else 0)
    more = played.lines - scenario.lines(family)
    if len(found.tasks) > scenario.slots or made > scenario.documents or more:
        return Verdict(DOUBLED, f"{len(found.tasks)} tasks, {made} revisions, {more}")
    if found.running or played.error is not None or played.status != 143:
        return Verdict(LOST, f"{found.running} run; ended with {played.status}\n{played.text}")
    named = {each for each in played.arns if each is not None}
    if {each["taskArn"] for each in found.tasks} != named:
        return Verdict(LOST, f"tasks that are not named\n{played.text}")
    if scenario.leaves == 0 and found.active:
        return Verdict(LOST, f"left ACTIVE: {found.active}\n{played.text}")
    return Verdict(SURVIVED)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_interrupted_at_each_call(world: World, scenario: Scenario, record_property: Record) -> None:
    calls = undisturbed(world, scenario)

    verdicts = {call: interrupted(world, scenario, *call) for call in calls}

    record_property(PROPERTY, row("SIGTERM at the call", verdicts.values()))
    assert {call: each.why for call, each in verdicts.items() if each.kind != SURVIVED} == {}


def test_task_that_does_not_stop_is_waited_for_within_a_bound(world: World) -> None:
    scenario = SCENARIOS[1]
    family = world.fresh_family("stubborn")
    plan = world.prepare(scenario, family)
    timeline = [{"at": 2, "status": "RUNNING", "log": "first"}]
    world.endpoint.set_faults({"tasks": [{"family": family, "timeline": timeline, "on_stop": []}]})
    interrupt = Interrupt()
    events = world.events(plan, family, interrupt=interrupt)
    played, began = Played(), 0.0

    for event in events:
        played.events.append(event)
        if isinstance(event, TaskChanged) and event.status == "RUNNING":
            began = world.clock.now()
            interrupt.send(signal.SIGINT)

    assert STOP_S <= world.clock.now() - began <= STOP_S + 30
    assert played.status == 130
    assert played.summary is not None
    assert [each.arn for each in played.summary.left_running] == world.found(family).running
    assert played.arns == world.found(family).running
