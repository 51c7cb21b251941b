"""Checks of RegisterTaskDefinition, with ECS's error codes and messages: the task as a whole.

Messages are taken from public reports; where only a rule is documented, the wording is ours.
"""

import json
import re

from ecsplan_local.ecs.container_checks import check_container
from ecsplan_local.ecs.fargate_checks import check_fargate
from ecsplan_local.ecs.sizes import cpu_units, memory_mib
from ecsplan_local.errors import client_error
from ecsplan_local.json_types import Body, child, children, flag, integer, text, texts

MAX_CONTAINERS = 10
"""Most containers of a task definition (ECS service quotas)."""

MAX_BYTES = 65536
"""Largest task definition (ECS service quotas)."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_ROLE_NAME = re.compile(r"[\w+=,.@/-]{1,512}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)


def check_request(request: Body) -> None:
    """Check a RegisterTaskDefinition request whose shape was already validated.

    Raises:
        ServiceError: ECS's error for the first problem found.
    """
    # Names first: the later checks look containers up by name.
    _check_names(request)
    _check_size(request)
    _check_roles(request)
    _check_volumes(request)
    for container in children(request, "containerDefinitions"):
        check_container(container, request)
    _check_sums(request)
    _check_dependencies(request)
    _check_rest(request)
    if "FARGATE" in texts(request, "requiresCompatibilities"):
        check_fargate(request)


def _check_names(request: Body) -> None:
    family, containers = text(request, "family"), children(request, "containerDefinitions")
    if not family:
        raise client_error("Family should not be null or empty.")
    if not _NAME.fullmatch(family):
        raise client_error("Family contains invalid characters.")
    if not containers:
        raise client_error("Container list cannot be empty.")
    if len(containers) > MAX_CONTAINERS:
        raise client_error("Too many containers.")
    for container in containers:
        if not container.get("name"):
            raise client_error("Container.name should not be null or empty.")
        if not _NAME.fullmatch(text(container, "name")):
            raise client_error("Container.name contains invalid characters.")
        if not container.get("image"):
            raise client_error("Container.image should not be null or empty.")
    if len({text(container, "name") for container in containers}) < len(containers):
        raise client_error("Container names must be unique within a Task Definition.")
    if not any(flag(container, "essential", default=True) for container in containers):
        raise client_error("Task definition doesn't have any essential container")


def _check_size(request: Body) -> None:
    length = len(json.dumps(request, separators=(",", ":")).encode())
    if length > MAX_BYTES:
        raise client_error(f"Actual length: '{length}'. Max allowed length is '{MAX_BYTES}' bytes.")
    for name, convert in (("cpu", cpu_units), ("memory", memory_mib)):
        if name in request and not convert(text(request, name)):
            raise client_error(f"Invalid '{name}' setting for task.")


def _check_roles(request: Body) -> None:
    for member in ("taskRoleArn", "executionRoleArn"):
        role = text(request, member)
        # A bare name is valid: ECS completes it with the account of the caller.
        if role and not (_ROLE_ARN if role.startswith("arn:") else _ROLE_NAME).fullmatch(role):
            raise client_error("Role is not valid")
    secrets = any(container.get("secrets") for container in children(request, "containerDefinitions"))
    if secrets and not request.get("executionRoleArn"):
        raise client_error(
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
        )
    private = any(
        container.get("repositoryCredentials") for container in children(request, "containerDefinitions")
    )
    if private and not request.get("executionRoleArn"):
        raise client_error(
            "Private repository authentication requires that the task definition specify a value for "
            "executionRoleArn."
        )


def _check_volumes(request: Body) -> None:
    volumes = children(request, "volumes")
    for volume in volumes:
        if not volume.get("name"):
            raise client_error("Volume.name should not be null or empty.")
        if child(volume, "host").get("sourcePath") == "":
            raise client_error("host.sourcePath should not be blank.")
        kinds = [name for name in volume if name.endswith("VolumeConfiguration")]
        if len(kinds) + bool(volume.get("host")) > 1:
            raise client_error(
                "When the volume parameter is specified, only one volume configuration type should be used."
            )
        _check_efs(child(volume, "efsVolumeConfiguration"))


def _check_efs(efs: Body) -> None:
    """Refuse combinations of settings that EFS does not support."""
    authorization = child(efs, "authorizationConfig")
    if authorization.get("iam") == "ENABLED" and efs.get("transitEncryption") != "ENABLED":
        raise client_error("EFS IAM authorization requires TransitEncryption to be enabled")
    if authorization.get("accessPointId") and text(efs, "rootDirectory", "/") not in {"", "/"}:
        raise client_error(
            'When using an EFS access point, the root directory must either be set to "/" or be omitted'
        )


def _check_sums(request: Body) -> None:
    """Check the CPU and memory of the containers against the task's (botocore ecs model, cpu and memory)."""
    containers = children(request, "containerDefinitions")
    cpu, memory = cpu_units(text(request, "cpu")), memory_mib(text(request, "memory"))
    if cpu is not None and sum(integer(container, "cpu") for container in containers) > cpu:
        raise client_error(
            "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'."
        )
    for container in containers:
        if memory is not None and integer(container, "memory") > memory:
            raise client_error(
                f"The 'memory' setting for container '{container['name']}' is greater than for the task."
            )
    if memory is not None and sum(integer(each, "memoryReservation") for each in containers) > memory:
        raise client_error(
            "The sum of all container 'memoryReservation' values cannot be greater than the value of the "
            "task 'memory'."
        )


def _check_dependencies(request: Body) -> None:
    containers = {
        text(container, "name"): container for container in children(request, "containerDefinitions")
    }
    waits = {
        name: [text(each, "containerName") for each in children(container, "dependsOn")]
        for name, container in containers.items()
    }
    for container in containers.values():
        for each in children(container, "dependsOn"):
            other, condition = containers.get(text(each, "containerName")), text(each, "condition")
            if other is None or other is container:
                raise client_error(
                    f"Cannot depend on container + '{each['containerName']}' because it does not exist"
                )
            if condition in {"COMPLETE", "SUCCESS"} and flag(other, "essential", default=True):
                raise client_error(
                    "A dependency container with SUCCESS or COMPLETE condition cannot be an essential "
                    "container"
                )
            if condition == "HEALTHY" and not other.get("healthCheck"):
                raise client_error(
                    "A dependency container with HEALTHY condition must have health check configured"
                )
    # Remove containers whose dependencies are all removed; what remains without progress is a cycle.
    while waits:
        ready = [name for name, others in waits.items() if not set(others) & set(waits)]
        if not ready:
            raise client_error(f"Containers have a dependency cycle: {', '.join(sorted(waits))}.")
        waits = {name: others for name, others in waits.items() if name not in ready}


def _check_rest(request: Body) -> None:
    # 21 GiB is the smallest valid size, so a definition without the member passes.
    storage = integer(child(request, "ephemeralStorage"), "sizeInGiB", 21)
    if wrong := storage_error(storage):
        raise client_error(wrong)
    # Without the member, the definition is meant for Fargate as well.
    if (
        "ephemeralStorage" in request
        and "requiresCompatibilities" in request
        and "FARGATE" not in texts(request, "requiresCompatibilities")
    ):
        raise client_error("Tasks using the EC2 launch type do not support EphemeralStorage.")
    if request.get("inferenceAccelerators"):
        raise client_error("Unsupported field 'inferenceAccelerators'.")
    _check_routers(children(request, "containerDefinitions"))
    proxy = child(request, "proxyConfiguration")
    names = {text(container, "name") for container in children(request, "containerDefinitions")}
    if proxy and text(proxy, "containerName") not in names:
        raise client_error(f"Proxy container [{text(proxy, 'containerName')}] does not exist")


def _check_routers(containers: list[Body]) -> None:
    """Refuse containers that log through a log router if none is defined."""
    drivers = {text(child(each, "logConfiguration"), "logDriver") for each in containers}
    if "awsfirelens" in drivers and not any(each.get("firelensConfiguration") for each in containers):
        raise client_error(
            "When awsfirelens log driver is specified in log configuration, a firelens configuration object "
            "must be configured in one of the containers."
        )


def storage_error(gib: int) -> str | None:
    """Return ECS's error message for a size of ephemeral storage, or None if it is valid."""
    if gib < 21:
        return "EphemeralStorage size should be at least 21"
    return "EphemeralStorage size should be at most 200" if gib > 200 else None
