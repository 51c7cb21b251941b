"""Whether a task does what a job asks for: what ECS adds to its echo is nothing, what a user changes is."""

from copy import deepcopy
from typing import Any

import pytest

from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.tasks.same_task import same_run

REQUEST: dict[str, Any] = {
    "taskDefinition": "hello:1",
    "launchType": "FARGATE",
    "overrides": {
        "cpu": "256",
        "containerOverrides": [
            {
                "name": "main",
                "command": ["a", "b"],
                "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            }
        ],
    },
    "tags": [{"key": "team", "value": "data"}],
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
}
ECHO: dict[str, object] = {
    "taskArn": "arn:task",
    "launchType": "FARGATE",
    "group": "family:hello",
    "enableExecuteCommand": False,
    "overrides": {
        "cpu": "256",
        "containerOverrides": [
            {"name": "sidecar"},
            {
                "name": "main",
                "command": ["a", "b"],
                "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
                "environmentFiles": [],
                "resourceRequirements": [],
            },
        ],
        "inferenceAcceleratorOverrides": [],
    },
    "tags": [{"key": "aws:ecs:clusterName", "value": "c"}, {"key": "team", "value": "data"}],
}


def task(**changes: object) -> Task:
    found = read_task({**deepcopy(ECHO), **changes})
    assert found is not None
    return found


def with_container(**changes: object) -> dict[str, object]:
    request = deepcopy(REQUEST)
    request["overrides"]["containerOverrides"][0].update(changes)
    return request


def test_what_ecs_adds_and_reorders_is_the_same() -> None:
    assert same_run(REQUEST, task())


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({**REQUEST, "taskDefinition": "hello:2"}, id="another revision number"),
        pytest.param({**REQUEST, "networkConfiguration": {}}, id="other subnets"),
        pytest.param({**REQUEST, "propagateTags": "TASK_DEFINITION"}, id="propagated tags"),
        pytest.param(with_container(environmentFiles=[]), id="an empty list more"),
        pytest.param(
            {key: value for key, value in REQUEST.items() if key != "launchType"}, id="no launch type"
        ),
    ],
)
def test_what_makes_no_other_request(request_: dict[str, object]) -> None:
    assert same_run(request_, task())


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(with_container(command=["b", "a"]), id="command"),
        pytest.param(with_container(environment=[{"name": "A", "value": "1"}]), id="a variable less"),
        pytest.param(with_container(environment=[]), id="no variables"),
        pytest.param(with_container(memory=512), id="container memory"),
        pytest.param({**REQUEST, "overrides": {}}, id="no overrides"),
        pytest.param({**REQUEST, "overrides": {**REQUEST["overrides"], "cpu": "512"}}, id="cpu"),
        pytest.param(
            {**REQUEST, "overrides": {**REQUEST["overrides"], "taskRoleArn": "arn:role"}}, id="task role"
        ),
        pytest.param({**REQUEST, "tags": [{"key": "team", "value": "web"}]}, id="a label"),
        pytest.param({**REQUEST, "launchType": "EC2"}, id="launch type"),
        pytest.param({**REQUEST, "group": "nightly"}, id="group"),
        pytest.param({**REQUEST, "enableExecuteCommand": True}, id="ECS Exec"),
        pytest.param(
            {
                **REQUEST,
                "launchType": None,
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}],
            },
            id="capacity provider",
        ),
    ],
)
def test_what_makes_another_request(request_: dict[str, object]) -> None:
    assert not same_run(request_, task())


def test_a_capacity_provider_of_the_strategy_is_the_same() -> None:
    names = [{"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT"}]
    request = {key: value for key, value in REQUEST.items() if key != "launchType"}

    assert same_run({**request, "capacityProviderStrategy": names}, task(capacityProviderName="FARGATE_SPOT"))


@pytest.mark.parametrize(
    "garbled", [None, 5, "x", [], {"containerOverrides": 3}, {"containerOverrides": [None]}]
)
def test_garbled_overrides_are_no_overrides(garbled: object) -> None:
    assert not same_run(REQUEST, task(overrides=garbled))
