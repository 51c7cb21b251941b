"""The target of a schedule, or of an EventBridge rule, for a RunTask request: its members in their spelling.

Sources: the service models of EventBridge Scheduler and EventBridge (botocore), EcsParameters: members of a
capacity provider strategy and of placement rules keep ECS's case, those of the network do not. EventBridge
Scheduler user guide, Templated targets: the overrides are JSON text in `Input`, in ECS's own case.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from ecsplan.terms.bodies import as_mapping, as_mappings, as_pairs
from ecsplan.terms.json_types import Document, Json, Record

MAX_TASKS: Final = 10
"""Tasks that one run of a schedule starts (botocore scheduler model, EcsParameters.TaskCount)."""
_MEMBERS: Final[Mapping[str, str]] = {
    "count": "TaskCount",
    "launchType": "LaunchType",
    "capacityProviderStrategy": "CapacityProviderStrategy",
    "networkConfiguration": "NetworkConfiguration",
    "platformVersion": "PlatformVersion",
    "group": "Group",
    "enableECSManagedTags": "EnableECSManagedTags",
    "enableExecuteCommand": "EnableExecuteCommand",
    "placementConstraints": "PlacementConstraints",
    "placementStrategy": "PlacementStrategy",
    "propagateTags": "PropagateTags",
    "referenceId": "ReferenceId",
    "tags": "Tags",
}
"""Members of RunTask and those of EcsParameters."""
_ELSEWHERE: Final = frozenset({"taskDefinition", "cluster", "overrides"})
"""Members of RunTask that a target says outside of EcsParameters, or in another way."""
_PARTITIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def ecs_parameters(request: Document, definition: str, *, of_rule: bool = False) -> Record:
    """Return the `EcsParameters` of a target, without the members that `lost` and `refused` yield.

    A tag of a rule's target is a pair of Key and Value. Of a schedule's, each map in the list holds the tag
    itself, as its only name and value: `{key: …, value: …}` would be two tags, `key` and `value`
    (hashicorp/terraform-provider-aws#32259).

    Args:
        request: A RunTask request.
        definition: The ARN of the task definition.
        of_rule: Whether it is the target of an EventBridge rule, not of a schedule.
    """
    parameters: Record = {"TaskDefinitionArn": definition}
    for member, name in _MEMBERS.items():
        if member in request and not _is_refused(member, request[member]):
            parameters[name] = _parameter(member, request[member], of_rule=of_rule)
    return parameters


def overrides_text(request: Document) -> str | None:
    """Return the overrides of a RunTask request as the `Input` of a target; None where there are none."""
    overrides = request.get("overrides")
    return None if overrides is None else json.dumps(overrides, ensure_ascii=False, separators=(",", ":"))


def lost(request: Document) -> Iterator[str]:
    """Yield the members of a RunTask request for which a target has no place, such as volumes."""
    yield from (each for each in request if each not in _MEMBERS and each not in _ELSEWHERE)


def refused(request: Document) -> Iterator[str]:
    """Yield the members of a RunTask request whose place in a target does not take their value."""
    yield from (each for each in request if _is_refused(each, request[each]))


def has_empty_tag(request: Document) -> bool:
    """Return whether a tag has no value: the target of a rule takes it, that of a schedule does not."""
    return any(each.get("value", "") == "" for each in as_mappings(request.get("tags")))


def ecs_arn(region: str, account: str, kind: str, name: str) -> str:
    """Return the ARN of something of ECS, such as a `cluster`."""
    partition = next((each for prefix, each in _PARTITIONS.items() if region.startswith(prefix)), "aws")
    return f"arn:{partition}:ecs:{region}:{account}:{kind}/{name}"


def _is_refused(member: str, value: Json) -> bool:
    return member == "propagateTags" and value != "TASK_DEFINITION"


def _parameter(member: str, value: Json, *, of_rule: bool) -> Json:
    match member:
        case "networkConfiguration":
            network = as_mapping(as_mapping(value).get("awsvpcConfiguration"))
            return {"awsvpcConfiguration": {name[:1].upper() + name[1:]: network[name] for name in network}}
        case "tags":
            pairs = as_pairs(value, "key")
            return [{"Key": key, "Value": tag} if of_rule else {key: tag} for key, tag in pairs]
        case _:
            return value
