"""JSON documents, and typed access to the members of those whose schema is known to hold.

A value that the schema refuses is reported and left out before anything reads it, so a member of the wrong
type is a bug: the functions below raise TypeError for one, and return an empty value only for a missing one.
What reads a document that nothing has checked uses `draft.view.View`, or takes its values as `object`.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any JSON value."""

Document: TypeAlias = Mapping[str, Json]
"""A JSON object that is only read: a request, a task definition, a job's keys or a part of them."""

Record: TypeAlias = dict[str, Json]
"""A JSON object that its owner may change."""

MAX_DIGITS = 100
"""Characters of the longest number accepted; no quantity of AWS comes near it."""

NOTHING: Document = MappingProxyType({})
"""The object without members."""


def text(document: Mapping[str, object], name: str, default: str = "") -> str:
    """Return a string member."""
    value = document.get(name, default)
    return value if isinstance(value, str) else _fail(name, value)


def optional_text(document: Document, name: str) -> str | None:
    """Return a string member; None if it is missing or null."""
    return None if document.get(name) is None else text(document, name)


def integer(document: Document, name: str) -> int:
    """Return a member that is a whole number, which JSON Schema lets a document write as 5.0."""
    value = number(document, name)
    return int(value) if value == int(value) else _fail(name, value)


def number(document: Document, name: str) -> float:
    """Return a number member."""
    value = document[name]
    # bool is a subclass of int, but JSON distinguishes them.
    return value if isinstance(value, int | float) and not isinstance(value, bool) else _fail(name, value)


def flag(document: Document, name: str) -> bool:
    """Return a boolean member."""
    value = document[name]
    return value if isinstance(value, bool) else _fail(name, value)


def items(document: Document, name: str) -> Sequence[Json]:
    """Return a member that is a list; empty if it is missing."""
    value = document.get(name, ())
    return value if isinstance(value, list | tuple) else _fail(name, value)


def texts(document: Document, name: str) -> list[str]:
    """Return a member that is a list of strings; empty if it is missing."""
    return [each if isinstance(each, str) else _fail(name, each) for each in items(document, name)]


def integers(document: Document, name: str) -> list[int]:
    """Return a member that is a list of whole numbers; empty if it is missing."""
    return [integer({name: each}, name) for each in items(document, name)]


def mapping(document: Document, name: str) -> Document:
    """Return a member that is an object; empty if it is missing."""
    value = document.get(name, NOTHING)
    return value if isinstance(value, Mapping) else _fail(name, value)


def mappings(document: Document, name: str) -> list[Document]:
    """Return a member that is a list of objects; empty if it is missing."""
    return objects(items(document, name), name)


def name_of(item: Document) -> str:
    """Return the name of an item of a list; "" where it has none that is a string, which AWS may return."""
    name = item.get("name")
    return name if isinstance(name, str) else ""


def objects(values: Iterable[Json], name: str) -> list[Document]:
    """Return the values of a list of objects that goes by this name."""
    return [each if isinstance(each, Mapping) else _fail(name, each) for each in values]


def _fail(name: str, value: object) -> NoReturn:
    # The value itself may be a secret.
    raise TypeError(f"{name} is of type {type(value).__name__}")
