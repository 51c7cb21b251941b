"""ExecuteCommand and the agent that it needs: what DescribeTasks shows of it, and what ECS refuses."""

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from local_requests import definition, run_request
from local_tasks import MakeClient, MakeEndpoint, MakeTasks, advance, wait_until

from ecsplan_local import Endpoint, ScriptedClock

ROLE = "arn:aws:iam::000000000000:role/task"
NOT_RUNNING = (
    "The execute command failed because execute command was not enabled when the task was run or the execute"
    " command agent isn\u2019t running. Wait and try again or run a new task with execute command enabled and"
    " try again."
)
TWO = [{"name": "main", "image": "i"}, {"name": "side", "image": "i"}]


class Scene:
    """An endpoint with one scripted task."""

    def __init__(
        self, endpoint: Endpoint, ecs: BaseClient, ec2: BaseClient, containers: list[dict[str, str]] | None
    ) -> None:
        members = {} if containers is None else {"containerDefinitions": containers}
        ecs.register_task_definition(**definition(taskRoleArn=ROLE, **members))
        self.endpoint, self.ecs, self._request = endpoint, ecs, run_request(ec2)
        self.arn = ""

    def run(self, *, enabled: bool = True) -> None:
        """Start the task, and wait until its agent can run."""
        request = self._request | ({"enableExecuteCommand": True} if enabled else {})
        self.arn = self.ecs.run_task(**request)["tasks"][0]["taskArn"]

    def containers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ecs.describe_tasks(tasks=[self.arn])["tasks"][0]["containers"]
        return found

    def agents(self) -> list[list[str]]:
        """Return the states of the agents of each container."""
        return [[each["lastStatus"] for each in one.get("managedAgents", ())] for one in self.containers()]

    def execute(self, **members: object) -> dict[str, Any]:
        request = {"task": self.arn, "command": "sh", "interactive": True} | members
        answer: dict[str, Any] = self.ecs.execute_command(**request)
        return answer


@pytest.fixture
def scene(start: MakeEndpoint, client: MakeClient) -> Any:
    """Return a function that makes an endpoint with a registered family."""

    def begin(
        timeline: list[dict[str, object]] | None = None, containers: list[dict[str, str]] | None = None
    ) -> Scene:
        steps = timeline or [{"at": 2, "status": "RUNNING"}, {"at": 60, "status": "STOPPED", "exitCode": 0}]
        endpoint = start(clock=ScriptedClock(), faults={"tasks": [{"timeline": steps}]})
        return Scene(endpoint, client(endpoint), client(endpoint, "ec2"), containers)

    return begin


@pytest.mark.parametrize(
    ("enabled", "timeline", "states"),
    [
        pytest.param(False, None, [[], [], [], []], id="not enabled"),
        pytest.param(True, None, [["PENDING"], ["PENDING"], ["RUNNING"], ["STOPPED"]], id="enabled"),
        pytest.param(
            True,
            [
                {"at": 2, "status": "RUNNING"},
                {"at": 3, "agent": "STOPPED", "reason": "no route"},
                {"at": 60, "status": "STOPPED", "exitCode": 0},
            ],
            [["PENDING"], ["PENDING"], ["STOPPED"], ["STOPPED"]],
            id="scripted",
        ),
    ],
)
def test_the_agent_runs_shortly_after_its_container(
    scene: Any, enabled: bool, timeline: list[dict[str, object]] | None, states: list[list[str]]
) -> None:
    one = scene(timeline)
    one.run(enabled=enabled)

    found = [one.agents()[0]]
    for seconds in (2, 1, 60):
        advance(one.endpoint, seconds)
        found.append(one.agents()[0])

    assert found == states


def test_an_agent_that_stopped_shows_why(scene: Any) -> None:
    one = scene([{"at": 2, "status": "RUNNING"}, {"at": 2, "agent": "STOPPED", "reason": "no route"}])
    one.run()
    advance(one.endpoint, 5)

    (container,) = one.containers()

    (agent,) = container["managedAgents"]
    assert agent == {"name": "ExecuteCommandAgent", "lastStatus": "STOPPED", "reason": "no route"}


def test_the_session_is_that_of_the_container(scene: Any) -> None:
    one = scene(None, TWO)
    one.run()
    advance(one.endpoint, 10)

    answer = one.execute(container="side")

    (side,) = (each for each in one.containers() if each["name"] == "side")
    task_id = one.arn.rpartition("/")[2]
    assert (answer["taskArn"], answer["containerArn"]) == (one.arn, side["containerArn"])
    assert answer["clusterArn"].endswith(":cluster/default")
    assert (answer["containerName"], answer["interactive"]) == ("side", True)
    assert side["runtimeId"].startswith(f"{task_id}-")
    assert sorted(answer["session"]) == ["sessionId", "streamUrl", "tokenValue"]


@pytest.mark.parametrize(
    ("enabled", "seconds", "members", "message"),
    [
        pytest.param(False, 10, {}, NOT_RUNNING, id="not enabled"),
        pytest.param(True, 2, {}, NOT_RUNNING, id="the agent does not run yet"),
        pytest.param(True, 100, {}, NOT_RUNNING, id="stopped"),
        pytest.param(
            True, 10, {"interactive": False}, "Interactive is the only mode supported currently.", id="mode"
        ),
        pytest.param(True, 10, {"task": "0" * 32}, "The referenced task was not found.", id="no such task"),
        pytest.param(
            True, 10, {"container": "x"}, "The container x was not found in the task.", id="no such container"
        ),
    ],
)
def test_refused(scene: Any, enabled: bool, seconds: int, members: dict[str, object], message: str) -> None:
    one = scene()
    one.run(enabled=enabled)
    advance(one.endpoint, seconds)

    with pytest.raises(ClientError) as refused:
        one.execute(**members)

    assert refused.value.response["Error"] == {"Code": "InvalidParameterException", "Message": message}


def test_several_containers_need_a_name(scene: Any) -> None:
    one = scene(None, TWO)
    one.run()
    advance(one.endpoint, 10)

    with pytest.raises(ClientError, match="specify a container name"):
        one.execute()


def test_the_agent_of_a_container_that_really_runs(tasks: MakeTasks) -> None:
    world = tasks(runner="process")
    world.register({"command": ["sleep", "60"]}, taskRoleArn=ROLE)
    arn = world.run(enableExecuteCommand=True)

    def agent() -> str:
        (container,) = world.describe(arn)["containers"]
        (found,) = container["managedAgents"]
        return str(found["lastStatus"])

    wait_until(lambda: agent() == "RUNNING")
    world.ecs.stop_task(task=arn)
    world.end(arn)

    assert agent() == "STOPPED"
