"""Waiting for a run that another machine has applied: it ends as the apply would, and changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Played, Stage
from found_logs import session_of
from killing import killed_at_event

from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.events import TaskChanged, TaskEnded, TaskStarted, Waiting
from ecsplan_applier.runs.follow.wait_for import wait_for
from ecsplan_applier.runs.reference import RunReference

Begin = Callable[..., Stage]

IMAGE = "name: etl\nimage: alpine\n"


def runs(until: float, code: int = 0, **members: object) -> list[dict[str, Any]]:
    return [{"at": 1, "status": "RUNNING"}, {"at": until, "status": "STOPPED", "exitCode": code, **members}]


def waited(world: Stage, run_id: str = "r", **options: Any) -> Played:
    """Return what a wait of another machine has shown."""
    return Played(list(wait_for(session_of(world, **options), RunReference(run_id))))


@pytest.mark.parametrize(
    ("manifest", "timeline", "status"),
    [
        pytest.param(IMAGE, runs(100), 0, id="success"),
        pytest.param(IMAGE, runs(100, 7), 7, id="the job's exit code"),
        pytest.param(IMAGE, runs(100, 256), 1, id="a code that is no exit status"),
        pytest.param(IMAGE + "count: 2\n", runs(100, 7), 1, id="several tasks"),
        pytest.param(
            IMAGE, runs(100, 143, stopCode="SpotInterruption", stoppedReason="Your Spot Task"), 125, id="Spot"
        ),
        pytest.param(
            IMAGE,
            [{"at": 50, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "no role"}],
            126,
            id="not started",
        ),
    ],
)
def test_it_exits_like_the_apply(
    stage: Begin, manifest: str, timeline: list[dict[str, Any]], status: int
) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    killed_at_event(world, manifest)

    played = waited(world)

    assert played.status == status
    assert len(played.of(TaskEnded)) == len(played.summary.tasks)


def test_what_had_ended_before_goes_on_no_more(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": runs(100, 7)}]})
    world.apply(world.compile(IMAGE + "count: 3\n"), run_id="r")

    assert [each.going for each in waited(world).of(TaskEnded)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("keys", "timeline"),
    [
        pytest.param("", runs(20), id="success"),
        pytest.param("succeed_on: [0, 3]\n", runs(20, 5), id="failure"),
        pytest.param("task_timeout_seconds: 30\n", runs(500), id="timed out"),
        pytest.param(
            "task_start_timeout_seconds: 30\n", [{"at": 500, "status": "RUNNING"}], id="start timeout"
        ),
        pytest.param("count: 3\n", runs(20), id="three copies"),
    ],
)
def test_it_exits_like_an_apply_that_has_ended(
    stage: Begin, keys: str, timeline: list[dict[str, Any]]
) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    applied = world.apply(world.compile(IMAGE + keys), run_id="r")

    assert waited(world).status == applied.status


def test_a_run_that_an_apply_has_interrupted(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": runs(500)}]})
    interrupt = Interrupt()
    for event in world.events(world.compile(IMAGE), run_id="r", interrupt=interrupt):
        if isinstance(event, TaskStarted):
            interrupt.send(2)

    played = waited(world)

    assert played.status == 130
    assert played.summary.tasks[0].explanation is not None


@pytest.mark.parametrize("number", [1, 2, 15], ids=["SIGHUP", "SIGINT", "SIGTERM"])
def test_a_signal_ends_the_waiting_and_nothing_else(stage: Begin, number: int) -> None:
    world = stage({"tasks": [{"timeline": runs(500)}]})
    killed_at_event(world, IMAGE)
    interrupt, events = Interrupt(), []

    for event in wait_for(session_of(world), RunReference("r"), interrupt=interrupt):
        events.append(event)
        if isinstance(event, TaskChanged):
            interrupt.send(number)

    assert Played(events).status == 128 + number
    assert [each["lastStatus"] for each in world.tasks()] == ["RUNNING"]


def test_it_reports_what_it_waits_for(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": runs(150)}]})
    killed_at_event(world, IMAGE)

    events = wait_for(session_of(world), RunReference("r"), heartbeat_s=60)

    waiting = [each for each in events if isinstance(each, Waiting)]
    assert [(each.label, each.state) for event in waiting for each in event.tasks] == [("etl", "RUNNING")] * 2


def test_a_wait_asks_and_changes_nothing(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": runs(100, 1)}]})
    killed_at_event(world, IMAGE + "count: 2\n")
    world.endpoint.forget_calls()

    waited(world)

    assert {each.rstrip("s") for each in world.calls()} <= {
        "ListCluster",
        "ListTask",
        "DescribeTask",
        "DescribeTaskDefinition",
        "GetCallerIdentity",
        "GetLogEvent",
    }


@pytest.mark.parametrize("operation", ["ListClusters", "ListTasks", "DescribeTasks"])
def test_a_wait_goes_on_while_aws_does_not_answer(stage: Begin, operation: str) -> None:
    world = stage({"tasks": [{"timeline": runs(30, 2)}]})
    killed_at_event(world, IMAGE)
    failing = {"rules": [{"operation": operation, "action": "error"}]}
    played = Played()

    for event in wait_for(session_of(world), RunReference("r")):
        played.events.append(event)
        if isinstance(event, TaskChanged) and event.status == "RUNNING":
            world.endpoint.set_faults(failing)
        if world.clock.waited_s > 300:
            world.endpoint.set_faults({})

    assert played.status == 2
