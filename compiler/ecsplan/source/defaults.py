"""A job's mapping over that of `defaults:`: their merged data, and where in them a pointer leads."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from ecsplan.source.excerpts import Span
from ecsplan.source.nodes import MappingNode, Node, Plain, ScalarNode, SequenceNode, scalar_value
from ecsplan.source.text import Problem, SourceText
from ecsplan.terms.pointers import child, tokens_of

ENV = "/env"
"""Members of `env` may be null, and numbers in it are texts: one that no float holds is fine."""

NULL_IS_A_VALUE = "launch_type"
"""The key of a job that means something when it is null."""

_OPERATION = re.compile(r"/(?:task_customizations|task_definition_customizations)/[0-9]+")
"""The pointer of an operation of a JSON Patch, in which null is a value: it removes a member."""

_NO_TEXTS: Mapping[Node, SourceText] = MappingProxyType({})
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a pointer led: to a value, or to its nearest parent where `exists` is false.

    Attributes:
        key: Its key, if it has one.
        node: The value.
        exists: Whether the pointer led to it.
        text: The text that the value stands in.
        text_of_key: The text that the key stands in: another, where the value is that of a definition file.
    """

    key: ScalarNode | None
    node: Node
    exists: bool
    text: SourceText
    text_of_key: SourceText


Texts: TypeAlias = Mapping[Node, SourceText]
"""The texts of nodes that stand in another file than the node around them."""

_Layer: TypeAlias = tuple[Node, SourceText]


def find(
    layers: tuple[Node, ...], key: ScalarNode | None, pointer: str, text: SourceText, texts: Texts = _NO_TEXTS
) -> Found:
    """Follow a pointer through mappings that lie over each other.

    Args:
        layers: The job's mapping, then that of `defaults:` if there is one.
        key: The job's key in `jobs:`.
        pointer: RFC 6901 pointer.
        text: The text that the layers stand in.
        texts: The nodes below them that stand in other texts.
    """
    here: tuple[_Layer, ...] = tuple((each, text) for each in layers)
    text_of_key = text
    exists = True
    for token in tokens_of(pointer):
        below = _step(here, token, texts)
        if below is None:
            exists = False
            break
        key, text_of_key, here = below
    node, text = here[0]
    return Found(key, node, exists, text, text_of_key)


def _step(
    layers: tuple[_Layer, ...], token: str, texts: Texts
) -> tuple[ScalarNode | None, SourceText, tuple[_Layer, ...]] | None:
    """Return the key, its text and the layers of a member or item; None where there is none."""
    top, text = layers[0]
    if isinstance(top, SequenceNode):
        index = int(token) if token.isascii() and token.isdigit() and len(token) < 10 else len(top.items)
        return (None, text, ((top.items[index], text),)) if index < len(top.items) else None
    entries = [
        (each.entries[token], home)
        for each, home in layers
        if isinstance(each, MappingNode) and token in each.entries
    ]
    if not entries:
        return None
    (key, value), text = entries[0]
    below: list[_Layer] = [(value, texts.get(value, text))]
    for (_, lower), home in entries[1:]:
        if not isinstance(below[-1][0], MappingNode) or not isinstance(lower, MappingNode):
            break
        below.append((lower, texts.get(lower, home)))
    return key, text, tuple(below)


def place_of(found: Found, *, key: bool = False) -> tuple[SourceText, Span]:
    """Return where to point for a value, or for its key.

    A list or mapping that begins on a line below its key, and a value that is empty, are found at the key.
    """
    name = found.key
    at_key = name is not None and (
        key or (found.text is found.text_of_key and _better_at_key(name, found.node))
    )
    if name is not None and at_key:
        return found.text_of_key, span_of(found.text_of_key, name)
    return found.text, span_of(found.text, found.node)


def span_of(text: SourceText, node: Node) -> Span:
    """Return where to point for a node: a block at its beginning, anything else as a whole."""
    start = text.after_properties(node.start, node.end)
    match node:
        case ScalarNode():
            header = None if node.plain else _BLOCK_HEADER.match(text.text, start)
            return start, header.end() if header else node.end
        case SequenceNode(flow=False):
            return start, start + 1
        case MappingNode(flow=False):
            first = next((each for each, _ in node.entries.values() if each.start == start), None)
            return start, first.end if first else start + len("<<")
        case _:
            return start, node.end


def _better_at_key(key: ScalarNode, node: Node) -> bool:
    if isinstance(node, ScalarNode):
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
        reported: Pointers of the values that were reported as wrong; their texts stand in the data.
        reported_keys: Pointers of the keys that were.
    """

    text: SourceText
    problems: list[Problem]
    unset: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    reported_keys: list[str] = field(default_factory=list)

    def data(self, upper: MappingNode, lower: MappingNode | None, pointer: str = "") -> dict[str, Any]:
        """Return the data of two mappings: mappings merge, lists and scalars replace, null removes.

        Args:
            upper: What wins.
            lower: What lies under it, if anything does.
            pointer: Where in the job this is.
        """
        data: dict[str, Any] = {}
        entries = upper.entries if lower is None else lower.entries | upper.entries
        for name, (key, node) in entries.items():
            if key.reported:
                self.reported_keys.append(child(pointer, name))
            if isinstance(node, MappingNode):
                under = None if lower is None or name not in lower.entries else lower.entries[name][1]
                below = under if isinstance(under, MappingNode) and under is not node else None
                data[name] = self.data(node, below, child(pointer, name))
            elif isinstance(node, SequenceNode):
                data[name] = self._whole(node, pointer, name)
            else:
                self._member(data, name, node, pointer)
        return data

    def _member(self, data: dict[str, Any], name: str, node: ScalarNode, pointer: str) -> None:
        """Add a scalar to the data of the mapping at `pointer`, unless it means that the key is not set."""
        value = self._value(node, pointer, name)
        if value is not None or _null_is_a_value(pointer, name):
            data[name] = value
        else:
            self.unset.append(child(pointer, name))

    def _whole(self, node: Node, holder: str, name: str | int) -> Any:
        """Return the data of a list and of what is in it, null items included; `holder` has it as `name`."""
        if isinstance(node, ScalarNode):
            return self._value(node, holder, name)
        pointer = child(holder, name)
        if isinstance(node, SequenceNode):
            return [self._whole(each, pointer, index) for index, each in enumerate(node.items)]
        return self.data(node, None, pointer)

    def _value(self, node: ScalarNode, holder: str, name: str | int) -> Plain:
        """Return what a scalar means; its text where that is wrong, which is reported and noted."""
        if node.reported:
            self.reported.append(child(holder, name))
            return node.text
        value = scalar_value(node)
        if not isinstance(value, float) or math.isfinite(value):
            return value
        if holder != ENV:
            pointer = child(holder, name)
            self.reported.append(pointer)
            self.problems.append(bad_number(node, self.text, pointer))
        return node.text


def bad_number(node: ScalarNode, text: SourceText, pointer: str = "") -> Problem:
    """Return the problem of a number that JSON cannot hold."""
    written = node.text if len(node.text) <= 40 else f"{node.text[:40]}…"
    message = f"{written} is not a number that JSON can hold"
    hint = "write a finite number; put it in quotes if it is meant as text"
    start = text.after_properties(node.start, node.end)
    return Problem("number-out-of-range", start, node.end, message, hint, pointer)
