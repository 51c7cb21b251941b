"""Which key of the manifest sets what stands at a pointer of a request, before its patch."""

from collections.abc import Iterable

from ecsplan.draft.task_definition import container_of, family_source
from ecsplan.job.network_keys import KEYS as NETWORK_KEYS
from ecsplan.job.short_volumes import normalized_path
from ecsplan.job.spec import JobSpec
from ecsplan.terms.family_names import tag_text
from ecsplan.terms.json_types import NOTHING, Document, items, mappings, name_of, text
from ecsplan.terms.manifest_keys import keys_of
from ecsplan.terms.pointers import child, pointer_of, tokens_of

_DEFINITION_KEYS = keys_of("definition")
_CONTAINER_KEYS = keys_of("container")
_RUN_KEYS = keys_of("run")
_OVERRIDE_KEYS = keys_of("overrides")
_CONTAINER_OVERRIDE_KEYS = keys_of("container override")

CONTAINER_NAME = "/container_name"
"""The pointer of what names the job's container."""

_FOR_LAUNCH_TYPE = frozenset({"networkMode", "requiresCompatibilities"})
"""Members of the task definition that Fargate requires: the launch type sets what nothing else does."""


def definition_key(job: JobSpec, definition: Document, container: str, pointer: str) -> str:
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
    key = (
        _volume_key(job, definition, tokens)
        or _task_key(job, tokens)
        or _own_key(job, definition, container, tokens)
    )
    if key is not None:
        return key
    return f"/task_definition{pointer}" if job.linked is None else f"/{job.link_key}"


def run_key(job: JobSpec, pointer: str) -> str:
    """Return the manifest's pointer for a pointer into the run request."""
    key = _run_key(job, pointer)
    return "/service" if job.taken.intersection(tokens_of(key)[:1]) else key


def _run_key(job: JobSpec, pointer: str) -> str:
    """Return the pointer of the key for a value of the run request, be it one that a service gives."""
    match tokens_of(pointer):
        case ():
            return ""
        case ("capacityProviderStrategy", *inner):
            return pointer_of("capacity_provider_strategy", *inner) if job.strategy else "/launch_type"
        case ("taskDefinition", *_) if job.linked is None:
            return "/task_definition" if job.says("task_definition") else ""
        case ("taskDefinition", *_):
            return f"/{job.link_key}"
        case ("tags", index, *_):
            return _label_key(job, int(index))
        case ("networkConfiguration", *inner):
            return _network_key(job, inner)
        case ("volumeConfigurations", index, *inner) if job.volumes:
            return _launch_volume_key(job, int(index), inner)
        case ("overrides", "containerOverrides", *inner):
            return _override_key(job, inner)
        case ("overrides", member, *_):
            return pointer_of(*_OVERRIDE_KEYS.get(member, ("",)))
        case (member, *inner):
            return pointer_of(*_RUN_KEYS.get(member, ("",))[:1], *inner)
        case _:
            return ""


def keys_of_run(pointer: str) -> tuple[str, ...]:
    """Return the pointers of the keys that set what stands at this pointer of the run request."""
    tokens = tokens_of(pointer)
    if tokens[:1] != ("overrides",):
        return tuple(f"/{key}" for each in tokens[:1] for key in _RUN_KEYS.get(each, ()))
    set_by = (keys for name, keys in _OVERRIDE_KEYS.items() if tokens[1:2] in ((), (name,)))
    return tuple(f"/{key}" for keys in set_by for key in keys)


def _task_key(job: JobSpec, tokens: tuple[str, ...]) -> str | None:
    """Return the pointer for a member of the task, or None where the definition says it."""
    match tokens:
        case ("family", *_):
            key, _ = family_source(job, job.task_definition)
            return f"/{key}" if key in _DEFINITION_KEYS["family"] else None
        case ("runtimePlatform", *inner):
            is_own = {*inner[:1]} <= {*(job.runtime_platform or {})}
            return pointer_of("runtime_platform", *inner) if is_own else None
        case ("volumes", *inner):
            # `definition_key` knows the names; without an item, the list is whoever's it is at all.
            in_definition = bool(items(job.task_definition, "volumes")) or job.linked is not None
            return None if inner or in_definition else _first_said(job, ("volumes",))
        case (member, *inner) if member in _FOR_LAUNCH_TYPE and job.linked is None:
            written = job.task_definition.get(member)
            is_written = not inner or int(inner[0]) < len(items(job.task_definition, member))
            return None if written and is_written else _launch_key(job)
        case (member, *_):
            return _first_said(job, _DEFINITION_KEYS.get(member, ()))
        case _:
            return None


def _volume_key(job: JobSpec, definition: Document, tokens: tuple[str, ...]) -> str | None:
    """Return the pointer of the key that gives a volume in short, or None where the definition has it."""
    if tokens[0] != "volumes" or len(tokens) < 2 or not job.volumes:
        return None
    name = name_of(mappings(definition, "volumes")[int(tokens[1])])
    written = {name_of(each) for each in mappings(job.task_definition, "volumes")}
    return None if name in written else _short_volume(job, "name", name)


def _short_volume(job: JobSpec, member: str, value: str) -> str | None:
    """Return the pointer of the volume in short whose name or path this is, as its path is written."""
    path = next((each.path for each in job.volumes if getattr(each, member) == value), None)
    return None if path is None else volume_pointer(job, path)


def volume_pointer(job: JobSpec, path: str) -> str:
    """Return the pointer of the volume in short at this normalized path."""
    written = job.written.data.get("volumes", {})
    return child("/volumes", next((each for each in written if normalized_path(each) == path), path))


def _launch_key(job: JobSpec) -> str | None:
    """Return the pointer of what makes the job one for Fargate, or None where that is the default."""
    return _first_said(job, ("launch_type", "capacity_provider_strategy"))


def _first_said(job: JobSpec, keys: Iterable[str]) -> str | None:
    """Return the pointer of the first of these keys that the manifest has."""
    return next((f"/{key}" for key in keys if job.says(key)), None)


def _own_key(job: JobSpec, definition: Document, container: str, tokens: tuple[str, ...]) -> str | None:
    """Return the pointer for a member of the job's container, or None where the definition says it."""
    if tokens[0] != "containerDefinitions" or len(tokens) < 3:
        return None
    containers = mappings(definition, "containerDefinitions")
    own = containers[int(tokens[1])] if int(tokens[1]) < len(containers) else NOTHING
    if own.get("name") != container:
        return None
    written = container_of(job.task_definition, container)
    match tokens[2:]:
        case ("logConfiguration", *inner):
            return _logging_key(job, written, inner)
        case ("environment" | "secrets" as member, index, *inner):
            name = name_of(mappings(own, member)[int(index)])
            if member == "secrets" and name in job.secrets:
                return child("/secrets", name)
            return _written_item(job, written, tokens, inner)
        case ("mountPoints", index, *_) if job.volumes:
            mount = mappings(own, "mountPoints")[int(index)]
            is_written = int(index) < len(mappings(written, "mountPoints"))
            return None if is_written else _short_volume(job, "path", text(mount, "containerPath"))
        case ("mountPoints", *_) if "mountPoints" in written:
            return None
        case ("resourceRequirements", index, *_) if (
            mappings(own, "resourceRequirements")[int(index)].get("type") != "GPU"
        ):
            return None
        case ("cpu" | "memory" as member, *_) if member in written:
            return None
        case ("name", *_) if written:
            return None
        case (member, *inner):
            key = _first_said(job, _CONTAINER_KEYS.get(member, ()))
            is_as_it_is = key is not None and member in job.container_options
            return f"{key}{pointer_of(*inner)}" if is_as_it_is else key
        case _:
            return None


def _logging_key(job: JobSpec, written: Document, inner: list[str]) -> str | None:
    if inner and inner[-1] in job.log_options:
        return pointer_of("cloudwatch_logs_options", inner[-1])
    if not job.configure_logs or "logConfiguration" in written:
        return None
    return f"/{logs_key(job)}"


def logs_key(job: JobSpec) -> str:
    """Return the key that makes ecsplan set up CloudWatch logs, where it does."""
    # `stream_output` implies `configure_cloudwatch_logs`, which the manifest then need not have.
    return "configure_cloudwatch_logs" if job.says("configure_cloudwatch_logs") else "stream_output"


def _written_item(job: JobSpec, written: Document, tokens: tuple[str, ...], inner: list[str]) -> str | None:
    """Return the pointer of a variable in the definition as written: `env` may have unset some before it."""
    member, index = tokens[2], int(tokens[3])
    kept = [
        place
        for place, each in enumerate(mappings(written, member))
        if job.env.get(name_of(each), "") is not None
    ]
    if index >= len(kept) or job.linked is not None:
        return None
    return pointer_of("task_definition", *tokens[:3], str(kept[index]), *inner)


def _label_key(job: JobSpec, index: int) -> str:
    """Return the pointer of the label that became this tag, under the name that was written."""
    tag = list(job.labels)[index]
    written = job.written.data.get("labels", {})
    return child("/labels", next((key for key in written if tag_text(key) == tag), tag))


def _network_key(job: JobSpec, inner: list[str]) -> str:
    if job.network is None:
        return _key_of_network(job, inner[1:])
    wrapped = "awsvpcConfiguration" in job.spec["network_configuration"]
    return pointer_of("network_configuration", *inner[0 if wrapped else 1 :])


def _key_of_network(job: JobSpec, inner: list[str]) -> str:
    """Return the pointer of the key that gives this part of the network."""
    keys = job.network_keys
    whole = _first_said(job, ("subnets", "vpc_id", *NETWORK_KEYS)) or "/vpc_id"
    match inner:
        case ("subnets", index, *_) if keys.subnets:
            return f"/subnets/{_position(keys.subnets, int(index))}"
        case ("securityGroups", index, *_) if keys.groups:
            return f"/security_groups/{_position(keys.groups, int(index))}"
        case ("securityGroups", *_) if keys.groups:
            return "/security_groups"
        case ("assignPublicIp", *_) if keys.public_ip is not None:
            return "/assign_public_ip"
        case _:
            return whole


def _position(written: tuple[str, ...], index: int) -> int:
    """Return where an item stands in a list as written, by its position in the list without repetitions."""
    once = tuple(dict.fromkeys(written))
    return written.index(once[min(index, len(once) - 1)])


def _launch_volume_key(job: JobSpec, index: int, inner: list[str]) -> str:
    """Return the pointer of what configures a volume of the run request."""
    configured = [name_of(each) for each in job.run_options.get("volumeConfigurations", ())]
    if index < len(configured):
        return pointer_of("volume_configurations", index, *inner)
    launched = [each for each in job.volumes if each.launch is not None and each.name not in configured]
    pointer = volume_pointer(job, launched[index - len(configured)].path)
    keys = {"sizeInGiB": "ebs_gib", "roleArn": "role_arn"}
    return child(pointer, keys[inner[-1]]) if inner and inner[-1] in keys else pointer


def _override_key(job: JobSpec, inner: list[str]) -> str:
    match inner:
        case (_, "environment", index, *_):
            names = [name for name, value in job.env.items() if value is not None]
            return child("/env", names[int(index)])
        case (_, member, *rest) if member in _CONTAINER_OVERRIDE_KEYS:
            return pointer_of(*_CONTAINER_OVERRIDE_KEYS[member], *rest)
        case _:
            return CONTAINER_NAME
