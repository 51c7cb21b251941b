"""JSON documents and typed access to their members.

Input is validated against its shape, and records are our own, so a member of the wrong type is a bug: the
functions below raise TypeError for one, and return a default only for a missing member.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any JSON value."""

Body: TypeAlias = Mapping[str, Json]
"""A JSON object that is only read: a request, a response, a task definition or a part of one."""

Record: TypeAlias = dict[str, Json]
"""A JSON object that may be changed, such as the record of a task."""


def text(body: Body, name: str, default: str = "") -> str:
    """Return a string member."""
    value = body.get(name, default)
    if isinstance(value, str):
        return value
    raise _wrong(name, value)


def optional_text(body: Body, name: str) -> str | None:
    """Return a string member, or None if it is missing."""
    return text(body, name) if name in body else None


def integer(body: Body, name: str, default: int = 0) -> int:
    """Return an integer member."""
    value = body.get(name, default)
    # bool is a subclass of int, but JSON distinguishes them.
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _wrong(name, value)


def optional_integer(body: Body, name: str) -> int | None:
    """Return an integer member, or None if it is missing."""
    return integer(body, name) if name in body else None


def number(body: Body, name: str) -> float:
    """Return a number member, such as a time; 0 if it is missing."""
    value = body.get(name, 0.0)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _wrong(name, value)


def flag(body: Body, name: str, *, default: bool = False) -> bool:
    """Return a boolean member."""
    value = body.get(name, default)
    if isinstance(value, bool):
        return value
    raise _wrong(name, value)


def texts(body: Body, name: str) -> list[str]:
    """Return a member that is a list of strings; empty if it is missing."""
    return [each if isinstance(each, str) else _fail(name, each) for each in items(body, name)]


def items(body: Body, name: str) -> list[Json]:
    """Return a member that is a list; empty if it is missing."""
    value = body.get(name, ())
    # A string is a sequence, too.
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    raise _wrong(name, value)


def child(body: Body, name: str) -> Body:
    """Return a member that is an object; empty if it is missing."""
    value = body.get(name, {})
    if isinstance(value, Mapping):
        return value
    raise _wrong(name, value)


def children(body: Body, name: str) -> list[Body]:
    """Return a member that is a list of objects; empty if it is missing."""
    return [each if isinstance(each, Mapping) else _fail(name, each) for each in items(body, name)]


def records(record: Record, name: str) -> list[Record]:
    """Return a member that is a list of objects, which may be changed in place."""
    return [each if isinstance(each, dict) else _fail(name, each) for each in items(record, name)]


def parsed(document: str) -> Record:
    """Return a JSON object that was stored as text."""
    value: Json = json.loads(document)
    if isinstance(value, dict):
        return value
    raise _wrong("document", value)


def _fail(name: str, value: Json) -> NoReturn:
    raise _wrong(name, value)


def _wrong(name: str, value: Json) -> TypeError:
    # The value itself may be a secret.
    return TypeError(f"{name} is of type {type(value).__name__}")
