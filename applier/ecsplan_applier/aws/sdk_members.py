"""Members that AWS has and the installed SDK does not know: kept in answers, found in requests."""

import json
from collections.abc import Iterator
from typing import Final

from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.observed import Body
from ecsplan.terms.pointers import child
from ecsplan_applier.aws.sdk_object import SdkObject

_RAW: Final = "ecsplanRawAnswer"
"""The member of a parsed answer that holds the raw one on its way through the SDK."""
_KEPT: Final = ("DescribeTaskDefinition",)
"""The operations whose answers are compared, so that nothing in them may be lost."""


def keep_raw_answers(client: SdkObject) -> None:
    """Have a client of ECS hand on what AWS said beside what the SDK's model has of it.

    The SDK drops members that its model lacks when it parses an answer; `before-parse` is its event with the
    body as it came.
    """
    if client.meta.service_model.service_name == "ecs":
        for operation in _KEPT:
            client.meta.events.register(f"before-parse.ecs.{operation}", _keep)


def _keep(response_dict: SdkObject, customized_response_dict: dict[str, object], **_: object) -> None:
    if response_dict["status_code"] < 300:
        customized_response_dict[_RAW] = response_dict["body"]


def with_all_members(answer: dict[str, SdkObject]) -> Body:
    """Return a parsed answer with the members that the SDK left out, as AWS wrote them."""
    raw = answer.pop(_RAW, None)
    return _with_members(answer, as_mapping(json.loads(raw))) if isinstance(raw, (bytes, str)) else answer


def _with_members(parsed: Body, raw: Body) -> Body:
    """Return a parsed mapping with what only the raw one has; null says nothing in AWS's answers."""
    known = {name: _merged(value, raw.get(name)) for name, value in parsed.items()}
    return known | {name: value for name, value in raw.items() if name not in parsed and value is not None}


def _merged(parsed: SdkObject, raw: object) -> SdkObject:
    if isinstance(parsed, dict) and isinstance(raw, dict):
        return _with_members(parsed, raw)
    # By position: the SDK keeps the order of lists, and their items need not have a name.
    if isinstance(parsed, list) and isinstance(raw, list) and len(parsed) == len(raw):
        return [_merged(*each) for each in zip(parsed, raw, strict=True)]
    return parsed


def unknown_members(shape: SdkObject, value: object, pointer: str = "") -> Iterator[str]:
    """Yield the pointers of the members of a request that a shape of the SDK's model does not have."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, each in value.items():
            if name in shape.members:
                yield from unknown_members(shape.members[name], each, child(pointer, name))
            else:
                yield child(pointer, name)
    elif shape.type_name == "list" and isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield from unknown_members(shape.member, each, child(pointer, index))
