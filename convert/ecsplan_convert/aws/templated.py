"""Placeholders `{{ … }}` of templates within AWS documents: what has one is left out, and a note says so.

A placeholder stands for a value that the document does not have. Within a list of texts, such as a command,
one placeholder makes the whole list unknown; within a pair of a name and a value, the pair.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.pointers import tokens_of

PLACEHOLDER: Final = re.compile(r"\{\{(?P<expression>[^{}]{0,1000})\}\}")
"""A placeholder. Its expression has no braces, so that a text without an end to one is read once."""
_LITERAL: Final = re.compile(r"\{\{-?\s*(?:\.|range\b|json\b|if\b|end\b|index\b|println\b)")
"""How a template of Docker's own begins, as the `tag` of a log driver and a `docker inspect --format` have it
(https://docs.docker.com/engine/logging/log_tags/)."""
_SHOWN: Final = re.compile(
    r"""\w*(?:env|tfstatef?|cfn_output|cfn_export|ssm|secretsmanager_arn)\s+(?:`[^`]*`|"[^"]*"|'[^']*')|[\w.]+"""
)
"""The beginning of an expression that names what it asks for; any other text in it may be a secret."""
_PAIRS: Final = frozenset({"environment", "secrets", "tags", "secretOptions", "systemControls", "properties"})


def words(pointer: str) -> str:
    """Return a pointer as people write it: `containerDefinitions[0].image`."""
    parts = (f"[{each}]" if each.isdigit() else f".{each}" for each in tokens_of(pointer))
    return "".join(parts).removeprefix(".")


def shown(expression: str) -> str:
    """Return what a placeholder asks for, without a default value, which may be a secret."""
    found = _SHOWN.match(expression.strip("- \t\r\n"))
    return f"{{{{ {found[0]} }}}}" if found else "{{ … }}"


def placeholder_in(text: str) -> str | None:
    """Return the first placeholder of a text as `shown` has it; None where it has none."""
    found = PLACEHOLDER.search(text)
    return None if found is None or _LITERAL.match(found[0]) else shown(found["expression"])


def without_placeholders(document: Document) -> tuple[Record, tuple[str, ...]]:
    """Return a document without what has a placeholder, and a note for each member that was left out."""
    notes: list[str] = []
    return {
        name: value
        for name, each in document.items()
        if (value := _kept(each, name, name, notes)) is not None
    }, tuple(notes)


def _kept(value: Any, at: str, name: str, notes: list[str]) -> Any:
    """Return a value without what has a placeholder; None where nothing of it can be kept."""
    if isinstance(value, str):
        return _text(value, at, notes)
    if isinstance(value, Mapping):
        return _mapping(value, at, name, notes)
    if isinstance(value, Sequence):
        return _items(value, at, name, notes)
    return value


def _text(value: str, at: str, notes: list[str]) -> str | None:
    found = placeholder_in(value)
    if found is not None:
        notes.append(f"{at} is left out: {found} is a placeholder")
    return value if found is None else None


def _mapping(value: Document, at: str, name: str, notes: list[str]) -> Record | None:
    kept: Record = {}
    for key, each in value.items():
        if placeholder_in(key) is not None:
            notes.append(f"a member of {at} is left out: its name is a placeholder")
        elif (below := _kept(each, f"{at}.{key}", key, notes)) is not None:
            kept[key] = below
        elif name in _PAIRS and each is not None:
            return None
    return kept


def _items(value: Sequence[Any], at: str, name: str, notes: list[str]) -> list[Any] | None:
    items = [_kept(each, _item(each, at, index), name, notes) for index, each in enumerate(value)]
    if any(each is None and isinstance(given, str) for each, given in zip(items, value, strict=True)):
        return None
    return [each for each, given in zip(items, value, strict=True) if each is not None or given is None]


def _item(value: Any, at: str, index: int) -> str:
    """Return how a note calls an item: by its name, where it has one without a placeholder."""
    name = value.get("name") if isinstance(value, Mapping) else None
    return f"{at}[{name}]" if isinstance(name, str) and name and "{{" not in name else f"{at}[{index}]"
