"""What RegisterTaskDefinition refuses of a definition that requires FARGATE, with ECS's codes and texts."""

from typing import Any

from .errors import ServiceError, client_error
from .sizes import FARGATE_MEMORY_MIB, cpu_units, memory_mib

Body = dict[str, Any]

_LEAST_WINDOWS_CPU = 1024

_MOST_STOP_S = 120
"""Seconds (botocore ecs model, ContainerDefinition.stopTimeout: on Fargate at most 120)."""

_LOG_DRIVERS = frozenset({"awslogs", "splunk", "awsfirelens"})
"""Log drivers on Fargate (botocore ecs model, LogConfiguration.logDriver)."""

_NOT_IN_CONTAINERS = ("links", "dockerSecurityOptions", "resourceRequirements", "disableNetworking")
_NOT_IN_LINUX = ("devices", "maxSwap", "sharedMemorySize", "swappiness")
"""Members that containers on Fargate cannot have (botocore ecs model)."""


def size_error(cpu: str, memory: str, platform: Body) -> str | None:
    """Return ECS's refusal of a size that Fargate does not sell, or None."""
    units, mib = cpu_units(cpu), memory_mib(memory)
    windows = platform.get("operatingSystemFamily", "LINUX") != "LINUX"
    sold = FARGATE_MEMORY_MIB.get(units or 0, ())
    if mib in sold and not (windows and (units or 0) < _LEAST_WINDOWS_CPU):
        return None
    return (
        f"No Fargate configuration exists for given values: {units or cpu} CPU, {mib or memory} memory. "
        "See the Amazon ECS documentation for the valid values."
    )


def check_fargate(request: Body) -> None:
    """Check what only Fargate asks for.

    Raises:
        ServiceError: ECS's refusal of the first thing that is wrong.
    """
    if request.get("networkMode") != "awsvpc":
        raise client_error("Fargate only supports network mode ‘awsvpc’.")  # noqa: RUF001 - ECS's own quotes
    for name in ("cpu", "memory"):
        if not request.get(name):
            raise client_error(f"Fargate requires that '{name}' be defined at the task level.")
    wrong = size_error(request["cpu"], request["memory"], request.get("runtimePlatform", {}))
    if wrong:
        raise client_error(wrong)
    _check_task(request)
    for container in request["containerDefinitions"]:
        _check_container(container, role=bool(request.get("executionRoleArn")))


def _unsupported(what: str) -> ServiceError:
    return client_error(f"Fargate compatible task definitions do not support {what}")


def _check_task(request: Body) -> None:
    if request.get("placementConstraints"):
        raise _unsupported("placement constraints")
    if request.get("ipcMode"):
        raise _unsupported("ipcMode")
    if request.get("pidMode") == "host":
        raise _unsupported("pidMode host")
    for volume in request.get("volumes", []):
        if volume.get("host", {}).get("sourcePath"):
            raise _unsupported("host.sourcePath")
        for kind in ("dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration"):
            if kind in volume:
                raise _unsupported(kind)


def _check_container(container: Body, *, role: bool) -> None:
    linux = container.get("linuxParameters", {})
    refused = [name for name in _NOT_IN_CONTAINERS if container.get(name)]
    refused += [name for name in _NOT_IN_LINUX if linux.get(name) not in (None, [])]
    if container.get("privileged"):
        refused.append("privileged")
    if set(linux.get("capabilities", {}).get("add", [])) - {"SYS_PTRACE"}:
        refused.append("adding capabilities other than SYS_PTRACE")
    if refused:
        raise _unsupported(refused[0])
    if container.get("stopTimeout", 0) > _MOST_STOP_S:
        raise client_error(f"'stopTimeout' must be at most {_MOST_STOP_S} seconds on Fargate.")
    driver = container.get("logConfiguration", {}).get("logDriver")
    if driver and driver not in _LOG_DRIVERS:
        raise _unsupported(f"log driver {driver}")
    if driver == "awslogs" and not container["logConfiguration"]["options"].get("awslogs-stream-prefix"):
        raise client_error("Log driver awslogs requires options: awslogs-stream-prefix")
    if driver == "awslogs" and not role:
        raise client_error(
            "Fargate requires task definition to have execution role ARN to support log driver awslogs."
        )
    if ".dkr.ecr." in container["image"] and not role:
        raise client_error(
            "Fargate requires task definition to have execution role ARN to support ECR images."
        )
