"""Task definitions as short as they can be written: without what AWS adds, and without its defaults."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from ecsplan.decision.canonical import canonical, json_text
from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.terms.json_types import Document, Json, Record

Around: TypeAlias = Callable[[Record], Record]
_KEPT: Final = frozenset({"family", "tags", "name", "image"})
"""Members that stay as they are though a comparison may pass over them."""
_AS_TEXT: Final = ("cpu", "memory")
"""Members of the task that ECS has as text, and people as numbers."""


def shortened(definition: Document) -> Record:
    """Return a task definition that means the same to ECS, without members that say nothing.

    A member says nothing where the definition means the same without it: the canonical form, by which a
    revision is reused or registered, decides.

    Args:
        definition: A RegisterTaskDefinition request, or a described definition.
    """
    body = {name: _copy(value) for name, value in definition.items() if name not in OUTPUT_ONLY}
    for name in _AS_TEXT:
        amount = body.get(name)
        if isinstance(amount, int) and not isinstance(amount, bool):
            body[name] = str(amount)
    return _shortened(body, lambda part: part)


def _shortened(part: Record, around: Around) -> Record:
    """Return a part of a definition without the members without which the whole means the same.

    Args:
        part: The part.
        around: Returns a definition with a part in place of this one, and what else matters to its meaning.
    """
    # What else matters is no list: with all that is beside it, each item of a long list would be weighed
    # against the whole list.
    beside = {name: value for name, value in part.items() if not isinstance(value, list)}
    kept: Record = {}
    for name, value in part.items():
        if name in _KEPT and value is not None:
            kept[name] = value
        elif _meaning(around({**beside, name: value})) != _meaning(around(_without(beside, name))):
            kept[name] = _shortened_value(value, _member_of(beside, name, around))
    return kept


def _member_of(part: Record, name: str, around: Around) -> Callable[[Json], Record]:
    """Return what returns the definition with another value of a member of this part."""
    return lambda value: around({**part, name: value})


def _shortened_value(value: Any, around: Callable[[Json], Record]) -> Any:
    if isinstance(value, dict):
        return _shortened(value, around)
    if isinstance(value, list):
        return [
            _shortened(each, lambda inner: around([inner])) if isinstance(each, dict) else each
            for each in value
        ]
    return value


def _without(part: Record, name: str) -> Record:
    return {each: value for each, value in part.items() if each != name}


def _meaning(definition: Record) -> str:
    return json_text(canonical(definition))


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _copy(each) for name, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list | tuple) else value
