"""What differs between a schedule that exists and the one that a job asks for.

AWS shows a schedule with its defaults filled in, so both are brought to one form first. UpdateSchedule
replaces the whole schedule: what a request leaves out is reset, and counts as a difference here.
Source: EventBridge Scheduler API reference, CreateSchedule, UpdateSchedule, RetryPolicy; the defaults of
EcsParameters are those of RunTask.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from ecsplan.decision.compare import Change
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.pointers import pointer_of
from ecsplan.terms.secrecy import mask_document, mask_value

_OF_AWS: Final = frozenset(
    {"Arn", "CreationDate", "LastModificationDate", "ResponseMetadata", "ClientToken", "Name", "GroupName"}
)
"""Members that AWS adds, and those by which the schedule is found."""
_DEFAULTS: Final[Document] = {
    "ScheduleExpressionTimezone": "UTC",
    "State": "ENABLED",
    "ActionAfterCompletion": "NONE",
    "FlexibleTimeWindow": {"Mode": "OFF"},
}
_RETRY: Final[Document] = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
_PARAMETERS: Final[Document] = {
    "TaskCount": 1,
    "EnableECSManagedTags": False,
    "EnableExecuteCommand": False,
    "PlatformVersion": "LATEST",
}
_NETWORK: Final[Document] = {"AssignPublicIp": "DISABLED"}
_UNORDERED: Final = frozenset({"Subnets", "SecurityGroups"})
"""Lists of the network in which order has no meaning."""


def schedule_changes(wanted: Document, found: Document) -> tuple[Change, ...]:
    """Return what would change in a schedule, sorted by path; values that look secret are masked.

    The overrides in `Target.Input` are compared as what they say, not as text. () means that the schedule
    says all that is wanted, and nothing else.

    Args:
        wanted: A CreateSchedule request.
        found: What GetSchedule returned.
    """
    return tuple(sorted(_changes((), _whole(wanted), _whole(found)), key=lambda each: each.path))


def _whole(document: Document) -> Record:
    """Return a schedule with all defaults, in the one form that comparisons use."""
    members = {name: value for name, value in document.items() if name not in _OF_AWS and value is not None}
    return {**_DEFAULTS, **members, "Target": _target(_kept(members.get("Target")))}


def _target(target: Document) -> Record:
    whole: Record = {**target, "RetryPolicy": {**_RETRY, **_kept(target.get("RetryPolicy"))}}
    if "EcsParameters" in target:
        whole["EcsParameters"] = _parameters(target["EcsParameters"])
    if isinstance(given := target.get("Input"), str):
        whole["Input"] = _input(given)
    # Overrides that override nothing are none.
    return {name: value for name, value in whole.items() if name != "Input" or value != {}}


def _parameters(parameters: Json) -> Record:
    whole: Record = {**_PARAMETERS, **_kept(parameters)}
    network = as_mapping(as_mapping(whole.get("NetworkConfiguration")).get("awsvpcConfiguration"))
    if network:
        members = {**_NETWORK, **_kept(network)}
        for name in _UNORDERED & members.keys():
            members[name] = sorted(map(str, as_list(members[name])))
        whole["NetworkConfiguration"] = {"awsvpcConfiguration": members}
    if "CapacityProviderStrategy" in whole:
        items = as_mappings(whole["CapacityProviderStrategy"])
        whole["CapacityProviderStrategy"] = [{"weight": 0, "base": 0, **_kept(each)} for each in items]
    if "Tags" in whole:
        tags = as_mappings(whole["Tags"])
        whole["Tags"] = {str(key): value for each in tags for key, value in each.items()}
    return whole


def _kept(members: Json) -> Record:
    """Return the members that hold something: AWS leaves out what is empty."""
    found = as_mapping(members)
    return {name: value for name, value in found.items() if value is not None and value not in ([], {}, ())}


def _input(text: str) -> Json:
    try:
        read: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return read if isinstance(read, Mapping) else text


def _changes(keys: tuple[str, ...], wanted: Json, found: Json) -> Iterator[Change]:
    """Yield the differences between two values, member by member."""
    if wanted == found and type(wanted) is type(found):
        return
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name in sorted(wanted.keys() | found.keys()):
            below = (*keys, name)
            if name not in found:
                yield Change("add", pointer_of(*below), None, _shown(below, wanted[name]))
            elif name not in wanted:
                yield Change("remove", pointer_of(*below), _shown(below, found[name]), None)
            else:
                yield from _changes(below, wanted[name], found[name])
        return
    named = _by_name(wanted), _by_name(found)
    if named[0] is not None and named[1] is not None:
        yield from _changes(keys, *named)
    elif json.dumps(wanted, default=str) != json.dumps(found, default=str):
        yield Change("replace", pointer_of(*keys), _shown(keys, found), _shown(keys, wanted))


def _by_name(value: Json) -> Record | None:
    """Return a list whose items all have names as a mapping by these; None where it is none.

    A pair of a name and a value is the value under its name, as in an environment.
    """
    items = as_mappings(value)
    names = [each.get("name") for each in items]
    if not items or len(items) != len(as_list(value)) or len(set(map(str, names))) < len(names):
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    return {
        str(each["name"]): each["value"]
        if each.keys() == {"name", "value"}
        else {name: below for name, below in each.items() if name != "name"}
        for each in items
    }


def _shown(keys: tuple[str, ...], value: Json) -> Json:
    """Return a value as it may be shown: masked where it looks like a credential."""
    # What an SDK makes of a time is no JSON.
    plain: Json = json.loads(json.dumps(value, default=str))
    is_whole = isinstance(plain, Mapping | list)
    shown: Json = mask_document(plain) if is_whole else mask_value(keys, plain)
    return shown
