"""What is said of tasks that an apply stopped: the state they were in, its likely cause, the key to set."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan_applier.outcomes.own_stop_reasons import StuckStart, explain_stop_of
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import read_task

Begin = Callable[..., Stage]

QUIET = "image: alpine\n"

INTERFACE = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}}
SPOT = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}
TWO = {"capacityProviderStrategy": [{"capacityProvider": "batch-asg"}, {"capacityProvider": "other"}]}


def stuck(status: str, request: dict[str, Any] | None = None, **times: float) -> StuckStart:
    task = read_task({"taskArn": "arn:aws:ecs:us-east-1:1:task/c/1", "lastStatus": "STOPPED", **times})
    assert task is not None
    return StuckStart(status, task, request or {"launchType": "FARGATE"})


@pytest.mark.parametrize(
    ("start", "name", "meaning", "remedy"),
    [
        pytest.param(
            stuck("PROVISIONING", {"launchType": "FARGATE"} | INTERFACE),
            "start-timeout-provisioning",
            "capacity for launch type FARGATE, or for a network interface",
            "`network_configuration`",
            id="fargate",
        ),
        pytest.param(
            stuck("PROVISIONING", SPOT | INTERFACE),
            "start-timeout-provisioning",
            "capacity from the provider FARGATE_SPOT, or for a network interface",
            "use FARGATE",
            id="spot",
        ),
        pytest.param(
            stuck("PROVISIONING", TWO),
            "start-timeout-provisioning",
            "waiting for capacity from the providers batch-asg, other",
            "Auto Scaling group of batch-asg, other",
            id="instances that have to start first",
        ),
        pytest.param(
            stuck("PROVISIONING", {"cluster": "c"}),
            "start-timeout-provisioning",
            "the cluster's default provider",
            "`capacity_provider_strategy`",
            id="the cluster's default",
        ),
        pytest.param(stuck("PENDING"), "start-timeout-pending", "agent", "log groups", id="no agent"),
        pytest.param(
            stuck("PENDING", pullStartedAt=1.0), "start-timeout-pulling", "image", "`image`", id="a long pull"
        ),
        pytest.param(
            stuck("PENDING", pullStartedAt=1.0, pullStoppedAt=2.0),
            "start-timeout-starting",
            "pulled",
            "`dependsOn`",
            id="a container waits for another",
        ),
        pytest.param(
            stuck("ACTIVATING", pullStartedAt=1.0),
            "start-timeout-starting",
            "pulled",
            "raise",
            id="activating",
        ),
    ],
)
def test_a_start_timeout_names_state_cause_and_key(
    start: StuckStart, name: str, meaning: str, remedy: str
) -> None:
    explanation = explain_stop_of(Outcome.START_TIMEOUT, start)

    assert explanation is not None
    assert explanation.name == name
    assert meaning in explanation.meaning
    assert remedy in explanation.remedy
    assert "`task_start_timeout_seconds`" in explanation.remedy


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (Outcome.TIMEOUT, "task-timeout"),
        (Outcome.INTERRUPTED, "interrupted"),
        (Outcome.OTHER_REQUEST, "stopped-for-other-request"),
        (Outcome.LOST, None),
    ],
)
def test_the_other_stops_have_rows(outcome: Outcome, name: str | None) -> None:
    explanation = explain_stop_of(outcome, stuck("RUNNING"))

    assert (None if explanation is None else explanation.name) == name


@pytest.mark.parametrize(
    ("timeline", "state", "name"),
    [
        pytest.param(
            [{"at": 900, "status": "RUNNING"}], "PROVISIONING", "start-timeout-provisioning", id="first"
        ),
        pytest.param([{"at": 1, "status": "PENDING"}], "PENDING", "start-timeout-pulling", id="second"),
    ],
)
def test_an_apply_says_where_its_task_was_stuck(
    stage: Begin, timeline: list[dict[str, object]], state: str, name: str
) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})

    (task,) = world.apply(world.compile(QUIET + "task_start_timeout_seconds: 30\n")).summary.tasks

    assert task.outcome is Outcome.START_TIMEOUT
    assert task.reason == "it did not run within 30 s and was stopped"
    assert task.explanation is not None
    assert task.explanation.name == name
    assert task.explanation.meaning.startswith(f"the task was still {state}: ")
