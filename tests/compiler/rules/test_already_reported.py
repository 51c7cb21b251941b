"""What a schema refused is reported once: no rule misses it, wherever else the manifest counts on it."""

import copy
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from rule_rows import FARGATE, found, spoiled

from ecsplan.schema.schema_rules import SCHEMA_RULES

Path: TypeAlias = tuple[str | int, ...]

REFUSING = {each.name for each in SCHEMA_RULES}

LAUNCHED: dict[str, object] = {
    "name": "mill",
    "image": "mill",
    "launch_type": "EC2",
    "container_name": "main",
    "execution_role_arn": "execution",
    "task_role_arn": "mill",
    "command": ["grind", "fine"],
    "cpu": 512,
    "task_customizations": [
        {"op": "replace", "path": "/launchType", "value": "EC2"},
        {"op": "replace", "path": "/overrides/containerOverrides/0/command/0", "value": "mill"},
    ],
    "task_definition_customizations": [
        {"op": "replace", "path": "/containerDefinitions/0/image", "value": "mill"},
    ],
    "volume_configurations": [
        {
            "name": "data",
            "managedEBSVolume": {
                "roleArn": "arn:aws:iam::111122223333:role/ebs",
                "volumeType": "io2",
                "iops": 500,
                "sizeInGiB": 10,
            },
        }
    ],
    "task_definition": {
        "networkMode": "bridge",
        "volumes": [
            {"name": "data", "configuredAtLaunch": True},
            {
                "name": "files",
                "efsVolumeConfiguration": {
                    "fileSystemId": "fs-0a1b2c3d",
                    "transitEncryption": "ENABLED",
                    "authorizationConfig": {"iam": "ENABLED"},
                },
            },
            {"name": "docker", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True}},
        ],
        "proxyConfiguration": {
            "containerName": "side",
            "properties": [
                {"name": "IgnoredUID", "value": "1337"},
                {"name": "AppPorts", "value": "8080"},
                {"name": "ProxyIngressPort", "value": "15000"},
                {"name": "ProxyEgressPort", "value": "15001"},
            ],
        },
        "inferenceAccelerators": [{"deviceName": "device", "deviceType": "eia2.medium"}],
        "containerDefinitions": [
            {
                "name": "main",
                "memory": 128,
                "links": ["side"],
                "secrets": [{"name": "TOKEN", "valueFrom": "/token"}],
                "environment": [{"name": "STAGE", "value": "prod"}],
                "dependsOn": [
                    {"containerName": "side", "condition": "HEALTHY"},
                    {"containerName": "init", "condition": "SUCCESS"},
                ],
                "volumesFrom": [{"sourceContainer": "side"}],
                "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
                "portMappings": [{"containerPort": 80, "hostPort": 8080, "name": "web"}],
                "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "stdout"}},
                "resourceRequirements": [
                    {"type": "GPU", "value": "1"},
                    {"type": "InferenceAccelerator", "value": "device"},
                ],
                "linuxParameters": {"swappiness": 10, "maxSwap": 100},
            },
            {
                "name": "side",
                "image": "side",
                "memory": 128,
                "healthCheck": {"command": ["CMD-SHELL", "true"]},
                "logConfiguration": {
                    "logDriver": "splunk",
                    "options": {"splunk-url": "https://splunk"},
                    "secretOptions": [{"name": "splunk-token", "valueFrom": "/splunk"}],
                },
            },
            {"name": "init", "image": "init", "memory": 128, "essential": False},
            {
                "name": "router",
                "image": "router",
                "memory": 128,
                "firelensConfiguration": {"type": "fluentbit"},
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "mill", "awslogs-region": "eu-west-1"},
                },
            },
        ],
    },
}
"""A manifest whose parts count on one another."""


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value below this one."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, each in members:
        yield (*path, name)
        yield from paths(each, (*path, name))


def holder_of(manifest: dict[str, Any], path: Path) -> Any:
    """Return the mapping or list that holds the value at this path."""
    holder: Any = manifest
    for name in path[:-1]:
        holder = holder[name]
    return holder


def refusals(path: Path) -> Iterator[dict[str, object]]:
    """Yield the manifest with something else at this path, and with a slip in the name there."""
    name = path[-1]
    for wrong in ("", "no such thing!", 3.5, -1, True, [], ["?"]):
        manifest = copy.deepcopy(LAUNCHED)
        holder_of(manifest, path)[name] = wrong
        yield manifest
    if isinstance(name, str):
        manifest = copy.deepcopy(LAUNCHED)
        holder = holder_of(manifest, path)
        holder[name + name[-1]] = holder.pop(name)
        yield manifest


def test_the_manifest_is_right() -> None:
    assert found(LAUNCHED) == []


@pytest.mark.parametrize("path", tuple(paths(LAUNCHED)), ids=lambda path: "/".join(map(str, path)))
def test_no_rule_misses_what_was_refused(path: Path) -> None:
    for manifest in refusals(path):
        reported = {rule for rule, _ in found(manifest)}
        advice = {f"{rule}?" for rule in REFUSING}
        rules = {rule.removesuffix("?") for rule in reported - advice}

        assert rules <= REFUSING or not rules & REFUSING


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"cache/name": "", "cache/environment": 3, "main/dependsOn": [], "main/links": []},
            [("wrong-format", "cache/name"), ("wrong-type", "cache/environment")],
            id="two values of a container",
        ),
        pytest.param(
            {"cache/environment": 3, "main/dependsOn": [{"containerName": "cash", "condition": "START"}]},
            [("depends-on-unknown", "main/dependsOn/0/containerName"), ("wrong-type", "cache/environment")],
            id="names stay known where another member was refused",
        ),
        pytest.param(
            {"td/volumes/0/host": 3, "main/mountPoints/0/sourceVolume": "data"},
            [
                ("mount-without-volume", "main/mountPoints/0/sourceVolume"),
                ("wrong-type", "td/volumes/0/host"),
            ],
            id="and so do those of volumes",
        ),
        pytest.param(
            {"td/containerDefinitions/2": {"colour": 3}},
            [
                ("container-name-missing", "td/containerDefinitions/2"),
                ("image-missing", "td/containerDefinitions/2"),
                ("unknown-key", "td/containerDefinitions/2/colour"),
            ],
            id="what is empty without a refused member lacks the others",
        ),
        pytest.param(
            {
                "td/containerDefinition": [],
                "main/dependsOn": [{"containerName": "cash", "condition": "START"}],
            },
            [
                ("depends-on-unknown", "main/dependsOn/0/containerName"),
                ("unknown-key", "td/containerDefinition"),
            ],
            id="a list that was written beside its mistyped name has its names",
        ),
        pytest.param(
            {"td/volume": [], "main/mountPoints/0/sourceVolume": "data"},
            [
                ("mount-without-volume", "main/mountPoints/0/sourceVolume"),
                ("unknown-key", "td/volume"),
            ],
            id="and so have volumes",
        ),
    ],
)
def test_what_does_not_follow_is_reported(
    changes: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert found(spoiled(FARGATE, changes)) == expected
