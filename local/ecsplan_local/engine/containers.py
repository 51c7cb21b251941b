"""What a container is to run: the task definition with the overrides and the values of its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsplan_local.ecs.task_record import Task
from ecsplan_local.engine.awslogs import Destination, destination
from ecsplan_local.services.parameters import parameter_name, parameter_value
from ecsplan_local.services.secret_values import NoSecret, secret_value
from ecsplan_local.world import World

DEFAULT_STOP_S = 30.0
"""Seconds between SIGTERM and SIGKILL where the container names none (botocore ecs model, stopTimeout)."""


_REFUSED = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval"
    " failed: unable to retrieve"
)
_RETRIED = "service call has been retried 1 time(s)"


class CannotStart(Exception):  # noqa: N818 - named for what the task's record says
    """A container cannot be started; the message is the reason that the task's record shows."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How a container's health is asked for; times in seconds."""

    command: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float


@dataclass(frozen=True, slots=True)
class Dependency:
    """A container to wait for, until START, COMPLETE, SUCCESS or HEALTHY."""

    container: str
    condition: str


@dataclass(frozen=True, slots=True)
class Container:
    """One container of one task, ready to be handed to a runner.

    Args:
        task_id: 32 hexadecimal digits.
        definition: The container in the task definition, for what only some runners heed.
        task_definition: The whole definition, for volumes, network and platform.
        entry_point: None is the image's.
        command: None is the image's.
        environment: With overrides and secrets.
        memory_mib: Hard limit: the container's, else the task's; None is none.
        cpu_units: Share of the CPU; 0 is unstated.
    """

    task_id: str
    name: str
    image: str
    definition: Mapping[str, Any]
    task_definition: Mapping[str, Any]
    entry_point: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str]
    essential: bool
    depends_on: tuple[Dependency, ...]
    health_check: HealthCheck | None
    start_timeout_s: float | None
    stop_timeout_s: float
    memory_mib: int | None
    cpu_units: int
    log: Destination | None


def resolve(world: World, realm: str, task: Task, definition: Mapping[str, Any]) -> tuple[Container, ...]:
    """Return a task's containers.

    Raises:
        CannotStart: A secret does not exist, or an environment file would have to come from S3.
    """
    overrides = {each["name"]: each for each in task["overrides"]["containerOverrides"]}
    return tuple(
        _container(
            task["taskArn"].rpartition("/")[2],
            definition,
            each,
            override=overrides.get(each["name"], {}),
            environment=_environment(world, realm, each, overrides.get(each["name"], {})),
            log=destination(realm, each, task["taskArn"].rpartition("/")[2]),
            task_memory_mib=int(task["memory"]) or None,
        )
        for each in definition["containerDefinitions"]
    )


def _container(
    task_id: str,
    definition: Mapping[str, Any],
    container: Mapping[str, Any],
    *,
    override: Mapping[str, Any],
    environment: Mapping[str, str],
    log: Destination | None,
    task_memory_mib: int | None,
) -> Container:
    command = override.get("command") or container.get("command")
    entry_point = container.get("entryPoint")
    return Container(
        task_id=task_id,
        name=container["name"],
        image=container["image"],
        definition=container,
        task_definition=definition,
        entry_point=tuple(entry_point) if entry_point else None,
        command=tuple(command) if command else None,
        environment=environment,
        essential=container["essential"],
        depends_on=tuple(
            Dependency(each["containerName"], each["condition"]) for each in container.get("dependsOn", [])
        ),
        health_check=_health_check(container.get("healthCheck")),
        start_timeout_s=container.get("startTimeout"),
        stop_timeout_s=container.get("stopTimeout", DEFAULT_STOP_S),
        memory_mib=override.get("memory", container.get("memory", task_memory_mib)),
        cpu_units=override.get("cpu", container["cpu"]),
        log=log,
    )


def _health_check(check: Mapping[str, Any] | None) -> HealthCheck | None:
    """Return a health check; `["NONE"]` turns the image's own off, and there is no other here."""
    if check is None or check["command"] == ["NONE"]:
        return None
    kind, *rest = check["command"]
    command = ("/bin/sh", "-c", " ".join(rest)) if kind == "CMD-SHELL" else tuple(rest)
    return HealthCheck(
        command=command if kind in {"CMD", "CMD-SHELL"} else tuple(check["command"]),
        interval_s=check["interval"],
        timeout_s=check["timeout"],
        retries=check["retries"],
        start_period_s=check.get("startPeriod", 0),
    )


def _environment(
    world: World, realm: str, container: Mapping[str, Any], override: Mapping[str, Any]
) -> dict[str, str]:
    if container.get("environmentFiles") or override.get("environmentFiles"):
        raise CannotStart("ResourceInitializationError: failed to download env files: no S3 on this machine")
    given = [*container["environment"], *override.get("environment", [])]
    values = {each["name"]: each["value"] for each in given if "value" in each}
    for secret in container.get("secrets", []):
        values.setdefault(secret["name"], _secret(world, realm, secret["valueFrom"]))
    return values


def _secret(world: World, realm: str, reference: str) -> str:
    """Return what `valueFrom` names: an ARN of Secrets Manager or SSM, or a parameter's name.

    Raises:
        CannotStart: It names nothing; the words are those of public reports of Fargate tasks.
    """
    if ":secretsmanager:" in reference:
        try:
            return secret_value(world, realm, reference)
        except NoSecret as error:
            raise CannotStart(f"{_REFUSED} secret from asm: {_RETRIED}: {error}") from error
    value = parameter_value(world, realm, reference)
    if value is None:
        name = parameter_name(reference)
        raise CannotStart(f"{_REFUSED} secrets from ssm: {_RETRIED}: invalid ssm parameters: {name}")
    return value
