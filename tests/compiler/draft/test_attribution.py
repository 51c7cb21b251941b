"""The place in the manifest that a value of either request comes from."""

import json
from typing import Any

import pytest
from compiled_jobs import ROLE, described

from ecsplan.compile import read_jobs
from ecsplan.draft.draft import Draft, define, draft
from ecsplan.draft.network_lookup import NOTHING_FOUND
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY

JOB = {"name": "etl", "image": "alpine:3"}
MAIN = "/task_definition/containerDefinitions/0"


def drafted(manifest: dict[str, Any], linked: Any = None) -> Draft:
    (job,) = read_jobs(json.dumps(manifest), file="etl.yaml", region="eu-west-1").jobs
    made, wrong = draft(define(job, linked, region="eu-west-1"), NOTHING_FOUND, revision=REGISTERED_AT_APPLY)
    assert wrong == ()
    return made


def containers(*definitions: dict[str, object], **members: object) -> dict[str, object]:
    return {"task_definition": {"containerDefinitions": list(definitions), **members}}


ENVIRONMENT = [{"name": name, "value": name.lower()} for name in "ABCB"]
SECRETS = [{"name": name, "valueFrom": name.lower()} for name in "STU"]
LOGGING = {"logDriver": "awslogs", "options": {"awslogs-group": "g", "x/y~z": "1"}}
INSERT = [{"op": "add", "path": "/containerDefinitions/0", "value": {"name": "first", "image": "a"}}]


@pytest.mark.parametrize(
    ("keys", "pointer", "place"),
    [
        pytest.param({}, "", "", id="no definition"),
        pytest.param(containers(), "", "/task_definition", id="a definition"),
        pytest.param({}, "/family", "", id="family of the job's name"),
        pytest.param({"family": "f"}, "/family", "/family", id="family"),
        pytest.param({"flow_name": "f"}, "/family", "/flow_name", id="family of a flow"),
        pytest.param(
            {"flow_name": "f", "deployment_name": "d"},
            "/family",
            "/deployment_name",
            id="family of a deployment",
        ),
        pytest.param(
            {"task_definition": {"family": "f"}}, "/family", "/task_definition/family", id="its own"
        ),
        pytest.param({"cpu": 256, "memory": 512}, "/cpu", "/cpu", id="size"),
        pytest.param({"task_definition": {"cpu": "1024"}}, "/cpu", "/task_definition/cpu", id="its own size"),
        pytest.param({"execution_role_arn": ROLE}, "/executionRoleArn", "/execution_role_arn", id="role"),
        pytest.param(
            {"ephemeral_storage_gib": 30},
            "/ephemeralStorage/sizeInGiB",
            "/ephemeral_storage_gib",
            id="storage",
        ),
        pytest.param(
            {
                "runtime_platform": {"cpuArchitecture": "ARM64"},
                **containers(runtimePlatform={"operatingSystemFamily": "LINUX"}),
            },
            "/runtimePlatform/cpuArchitecture",
            "/runtime_platform/cpuArchitecture",
            id="platform",
        ),
        pytest.param(
            {
                "runtime_platform": {"cpuArchitecture": "ARM64"},
                **containers(runtimePlatform={"operatingSystemFamily": "LINUX"}),
            },
            "/runtimePlatform/operatingSystemFamily",
            "/task_definition/runtimePlatform/operatingSystemFamily",
            id="platform of the definition",
        ),
        pytest.param({}, "/containerDefinitions/0/image", "/image", id="image"),
        pytest.param({}, "/containerDefinitions/0/name", "", id="a name that nobody gave"),
        pytest.param(
            containers({"name": "main"}),
            "/containerDefinitions/0/name",
            f"{MAIN}/name",
            id="name of a container",
        ),
        pytest.param(
            containers({"name": "main"}, {"name": "p", "image": "q"}),
            "/containerDefinitions/1/image",
            "/task_definition/containerDefinitions/1/image",
            id="a sidecar's image",
        ),
        pytest.param(
            {"container_name": "job", **containers({"name": "p", "image": "q"})},
            "/containerDefinitions/1/image",
            "/image",
            id="image of a container that was added",
        ),
        pytest.param(
            {"launch_type": "EC2", "memory": 64}, "/containerDefinitions/0/memory", "/memory", id="memory"
        ),
        pytest.param(
            {"launch_type": "EC2", "memory": 256, **containers({"name": "main", "memory": 64})},
            "/containerDefinitions/0/memory",
            f"{MAIN}/memory",
            id="its own memory",
        ),
        pytest.param(
            {"env": {"A": None, "B": None}, **containers({"name": "main", "environment": ENVIRONMENT})},
            "/containerDefinitions/0/environment/0/value",
            f"{MAIN}/environment/2/value",
            id="a variable after some that are unset",
        ),
        pytest.param(
            {
                "env": {"S": None},
                "secrets": {"U": "new", "x/y~z": "v"},
                "execution_role_arn": ROLE,
                **containers({"name": "main", "secrets": SECRETS}),
            },
            "/containerDefinitions/0/secrets/0/valueFrom",
            f"{MAIN}/secrets/1/valueFrom",
            id="a secret of the definition after one that is unset",
        ),
        pytest.param(
            {
                "secrets": {"U": "new"},
                "execution_role_arn": ROLE,
                **containers({"name": "main", "secrets": SECRETS}),
            },
            "/containerDefinitions/0/secrets/2/valueFrom",
            "/secrets/U",
            id="a secret over one of the definition",
        ),
        pytest.param(
            {"secrets": {"x/y~z": "v"}, "execution_role_arn": ROLE},
            "/containerDefinitions/0/secrets/0/name",
            "/secrets/x~1y~0z",
            id="a secret with an odd name",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE},
            "/containerDefinitions/0/logConfiguration/options/awslogs-group",
            "/configure_cloudwatch_logs",
            id="logging",
        ),
        pytest.param(
            {"stream_output": True, "execution_role_arn": ROLE},
            "/containerDefinitions/0/logConfiguration",
            "/stream_output",
            id="logging for streaming",
        ),
        pytest.param(
            {
                "stream_output": True,
                "execution_role_arn": ROLE,
                "cloudwatch_logs_options": {"x/y~z": "2"},
                **containers({"name": "main", "logConfiguration": LOGGING}),
            },
            "/containerDefinitions/0/logConfiguration/options/x~1y~0z",
            "/cloudwatch_logs_options/x~1y~0z",
            id="a log option with an odd name",
        ),
        pytest.param(
            {
                "stream_output": True,
                "execution_role_arn": ROLE,
                **containers({"name": "main", "logConfiguration": LOGGING}),
            },
            "/containerDefinitions/0/logConfiguration/options/awslogs-group",
            f"{MAIN}/logConfiguration/options/awslogs-group",
            id="its own log option",
        ),
        pytest.param(
            {"task_definition_customizations": INSERT},
            "/containerDefinitions/0/name",
            "/task_definition_customizations/0/value/name",
            id="what a patch inserted",
        ),
        pytest.param(
            {"task_definition_customizations": INSERT},
            "/containerDefinitions/1/image",
            "/image",
            id="what it moved",
        ),
        pytest.param(
            {"task_definition_customizations": json.dumps(INSERT)},
            "/containerDefinitions/0/name",
            "/task_definition_customizations/0/value/name",
            id="what a patch in a string inserted",
        ),
    ],
)
def test_definition(keys: dict[str, object], pointer: str, place: str) -> None:
    found = drafted({**JOB, **keys}).in_definition(pointer)
    placed = read_jobs(json.dumps({**JOB, **keys}), file="etl.yaml").jobs[0].at(place)

    if not isinstance(keys.get("task_definition_customizations"), str):
        assert (found.line, found.column, found.width) == (placed.line, placed.column, placed.width)
    else:
        assert found.pointer == place


@pytest.mark.parametrize(
    ("keys", "pointer", "place"),
    [
        pytest.param({"image": "a"}, "/containerDefinitions/0/image", "/image", id="a key"),
        pytest.param({}, "/containerDefinitions/0/image", "/task_definition_arn", id="the definition"),
        pytest.param(
            {"env": {"A": None}},
            "/containerDefinitions/0/environment/0",
            "/task_definition_arn",
            id="a variable",
        ),
    ],
)
def test_linked(keys: dict[str, object], pointer: str, place: str) -> None:
    body = {"containerDefinitions": [{"name": "main", "image": "b", "environment": ENVIRONMENT}]}
    manifest = {"name": "etl", "task_definition_arn": "web:7", "launch_type": "EC2", **keys}

    assert drafted(manifest, described("web:7", body)).in_definition(pointer).pointer == place


TAG = [{"op": "add", "path": "/tags/0", "value": {"key": "k", "value": "v"}}]


@pytest.mark.parametrize(
    ("keys", "pointer", "place"),
    [
        pytest.param({}, "", "", id="the request"),
        pytest.param({"cluster": "c"}, "/cluster", "/cluster", id="cluster"),
        pytest.param(
            {"labels": {"b": "1", "a,/~": "2"}},
            "/tags/0/value",
            "/labels/a,~1~0",
            id="a label that was cleaned",
        ),
        pytest.param({"labels": {"b": "1", "a": "2"}}, "/tags", "/labels", id="all labels"),
        pytest.param(
            {"env": {"A": None, "b/~": "1"}},
            "/overrides/containerOverrides/0/environment/0/value",
            "/env/b~1~0",
            id="a variable",
        ),
        pytest.param(
            {"command": ["a", "b"]}, "/overrides/containerOverrides/0/command/1", "/command/1", id="command"
        ),
        pytest.param(
            {"command": "a b"},
            "/overrides/containerOverrides/0/command/1",
            "/command",
            id="command in one string",
        ),
        pytest.param(
            {"container_name": "c"}, "/overrides/containerOverrides/0/name", "/container_name", id="container"
        ),
        pytest.param({"cpu": 512}, "/overrides/cpu", "/cpu", id="size"),
        pytest.param({"cpu": 512}, "/overrides/containerOverrides/0/cpu", "/cpu", id="the container's size"),
        pytest.param({"task_role_arn": ROLE}, "/overrides/taskRoleArn", "/task_role_arn", id="role"),
        pytest.param({"cpu": 512}, "/overrides", "", id="all overrides"),
        pytest.param(
            {"launch_type": "FARGATE_SPOT"}, "/capacityProviderStrategy/0/weight", "/launch_type", id="Spot"
        ),
        pytest.param(
            {"capacity_provider_strategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            "/capacityProviderStrategy/0/weight",
            "/capacity_provider_strategy/0/weight",
            id="strategy",
        ),
        pytest.param(
            {"vpc_id": "vpc-1"}, "/networkConfiguration/awsvpcConfiguration/subnets/0", "/vpc_id", id="VPC"
        ),
        pytest.param({}, "/networkConfiguration/awsvpcConfiguration/subnets/0", "", id="default VPC"),
        pytest.param(
            {"network_configuration": {"subnets": ["subnet-1"]}},
            "/networkConfiguration/awsvpcConfiguration/subnets/0",
            "/network_configuration/subnets/0",
            id="network",
        ),
        pytest.param(
            {"network_configuration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
            "/networkConfiguration/awsvpcConfiguration/subnets/0",
            "/network_configuration/awsvpcConfiguration/subnets/0",
            id="network in AWS's wrapper",
        ),
        pytest.param(
            {"labels": {"a": "1"}, "task_customizations": TAG},
            "/tags/0/key",
            "/task_customizations/0/value/key",
            id="a tag that a patch added",
        ),
        pytest.param(
            {"labels": {"a": "1"}, "task_customizations": TAG},
            "/tags/1/key",
            "/labels/a",
            id="a label after it",
        ),
    ],
)
def test_run(keys: dict[str, object], pointer: str, place: str) -> None:
    found = drafted({**JOB, **keys}).in_run(pointer)
    placed = read_jobs(json.dumps({**JOB, **keys}), file="etl.yaml").jobs[0].at(place)

    assert (found.line, found.column, found.width) == (placed.line, placed.column, placed.width)
