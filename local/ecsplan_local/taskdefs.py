"""What RegisterTaskDefinition refuses, with ECS's error codes and texts: the task as a whole.

Texts in ECS's words were seen in public reports; where only the rule is documented, the words are ours.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from .containerdefs import check_container
from .errors import client_error
from .fargatedefs import check_fargate
from .sizes import cpu_units, memory_mib

Body = dict[str, Any]

MOST_CONTAINERS = 10
"""Containers of a task definition (ECS service quotas)."""

MOST_BYTES = 65536
"""Size of a task definition (ECS service quotas)."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_ROLE_NAME = re.compile(r"[\w+=,.@/-]{1,512}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)


def check_request(request: Body) -> None:
    """Check a RegisterTaskDefinition request whose shape is right already.

    Raises:
        ServiceError: ECS's refusal of the first thing that is wrong.
    """
    _check_names(request)
    _check_size(request)
    _check_roles(request)
    _check_volumes(request)
    for container in request["containerDefinitions"]:
        check_container(container, request)
    _check_sums(request)
    _check_dependencies(request)
    _check_rest(request)
    if "FARGATE" in request.get("requiresCompatibilities", []):
        check_fargate(request)


def _check_names(request: Body) -> None:
    family, containers = request.get("family", ""), request.get("containerDefinitions", [])
    if not family:
        raise client_error("Family should not be null or empty.")
    if not _NAME.fullmatch(family):
        raise client_error("Family contains invalid characters.")
    if not containers:
        raise client_error("Container list cannot be empty.")
    if len(containers) > MOST_CONTAINERS:
        raise client_error(f"Container list can have at most {MOST_CONTAINERS} containers.")
    for container in containers:
        if not container.get("name"):
            raise client_error("Container.name should not be null or empty.")
        if not _NAME.fullmatch(container["name"]):
            raise client_error("Container.name contains invalid characters.")
        if not container.get("image"):
            raise client_error("Container.image should not be null or empty.")
    twice = _repeated(container["name"] for container in containers)
    if twice:
        raise client_error(f"Container names must be unique, but '{twice}' is used more than once.")
    if not any(container.get("essential", True) for container in containers):
        raise client_error("At least one container of a task definition must be essential.")


def _repeated(names: Iterator[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _check_size(request: Body) -> None:
    length = len(json.dumps(request, separators=(",", ":")).encode())
    if length > MOST_BYTES:
        raise client_error(f"Actual length: '{length}'. Max allowed length is '{MOST_BYTES}' bytes.")
    for name, convert in (("cpu", cpu_units), ("memory", memory_mib)):
        if name in request and not convert(request[name]):
            raise client_error(f"Invalid '{name}' setting for task.")


def _check_roles(request: Body) -> None:
    for member in ("taskRoleArn", "executionRoleArn"):
        role = request.get(member)
        if role and not (_ROLE_ARN if role.startswith("arn:") else _ROLE_NAME).fullmatch(role):
            raise client_error("Role is not valid")
    secrets = any(
        container.get("secrets") or container.get("logConfiguration", {}).get("secretOptions")
        for container in request["containerDefinitions"]
    )
    if secrets and not request.get("executionRoleArn"):
        raise client_error(
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
        )


def _check_volumes(request: Body) -> None:
    volumes = request.get("volumes", [])
    for volume in volumes:
        if not volume.get("name"):
            raise client_error("Volume.name should not be null or empty.")
        if not _NAME.fullmatch(volume["name"]):
            raise client_error("Volume.name contains invalid characters.")
        if volume.get("host", {}).get("sourcePath") == "":
            raise client_error("host.sourcePath should not be blank.")
        kinds = [name for name in volume if name.endswith("VolumeConfiguration")]
        if len(kinds) + bool(volume.get("host")) > 1:
            raise client_error(f"Volume '{volume['name']}' can have only one kind of configuration.")
    twice = _repeated(volume["name"] for volume in volumes)
    if twice:
        raise client_error(f"Volume names must be unique, but '{twice}' is used more than once.")


def _check_sums(request: Body) -> None:
    """Hold the containers' CPU and memory against the task's (botocore ecs model, cpu and memory)."""
    containers = request["containerDefinitions"]
    cpu, memory = cpu_units(request.get("cpu", "")), memory_mib(request.get("memory", ""))
    if cpu is not None and sum(container.get("cpu", 0) for container in containers) > cpu:
        raise client_error("The sum of the containers' 'cpu' is greater than for the task.")
    for container in containers:
        for name in ("memory", "memoryReservation"):
            if memory is not None and container.get(name, 0) > memory:
                raise client_error(
                    f"The '{name}' setting for container '{container['name']}' is greater than for the task."
                )


def _check_dependencies(request: Body) -> None:
    containers = {container["name"]: container for container in request["containerDefinitions"]}
    waits = {
        name: [each["containerName"] for each in container.get("dependsOn", [])]
        for name, container in containers.items()
    }
    for name, container in containers.items():
        for each in container.get("dependsOn", []):
            other, condition = containers.get(each["containerName"]), each["condition"]
            if other is None or other is container:
                raise client_error(
                    f"Container '{name}' depends on '{each['containerName']}', which is no other container."
                )
            if condition in {"COMPLETE", "SUCCESS"} and other.get("essential", True):
                raise client_error(
                    f"A dependency's condition cannot be {condition} on an essential container."
                )
            if condition == "HEALTHY" and not other.get("healthCheck"):
                raise client_error(f"Container '{other['name']}' needs a health check to be waited for.")
    while waits:
        ready = [name for name, others in waits.items() if not set(others) & set(waits)]
        if not ready:
            raise client_error(f"Containers depend on each other in a circle: {', '.join(sorted(waits))}.")
        waits = {name: others for name, others in waits.items() if name not in ready}


def _check_rest(request: Body) -> None:
    storage = request.get("ephemeralStorage", {}).get("sizeInGiB", 21)
    if not 21 <= storage <= 200:
        raise client_error("'sizeInGiB' of ephemeralStorage must be between 21 and 200.")
    if len(request.get("placementConstraints", [])) > 10:
        raise client_error("A task definition can have at most 10 placement constraints.")
    proxy = request.get("proxyConfiguration")
    names = {container["name"] for container in request["containerDefinitions"]}
    if proxy and proxy["containerName"] not in names:
        raise client_error(f"proxyConfiguration names '{proxy['containerName']}', which is no container.")
