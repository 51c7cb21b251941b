"""Task definitions as short as they can be written: without what AWS adds, and without its defaults."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecsplan.decision.canonical import canonical, json_text
from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.terms.json_types import Document, Record

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
    _shorten(body, body, json_text(canonical(body)))
    return body


def _shorten(whole: Record, part: dict[str, Any], meaning: str) -> None:
    """Remove from a part of a definition, and from what is in it, what the whole means the same without."""
    for name in list(part):
        if name in _KEPT and part[name] is not None:
            continue
        value = part.pop(name)
        if json_text(canonical(whole)) == meaning:
            continue
        part[name] = value
        for each in _mappings_in(value):
            _shorten(whole, each, meaning)


def _mappings_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _copy(each) for name, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list | tuple) else value
