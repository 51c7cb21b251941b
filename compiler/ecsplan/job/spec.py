"""`JobSpec`: what one job of a manifest says, normalized, and where it says so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from ecsplan.job.network_keys import NetworkKeys, network_keys_of
from ecsplan.job.policy import policy_of
from ecsplan.job.refused import Refused
from ecsplan.job.short_volumes import ShortVolume, short_volumes
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.family_names import flow_family
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.manifest_keys import CONTAINER_OPTIONS, RUN_OPTIONS
from ecsplan.terms.observed import Aws, Body
from ecsplan.terms.placeholders import is_open
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Combination, RunPolicy
from ecsplan.variables.values import Resolved

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

    @property
    def unset(self) -> tuple[str, ...]:
        """The pointers of keys whose value is null, which is "not set"; `data` is without them."""

    @property
    def reported(self) -> tuple[str, ...]:
        """The pointers of values of `data` that reading it has reported as wrong."""

    @property
    def reported_keys(self) -> tuple[str, ...]:
        """The pointers of the keys that it has."""

    @property
    def expands(self) -> bool:
        """Whether references to variables in its strings were expanded."""

    @property
    def variables(self) -> tuple[Resolved, ...]:
        """The variables that it uses, in the order of their declarations."""

    @property
    def matrix(self) -> Combination | None:
        """Which combination of a matrix the job is; None where it is of none."""

    @property
    def lookups(self) -> tuple[str, ...]:
        """The lookups that it refers to, such as `ssm:/path`, sorted."""

    @property
    def open_lookups(self) -> tuple[str, ...]:
        """Those whose placeholders stand in `data`, as their values are not known."""

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value, or of its key."""

    def locate_lookup(self, pointer: str, name: str) -> Location:
        """Return the place of a lookup in the string at a pointer."""

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        """Return the place of a value within the JSON text that the string at `pointer` holds."""

    def locate_part(self, pointer: str, start: int, end: int) -> Location:
        """Return the place of a part of the string at a pointer, by its offsets there."""

    def text_of(self, pointer: str) -> str | None:
        """Return a scalar exactly as written."""

    def variable_at(self, pointer: str) -> str | None:
        """Return the variable that the value at a pointer is; "" where references are but a part of it.

        None for a value without references.
        """

    def command_text(self) -> str | None:
        """Return the command where it is one string, `_` for each reference in it; else None."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a job says: the keys of the manifest, normalized. None or empty is what was not written.

    Attributes:
        written: Where all this is written.
        refused: Where values were refused and reported; rules say nothing of their absence.
        spec: The same as a manifest: only the keys that were written, in a fixed order and one spelling.
        env: Variables of the run; None unsets one that the task definition sets.
        labels: Tags of the run request, cleaned.
        cpu_units: CPU units, 1024 to the vCPU.
        memory_mib: Memory in MiB.
        launch_type: As written; None where a strategy or null stands for it.
        task_patch: RFC 6902 operations on the run request.
        definition_patch: RFC 6902 operations on the task definition.
        reuses_recent: Whether the ten newest revisions of the family may be reused, not the newest alone.
        network: An `awsvpcConfiguration`.
        policy: When the job starts, and what becomes of its ends.
        network_keys: What the keys beside it say about the network.
        linked: The definition that the job runs: as `task_definition_arn` names it, or that of its service.
        service: The service that it runs like, as written.
        taken: The keys whose values the job does not give itself but takes from its service.
        awaits_service: Whether AWS was not asked about that service, so that placeholders stand for it.
        run_options: Members of the run request that keys give as they are.
        pin_image: Whether the image of the job's container gets the digest of its tag.
        own_family: Whether a combination of a matrix has a family of its own, where nothing else names one.
        container_options: Members of the job's container in the task definition that keys give as they are.
        volumes: Volumes of the job's container that the key `volumes` gives in short.
        gpus: How many GPUs the job's container gets, as ECS writes it: a number or ALL.
    """

    written: Written
    refused: Refused
    spec: Mapping[str, Any]
    name: str
    image: str | None
    pin_image: bool
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
    network: Body | None
    network_keys: NetworkKeys
    family: str | None
    flow_name: str | None
    deployment_name: str | None
    task_definition: Body
    linked: str | None
    service: str | None
    execution_role_arn: str | None
    task_role_arn: str | None
    configure_logs: bool
    log_options: Mapping[str, str]
    stream_output: bool | None
    task_patch: tuple[Body, ...]
    definition_patch: tuple[Body, ...]
    reuses_recent: bool
    deregister: bool
    start_timeout_s: float
    timeout_s: float | None
    poll_interval_s: float
    policy: RunPolicy
    run_options: Mapping[str, Any]
    container_options: Mapping[str, Any]
    gpus: str | None
    volumes: tuple[ShortVolume, ...]
    ephemeral_storage_gib: int | None
    runtime_platform: Body | None
    aws: Aws
    own_family: bool = False
    taken: frozenset[str] = frozenset()
    awaits_service: bool = False

    @property
    def plain_name(self) -> str:
        """The job's name; of a combination that of its matrix, which stands for all of its jobs."""
        return self.name if self.policy.matrix is None else self.policy.matrix.name

    @property
    def default_family(self) -> str:
        """The family, before it is made to fit, of a job in which nothing else names one."""
        return self.name if self.own_family else self.plain_name

    @property
    def link_key(self) -> str:
        """The key that links the job to its definition, where one does."""
        return "task_definition_arn" if self.service is None else "service"

    @property
    def on_fargate(self) -> bool:
        """Whether the job is meant for Fargate, by its launch type or by its strategy."""
        providers = {each.get("capacityProvider") for each in self.strategy}
        return self.launch_type in FARGATE_PROVIDERS or not providers.isdisjoint(FARGATE_PROVIDERS)

    @property
    def flow_family(self) -> str | None:
        """The family that `flow_name` and `deployment_name` give, if any."""
        return flow_family(self.flow_name, self.deployment_name)

    def in_region(self, region: str) -> "JobSpec":
        """Return the same job in this region."""
        return replace(self, aws=replace(self.aws, region=region))

    def at(self, pointer: str, *, key: bool = False) -> Location:
        """Return where the manifest says so."""
        return self.written.locate(pointer, key=key)

    def at_part(self, pointer: str, start: int, end: int) -> Location:
        """Return where the manifest has a part of the string at a pointer, by its offsets there."""
        return self.written.locate_part(pointer, start, end)

    def says(self, key: str) -> bool:
        """Return whether the manifest gives this key a value that the schema accepted."""
        return key in self.spec

    def spoiled(self, pointer: str) -> bool:
        """Return whether a value at this place, within it or around it was refused and reported."""
        return self.refused.spoils(pointer)


def _launch_type_for(refused: frozenset[str]) -> str | None:
    """Return the launch type of a job that names none; None where what it names was refused."""
    named = {"/launch_type", "/capacity_provider_strategy"}
    return None if refused & named else "FARGATE"


_NOT_IN_REQUESTS = frozenset(
    {
        "pin_image",
        "configure_cloudwatch_logs",
        "stream_output",
        "reuse",
        "auto_deregister_task_definition",
        "task_start_timeout_seconds",
        "task_timeout_seconds",
        "task_watch_poll_interval",
        "task_customizations",
        "task_definition_customizations",
    }
)
"""Keys that no request contains as they are: where their own value is not known, the default is taken."""


def _words(command: Any) -> tuple[str, ...]:
    """Return the words of a command, one for a command that is not known yet."""
    return (command,) if isinstance(command, str) else tuple(command)


def job_of(written: Written, spec: Mapping[str, Any], refused: frozenset[str]) -> JobSpec:
    """Return the job of a normalized manifest."""
    whole = spec
    if written.open_lookups:
        spec = {key: each for key, each in spec.items() if key not in _NOT_IN_REQUESTS or not is_open(each)}
    strategy = tuple(spec.get("capacity_provider_strategy", ()))
    stream_output = spec.get("stream_output")
    network = spec.get("network_configuration")
    return JobSpec(
        written=written,
        refused=Refused(refused),
        spec=whole,
        name=spec["name"],
        image=spec.get("image"),
        pin_image=spec.get("pin_image", False),
        command=_words(spec["command"]) if "command" in spec else None,
        container_name=spec.get("container_name"),
        env=spec.get("env", {}),
        secrets=spec.get("secrets", {}),
        labels=spec.get("labels", {}),
        cpu_units=spec.get("cpu"),
        memory_mib=spec.get("memory"),
        launch_type=spec.get("launch_type", None if strategy else _launch_type_for(refused)),
        strategy=strategy,
        cluster=spec.get("cluster"),
        network=None if network is None else network.get("awsvpcConfiguration", network),
        network_keys=network_keys_of(spec),
        family=spec.get("family"),
        flow_name=spec.get("flow_name"),
        deployment_name=spec.get("deployment_name"),
        task_definition=spec.get("task_definition", {}),
        linked=spec.get("task_definition_arn"),
        service=spec.get("service"),
        execution_role_arn=spec.get("execution_role_arn"),
        task_role_arn=spec.get("task_role_arn"),
        configure_logs=spec.get("configure_cloudwatch_logs", bool(stream_output)),
        log_options=spec.get("cloudwatch_logs_options", {}),
        stream_output=stream_output,
        task_patch=tuple(spec.get("task_customizations", ())),
        definition_patch=tuple(spec.get("task_definition_customizations", ())),
        reuses_recent=spec.get("reuse") == "recent",
        deregister=spec.get("auto_deregister_task_definition", False),
        start_timeout_s=spec.get("task_start_timeout_seconds", DEFAULT_START_TIMEOUT_S),
        timeout_s=spec.get("task_timeout_seconds"),
        poll_interval_s=spec.get("task_watch_poll_interval", DEFAULT_POLL_INTERVAL_S),
        policy=policy_of(spec, written.matrix),
        run_options={aws: spec[key] for key, aws in RUN_OPTIONS.items() if key in spec},
        container_options={aws: spec[key] for key, aws in CONTAINER_OPTIONS.items() if key in spec},
        gpus=str(spec["gpus"]) if "gpus" in spec else None,
        volumes=short_volumes(spec.get("volumes", {})),
        ephemeral_storage_gib=spec.get("ephemeral_storage_gib"),
        runtime_platform=spec.get("runtime_platform"),
        aws=Aws(**spec.get("aws", {})),
    )
