"""The YAML node tree as this compiler sees it, and what a scalar means in YAML 1.2."""

import math
import re
from dataclasses import dataclass
from typing import ClassVar

Plain = str | int | float | bool | None
"""What a scalar can mean."""

MAX_DIGITS = 100
"""Numbers written with more characters than this are refused: no AWS quantity comes near it."""

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
        start: Offset of its first character in the file's text, that of its anchor or tag where it has one.
        end: Offset after its last character.
        text: Its text, quotes, escapes and folding undone.
        plain: Whether it has neither quotes nor a tag, so that `text` decides its type.
        tag: Short name of its core tag, such as `str`; "" where it has none.
        broken: Whether what it means is not known, as for an undefined alias.
        reported: Whether its text was reported as wrong, so that its value is not to be judged.
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
        end: As in `ScalarNode`; for a block list, anywhere before what follows it.
        flow: Whether it is written in brackets.
        items: Its items; an alias is the node that it stands for.
        size: Nodes in it, itself included, aliases expanded.
        depth: Levels of lists and mappings below and including this one, aliases expanded.
        broken: Whether anything in it is.
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
    """A mapping; as `SequenceNode`, with `entries`: key -> (its node, the value), merge keys resolved."""

    start: int
    end: int
    flow: bool
    entries: dict[str, tuple[ScalarNode, "Node"]]
    size: int
    depth: int
    broken: bool


Node = ScalarNode | SequenceNode | MappingNode


def plain_value(text: str) -> Plain:
    """Return what an untagged, unquoted scalar means by the core schema, YAML 1.2.2 section 10.3.2.

    So `no`, `12:30`, `1_000` and `2026-11-22` are strings, `010` is ten, `0o10` is eight. A number that has
    more than `MAX_DIGITS` characters comes back as an infinite float, as does one that no float can hold.
    """
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
    """Return what a scalar means, its tag and quotes considered; the text where the tag does not fit it."""
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
    match node.tag, plain_value(node.text):
        case ("" | "str", _) | ("null", None) | ("bool", bool()):
            return True
        case ("int" | "float", bool()):
            return False
        case ("int", int()) | ("float", int() | float()):
            return True
        case _:
            return False
