"""Members of a task definition that are newer than the ECS model which the schemas were made from."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from ecsplan.decision.canonical import NOTHING, unknown
from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.job.prune import without
from ecsplan.patch.apply import member_at
from ecsplan.schema.check import Violation, request_violations
from ecsplan.schema.files import load_schema
from ecsplan.terms.observed import Body
from ecsplan.terms.pointers import child, tokens_of

SET_BY_APPLY = frozenset({"/clientToken", "/startedBy"})
"""Members of RunTask that a plan's request never has."""


@cache
def model_version() -> str:
    """Return the version of botocore whose ECS model the schemas were made from."""
    comment = str(load_schema("task-definition")["$comment"])
    return comment.rpartition("botocore ")[2].rstrip(".")


def is_newer(name: str, violation: Violation) -> bool:
    """Return whether a violation is no more than a member of a request that the model does not have.

    What AWS returns and does not take, and what apply sets, is known, and known to be wrong.
    """
    if violation.rule != "unknown-key":
        return False
    refused = SET_BY_APPLY if name == "run-request" else {f"/{each}" for each in OUTPUT_ONLY}
    return violation.pointer not in refused


def newer_members(definition: Body) -> Iterator[str]:
    """Yield the pointers of members that the model does not have and that say something.

    ECS fills in null, false and empty values of new members without being asked: they say nothing.

    Args:
        definition: A RegisterTaskDefinition request, or what DescribeTaskDefinition returned.
    """
    for pointer in _unknown_members(definition):
        if _says_something(definition, pointer):
            yield pointer


def without_filled_in(definition: Body) -> Body:
    """Return a described definition without the members that the model does not have and that say nothing."""
    filled_in = [each for each in _unknown_members(definition) if not _says_something(definition, each)]
    return without(definition, filled_in) if filled_in else definition


def _unknown_members(definition: Body) -> Iterator[str]:
    body = {name: value for name, value in definition.items() if name not in OUTPUT_ONLY}
    return (
        each.pointer for each in request_violations("task-definition", body) if each.rule == "unknown-key"
    )


def _says_something(definition: Body, pointer: str) -> bool:
    found = member_at(definition, pointer)
    return found is not None and unknown(found[0]) is not NOTHING


def readable(definition: Body, pointer: str) -> str:
    """Return a pointer with the names of containers and the like in place of their positions."""
    shown, value = "", definition
    for token in tokens_of(pointer):
        is_item = isinstance(value, list)
        value = _below(value, token)
        name = value.get("name") if is_item and isinstance(value, dict) else None
        shown = child(shown, name if isinstance(name, str) else token)
    return shown


def _below(value: Any, token: str) -> Any:
    found = member_at(value, child("", token))
    return None if found is None else found[0]
