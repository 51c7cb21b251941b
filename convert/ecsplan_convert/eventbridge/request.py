"""The RunTask request that a target of EventBridge makes."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ecsplan.schema.check import job_violations
from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan_convert.aws.conformed import conformed, refuse_deep
from ecsplan_convert.aws.member_case import camel_case
from ecsplan_convert.aws.named_containers import is_marked, with_named_containers
from ecsplan_convert.aws.templated import without_open
from ecsplan_convert.source import ConversionError

_NAMES: Final[Mapping[str, str]] = {
    "taskDefinitionArn": "taskDefinition",
    "taskCount": "count",
    "tagList": "tags",
    "placementStrategies": "placementStrategy",
}
"""Members of EcsParameters that RunTask calls otherwise; the last two as CloudFormation has them."""
_OF_EVENT: Final = {
    "InputPath": "it takes the overrides from the event",
    "InputTransformer": "it makes the overrides of the event",
}
_CONTEXT: Final = re.compile(r"<aws\.scheduler\.[a-z-]+>")
"""https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
_ARNS: Final = (
    ("cluster", "cluster", ":cluster/"),
    ("taskDefinition", "task_definition_arn", ":task-definition/"),
)
"""Members that are ARNs, their keys, and what stands in front of the name."""
_SET_BY_CALL: Final = frozenset({"startedBy", "clientToken"})


def request_of(target: Document) -> tuple[Record, tuple[str, ...]]:
    """Return the RunTask request of a target, and a note for each member that is left out of it."""
    notes: list[str] = [
        f"{name} is left out: {why}" for name, why in _OF_EVENT.items() if target.get(name) is not None
    ]
    given = _input(target, notes)
    parameters = target.get("EcsParameters")
    if isinstance(parameters, Mapping):
        request: Record = {**_parameters(parameters)}
        if (cluster := as_text(target.get("Arn"))) is not None:
            request["cluster"] = cluster
        if given:
            request["overrides"] = given
    else:
        request = {name: each for name, each in given.items() if name not in _SET_BY_CALL}
    request, left_out = conformed(request, "run-request")
    request, unnamed = with_named_containers(request)
    network = as_mapping(as_mapping(request.get("networkConfiguration")).get("awsvpcConfiguration"))
    if network and not network.get("subnets"):
        del request["networkConfiguration"]
        notes.append("NetworkConfiguration is left out: it names no subnets")
    request, renamed = _with_names(request)
    spelled = _spellings(target)
    return request, (*notes, *(_in_own_words(each, spelled) for each in (*renamed, *left_out, *unnamed)))


def _spellings(target: Document) -> Mapping[str, str]:
    """Return what a target calls the members of the request."""
    parameters = target.get("EcsParameters")
    if not isinstance(parameters, Mapping):
        return {}
    camel = ((each, str(next(iter(as_mapping(camel_case({each: None})))))) for each in parameters)
    named = {_NAMES.get(name, name): f"EcsParameters.{each}" for each, name in camel}
    return {**named, "overrides": "Input", "cluster": "Arn"}


def _in_own_words(note: str, spelled: Mapping[str, str]) -> str:
    """Return a note about a member of the request that begins with what the target calls it."""
    name = re.match(r"\w*", note, re.ASCII)
    member = name[0] if name is not None else ""
    return spelled.get(member, member) + note[len(member) :]


def _with_names(request: Document) -> tuple[Record, tuple[str, ...]]:
    """Return a request in which an ARN with placeholders, `arn:aws:ecs:<region>:…`, is the name in it.

    A definition that is nothing but a placeholder stays: no manifest could stand without one.
    """
    kept = dict(request)
    notes: list[str] = []
    for member, key, kind in _ARNS:
        value = as_text(request.get(member))
        is_needed = member == "taskDefinition" and value is not None and is_marked(value)
        if value is None or is_needed or not any(job_violations({key: value})):
            continue
        name = value.rpartition(kind)[2] if kind in value else ""
        if name and not any(job_violations({key: name})):
            kept[member] = name
            notes.append(f"{member} is its name alone: the rest of its ARN is not valid")
        else:
            del kept[member]
            notes.append(f"{member} is left out: it is not a valid ARN or name")
    return kept, tuple(notes)


def _parameters(parameters: Document) -> Record:
    """Return EcsParameters as members of RunTask."""
    tags = parameters.get("Tags", parameters.get("TagList"))
    others = {name: each for name, each in parameters.items() if name not in {"Tags", "TagList"}}
    camel = as_mapping(camel_case(others))
    found: Record = {_NAMES.get(name, name): value for name, value in camel.items()}
    return found if tags is None else {**found, "tags": _tags(tags)}


def _tags(tags: Json) -> Json:
    """Return tags as RunTask has them.

    Scheduler's API takes any map of texts for a tag: `{Key: team, Value: data}`, or `{team: data}`.
    """
    items = [tags] if isinstance(tags, Mapping) else tags
    if not isinstance(items, list | tuple) or not all(isinstance(each, Mapping) for each in items):
        return tags
    found: list[Json] = []
    for each in map(as_mapping, items):
        lowered = {str(name).lower(): value for name, value in each.items()}
        if "key" in lowered and lowered.keys() <= {"key", "value"}:
            found.append({"value": "", **lowered})
        else:
            found += ({"key": name, "value": value} for name, value in each.items())
    return found


def _input(target: Document, notes: list[str]) -> Record:
    """Return what the Input of a target says, in ECS's spelling; {} where it is missing or not JSON."""
    given: Any = target.get("Input")
    if isinstance(given, str):
        try:
            given = json.loads(given)
            refuse_deep(given)
        except (ValueError, RecursionError, ConversionError):
            given = None
    if not isinstance(given, Mapping):
        if target.get("Input") not in (None, ""):
            notes.append("Input is left out: it is not a JSON object")
        return {}
    kept, left_out = without_open(as_mapping(camel_case(given)), _is_filled_in, "Input")
    notes += left_out
    return kept


def _is_filled_in(text: str) -> str | None:
    return "EventBridge Scheduler fills it in when it starts the task" if _CONTEXT.search(text) else None
