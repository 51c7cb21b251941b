"""Values without what is open in them, and a note for each part that is left out."""

import ast
from typing import Final

from ecsplan.terms.json_types import Json
from ecsplan_convert.python.values import Open, Value

_GONE: Final = Open("left out", 0, ast.Constant(None))
_NAMES: Final = (("name", "value"), ("key", "value"))
"""The members of list items that are pairs, of which one is nothing without the other."""


def settled(value: Value, path: str = "the value") -> tuple[Json, tuple[str, ...]]:
    """Return what is literal in a value, and a note for each part that is not, such as `cluster`.

    An open item of a list of mappings is left out. Any other list with an open item, such as a command, is
    left out as a whole: the other items alone would mean something else. So is what nothing remains of.

    Args:
        value: A value.
        path: Its name in notes.

    Returns:
        None where nothing of it is literal.
    """
    notes: list[str] = []
    known = _settled(value, path, notes)
    return (None if isinstance(known, Open) else known), tuple(notes)


def _settled(value: Value, path: str, notes: list[str]) -> "Json | Open":
    match value:
        case Open(what=what, line=line):
            notes.append(f"{path} is left out: it is {what} (line {line})")
            return _GONE
        case list():
            return _items(value, path, notes)
        case dict():
            members = {name: _settled(each, f"{path}.{name}", notes) for name, each in value.items()}
            left = {name: each for name, each in members.items() if not isinstance(each, Open)}
            is_half = any({*pair} <= members.keys() and not {*pair} <= left.keys() for pair in _NAMES)
            return _GONE if is_half or (value and not left) else left
        case _:
            return value


def _items(value: list[Value], path: str, notes: list[str]) -> "Json | Open":
    gaps = [(place, each) for place, each in enumerate(value) if isinstance(each, Open)]
    if gaps and not any(isinstance(each, dict) for each in value):
        place, gap = gaps[0]
        notes.append(f"{path} is left out: its item {place} is {gap.what} (line {gap.line})")
        return _GONE
    items = [_settled(each, f"{path}[{_label(each, place)}]", notes) for place, each in enumerate(value)]
    kept = [each for each in items if not isinstance(each, Open)]
    return kept if kept or not value else _GONE


def _label(item: Value, position: int) -> str:
    """Return what an item of a list goes by: its name, where it has one, otherwise its position from 0."""
    named = (item.get("name"), item.get("key")) if isinstance(item, dict) else ()
    return next((each for each in named if isinstance(each, str) and each), str(position))
