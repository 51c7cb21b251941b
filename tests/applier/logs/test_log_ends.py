"""The end of a log: what is waited for after STOPPED, for how long, and what is said where it is not read."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import LOGGING, Played, Stage

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.events import Event, TaskChanged
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_local import ScriptedClock, serve

Begin = Callable[..., Stage]

RUNNING = {"at": 1, "status": "RUNNING"}
LIMIT_S = 10.0


def ended(at: float, code: int = 0) -> dict[str, object]:
    return {"at": at, "status": "STOPPED", "exitCode": code}


class Reading:
    """A gateway that does something else with the calls of GetLogEvents from a certain one on."""

    def __init__(self, world: Stage, spoil: Callable[[Body], Body | None], first: int = 1) -> None:
        self._inner = world.gateway
        self._spoil = spoil
        self._left = first

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation.name == "GetLogEvents":
            self._left -= 1
            spoilt = self._spoil(request) if self._left < 1 else None
            if spoilt is not None:
                return spoilt
        answer: Body = self._inner.call(target, operation, request)
        return answer


def timed(world: Stage, events: Any) -> tuple[Played, float]:
    """Return an apply that has ended, and the seconds from when a task was last seen to stop."""
    played, stopped_at = Played(), 0.0
    event: Event
    for event in events:
        played.events.append(event)
        if isinstance(event, TaskChanged) and event.status == "STOPPED":
            stopped_at = world.clock.now()
    return played, world.clock.now() - stopped_at


def refuse(code: str, text: str = "no") -> Callable[[Body], Body | None]:
    def spoil(_: Body) -> Body | None:
        raise AwsError("GetLogEvents", code, text, status=400)

    return spoil


FAULTS = {
    "throttled": {"action": "throttle"},
    "500": {"action": "error"},
    "reset before the effect": {"action": "reset-before"},
    "reset after the effect": {"action": "reset-after"},
    "denied": {"action": "error", "code": "AccessDeniedException"},
}


@pytest.mark.parametrize("calls", ["1-", "3-"])
@pytest.mark.parametrize("copies", [1, 30])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_log_that_cannot_be_read_holds_nothing_up(
    stage: Begin, fault: str, copies: int, calls: str
) -> None:
    steps = [RUNNING, {"at": 2, "log": "first"}, ended(20, 4)]
    rule = {"operation": "GetLogEvents", "calls": calls, **FAULTS[fault]}
    world = stage({"tasks": [{"timeline": steps}], "rules": [rule]})
    plan = world.compile(LOGGING + f"count: {copies}\n")

    played, waited_s = timed(world, world.events(plan))

    assert waited_s <= LIMIT_S
    assert {each.exit_code for each in played.summary.tasks} == {4}
    assert len(played.warned) == 1
    assert "can no longer be read: GetLogEvents of stream" in played.warned[0]


def test_answers_that_cannot_be_read_hold_nothing_up(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, {"at": 2, "log": "x"}, ended(20)]}]})
    gateway = Reading(world, lambda _: {"events": "none"}, first=3)

    played, waited_s = timed(world, world.events(world.compile(LOGGING), gateway=gateway))

    assert waited_s <= LIMIT_S
    assert (played.status, played.lines, len(played.warned)) == (0, ["x"], 1)


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("code", ["AccessDeniedException", "403", "UnknownError", "SerializationException"])
def test_one_refusal_ends_no_log(stage: Begin, code: str, number: int) -> None:
    steps = [RUNNING, {"at": 2, "log": ["a", "b"], "timestamp": 2}, ended(4), {"at": 5, "log": "c"}]
    world = stage({"tasks": [{"timeline": steps}]})
    refusals = [AwsError("GetLogEvents", code, "no", status=403)]

    def spoil(_: Body) -> Body | None:
        if refusals:
            raise refusals.pop()
        return None

    played = world.apply(world.compile(LOGGING), gateway=Reading(world, spoil, first=number))

    assert refusals == []
    assert (Counter(played.lines), played.warned) == (Counter("abc"), [])


def test_unreadable_answers_while_the_task_runs_lose_no_line(stage: Begin) -> None:
    steps = [RUNNING, *({"at": 2 + number, "log": f"{number}"} for number in range(60)), ended(70)]
    world = stage({"tasks": [{"timeline": steps}]})
    until = world.clock.now() + 40
    gateway = Reading(world, lambda _: {"events": 7} if world.clock.now() < until else None)

    played = world.apply(world.compile(LOGGING), gateway=gateway)

    assert Counter(played.lines) == Counter(f"{number}" for number in range(60))
    assert played.warned == []


def test_a_signal_while_the_log_cannot_be_read_is_acted_on(stage: Begin) -> None:
    stop = [{"at": 2, "status": "STOPPED", "exitCode": 143}]
    throttled = {"operation": "GetLogEvents", "action": "throttle"}
    world = stage({"tasks": [{"timeline": [RUNNING], "on_stop": stop}], "rules": [throttled]})
    plan, interrupt = world.compile(LOGGING), Interrupt()
    world.endpoint.after("DescribeTasks", 12, lambda _: interrupt.send(15))
    began = world.clock.now()

    played, waited_s = timed(world, world.events(plan, interrupt=interrupt))

    assert waited_s <= LIMIT_S
    assert world.clock.now() - began < 60
    assert (played.status, played.summary.left_running) == (143, ())


def test_a_read_that_hangs_is_left_behind(tmp_path: Path) -> None:
    released = threading.Event()

    def hang(_: Body) -> Body | None:
        released.wait(300)
        return {"events": [{"message": "too late", "timestamp": 1}]}

    with serve(runner="scripted") as endpoint:
        world = Stage(endpoint, ScriptedClock(), tmp_path)
        plan = world.compile(LOGGING)
        try:
            played = world.apply(plan, gateway=Reading(world, hang), clock=SystemClock(), workers=4)
        finally:
            released.set()

    assert (played.status, played.lines) == (0, [])
    assert len(played.warned) == 1
    assert "CloudWatch Logs has not answered for 9.5 s" in played.warned[0]


def test_a_dead_connection_costs_no_line(tmp_path: Path) -> None:
    released, hung = threading.Event(), threading.Event()
    steps = [{"at": 0.1, "status": "RUNNING"}, {"at": 0.2, "log": ["a", "b"], "timestamp": 0.2}, ended(2)]

    def hang_once(_: Body) -> Body | None:
        if not hung.is_set():
            hung.set()
            released.wait(300)
        return None

    with serve(runner="scripted") as endpoint:
        world = Stage(endpoint, ScriptedClock(), tmp_path)
        plan = world.compile(LOGGING)
        endpoint.set_faults({"tasks": [{"timeline": steps}]})
        try:
            played = world.apply(plan, gateway=Reading(world, hang_once), clock=SystemClock(), workers=4)
        finally:
            released.set()

    assert hung.is_set()
    assert (played.status, played.lines, played.warned) == (0, ["a", "b"], [])


def test_a_long_log_is_read_to_its_end_however_long_that_takes(stage: Begin) -> None:
    lines = [f"{number}:{'x' * 250_000}" for number in range(200)]
    steps = [RUNNING, {"at": 2, "log": lines, "timestamp": [2] * len(lines)}, ended(2.5)]
    slow = {"operation": "GetLogEvents", "action": "throttle", "probability": 0.5}
    world = stage({"tasks": [{"timeline": steps}], "rules": [slow]})

    played, waited_s = timed(world, world.events(world.compile(LOGGING)))

    assert waited_s > LIMIT_S
    assert Counter(played.lines) == Counter(lines)
    assert played.warned == []


@pytest.mark.parametrize(
    "code", ["InvalidParameterException", "ValidationException", "ExpiredNextTokenException"]
)
@pytest.mark.parametrize("number", range(2, 9))
def test_a_refused_token_costs_no_line_and_doubles_none(stage: Begin, code: str, number: int) -> None:
    lines = [f"{number}:{'x' * 250_000}" for number in range(12)]
    steps = [
        RUNNING,
        {"at": 2, "log": ["a", "a", "b"], "timestamp": 2},
        {"at": 4, "log": lines, "timestamp": [4] * len(lines)},
        ended(6),
    ]
    world = stage({"tasks": [{"timeline": steps}]})
    refusals = [AwsError("GetLogEvents", code, "The specified nextToken is invalid.", status=400)]

    def spoil(request: Body) -> Body | None:
        if "nextToken" in request and refusals:
            raise refusals.pop()
        return None

    played = world.apply(world.compile(LOGGING), gateway=Reading(world, spoil, first=number))

    assert refusals == []
    assert Counter(played.lines) == Counter(["a", "a", "b", *lines])
    assert played.warned == []


def test_a_token_that_is_always_refused_ends_the_log_with_a_warning(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, {"at": 2, "log": "x"}, ended(9)]}]})
    refused = refuse("InvalidParameterException", "The specified nextToken is invalid.")
    gateway = Reading(world, lambda request: refused(request) if "nextToken" in request else None)

    played, waited_s = timed(world, world.events(world.compile(LOGGING), gateway=gateway))

    assert waited_s <= LIMIT_S
    assert (played.status, played.lines) == (0, ["x"])
    assert any("nextToken is invalid" in each for each in played.warned)


def test_a_stream_that_never_appears_is_a_warning_that_names_the_group(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(3), {"at": 500, "stream": True}]}]})
    options = "cloudwatch_logs_options: {awslogs-group: /jobs/nightly}\n"

    played, waited_s = timed(world, world.events(world.compile(LOGGING + options + "count: 3\n")))

    assert 8 < waited_s < 12
    assert (played.status, len(played.warned)) == (0, 1)
    assert "no log stream hello/main/" in played.warned[0]
    assert "log group /jobs/nightly" in played.warned[0]


def test_an_empty_stream_is_waited_for_like_a_missing_one(stage: Begin) -> None:
    steps = [RUNNING, {"at": 1, "stream": True}, ended(3), {"at": 11, "log": ["late", "last"]}]
    world = stage({"tasks": [{"timeline": steps}]})

    played = world.apply(world.compile(LOGGING))

    assert played.lines == ["late", "last"]
    assert played.warned == []


def test_a_job_that_prints_nothing_is_no_warning(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, {"at": 1, "stream": True}, ended(3)]}]})

    played, waited_s = timed(world, world.events(world.compile(LOGGING)))

    assert waited_s < 12
    assert played.warned == []


FAILED = {"at": 2, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "CannotPull"}


@pytest.mark.parametrize(
    ("task", "keys"),
    [
        pytest.param({"timeline": [FAILED]}, "", id="failed to start"),
        pytest.param({"timeline": [{"at": 1, "status": "PENDING"}, FAILED]}, "", id="failed while pulling"),
        pytest.param({"timeline": []}, "task_start_timeout_seconds: 9\n", id="start timeout, provisioning"),
        pytest.param(
            {"timeline": [{"at": 1, "status": "PENDING"}]},
            "task_start_timeout_seconds: 9\n",
            id="start timeout, pulling",
        ),
    ],
)
def test_the_log_of_a_task_that_never_started_is_not_waited_for(
    stage: Begin, task: dict[str, object], keys: str
) -> None:
    world = stage({"tasks": [task]})

    played, waited_s = timed(world, world.events(world.compile(LOGGING + keys)))

    assert waited_s < 1
    assert played.summary.exit_status in {124, 126}
    assert played.warned == []


KEPT = ("/ecsplan/local", "output")
EMBEDDED_LOGS = [
    pytest.param([], [], id="nothing was printed"),
    pytest.param([{"at": 2, "log": "one"}], ["one"], id="a line at the start"),
    pytest.param([{"at": 19.99, "log": "last"}], ["last"], id="a line at the end"),
    pytest.param([{"at": 19, "log": f"{each}"} for each in range(700)], [*map(str, range(700))], id="pages"),
]


@pytest.mark.parametrize(("printed", "lines"), EMBEDDED_LOGS)
def test_the_log_of_the_embedded_ecs_ends_with_its_task(
    stage: Begin, printed: list[dict[str, object]], lines: list[str]
) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, *printed, ended(20)]}]})

    played, waited_s = timed(world, world.events(world.compile(LOGGING), kept_output=KEPT))

    assert waited_s < 0.5
    assert (played.lines, played.warned) == (lines, [])
