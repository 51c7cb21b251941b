"""`JobSpec`: what one job of a manifest says, normalized, and where it says so."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ecsplan.diagnostic import Diagnostic, Location, error
from ecsplan.fargate import FARGATE_PROVIDERS, cpu_units, memory_mib
from ecsplan.names import flow_family, tag_text
from ecsplan.observed import Aws, Body
from ecsplan.ordering import ordered
from ecsplan.pointers import child

DEFAULT_CPU_UNITS = 1024
DEFAULT_MEMORY_MIB = 2048
DEFAULT_CONTAINER = "main"
DEFAULT_START_TIMEOUT_S = 120
DEFAULT_POLL_INTERVAL_S = 5.0


class Written(Protocol):
    """A job as written: its plain data, and the place of every value."""

    @property
    def name(self) -> str:
        """The job's name."""

    @property
    def path(self) -> str:
        """The manifest as the user named it."""

    @property
    def line(self) -> int:
        """The line, from 1, on which the job begins."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The job's keys, with what it inherits."""

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value, or of its key."""

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        """Return the place of a value within the JSON text that the string at `pointer` holds."""

    def text_of(self, pointer: str) -> str | None:
        """Return a scalar exactly as written."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a job says: the keys of the manifest, normalized. None or empty is what was not written.

    Attributes:
        written: Where all this is written.
        refused: Pointers of the values that were refused and reported; rules say nothing of their absence.
        spec: The same as a manifest: only the keys that were written, in a fixed order and one spelling.
        env: Variables of the run; None unsets one that the task definition sets.
        labels: Tags of the run request, cleaned.
        cpu_units: CPU units, 1024 to the vCPU.
        memory_mib: Memory in MiB.
        launch_type: As written; None where a strategy or null stands for it.
        task_patch: RFC 6902 operations on the run request.
        definition_patch: RFC 6902 operations on the task definition.
        network: An `awsvpcConfiguration`.
    """

    written: Written
    refused: frozenset[str]
    spec: Mapping[str, Any]
    name: str
    image: str | None
    command: tuple[str, ...] | None
    container_name: str | None
    env: Mapping[str, str | None]
    secrets: Mapping[str, str]
    labels: Mapping[str, str]
    cpu_units: int | None
    memory_mib: int | None
    launch_type: str | None
    strategy: tuple[Body, ...]
    cluster: str | None
    vpc_id: str | None
    network: Body | None
    family: str | None
    flow_name: str | None
    deployment_name: str | None
    task_definition: Body
    linked: str | None
    execution_role_arn: str | None
    task_role_arn: str | None
    configure_logs: bool
    log_options: Mapping[str, str]
    stream_output: bool | None
    task_patch: tuple[Body, ...]
    definition_patch: tuple[Body, ...]
    deregister: bool
    start_timeout_s: float
    timeout_s: float | None
    poll_interval_s: float
    count: int
    run_options: Mapping[str, Any]
    ephemeral_storage_gib: int | None
    runtime_platform: Body | None
    aws: Aws

    @property
    def on_fargate(self) -> bool:
        """Whether the job is meant for Fargate, by its launch type or by its strategy."""
        providers = {each.get("capacityProvider") for each in self.strategy}
        return self.launch_type in FARGATE_PROVIDERS or not providers.isdisjoint(FARGATE_PROVIDERS)

    @property
    def flow_family(self) -> str | None:
        """The family that `flow_name` and `deployment_name` give, if any."""
        return flow_family(self.flow_name, self.deployment_name)

    def at(self, pointer: str, *, key: bool = False) -> Location:
        """Return where the manifest says so."""
        return self.written.locate(pointer, key=key)

    def says(self, key: str) -> bool:
        """Return whether the manifest gives this key a value that the schema accepted."""
        return key in self.spec

    def spoiled(self, pointer: str) -> bool:
        """Return whether a value at this place, within it or around it was refused and reported."""
        return any(
            f"{pointer}/".startswith(f"{each}/") or each.startswith(f"{pointer}/") for each in self.refused
        )


SPEC_ORDER = (
    "name",
    "image",
    "command",
    "container_name",
    "env",
    "secrets",
    "labels",
    "cpu",
    "memory",
    "launch_type",
    "capacity_provider_strategy",
    "cluster",
    "vpc_id",
    "network_configuration",
    "family",
    "flow_name",
    "deployment_name",
    "task_definition",
    "task_definition_arn",
    "execution_role_arn",
    "task_role_arn",
    "configure_cloudwatch_logs",
    "cloudwatch_logs_options",
    "stream_output",
    "task_customizations",
    "task_definition_customizations",
    "auto_deregister_task_definition",
    "task_start_timeout_seconds",
    "task_timeout_seconds",
    "task_watch_poll_interval",
    "count",
    "platform_version",
    "enable_execute_command",
    "propagate_tags",
    "group",
    "placement_constraints",
    "placement_strategy",
    "volume_configurations",
    "ephemeral_storage_gib",
    "runtime_platform",
    "aws",
)
"""The manifest's keys in the order in which a plan's `spec` gives them."""

RUN_OPTIONS = {
    "platform_version": "platformVersion",
    "enable_execute_command": "enableExecuteCommand",
    "propagate_tags": "propagateTags",
    "group": "group",
    "placement_constraints": "placementConstraints",
    "placement_strategy": "placementStrategy",
    "volume_configurations": "volumeConfigurations",
}
"""Keys that pass through to the RunTask request, and AWS's names for them."""


def bind(
    written: Written, accepted: Mapping[str, Any], refused: frozenset[str] = frozenset()
) -> tuple[JobSpec, tuple[Diagnostic, ...]]:
    """Return the job that this data describes, and what is wrong with values that no schema can judge.

    Args:
        written: The job as written.
        accepted: Its data without what the schema refused.
        refused: The pointers of what it refused.
    """
    binder = _Binder(written, accepted)
    spec = binder.spec()
    unreadable = frozenset(f"/{key}" for key in accepted if key not in spec)
    return _job(written, spec, refused | unreadable), tuple(binder.found)


class _Binder:
    """Brings the values of one job into their one spelling and collects what cannot be read."""

    def __init__(self, written: Written, accepted: Mapping[str, Any]) -> None:
        self.written = written
        self.accepted = accepted
        self.found: list[Diagnostic] = []

    def spec(self) -> dict[str, Any]:
        """Return the normalized manifest."""
        values = {"name": self.written.name}
        for key in SPEC_ORDER[1:]:
            if key in self.accepted and (value := self._normalized(key, self.accepted[key])) is not _REFUSED:
                values[key] = value
        return values

    def _normalized(self, key: str, value: Any) -> Any:
        match key:
            case "command":
                return self._command(value)
            case "cpu" | "memory":
                return self._size(key, value)
            case "env":
                return {name: self._variable(name, value[name]) for name in sorted(value)}
            case "labels":
                return self._labels(value)
            case "task_watch_poll_interval":
                return float(value)
            case "task_start_timeout_seconds" | "task_timeout_seconds":
                return int(value) if value == int(value) else value
            case "task_customizations" | "task_definition_customizations":
                return self._patch(key, value)
            case "secrets" | "cloudwatch_logs_options" | "aws":
                return {name: value[name] for name in sorted(value)}
            case _:
                return ordered(value)

    def _command(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return shlex.split(value)
        except ValueError as reason:
            self._refuse(
                "command-quotes", "/command", f"cannot split this command as a shell would: {reason}"
            )
            return _REFUSED

    def _size(self, key: str, value: Any) -> Any:
        amount = cpu_units(value) if key == "cpu" else memory_mib(value)
        if amount is None:
            unit = "CPU units" if key == "cpu" else "MiB"
            example = '256, "256" or "0.25 vCPU"' if key == "cpu" else '512, "512" or "0.5 GB"'
            self._refuse(
                f"{key}-size",
                f"/{key}",
                f"{value!r} is not a whole number of {unit}",
                help=f"write it like {example}",
            )
            return _REFUSED
        return amount

    def _variable(self, name: str, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return self.written.text_of(child("/env", name)) or str(value)

    def _labels(self, value: Mapping[str, str]) -> dict[str, str]:
        cleaned: dict[str, str] = {}
        first: dict[str, str] = {}
        for key in sorted(value):
            tag = tag_text(key)
            if tag in cleaned:
                self._refuse(
                    "label-clash",
                    child("/labels", key),
                    f"the labels {first[tag]!r} and {key!r} both become the tag {tag!r}",
                    key=True,
                    help="ECS refuses some characters in tags; rename one of them",
                )
                continue
            cleaned[tag], first[tag] = tag_text(value[key]), key
        return {tag: cleaned[tag] for tag in sorted(cleaned)}

    def _patch(self, key: str, value: Any) -> Any:
        if not isinstance(value, str):
            return ordered(value)
        try:
            operations = json.loads(value)
        except (ValueError, RecursionError) as reason:
            self._refuse("patch-json", f"/{key}", f"this string is not JSON: {reason}")
            return _REFUSED
        if not isinstance(operations, list):
            self._refuse(
                "patch-json", f"/{key}", "a JSON Patch is a list of operations", help='begin it with "["'
            )
            return _REFUSED
        return ordered(operations)

    def _refuse(self, rule: str, pointer: str, message: str, *, key: bool = False, help: str = "") -> None:  # noqa: A002
        self.found.append(error(rule, self.written.locate(pointer, key=key), message, help=help))


_REFUSED = object()
"""What stands for a value that was reported; its key is left out."""


def _job(written: Written, spec: Mapping[str, Any], refused: frozenset[str]) -> JobSpec:
    """Return the job of a normalized manifest."""
    strategy = tuple(spec.get("capacity_provider_strategy", ()))
    stream_output = spec.get("stream_output")
    network = spec.get("network_configuration")
    return JobSpec(
        written=written,
        refused=refused,
        spec=spec,
        name=spec["name"],
        image=spec.get("image"),
        command=tuple(spec["command"]) if "command" in spec else None,
        container_name=spec.get("container_name"),
        env=spec.get("env", {}),
        secrets=spec.get("secrets", {}),
        labels=spec.get("labels", {}),
        cpu_units=spec.get("cpu"),
        memory_mib=spec.get("memory"),
        launch_type=spec.get("launch_type", None if strategy else "FARGATE"),
        strategy=strategy,
        cluster=spec.get("cluster"),
        vpc_id=spec.get("vpc_id"),
        network=None if network is None else network.get("awsvpcConfiguration", network),
        family=spec.get("family"),
        flow_name=spec.get("flow_name"),
        deployment_name=spec.get("deployment_name"),
        task_definition=spec.get("task_definition", {}),
        linked=spec.get("task_definition_arn"),
        execution_role_arn=spec.get("execution_role_arn"),
        task_role_arn=spec.get("task_role_arn"),
        configure_logs=spec.get("configure_cloudwatch_logs", bool(stream_output)),
        log_options=spec.get("cloudwatch_logs_options", {}),
        stream_output=stream_output,
        task_patch=tuple(spec.get("task_customizations", ())),
        definition_patch=tuple(spec.get("task_definition_customizations", ())),
        deregister=spec.get("auto_deregister_task_definition", False),
        start_timeout_s=spec.get("task_start_timeout_seconds", DEFAULT_START_TIMEOUT_S),
        timeout_s=spec.get("task_timeout_seconds"),
        poll_interval_s=spec.get("task_watch_poll_interval", DEFAULT_POLL_INTERVAL_S),
        count=spec.get("count", 1),
        run_options={aws: spec[key] for key, aws in RUN_OPTIONS.items() if key in spec},
        ephemeral_storage_gib=spec.get("ephemeral_storage_gib"),
        runtime_platform=spec.get("runtime_platform"),
        aws=Aws(**spec.get("aws", {})),
    )
