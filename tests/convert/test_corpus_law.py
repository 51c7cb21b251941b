"""What `init` makes of a described definition reuses it, and of a RunTask input makes the same request."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from compiled_jobs import AWS, observed
from places import TESTS

from ecsplan.compile import compile_manifest
from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_mapping, as_mappings
from ecsplan.terms.observed import Observed, Revision
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.source import Source

CORPUS = [json.loads(path.read_text("utf-8")) for path in sorted((TESTS / "corpus").glob("*.json"))]
TAGS = ({"key": "team", "value": "data"}, {"key": "aws:cloudformation:stack-name", "value": "etl"})


def compiled(document: object, answers: Observed) -> PlannedJob:
    """Return the one job of the manifest that init makes of a document; the manifest has to check clean."""
    made = converted(found_in(Source("source.json", json.dumps(document))), title="source.json")
    result = compile_manifest(made.text, file="job.yaml", observed=answers, region=AWS.region)
    assert result.plan is not None, [each.message for each in result.diagnostics]
    (job,) = result.plan.jobs
    return job


LIVE = [case for case in CORPUS if case["live"] and case["live"]["status"] == "ACTIVE"]


@pytest.mark.parametrize("tags", [(), TAGS], ids=["alone", "in a response with tags"])
@pytest.mark.parametrize("case", LIVE, ids=lambda case: case["id"])
def test_a_described_definition_is_reused(case: dict[str, Any], tags: tuple[Any, ...]) -> None:
    live = case["live"]
    answers = observed(latest={live["family"]: Revision(live, tags)})

    job = compiled({"taskDefinition": live, "tags": [*tags]} if tags else live, answers)

    assert job.definition.decision == Reuse(live["taskDefinitionArn"])


def test_most_of_the_corpus_is_described() -> None:
    assert len(LIVE) > 100


NETWORK: dict[str, Any] = {"subnets": ["subnet-0a", "subnet-0b"], "securityGroups": ["sg-0a"]}
DEFINITION: dict[str, Any] = {
    "family": "etl",
    "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:3",
    "revision": 3,
    "status": "ACTIVE",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE", "EC2"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {"name": "main", "image": "example.test/etl:1", "essential": True},
        {"name": "sidecar", "image": "example.test/log:1", "essential": False},
    ],
}
BRIDGE: dict[str, Any] = {**DEFINITION, "networkMode": "bridge", "requiresCompatibilities": ["EC2"]}
ON_FARGATE: dict[str, Any] = {
    "taskDefinition": "etl:3",
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": NETWORK},
}


def overriding(**members: Any) -> dict[str, Any]:
    return {"overrides": {"containerOverrides": [{"name": "main", **members}]}}


INPUTS = [
    pytest.param({}, id="short"),
    pytest.param({"cluster": "batch", "count": 3, "group": "nightly"}, id="cluster, count and group"),
    pytest.param({"cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/batch"}, id="a cluster's ARN"),
    pytest.param(
        {"networkConfiguration": {"awsvpcConfiguration": {**NETWORK, "assignPublicIp": "ENABLED"}}},
        id="public",
    ),
    pytest.param(
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a"]}}}, id="no security groups"
    ),
    pytest.param({"platformVersion": "1.4.0", "propagateTags": "TASK_DEFINITION"}, id="platform and tags"),
    pytest.param(
        {
            "enableExecuteCommand": True,
            "enableECSManagedTags": True,
            "overrides": {"taskRoleArn": "arn:aws:iam::111122223333:role/task"},
        },
        id="exec and managed tags",
    ),
    pytest.param({"enableExecuteCommand": False, "enableECSManagedTags": False}, id="neither"),
    pytest.param({"tags": [{"key": "team", "value": "data"}, {"key": "empty", "value": ""}]}, id="tags"),
    pytest.param(overriding(command=["python", "-m", "etl", "", "$DAY", "${DAY}"]), id="a command"),
    pytest.param(
        overriding(environment=[{"name": "B", "value": ""}, {"name": "A", "value": "${X}"}]), id="variables"
    ),
    pytest.param(overriding(cpu=128, memory=256, memoryReservation=128), id="a container's size"),
    pytest.param(
        overriding(environmentFiles=[{"value": "arn:aws:s3:::bucket/a.env", "type": "s3"}]),
        id="variable files",
    ),
    pytest.param(
        {"overrides": {"containerOverrides": [{"name": "sidecar", "command": ["x"]}]}}, id="another container"
    ),
    pytest.param(
        {
            "overrides": {
                "containerOverrides": [
                    {"name": "main", "command": ["x"]},
                    {"name": "sidecar", "command": ["y"]},
                ]
            }
        },
        id="two containers",
    ),
    pytest.param({"overrides": {"cpu": "512", "memory": "1024"}}, id="the task's size"),
    pytest.param(
        {
            "overrides": {
                "taskRoleArn": "arn:aws:iam::111122223333:role/task",
                "executionRoleArn": "arn:aws:iam::111122223333:role/execution",
                "ephemeralStorage": {"sizeInGiB": 40},
            }
        },
        id="roles and storage",
    ),
    pytest.param({"referenceId": "r-1"}, id="a reference id"),
    pytest.param(
        {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
        id="Spot",
    ),
    pytest.param(
        {
            "launchType": None,
            "capacityProviderStrategy": [
                {"capacityProvider": "FARGATE", "base": 1, "weight": 0},
                {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 4},
            ],
        },
        id="two providers",
    ),
    pytest.param({"launchType": None}, id="no launch type"),
    pytest.param({"launchType": "EC2"}, id="EC2"),
]
ON_EC2 = [
    pytest.param({}, id="short"),
    pytest.param(
        {
            "placementConstraints": [{"type": "memberOf", "expression": "attribute:zone == a"}],
            "placementStrategy": [{"type": "spread", "field": "instanceId"}, {"type": "random"}],
        },
        id="placement",
    ),
]


def said(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request asks for: without members and lists that are empty, and in one order."""
    overrides = as_mapping(request.get("overrides"))
    containers = [
        {**each, "environment": sorted(as_mappings(each.get("environment")), key=lambda pair: pair["name"])}
        for each in as_mappings(overrides.get("containerOverrides"))
    ]
    full = [{name: value for name, value in each.items() if value != []} for each in containers]
    named = sorted((each for each in full if {*each} != {"name"}), key=lambda each: str(each["name"]))
    network = as_mapping(as_mapping(request.get("networkConfiguration")).get("awsvpcConfiguration"))
    whole = {
        **request,
        "overrides": {
            **{n: v for n, v in overrides.items() if n != "containerOverrides"},
            "containers": named,
        },
        "networkConfiguration": {name: value for name, value in network.items() if value != []},
        "tags": sorted(as_mappings(request.get("tags")), key=lambda tag: tag["key"]),
    }
    return {
        name: value
        for name, value in whole.items()
        if value not in ([], {}, None, False) and (name, value) != ("count", 1)
    } | {"taskDefinition": "etl:3"}


def same(given: dict[str, Any], definition: dict[str, Any]) -> None:
    given = {name: value for name, value in given.items() if value is not None}
    answers = observed(linked={"etl:3": Revision(definition)}, latest={"etl": Revision(definition)})

    job = compiled(given, answers)

    assert job.definition.decision == Reuse(definition["taskDefinitionArn"])
    assert said(job.run_request) == said(given)


@pytest.mark.parametrize("members", INPUTS)
def test_a_run_task_input_makes_the_same_request(members: dict[str, Any]) -> None:
    same({**ON_FARGATE, **members}, DEFINITION)


@pytest.mark.parametrize("members", ON_EC2)
def test_a_run_task_input_on_instances_makes_the_same_request(members: dict[str, Any]) -> None:
    same({"taskDefinition": "etl:3", "launchType": "EC2", **members}, BRIDGE)
