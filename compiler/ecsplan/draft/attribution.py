"""Which key of the manifest sets what stands at a pointer of a request, before its patch."""

from collections.abc import Mapping
from typing import Any

from ecsplan.draft.task_definition import container_of
from ecsplan.job.spec import JobSpec
from ecsplan.terms.family_names import tag_text
from ecsplan.terms.observed import Body
from ecsplan.terms.pointers import child, tokens_of

_DEFINITION_KEYS = {
    "family": ("family", "deployment_name", "flow_name"),
    "cpu": ("cpu",),
    "memory": ("memory",),
    "executionRoleArn": ("execution_role_arn",),
    "ephemeralStorage": ("ephemeral_storage_gib",),
}
"""Members of the task definition that keys of the manifest set, the first that is written."""

_CONTAINER_KEYS = {"image": "image", "secrets": "secrets", "cpu": "cpu", "memory": "memory"}
"""Members of the job's container that keys of the manifest set."""

_RUN_KEYS = {
    "cluster": "cluster",
    "count": "count",
    "launchType": "launch_type",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "networkConfiguration": "network_configuration",
    "tags": "labels",
    "platformVersion": "platform_version",
    "enableExecuteCommand": "enable_execute_command",
    "propagateTags": "propagate_tags",
    "group": "group",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
    "volumeConfigurations": "volume_configurations",
    "taskDefinition": "task_definition_arn",
}
_OVERRIDE_KEYS = {
    "cpu": "cpu",
    "memory": "memory",
    "executionRoleArn": "execution_role_arn",
    "taskRoleArn": "task_role_arn",
    "ephemeralStorage": "ephemeral_storage_gib",
}
CONTAINER_NAME = "/container_name"
"""The pointer of what names the job's container."""

_CONTAINER_OVERRIDE_KEYS = {"command": "command", "environment": "env", "cpu": "cpu", "memory": "memory"}


def definition_key(job: JobSpec, definition: Body, container: str, pointer: str) -> str:
    """Return the manifest's pointer for a pointer into the task definition.

    Args:
        job: The job.
        definition: Its task definition before the patch.
        container: The name of its container.
        pointer: RFC 6901 pointer into the definition.
    """
    tokens = tokens_of(pointer)
    if not tokens:
        return "/task_definition" if job.says("task_definition") else ""
    for key in _DEFINITION_KEYS.get(tokens[0], ()):
        if job.says(key):
            return f"/{key}"
    if tokens[0] == "runtimePlatform" and {*tokens[1:2]} <= {*(job.runtime_platform or {})}:
        return _joined("runtime_platform", *tokens[1:])
    own = _own_key(job, definition, container, tokens)
    if own is not None:
        return own
    return f"/task_definition{pointer}" if job.linked is None else "/task_definition_arn"


def run_key(job: JobSpec, pointer: str) -> str:
    """Return the manifest's pointer for a pointer into the run request."""
    match tokens_of(pointer):
        case ():
            return ""
        case ("capacityProviderStrategy", *_) if not job.strategy:
            return "/launch_type"
        case ("tags", index, *_):
            return _label_key(job, int(index))
        case ("networkConfiguration", *inner):
            return _network_key(job, inner)
        case ("overrides", "containerOverrides", *inner):
            return _override_key(job, inner)
        case ("overrides", member, *_):
            return _joined(_OVERRIDE_KEYS.get(member, ""))
        case (member, *inner):
            return _joined(_RUN_KEYS.get(member, ""), *inner)
        case _:
            return ""


def keys_of_run(pointer: str) -> tuple[str, ...]:
    """Return the pointers of the keys that set what stands at this pointer of the run request."""
    tokens = tokens_of(pointer)
    if tokens[:1] != ("overrides",):
        return tuple(f"/{_RUN_KEYS[each]}" for each in tokens[:1] if each in _RUN_KEYS)
    return tuple(f"/{key}" for name, key in _OVERRIDE_KEYS.items() if tokens[1:2] in ((), (name,)))


def _own_key(job: JobSpec, definition: Body, container: str, tokens: tuple[str, ...]) -> str | None:
    """Return the pointer for a member of the job's container, or None where the definition says it."""
    if tokens[0] != "containerDefinitions" or len(tokens) < 3:
        return None
    containers = definition.get("containerDefinitions", ())
    own = containers[int(tokens[1])] if int(tokens[1]) < len(containers) else {}
    if own.get("name") != container:
        return None
    written = container_of(job.task_definition, container)
    match tokens[2:]:
        case ("logConfiguration", *inner):
            return _logging_key(job, written, inner)
        case ("environment" | "secrets" as member, index, *inner):
            name = own[member][int(index)].get("name")
            if member == "secrets" and name in job.secrets:
                return child("/secrets", name)
            return _written_item(job, written, tokens, inner)
        case ("cpu" | "memory" as member, *_) if member in written:
            return None
        case (member, *_) if job.says(_CONTAINER_KEYS.get(member, "")):
            return f"/{_CONTAINER_KEYS[member]}"
        case _:
            return None


def _logging_key(job: JobSpec, written: Mapping[str, Any], inner: list[str]) -> str | None:
    if inner and inner[-1] in job.log_options:
        return _joined("cloudwatch_logs_options", inner[-1])
    if not job.configure_logs or "logConfiguration" in written:
        return None
    return "/configure_cloudwatch_logs" if job.says("configure_cloudwatch_logs") else "/stream_output"


def _written_item(
    job: JobSpec, written: Mapping[str, Any], tokens: tuple[str, ...], inner: list[str]
) -> str | None:
    """Return the pointer of a variable in the definition as written: `env` may have unset some before it."""
    member, index = tokens[2], int(tokens[3])
    kept = [
        place
        for place, each in enumerate(written.get(member, ()))
        if job.env.get(each.get("name"), "") is not None
    ]
    if index >= len(kept) or job.linked is not None:
        return None
    return _joined("task_definition", *tokens[:3], str(kept[index]), *inner)


def _label_key(job: JobSpec, index: int) -> str:
    """Return the pointer of the label that became this tag, under the name that was written."""
    tag = list(job.labels)[index]
    written = job.written.data.get("labels", {})
    return child("/labels", next((key for key in written if tag_text(key) == tag), tag))


def _network_key(job: JobSpec, inner: list[str]) -> str:
    if job.network is None:
        return "/vpc_id"
    wrapped = "awsvpcConfiguration" in job.spec["network_configuration"]
    return _joined("network_configuration", *inner[0 if wrapped else 1 :])


def _override_key(job: JobSpec, inner: list[str]) -> str:
    match inner:
        case (_, "environment", index, *_):
            names = [name for name, value in job.env.items() if value is not None]
            return child("/env", names[int(index)])
        case (_, member, *rest) if member in _CONTAINER_OVERRIDE_KEYS:
            return _joined(_CONTAINER_OVERRIDE_KEYS[member], *rest)
        case _:
            return CONTAINER_NAME


def _joined(*names: str) -> str:
    pointer = ""
    for name in names:
        pointer = child(pointer, name)
    return pointer
