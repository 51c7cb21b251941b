"""What the fields of ECSTask become in a manifest that makes the same requests of AWS.

What ECSTask does with each field was read in prefect-aws 0.4.20, `prefect_aws/ecs.py`, and recorded from it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings, as_text
from ecsplan.terms.family_names import reference_family
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.records import dataclass
from ecsplan_convert.prefect import values as types
from ecsplan_convert.prefect.slugs import slugged_family, slugged_tag
from ecsplan_convert.prefect.worker import CONTAINER, LOG_GROUP, SIZE, configures_logs
from ecsplan_convert.source import Suggestion

DEFAULT_FAMILY: Final = "prefect"
DEFAULT_IMAGE: Final = "prefecthq/prefect:2-latest"
"""The newest image of Prefect 2, the last version that has ECSTask (Prefect documentation, Docker images)."""
FLOW_RUN_NOTE: Final = (
    "Prefect adds its own settings (`PREFECT_…`) to `env`, and for a flow run `PREFECT__FLOW_RUN_ID`, labels "
    "`prefect.io/…` and, without a `command`, `python -m prefect.engine`; the manifest has none of them"
)
_LOG_OPTIONS: Final = {"awslogs-group": LOG_GROUP}


@dataclass(frozen=True, slots=True)
class Part:
    """What some fields of a block become."""

    keys: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


_PASSED: Final = ("command", "cpu", "memory", "cluster", "execution_role_arn", "task_role_arn")
FOLLOWING: Final = {"task_start_timeout_seconds": 120, "task_watch_poll_interval": 5}
"""The keys about following a run, and their defaults, which are those of a manifest as well."""
_DEREGISTERED: Final = (
    "ECSTask deregisters the task definition after each run, since `auto_deregister_task_definition` is true "
    "by default; the manifest keeps it for the next run"
)


def _passed(values: Mapping[str, Any]) -> Part:
    """Return the keys that go over as they are."""
    keys = {name: values[name] for name in _PASSED if name in values}
    keys |= {name: values[name] for name, each in FOLLOWING.items() if values.get(name, each) != each}
    notes: tuple[str, ...] = ()
    if values.get("launch_type", "FARGATE") != "FARGATE":
        keys["launch_type"] = values["launch_type"]
    if values.get("auto_deregister_task_definition"):
        keys["auto_deregister_task_definition"] = True
    elif "auto_deregister_task_definition" not in values:
        notes = (_DEREGISTERED,)
    return Part(keys, notes)


def credentials(value: Any) -> Part:
    """Return what credentials say besides the keys, which are never copied."""
    if value is None:
        return Part({})
    held = as_mapping(value)
    names = {"region": held.get("region_name"), "profile": held.get("profile_name")}
    names["endpoint_url"] = as_mapping(held.get("aws_client_parameters")).get("endpoint_url")
    aws = {name: text for name, each in names.items() if (text := as_text(each)) is not None}
    if "$ref" in held or not held:
        return Part({}, ("`aws_credentials` names a block of Prefect: set `aws.region` or `aws.profile`",))
    notes: list[str] = []
    secret = [each for each in held if each.startswith("aws_") and "client" not in each and held[each]]
    if secret:
        notes.append(
            f"`aws_credentials` has {', '.join(f'`{each}`' for each in secret)}, which the manifest never "
            "has; set the variables of the SDK, such as AWS_PROFILE, where it runs"
        )
    others = [
        each
        for each, name in as_mapping(held.get("aws_client_parameters")).items()
        if each != "endpoint_url" and name is not None
    ]
    if others:
        notes.append(f"`aws_client_parameters`: {', '.join(f'`{each}`' for each in others)} is left out")
    return Part({"aws": aws} if aws else {}, tuple(notes))


def _definition(values: Mapping[str, Any]) -> Part:
    """Return the definition that the block brings or names, and the family that ECSTask registers it into."""
    linked = values.get("task_definition_arn")
    if linked is not None:
        return _linked(values, linked)
    definition = dict(values.get("task_definition", {}))
    written = definition.get("family")
    family = values.get("family") or as_text(written) or DEFAULT_FAMILY
    slug = slugged_family(family)
    keys: dict[str, Any] = {}
    if slug != written:
        definition.pop("family", None)
        keys["family"] = slug or DEFAULT_FAMILY
    if values.get("task_definition"):
        keys["task_definition"] = _with_container(values, definition)
    notes = [] if slug else [f"ECSTask makes no family of `family`; the manifest has `{DEFAULT_FAMILY}`"]
    if configures_logs(values) and "logConfiguration" in _own(as_mapping(values.get("task_definition"))):
        notes.append(f"ECSTask replaces the `logConfiguration` of the container `{CONTAINER}`")
    return Part(keys, tuple(notes))


def _linked(values: Mapping[str, Any], linked: str) -> Part:
    keys: dict[str, Any] = {"task_definition_arn": linked}
    notes: list[str] = []
    own = reference_family(linked)
    if "family" in values:
        slug = slugged_family(values["family"])
        keys |= {"family": slug} if slug and slug != own else {}
    elif slugged_family(own) != own:
        notes.append(
            f"ECSTask copies the linked definition into the family `{slugged_family(own)}`; the manifest "
            "runs the linked one itself"
        )
    if values.get("task_definition"):
        notes.append("`task_definition` is left out: ECSTask ignores it beside `task_definition_arn`")
    return Part(keys, tuple(notes))


def _with_container(values: Mapping[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition in which the container `prefect` has what ECSTask gives it by rules of its own."""
    definition = {name: each for name, each in definition.items() if name not in OUTPUT_ONLY}
    containers = [dict(each) for each in as_mappings(definition.get("containerDefinitions"))]
    if len(containers) < len(as_list(definition.get("containerDefinitions"))):
        return definition
    own = next((each for each in containers if each.get("name") == CONTAINER), None)
    if own is None and values.get("launch_type", "") == "EC2":
        own = {"name": CONTAINER}
        containers.append(own)
    if own is not None and configures_logs(values):
        own.pop("logConfiguration", None)
    if own is not None and values.get("launch_type", "") == "EC2":
        for name, default in SIZE.items():
            own.setdefault(name, _number(values.get(name) or definition.get(name)) or default)
    return {**definition, "containerDefinitions": containers} if containers else definition


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() else None


def _own(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the container of a definition that ECSTask means; {} where there is none."""
    containers = as_mappings(definition.get("containerDefinitions"))
    return next((each for each in containers if each.get("name") == CONTAINER), {})


def _image(values: Mapping[str, Any]) -> Part:
    if "image" in values:
        return Part({"image": values["image"]})
    if "task_definition_arn" in values or _own(as_mapping(values.get("task_definition"))).get("image"):
        return Part({})
    note = (
        "`image` is not set: ECSTask takes the image of the Prefect that is installed where it runs; the "
        f"manifest has `{DEFAULT_IMAGE}`"
    )
    return Part({"image": DEFAULT_IMAGE}, (note,))


def _environment(values: Mapping[str, Any]) -> Part:
    """Return variables and labels without the values that Prefect fills in."""
    keys: dict[str, Any] = {}
    notes: list[str] = []
    for name in ("env", "labels"):
        literal: dict[str, Any] = {}
        for each, value in values.get(name, {}).items():
            if types.placeholders(value):
                notes.append(f"`{name}.{each}` is filled in by Prefect; it is left out")
            elif name == "env":
                literal[each] = value
            elif value is not None:
                literal[slugged_tag(each)] = slugged_tag(value)
            else:
                notes.append(f"`labels.{each}` has no value; it is left out")
        keys |= {name: literal} if literal else {}
    return Part(keys, tuple(notes))


def _logging(values: Mapping[str, Any]) -> Part:
    """Return the keys of logging, with the group and the prefix that ECSTask has by default."""
    options = values.get("cloudwatch_logs_options", {})
    streams = values.get("stream_output")
    if not configures_logs(values):
        left_out = ("`cloudwatch_logs_options` has no effect without logging",) if options else ()
        return Part(*_unconfigured(values, left_out))
    keys: dict[str, Any] = {"stream_output": True} if streams else {"configure_cloudwatch_logs": True}
    if streams is False:
        keys["stream_output"] = False
    prefix = {"awslogs-stream-prefix": values.get("name") or CONTAINER}
    keys["cloudwatch_logs_options"] = {**_LOG_OPTIONS, **prefix, **options}
    definition = as_mapping(values.get("task_definition"))
    if {"execution_role_arn", "task_definition_arn"} & {*values} or definition.get("executionRoleArn"):
        return Part(keys)
    reason = "logs in CloudWatch are left out: they need an execution role, which is not in the source"
    return Part({}, (), (Suggestion({"execution_role_arn": "arn:aws:iam::…:role/…", **keys}, reason),))


def _unconfigured(
    values: Mapping[str, Any], notes: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the keys and notes of a block that asks for no configuration of its log."""
    logs = as_mapping(_own(as_mapping(values.get("task_definition"))).get("logConfiguration"))
    logged = logs.get("logDriver") == "awslogs" or "task_definition_arn" in values
    if values.get("stream_output") and not logged:
        return {}, (*notes, "`stream_output` is left out: the container does not log to CloudWatch")
    return ({"stream_output": values["stream_output"]} if logged and "stream_output" in values else {}), notes


def _network(values: Mapping[str, Any]) -> Part:
    """Return the VPC where ECSTask reads it: for network mode `awsvpc`, which Fargate implies."""
    if "vpc_id" not in values:
        return Part({})
    on_fargate = values.get("launch_type", "FARGATE") in FARGATE_PROVIDERS
    mode = as_mapping(values.get("task_definition")).get("networkMode", "awsvpc" if on_fargate else "bridge")
    if mode == "awsvpc" or "task_definition_arn" in values:
        return Part({"vpc_id": values["vpc_id"]})
    return Part({}, ("`vpc_id` is left out: only network mode `awsvpc` uses it",))


def _customizations(values: Mapping[str, Any]) -> Part:
    """Return the patch of the run request, without operations that no manifest may have."""
    operations = [*_shared_sizes(values), *values.get("task_customizations", [])]
    kept = [each for each in operations if each["path"] != "/taskDefinition"]
    notes: tuple[str, ...] = ()
    if len(kept) < len(operations):
        notes = ("a patch of `/taskDefinition` is left out: set `task_definition_arn` instead",)
    return Part({"task_customizations": kept} if kept else {}, notes)


def _shared_sizes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return operations that give the container the size of the task beside others, as ECSTask does.

    A manifest gives it to the container only where it is alone in the task.
    """
    containers = as_mappings(as_mapping(values.get("task_definition")).get("containerDefinitions"))
    if "task_definition_arn" in values or all(each.get("name") == CONTAINER for each in containers):
        return []
    path = "/overrides/containerOverrides/0"
    sizes = {name: values[name] for name in SIZE if name in values}
    return [{"op": "add", "path": f"{path}/{name}", "value": size} for name, size in sizes.items()]


PARTS: Final[tuple[Callable[[Mapping[str, Any]], Part], ...]] = (
    _passed,
    _definition,
    _image,
    _environment,
    _logging,
    _network,
    _customizations,
)
"""What makes keys of the fields of a block, each of which has a value of its type."""
