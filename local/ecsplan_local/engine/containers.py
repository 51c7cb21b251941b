"""The containers to run: a task definition with its overrides and the values of its secrets applied."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecsplan_local.ecs.task_record import Task
from ecsplan_local.engine.awslogs import Destination, destination, kept
from ecsplan_local.json_types import Body, child, children, flag, integer, optional_integer, text, texts
from ecsplan_local.services.parameters import parameter_name, parameter_value
from ecsplan_local.services.secret_values import NoSecret, secret_value
from ecsplan_local.world import World

DEFAULT_STOP_S = 30
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
    definition: Body
    task_definition: Body
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


def resolve(world: World, realm: str, task: Task, definition: Body) -> tuple[Container, ...]:
    """Return the containers of a task.

    Raises:
        CannotStart: A secret does not exist, or an environment file would have to be fetched from S3.
    """
    overrides = {
        text(each, "name"): each for each in children(child(task, "overrides"), "containerOverrides")
    }
    return tuple(
        _container(
            text(task, "taskArn").rpartition("/")[2],
            definition,
            each,
            override=overrides.get(text(each, "name"), {}),
            environment=_environment(world, realm, each, overrides.get(text(each, "name"), {})),
            log=_log(world, realm, each, text(task, "taskArn").rpartition("/")[2]),
            task_memory_mib=int(text(task, "memory")) or None,
        )
        for each in children(definition, "containerDefinitions")
    )


def _container(
    task_id: str,
    definition: Body,
    container: Body,
    *,
    override: Body,
    environment: Mapping[str, str],
    log: Destination | None,
    task_memory_mib: int | None,
) -> Container:
    command = texts(override, "command") or texts(container, "command")
    entry_point = texts(container, "entryPoint")
    return Container(
        task_id=task_id,
        name=text(container, "name"),
        image=text(container, "image"),
        definition=container,
        task_definition=definition,
        entry_point=tuple(entry_point) or None,
        command=tuple(command) or None,
        environment=environment,
        essential=flag(container, "essential"),
        depends_on=tuple(
            Dependency(text(each, "containerName"), text(each, "condition"))
            for each in children(container, "dependsOn")
        ),
        health_check=_health_check(child(container, "healthCheck")),
        start_timeout_s=optional_integer(container, "startTimeout"),
        stop_timeout_s=integer(container, "stopTimeout", DEFAULT_STOP_S),
        memory_mib=_memory_mib(override, container, task_memory_mib),
        cpu_units=integer(override, "cpu", integer(container, "cpu")),
        log=log,
    )


def _memory_mib(override: Body, container: Body, task_mib: int | None) -> int | None:
    """Return the hard limit: of the override, else of the container, else of the task."""
    for each in (override, container):
        if "memory" in each:
            return integer(each, "memory")
    return task_mib


def _health_check(check: Body) -> HealthCheck | None:
    """Return a health check, or None; `["NONE"]` disables the image's own check, which is never run here."""
    command = texts(check, "command")
    if not check or command == ["NONE"]:
        return None
    kind, *rest = command
    run: tuple[str, ...]
    match kind:
        case "CMD-SHELL":
            run = ("/bin/sh", "-c", " ".join(rest))
        case "CMD":
            run = tuple(rest)
        case _:
            run = tuple(command)
    return HealthCheck(
        command=run,
        interval_s=integer(check, "interval"),
        timeout_s=integer(check, "timeout"),
        retries=integer(check, "retries"),
        start_period_s=integer(check, "startPeriod"),
    )


def _log(world: World, realm: str, container: Body, task_id: str) -> Destination | None:
    """Return where a container's output goes, or None where it is dropped."""
    own = destination(realm, container, task_id)
    has_known_stream = own is not None and "/" in own.stream
    return kept(realm, container, task_id) if world.keeps_output and not has_known_stream else own


def _environment(world: World, realm: str, container: Body, override: Body) -> dict[str, str]:
    if container.get("environmentFiles") or override.get("environmentFiles"):
        raise CannotStart("ResourceInitializationError: failed to download env files: no S3 on this machine")
    given = [*children(container, "environment"), *children(override, "environment")]
    # Later entries win, so overrides replace the definition's values.
    values = {text(each, "name"): text(each, "value") for each in given if "value" in each}
    # A variable of the overrides wins over a secret of the same name.
    for secret in children(container, "secrets"):
        values.setdefault(text(secret, "name"), _secret(world, realm, text(secret, "valueFrom")))
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
