"""The table of manifest keys, and the law that every member of a request is attributed to a key."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from compiled_jobs import ROLE, TASK_ROLE, described
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsplan.compile import read_jobs
from ecsplan.draft.attribution import definition_key, run_key
from ecsplan.draft.draft import Draft, define, draft
from ecsplan.draft.network_lookup import NetworkFound
from ecsplan.job.from_service import like_service
from ecsplan.schema.files import load_schema
from ecsplan.terms.manifest_keys import (
    CONTAINER_OPTIONS,
    KEYS,
    OVERRIDE_OPTIONS,
    RUN_OPTIONS,
    SPEC_ORDER,
    Document,
    keys_of,
)
from ecsplan.terms.observed import Service, Subnet
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY
from ecsplan.terms.pointers import child, tokens_of

FOUND = NetworkFound((Subnet("subnet-b", "eu-west-1b"),), {"web": "sg-2"})
EVERYWHERE: dict[str, Any] = {
    "name": "etl",
    "image": "alpine:3",
    "pin_image": True,
    "command": ["echo", "a"],
    "entry_point": ["sh", "-c"],
    "container_name": "main",
    "env": {"A": "1", "B": None, "x/y~z": "é"},
    "env_file": "a.env",
    "secrets": {"S": "s", "T": "t"},
    "labels": {"team": "data", "a,b": "c"},
    "cpu": 1024,
    "memory": 2048,
    "gpus": 1,
    "cluster": "c",
    "family": "f",
    "flow_name": "flow",
    "deployment_name": "deployment",
    "execution_role_arn": ROLE,
    "task_role_arn": TASK_ROLE,
    "configure_cloudwatch_logs": True,
    "cloudwatch_logs_options": {"mode": "non-blocking"},
    "stream_output": True,
    "auto_deregister_task_definition": True,
    "reuse": "recent",
    "task_start_timeout_seconds": 60,
    "task_timeout_seconds": 600,
    "stop_timeout_seconds": 90,
    "task_watch_poll_interval": 2.0,
    "count": 3,
    "after": ["extract"],
    "matrix": {"shard": [1]},
    "array": 4,
    "max_parallel": 2,
    "succeed_on": [0, 3],
    "retry": {"attempts": 5},
    "concurrency": "forbid",
    "schedule": {"rate": "1 day", "role_arn": ROLE},
    "log_retention_days": 30,
    "log_retention": {"days": 30, "always": True},
    "platform_version": "1.4.0",
    "enable_execute_command": True,
    "propagate_tags": "TASK_DEFINITION",
    "enable_ecs_managed_tags": True,
    "group": "g",
    "placement_constraints": [{"type": "distinctInstance"}],
    "placement_strategy": [{"type": "random"}],
    "volume_configurations": [{"name": "v"}],
    "volumes": {"/data/": "efs:fs-1:/a", "/scratch": {"ebs_gib": 9, "role_arn": ROLE}},
    "ephemeral_storage_gib": 30,
    "runtime_platform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "aws": {"region": "eu-west-1"},
}
"""Every key that goes with every other; those that exclude each other are in `CHOICES`."""

CONTAINERS = [
    {"name": "main", "environment": [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]},
    {"name": "side", "image": "b", "essential": False, "portMappings": [{"containerPort": 80}]},
]
CHOICES: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = (
    ("definition", ({}, {"task_definition": {"containerDefinitions": CONTAINERS, "volumes": [{"name": "v"}]}},
                    {"task_definition": {"family": "t", "requiresCompatibilities": ["EC2"], "cpu": "256"}},
                    {"task_definition_arn": "web:7"}, {"service": "web"})),
    ("placement", ({"launch_type": "FARGATE"}, {"launch_type": "FARGATE_SPOT"}, {"launch_type": "EC2"},
                   {"capacity_provider_strategy": [{"capacityProvider": "FARGATE", "weight": 1}]})),
    ("network", ({"vpc_id": "vpc-1"}, {"vpc_id": {"tags": {"a": "b"}}, "subnets": {"tags": {"c": "d"}}},
                 {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1", "web"],
                  "assign_public_ip": True},
                 {"network_configuration": {"subnets": ["subnet-1"]}},
                 {"network_configuration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}})),
)  # fmt: skip
PATCHES = {"task_customizations", "task_definition_customizations"}
WEB = described(
    "web:7",
    {"containerDefinitions": CONTAINERS, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]},
)
SERVICE = Service(
    {
        "serviceArn": "arn:aws:ecs:eu-west-1:111122223333:service/c/web",
        "taskDefinition": WEB.arn,
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}
        },
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        "platformVersion": "LATEST",
    }
)


@st.composite
def manifests(draw: st.DrawFn, *, least: int = 0) -> dict[str, Any]:
    """Draw a manifest with some of the keys, or with all that go together."""
    keys = draw(st.sets(st.sampled_from(sorted(EVERYWHERE)), min_size=least))
    manifest = {name: value for name, value in EVERYWHERE.items() if name in keys | {"name", "image", "aws"}}
    for _, choice in CHOICES:
        manifest |= draw(st.sampled_from(choice))
    return deepcopy(manifest)


def drafted(manifest: Mapping[str, Any]) -> Draft:
    (job,) = read_jobs(json.dumps(manifest), file="etl.yaml", read=lambda _: "F=1\nB=2\n").jobs
    job = like_service(job, SERVICE)
    linked = WEB if job.linked is not None else None
    made, _ = draft(define(job, linked, region="eu-west-1"), FOUND, revision=REGISTERED_AT_APPLY)
    return made


def leaves(value: Any, pointer: str = "") -> Iterator[str]:
    """Yield the pointers of the values that hold no others."""
    items = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    inner = [each for name, member in items for each in leaves(member, child(pointer, name))]
    yield from inner or [pointer]


def attributed(made: Draft) -> Iterator[tuple[str, str]]:
    """Yield the pointer of every value of both requests, and the one in the manifest that it comes from."""
    for pointer in leaves(made.run):
        yield f"run{pointer}", run_key(made.job, pointer)
    for pointer in leaves(made.definition):
        yield f"definition{pointer}", definition_key(made.job, made.definition, made.container, pointer)


def written(manifest: Mapping[str, Any], pointer: str) -> bool:
    return tokens_of(pointer)[:1] != () and tokens_of(pointer)[0] in manifest


ALL = {key for _, choice in CHOICES for each in choice for key in each} | set(EVERYWHERE) | PATCHES


def test_the_laws_know_every_key() -> None:
    assert set(SPEC_ORDER) == ALL


@pytest.mark.parametrize(
    "definition", CHOICES[0][1], ids=["none", "document", "its own family", "linked", "service"]
)
@pytest.mark.parametrize("placement", CHOICES[1][1], ids=["Fargate", "Spot", "EC2", "strategy"])
@pytest.mark.parametrize("network", CHOICES[2][1], ids=["VPC", "tags", "ids", "network", "wrapped network"])
def test_with_every_key_every_member_is_attributed_to_one_that_is_written(
    definition: dict[str, Any], placement: dict[str, Any], network: dict[str, Any]
) -> None:
    manifest = {**EVERYWHERE, **definition, **placement, **network}
    made = drafted(manifest)
    lost = {place: key for place, key in attributed(made) if not written(manifest, key)}

    # The revision to run is the whole definition, which many keys make.
    assert {place for place in lost if place != "run/taskDefinition"} == set()


@settings(max_examples=200, deadline=None)
@given(manifests())
def test_every_member_is_attributed_to_a_key_or_to_the_job(manifest: dict[str, Any]) -> None:
    for place, key in attributed(drafted(manifest)):
        assert not key or tokens_of(key)[0] in SPEC_ORDER, place


CHANGED: dict[str, Any] = {
    "image": "alpine:4",
    "command": ["other"],
    "entry_point": ["bash", "-c"],
    "gpus": "ALL",
    "subnets": ["subnet-1", "subnet-3"],
    "security_groups": ["sg-1", "sg-3"],
    "assign_public_ip": False,
    "stop_timeout_seconds": 30,
    "enable_ecs_managed_tags": False,
    "cluster": "other",
    "count": 2,
    "execution_role_arn": ROLE + "-2",
    "task_role_arn": TASK_ROLE + "-2",
    "platform_version": "LATEST",
    "enable_execute_command": False,
    "propagate_tags": "NONE",
    "group": "other",
    "placement_constraints": [{"type": "memberOf"}],
    "placement_strategy": [{"type": "spread"}],
    "volume_configurations": [{"name": "w"}],
    "volumes": {"/data/": "efs:fs-2:/b", "/other": {"ebs_gib": 8, "role_arn": TASK_ROLE}},
    "ephemeral_storage_gib": 40,
    "runtime_platform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "family": "other",
    "cpu": 512,
    "memory": 1024,
    "env": {"A": "2", "B": None, "x/y~z": "é"},
    "secrets": {"S": "s2", "T": "t"},
    "labels": {"team": "other", "a,b": "c"},
    "cloudwatch_logs_options": {"mode": "blocking"},
}


@settings(max_examples=200, deadline=None)
@given(manifests(least=4), st.data())
def test_what_changes_with_a_key_is_attributed_to_it(manifest: dict[str, Any], data: st.DataObject) -> None:
    """The other way round: change a key, and look which members of the requests have changed."""
    key = data.draw(st.sampled_from(sorted(CHANGED.keys() & manifest.keys())))
    before, after = drafted(manifest), drafted({**manifest, key: CHANGED[key]})
    values = [
        {**values_of(made.run, "run"), **values_of(made.definition, "definition")} for made in (before, after)
    ]
    for place, pointer in attributed(after):
        if values[0].get(place) != values[1][place]:
            assert tokens_of(pointer)[0] == key, place
            document, member = member_at(place)
            assert key in keys_of(document)[member], place


def member_at(place: str) -> tuple[Document, str]:
    """Return the document of the table that a place is in, and its member there."""
    match place.split("/"):
        case ["run", "overrides", "containerOverrides", _, member, *_]:
            return "container override", member
        case ["run", "overrides", member, *_]:
            return "overrides", member
        case ["run", member, *_]:
            return "run", member
        case ["definition", "containerDefinitions", _, member, *_]:
            return "container", member
        case [_, member, *_]:
            return "definition", member
        case _:
            raise ValueError(place)


def values_of(document: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pointer in leaves(document):
        value = document
        for token in tokens_of(pointer):
            value = value[int(token)] if isinstance(value, list) else value[token]
        found[f"{name}{pointer}"] = value
    return found


PROPERTIES: dict[Document, tuple[str, tuple[str, ...]]] = {
    "run": ("run-request", ()),
    "overrides": ("run-request", ("overrides",)),
    "container override": ("run-request", ("overrides", "containerOverrides")),
    "definition": ("task-definition", ()),
    "container": ("task-definition", ("containerDefinitions",)),
}


@pytest.mark.parametrize("document", PROPERTIES)
def test_the_members_are_those_of_the_ecs_model(document: Document) -> None:
    name, path = PROPERTIES[document]
    root = load_schema(name)  # type: ignore[arg-type]  # one of the two names above
    schema = root
    for each in path:
        schema = resolved(root, schema["properties"][each])
        schema = resolved(root, schema.get("items", schema))

    assert set(keys_of(document)) <= set(schema["properties"])


def resolved(root: Any, schema: Any) -> Any:
    for each in schema.get("anyOf", schema.get("oneOf", ())):
        if each.get("type") != "null":
            schema = each
    reference = schema.get("$ref", "")
    return root["$defs"][reference.rpartition("/")[2]] if reference else schema


@pytest.mark.parametrize("key", [*RUN_OPTIONS, *OVERRIDE_OPTIONS])
def test_what_passes_through_stands_in_the_run_request_as_it_is(key: str) -> None:
    run: Any = drafted({**EVERYWHERE, "volumes": {}}).run
    found = run[RUN_OPTIONS[key]] if key in RUN_OPTIONS else run["overrides"][OVERRIDE_OPTIONS[key]]

    assert found == EVERYWHERE[key]


@pytest.mark.parametrize("key", CONTAINER_OPTIONS)
def test_what_passes_through_stands_in_the_container_of_the_definition_as_it_is(key: str) -> None:
    assert drafted(EVERYWHERE).own_container[CONTAINER_OPTIONS[key]] == EVERYWHERE[key]


def test_names_are_unique_and_a_member_is_passed_through_by_one_key() -> None:
    assert len(set(SPEC_ORDER)) == len(KEYS)
    assert len(set(RUN_OPTIONS.values())) == len(RUN_OPTIONS)
