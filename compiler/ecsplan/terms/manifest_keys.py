"""The keys of a manifest in one table: what each is called, where it goes, and where it is documented.

The order of a plan's `spec`, the members that pass through to RunTask, the key that a member of a request
came from, what tells two tasks apart, and the sections of docs/manifest.md derive from it.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from ecsplan.terms.records import dataclass

Document: TypeAlias = Literal["run", "overrides", "container override", "definition", "container"]
"""Where a member stands: in the run request, in its `overrides`, in the override of the job's container, in
the task definition, or in the job's container there."""

Group: TypeAlias = Literal[
    "What runs", "Order and retries", "Size and place", "The task definition", "Roles", "Logs", "The run"
]
"""A section of docs/manifest.md."""

GROUPS: Final[tuple[Group, ...]] = get_args(Group)
"""The sections in their order."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an AWS document that a key sets.

    Attributes:
        document: The document.
        name: The member's name there.
        verbatim: Whether the key's value is the member's value as it stands.
        in_task: Whether DescribeTasks shows what was asked for under the same name (ECS API reference, Task).
    """

    document: Document
    name: str
    verbatim: bool = False
    in_task: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a manifest.

    Attributes:
        name: Its name.
        group: Its section in docs/manifest.md.
        members: What it sets; () where it goes to no document, or is one.
    """

    name: str
    group: Group
    members: tuple[Member, ...] = ()


def _run(name: str, *, in_task: bool = False) -> Member:
    return Member("run", name, in_task=in_task)


def _as_is(name: str, *, in_task: bool = False) -> Member:
    return Member("run", name, verbatim=True, in_task=in_task)


def _in_container(name: str) -> Member:
    return Member("container", name, verbatim=True)


def _role(name: str) -> Member:
    return Member("overrides", name, verbatim=True)


_SIZES: Final = ("overrides", "container override", "definition", "container")
"""Where `cpu` and `memory` stand, under their own names."""

KEYS: Final = (
    Key("name", "What runs"),
    Key("image", "What runs", (Member("container", "image"),)),
    Key("pin_image", "What runs"),
    Key("command", "What runs", (Member("container override", "command"),)),
    Key("entry_point", "What runs", (_in_container("entryPoint"),)),
    Key("container_name", "What runs", (Member("container override", "name"), Member("container", "name"))),
    Key("env", "What runs", (Member("container override", "environment"),)),
    Key("env_file", "What runs"),
    Key("secrets", "What runs", (Member("container", "secrets"),)),
    Key("labels", "What runs", (_run("tags"),)),
    Key("cpu", "Size and place", tuple(Member(each, "cpu") for each in _SIZES)),
    Key("memory", "Size and place", tuple(Member(each, "memory") for each in _SIZES)),
    Key("gpus", "Size and place", (Member("container", "resourceRequirements"),)),
    Key(
        "launch_type", "Size and place", (_run("launchType", in_task=True), _run("capacityProviderStrategy"))
    ),
    Key("capacity_provider_strategy", "Size and place", (_run("capacityProviderStrategy"),)),
    Key("cluster", "Size and place", (_as_is("cluster"),)),
    Key("vpc_id", "Size and place", (_run("networkConfiguration"),)),
    Key("subnets", "Size and place", (_run("networkConfiguration"),)),
    Key("security_groups", "Size and place", (_run("networkConfiguration"),)),
    Key("assign_public_ip", "Size and place", (_run("networkConfiguration"),)),
    Key("network_configuration", "Size and place", (_run("networkConfiguration"),)),
    Key("family", "The task definition", (Member("definition", "family"),)),
    Key("flow_name", "The task definition", (Member("definition", "family"),)),
    Key("deployment_name", "The task definition", (Member("definition", "family"),)),
    Key("task_definition", "The task definition"),
    Key("task_definition_arn", "The task definition", (_run("taskDefinition"),)),
    Key("service", "What runs", (_run("taskDefinition"),)),
    Key(
        "execution_role_arn",
        "Roles",
        (_role("executionRoleArn"), Member("definition", "executionRoleArn")),
    ),
    Key("task_role_arn", "Roles", (_role("taskRoleArn"),)),
    Key("configure_cloudwatch_logs", "Logs", (Member("container", "logConfiguration"),)),
    Key("cloudwatch_logs_options", "Logs", (Member("container", "logConfiguration"),)),
    Key("stream_output", "Logs", (Member("container", "logConfiguration"),)),
    Key("task_customizations", "The run"),
    Key("task_definition_customizations", "The task definition"),
    Key("reuse", "The task definition"),
    Key("auto_deregister_task_definition", "The task definition"),
    Key("task_start_timeout_seconds", "The run"),
    Key("task_timeout_seconds", "The run"),
    Key("stop_timeout_seconds", "The run", (_in_container("stopTimeout"),)),
    Key("task_watch_poll_interval", "The run"),
    Key("count", "What runs", (_as_is("count"),)),
    Key("after", "Order and retries"),
    Key("matrix", "Order and retries"),
    Key("array", "Order and retries"),
    Key("max_parallel", "Order and retries"),
    Key("succeed_on", "Order and retries"),
    Key("retry", "Order and retries"),
    Key("concurrency", "Order and retries"),
    Key("schedule", "Order and retries"),
    Key("log_retention_days", "Logs"),
    Key("log_retention", "Logs"),
    Key("platform_version", "Size and place", (_as_is("platformVersion"),)),
    Key("enable_execute_command", "Roles", (_as_is("enableExecuteCommand", in_task=True),)),
    Key("propagate_tags", "The run", (_as_is("propagateTags"),)),
    Key("enable_ecs_managed_tags", "The run", (_as_is("enableECSManagedTags"),)),
    Key("group", "Size and place", (_as_is("group", in_task=True),)),
    Key("placement_constraints", "Size and place", (_as_is("placementConstraints"),)),
    Key("placement_strategy", "Size and place", (_as_is("placementStrategy"),)),
    Key("volume_configurations", "Size and place", (_as_is("volumeConfigurations"),)),
    Key(
        "volumes",
        "Size and place",
        (
            Member("definition", "volumes"),
            Member("container", "mountPoints"),
            _run("volumeConfigurations"),
        ),
    ),
    Key(
        "ephemeral_storage_gib",
        "Size and place",
        (Member("overrides", "ephemeralStorage"), Member("definition", "ephemeralStorage")),
    ),
    Key("runtime_platform", "The task definition", (Member("definition", "runtimePlatform"),)),
    Key("aws", "Size and place"),
)
"""The keys, in the order in which a plan's `spec` gives them."""

SPEC_ORDER: Final = tuple(key.name for key in KEYS)
"""The names of the keys in that order."""


def _passed_to(document: Document) -> Mapping[str, str]:
    """Return the keys that pass through to a document, and AWS's names for them."""
    members = ((key.name, each) for key in KEYS for each in key.members)
    return {name: each.name for name, each in members if each.document == document and each.verbatim}


RUN_OPTIONS: Final = _passed_to("run")
"""Keys that pass through to the run request, and AWS's names for them."""
OVERRIDE_OPTIONS: Final = _passed_to("overrides")
"""Keys that pass through to its `overrides`, and AWS's names for them."""
CONTAINER_OPTIONS: Final = _passed_to("container")
"""Keys that pass through to the job's container in the task definition, and AWS's names for them."""

SHOWN_IN_TASKS: Final = tuple(
    member.name for key in KEYS for member in key.members if member.document == "run" and member.in_task
)
"""Members of the run request that a task shows as they were asked for."""


def keys_of(document: Document) -> dict[str, tuple[str, ...]]:
    """Return the members of a document that keys set, and those keys in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for key in KEYS:
        for member in key.members:
            if member.document == document:
                found[member.name] = (*found.get(member.name, ()), key.name)
    return found
