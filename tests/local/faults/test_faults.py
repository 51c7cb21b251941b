"""The fault script: each fault, which calls it meets, scripted tasks on a test clock, and hooks."""

import socket
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError
from local_requests import definition, run_request
from local_tasks import MakeClient, MakeEndpoint, advance

from ecsplan_local import Endpoint, LocalError, ScriptedClock, serve

Hello: TypeAlias = Callable[..., tuple[Endpoint, BaseClient, dict[str, Any]]]


@pytest.fixture
def hello(start: MakeEndpoint, client: MakeClient) -> Hello:
    """Return a function that starts an endpoint with a script, a registered family, and its clients."""

    def begin(
        script: dict[str, object] | None = None, **options: object
    ) -> tuple[Endpoint, BaseClient, dict[str, object]]:
        endpoint = start(clock=ScriptedClock(), faults=script, record=True, **options)
        ecs, ec2 = client(endpoint), client(endpoint, "ec2")
        ecs.register_task_definition(**definition())
        return endpoint, ecs, run_request(ec2)

    return begin


def outcome(call: Callable[..., object], *arguments: object, **parameters: object) -> str:
    try:
        call(*arguments, **parameters)
    except ClientError as error:
        return f"{error.response['Error']['Code']} {error.response['ResponseMetadata']['HTTPStatusCode']}"
    except ConnectionClosedError:
        return "closed"
    return "ok"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(
            {"action": "throttle", "calls": "1-2"},
            ["ThrottlingException 400"] * 2 + ["ok"] * 2,
            id="throttle",
        ),
        pytest.param(
            {"action": "error", "calls": "2"}, ["ok", "ServerException 500", "ok", "ok"], id="a 5xx"
        ),
        pytest.param(
            {"action": "error", "code": "AccessDeniedException", "message": "no", "calls": "3-"},
            ["ok", "ok"] + ["AccessDeniedException 400"] * 2,
            id="denied from the third on",
        ),
        pytest.param(
            {"action": "error", "status": 503, "calls": [1, 3]},
            ["ServerException 503", "ok"] * 2,
            id="listed",
        ),
        pytest.param(
            {"action": "reset-before", "calls": "1"}, ["closed", "ok", "ok", "ok"], id="reset before"
        ),
        pytest.param({"action": "reset-after", "calls": "every"}, ["closed"] * 4, id="reset after"),
        pytest.param({"action": "throttle", "where": {"family": "other"}}, ["ok"] * 4, id="another family"),
        pytest.param({"action": "throttle", "operation": "RunTask"}, ["ok"] * 4, id="another operation"),
        pytest.param(
            {"action": "throttle", "where": {"contains": "task-definition"}},
            ["ok"] * 4,
            id="text not in the request",
        ),
    ],
)
def test_rule(hello: Hello, rule: dict[str, object], expected: list[str]) -> None:
    endpoint, ecs, _ = hello()
    endpoint.set_faults({"rules": [{"operation": "DescribeTaskDefinition"} | rule]})

    assert [outcome(ecs.describe_task_definition, taskDefinition="hello") for _ in range(4)] == expected


def test_probability_is_repeatable(hello: Hello) -> None:
    script = {"seed": 3, "rules": [{"operation": "ListClusters", "action": "throttle", "probability": 0.5}]}
    endpoint, ecs, _ = hello(script)
    first = [outcome(ecs.list_clusters) for _ in range(20)]

    endpoint.set_faults(script)

    assert [outcome(ecs.list_clusters) for _ in range(20)] == first
    assert set(first) == {"ok", "ThrottlingException 400"}


@pytest.mark.parametrize(("action", "started"), [("reset-before", 0), ("reset-after", 1)])
def test_reset_around_the_effect(hello: Hello, action: str, started: int) -> None:
    _, ecs, request = hello({"rules": [{"operation": "RunTask", "action": action, "calls": "1"}]})

    assert outcome(ecs.run_task, **request) == "closed"
    assert len(ecs.list_tasks()["taskArns"]) == started


def test_reset_is_a_reset(hello: Hello) -> None:
    endpoint, _, _ = hello({"rules": [{"operation": "ListClusters", "action": "reset-before"}]})
    host, port = endpoint.url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port))) as connection:
        head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 2\r\n"
        connection.sendall(
            f"{head}X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n\r\n{{}}".encode()
        )
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


@pytest.mark.parametrize("when", ["before", "after"])
def test_slow(hello: Hello, when: str) -> None:
    endpoint, ecs, request = hello(
        {"rules": [{"operation": "RunTask", "action": "slow", "seconds": 0.3, "when": when}]}
    )
    moments: list[float] = []
    endpoint.before("RunTask", 1, lambda _: moments.append(time.monotonic()))
    endpoint.after("RunTask", 1, lambda _: moments.append(time.monotonic()))

    ecs.run_task(**request)

    called, effect, answered = *moments, time.monotonic()
    assert (effect - called if when == "before" else answered - effect) >= 0.3
    assert len(ecs.list_tasks()["taskArns"]) == 1


def test_failures_replace_tasks(hello: Hello) -> None:
    rule = {"action": "failures", "count": 2, "reason": "RESOURCE:CPU", "detail": "full", "calls": "1"}
    _, ecs, request = hello({"rules": [rule]})

    first, second = ecs.run_task(**request, count=3), ecs.run_task(**request, count=3)

    assert first["failures"] == [{"reason": "RESOURCE:CPU", "detail": "full"}] * 2
    assert [len(first["tasks"]), len(second["tasks"]), second["failures"]] == [1, 3, []]


def test_a_rule_for_one_task(hello: Hello) -> None:
    endpoint, ecs, request = hello()
    one, two = (each["taskArn"] for each in ecs.run_task(**request, count=2)["tasks"])
    where = {"task": one.rpartition("/")[2]}
    stops = {"operation": "StopTask", "action": "throttle", "where": where}
    endpoint.set_faults({"rules": [{"action": "missing", "where": where}, stops]})

    missing = ecs.describe_tasks(tasks=[one, two])["failures"]
    stopped = [outcome(ecs.stop_task, task=each) for each in (one, two)]

    assert [each["arn"] for each in missing] == [one]
    assert stopped == ["ThrottlingException 400", "ok"]


def test_missing_counts_for_each_task(hello: Hello) -> None:
    _, ecs, request = hello({"rules": [{"action": "missing", "calls": "1-2"}]})
    one, two = (each["taskArn"] for each in ecs.run_task(**request, count=2)["tasks"])

    seen = [
        [failure["arn"] for failure in ecs.describe_tasks(tasks=tasks)["failures"]]
        for tasks in ([one], [one], [one, two], [one, two], [one, two])
    ]

    assert seen == [[one], [one], [two], [two], []]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param({"rules": [{"action": "explode"}]}, id="action"),
        pytest.param({"rules": [{"action": "throttle", "call": "1"}]}, id="member of a rule"),
        pytest.param({"rules": [{"action": "throttle", "calls": "some"}]}, id="calls"),
        pytest.param({"tasks": [{"famly": "x"}]}, id="member of a task"),
        pytest.param({"tasks": [{"timeline": [{"when": 1}]}]}, id="member of a step"),
    ],
)
def test_wrong_script(script: dict[str, object]) -> None:
    with pytest.raises(LocalError, match="fault script"):
        serve(runner="scripted", faults=script)


def statuses(endpoint: Endpoint, ecs: BaseClient, arn: str, seconds: int) -> list[str]:
    seen = []
    for _ in range(seconds):
        advance(endpoint, 1)
        seen.append(ecs.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"])
    return seen


def test_default_timeline(hello: Hello) -> None:
    endpoint, ecs, request = hello()
    task = ecs.run_task(**request)["tasks"][0]

    assert task["lastStatus"] == "PROVISIONING"
    assert statuses(endpoint, ecs, task["taskArn"], 5) == [
        "PENDING",
        "RUNNING",
        "RUNNING",
        "STOPPED",
        "STOPPED",
    ]
    stopped = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"][0]
    assert [stopped["stopCode"], stopped["stoppedReason"], stopped["containers"][0]["exitCode"]] == [
        "EssentialContainerExited",
        "Essential container in task exited",
        0,
    ]
    times = [stopped[name].timestamp() - task["createdAt"].timestamp() for name in (
        "pullStartedAt", "pullStoppedAt", "startedAt", "executionStoppedAt", "stoppingAt", "stoppedAt"
    )]  # fmt: skip
    assert times == [1, 2, 2, 4, 4, 4]


def test_timeline_with_start_failure(hello: Hello) -> None:
    step = {
        "at": 3,
        "status": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "CannotPullContainerError",
    }
    endpoint, ecs, request = hello({"tasks": [{"family": "hello", "timeline": [step]}]})
    arn = ecs.run_task(**request)["tasks"][0]["taskArn"]
    advance(endpoint, 3)

    task = ecs.describe_tasks(tasks=[arn])["tasks"][0]

    assert [task["lastStatus"], task["stopCode"], task["stoppedReason"]] == [
        "STOPPED",
        "TaskFailedToStart",
        "CannotPullContainerError",
    ]
    assert "startedAt" not in task
    assert "exitCode" not in task["containers"][0]


def test_timeline_chosen_by_command_and_copy(hello: Hello) -> None:
    def ends(code: int, **match: object) -> dict[str, object]:
        return match | {
            "timeline": [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": code}]
        }

    endpoint, ecs, request = hello({"tasks": [ends(5, command=["special"]), ends(6, copy=1), ends(7)]})
    override = {"containerOverrides": [{"name": "main", "command": ["special"]}]}
    arns = [
        ecs.run_task(**request)["tasks"][0]["taskArn"],
        ecs.run_task(**request)["tasks"][0]["taskArn"],
        ecs.run_task(**request, overrides=override)["tasks"][0]["taskArn"],
    ]
    advance(endpoint, 9)

    found = {
        each["taskArn"]: each["containers"][0]["exitCode"] for each in ecs.describe_tasks(tasks=arns)["tasks"]
    }

    assert [found[arn] for arn in arns] == [6, 7, 5]


def test_log_events_with_their_own_times(hello: Hello, client: MakeClient) -> None:
    steps = [
        {"at": 1, "status": "RUNNING"},
        {"at": 2, "stream": True, "log": ["b", "b", "a"], "timestamp": [2, 2, 1]},
        {"at": 4, "log": "late"},
        {"at": 4, "status": "STOPPED", "exitCode": 0},
        {"at": 5, "log": "after the end"},
    ]
    endpoint, ecs, request = hello({"tasks": [{"timeline": steps}]})
    logs = client(endpoint, "logs")
    task = ecs.run_task(**request)["tasks"][0]
    where = {"logGroupName": "group", "logStreamName": f"prefix/main/{task['taskArn'].rpartition('/')[2]}"}
    advance(endpoint, 1)
    assert outcome(logs.get_log_events, **where) == "ResourceNotFoundException 400"
    advance(endpoint, 1)

    first = logs.get_log_events(**where, startFromHead=True)
    advance(endpoint, 2)
    second = logs.get_log_events(**where, nextToken=first["nextForwardToken"])
    advance(endpoint, 1)
    third = logs.get_log_events(**where, nextToken=second["nextForwardToken"])
    end = logs.get_log_events(**where, nextToken=third["nextForwardToken"])

    start = round(task["createdAt"].timestamp() * 1000)
    read = [
        (each["message"], each["timestamp"] - start)
        for page in (first, second, third, end)
        for each in page["events"]
    ]
    assert read == [("a", 1000), ("b", 2000), ("b", 2000), ("late", 4000), ("after the end", 5000)]
    assert end["nextForwardToken"] == third["nextForwardToken"]


@pytest.mark.parametrize(
    ("on_stop", "expected"),
    [
        pytest.param(None, [("STOPPED", 143)] * 3, id="by default at once"),
        pytest.param(
            [{"at": 0, "status": "STOPPING"}, {"at": 2, "status": "STOPPED", "exitCode": 137}],
            [("STOPPING", None), ("STOPPING", None), ("STOPPED", 137)],
            id="takes its time",
        ),
        pytest.param([], [("RUNNING", None)] * 3, id="never"),
    ],
)
def test_stop_of_a_scripted_task(
    hello: Hello, on_stop: list[dict[str, object]] | None, expected: list[tuple[str, int | None]]
) -> None:
    task = {"timeline": [{"at": 0, "status": "RUNNING"}]} | ({} if on_stop is None else {"on_stop": on_stop})
    endpoint, ecs, request = hello({"tasks": [task]})
    arn = ecs.run_task(**request)["tasks"][0]["taskArn"]
    ecs.stop_task(task=arn, reason="enough")

    seen = []
    for _ in range(3):
        shown = ecs.describe_tasks(tasks=[arn])["tasks"][0]
        seen.append((shown["lastStatus"], shown["containers"][0].get("exitCode")))
        advance(endpoint, 1)

    assert seen == expected
    assert [shown["stopCode"], shown["stoppedReason"], shown["desiredStatus"]] == [
        "UserInitiated",
        "enough",
        "STOPPED",
    ]


def test_clock_moved_by_calls(start: MakeEndpoint, client: MakeClient) -> None:
    clock = ScriptedClock(start=100.0, per_call_s={"DescribeClusters": 2.5})
    ecs = client(start(clock=clock))

    ecs.describe_clusters()
    ecs.list_clusters()
    ecs.describe_clusters()

    assert clock.now() == 105.0


def test_recorder_and_hooks(hello: Hello) -> None:
    endpoint, ecs, request = hello()
    seen = []
    endpoint.forget_calls()
    endpoint.before("RunTask", 2, lambda _: seen.append(("before", len(ecs.list_tasks()["taskArns"]))))
    endpoint.after("RunTask", 2, lambda call: seen.append(("after", call.parameters["startedBy"])))

    for name in ("one", "two", "three"):
        ecs.run_task(**request, startedBy=name)

    assert seen == [("before", 1), ("after", "two")]
    assert [call.parameters["startedBy"] for call in endpoint.calls("RunTask")] == ["one", "two", "three"]
    assert [call.operation for call in endpoint.calls()] == ["RunTask", "RunTask", "ListTasks", "RunTask"]


def test_a_refused_call_is_executed_without_an_effect(hello: Hello) -> None:
    endpoint, ecs, request = hello()
    seen: list[str] = []
    endpoint.after("RunTask", 1, lambda _: seen.append("after"))
    endpoint.executed("RunTask", 1, lambda _: seen.append("executed"))

    refused = outcome(ecs.run_task, **{**request, "taskDefinition": "unknown"})

    assert refused.startswith("ClientException")
    assert seen == ["executed"]


@pytest.mark.parametrize(
    ("count", "accepted"),
    [pytest.param(1, 20, id="20 calls at once"), pytest.param(10, 10, id="100 launches at once")],
)
def test_quotas(hello: Hello, count: int, accepted: int) -> None:
    endpoint, ecs, request = hello(quotas=True)

    outcomes = [outcome(ecs.run_task, **request, count=count) for _ in range(accepted + 2)]
    advance(endpoint, 0.5)
    later = outcome(ecs.run_task, **request, count=count)

    assert outcomes == ["ok"] * accepted + ["ThrottlingException 400"] * 2
    assert later == "ok"


def test_latency(start: MakeEndpoint, client: MakeClient) -> None:
    ecs = client(start(latency_s=0.2))
    begun = time.monotonic()

    ecs.list_clusters()

    assert time.monotonic() - begun >= 0.2
