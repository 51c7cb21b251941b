"""Remove an invalid part from a task definition, and keep it as a definition that contains nothing else."""

from typing import Any, Final

from ecsplan.terms.bodies import as_list, as_mapping, as_text
from ecsplan.terms.json_types import Json, Record
from ecsplan_convert.images import placeholder_image

_CONTAINERS: Final = "containerDefinitions"
_IMAGE: Final = "image"
_SIZES: Final = frozenset({"cpu", "memory"})
"""Members of the task that only fit together."""
_STAYING: Final = frozenset({_CONTAINERS, "requiresCompatibilities"})
_WORDS: Final = frozenset({"command", "entryPoint"})
"""Lists of a container of which each item means nothing without the others."""
_MEMBER: Final = 3
"""Tokens of a member of a container: `containerDefinitions/0/secrets`."""


def removable_place(tokens: list[str]) -> tuple[str, ...]:
    """Return the place of the smallest part around a pointer that can be removed; () if there is none.

    Args:
        tokens: A pointer within the definition.
    """
    if not tokens:
        return ()
    if tokens[0] == _CONTAINERS:
        is_item = len(tokens) > _MEMBER and tokens[_MEMBER].isdigit() and tokens[_MEMBER - 1] not in _WORDS
        return tuple(tokens[: _MEMBER + is_item]) if len(tokens) >= _MEMBER else ()
    if tokens[0] in _STAYING:
        return ()
    return tuple(tokens[:2] if tokens[1:] and tokens[1].isdigit() else tokens[:1])


def remove(definition: Any, place: tuple[str, ...]) -> Record:
    """Remove what is at a place from a definition, and return a definition that contains nothing else.

    A removed image is replaced by one that cannot be pulled.
    """
    holder = definition
    for token in place[:-1]:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token]
    value: Json = holder.pop(int(place[-1]) if isinstance(holder, list) else place[-1])
    if place[0] != _CONTAINERS:
        others = {name: definition.pop(name) for name in _SIZES if place[0] in _SIZES and name in definition}
        return {place[0]: [value] if len(place) > 1 else value, **others}
    container = as_mapping(as_list(definition[_CONTAINERS])[int(place[1])])
    name, member = as_text(container.get("name")) or "", place[_MEMBER - 1]
    if member == _IMAGE:
        holder[_IMAGE] = placeholder_image(name)
    return {_CONTAINERS: [{"name": name, member: [value] if len(place) > _MEMBER else value}]}


def with_image(container: dict[str, Any]) -> str:
    """Add an image that cannot be pulled to a container without one, and return a note for it."""
    name = as_text(container.get("name")) or ""
    container[_IMAGE] = placeholder_image(name)
    return (
        f"the image of container {name} is not known: replace `{container[_IMAGE]}`, which cannot be pulled"
    )
