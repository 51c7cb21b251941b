"""Good manifests for the tables of rules, and what is found when a row spoils one in one way."""

import copy
import json
from typing import Any

from ecsplan.compile import compile_manifest
from ecsplan.terms.observed import AskLatest, AskLinked, Aws, Observed, Revision

REMOVED = object()
"""What a row writes to take a member out."""

ROLE = "arn:aws:iam::111122223333:role/jobs"

FARGATE: dict[str, object] = {
    "name": "etl",
    "image": "public.ecr.aws/docker/library/alpine:3",
    "command": ["echo", "hello"],
    "env": {"STAGE": "prod"},
    "secrets": {"DB": "/prod/db"},
    "labels": {"team": "data"},
    "cpu": 512,
    "memory": 2048,
    "execution_role_arn": ROLE,
    "task_role_arn": ROLE,
    "configure_cloudwatch_logs": True,
    "task_definition": {
        "family": "etl",
        "volumes": [{"name": "scratch"}],
        "containerDefinitions": [
            {
                "name": "main",
                "cpu": 256,
                "memory": 1024,
                "memoryReservation": 512,
                "portMappings": [{"name": "web", "containerPort": 8080, "hostPort": 8080}],
                "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
                "environment": [{"name": "MODE", "value": "fast"}],
                "dependsOn": [{"containerName": "cache", "condition": "HEALTHY"}],
            },
            {
                "name": "cache",
                "image": "public.ecr.aws/docker/library/redis:7",
                "essential": False,
                "healthCheck": {"command": ["CMD-SHELL", "redis-cli ping"]},
            },
        ],
    },
}
"""A job on Fargate with a sidecar, about which no rule has anything to say."""

EC2: dict[str, Any] = {
    "name": "etl",
    "image": "public.ecr.aws/docker/library/alpine:3",
    "launch_type": "EC2",
    "container_name": "main",
    "task_definition": {
        "containerDefinitions": [
            {"name": "main", "memory": 256, "links": ["cache:db"]},
            {"name": "cache", "image": "public.ecr.aws/docker/library/redis:7", "memory": 128},
        ],
    },
}
"""The same of a job on EC2 instances, in the network mode `bridge`."""

SHORT = {
    "main": "/task_definition/containerDefinitions/0",
    "cache": "/task_definition/containerDefinitions/1",
}
SHORT["td"] = "/task_definition"
"""How rows write long pointers: `main/image`, `cache/image`, `td/cpu`; `cpu` alone is a key."""


def long(short: str) -> str:
    """Return the pointer that a row means."""
    first, _, rest = short.partition("/")
    if first in SHORT:
        return f"{SHORT[first]}/{rest}" if rest else SHORT[first]
    return f"/{short}" if short else ""


def short(pointer: str) -> str:
    """Return a pointer as rows write it."""
    for name, prefix in SHORT.items():
        if pointer == prefix or pointer.startswith(f"{prefix}/"):
            return name + pointer.removeprefix(prefix)
    return pointer.removeprefix("/")


def spoiled(good: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with these members set, added or taken out."""
    manifest = copy.deepcopy(good)
    for where, value in changes.items():
        *parents, name = long(where).split("/")[1:]
        holder: Any = manifest
        for each in parents:
            holder = holder[int(each)] if isinstance(holder, list) else holder.setdefault(each, {})
        if value is REMOVED:
            del holder[name]
        elif isinstance(holder, list):
            holder[int(name) : int(name) + 1] = [value]
        else:
            holder[name] = value
    return manifest


def found(manifest: dict[str, Any], observed: Observed | None = None) -> list[tuple[str, str]]:
    """Return the rules that a manifest breaks and where, a warning's rule with a question mark."""
    compiled = compile_manifest(json.dumps(manifest), file="job.yaml", observed=observed, region="eu-west-1")
    return sorted(
        (each.rule + ("?" if each.severity == "warning" else ""), short(each.location.pointer))
        for each in compiled.diagnostics
    )


def linked_to(definition: dict[str, object], *, reference: str = "etl:3") -> Observed:
    """Return what AWS says of a job in eu-west-1 that links this definition."""
    arn = f"arn:aws:ecs:eu-west-1:111122223333:task-definition/{reference}"
    revision = Revision({"family": "etl", "taskDefinitionArn": arn, "status": "ACTIVE", **definition})
    aws = Aws(region="eu-west-1")
    return Observed({AskLinked(aws, reference): revision, AskLatest(aws, "etl"): revision})
