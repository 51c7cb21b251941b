"""Merge a job's mapping with that of `defaults:`, and find the place of a value in either."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any, TypeAlias

from ecsplan.terms.pointers import child, tokens_of
from ecsplan.terms.records import dataclass
from ecsplan.variables.expansion import ENV, Expanded, Expansion, Misplaced
from ecsplan.variables.lookups import misplaced_at
from ecsplan.variables.references import has_references
from ecsplan.yaml.bad_numbers import bad_number
from ecsplan.yaml.excerpts import Span
from ecsplan.yaml.nodes import MappingNode, Node, Plain, ScalarNode, SequenceNode, scalar_value
from ecsplan.yaml.text import Problem, SourceText

NULL_IS_A_VALUE = "launch_type"
"""The key of a job whose null does not mean "not set"."""

_OPERATION = re.compile(r"/(?:task_customizations|task_definition_customizations)/[0-9]+")
"""The pointer of an operation of a JSON Patch, in which null is a value: it removes a member."""

_NO_TEXTS: Mapping[Node, SourceText] = MappingProxyType({})
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


@dataclass(frozen=True, slots=True)
class Found:
    """The node that a pointer leads to, or its nearest existing parent where `exists` is false.

    Attributes:
        key: The node's key; None for an item of a list and for a document.
        node: The node.
        exists: Whether the pointer leads to it.
        text: The text that contains the node.
        text_of_key: The text that contains the key; a different one where a definition file has the node.
    """

    key: ScalarNode | None
    node: Node
    exists: bool
    text: SourceText
    text_of_key: SourceText


Texts: TypeAlias = Mapping[Node, SourceText]
"""The texts of nodes that are in a different file than their parent."""

_Layer: TypeAlias = tuple[Node, SourceText]


def find(
    layers: tuple[Node, ...], key: ScalarNode | None, pointer: str, text: SourceText, texts: Texts = _NO_TEXTS
) -> Found:
    """Return the node that a pointer leads to in layered mappings.

    Args:
        layers: The job's mapping, then that of `defaults:` if there is one.
        key: The job's key in `jobs:`; None where the document is the job.
        pointer: RFC 6901 pointer into the merged data.
        text: The text that contains the layers.
        texts: The nodes below them that are in other texts.
    """
    # Invariant: `here` has the nodes of the value in the layers that contribute to it, the winner first, and
    # is never empty. This repeats the precedence of `Merge.data` on nodes, since data has no places.
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
    """Return the key, its text and the layers of a member or item; None where it does not exist."""
    top, text = layers[0]
    # A list replaces the list below it, so only the top layer has items. Ten digits or more are no index, and
    # `int` of thousands of digits raises.
    if isinstance(top, SequenceNode):
        index = int(token) if token.isascii() and token.isdigit() and len(token) < 10 else len(top.items)
        if index >= len(top.items):
            return None
        item = top.items[index]
        return None, text, ((item, texts.get(item, text)),)
    entries = [
        (each.entries[token], home)
        for each, home in layers
        if isinstance(each, MappingNode) and token in each.entries
    ]
    if not entries:
        return None
    (key, value), text = entries[0]
    below: list[_Layer] = [(value, texts.get(value, text))]
    # Layers merge only as far as all of them are mappings: behind a scalar or list, lower layers are hidden.
    for (_, lower), home in entries[1:]:
        if not isinstance(below[-1][0], MappingNode) or not isinstance(lower, MappingNode):
            break
        below.append((lower, texts.get(lower, home)))
    # A key that a command sets is in the text of its option, like the value.
    return key, texts.get(key, text), tuple(below)


def place_of(found: Found, *, key: bool = False) -> tuple[SourceText, Span]:
    """Return the text and the span to point at for a value, or for its key.

    A block list or mapping, and an empty value, have the place of their key.
    """
    name = found.key
    # The key of a definition file's root is in the manifest: pointing there would name the wrong file.
    at_key = name is not None and (
        key or (found.text is found.text_of_key and _better_at_key(name, found.node))
    )
    if name is not None and at_key:
        return found.text_of_key, span_of(found.text_of_key, name)
    return found.text, span_of(found.text, found.node)


def span_of(text: SourceText, node: Node) -> Span:
    """Return the span to point at for a node: the start of a block, the whole of anything else."""
    start = text.after_properties(node.start, node.end)
    match node:
        case ScalarNode():
            # The lines of a block scalar have no single span; its `|` or `>` has one.
            header = None if node.plain else _BLOCK_HEADER.match(text.text, start)
            return start, header.end() if header else node.end
        case SequenceNode(flow=False):
            return start, start + 1
        case MappingNode(flow=False):
            # Without an entry that begins at the start, the mapping begins with its merge key.
            first = next((each for each, _ in node.entries.values() if each.start == start), None)
            return start, first.end if first else start + len("<<")
        case _:
            return start, node.end


def _better_at_key(key: ScalarNode, node: Node) -> bool:
    if isinstance(node, ScalarNode):
        return node.start == node.end
    return not node.flow and node.start > key.start


def _null_is_a_value(holder: str, name: str) -> bool:
    """Return whether null at `name` in the mapping at the pointer `holder` is a value, not "not set".

    The members of `env` may be null.
    """
    if holder in {"", ENV}:
        return holder == ENV or name == NULL_IS_A_VALUE
    return _OPERATION.fullmatch(holder) is not None


@dataclass(slots=True)
class Merge:
    """Merges a job's mapping with that of `defaults:` into data, and records what the data leaves out.

    Attributes:
        text: The file's text.
        problems: The list that numbers which JSON cannot represent are appended to.
        unset: Pointers of the nulls that mean "not set", which the data omits.
        reported: Pointers of values already reported as wrong; the data has their text instead.
        reported_keys: Pointers of keys already reported as wrong.
        expansion: Replaces references to variables; None where the document declares none.
        as_written: The scalars in which nothing is replaced, those of other files.
        expanded: What each string with references became, by its pointer.
    """

    text: SourceText
    problems: list[Problem]
    unset: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    reported_keys: list[str] = field(default_factory=list)
    expansion: Expansion | None = None
    as_written: Collection[Node] = ()
    expanded: dict[str, Expanded] = field(default_factory=dict)

    def data(self, upper: MappingNode, lower: MappingNode | None, pointer: str = "") -> dict[str, Any]:
        """Return the merged data of two mappings: mappings merge, lists and scalars replace, null removes.

        Args:
            upper: The mapping that takes precedence.
            lower: The mapping under it; None without one.
            pointer: The pointer of both in the job.
        """
        data: dict[str, Any] = {}
        # `upper` comes last so that its entries win; the order of keys stays that of `defaults:`, and does
        # not matter, since every document that is made from it has an order of its own.
        entries = upper.entries if lower is None else lower.entries | upper.entries
        for name, (key, node) in entries.items():
            if key.reported:
                self.reported_keys.append(child(pointer, name))
            if isinstance(node, MappingNode):
                under = None if lower is None or name not in lower.entries else lower.entries[name][1]
                # Where the upper layer does not have the key, `node` is the lower one itself.
                below = under if isinstance(under, MappingNode) and under is not node else None
                data[name] = self.data(node, below, child(pointer, name))
            elif isinstance(node, SequenceNode):
                data[name] = self._whole(node, pointer, name)
            else:
                self._member(data, name, node, pointer)
        return data

    def _member(self, data: dict[str, Any], name: str, node: ScalarNode, pointer: str) -> None:
        """Add a scalar to the data of the mapping at `pointer`, or to `unset` where it means "not set"."""
        value = self._value(node, pointer, name)
        if value is not None or _null_is_a_value(pointer, name):
            data[name] = value
        else:
            self.unset.append(child(pointer, name))

    def _whole(self, node: Node, holder: str, name: str | int) -> Any:
        """Return the data of a list or of a value in one, nulls included; its pointer is `holder`/`name`."""
        # Nulls stay: leaving one out would shift the items behind it, and with them their pointers.
        if isinstance(node, ScalarNode):
            return self._value(node, holder, name)
        pointer = child(holder, name)
        if isinstance(node, SequenceNode):
            return [self._whole(each, pointer, index) for index, each in enumerate(node.items)]
        return self.data(node, None, pointer)

    def _value(self, node: ScalarNode, holder: str, name: str | int) -> Any:
        """Return the value of a scalar; its text where the value is wrong, which is then recorded."""
        if node.reported:
            # One reference that is wrong hides none of the others in the same string.
            if self.expansion is not None and self._has_references(node, node.text):
                self._refuse_misplaced(self.expansion, node, child(holder, name))
            self.reported.append(child(holder, name))
            return node.text
        value = scalar_value(node)
        if self.expansion is not None and self._has_references(node, value):
            return self._expanded(self.expansion, node, child(holder, name))
        if not isinstance(value, float) or math.isfinite(value):
            return value
        # The numbers of `env` are text, so any number is valid there.
        if holder != ENV:
            pointer = child(holder, name)
            self.reported.append(pointer)
            self.problems.append(bad_number(node, self.text, pointer))
        return node.text

    def _has_references(self, node: ScalarNode, value: Plain) -> bool:
        return isinstance(value, str) and has_references(value) and node not in self.as_written

    def _expanded(self, expansion: Expansion, node: ScalarNode, pointer: str) -> Any:
        """Return what a string with references becomes; its text where that is not known, or wrong."""
        found = expansion.expanded(node.text, pointer)
        self.expanded[pointer] = found
        if found.bad_lookup is not None:
            bad = found.bad_lookup
            help_text = "\n".join(each for each in (bad.help, expansion.origin(found.names)) if each)
            self._refuse(bad.rule, bad.message, help_text, node, pointer)
        elif found.lookups and (reason := misplaced_at(pointer)) is not None:
            # Where it is written it may be fine: an alias has brought it here.
            message = f"`{pointer[1:].partition('/')[0]}` cannot have lookups in it: {reason}"
            self._refuse("lookup-place", message, "write the value itself, or a variable", node, pointer)
        elif not self._refuse_misplaced(expansion, node, pointer) and found.known:
            return found.value
        self.reported.append(pointer)
        return node.text

    def _refuse_misplaced(self, expansion: Expansion, node: ScalarNode, pointer: str) -> bool:
        """Report each variable that may not stand in this string; return whether there is one."""
        misplaced = tuple(expansion.misplaced(node.text, pointer))
        for each in misplaced:
            self._refuse(*_why_misplaced(each, pointer), node, pointer)
        return bool(misplaced)

    def _refuse(self, rule: str, message: str, help_text: str, node: ScalarNode, pointer: str) -> None:
        start = self.text.after_properties(node.start, node.end)
        self.problems.append(Problem(rule, start, node.end, message, help_text, pointer))


def _why_misplaced(found: Misplaced, pointer: str) -> tuple[str, str, str]:
    """Return the rule that a misplaced variable breaks, what is wrong, and what to write."""
    name = found.name
    match found.why:
        case "sensitive":
            message = f"the variable `{name}` is sensitive, and is allowed only in the values of `env`"
            return "variable-sensitive", message, "refer to it in a value of `env`, or use `secrets`"
        case "list":
            message = f"the variable `{name}` is a list, and stands inside a longer string"
            help_text = "write the reference alone, or declare the variable as a string"
            return "variable-list", message, help_text
        case "not text":
            kind = found.declaration.type
            holder = pointer.split("/")[1]
            message = f"the variable `{name}` is a {kind}, and the values of `{holder}` are text"
            is_env_boolean = kind == "boolean" and holder == "env"
            help_text = f"declare `{name}` with `type: string`"
            return "env-boolean" if is_env_boolean else "wrong-type", message, help_text
