"""The nodes of a YAML document, and their values in YAML 1.2."""

import math
import re
from itertools import islice
from typing import Any, ClassVar

from ecsplan.terms.json_types import MAX_DIGITS
from ecsplan.terms.records import dataclass

Plain = str | int | float | bool | None
"""The value of a scalar."""

CORE_TAGS = {
    f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "map", "seq")
}
"""Tags of the core schema, YAML 1.2.2 section 10.3, and their short names."""

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass(slots=True, eq=False)
class ScalarNode:
    """One scalar.

    Attributes:
        start: Offset of its first character in the file's text, including an anchor or tag.
        end: Offset after its last character.
        text: Its content, with quotes, escapes and folding resolved.
        plain: Whether it has neither quotes nor a tag, so that `text` decides its type.
        tag: Short name of its core tag, such as `str`; "" without one.
        broken: Whether its value is unknown, as that of an undefined alias.
        reported: Whether it was already reported as wrong, so that no later check judges it.
    """

    start: int
    end: int
    text: str
    plain: bool
    tag: str = ""
    broken: bool = False
    reported: bool = False
    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0


@dataclass(slots=True, eq=False)
class SequenceNode:
    """A list.

    Attributes:
        start: As in `ScalarNode`.
        end: As in `ScalarNode`; for a block list, some offset before the next node.
        flow: Whether it is written in brackets.
        items: Its items; for an alias, the node that it refers to.
        size: Number of nodes in it and itself, with aliases expanded.
        depth: Levels of lists and mappings in it and itself, with aliases expanded.
        broken: Whether any node in it is.
    """

    start: int
    end: int
    flow: bool
    items: list["Node"]
    size: int
    depth: int
    broken: bool


@dataclass(slots=True, eq=False)
class MappingNode:
    """A mapping; like `SequenceNode`, with `entries`: key -> (key node, value node), merge keys resolved."""

    start: int
    end: int
    flow: bool
    entries: dict[str, tuple[ScalarNode, "Node"]]
    size: int
    depth: int
    broken: bool


Node = ScalarNode | SequenceNode | MappingNode


def plain_value(text: str) -> Plain:
    """Return the value of an untagged, unquoted scalar in the core schema, YAML 1.2.2 section 10.3.2.

    So `no`, `12:30`, `1_000` and `2026-11-22` are strings, `010` is ten, `0o10` is eight. A number with more
    than `MAX_DIGITS` characters, or beyond the range of a float, is returned as an infinite float.
    """
    # `int` takes quadratic time and raises above 4,300 digits, so the length is compared first.
    if text[:1] not in _NUMBER_STARTS:
        return _CONSTANTS.get(text, text)
    if _DECIMAL.fullmatch(text):
        return int(text) if len(text) <= MAX_DIGITS else math.inf
    if _FLOAT.fullmatch(text):
        return float(text) if len(text) <= MAX_DIGITS else math.inf
    for pattern, radix in ((_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return int(text[2:], radix) if len(text) <= MAX_DIGITS else math.inf
    return float(text.replace(".", "")) if _INFINITE.fullmatch(text) else text


def scalar_value(node: ScalarNode) -> Plain:
    """Return the value of a scalar by its tag and quotes; its text where the tag does not fit."""
    if node.plain:
        return plain_value(node.text)
    if node.tag in {"", "str"}:
        return node.text
    value = plain_value(node.text)
    if node.tag == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value if tag_fits(node) else node.text


def tag_fits(node: ScalarNode) -> bool:
    """Return whether the text of a scalar is a value of the type that its tag names."""
    # `bool` is a subclass of `int`, so its cases come before those of numbers.
    match node.tag, plain_value(node.text):
        case ("" | "str", _) | ("null", None) | ("bool", bool()):
            return True
        case ("int" | "float", bool()):
            return False
        case ("int", int()) | ("float", int() | float()):
            return True
        case _:
            return False


MAX_DATA_DEPTH = 4
MAX_DATA_MEMBERS = 200
"""Levels of a document, and members of each of its lists and mappings, by which its format is recognized."""


def data_of(node: Node, depth: int = MAX_DATA_DEPTH) -> Any:
    """Return the upper levels of a document as plain data; lists and mappings on deeper levels are empty."""
    match node:
        case ScalarNode():
            return scalar_value(node)
        case SequenceNode(items=items):
            return [data_of(each, depth - 1) for each in islice(items, MAX_DATA_MEMBERS)] if depth else []
        case MappingNode(entries=entries):
            members = islice(entries.items(), MAX_DATA_MEMBERS) if depth else ()
            return {name: data_of(value, depth - 1) for name, (_, value) in members}
