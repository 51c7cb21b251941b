"""The containers to run: a task definition with its overrides and the values of its secrets applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsplan_local.ecs.task_record import Task
from ecsplan_local.engine.awslogs import Destination, destination
from ecsplan_local.services.parameters import parameter_name, parameter_value
from ecsplan_local.services.secret_values import NoSecret, secret_value
from ecsplan_local.world import World

DEFAULT_STOP_S = 30.0
"""Seconds between SIGTERM and SIGKILL by default (botocore ecs model, stopTimeout)."""

_REFUSED = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval"
    " failed: unable to retrieve"
)
_RETRIED = "service call has been retried 1 time(s)"


class CannotStart(Exception):  # noqa: N818 - named like the reasons in task records
    """A container cannot be started; the message becomes the reason in the task's record."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The health check of a container; times in seconds."""

    command: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float


@dataclass(frozen=True, slots=True)
class Dependency:
    """A container to wait for, and the condition: START, COMPLETE, SUCCESS or HEALTHY."""

    container: str
    condition: str


@dataclass(frozen=True, slots=True)
class Container:
    """One container of one task, in the form that runners take.

    Args:
        task_id: 32 hexadecimal digits.
        definition: The container in the task definition, for members that only some runners use.
        task_definition: The whole definition, for volumes, network and platform.
        entry_point: None means the image's.
        command: None means the image's.
        environment: Including overrides and secrets.
        memory_mib: Hard limit of the container, else of the task; None means no limit.
        cpu_units: Share of the CPU; 0 means unspecified.
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
    """Return the containers of a task.

    Raises:
        CannotStart: A secret does not exist, or an environment file would have to be fetched from S3.
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
    """Return a health check, or None; `["NONE"]` disables the image's own check, which is never run here."""
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
    # Later entries win, so overrides replace the definition's values.
    values = {each["name"]: each["value"] for each in given if "value" in each}
    # A variable of the overrides wins over a secret of the same name.
    for secret in container.get("secrets", []):
        values.setdefault(secret["name"], _secret(world, realm, secret["valueFrom"]))
    return values


def _secret(world: World, realm: str, reference: str) -> str:
    """Return the value for `valueFrom`: an ARN of Secrets Manager or SSM, or the name of a parameter.

    Raises:
        CannotStart: It does not exist; the message is worded as public reports of Fargate tasks show it.
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
