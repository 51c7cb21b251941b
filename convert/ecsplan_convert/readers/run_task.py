"""Read RunTask requests: what `aws ecs run-task --cli-input-json` takes.

The skeleton of `--generate-cli-skeleton` is read as well: what nobody has filled in there is not asked for.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

from collections.abc import Mapping
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.family_names import reference_family
from ecsplan.terms.json_types import Document, Record
from ecsplan_convert.aws.conformed import conformed, is_like_a_placeholder, refuse_deep
from ecsplan_convert.aws.templated import without_placeholders
from ecsplan_convert.readers.task_definition import without_aws_tags
from ecsplan_convert.source import ConversionError, Job, Row, Source, SourceJobs, Suggestion

OF_ECSPLAN: Final[Mapping[str, str]] = {
    "startedBy": "ecsplan sets it, to find the tasks of a run again",
    "clientToken": "ecsplan sets it, so that a repeated call starts no second task",
}
"""Members of RunTask that ecsplan sets itself, and why."""

TABLE: Final = (
    Row("taskDefinition", "task_definition_arn", "its family is also the name of the job"),
    Row("cluster", "cluster"),
    Row("count", "count"),
    Row("launchType", "launch_type"),
    Row("capacityProviderStrategy", "capacity_provider_strategy"),
    Row("networkConfiguration", "network_configuration"),
    Row("overrides.containerOverrides.command", "command"),
    Row("overrides.containerOverrides.environment", "env"),
    Row("overrides.containerOverrides, other members", "task_customizations"),
    Row("overrides.cpu", "cpu"),
    Row("overrides.memory", "memory"),
    Row("overrides.executionRoleArn", "execution_role_arn"),
    Row("overrides.taskRoleArn", "task_role_arn"),
    Row("overrides.ephemeralStorage", "ephemeral_storage_gib"),
    Row("enableECSManagedTags", "enable_ecs_managed_tags"),
    Row("enableExecuteCommand", "enable_execute_command"),
    Row("group", "group"),
    Row("placementConstraints", "placement_constraints"),
    Row("placementStrategy", "placement_strategy"),
    Row("platformVersion", "platform_version"),
    Row("propagateTags", "propagate_tags"),
    Row("tags", "labels"),
    Row("volumeConfigurations", "volume_configurations"),
    Row("referenceId", "task_customizations"),
    *(Row(member, "", why) for member, why in OF_ECSPLAN.items()),
    Row(
        "members that are empty or null", "", "nothing is set: a skeleton has them where nobody wrote a value"
    ),
)

_PLACEHOLDER: Final = "a job needs the task definition that it runs, of which the source has a placeholder"
_NAMED_BY: Final = ("name", "capacityProvider", "key", "deviceName", "expression", "field")
"""Members of which an item of a list in a request has one; where it is empty, nobody filled the item in."""
_PAIRS: Final = frozenset({"environment", "tags"})
"""Lists of names and values, of which an empty value is one."""
_ZERO_COUNTS: Final = frozenset({"weight", "base"})
"""Numbers whose zero is a value."""


def read(source: Source) -> SourceJobs:
    """Return the job of a RunTask request.

    Raises:
        ConversionError: The request names no task definition.
    """
    refuse_deep(source.document)
    given = as_mapping(source.document)
    request, notes = run_request(given)
    reference = as_text(request.get("taskDefinition"))
    if reference is None and (placeholder := as_text(given.get("taskDefinition"))):
        suggestion = Suggestion({"task_definition_arn": placeholder}, _PLACEHOLDER)
        return SourceJobs((Job(request=request, suggestions=(suggestion,), notes=notes),))
    if reference is None:
        raise ConversionError(
            "the request names no task definition",
            help="write the family or the ARN of one under taskDefinition",
        )
    name = "" if is_like_a_placeholder(reference) else reference_family(reference)
    return SourceJobs((Job(name=name, request=request, notes=notes),))


def run_request(given: Document, *, templates: bool = True) -> tuple[Record, tuple[str, ...]]:
    """Return a RunTask request without what is empty, open or ecsplan's own, and a note for what was said.

    A member that is empty asks for nothing and is not worth a note.

    Args:
        given: The request.
        templates: Whether `{{ … }}` in it is a placeholder; in what AWS returns it is a text.
    """
    notes = [f"{name} is left out: {why}" for name, why in OF_ECSPLAN.items() if filled(given.get(name))]
    kept: Record = {name: each for name, each in given.items() if name not in OF_ECSPLAN}
    if templates:
        kept, left_out = without_placeholders(kept)
        notes += left_out
    kept = without_aws_tags(_filled_in(kept, notes), "the request", notes)
    kept, left_out = conformed(kept, "run-request")
    return kept, (*notes, *left_out)


def filled(value: Any) -> bool:
    """Return whether a value says anything: whether it is, or has in it, more than "", 0 and null."""
    if isinstance(value, Mapping):
        return any(map(filled, value.values()))
    if isinstance(value, list | tuple):
        return any(map(filled, value))
    return value not in ("", 0, None) or isinstance(value, bool)


def _filled_in(request: Document, notes: list[str]) -> Record:
    """Return a request without the members of a skeleton that nobody has filled in."""
    below: Record = {
        name: overrides_filled_in(each, notes)
        if name == "overrides" and isinstance(each, Mapping)
        else _kept(each, name)
        for name, each in request.items()
    }
    kept = {name: each for name, each in below.items() if filled(each)}
    network = as_mapping(as_mapping(kept.get("networkConfiguration")).get("awsvpcConfiguration"))
    if network and not filled(network.get("subnets")):
        # A skeleton chooses `assignPublicIp`, which means nothing without subnets.
        del kept["networkConfiguration"]
        notes.append("networkConfiguration is left out: it names no subnets")
    if "launchType" in kept and "capacityProviderStrategy" in kept:
        del kept["launchType"]
        notes.append("launchType is left out: RunTask takes it or a capacityProviderStrategy, not both")
    return kept


def _kept(value: Any, name: str) -> Any:
    """Return the value of a member without the empty items and members in it."""
    if isinstance(value, Mapping):
        below = ((key, _kept(each, key)) for key, each in value.items())
        return {key: each for key, each in below if filled(each) or (key in _ZERO_COUNTS and each == 0)}
    if isinstance(value, list | tuple):
        named = [each for each in value if filled(each) and not _nameless(each)]
        return named if name in _PAIRS else [_kept(each, name) for each in named]
    return value


def _nameless(item: Any) -> bool:
    """Return whether an item of a list has the member that names it, and no name in it."""
    if not isinstance(item, Mapping):
        return False
    named_by = _NAMED_BY if any(each in item for each in _NAMED_BY) else ("value",)
    return any(each in item and not filled(item[each]) for each in named_by)


def overrides_filled_in(overrides: Document, notes: list[str]) -> Record:
    """Return the overrides of a request or of a task without what is empty.

    The value of a variable and an argument may be empty; a container's override without a name says nothing
    about any container, which gets a note where it says more.
    """
    kept: Record = {
        name: new
        for name, each in overrides.items()
        if name != "containerOverrides" and filled(new := _kept(each, name))
    }
    given = overrides.get("containerOverrides")
    if not isinstance(given, list):
        return kept if given is None else {**kept, "containerOverrides": given}
    containers = []
    for index, each in enumerate(given):
        override = _of_container(each) if isinstance(each, Mapping) else each
        if isinstance(override, Mapping) and as_text(override.get("name")) is None:
            if override:
                notes.append(f"overrides.containerOverrides[{index}] is left out: it names no container")
        elif filled(override):
            containers.append(override)
    return {**kept, "containerOverrides": containers} if containers else kept


def _of_container(override: Document) -> Record:
    """Return the override of a container without the members and items that are empty."""
    kept = {name: _kept(each, name) for name, each in override.items() if name != "command"}
    command = override.get("command")
    said = {name: each for name, each in kept.items() if filled(each)}
    return said if command in (None, [], [""]) else {**said, "command": command}
