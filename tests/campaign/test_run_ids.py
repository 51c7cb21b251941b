"""Run ids: which are refused, what another request under one gets, and what compiling anew alters."""

import json
from typing import Any

import pytest
from campaign.scenarios import ROLE, life
from campaign.world import Played, World

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import SdkGateway, Target
from ecsplan_applier.aws.operations import (
    DEREGISTER_TASK_DEFINITION,
    DESCRIBE_SUBNETS,
    REGISTER_TASK_DEFINITION,
    Operation,
)


def manifest(family: str, **keys: object) -> str:
    return json.dumps({"name": family, "image": "alpine", "execution_role_arn": ROLE, **keys})


def started(world: World, family: str, *, exit_code: int = 0) -> None:
    """Put tasks in force that live for five seconds."""
    world.endpoint.set_faults({"tasks": [{"family": family, "timeline": life(exit_code)}]})


def running(world: World, family: str) -> None:
    """Put tasks in force that live for longer than a test."""
    timeline = [{"at": 1, "status": "RUNNING"}, {"at": 5000, "status": "STOPPED", "exitCode": 0}]
    world.endpoint.set_faults({"tasks": [{"family": family, "timeline": timeline}]})


@pytest.mark.parametrize(
    ("run_id", "says"),
    [
        pytest.param("a b", "letters, digits, '-', '_' and '/'", id="space"),
        pytest.param("", "letters, digits, '-', '_' and '/'", id="empty"),
        pytest.param("ümlaut", "letters, digits, '-', '_' and '/'", id="not ASCII"),
        pytest.param("line\n", "letters, digits, '-', '_' and '/'", id="line feed"),
        pytest.param("-", "it stands for standard input", id="standard input"),
        pytest.param("a" * 121, "121 characters long; ECS accepts at most 120", id="too long"),
    ],
)
def test_refused(world: World, run_id: str, says: str) -> None:
    plan = world.compile(manifest(world.fresh_family("refused")))
    world.endpoint.forget_calls()

    played = world.apply(plan, run_id)

    assert played.status == 2
    assert says in str(played.error)
    assert world.endpoint.calls() == ()


def test_longest_runs(world: World) -> None:
    family = world.fresh_family("longest")
    plan = world.compile(manifest(family))
    started(world, family)

    assert world.apply(plan, "a-_/9" * 24).status == 0


CORRUPTIONS: dict[str, dict[str, object]] = {
    "another command": {"command": ["other"]},
    "another variable": {"env": {"A": "2"}},
    "more copies": {"count": 3},
    "fewer copies": {"count": 1},
    "another image": {"image": "other"},
    "another label": {"labels": {"team": "other"}},
}


@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("over", [False, True], ids=["running", "over"])
def test_another_request_under_the_same_id(world: World, corruption: str, over: bool) -> None:
    family = world.fresh_family("taken")
    keys: dict[str, Any] = {"command": ["work"], "env": {"A": "1"}, "count": 2, "labels": {"team": "one"}}
    running(world, family)
    plan = world.compile(manifest(family, **keys))
    world.apply(plan, family, detach=True)
    before = world.found(family)
    running(world, family)
    if over:
        for each in before.tasks:
            world.stop(each["taskArn"])

    played = world.apply(world.compile(manifest(family, **keys | CORRUPTIONS[corruption])), family)

    after = world.found(family)
    assert played.status == 122, played.text
    assert [each["taskArn"] for each in before.tasks if each["taskArn"] not in played.text] == [], played.text
    assert sorted(set(after.running) - {each["taskArn"] for each in before.tasks}) == []
    for arn in after.running:
        world.stop(arn)


class OtherSubnets:
    """The way to an endpoint of which the subnets have changed since."""

    def __init__(self, gateway: SdkGateway, keep: int) -> None:
        self._gateway = gateway
        self._keep = keep

    def target(self, aws: Aws) -> Target:
        return self._gateway.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = self._gateway.call(target, operation, request)
        if operation is DESCRIBE_SUBNETS:
            return {**answer, "Subnets": answer["Subnets"][: self._keep]}
        return answer

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._gateway.unknown(target, operation, request)


def same_tasks(world: World, family: str, first: Played, again: Played) -> None:
    assert again.status == first.status, again.text
    assert again.arns == first.arns
    assert len(world.found(family).tasks) == len(first.arns)


@pytest.mark.parametrize("over", [False, True], ids=["running", "over"])
def test_compiled_anew_with_other_subnets(world: World, over: bool) -> None:
    family = world.fresh_family("subnets")
    started(world, family)
    first = world.apply(world.compile(manifest(family, count=2)), family, detach=not over)

    plan = world.compile(manifest(family, count=2), gateway=OtherSubnets(world.gateway(), 1))
    assert len(plan.jobs[0].run_request["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == 1
    again = world.apply(plan, family)

    same_tasks(world, family, first, again)


@pytest.mark.parametrize("over", [False, True], ids=["running", "over"])
def test_compiled_anew_to_a_new_revision_with_the_same_content(world: World, over: bool) -> None:
    family = world.fresh_family("renumbered")
    started(world, family, exit_code=4)
    plan = world.compile(manifest(family))
    first = world.apply(plan, family, detach=not over)
    world.ask(REGISTER_TASK_DEFINITION, **plan.jobs[0].definition.request)

    again = world.apply(world.compile(manifest(family)), family)

    assert again.status == 4
    assert again.arns == first.arns
    assert len(world.found(family).tasks) == 1


@pytest.mark.parametrize("by_whom", ["the run itself", "somebody else"])
def test_compiled_anew_after_its_revision_was_deregistered(world: World, by_whom: str) -> None:
    family = world.fresh_family("deregistered")
    started(world, family, exit_code=6)
    keys = {"auto_deregister_task_definition": by_whom == "the run itself"}
    first = world.apply(world.compile(manifest(family, **keys)), family)
    if by_whom == "somebody else":
        world.ask(DEREGISTER_TASK_DEFINITION, taskDefinition=f"{family}:1")
    assert world.found(family).active == ()

    again = world.apply(world.compile(manifest(family, **keys)), family)

    same_tasks(world, family, first, again)
    assert world.found(family).active == ()
