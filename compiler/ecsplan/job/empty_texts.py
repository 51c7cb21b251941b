"""Empty texts in a task definition that say nothing to ECS: taken out before anything judges them."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from ecsplan.decision.member_kinds import Data, Leaf, Member, Sequence, Struct, Unordered
from ecsplan.decision.members import TASK_DEFINITION
from ecsplan.terms.pointers import child

_JUDGED = re.compile(r"/family|/(?:containerDefinitions|volumes)/[0-9]+/name")
"""The names that ECS requires: an empty one is reported where it stands."""


def without_empty_texts(definition: Mapping[str, Any], emptied: Collection[str] = ()) -> dict[str, Any]:
    """Return a task definition without the empty texts that ECS takes for left out (rule C5 of the decision).

    A mapping in which nothing else was written goes with them. Items of lists stay, so that positions do.
    Pure: what holds no such text is returned as it is.

    Args:
        definition: A RegisterTaskDefinition document; values may be of any type.
        emptied: Pointers of mappings in it out of which nulls were taken.
    """
    said: dict[str, Any] = _said(TASK_DEFINITION, definition, "", emptied)
    return said


_NOTHING: Final = object()
"""Stands for a member that says nothing."""


def _said(member: Member, value: Any, pointer: str, emptied: Collection[str]) -> Any:
    """Return what a member says, whatever its type; `_NOTHING` where it could as well be left out."""
    match member, value:
        case Leaf(nothing=nothing), "" if "" in nothing and not _JUDGED.fullmatch(pointer):
            return _NOTHING
        case Data(), Mapping() if not value and pointer in emptied:
            return _NOTHING
        case Struct(members=members), Mapping():
            said = _members(members, value, pointer, emptied)
            was_emptied = pointer in emptied or len(said) < len(value)
            # What else is written may be as empty: {"logDriver": null, "options": {}}.
            return _NOTHING if pointer and was_emptied and not any(map(_says, said.values())) else said
        case Sequence(item=item) | Unordered(item=item), list() if isinstance(item, Struct):
            return [
                _members(item.members, each, child(pointer, index), emptied)
                if isinstance(each, dict)
                else each
                for index, each in enumerate(value)
            ]
        case _:
            return value


def _says(value: Any) -> bool:
    """Return whether a value is more than an empty list or mapping."""
    return not isinstance(value, (list, dict)) or bool(value)


def _members(
    members: Mapping[str, Member], value: Mapping[str, Any], pointer: str, emptied: Collection[str]
) -> dict[str, Any]:
    """Return the members of a mapping that say something, and those that no table knows."""
    kept: dict[str, Any] = {}
    for name, each in value.items():
        said = _said(members[name], each, child(pointer, name), emptied) if name in members else each
        if said is not _NOTHING:
            kept[name] = said
    return kept
