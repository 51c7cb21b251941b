"""Watching: what DescribeTasks may do without a task being lost or its end being missed."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import AwsError, SessionError
from ecsplan_applier.outcomes.events import Finished, TaskEnded, TaskStarted
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
LONG = [{"at": 1, "status": "RUNNING"}, {"at": 60, "status": "STOPPED", "exitCode": 3}]


class Changing:
    """A gateway that spoils the answers of one operation."""

    def __init__(self, world: Stage, operation: str, spoil: Callable[[int, Any], Any]) -> None:
        self._inner = world.gateway
        self._operation = operation
        self._spoil = spoil
        self._number = 0

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = self._inner.call(target, operation, request)
        if operation.name != self._operation:
            return answer
        self._number += 1
        changed: Body = self._spoil(self._number, dict(answer))
        return changed


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "missing", "calls": "1-4"}, id="not visible at first"),
        pytest.param({"action": "missing", "calls": "8-12"}, id="not visible for a while"),
        pytest.param({"action": "throttle", "calls": "2-6"}, id="throttled"),
        pytest.param({"action": "throttle", "probability": 0.6}, id="throttled again and again"),
        pytest.param({"action": "error", "calls": "2-5"}, id="500"),
        pytest.param({"action": "reset-before", "calls": "2-5"}, id="reset"),
        pytest.param({"action": "reset-after", "calls": "3-6"}, id="answers lost"),
    ],
)
def test_what_passes_is_survived(stage: Begin, fault: dict[str, object]) -> None:
    world = stage({"tasks": [{"timeline": LONG}], "rules": [{"operation": "DescribeTasks", **fault}]})

    played = world.apply(world.compile(HELLO))

    assert played.status == 3
    assert played.warned == []


def test_throttled_polls_come_less_often(stage: Begin) -> None:
    world = stage(
        {
            "tasks": [{"timeline": LONG}],
            "rules": [{"operation": "DescribeTasks", "action": "throttle", "calls": "1-8"}],
        }
    )

    world.apply(world.compile(HELLO))

    times = [each.time for each in world.endpoint.calls("DescribeTasks")][:9]
    assert times[-1] - times[0] > 5


def test_a_task_that_ecs_does_not_know_any_more_is_lost(stage: Begin) -> None:
    missing = {"operation": "DescribeTasks", "action": "missing", "calls": "4-"}
    world = stage({"tasks": [{"timeline": LONG}], "rules": [missing]})

    played = world.apply(world.compile(HELLO))

    task = played.summary.tasks[0]
    assert (played.status, task.outcome) == (125, Outcome.LOST)
    assert "MISSING" in (task.reason or "")
    assert played.summary.left_running == (task,)


@pytest.mark.parametrize(
    "code",
    [pytest.param("ExpiredTokenException", id="expired"), pytest.param("AccessDeniedException", id="denied")],
)
def test_tasks_that_may_not_be_looked_at_are_named(stage: Begin, code: str) -> None:
    refused = {"operation": "DescribeTasks", "action": "error", "code": code, "calls": "4-"}
    world = stage({"tasks": [{"timeline": LONG}], "rules": [refused]})

    played = world.apply(world.compile(HELLO + "count: 2\n"))

    left = {each.arn for each in played.summary.left_running}
    assert left == {each["taskArn"] for each in world.ask_past_faults()}
    assert all(code in (each.reason or "") for each in played.summary.tasks)


def test_an_outage_of_five_minutes_is_survived(stage: Begin) -> None:
    long = [{"at": 1, "status": "RUNNING"}, {"at": 400, "status": "STOPPED", "exitCode": 3}]
    world = stage({"tasks": [{"timeline": long}]})
    plan = world.compile(HELLO)
    down = {"operation": "DescribeTasks", "action": "reset-before"}
    world.endpoint.after("DescribeTasks", 4, lambda _: world.endpoint.set_faults({"rules": [down]}))
    events = world.events(plan)
    last = None
    for event in events:
        last = event
        if world.clock.waited_s > 300:
            world.endpoint.set_faults({})

    assert isinstance(last, Finished)
    assert last.summary.exit_status == 3


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: {}, id="empty"),
        pytest.param(lambda _: {"tasks": None}, id="no tasks"),
        pytest.param(lambda _: {"tasks": "none"}, id="tasks are a text"),
        pytest.param(lambda _: {"tasks": ["x"]}, id="a task is a text"),
        pytest.param(lambda _: {"tasks": [{}]}, id="a task without ARN"),
        pytest.param(lambda a: {"tasks": [{**t, "taskArn": 7} for t in a["tasks"]]}, id="an ARN is a number"),
        pytest.param(lambda a: {"tasks": [{"taskArn": t["taskArn"]} for t in a["tasks"]]}, id="ARNs only"),
        pytest.param(
            lambda a: {"tasks": [{**t, "lastStatus": "DREAMING", "containers": 5} for t in a["tasks"]]},
            id="unknown state",
        ),
        pytest.param(
            lambda a: {"tasks": [{**t, "createdAt": "now", "containers": [None, 3]} for t in a["tasks"]]},
            id="times are texts",
        ),
    ],
)
def test_a_few_garbled_answers_are_survived(stage: Begin, spoil: Callable[[object], object]) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    gateway = Changing(world, "DescribeTasks", lambda n, answer: spoil(answer) if n in {2, 3, 9} else answer)

    played = world.apply(world.compile(HELLO), gateway=gateway)

    assert played.status == 3


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: {}, id="empty"),
        pytest.param(lambda _: {"tasks": "none"}, id="tasks are a text"),
        pytest.param(lambda a: {"tasks": [{**t, "lastStatus": None} for t in a["tasks"]]}, id="no state"),
        pytest.param(
            lambda a: {"tasks": [{**t, "containers": [{"name": "main"}]} for t in a["tasks"]]}, id="no code"
        ),
        pytest.param(
            lambda a: {"tasks": [{**t, "containers": [{"exitCode": "3"}]} for t in a["tasks"]]},
            id="a code is a text",
        ),
        pytest.param(lambda a: {"tasks": [{**t, "stoppedReason": 5} for t in a["tasks"]]}, id="odd reason"),
    ],
)
def test_garbled_answers_for_ever_end_with_a_message(stage: Begin, spoil: Callable[[object], object]) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    gateway = Changing(world, "DescribeTasks", lambda _, answer: spoil(answer))

    played = world.apply(world.compile(HELLO), gateway=gateway)

    task = played.summary.tasks[0]
    assert task.arn is not None
    assert played.status in {3, 124, 125}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="empty"),
        pytest.param({"tasks": "x", "failures": 3}, id="texts and numbers"),
        pytest.param({"tasks": [{}], "failures": []}, id="a task without ARN"),
        pytest.param({"tasks": [{"taskArn": "a"}, {"taskArn": "b"}]}, id="more tasks than asked for"),
        pytest.param({"failures": [{}]}, id="a failure without reason"),
    ],
)
def test_a_garbled_answer_to_run_task_loses_no_task(stage: Begin, answer: dict[str, object]) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    gateway = Changing(world, "RunTask", lambda n, good: answer if n == 1 else good)

    played = world.apply(world.compile(HELLO), gateway=gateway)

    running = {each["taskArn"] for each in world.tasks() if each["lastStatus"] != "STOPPED"}
    named = {each.arn for each in played.summary.tasks}
    assert running <= named


@pytest.mark.parametrize(
    ("kept_output", "limit_s"),
    [pytest.param(None, 1.0, id="AWS"), pytest.param(("/ecsplan/local", "output"), 0.5, id="embedded ECS")],
)
def test_the_end_of_a_short_task_is_seen_soon(
    stage: Begin, kept_output: tuple[str, str] | None, limit_s: float
) -> None:
    for length in (0.3, 1.7, 4.1, 9.6):
        steps = [{"at": 20, "status": "PENDING"}, {"at": 45, "status": "RUNNING"}]
        steps.append({"at": 45 + length, "status": "STOPPED", "exitCode": 0})
        world = stage({"tasks": [{"timeline": steps}]})

        played = world.apply(world.compile(HELLO), kept_output=kept_output)

        started = world.endpoint.calls("RunTask")[0].time
        assert played.status == 0
        assert world.clock.now() - (started + 45 + length) < limit_s


def test_an_error_is_reported_with_operation_code_and_remedy() -> None:
    error = AwsError("DescribeTasks", "AccessDeniedException", "User x is not authorized")
    error.about = "cluster c"

    assert str(error).startswith(
        "DescribeTasks of cluster c: AccessDeniedException: User x is not authorized\n"
    )


def test_tasks_that_start_one_by_one_are_watched_in_full_calls(stage: Begin) -> None:
    steps = [{"at": 1, "status": "RUNNING"}, {"at": 6, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"timeline": steps}]})
    jobs = "".join(f"  job-{number}: {{}}\n" for number in range(150))
    plan = world.compile(f"defaults: {{image: alpine, family: shared}}\njobs:\n{jobs}")

    played = world.apply(plan)

    assert played.status == 0
    assert len(world.calls("DescribeTasks")) < 150 / 4


@pytest.mark.parametrize(
    ("spoilt", "status"),
    [
        pytest.param(range(3, 20), 3, id="for a while"),
        pytest.param(range(3, 10_000), 125, id="for ever"),
    ],
)
def test_credentials_that_cannot_be_fetched_while_a_task_runs(
    stage: Begin, spoilt: range, status: int
) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})

    def spoil(number: int, answer: object) -> object:
        if number in spoilt:
            raise SessionError("DescribeTasks: the token has expired\n  help: sign in again", passing=True)
        return answer

    played = world.apply(world.compile(HELLO), gateway=Changing(world, "DescribeTasks", spoil))

    assert played.status == status
    assert ("sign in again" in (played.summary.tasks[0].reason or "")) == (status == 125)
    reported = [each for each in played.said if "still trying" in each]
    assert ["sign in again" in each for each in reported] == [True] + [False] * (len(reported) - 1)
    assert all(each.count("DescribeTasks") == 1 for each in reported)


def test_a_setting_of_the_sdk_that_is_wrong_is_reported_at_once(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})

    def spoil(number: int, answer: object) -> object:
        raise SessionError("DescribeTasks: no such setting")

    world.apply(world.compile(HELLO), gateway=Changing(world, "DescribeTasks", spoil))

    assert len(world.calls("DescribeTasks")) == 1


def test_a_task_is_stopped_in_time_while_its_state_cannot_be_had(stage: Begin) -> None:
    down = {"operation": "DescribeTasks", "action": "error", "calls": "6-22"}
    world = stage(
        {
            "tasks": [
                {
                    "timeline": [{"at": 1, "status": "RUNNING"}],
                    "on_stop": [{"at": 1, "status": "STOPPED", "exitCode": 143}],
                }
            ],
            "rules": [down],
        }
    )

    played = world.apply(world.compile(HELLO + "task_timeout_seconds: 20\n"))

    run, stop = (world.endpoint.calls(each)[0].time for each in ("RunTask", "StopTask"))
    last = world.endpoint.calls("DescribeTasks")[21].time
    assert (played.status, played.summary.tasks[0].outcome) == (124, Outcome.TIMEOUT)
    assert stop - run < 25 < last - run


def test_a_call_that_is_made_again_holds_up_no_other_task(stage: Begin) -> None:
    short = [{"at": 1, "status": "RUNNING"}, {"at": 8, "status": "STOPPED", "exitCode": 0}]
    no_capacity = {"action": "failures", "calls": "1-3", "where": {"contains": "short"}}
    world = stage(
        {"tasks": [{"command": ["long"], "timeline": LONG}, {"timeline": short}], "rules": [no_capacity]}
    )
    stuck: list[str] = []

    def spoil(_: int, answer: Any) -> Any:
        if any(each["taskArn"] in stuck for each in answer["tasks"]):
            raise AwsError("DescribeTasks", AwsError.NO_ANSWER, "the connection was closed")
        return answer

    jobs = "long: {command: [long]}, short: {command: [short]}"
    plan = world.compile(f"defaults: {{image: alpine, family: shared}}\njobs: {{{jobs}}}\n")
    ended = {}
    for event in world.events(plan, gateway=Changing(world, "DescribeTasks", spoil)):
        match event:
            case TaskStarted(label="long", arn=arn):
                stuck.append(arn)
            case TaskEnded(result=result):
                ended[result.label] = (result.outcome, world.clock.waited_s)
            case _:
                pass

    assert ended["short"][0] is Outcome.SUCCEEDED
    assert ended["long"][0] is Outcome.LOST
    assert ended["short"][1] < 60 < ended["long"][1]
