"""Placeholders `{{ … }}` of templates within AWS documents: what has one is left out, and a note says so.

A placeholder stands for a value that the document does not have. Within a list of texts, such as a command,
one placeholder makes the whole list unknown; within a pair of a name and a value, the pair.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

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
    return without_open(document, _is_placeholder)


def _is_placeholder(text: str) -> str | None:
    found = placeholder_in(text)
    return None if found is None else f"{found} is a placeholder"


Why: TypeAlias = Callable[[str], str | None]
"""Returns why a text is not known; None for a text that is."""


def without_open(document: Document, why: Why, at: str = "") -> tuple[Record, tuple[str, ...]]:
    """Return a document without the texts that are not known, and a note for each member that was left out.

    Args:
        document: The document.
        why: Returns why a text is not known.
        at: What the document is in, for notes; "" for one that stands alone.
    """
    notes: list[str] = []
    kept: Record = {}
    for name, each in document.items():
        if (value := _kept(each, f"{at}.{name}".removeprefix("."), name, why, notes)) is not None:
            kept[name] = value
    return kept, tuple(notes)


def _kept(value: Any, at: str, name: str, why: Why, notes: list[str]) -> Any:
    """Return a value without what is not known; None where nothing of it can be kept."""
    if isinstance(value, str):
        return _text(value, at, why, notes)
    if isinstance(value, Mapping):
        return _mapping(value, at, name, why, notes)
    if isinstance(value, Sequence):
        return _items(value, at, name, why, notes)
    return value


def _text(value: str, at: str, why: Why, notes: list[str]) -> str | None:
    reason = why(value)
    if reason is not None:
        notes.append(f"{at} is left out: {reason}")
    return value if reason is None else None


def _mapping(value: Document, at: str, name: str, why: Why, notes: list[str]) -> Record | None:
    kept: Record = {}
    for key, each in value.items():
        if why(key) is not None:
            notes.append(f"a member of {at} is left out: its name is a placeholder")
        elif (below := _kept(each, f"{at}.{key}", key, why, notes)) is not None:
            kept[key] = below
        elif name in _PAIRS and each is not None:
            return None
    return kept


def _items(value: Sequence[Any], at: str, name: str, why: Why, notes: list[str]) -> list[Any] | None:
    items = [_kept(each, _item(each, at, index, why), name, why, notes) for index, each in enumerate(value)]
    if any(each is None and isinstance(given, str) for each, given in zip(items, value, strict=True)):
        return None
    return [each for each, given in zip(items, value, strict=True) if each is not None or given is None]


def _item(value: Any, at: str, index: int, why: Why) -> str:
    """Return how a note calls an item: by its name, where it has one that is known."""
    name = value.get("name") if isinstance(value, Mapping) else None
    return f"{at}[{name}]" if isinstance(name, str) and name and why(name) is None else f"{at}[{index}]"
