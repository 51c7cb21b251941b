"""What Describe shows of what was registered, judged by cases that were not derived from ecsplan."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from local_requests import definition
from local_tasks import MakeClient, MakeEndpoint
from places import TESTS

import ecsplan
from ecsplan.terms.observed import Body

CORPUS = sorted((TESTS / "corpus").glob("*.json"))

OUTPUT_ONLY = {
    "taskDefinitionArn",
    "revision",
    "registeredAt",
    "registeredBy",
    "requiresAttributes",
    "compatibilities",
}

OTHER_SPELLING = {
    "p011-false-flags-echoed",
    "p043-efs-iam-disabled",
    "p052-bridge-by-default",
    "p064-restart-defaults",
    "p066-version-consistency",
    "p091-readonly-false",
}
"""Cases whose live side spells out what the desired side leaves to a default that ECS does not fill in."""

READ = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in CORPUS}
CASES = [pytest.param(case, id=name) for name, case in READ.items()]
EXACT = [
    pytest.param(case, id=name)
    for name, case in READ.items()
    if case["expect"] == "reuse" and "-respelled-" not in name and name not in OTHER_SPELLING
]


@pytest.fixture(scope="module")
def ecs() -> Iterator[BaseClient]:
    import boto3  # noqa: PLC0415

    from ecsplan_local import serve  # noqa: PLC0415

    with serve(runner="scripted", account="111122223333") as endpoint:
        client = boto3.client(
            "ecs",
            endpoint_url=endpoint.url,
            region_name="eu-west-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        yield client
        client.close()


def echo(ecs: BaseClient, request: Body) -> Body:
    ecs.register_task_definition(**request)
    body: Body = ecs.describe_task_definition(taskDefinition=request["family"])["taskDefinition"]
    return body


def unordered(value: object) -> object:
    """Return a value whose lists are sorted: ECS returns some of them in an order of its own."""
    if isinstance(value, dict):
        return {name: unordered(each) for name, each in value.items() if name not in OUTPUT_ONLY}
    if isinstance(value, list):
        return sorted((unordered(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


@pytest.mark.parametrize("case", CASES)
def test_what_was_just_registered_is_reused(ecs: BaseClient, case: dict[str, Any]) -> None:
    decision = ecsplan.decide(case["desired"], echo(ecs, case["desired"]))

    assert decision.action == "reuse", decision


@pytest.mark.parametrize("case", EXACT)
def test_echo_is_what_a_live_read_shows(ecs: BaseClient, case: dict[str, Any]) -> None:
    assert unordered(echo(ecs, case["desired"])) == unordered(case["live"])


def test_members_that_registering_adds(start: MakeEndpoint, client: MakeClient) -> None:
    ecs = client(start(region="us-east-1"))
    registered = ecs.register_task_definition(**definition(), tags=[{"key": "team", "value": "a b"}])

    body = registered["taskDefinition"]
    without = ecs.describe_task_definition(taskDefinition="hello")
    tagged = ecs.describe_task_definition(taskDefinition="hello:1", include=["TAGS"])

    assert registered["tags"] == tagged["tags"] == [{"key": "team", "value": "a b"}]
    assert "tags" not in without
    assert without["taskDefinition"] == tagged["taskDefinition"] == body
    assert body["taskDefinitionArn"] == "arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1"
    assert [body["status"], body["revision"], body["compatibilities"]] == [
        "ACTIVE",
        1,
        ["EC2", "FARGATE", "MANAGED_INSTANCES"],
    ]
    assert body["registeredBy"] == "arn:aws:iam::000000000000:user/local"
    assert {"name": "ecs.capability.task-eni"} in body["requiresAttributes"]


def test_lists_come_back_in_an_order_of_their_own(ecs: BaseClient) -> None:
    names = [f"name{number}" for number in range(8)]
    request = definition(family="ordered")
    request["containerDefinitions"][0]["environment"] = [{"name": name, "value": "x"} for name in names]
    request["containerDefinitions"] += [{"name": name, "image": "image"} for name in names]

    body = echo(ecs, request)
    containers = [each["name"] for each in body["containerDefinitions"]]
    main = next(each for each in body["containerDefinitions"] if each["name"] == "main")
    variables = [each["name"] for each in main["environment"]]

    assert containers != ["main", *names]
    assert sorted(containers) == ["main", *names]
    assert variables != names
    assert sorted(variables) == names
    assert body["containerDefinitions"] == echo(ecs, request)["containerDefinitions"]
