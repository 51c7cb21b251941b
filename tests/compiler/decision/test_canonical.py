"""The canonical form: what it looks like, and that it is the same for everybody who means the same."""

import copy
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from ecsplan.decision.canonical import Owner, canonical, fingerprint, json_text, owner_of

REQUEST: dict[str, Any] = {
    "family": "mill",
    "cpu": "1 vCPU",
    "taskRoleArn": "miller",
    "containerDefinitions": [
        {
            "name": "mill",
            "image": "mill:1",
            "command": ["grind", ""],
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": ""}, {"name": "C"}],
            "linuxParameters": {"capabilities": {"add": [], "drop": []}},
        }
    ],
    "volumes": [{"name": "data", "host": {}}],
    "tags": [{"key": "a", "value": "b"}],
}
CANONICAL: dict[str, object] = {
    "family": "mill",
    "cpu": "1024",
    "taskRoleArn": "miller",
    "networkMode": "bridge",
    "containerDefinitions": [
        {
            "name": "mill",
            "image": "mill:1",
            "cpu": 0,
            "essential": True,
            "versionConsistency": "enabled",
            "command": ["grind", ""],
            "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}],
            "environment": [{"name": "A", "value": ""}, {"name": "B", "value": "2"}],
        }
    ],
    "volumes": [{"name": "data"}],
}
LIVE_ARN = "arn:aws-cn:ecs:cn-north-1:111122223333:task-definition/mill:7"


def test_the_canonical_form_of_a_request() -> None:
    before = copy.deepcopy(REQUEST)

    assert canonical(REQUEST) == CANONICAL
    assert canonical(CANONICAL) == CANONICAL
    assert before == REQUEST


def test_nothing_of_the_argument_is_shared() -> None:
    request = {
        "family": "mill",
        "x": {"y": [{"z": 1}]},
        "containerDefinitions": [{"name": "a", "command": ["b"]}],
    }
    form: Any = canonical(request)

    form["x"]["y"][0]["z"] = 2
    form["containerDefinitions"][0]["command"].append("c")

    assert request == {
        "family": "mill",
        "x": {"y": [{"z": 1}]},
        "containerDefinitions": [{"name": "a", "command": ["b"]}],
    }


def test_any_mapping_and_any_list_will_do() -> None:
    frozen = MappingProxyType(
        {**REQUEST, "containerDefinitions": tuple(map(MappingProxyType, REQUEST["containerDefinitions"]))}
    )

    assert canonical(frozen) == CANONICAL


def test_a_described_definition_loses_what_only_describe_returns() -> None:
    described = {
        **REQUEST,
        "taskRoleArn": "arn:aws-cn:iam::111122223333:role/miller",
        "taskDefinitionArn": LIVE_ARN,
        "revision": 7,
        "status": "ACTIVE",
        "registeredAt": datetime(2026, 11, 22, tzinfo=UTC),
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.task-iam-role"}],
    }

    assert canonical(described) == {**CANONICAL, "taskRoleArn": described["taskRoleArn"]}


@pytest.mark.parametrize(
    ("arn", "owner"),
    [
        (LIVE_ARN, Owner("aws-cn", "111122223333")),
        ("arn:aws:ecs:eu-west-1:123456789012:task-definition/a", Owner("aws", "123456789012")),
        ("mill:7", None),
        ("arn:aws:ecs:eu-west-1::task-definition/a", None),
        ("arn::ecs:eu-west-1:123456789012:task-definition/a", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_the_owner_is_read_from_the_arn(arn: object, owner: Owner | None) -> None:
    assert owner_of({"taskDefinitionArn": arn}) == owner


def test_a_bare_role_is_a_role_of_the_owner() -> None:
    assert canonical(REQUEST, owner=Owner("aws", "1"))["taskRoleArn"] == "arn:aws:iam::1:role/miller"
    assert (
        canonical({**REQUEST, "taskDefinitionArn": LIVE_ARN})["taskRoleArn"]
        == "arn:aws-cn:iam::111122223333:role/miller"
    )
    assert canonical(REQUEST)["taskRoleArn"] == "miller"


@pytest.mark.parametrize(
    ("cpu", "memory", "canonical_cpu", "canonical_memory"),
    [
        ("256", "512", "256", "512"),
        (256, 512, "256", "512"),
        ("0256", "0512", "256", "512"),
        (".25 vCPU", ".5 GB", "256", "512"),
        ("0.25vcpu", "0.5GB", "256", "512"),
        ("16 VCPU", "120gb", "16384", "122880"),
        (" 1 vCPU ", " 1  GiB ", "1024", "1024"),
        ("1.", "1024 MiB", "1", "1024"),
        ("0.1 vCPU", "0.3 GB", "0.1 vCPU", "0.3 GB"),
        ("1 GB", "1 vCPU", "1 GB", "1 vCPU"),
        ("-1", "1e3", "-1", "1e3"),
        ("many", "1 TB", "many", "1 TB"),
        ("9" * 5000, "1" * 13, "9" * 5000, "1" * 13),
    ],
)
def test_sizes_are_stored_in_units_and_mib(
    cpu: object, memory: object, canonical_cpu: str, canonical_memory: str
) -> None:
    form = canonical({"cpu": cpu, "memory": memory})

    assert (form["cpu"], form["memory"]) == (canonical_cpu, canonical_memory)


def test_fingerprints_tell_meanings_apart() -> None:
    assert fingerprint(REQUEST) == fingerprint(CANONICAL)
    assert fingerprint(REQUEST) != fingerprint({**REQUEST, "networkMode": "host"})
    assert fingerprint(REQUEST).startswith("sha256:")
    assert len(fingerprint(REQUEST)) == len("sha256:") + 64


def test_a_fingerprint_is_the_same_in_every_version() -> None:
    """Plans are kept: another canonical form of the same document is a changed interface."""
    assert fingerprint(REQUEST) == "sha256:2f9c57f96e70cd7cc32ca004382b96ddd6c8c0eece9102cf4939a60b7620ce55"


def test_json_text_tells_types_apart() -> None:
    assert len({json_text(1), json_text(True), json_text("1"), json_text(1.5)}) == 4
    assert json_text({"b": "é\ud800", "a": []}) == '{"a":[],"b":"\\u00e9\\ud800"}'


@pytest.mark.parametrize("odd", [[], {}, (), {"a": None}], ids=repr)
def test_an_empty_value_of_the_wrong_type_in_a_free_map_says_nothing(odd: object) -> None:
    logging = {"logDriver": "awslogs", "options": {"awslogs-group": "g", "mode": odd}}

    found: Any = canonical({"containerDefinitions": [{"name": "a", "logConfiguration": logging}]})

    assert found["containerDefinitions"][0]["logConfiguration"]["options"] == {"awslogs-group": "g"}
    assert json_text(found)
