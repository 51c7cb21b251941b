"""Manifests that schemas are tried with, and the rules that say what a schema can state."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ecsplan.schema.schema_rules import SCHEMA_RULES

REFUSING = frozenset(each.name for each in SCHEMA_RULES) | {
    "job-not-a-mapping",
    "jobs-empty",
    "jobs-not-a-mapping",
    "jobs-unknown-key",
    "defaults-not-a-mapping",
    "defaults-without-jobs",
    "definition-file",
    "not-a-mapping",
}
"""What a schema can state. What rules find is beyond it: two names that clash, a size that is not sold."""

GOOD: dict[str, object] = {
    "name": "etl",
    "image": "alpine:3",
    "command": ["echo", "hello"],
    "env": {"STAGE": "prod", "ROWS": 5000, "RATIO": 1.5, "OLD": None},
    "labels": {"team": "data"},
    "cpu": "0.5 vCPU",
    "memory": 1024,
    "launch_type": "EC2",
    "count": 2,
    "network_configuration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"}},
    "task_customizations": [{"op": "add", "path": "/group", "value": "x"}],
    "task_timeout_seconds": 3600,
    "runtime_platform": {"cpuArchitecture": "X86_64"},
    "aws": {"region": "eu-west-1"},
    "task_definition": {
        "networkMode": "awsvpc",
        "pidMode": "task",
        "ephemeralStorage": {"sizeInGiB": 30},
        "proxyConfiguration": {"containerName": "main"},
        "runtimePlatform": {"operatingSystemFamily": "LINUX"},
    },
}
LISTED: dict[str, object] = {
    "task_definition": {
        "containerDefinitions": [
            {
                "name": "main",
                "cpu": 10,
                "memory": 64,
                "essential": True,
                "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
                "healthCheck": {"command": ["CMD", "true"], "interval": 30},
                "repositoryCredentials": {"credentialsParameter": "registry"},
                "linuxParameters": {
                    "initProcessEnabled": True,
                    "tmpfs": [{"containerPath": "/t", "size": 1}],
                },
                "logConfiguration": {"logDriver": "json-file", "options": {"max-size": "1m"}},
                "dockerLabels": {"a": "b"},
                "secrets": [{"name": "A", "valueFrom": "/a"}],
                "ulimits": [{"name": "core", "softLimit": 0, "hardLimit": 0}],
            }
        ],
        "volumes": [
            {
                "name": "data",
                "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryptionPort": 2049},
            }
        ],
    },
    "placement_constraints": [{"type": "memberOf", "expression": "x"}],
    "capacity_provider_strategy": [{"capacityProvider": "FARGATE", "weight": 1}],
}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 2.0, 1e3, 64.0, "", "x", "a b", "512", "2 GB", "FARGATE", "tcp", "/a/b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["op", "name", "path", "value", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from places(data[key], (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = dict(data) if isinstance(data, dict) else list(data)
    copied[path[0]] = replaced(data[path[0]], path[1:], value)
    return copied
