"""Checks of RegisterTaskDefinition, with ECS's error codes and messages: each container by itself."""

from ecsplan_local.errors import client_error
from ecsplan_local.json_types import Body, child, children, integer, optional_integer, text

_BOUNDS = {
    "interval": ("interval", 5, 300),
    "timeout": ("timeout", 2, 60),
    "retries": ("retries", 1, 10),
    "startPeriod": ("start period", 0, 300),
}
"""Health check settings -> name in error messages, minimum, maximum (botocore ecs model, HealthCheck)."""

_AWSLOGS_OPTIONS = frozenset(
    {"awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group"}
    | {"awslogs-datetime-format", "awslogs-multiline-pattern", "awslogs-format", "awslogs-endpoint"}
    | {"mode", "max-buffer-size"}
)
"""Options of the awslogs driver (botocore ecs model, LogConfiguration.options)."""

_NOT_IN_AWSVPC = {
    "links": "Links are not supported",
    "hostname": "hostname is not supported on container",
    "extraHosts": "Extra hosts are not supported on container",
    "dnsServers": "DNS servers are not supported on container",
    "disableNetworking": "Disable Networking is not supported on container",
}
"""Members that ECS refuses in network mode awsvpc -> how its error messages begin."""


def check_container(container: Body, request: Body) -> None:
    """Check one container of a RegisterTaskDefinition request.

    Raises:
        ServiceError: ECS's error for the first problem found.
    """
    _check_memory(container, request)
    _check_ports(container, text(request, "networkMode", "bridge"))
    _check_mounts(container, request)
    _check_secrets(container)
    _check_health(container)
    _check_logging(container)
    _check_network_options(container, text(request, "networkMode", "bridge"))
    if "firelensConfiguration" in container and text(container, "user", "0").partition(":")[0] != "0":
        raise client_error("If 'user' field is specified on firelens container, then 'UID' has to be '0'.")
    restart = child(container, "restartPolicy")
    if not 60 <= integer(restart, "restartAttemptPeriod", 300) <= 1800:
        raise client_error(
            f"the 'restartAttemptPeriod' setting for container '{container['name']}' must be between "
            "60 and 1800"
        )
    for limit in children(container, "ulimits"):
        if 0 <= integer(limit, "hardLimit") < integer(limit, "softLimit"):
            raise client_error(f"Soft limit exceeds hard limit for ulimit {limit['name']}")
    if len(children(container, "environmentFiles")) > 10:
        raise client_error(
            "The maximum number of environment files was exceeded. Specify ten or less and try again"
        )


def _check_memory(container: Body, request: Body) -> None:
    name = text(container, "name")
    hard, soft = optional_integer(container, "memory"), optional_integer(container, "memoryReservation")
    # A task-level memory size suffices: the containers then share it.
    if hard is None and soft is None and not request.get("memory"):
        raise client_error(
            f"Invalid setting for container '{name}'. "
            "At least one of 'memory' or 'memoryReservation' must be specified."
        )
    for label, value in (("memory", hard), ("memoryReservation", soft)):
        if value is not None and value < 1:
            raise client_error(f"Invalid '{label}' setting for container '{name}'.")
    if hard is not None and soft is not None and hard < soft:
        raise client_error(
            f"Invalid setting for container '{name}'. "
            "'memory' must be greater than or equal to 'memoryReservation'."
        )
    if integer(container, "cpu") < 0:
        raise client_error(f"Invalid 'cpu' setting for container '{name}'.")


def _check_ports(container: Body, network: str) -> None:
    for port in children(container, "portMappings"):
        if "containerPort" not in port and "containerPortRange" not in port:
            raise client_error(f"Invalid 'containerPort' setting for container '{container['name']}'.")
        if "containerPortRange" in port and ("containerPort" in port or "hostPort" in port):
            raise client_error("cannot specify both single port and port range")
        for name in ("containerPort", "hostPort"):
            if not 0 <= integer(port, name) <= 65535:
                raise client_error(f"Invalid '{name}' setting for container '{container['name']}'.")
        # In these modes, containers listen on the interface of the task or host itself: no port is mapped.
        same = port.get("hostPort") in {None, port.get("containerPort")}
        if network in {"awsvpc", "host"} and not same:
            raise client_error(
                f"When networkMode={network}, the host ports and container ports in port mappings must match."
            )


def _check_mounts(container: Body, request: Body) -> None:
    volumes = {text(volume, "name") for volume in children(request, "volumes")}
    for mount in children(container, "mountPoints"):
        if mount.get("sourceVolume") not in volumes:
            raise client_error(f"Unknown volume '{mount.get('sourceVolume', '')}'.")
        if not mount.get("containerPath"):
            raise client_error("MountPoint.containerPath should not be null or empty.")
    others = {text(each, "name") for each in children(request, "containerDefinitions")} - {
        text(container, "name")
    }
    for source in children(container, "volumesFrom"):
        if source.get("sourceContainer") not in others:
            name = text(source, "sourceContainer")
            raise client_error(f"Invalid 'volumesFrom' setting. Unknown container: '{name}'")


def _check_secrets(container: Body) -> None:
    # One set for both: a secret must not replace a variable, nor another secret.
    taken = {each.get("name") for each in children(container, "environment")}
    if "" in taken or None in taken:
        raise client_error("Environment variable name cannot be null or blank.")
    for secret in children(container, "secrets"):
        if text(secret, "name") in taken:
            raise client_error(
                "The secret name must be unique and not shared with any new or existing environment variable "
                f"set on the container, such as '{secret['name']}'."
            )
        taken.add(text(secret, "name"))


def _check_health(container: Body) -> None:
    check = child(container, "healthCheck")
    # A missing setting gets a default, which is within the bounds.
    for name, (words, least, most) in _BOUNDS.items():
        given = integer(check, name, least)
        if not least <= given <= most:
            bound = f"less than or equal to the maximum allowed value {most}"
            if given < least:
                bound = f"greater than or equal to the minimum allowed value {least}"
            raise client_error(f"Health check {words} must be {bound} for container '{container['name']}'")


def _check_logging(container: Body) -> None:
    configuration = child(container, "logConfiguration")
    if configuration.get("logDriver") != "awslogs":
        return
    options = child(configuration, "options")
    missing = [name for name in ("awslogs-region", "awslogs-group") if not options.get(name)]
    if missing:
        raise client_error(f"Log driver awslogs requires options: {', '.join(missing)}")
    unknown = sorted(set(options) - _AWSLOGS_OPTIONS)
    if unknown:
        raise client_error(f"Log driver awslogs disallows options: {', '.join(unknown)}")


def _check_network_options(container: Body, network: str) -> None:
    """Refuse members that need a container network, which awsvpc replaces by the task's interface."""
    for name, words in _NOT_IN_AWSVPC.items():
        if network == "awsvpc" and container.get(name):
            raise client_error(f"{words} when networkMode=awsvpc.")
