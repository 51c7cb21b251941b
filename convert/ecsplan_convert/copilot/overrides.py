"""`taskdef_overrides` of Copilot: rules that set members of the task definition in CloudFormation's names.

Facts: aws.github.io/copilot-cli, "Task Definition Overrides": a path has members and `[index]`, `[-]` adds an
item, and what is missing on the way is made.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ecsplan.terms.fargate import cpu_units, memory_mib
from ecsplan.terms.json_types import Json, Record
from ecsplan_convert.aws.conformed import conformed
from ecsplan_convert.aws.intrinsic_functions import is_function
from ecsplan_convert.aws.member_case import camel_case
from ecsplan_convert.images import is_image
from ecsplan_convert.job_draft import CONTAINER, JobDraft
from ecsplan_convert.source import ConversionError

_STEP: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\[(\d{1,3}|-)\])?")
_KEYS: Final[Mapping[str, str]] = {
    "family": "family",
    "cpu": "cpu",
    "memory": "memory",
    "executionRoleArn": "execution_role_arn",
    "taskRoleArn": "task_role_arn",
}
"""Members of a task definition that a manifest has keys for, and that would win over the definition."""
_OF_CONTAINER: Final[Mapping[str, str]] = {
    "image": "image",
    "entryPoint": "entry_point",
    "command": "command",
}
_ROLES: Final[Mapping[Any, str]] = {
    "ExecutionRoleArn": "execution_role_arn",
    "TaskRoleArn": "task_role_arn",
}
_ROLE_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_MAX_ITEMS: Final = 100


def taskdef_overrides(draft: JobDraft, value: Any) -> None:
    """Apply the rules to the task definition of a job; note those that cannot be applied."""
    if not isinstance(value, list):
        draft.note("taskdef_overrides", "not a list of rules; it was left out")
        return
    definition: Any = {"containerDefinitions": [{"name": CONTAINER, **draft.container}], **draft.definition}
    for rule in value:
        path = rule.get("path") if isinstance(rule, Mapping) else None
        said = f"taskdef_overrides: {path}" if isinstance(path, str) else "taskdef_overrides"
        steps = _steps(path) if isinstance(path, str) else None
        if steps is None or not isinstance(rule, Mapping) or "value" not in rule:
            draft.note(said, "not a path and a value; it was left out")
        elif _is_function(rule["value"]):
            draft.note(said, "a function of CloudFormation; write its value")
        elif steps[0][0] == "containerDefinitions" and steps[0][1] != "0":
            draft.note(said, "of a sidecar, which was left out")
        elif not _set(definition, steps, camel_case(rule["value"])):
            draft.note(said, "its path leads nowhere in this task definition; it was left out")
    _take(draft, definition)


def role_overrides(draft: JobDraft, value: Any) -> None:
    """Add the roles that rules set, on which other members depend."""
    for rule in value if isinstance(value, list) else []:
        path, arn = (rule.get("path"), rule.get("value")) if isinstance(rule, Mapping) else (None, None)
        if isinstance(path, str) and path in _ROLES and isinstance(arn, str) and _ROLE_ARN.fullmatch(arn):
            draft.keys[_ROLES[path]] = arn


def _steps(path: str) -> list[tuple[str, str]] | None:
    """Return the members of a path in ECS's names, each with its index or ""; None for a wrong path."""
    matches = [_STEP.fullmatch(each) for each in path.split(".")]
    found = [(match[1], match[2] or "") for match in matches if match is not None]
    if len(found) < len(matches):
        return None
    return [(next(iter(_named(name))), index) for name, index in found]


def _named(name: str) -> Mapping[str, Json]:
    named = camel_case({name: None})
    return named if isinstance(named, Mapping) else {name: None}


def _is_function(value: Any) -> bool:
    """Return whether a value is computed by CloudFormation, somewhere in it."""
    level: list[Any] = [value]
    while level:
        if any(isinstance(each, Mapping) and any(map(is_function, each)) for each in level):
            return True
        level = [below for each in level for below in _below(each)]
    return False


def _below(value: Any) -> list[Any]:
    return [*value.values()] if isinstance(value, Mapping) else [*value] if isinstance(value, list) else []


def _set(document: Any, steps: list[tuple[str, str]], value: Json) -> bool:
    """Set a member of a document, and make what is missing on the way; return whether the path fits."""
    holder = document
    for number, (name, index) in enumerate(steps):
        last = number == len(steps) - 1
        if not isinstance(holder, dict):
            return False
        if not index:
            if last:
                holder[name] = value
                return True
            holder = holder.setdefault(name, {})
            continue
        items = holder.setdefault(name, [])
        if not isinstance(items, list) or len(items) > _MAX_ITEMS:
            return False
        at = len(items) if index == "-" else int(index)
        if at > len(items):
            return False
        if at == len(items):
            items.append({})
        if last:
            items[at] = value
            return True
        holder = items[at]
    return False


def _fits(member: str, value: Json) -> bool:
    """Return whether a value is one of those that AWS takes for a member."""
    match member:
        case "cpu":
            return cpu_units(value) is not None
        case "memory":
            return memory_mib(value) is not None
        case "executionRoleArn" | "taskRoleArn":
            return isinstance(value, str) and _ROLE_ARN.fullmatch(value) is not None
        case "image":
            return is_image(value)
        case _:
            return value not in ("", [])


def _take(draft: JobDraft, definition: Any) -> None:
    """Take over a definition as far as AWS would accept it, its members that are keys as keys."""
    try:
        kept, notes = conformed(definition, "task-definition")
    except ConversionError:
        draft.note("taskdef_overrides", "nested more deeply than a task definition; it was left out")
        return
    draft.notes += [f"`taskdef_overrides`: {each}" for each in notes]
    containers = kept.pop("containerDefinitions", [])
    container: Record = {}
    if isinstance(containers, list) and containers and isinstance(containers[0], Mapping):
        container = {**containers[0]}
    container.pop("name", None)
    for members, keys in ((kept, _KEYS), (container, _OF_CONTAINER)):
        for member, key in keys.items():
            if member in members and _fits(member, members[member]):
                draft.keys[key] = members.pop(member)
            elif member in members:
                members.pop(member)
                draft.note(f"taskdef_overrides: {member}", "not a value that AWS takes; it was left out")
    draft.container, draft.definition = container, kept
