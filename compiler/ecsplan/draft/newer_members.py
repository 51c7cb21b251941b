"""Recognize members of a request that are newer than the ECS model from which the schemas were generated."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from ecsplan.decision.canonical import NOTHING, unknown
from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.job.prune import without
from ecsplan.patch.apply import member_at
from ecsplan.schema.check import Violation, request_violations
from ecsplan.schema.files import load_schema
from ecsplan.terms.json_types import Document
from ecsplan.terms.pointers import child, tokens_of

SET_BY_APPLY: Final[Mapping[str, str]] = {
    "/clientToken": "leave it out: apply derives it from the run id, so that nothing is started twice",
    "/startedBy": "leave it out: it holds the run id, by which tasks are found; `apply --run-id` sets that",
}
"""Members of RunTask that apply sets and the request in a plan must not have, and what to do instead."""


@cache
def model_version() -> str:
    """Return the version of botocore from whose ECS model the schemas were generated."""
    comment = str(load_schema("task-definition")["$comment"])
    return comment.rpartition("botocore ")[2].rstrip(".")


def is_newer(name: str, violation: Violation) -> bool:
    """Return whether a violation is just a member of a request that the model does not have.

    Members that AWS only returns and members that apply sets are known, and known to be wrong.
    """
    return violation.rule == "unknown-key" and set_by_ecsplan(name, violation.pointer) is None


def set_by_ecsplan(name: str, pointer: str) -> tuple[str, str] | None:
    """Return why a patch may not set a member of a request, and what to do instead; None where it may.

    Args:
        name: Which of the two requests it is.
        pointer: The member.
    """
    member = pointer.removeprefix("/")
    if name == "run-request" and pointer in SET_BY_APPLY:
        return f"{member} is set by apply, not by a patch", SET_BY_APPLY[pointer]
    if name == "task-definition" and member in OUTPUT_ONLY:
        return f"{member} is set by AWS, and RegisterTaskDefinition does not take it", "leave it out"
    return None


def newer_members(definition: Document) -> Iterator[str]:
    """Yield the pointers of members that the model does not have and that have an effect.

    ECS fills in new members with null, false and empty values, which have no effect.

    Args:
        definition: A RegisterTaskDefinition request or a described task definition.
    """
    for pointer in _unknown_members(definition):
        if _says_something(definition, pointer):
            yield pointer


def without_filled_in(definition: Document) -> Document:
    """Return a described definition without members that the model does not have and that have no effect."""
    filled_in = [each for each in _unknown_members(definition) if not _says_something(definition, each)]
    return without(definition, filled_in) if filled_in else definition


def _unknown_members(definition: Document) -> Iterator[str]:
    body = {name: value for name, value in definition.items() if name not in OUTPUT_ONLY}
    return (
        each.pointer for each in request_violations("task-definition", body) if each.rule == "unknown-key"
    )


def _says_something(definition: Document, pointer: str) -> bool:
    found = member_at(definition, pointer)
    return found is not None and unknown(found[0]) is not NOTHING


def readable(definition: Document, pointer: str) -> str:
    """Return a pointer for display, with names of containers and the like instead of their positions."""
    shown = ""
    value: object = definition
    for token in tokens_of(pointer):
        is_item = isinstance(value, list)
        value = _below(value, token)
        name = value.get("name") if is_item and isinstance(value, dict) else None
        shown = child(shown, name if isinstance(name, str) else token)
    return shown


def _below(value: object, token: str) -> object:
    found = member_at(value, child("", token))
    return None if found is None else found[0]
