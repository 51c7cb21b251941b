"""What RegisterTaskDefinition refuses, with ECS's error codes and texts: each container by itself."""

from typing import Any

from .errors import client_error

Body = dict[str, Any]

_BOUNDS = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
"""Health checks: seconds, and a number of retries (botocore ecs model, HealthCheck)."""

_LEAST_MEMORY_MIB = 4
"""Docker refuses less (botocore ecs model, ContainerDefinition.memory: 6, or 4 before Docker 20.10)."""

_AWSLOGS_OPTIONS = frozenset(
    {"awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group"}
    | {"awslogs-datetime-format", "awslogs-multiline-pattern", "awslogs-format", "awslogs-endpoint"}
    | {"mode", "max-buffer-size"}
)
"""Options of the awslogs driver (botocore ecs model, LogConfiguration.options)."""


def check_container(container: Body, request: Body) -> None:
    """Check one container of a RegisterTaskDefinition request.

    Raises:
        ServiceError: ECS's refusal of the first thing that is wrong.
    """
    _check_memory(container, request)
    _check_ports(container, request.get("networkMode", "bridge"))
    _check_mounts(container, request)
    _check_secrets(container)
    _check_health(container)
    _check_logging(container)
    _check_network_options(container, request.get("networkMode", "bridge"))
    if "firelensConfiguration" in container and container.get("user", "0").partition(":")[0] != "0":
        raise client_error("If 'user' field is specified on firelens container, then 'UID' has to be '0'.")
    restart = container.get("restartPolicy", {})
    if not 60 <= restart.get("restartAttemptPeriod", 300) <= 1800:
        raise client_error("'restartAttemptPeriod' must be between 60 and 1800 seconds.")
    if len(restart.get("ignoredExitCodes", [])) > 50:
        raise client_error("'ignoredExitCodes' can have at most 50 items.")


def _check_memory(container: Body, request: Body) -> None:
    name, hard, soft = container["name"], container.get("memory"), container.get("memoryReservation")
    if hard is None and soft is None and not request.get("memory"):
        raise client_error(
            f"Invalid setting for container '{name}'. "
            "At least one of 'memory' or 'memoryReservation' must be specified."
        )
    for label, value in (("memory", hard), ("memoryReservation", soft)):
        if value is not None and value < _LEAST_MEMORY_MIB:
            raise client_error(f"Invalid '{label}' setting for container '{name}'.")
    if hard is not None and soft is not None and hard < soft:
        raise client_error(
            f"Invalid setting for container '{name}'. 'memory' must be greater than 'memoryReservation'."
        )
    if container.get("cpu", 0) < 0:
        raise client_error(f"Invalid 'cpu' setting for container '{name}'.")


def _check_ports(container: Body, network: str) -> None:
    for port in container.get("portMappings", []):
        if "containerPort" not in port and "containerPortRange" not in port:
            raise client_error("Container port should not be null or empty.")
        for name in ("containerPort", "hostPort"):
            if not 0 <= port.get(name, 0) <= 65535:
                raise client_error(f"'{name}' must be between 0 and 65535.")
        if network == "none":
            raise client_error("Port mappings are not allowed when networkMode=none.")
        same = port.get("hostPort") in {None, port.get("containerPort")}
        if network in {"awsvpc", "host"} and not same:
            raise client_error(
                f"When networkMode={network}, the host ports and container ports in port mappings must match."
            )


def _check_mounts(container: Body, request: Body) -> None:
    volumes = {volume["name"] for volume in request.get("volumes", [])}
    for mount in container.get("mountPoints", []):
        if mount.get("sourceVolume") not in volumes:
            raise client_error(f"Unknown volume '{mount.get('sourceVolume', '')}'.")
        if not mount.get("containerPath"):
            raise client_error("MountPoint.containerPath should not be null or empty.")
    others = {each["name"] for each in request["containerDefinitions"]} - {container["name"]}
    for source in container.get("volumesFrom", []):
        if source.get("sourceContainer") not in others:
            raise client_error(f"Unknown container '{source.get('sourceContainer', '')}' in volumesFrom.")


def _check_secrets(container: Body) -> None:
    taken = {each.get("name") for each in container.get("environment", [])}
    if "" in taken or None in taken:
        raise client_error("Environment variable name should not be null or empty.")
    for secret in container.get("secrets", []):
        if secret["name"] in taken:
            raise client_error(
                "The secret name must be unique and not shared with any new or existing environment variable "
                f"set on the container, such as '{secret['name']}'."
            )
        taken.add(secret["name"])


def _check_health(container: Body) -> None:
    check = container.get("healthCheck")
    if check is None:
        return
    if not check["command"]:
        raise client_error("healthCheck.command should not be empty.")
    for name, (least, most) in _BOUNDS.items():
        if name in check and not least <= check[name] <= most:
            raise client_error(f"healthCheck.{name} must be between {least} and {most}.")


def _check_logging(container: Body) -> None:
    configuration = container.get("logConfiguration", {})
    if configuration.get("logDriver") != "awslogs":
        return
    options = configuration.get("options", {})
    missing = [name for name in ("awslogs-region", "awslogs-group") if not options.get(name)]
    if missing:
        raise client_error(f"Log driver awslogs requires options: {', '.join(missing)}")
    unknown = sorted(set(options) - _AWSLOGS_OPTIONS)
    if unknown:
        raise client_error(f"Log driver awslogs disallows options: {', '.join(unknown)}")


def _check_network_options(container: Body, network: str) -> None:
    """Refuse what a network mode cannot give (botocore ecs model, the members of ContainerDefinition)."""
    if container.get("links") and network != "bridge":
        raise client_error(f"Links are not supported when networkMode={network}.")
    if network == "awsvpc":
        for name in ("hostname", "extraHosts"):
            if container.get(name):
                raise client_error(f"'{name}' is not supported on container when networkMode=awsvpc.")
