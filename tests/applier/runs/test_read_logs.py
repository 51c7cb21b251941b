"""The logs of a run, read without its plan: which lines, in which order, and what is said of others."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apply_stage import LOGGING, Stage
from found_logs import shown
from ledger_entries import entry, write
from run_world import RUN, Region, recorded, task_arn

from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_applier.runs.follow.read_logs import Since
from ecsplan_applier.runs.logs.sources import ALL, sources
from ecsplan_applier.runs.reference import ResultJob, RunReference

Begin = Callable[..., Stage]

ROLE = "execution_role_arn: arn:aws:iam::000000000000:role/execution\n"
DELETE_GROUP = Operation("logs", "DeleteLogGroup", "delete_log_group")
DELETE_STREAM = Operation("logs", "DeleteLogStream", "delete_log_stream")
PUT = Operation("logs", "PutLogEvents", "put_log_events")


def prints(*lines: str, at: float = 2, code: int = 0, stamp: object = None) -> list[dict[str, Any]]:
    """Return the timeline of a task that prints lines, at a time or at one each, and ends."""
    return [
        {"at": 1, "status": "RUNNING"},
        {"at": at, "log": list(lines), **({} if stamp is None else {"timestamp": stamp})},
        {"at": at + 1, "status": "STOPPED", "exitCode": code},
    ]


def two_jobs() -> str:
    defaults = f"  image: alpine\n  configure_cloudwatch_logs: true\n  {ROLE}"
    return f"defaults:\n{defaults}jobs:\n  a: {{}}\n  b: {{}}\n"


def test_the_log_of_one_task_is_unchanged(stage: Begin) -> None:
    lines = ["one", "", " two\t", "größer\u2028日本", "three\nfour"]
    world = stage({"tasks": [{"timeline": prints(*lines, code=3)}]})
    world.apply(world.compile(LOGGING), run_id="r")

    found = shown(world, "r")

    assert (found.lines, found.said, found.error) == (lines, [], None)


def test_jobs_are_interleaved_by_time(stage: Begin) -> None:
    world = stage(
        {
            "tasks": [
                {"family": "a", "timeline": prints("1", "3", "5", "5+", stamp=[2, 2.2, 2.4, 2.4])},
                {"family": "b", "timeline": prints("2", "4", "6", "6", stamp=[2.1, 2.3, 2.5, 2.5])},
            ]
        }
    )
    world.apply(world.compile(two_jobs()), run_id="r")

    expected = ["a | 1", "b | 2", "a | 3", "b | 4", "a | 5", "a | 5+", "b | 6", "b | 6"]
    assert shown(world, "r").lines == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({}, ["1", "2", "3", "4", "5"], id="all"),
        pytest.param({"tail": 2}, ["4", "5"], id="the last two"),
        pytest.param({"tail": 0}, [], id="none"),
        pytest.param({"tail": 99}, ["1", "2", "3", "4", "5"], id="more than there are"),
        pytest.param({"since": Since(ago_s=100.0)}, ["4", "5"], id="since some time ago"),
        pytest.param({"since": Since(ago_s=1e9)}, ["1", "2", "3", "4", "5"], id="since long ago"),
        pytest.param({"since": Since(ago_s=1.0)}, [], id="since a moment ago"),
        pytest.param({"since": Since(ago_s=100.0), "tail": 1}, ["5"], id="both, the tail is shorter"),
        pytest.param({"since": Since(ago_s=100.0), "tail": 4}, ["4", "5"], id="both, the time is later"),
    ],
)
def test_which_lines(stage: Begin, request_: dict[str, Any], expected: list[str]) -> None:
    timeline = [
        {"at": 1, "status": "RUNNING"},
        {"at": 2, "log": ["1", "2", "3"]},
        {"at": 500, "log": ["4", "5"]},
        {"at": 510, "status": "STOPPED", "exitCode": 0},
    ]
    world = stage({"tasks": [{"timeline": timeline}]})
    world.apply(world.compile(LOGGING), run_id="r")

    assert shown(world, "r", **request_).lines == expected


def test_a_log_group_that_is_gone(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    world.apply(world.compile(LOGGING + "count: 3\n"), run_id="r")
    world.ask(DELETE_GROUP, logGroupName="ecsplan")

    found = shown(world, "r")

    assert (found.lines, found.error) == ([], None)
    (said,) = found.said
    assert "of log group ecsplan in us-east-1: The specified log group does not exist." in said


def test_a_stream_that_is_gone(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    played = world.apply(world.compile(LOGGING + "count: 2\n"), run_id="r")
    place = played.summary.tasks[0].log
    assert place is not None
    world.ask(DELETE_STREAM, logGroupName=place.group, logStreamName=place.stream)

    found = shown(world, "r")

    assert [each.partition(" | ")[2] for each in found.lines] == ["one"]
    (said,) = found.said
    assert said.startswith(f"cannot show log stream {place.stream} of log group ecsplan in us-east-1: ")


def test_a_group_that_goes_while_it_is_read(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints("x" * 100, stamp=2)}]})
    played = world.apply(world.compile(LOGGING), run_id="r")
    place = played.summary.tasks[0].log
    assert place is not None
    events = [{"timestamp": number, "message": "y" * 100} for number in range(1, 9_001)]
    for _ in range(2):
        world.ask(PUT, logGroupName=place.group, logStreamName=place.stream, logEvents=events)
    world.endpoint.forget_calls()

    def delete(_: object) -> None:
        world.ask(DELETE_GROUP, logGroupName="ecsplan")

    world.endpoint.after("GetLogEvents", 1, delete)

    found = shown(world, "r")

    assert 0 < len(found.lines) < 18_001
    assert (len(found.said), found.error) == (1, None)


def test_a_log_that_must_not_be_read(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    played = world.apply(world.compile(LOGGING + "count: 2\n"), run_id="r")
    place = played.summary.tasks[0].log
    assert place is not None
    denied = {"operation": "GetLogEvents", "action": "error", "code": "AccessDeniedException"}
    message = {"message": "User: x is not authorized to perform: logs:GetLogEvents"}
    world.endpoint.set_faults({"rules": [denied | message | {"where": {"logStreamName": place.stream}}]})

    found = shown(world, "r")

    # The other one is shown.
    assert [each.partition(" | ")[2] for each in found.lines] == ["one"]
    assert found.error is not None
    assert found.error.exit_status == 125
    assert "not authorized to perform: logs:GetLogEvents" in str(found.error)
    assert "help: " in str(found.error)


@pytest.mark.parametrize(
    ("logging", "expected"),
    [
        pytest.param(None, "hello: the output of container main is not kept: it has no log", id="none"),
        pytest.param(
            {"logDriver": "splunk", "options": {"splunk-url": "u", "splunk-token": "t"}},
            "hello: the output of container main is not in CloudWatch Logs: its log driver is splunk",
            id="another driver",
        ),
        pytest.param(
            {"logDriver": "awsfirelens", "options": {"Name": "stdout"}},
            "hello: the output of container main is not in CloudWatch Logs: FireLens routes it",
            id="FireLens",
        ),
    ],
)
@pytest.mark.parametrize("is_recorded", [False, True], ids=["no ledger", "its end is in the ledger"])
def test_output_that_is_elsewhere(
    stage: Begin, logging: dict[str, Any] | None, expected: str, *, is_recorded: bool, tmp_path: Path
) -> None:
    world = stage({"tasks": [{"timeline": prints()}]})
    main = {"name": "main", "image": "alpine", "essential": True}
    router = {"name": "router", "image": "fluent", "firelensConfiguration": {"type": "fluentbit"}}
    containers = [main if logging is None else main | {"logConfiguration": logging}, router]
    definition = json.dumps({"containerDefinitions": containers})
    plan = world.compile(f"task_definition: {definition}\n{ROLE}count: 2\n")
    tasks = world.apply(plan, run_id="r").summary.tasks
    if is_recorded:
        copies = [RecordedCopy(each.copy, task_arn=each.arn, result=each) for each in tasks]
        write(tmp_path, entry("hello", *copies))

    found = shown(world, "r", ledger=tmp_path if is_recorded else None)

    assert (found.lines, found.error) == ([], None)
    (said,) = found.said
    assert said.startswith(expected)


def test_output_that_is_nowhere_of_a_run_whose_end_is_recorded(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    (task,) = world.apply(world.compile("image: alpine\n"), run_id="r").summary.tasks
    write(tmp_path, entry("hello", RecordedCopy(1, task_arn=task.arn, result=task)))

    (said,) = shown(world, "r", ledger=tmp_path).said

    assert said == (
        "hello: the output of container main is not kept: it has no log configuration;"
        " `stream_output: true` with an `execution_role_arn` would keep it"
    )


def test_output_of_a_task_of_which_only_a_result_file_knows() -> None:
    copy = RecordedCopy(1, task_arn=task_arn(1), result=recorded())

    run = Region({"batch": []}).find(RunReference(RUN, (ResultJob("etl", None, (copy,)),)))

    assert sources(run, {}, ALL).elsewhere == (
        "etl: no log of it is recorded, and ECS no longer shows its task",
    )


def two_containers() -> str:
    options = {"awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-create-group": "true"}
    containers = [
        {
            "name": name,
            "image": "alpine",
            "essential": name == "main",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": options | {"awslogs-stream-prefix": name},
            },
        }
        for name in ("main", "side")
    ]
    return f"task_definition: {json.dumps({'containerDefinitions': containers})}\n{ROLE}"


@pytest.mark.parametrize("is_recorded", [False, True], ids=["no ledger", "its end is in the ledger"])
@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        pytest.param(None, ["of main", "and of main"], id="the job's"),
        pytest.param("side", ["of side"], id="another one"),
        pytest.param(
            True,
            ["hello (main) | of main", "hello (side) | of side", "hello (main) | and of main"],
            id="all",
        ),
    ],
)
def test_which_containers(
    stage: Begin, containers: Any, expected: list[str], *, is_recorded: bool, tmp_path: Path
) -> None:
    timeline = [
        {"at": 1, "status": "RUNNING"},
        {"at": 2, "log": "of main", "container": "main"},
        {"at": 3, "log": "of side", "container": "side"},
        {"at": 4, "log": "and of main", "container": "main"},
        {"at": 5, "status": "STOPPED", "exitCode": 0},
    ]
    world = stage({"tasks": [{"timeline": timeline}]})
    (task,) = world.apply(world.compile(two_containers()), run_id="r").summary.tasks
    if is_recorded:
        write(tmp_path, entry("hello", RecordedCopy(1, task_arn=task.arn, log=task.log, result=task)))

    found = shown(world, "r", containers=containers, ledger=tmp_path if is_recorded else None)

    assert found.lines == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({"job": "c"}, "run r has no job c; its jobs are: ", id="job"),
        pytest.param(
            {"containers": "x"}, "no task of the run has a container x; there are: main", id="container"
        ),
    ],
)
def test_what_the_run_does_not_have(stage: Begin, request_: dict[str, Any], expected: str) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    world.apply(world.compile(two_jobs()), run_id="r")

    error = shown(world, "r", **request_).error

    assert isinstance(error, UsageError)
    assert str(error).startswith(expected)


def test_one_job_of_several_has_no_names_before_its_lines(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    world.apply(world.compile(two_jobs()), run_id="r")

    assert shown(world, "r", job="b").lines == ["one"]


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        pytest.param("hello/2", ["second"], id="a copy"),
        pytest.param("hello", ["hello/1 | first", "hello/2 | second"], id="the job"),
    ],
)
def test_one_copy_of_several(stage: Begin, job: str, expected: list[str]) -> None:
    first, second = {"copy": 1, "timeline": prints("first")}, {"copy": 2, "timeline": prints("second")}
    world = stage({"tasks": [first, second]})
    world.apply(world.compile(LOGGING + "array: 2\n"), run_id="r")

    assert [sorted(shown(world, "r", job=job).lines)] == [expected]
    assert isinstance(shown(world, "r", job="hello/3").error, UsageError)


def test_all_attempts_are_shown(stage: Begin, tmp_path: Path) -> None:
    world = stage(
        {
            "tasks": [
                {"copy": 1, "timeline": prints("first", code=1)},
                {"copy": 2, "timeline": prints("second")},
            ]
        }
    )
    world.apply(world.compile(LOGGING + "retry: {attempts: 2, on: [failure]}\n"), run_id="r")

    found = shown(world, "r")

    assert [each.partition(" | ")[2] for each in found.lines] == ["first", "second"]


def test_tasks_that_only_the_ledger_knows(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    played = world.apply(world.compile(LOGGING), run_id="elsewhere")
    (task,) = played.summary.tasks
    forgotten = replace(task, job="hello", arn=f"{task.arn}0")
    write(tmp_path, entry("hello", RecordedCopy(1, task_arn=forgotten.arn, log=task.log, result=forgotten)))

    found = shown(world, "r", ledger=tmp_path)

    assert (found.lines, found.said) == (["one"], [])


def test_another_container_of_a_task_that_only_the_ledger_knows(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    (task,) = world.apply(world.compile(LOGGING), run_id="elsewhere").summary.tasks
    forgotten = replace(task, arn=f"{task.arn}0")
    write(tmp_path, entry("hello", RecordedCopy(1, task_arn=forgotten.arn, log=task.log, result=forgotten)))

    found = shown(world, "r", ledger=tmp_path, containers="side")

    assert found.lines == []
    (said,) = found.said
    assert said.startswith("hello: the output of container side can no longer be found: neither its task")


def test_a_task_that_was_never_started_is_no_surprise(stage: Begin) -> None:
    failed = {"at": 2, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "no"}
    world = stage({"tasks": [{"timeline": [failed]}]})
    world.apply(world.compile(LOGGING), run_id="r")

    found = shown(world, "r")

    assert (found.lines, found.said, found.error) == ([], [], None)


def test_many_pages_of_several_streams(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints(stamp=[])}]})
    played = world.apply(world.compile(LOGGING + "count: 3\n"), run_id="r")
    expected = []
    for number, task in enumerate(played.summary.tasks):
        place = task.log
        assert place is not None
        numbers = range(1 + number, 36_000, 3)
        events = [{"timestamp": each, "message": f"{each}"} for each in numbers]
        for first in (0, 10_000):
            part = events[first : first + 10_000]
            world.ask(PUT, logGroupName=place.group, logStreamName=place.stream, logEvents=part)
        expected += list(numbers)

    found = shown(world, "r")

    assert [int(each.partition(" | ")[2]) for each in found.lines] == sorted(expected)


def test_a_tail_reads_no_more_than_it_shows(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints(stamp=[])}]})
    (task,) = world.apply(world.compile(LOGGING), run_id="r").summary.tasks
    assert task.log is not None
    events = [{"timestamp": each, "message": f"{each}"} for each in range(1, 9_000)]
    world.ask(PUT, logGroupName=task.log.group, logStreamName=task.log.stream, logEvents=events)
    world.endpoint.forget_calls()

    found = shown(world, "r", tail=3)

    assert found.lines == ["8997", "8998", "8999"]
    (call,) = world.endpoint.calls("GetLogEvents")
    assert (call.parameters["limit"], call.parameters["startFromHead"]) == (3, False)


def test_reading_logs_asks_and_changes_nothing(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": prints("one")}]})
    world.apply(world.compile(two_containers() + "count: 2\n"), run_id="r")
    world.endpoint.forget_calls()

    for follow in (False, True):
        shown(world, "r", containers=True, follow=follow)

    asked = {"ListClusters", "ListTasks", "DescribeTasks", "DescribeTaskDefinition", "GetCallerIdentity"}
    assert set(world.calls()) <= asked | {"GetLogEvents"}
