"""Members that the installed SDK does not know: refused before anything is changed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan.terms.observed import Body
from ecsplan_applier.outcomes.errors import UnsendableError

Begin = Callable[..., Stage]

CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource", "DeregisterTaskDefinition", "StopTask")
EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]


@pytest.fixture
def world(stage: Begin) -> Stage:
    return stage({"tasks": [{"timeline": EXITS}]})


def manifest(key: str, path: str) -> str:
    patch = [{"op": "add", "path": path, "value": {"mode": "strict"}}]
    return json.dumps({"image": "alpine", key: patch})


@pytest.mark.parametrize(
    ("key", "path", "operation"),
    [
        ("task_definition_customizations", "/memoryProtection", "RegisterTaskDefinition"),
        (
            "task_definition_customizations",
            "/containerDefinitions/0/memoryProtection",
            "RegisterTaskDefinition",
        ),
        ("task_customizations", "/urgency", "RunTask"),
        ("task_customizations", "/overrides/containerOverrides/0/urgency", "RunTask"),
    ],
)
@pytest.mark.parametrize("offline", [False, True], ids=["decided", "undecided"])
def test_nothing_is_changed(world: Stage, key: str, path: str, operation: str, offline: bool) -> None:
    plan = world.compile(manifest(key, path), offline=offline)

    with pytest.raises(UnsendableError) as caught:
        world.apply(plan)

    assert f"does not know {path} of {operation}" in str(caught.value)
    assert caught.value.exit_status == 125
    assert world.calls(*CHANGING) == []


def test_one_job_of_several_keeps_the_others_from_starting(world: Stage) -> None:
    jobs = {"a": {"image": "alpine"}, "b": json.loads(manifest("task_customizations", "/urgency"))}

    with pytest.raises(UnsendableError, match="b: "):
        world.apply(world.compile(json.dumps({"jobs": jobs})))

    assert world.calls(*CHANGING) == []


class Newer:
    """The gateway with an SDK that knows every member of a task definition, and AWS that keeps them."""

    def __init__(self, world: Stage) -> None:
        self._gateway = world.gateway
        self.kept: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def unknown(self, *_: object) -> tuple[str, ...]:
        return ()

    def call(self, target: Any, operation: Any, request: Body) -> Body:
        if operation.name == "RegisterTaskDefinition":
            self.kept = {"memoryProtection": request["memoryProtection"]}
            request = {name: value for name, value in request.items() if name not in self.kept}
        answer = self._gateway.call(target, operation, request)
        if operation.name == "DescribeTaskDefinition":
            return {**answer, "taskDefinition": {**answer["taskDefinition"], **self.kept}}
        return answer


def test_an_sdk_that_knows_the_member_sends_it(world: Stage) -> None:
    gateway = Newer(world)
    plan = world.compile(manifest("task_definition_customizations", "/memoryProtection"))

    assert world.apply(plan, gateway=gateway).status == 0
    assert gateway.kept == {"memoryProtection": {"mode": "strict"}}
    assert world.apply(plan, gateway=gateway).status == 0
    assert world.revisions() == [1]
