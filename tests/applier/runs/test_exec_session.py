"""`exec`: which container a session is opened in, waiting for its agent, and what the plugin is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from apply_stage import Stage
from corrupting_wire import CorruptingServer, raw

from ecsplan_applier.aws.gateway import SdkGateway
from ecsplan_applier.aws.operations import STOP_TASK
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, UnknownRunError, UsageError
from ecsplan_applier.outcomes.events import TaskStarted
from ecsplan_applier.runs.exec.agent import STARTS_WITHIN_S, NoAgentError
from ecsplan_applier.runs.exec.session import CONNECTS_WITHIN_S, ExecSession, open_session
from ecsplan_applier.runs.exec.target import NotRunningError
from ecsplan_applier.runs.reference import read_reference
from ecsplan_applier.runs.session import RunSession

Begin = Callable[..., Stage]
Steps = list[dict[str, Any]]

EXEC = "enable_execute_command: true\ntask_role_arn: arn:aws:iam::000000000000:role/task\n"
JOB = f"image: alpine\nname: etl\n{EXEC}"
RUNNING = {"at": 1, "status": "RUNNING"}
ENDS = {"at": 5000, "status": "STOPPED", "exitCode": 0}
READING = {"ListClusters", "ListTasks", "DescribeTasks", "DescribeTaskDefinition", "GetCallerIdentity"}
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "User is not authorized"}
NOT_CONNECTED = {
    "operation": "ExecuteCommand",
    "action": "error",
    "code": "TargetNotConnectedException",
    "message": "The execute command failed due to an internal error. Try again later.",
}


class Execing:
    """An `exec` against a stage, as another machine makes it."""

    def __init__(self, world: Stage, **options: Any) -> None:
        self.world = world
        self.said: list[str] = []
        given: dict[str, Any] = {"gateway": world.gateway, "clock": world.clock, "workers": 0} | options
        self.session = RunSession(world.session, **given)

    def open(self, run: str = "nightly", job: str | None = None, *command: str) -> ExecSession:
        return self.session.run(
            open_session(
                self.session,
                SdkGateway(self.world.session).connection,
                read_reference(run),
                job=job,
                command=command or ("sh",),
                say=self.said.append,
            )
        )


def detached(stage: Begin, manifest: str = JOB, steps: Steps | None = None, **script: Any) -> Stage:
    """Leave a run running."""
    world = stage({"tasks": [{"timeline": steps or [RUNNING, ENDS]}]} | script)
    world.apply(world.compile(manifest), detach=True, run_id="nightly")
    world.endpoint.forget_calls()
    return world


def test_the_plugin_is_told_what_the_aws_cli_tells_it(stage: Begin) -> None:
    world = detached(stage)

    opened = Execing(world).open()

    (task,) = world.tasks()
    (container,) = task["containers"]
    region, operation, profile, target, endpoint = opened.arguments()
    assert (region, operation, profile, endpoint) == ("us-east-1", "StartSession", "", world.endpoint.url)
    task_id = task["taskArn"].rpartition("/")[2]
    assert json.loads(target) == {"Target": f"ecs:default_{task_id}_{container['runtimeId']}"}
    secret = json.loads(opened.secret)
    assert list(secret) == ["sessionId", "streamUrl", "tokenValue"]
    assert secret["tokenValue"] not in repr(opened)


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        pytest.param((), "sh", id="a shell"),
        pytest.param(("ls", "-la", "/tmp"), "ls -la /tmp", id="words"),
        pytest.param(("sh", "-c", "ps | wc -l"), "sh -c 'ps | wc -l'", id="words with blanks"),
        pytest.param(("echo", ""), "echo ''", id="an empty word"),
    ],
)
def test_the_command_is_one_text(stage: Begin, command: tuple[str, ...], sent: str) -> None:
    world = detached(stage)

    Execing(world).open("nightly", None, *command)

    (call,) = world.endpoint.calls("ExecuteCommand")
    (task,) = world.tasks()
    assert call.parameters == {
        "cluster": task["clusterArn"],
        "task": task["taskArn"],
        "container": "main",
        "command": sent,
        "interactive": True,
    }


def test_nothing_but_the_session_and_looks(stage: Begin) -> None:
    world = detached(stage)

    Execing(world).open()

    assert set(world.calls()) - READING == {"ExecuteCommand"}
    assert world.calls("ExecuteCommand") == ["ExecuteCommand"]


def test_it_waits_until_the_task_and_its_agent_run(stage: Begin) -> None:
    steps = [{"at": 60, "status": "RUNNING"}, {"at": 90, "agent": "RUNNING"}, ENDS]
    world = stage({"tasks": [{"timeline": steps}]})
    events = world.events(world.compile(JOB), run_id="nightly")
    while not isinstance(next(events), TaskStarted):
        pass
    execing = Execing(world)

    execing.open()

    assert execing.said[0] == "etl: waiting for the task to run (it is PROVISIONING)"
    assert execing.said[-1] == "etl: waiting for the ECS Exec agent (it is PENDING)"
    assert world.calls("ExecuteCommand") == ["ExecuteCommand"]


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        pytest.param(NOT_CONNECTED | {"calls": "1-3"}, 4, id="the agent is not connected yet"),
        pytest.param({"operation": "ExecuteCommand", "action": "throttle", "calls": "1"}, 2, id="throttled"),
        pytest.param({"operation": "ExecuteCommand", "action": "reset-after", "calls": "1"}, 2, id="lost"),
        pytest.param({"action": "missing", "calls": "3"}, 1, id="not shown for a moment"),
    ],
)
def test_calls_that_fail_are_made_again(stage: Begin, fault: dict[str, Any], calls: int) -> None:
    world = detached(stage)
    world.endpoint.set_faults({"rules": [fault]})

    Execing(world).open()

    assert len(world.calls("ExecuteCommand")) == calls


LATE = {"at": 9000, "status": "STOPPED", "exitCode": 0}
FAILS = {"at": 40, "status": "STOPPED", "exitCode": 3}


@pytest.mark.parametrize(
    ("manifest", "script", "kind", "message"),
    [
        pytest.param(
            "image: alpine\nname: etl\n",
            ([RUNNING, ENDS], []),
            NoAgentError,
            "without ECS Exec.*\n.*enable_execute_command: true",
            id="not enabled",
        ),
        pytest.param(
            JOB,
            ([RUNNING, {"at": 2, "agent": "STOPPED", "reason": "no route"}, ENDS], []),
            NoAgentError,
            "has stopped: no route\n.*ssmmessages",
            id="the agent has stopped",
        ),
        pytest.param(
            JOB,
            ([RUNNING, {"at": 4000, "agent": "RUNNING"}, LATE], []),
            NoAgentError,
            r"still waiting for the ECS Exec agent \(it is PENDING\) after 5 minutes",
            id="the agent does not start",
        ),
        pytest.param(
            JOB,
            ([RUNNING, {"at": 2, "agent": "PENDING"}, FAILS], []),
            NotRunningError,
            "has stopped: Essential container",
            id="the task ends meanwhile",
        ),
        pytest.param(
            JOB,
            ([RUNNING, ENDS], [NOT_CONNECTED]),
            AwsError,
            "TargetNotConnectedException(.|\n)*help: ",
            id="the agent never connects",
        ),
        pytest.param(
            JOB,
            ([RUNNING, ENDS], [DENIED | {"operation": "ExecuteCommand"}]),
            AwsError,
            "ExecuteCommand.*AccessDeniedException",
            id="denied",
        ),
    ],
)
def test_why_no_session_is_opened(
    stage: Begin, manifest: str, script: tuple[Steps, Steps], kind: type[ApplierError], message: str
) -> None:
    steps, rules = script
    world = detached(stage, manifest, steps)
    if rules:
        world.endpoint.set_faults({"rules": rules})

    with pytest.raises(kind, match=message):
        Execing(world).open()

    assert world.clock.waited_s <= 2 * max(STARTS_WITHIN_S, CONNECTS_WITHIN_S)


SEVERAL = f"{JOB}count: 2\n---\nimage: alpine\nname: report\n{EXEC}"


@pytest.mark.parametrize(
    ("job", "label"),
    [pytest.param("report", "report", id="a job"), pytest.param("etl/2", "etl/2", id="a copy")],
)
def test_one_of_several(stage: Begin, job: str, label: str) -> None:
    world = detached(stage, SEVERAL)

    opened = Execing(world).open("nightly", job)

    assert opened.target.label == label
    (call,) = world.endpoint.calls("ExecuteCommand")
    assert call.parameters["task"] == opened.target.task.arn


@pytest.mark.parametrize(
    ("run", "job", "kind", "message"),
    [
        pytest.param("nightly", None, UsageError, "3 tasks .*choose one:(.|\n)*--job report ", id="several"),
        pytest.param("nightly", "etl", UsageError, "2 tasks (.|\n)*--job etl/2 ", id="several copies"),
        pytest.param("nightly", "etc", UsageError, "no job 'etc'; its jobs: etl, report", id="no such job"),
        pytest.param("nightly", "etl/3", UsageError, "no job 'etl/3'", id="no such copy"),
        pytest.param("other", None, UnknownRunError, "looked at", id="no such run"),
    ],
)
def test_what_names_no_task(
    stage: Begin, run: str, job: str | None, kind: type[ApplierError], message: str
) -> None:
    world = detached(stage, SEVERAL)

    with pytest.raises(kind, match=message):
        Execing(world).open(run, job)

    assert set(world.calls()) <= READING


def test_a_run_that_has_ended_has_no_container(stage: Begin) -> None:
    world = stage()
    world.apply(world.compile(JOB), run_id="nightly")

    with pytest.raises(NotRunningError, match="the run has ended"):
        Execing(world).open()


def test_a_task_that_is_being_stopped_is_not_entered(stage: Begin) -> None:
    world = detached(stage, SEVERAL)
    stopped, *_ = (each["taskArn"] for each in world.tasks() if "/etl:" in each["taskDefinitionArn"])
    world.endpoint.set_faults({})
    world.ask(STOP_TASK, task=stopped)

    opened = Execing(world).open("nightly", "etl")

    assert opened.target.task.arn != stopped


TOKEN = b"AAEAAT0kenOfTheSession"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(raw(200, b'{"session": {"tokenValue": "' + TOKEN), id="cut off"),
        pytest.param(raw(200, b'{"session": {"tokenValue": ["' + TOKEN + b'"]}}'), id="a list"),
        pytest.param(raw(200, b'{"session": "' + TOKEN + b'"}'), id="a text"),
        pytest.param(raw(200, b'{"session": {"sessionId": "' + TOKEN + b'"}}'), id="no URL"),
        pytest.param(raw(200, b"<p>" + TOKEN + b"</p>", "text/html"), id="a web page"),
        pytest.param(raw(403, b"<p>" + TOKEN + b"</p>", "text/html"), id="a web page that refuses"),
        pytest.param(
            raw(400, b'{"session": {"tokenValue": "' + TOKEN + b'"}}'), id="an error without a name"
        ),
    ],
)
def test_the_token_is_in_no_message(stage: Begin, answer: bytes) -> None:
    world = detached(stage)
    with CorruptingServer(world.endpoint) as between:
        between.corrupt("ExecuteCommand", answer, calls=range(1, 1000))
        gateway = SdkGateway(replace(world.session, endpoint_url=between.url), connections=1)
        execing = Execing(world, gateway=gateway)

        with pytest.raises(AwsError) as refused:
            execing.open()

    assert TOKEN.decode() not in f"{refused.value}{execing.said}"
