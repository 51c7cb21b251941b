"""A job's data without what was refused in it, or with what was left out of it."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from ecsplan.terms.pointers import tokens_of

PATCHES = frozenset({"task_customizations", "task_definition_customizations"})
"""Keys of a manifest that hold a JSON Patch."""


def without(data: Mapping[str, Any], pointers: Iterable[str]) -> dict[str, Any]:
    """Return a copy of the data without the members at these pointers.

    The items of a list keep their positions: where one is to go, the whole list goes. A JSON Patch is an
    ordered whole and goes as one.
    """
    copied: dict[str, Any] = copy.deepcopy(dict(data))
    for pointer in pointers:
        tokens = tokens_of(pointer)
        if tokens and tokens[0] in PATCHES:
            tokens = tokens[:1]
        holder: Any = copied
        member: tuple[dict[str, Any], str] | None = None
        for token in tokens:
            if isinstance(holder, dict) and token in holder:
                member, holder = (holder, token), holder[token]
            elif isinstance(holder, list) and int(token) < len(holder):
                holder = holder[int(token)]
            else:
                member = None
                break
        if member is not None:
            member[0].pop(member[1])
    return copied


def without_nulls(value: Any) -> Any:
    """Return a copy of a value without the members of mappings that are null; null items of lists stay."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def with_nulls(data: Mapping[str, Any], pointers: Iterable[str]) -> dict[str, Any]:
    """Return a copy of the data with null at these pointers, whose parents are in it or mappings missing."""
    copied: dict[str, Any] = copy.deepcopy(dict(data))
    for pointer in pointers:
        *parents, name = tokens_of(pointer)
        holder: Any = copied
        for token in parents:
            holder = holder[int(token)] if isinstance(holder, list) else holder.setdefault(token, {})
        holder[name] = None
    return copied
