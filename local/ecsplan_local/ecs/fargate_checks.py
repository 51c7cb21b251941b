"""Checks of definitions that require FARGATE, with ECS's error codes and messages."""

from ecsplan_local.ecs.sizes import FARGATE_MEMORY_MIB, cpu_units, memory_mib
from ecsplan_local.errors import ServiceError, client_error
from ecsplan_local.json_types import Body, child, children, integer, text, texts

_MIN_WINDOWS_CPU_UNITS = 1024

_MAX_STOP_S = 120
"""Seconds (botocore ecs model, ContainerDefinition.stopTimeout: on Fargate at most 120)."""

_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
"""Log drivers on Fargate (botocore ecs model, LogConfiguration.logDriver)."""

_NOT_IN_LINUX = ("devices", "maxSwap", "sharedMemorySize")
"""Members of `linuxParameters` that Fargate does not support."""


def size_error(cpu: str, memory: str, platform: Body) -> str | None:
    """Return ECS's error message for a size that Fargate does not offer, or None if it is valid."""
    units, mib = cpu_units(cpu), memory_mib(memory)
    windows = text(platform, "operatingSystemFamily", "LINUX") != "LINUX"
    # Windows containers need at least one vCPU (ECS developer guide, Windows on Fargate).
    sold = FARGATE_MEMORY_MIB.get(units or 0, ())
    if mib in sold and not (windows and (units or 0) < _MIN_WINDOWS_CPU_UNITS):
        return None
    return (
        f"No Fargate configuration exists for given values: {units or cpu} CPU, {mib or memory} memory. "
        "See the Amazon ECS documentation for the valid values."
    )


def check_fargate(request: Body) -> None:
    """Check the rules that apply to Fargate only.

    Raises:
        ServiceError: ECS's error for the first problem found.
    """
    if request.get("networkMode") != "awsvpc":
        raise client_error("Fargate only supports network mode ‘awsvpc’.")  # noqa: RUF001 - ECS's own quotes
    for name in ("cpu", "memory"):
        if not request.get(name):
            raise client_error(f"Fargate requires that '{name}' be defined at the task level.")
    wrong = size_error(text(request, "cpu"), text(request, "memory"), child(request, "runtimePlatform"))
    if wrong:
        raise client_error(wrong)
    _check_task(request)
    for container in children(request, "containerDefinitions"):
        _check_container(container, role=bool(request.get("executionRoleArn")))


def _unsupported(what: str) -> ServiceError:
    return client_error(f"Fargate compatible task definitions do not support {what}")


def _check_task(request: Body) -> None:
    if request.get("placementConstraints"):
        raise _unsupported("constraints")
    if request.get("ipcMode"):
        raise _unsupported("ipcMode")
    if request.get("pidMode") == "host":
        raise _unsupported("pidMode host")
    for volume in children(request, "volumes"):
        if text(child(volume, "host"), "sourcePath"):
            raise _unsupported("sourcePath")
        if "dockerVolumeConfiguration" in volume:
            raise _unsupported("dockerVolumeConfiguration")


def _check_container(container: Body, *, role: bool) -> None:
    linux = child(container, "linuxParameters")
    refused = [name for name in _NOT_IN_LINUX if linux.get(name) not in (None, [])]
    refused += ["dockerSecurityOptions"] if container.get("dockerSecurityOptions") else []
    if refused:
        raise _unsupported(refused[0])
    if container.get("privileged"):
        raise client_error("Fargate requires that the 'privileged' setting be 'false'.")
    # Dropping capabilities is allowed; this is the only one that can be added.
    for capability in texts(child(linux, "capabilities"), "add"):
        if capability != "SYS_PTRACE":
            raise client_error(f"{capability} is not allowed on Fargate.")
    if any(text(each, "type") == "GPU" for each in children(container, "resourceRequirements")):
        raise client_error("Tasks using the Fargate launch type do not support GPU resource requirements.")
    if integer(container, "stopTimeout") > _MAX_STOP_S:
        raise client_error(
            "Tasks using the Fargate launch type must have a container stop timeout of less than "
            f"{_MAX_STOP_S} seconds."
        )
    _check_logging(container, role=role)


def _check_logging(container: Body, *, role: bool) -> None:
    configuration = child(container, "logConfiguration")
    driver, options = text(configuration, "logDriver"), child(configuration, "options")
    if driver and driver not in _LOG_DRIVERS:
        raise client_error(f"{driver} is not a valid log driver. Must be one of [{', '.join(_LOG_DRIVERS)}]")
    if driver == "awslogs" and not text(options, "awslogs-stream-prefix"):
        raise client_error("Fargate requires log configuration options to include awslogs-stream-prefix.")
    if child(child(container, "firelensConfiguration"), "options").get("config-file-type") == "s3":
        raise client_error("Fargate launch type does not support FirelensConfiguration config file from 's3'")
    # Fargate itself calls these services, with the execution role; on EC2 the instance role would do.
    if driver == "awslogs" and not role:
        raise client_error(
            "Fargate requires task definition to have execution role ARN to support log driver awslogs."
        )
    if ".dkr.ecr." in text(container, "image") and not role:
        raise client_error(
            "Fargate requires task definition to have execution role ARN to support ECR images."
        )
