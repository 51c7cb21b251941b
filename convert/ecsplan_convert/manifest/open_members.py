"""RunTask requests of which some members are placeholders that only their template's tool knows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ecsplan.schema.check import job_violations
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings
from ecsplan.terms.json_types import Document, Record
from ecsplan_convert.aws.conformed import is_like_a_placeholder
from ecsplan_convert.aws.named_containers import is_marked
from ecsplan_convert.references import has_reference
from ecsplan_convert.source import Job, Suggestion

_OVERRIDES: Final = "overrides"
_CONTAINERS: Final = "containerOverrides"
_NETWORK: Final = "networkConfiguration"
_SUBNETS: Final = "networkConfiguration is left out: ids in it are placeholders; write them"
_NAMELESS: Final = "the name of a container in `overrides` is left out: it is a placeholder; write the name"
_KEYS: Final[Mapping[str, str]] = {
    "taskDefinition": "task_definition_arn",
    "cluster": "cluster",
    "group": "group",
    "platformVersion": "platform_version",
    "launchType": "launch_type",
}
_OF_OVERRIDES: Final[Mapping[str, str]] = {
    "taskRoleArn": "task_role_arn",
    "executionRoleArn": "execution_role_arn",
    "cpu": "cpu",
    "memory": "memory",
}
"""Members whose values have a form, and their keys."""


def without_open_members(job: Job) -> Job:
    """Return a job without members of its request that are placeholders, which it suggests instead."""
    request, suggestions = _split(job.request, _KEYS, "")
    given = as_mapping(request.get(_OVERRIDES))
    overrides, more = _split(given, _OF_OVERRIDES, f"{_OVERRIDES}.")
    if suggestions or more:
        if _OVERRIDES in request:
            request[_OVERRIDES] = overrides
        job = replace(job, request=request, suggestions=(*job.suggestions, *suggestions, *more))
    return _without_open_container(_without_open_subnets(job))


def _without_open_subnets(job: Job) -> Job:
    """Return a job without a network whose subnets are placeholders; it needs them all."""
    network = as_mapping(as_mapping(job.request.get(_NETWORK)).get("awsvpcConfiguration"))
    ids = [each for name in ("subnets", "securityGroups") for each in as_list(network.get(name))]
    if not any(_is_open("subnets", [each]) for each in ids):
        return job
    request = {name: each for name, each in job.request.items() if name != _NETWORK}
    suggestion = Suggestion({"network_configuration": dict(network)}, _SUBNETS)
    return replace(job, request=request, suggestions=(*job.suggestions, suggestion))


def _without_open_container(job: Job) -> Job:
    """Return a job without overrides of containers whose names are placeholders.

    The command and the environment of the only one are those of the job's container, whatever its name is.
    """
    overrides = as_mapping(job.request.get(_OVERRIDES))
    containers = as_mappings(overrides.get(_CONTAINERS))
    open_ones = [each for each in containers if _is_open("container_name", each.get("name"))]
    if not open_ones:
        return job
    kept: Record = {**overrides, _CONTAINERS: [each for each in containers if each not in open_ones]}
    suggestions = tuple(
        Suggestion({"container_name": str(each["name"]), **_keys(each)}, _NAMELESS) for each in open_ones
    )
    if len(containers) == 1:
        named = Suggestion({"container_name": str(open_ones[0]["name"])}, _NAMELESS)
        suggestions, keys = (named,), _keys(open_ones[0])
        job = replace(job, keys={**keys, **job.keys})
    return replace(
        job, request={**job.request, _OVERRIDES: kept}, suggestions=(*job.suggestions, *suggestions)
    )


def _keys(override: Document) -> Record:
    """Return what an override says of a container, as keys."""
    keys: Record = {}
    if override.get("command"):
        keys["command"] = override["command"]
    pairs = {
        str(each.get("name")): each.get("value", "") for each in as_mappings(override.get("environment"))
    }
    return {**keys, "env": pairs} if pairs else keys


def _split(
    members: Document, keys: Mapping[str, str], at: str
) -> tuple[dict[str, Any], tuple[Suggestion, ...]]:
    kept: Record = dict(members)
    suggestions = []
    for member, key in keys.items():
        if _is_open(key, members.get(member)):
            reason = f"{at}{member} is left out: its value is a placeholder; write the value"
            suggestions.append(Suggestion({key: kept.pop(member)}, reason))
    return kept, tuple(suggestions)


def _is_open(key: str, value: Any) -> bool:
    """Return whether a value, or the only one of a list, is a placeholder where the key takes none."""
    text = value[0] if isinstance(value, list) else value
    if not isinstance(text, str) or has_reference(text) or not is_like_a_placeholder(text):
        return False
    if isinstance(value, list) and is_marked(text):
        return " " not in text  # a mark of ecsplan's own has words: `<subnets of the default VPC>`
    return any(job_violations({key: value}))
