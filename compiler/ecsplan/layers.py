"""A job's mapping over that of `defaults:`: their merged data, and where in them a pointer leads."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from ecsplan.masking import Span
from ecsplan.nodes import Mapping, Node, Plain, Scalar, Sequence, scalar_value
from ecsplan.pointers import child, tokens_of
from ecsplan.source_text import Problem, SourceText

ENV = "/env"
"""Members of `env` may be null, and numbers in it are texts: one that no float holds is fine."""

NULL_IS_A_VALUE = "launch_type"
"""The key of a job that means something when it is null."""

_OPERATION = re.compile(r"/(?:task_customizations|task_definition_customizations)/[0-9]+")
"""The pointer of an operation of a JSON Patch, in which null is a value: it removes a member."""

_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a pointer led: the value, its key if it has one; the nearest parent where `exists` is false."""

    key: Scalar | None
    node: Node
    exists: bool


def find(layers: tuple[Node, ...], key: Scalar | None, pointer: str) -> Found:
    """Follow a pointer through mappings that lie over each other.

    Args:
        layers: The job's mapping, then that of `defaults:` if there is one.
        key: The job's key in `jobs:`.
        pointer: RFC 6901 pointer.
    """
    for token in tokens_of(pointer):
        below = _step(layers, token)
        if below is None:
            return Found(key, layers[0], exists=False)
        key, layers = below
    return Found(key, layers[0], exists=True)


def _step(layers: tuple[Node, ...], token: str) -> tuple[Scalar | None, tuple[Node, ...]] | None:
    top = layers[0]
    if isinstance(top, Sequence):
        index = int(token) if token.isascii() and token.isdigit() and len(token) < 10 else len(top.items)
        return (None, (top.items[index],)) if index < len(top.items) else None
    entries = [each.entries[token] for each in layers if isinstance(each, Mapping) and token in each.entries]
    if not entries:
        return None
    key, value = entries[0]
    below: list[Node] = [value]
    for _, lower in entries[1:]:
        if not isinstance(below[-1], Mapping) or not isinstance(lower, Mapping):
            break
        below.append(lower)
    return key, tuple(below)


def span_of(text: SourceText, found: Found, *, key: bool = False) -> Span:
    """Return where to point for a value, or for its key.

    A list or mapping that begins on a line below its key, and a value that is empty, are found at the key.
    """
    node, name = found.node, found.key
    if name is not None and (key or _better_at_key(name, node)):
        node = name
    start = text.after_properties(node.start, node.end)
    match node:
        case Scalar():
            header = None if node.plain else _BLOCK_HEADER.match(text.text, start)
            return start, header.end() if header else node.end
        case Sequence(flow=False):
            return start, start + 1
        case Mapping(flow=False):
            first = next((each for each, _ in node.entries.values() if each.start == start), None)
            return start, first.end if first else start + len("<<")
        case _:
            return start, node.end


def _better_at_key(key: Scalar, node: Node) -> bool:
    if isinstance(node, Scalar):
        return node.start == node.end
    return not node.flow and node.start > key.start


def _null_is_a_value(holder: str, name: str) -> bool:
    """Return whether null at `name` in the mapping at the pointer `holder` says something."""
    if holder in {"", ENV}:
        return holder == ENV or name == NULL_IS_A_VALUE
    return _OPERATION.fullmatch(holder) is not None


@dataclass(slots=True)
class Merge:
    """Makes data of a job's mapping and that of `defaults:`, and keeps what the data cannot say.

    Attributes:
        text: The file's text.
        problems: Numbers that JSON cannot hold.
        unset: Pointers of the nulls that mean "not set"; they are left out of the data.
        told: Pointers of the values that were reported as wrong; their texts stand in the data.
        told_keys: Pointers of the keys that were.
    """

    text: SourceText
    problems: list[Problem]
    unset: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    told_keys: list[str] = field(default_factory=list)

    def data(self, upper: Mapping, lower: Mapping | None, pointer: str = "") -> dict[str, Any]:
        """Return the data of two mappings: mappings merge, lists and scalars replace, null removes.

        Args:
            upper: What wins.
            lower: What lies under it, if anything does.
            pointer: Where in the job this is.
        """
        data: dict[str, Any] = {}
        entries = upper.entries if lower is None else lower.entries | upper.entries
        for name, (key, node) in entries.items():
            if key.told:
                self.told_keys.append(child(pointer, name))
            if isinstance(node, Mapping):
                under = None if lower is None or name not in lower.entries else lower.entries[name][1]
                below = under if isinstance(under, Mapping) and under is not node else None
                data[name] = self.data(node, below, child(pointer, name))
            elif isinstance(node, Sequence):
                data[name] = self._whole(node, pointer, name)
            else:
                self._member(data, name, node, pointer)
        return data

    def _member(self, data: dict[str, Any], name: str, node: Scalar, pointer: str) -> None:
        """Add a scalar to the data of the mapping at `pointer`, unless it means that the key is not set."""
        value = self._value(node, pointer, name)
        if value is not None or _null_is_a_value(pointer, name):
            data[name] = value
        else:
            self.unset.append(child(pointer, name))

    def _whole(self, node: Node, holder: str, name: str | int) -> Any:
        """Return the data of a list and of what is in it, null items included; `holder` has it as `name`."""
        if isinstance(node, Scalar):
            return self._value(node, holder, name)
        pointer = child(holder, name)
        if isinstance(node, Sequence):
            return [self._whole(each, pointer, index) for index, each in enumerate(node.items)]
        return self.data(node, None, pointer)

    def _value(self, node: Scalar, holder: str, name: str | int) -> Plain:
        """Return what a scalar means; its text where that is wrong, which is reported and noted."""
        if node.told:
            self.told.append(child(holder, name))
            return node.text
        value = scalar_value(node)
        if not isinstance(value, float) or math.isfinite(value):
            return value
        if holder != ENV:
            self._report_number(node, child(holder, name))
        return node.text

    def _report_number(self, node: Scalar, pointer: str) -> None:
        self.told.append(pointer)
        written = node.text if len(node.text) <= 40 else f"{node.text[:40]}…"
        message = f"{written} is not a number that JSON can hold"
        hint = "write a finite number; put it in quotes if it is meant as text"
        start = self.text.after_properties(node.start, node.end)
        self.problems.append(Problem("number-out-of-range", start, node.end, message, hint, pointer))
