"""Rules about the keys of a manifest, tags, overrides, patched documents and linked definitions."""

import json

import pytest
from rule_rows import EC2, FARGATE, REMOVED, ROLE, found, linked_to, spoiled

from ecsplan.compile import compile_manifest

ARN = "arn:aws:ecs:us-east-1:111122223333:"
AWSLOGS_ELSEWHERE = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "a", "awslogs-region": "eu-wset-1", "awslogs-stream-prefix": "a"},
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"task_definition_arn": "etl:3"},
            [("definition-and-arn", "td")],
            id="a definition and a link",
        ),
        pytest.param({"td/status": "ACTIVE"}, [("output-only-member?", "td/status")], id="what ECS returns"),
        pytest.param({"td/family": "数据"}, [("wrong-format", "td/family")], id="td"),
        pytest.param({"family": "***"}, [("family-empty", "family")], id="family without a letter"),
        pytest.param({"family": "数据 etl"}, [("family-slug?", "family")], id="family in two scripts"),
        pytest.param({"name": "数据"}, [], id="the name of the job does not matter"),
        pytest.param(
            {"name": "***", "td/family": REMOVED}, [("family-empty", "name")], id="where it gives the family"
        ),
        pytest.param(
            {"name": "***", "td/family": REMOVED, "flow_name": "***"},
            [("family-slug?", "flow_name")],
            id="a flow's family has letters",
        ),
        pytest.param({"container_name": "main"}, [], id="a container"),
        pytest.param(
            {"container_name": "mian", "cache/dependsOn": []},
            [("container-name-similar?", "container_name"), ("image-missing", "main")],
            id="a container with a slip",
        ),
        pytest.param(
            {"container_name": "quite-another", "main/image": "a"}, [], id="another container is added"
        ),
        pytest.param({"command": "a && b"}, [("command-shell?", "command")], id="shell operator"),
        pytest.param({"command": ["a", "|", "b"]}, [], id="pipe in a list"),
        pytest.param({"command": ["sh", "-c", "a && b"]}, [], id="a shell"),
        pytest.param({"command": ["/bin/bash", "-c", "x", "&&"]}, [], id="a shell by its path"),
        pytest.param({"command": ["&&"], "main/entryPoint": ["sh", "-c"]}, [], id="a shell as entry point"),
        pytest.param({"command": r"find / -exec rm {} \;"}, [], id="the semicolon of find"),
        pytest.param({"command": ["awk", "$1 > 3"]}, [], id="an operator within an argument"),
        pytest.param(
            {"cluster": f"{ARN}cluster/batch"}, [("region-differs?", "cluster")], id="another region"
        ),
        pytest.param({"cluster": f"{ARN}cluster/batch", "aws": {"region": "us-east-1"}}, [], id="the region"),
        pytest.param(
            {
                "cluster": f"{ARN}cluster/batch",
                "aws": {"region": "us-east-1", "account_id": "999999999999"},
            },
            [("region-differs?", "cluster")],
            id="another account",
        ),
        *(
            pytest.param({"aws": {"region": name}}, [("region-unknown?", "aws/region")], id=f"region {name}")
            for name in (
                "us-esat-1",
                "us-east1",
                "us-east-1a",
                "US-EAST-1",
                "us-east",
                "frankfurt",
                "eu-west-l",
            )
        ),
        *(
            pytest.param({"aws": {"region": name}}, [], id=f"region {name}")
            for name in (
                "us-east-1",
                "us-gov-west-1",
                "cn-north-1",
                "eusc-de-east-1",
                "ap-southeast-9",
                "nz-north-1",
            )
        ),
        pytest.param(
            {"aws": {"region": "local", "endpoint_url": "http://localhost:5000"}}, [], id="a region elsewhere"
        ),
        pytest.param(
            {"main/logConfiguration": AWSLOGS_ELSEWHERE},
            [("region-unknown?", "main/logConfiguration/options/awslogs-region")],
            id="a region of logs",
        ),
        pytest.param(
            {
                "main/logConfiguration": AWSLOGS_ELSEWHERE,
                "aws": {"region": "local", "endpoint_url": "http://localhost:5000"},
            },
            [],
            id="a region of logs elsewhere",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE},
            [],
            id="logs in a region that is not known yet",
        ),
        pytest.param(
            {"aws": {"region": "${REGION}"}},
            [("unexpanded-variable?", "aws/region")],
            id="a region that nothing expands",
        ),
    ],
)
def test_keys(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("keys", "family", "place"),
    [
        pytest.param({"name": "отчёт"}, "otchet", "name", id="the job's name"),
        pytest.param({"family": "a b"}, "a-b", "family", id="family"),
        pytest.param(
            {"flow_name": "a", "deployment_name": "b c"}, "ecsplan__a__b-c", "deployment_name", id="flow"
        ),
        pytest.param({"family": "é" * 300}, "e" * 255, "family", id="a long one"),
    ],
)
def test_a_family_that_ecs_refuses_is_made_to_fit(keys: dict[str, object], family: str, place: str) -> None:
    result = compile_manifest(json.dumps({"image": "alpine:3", **keys}), file="job.yaml", region="eu-west-1")

    (warned,) = result.diagnostics
    assert (warned.rule, warned.location.pointer) == ("family-slug", f"/{place}")
    assert repr(family[:80]).rstrip("'") in warned.message
    assert result.plan is not None
    assert result.plan.jobs[0].definition.request["family"] == family


@pytest.mark.parametrize("name", ["a b", "a.b", "x" * 256, "é"])
def test_a_family_in_a_definition_is_taken_or_refused(name: str) -> None:
    keys = {"image": "alpine:3", "task_definition": {"family": name}}
    (wrong,) = compile_manifest(json.dumps(keys), file="job.yaml").diagnostics

    assert (wrong.severity, wrong.location.pointer) == ("error", "/task_definition/family")


def test_a_patch_decides_on_the_family() -> None:
    patch = [{"op": "replace", "path": "/family", "value": "other"}]
    keys = {"name": "a b", "image": "alpine:3", "task_definition_customizations": patch}

    assert compile_manifest(json.dumps(keys), file="job.yaml").diagnostics == ()


def labels(count: int) -> dict[str, str]:
    """Return so many labels."""
    return {f"label-{number:02}": "x" for number in range(count)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"labels": labels(50)}, [], id="fifty tags"),
        pytest.param({"labels": labels(51)}, [("tag-count", "labels/label-50")], id="fifty-one tags"),
        pytest.param({"labels": {"x" * 128: ""}}, [], id="the longest key"),
        pytest.param(
            {"labels": {"x" * 129: ""}}, [("tag-key-length", f"labels/{'x' * 129}")], id="too long a key"
        ),
        pytest.param({"labels": {"a": "x" * 256}}, [], id="the longest value"),
        pytest.param({"labels": {"a": "x" * 257}}, [("tag-value-length", "labels/a")], id="too long a value"),
        pytest.param({"labels": {"Aws:a": "x"}}, [("tag-prefix", "labels/Aws:a")], id="a reserved key"),
        pytest.param({"labels": {"a": "aws:x"}}, [("tag-prefix", "labels/a")], id="a reserved value"),
        pytest.param({"labels": {"aws": "aws"}}, [], id="no prefix"),
        pytest.param({"labels": {"a*b": "ünï; "}}, [], id="labels are cleaned"),
        pytest.param(
            {"labels": {"a*b": "1", "a!b": "2"}}, [("label-clash", "labels/a*b")], id="cleaned to the same"
        ),
        pytest.param({"td/tags": [{"key": "größe", "value": "日本"}]}, [], id="letters of any script"),
        pytest.param(
            {"td/tags": [{"key": "a", "value": "☃"}]}, [("tag-characters", "td/tags/0/value")], id="a symbol"
        ),
        pytest.param(
            {"td/tags": [{"key": "a"}, {"key": "a"}]}, [("duplicate-tag", "td/tags/1/key")], id="a key twice"
        ),
        pytest.param({"td/tags": [{"key": "a"}, {"key": "A"}]}, [], id="case tells keys apart"),
        pytest.param(
            {
                "task_customizations": [
                    {"op": "add", "path": "/tags/-", "value": {"key": "team", "value": "b"}}
                ]
            },
            [("duplicate-tag", "task_customizations/0/value/key")],
            id="a key twice by a patch",
        ),
    ],
)
def test_tags(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


def test_overrides_of_8192_characters_pass_and_one_more_does_not() -> None:
    """`{"containerOverrides":[{"name":"main","environment":[{"name":"A","value":"…"}]}]}`."""
    frame = len('{"containerOverrides":[{"name":"main","environment":[{"name":"A","value":""}]}]}')
    good = {"image": "alpine", "env": {"A": "é" * (8192 - frame)}}

    assert found(good) == []
    assert found(spoiled(good, {"env/A": "é" * (8193 - frame)})) == [("overrides-length", "env")]
    assert found(spoiled(good, {"command": ["x" * 9000]})) == [("overrides-length", "command")]


def test_a_definition_of_64_kib_passes_and_one_more_byte_does_not() -> None:
    good = {
        "image": "alpine",
        "task_definition": {"containerDefinitions": [{"name": "main", "workingDirectory": "x"}]},
    }
    compiled = compile_manifest(json.dumps(good), file="job.yaml").plan
    assert compiled is not None
    frame = len(json.dumps(compiled.jobs[0].definition.request, separators=(",", ":"))) - 1

    assert found(spoiled(good, {"main/workingDirectory": "x" * (65536 - frame)})) == []
    assert found(spoiled(good, {"main/workingDirectory": "x" * (65537 - frame)})) == [
        ("definition-size", "main")
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {
                "task_customizations": [
                    {"op": "add", "path": "/overrides/containerOverrides/-", "value": {"name": "x"}}
                ]
            },
            [("override-unknown", "task_customizations/0/value/name")],
            id="override of nobody",
        ),
        pytest.param(
            {
                "task_customizations": [
                    {"op": "add", "path": "/overrides/containerOverrides/-", "value": {"name": "cache"}}
                ]
            },
            [],
            id="override of the sidecar",
        ),
        pytest.param(
            {"task_customizations": [{"op": "replace", "path": "/count", "value": "two"}], "count": 2},
            [("wrong-type", "task_customizations/0/value")],
            id="a wrong type",
        ),
        pytest.param(
            {"task_customizations": [{"op": "add", "path": "/clutser", "value": "batch"}]},
            [("newer-member?", "task_customizations/0/value")],
            id="an unknown key",
        ),
        pytest.param(
            {
                "task_definition_customizations": [
                    {"op": "replace", "path": "/containerDefinitions", "value": 3}
                ]
            },
            [("wrong-type", "task_definition_customizations/0/value")],
            id="a number for a list",
        ),
        pytest.param(
            {
                "task_definition_customizations": [
                    {"op": "remove", "path": "/containerDefinitions/1/healthCheck/command"}
                ]
            },
            [("missing-key", "task_definition_customizations/0")],
            id="a member that is needed removed",
        ),
        pytest.param(
            {
                "task_definition_customizations": [
                    {"op": "replace", "path": "/volumes", "value": "none"},
                    {"op": "add", "path": "/containerDefinitions/0/privileged", "value": True},
                ]
            },
            [
                ("fargate-unsupported", "task_definition_customizations/1/value"),
                ("wrong-type", "task_definition_customizations/0/value"),
            ],
            id="the rest is checked",
        ),
    ],
)
def test_patches(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


LINKED: dict[str, object] = {"name": "etl", "task_definition_arn": "etl:3", "cpu": 256, "memory": 512}
"""A job that runs an existing definition with another size."""

REGISTERED: dict[str, object] = {
    "cpu": "1024",
    "memory": "2048",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "compatibilities": ["EC2", "FARGATE"],
    "volumes": [],
    "containerDefinitions": [{"name": "main", "image": "alpine", "essential": True, "memory": 1024}],
}
"""What AWS says of the definition."""


@pytest.mark.parametrize(
    ("changes", "definition", "expected"),
    [
        pytest.param({}, {}, [], id="as it is, smaller"),
        pytest.param({"memory": 3072}, {}, [("fargate-memory", "memory")], id="a size that is not sold"),
        pytest.param(
            {"cpu": 4096, "memory": REMOVED}, {}, [("fargate-memory", "cpu")], id="cpu without memory"
        ),
        pytest.param(
            {"env": {"A": "x"}},
            {"containerDefinitions/0/secrets": [{"name": "A", "valueFrom": "a"}], "executionRoleArn": ROLE},
            [("secret-env-clash", "env/A")],
            id="a variable that is a secret there",
        ),
        pytest.param(
            {"secrets": {"A": "/a"}, "cpu": REMOVED, "memory": REMOVED},
            {},
            [("linked-changed?", "task_definition_arn"), ("secrets-execution-role", "secrets")],
            id="no execution role in it",
        ),
        pytest.param(
            {"stream_output": True, "configure_cloudwatch_logs": False},
            {},
            [("stream-output-impossible?", "stream_output")],
            id="no logs in it",
        ),
        pytest.param(
            {"container_name": "mian", "image": "b", "cpu": REMOVED, "memory": REMOVED},
            {},
            [("container-name-similar?", "container_name"), ("linked-changed?", "task_definition_arn")],
            id="a slip in the name of its container",
        ),
        pytest.param(
            {"vpc_id": "vpc-1", "launch_type": "EC2"},
            {"networkMode": "bridge", "requiresCompatibilities": ["EC2"]},
            [("network-unused?", "vpc_id")],
            id="its network mode takes no VPC",
        ),
        pytest.param(
            {},
            {"networkMode": "bridge"},
            [("fargate-network-mode", "task_definition_arn")],
            id="its network mode is not Fargate's",
        ),
        pytest.param(
            {},
            {"containerDefinitions/0/environment": [{"name": "API_TOKEN", "value": "s3cr3t"}]},
            [],
            id="a credential in it is not the manifest's",
        ),
    ],
)
def test_linked_definitions(
    changes: dict[str, object], definition: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    registered = spoiled(REGISTERED, definition)

    assert found(spoiled(LINKED, changes), linked_to(registered)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"secrets": {"A": "/a"}}, id="perhaps it has a role"),
        pytest.param({"configure_cloudwatch_logs": True}, id="perhaps it has a role for logs"),
        pytest.param({"enable_execute_command": True}, id="perhaps it has a task role"),
        pytest.param({"vpc_id": "vpc-1", "launch_type": "EC2"}, id="perhaps it is awsvpc"),
        pytest.param({"stream_output": True, "configure_cloudwatch_logs": False}, id="perhaps it logs"),
        pytest.param({"cpu": 4096, "memory": REMOVED}, id="perhaps its memory fits"),
        pytest.param(
            {"volume_configurations": [{"name": "a", "managedEBSVolume": {"roleArn": ROLE, "sizeInGiB": 9}}]},
            id="perhaps it has the volume",
        ),
        pytest.param(
            {
                "task_customizations": [
                    {"op": "replace", "path": "/overrides/containerOverrides/0/name", "value": "a"}
                ]
            },
            id="perhaps it has the container",
        ),
    ],
)
def test_what_nobody_asked_about_proves_nothing(changes: dict[str, object]) -> None:
    assert found(spoiled(LINKED, changes)) == []


def test_a_size_is_checked_also_where_nobody_asked() -> None:
    assert found(spoiled(LINKED, {"memory": 3072})) == [("fargate-memory", "memory")]
    assert found(spoiled(LINKED, {"cpu": REMOVED, "memory": 513})) == [("fargate-memory", "memory")]


@pytest.mark.parametrize("good", [FARGATE, EC2], ids=["Fargate", "EC2"])
def test_mistakes_are_reported_all_at_once(good: dict[str, object]) -> None:
    changes = {"cache/image": REMOVED, "labels": {"aws:a": "x"}, "main/name": "cache", "cpu": "much"}

    rules = {rule for rule, _ in found(spoiled(good, changes))}

    assert {"image-missing", "tag-prefix", "duplicate-container", "wrong-format"} <= rules


def test_a_name_that_is_refused_is_no_empty_family_too() -> None:
    assert found({"image": "alpine", "name": ""}) == [("wrong-format", "name")]


@pytest.mark.parametrize(
    ("memory", "cpu", "expected"),
    [
        pytest.param("3072", 256, "512, 1024 or 2048 MiB", id="MiB"),
        pytest.param("3 GB", 256, "0.5 GB (512 MiB), 1 GB (1024 MiB) or 2 GB (2048 MiB)", id="GB"),
        pytest.param("512", 4096, "8192 to 30720 in steps of 1024 MiB", id="many in MiB"),
        pytest.param("0.5 GB", 4096, "8 to 30 GB in steps of 1 (8192 to 30720 MiB)", id="many in GB"),
    ],
)
def test_memory_sizes_are_named_in_the_unit_of_the_manifest(memory: str, cpu: int, expected: str) -> None:
    text = f"image: alpine\ncpu: {cpu}\nmemory: {memory}\n"

    (found,) = compile_manifest(text, file="job.yaml").diagnostics

    assert (found.rule, found.help) == ("fargate-memory", f"with cpu {cpu}, choose {expected}")
