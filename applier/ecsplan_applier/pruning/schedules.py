"""Which revisions EventBridge Scheduler's schedules and EventBridge's rules start, disabled ones included."""

import json
import re
from collections.abc import Iterator
from typing import Final, TypeVar

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import (
    GET_SCHEDULE,
    LIST_EVENT_BUSES,
    LIST_RULES,
    LIST_SCHEDULES,
    LIST_TARGETS,
    Operation,
)
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.pruning.use import Use
from ecsplan_applier.scheduling.scheduler import Coro

T = TypeVar("T")

_CLUSTER: Final = re.compile(r"arn:[^:]+:ecs:[^:]*:[^:]*:cluster/.+")
_CALLS_ECS: Final = re.compile(r"arn:[^:]+:scheduler:::aws-sdk:ecs:.+")
"""A universal target: the schedule calls an operation of ECS, whose request is the target's input
(EventBridge Scheduler user guide, universal targets)."""
_NOT_SERVED: Final = "UnknownOperationException"
_EMBEDDED: Final = "The embedded ECS has no operation"
"""How the embedded ECS refuses an operation that it does not have."""
_LISTED: Final = 100
"""Schedules of one answer (EventBridge Scheduler API reference, ListSchedules, MaxResults)."""


async def schedules_using(asker: Asker, target: Target) -> list[Use]:
    """Return which revisions the schedules of all groups start.

    ListSchedules names only the target's ARN: those are described whose target is a cluster, or ECS itself.

    Raises:
        ApplierError: EventBridge Scheduler could not be asked.
    """
    request = {"MaxResults": _LISTED}
    pages = await _if_served(asker.pages(target, LIST_SCHEDULES, request, "schedules"))
    listed = [each for page in pages for each in members(page, "Schedules", dict, LIST_SCHEDULES.name)]
    names = [
        (member(each, "GroupName", str, LIST_SCHEDULES.name), member(each, "Name", str, LIST_SCHEDULES.name))
        for each in listed
        if _starts_tasks(each)
    ]
    found = await asker.together(_schedule(asker, target, *each) for each in names)
    return [use for uses in found for use in uses]


def _starts_tasks(schedule: Body) -> bool:
    arn = member(member(schedule, "Target", dict, LIST_SCHEDULES.name), "Arn", str, LIST_SCHEDULES.name)
    return bool(_CLUSTER.fullmatch(arn) or _CALLS_ECS.fullmatch(arn))


async def _schedule(asker: Asker, target: Target, group: str, name: str) -> list[Use]:
    request = {"GroupName": group, "Name": name}
    described = await _unless_gone(asker.call(target, GET_SCHEDULE, request, f"schedule {group}/{name}"))
    by = f"schedule {group}/{name}"
    return [] if described is None else [Use(each, by) for each in _started(as_mapping(described["Target"]))]


def _started(target: Body) -> Iterator[str]:
    """Yield the task definitions that a target names."""
    named = as_text(as_mapping(target.get("EcsParameters")).get("TaskDefinitionArn"))
    if named is not None:
        yield named
    if _CALLS_ECS.fullmatch(str(target.get("Arn"))):
        yield from _in_request(as_text(target.get("Input")) or "")


def _in_request(text: str) -> Iterator[str]:
    """Yield the task definition in a request to ECS; one that is not JSON starts nothing."""
    try:
        request = as_mapping(json.loads(text))
    except (ValueError, RecursionError):
        return
    for name, value in request.items():
        if name.lower() == "taskdefinition" and isinstance(value, str):
            yield value


async def rules_using(asker: Asker, target: Target) -> list[Use]:
    """Return which revisions the rules of all event buses start.

    ListRuleNamesByTarget would answer for one cluster and bus at a time, and only for clusters that exist; so
    the targets of each rule are asked for.

    Raises:
        ApplierError: EventBridge could not be asked.
    """
    pages = await _if_served(asker.pages(target, LIST_EVENT_BUSES, {}, "event buses"))
    buses = _names(pages, "EventBuses", LIST_EVENT_BUSES)
    found = await asker.together(_bus(asker, target, each) for each in buses)
    return [use for uses in found for use in uses]


async def _bus(asker: Asker, target: Target, bus: str) -> list[Use]:
    about = f"event bus {bus}"
    pages = await _unless_gone(asker.pages(target, LIST_RULES, {"EventBusName": bus}, about))
    names = _names(pages or [], "Rules", LIST_RULES)
    found = await asker.together(_rule(asker, target, bus, each) for each in names)
    return [use for uses in found for use in uses]


async def _rule(asker: Asker, target: Target, bus: str, rule: str) -> list[Use]:
    request = {"Rule": rule, "EventBusName": bus}
    pages = await _unless_gone(asker.pages(target, LIST_TARGETS, request, f"rule {rule}"))
    targets = [each for page in pages or [] for each in members(page, "Targets", dict, LIST_TARGETS.name)]
    by = f"rule {rule}" if bus == "default" else f"rule {rule} of event bus {bus}"
    return [Use(reference, by) for each in targets for reference in _started(each)]


def _names(pages: list[Body], listed: str, operation: Operation) -> list[str]:
    found = [each for page in pages for each in members(page, listed, dict, operation.name)]
    return [member(each, "Name", str, operation.name) for each in found]


async def _if_served(asking: Coro[list[Body]]) -> list[Body]:
    """Return the pages of a list; none where the embedded ECS says that it does not have such things.

    Of any other endpoint without the service nobody knows what starts tasks beside it.
    """
    try:
        return await asking
    except AwsError as error:
        if error.code == _NOT_SERVED and error.text.startswith(_EMBEDDED):
            return []
        raise


async def _unless_gone(asking: Coro[T]) -> T | None:
    """Return what a call returns; None where the thing was deleted after it was listed."""
    try:
        return await asking
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise
