"""Find the values of a manifest that look like credentials, which no excerpt may show."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import is_

from ecsplan.terms.credential_names import names_credential
from ecsplan.terms.secrecy import FLAG, REFERENCES, hidden_arguments, looks_secret, mask_line
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Span = tuple[int, int]
"""Offsets of the first character and after the last."""

_EVERYWHERE: Span = (0, 2**63)
"""The span of any text: no text is longer."""

_MAX_JUDGED = 1000
"""Characters by which a value is judged; a longer value is judged by its beginning."""

_ARGUMENT = "PASSWORD"
"""The name given to an argument that a program reads as a credential."""

_HOLDER = "_PASSWORD"
"""The name given to what a credential's name has in place of a text, and to the values in it."""

_HELD_IN = frozenset({"env", "variables"})
"""Mappings whose keys name values, credentials among them."""

_DECLARES = frozenset({"type", "env", "description", "pattern", "sensitive"})
"""Members of the declaration of a variable that say what it is; the others have values of it."""

_NAME_OF_SECRET = re.compile(r"arn:.*|[\w.:/@*+=,${}-]+")
"""A text that may name a secret: an ARN, the name of a parameter, a reference to a variable."""

_JSON_PAIR = re.compile(r'\\?"(?:name|key)\\?"\s*:\s*\\?"([^"\\]{1,200})\\?"')
"""The name in a pair of name and value within a string of JSON."""

Leaf = tuple[str, ScalarNode]
"""A scalar and its name: its key, or the name in its pair."""


class Secrets:
    """Finds the credentials in a parsed text, for one line at a time.

    Most texts are asked for one line at most, so the first request visits only the nodes near that line.
    """

    def __init__(self, roots: Iterable[Node], *, aliased: bool) -> None:
        """Take the root nodes of a text, and whether it may contain aliases."""
        # With aliases, a node's descendants may be written outside its own span; skipping by span is then
        # wrong, so the first request already visits all nodes.
        self._roots = tuple(roots)
        self._leaves: list[Leaf] | None = None
        self._starts = array("Q")
        self._asked = aliased

    def scalars(self, begin: int, end: int) -> Iterator[tuple[Span, bool]]:
        """Yield the spans of scalars that overlap a part of the text, and whether each is a credential."""
        for name, node in self._near(begin, end):
            if node.end > begin and node.start < end:
                yield (node.start, node.end), _is_secret(name, node.text[:_MAX_JUDGED])

    def _near(self, begin: int, end: int) -> list[Leaf]:
        """Return scalars in the order of the text, among them all that overlap a part of it."""
        if not self._asked:
            self._asked = True
            return sorted(_leaves(self._roots, (begin, end)), key=_start)
        if self._leaves is None:
            self._leaves = _each_once(sorted(_leaves(self._roots), key=_start))
            self._starts = array("Q", map(_start, self._leaves))
        # One further to the left: the scalar that begins before the part may reach into it.
        index = max(0, bisect_right(self._starts, begin) - 1)
        return self._leaves[index : bisect_right(self._starts, end)]


def _start(leaf: Leaf) -> int:
    return leaf[1].start


def _node(leaf: Leaf) -> ScalarNode:
    return leaf[1]


def _each_once(leaves: list[Leaf]) -> list[Leaf]:
    """Return sorted scalars without repetitions; of several names, one that marks a credential is kept."""
    if not any(map(is_, map(_node, leaves), map(_node, islice(leaves, 1, None)))):
        return leaves
    return [_named_worst(list(same)) for _, same in groupby(leaves, key=_start)]


def _named_worst(same: list[Leaf]) -> Leaf:
    return next((each for each in same if looks_secret(each[0], each[1].text[:_MAX_JUDGED])), same[0])


def _is_secret(name: str, text: str) -> bool:
    """Return whether a value is a credential, or contains one.

    It may contain one after a colon, `{TOKEN:abc}` or `TOKEN:abc`, or in a pair within a string of JSON.
    """
    squeezed, _, rest = text.partition(":")
    if looks_secret(name, text) or looks_secret(squeezed, rest):
        return True
    return '"value' in text and any(names_credential(each) for each in _JSON_PAIR.findall(text))


def _leaves(roots: Iterable[Node], near: Span = _EVERYWHERE) -> Iterator[Leaf]:
    """Yield the scalars near a part of the text, with their names.

    A node with several names is visited once under a name that marks a credential, and once under one that
    does not.
    """
    # Visiting a node under each of its names would take as long as the expansion of the aliases is large.
    begin, end = near
    seen: set[tuple[int, bool]] = set()
    rest: list[tuple[str, Node]] = [("", root) for root in roots]
    while rest:
        name, node = rest.pop()
        if isinstance(node, ScalarNode):
            yield name, node
        elif (visit := (id(node), names_credential(name))) not in seen:
            seen.add(visit)
            for called, member in _members(name, node):
                if member.end < begin or member.start >= end:
                    continue
                if isinstance(member, ScalarNode):
                    yield called, member
                else:
                    rest.append((called, member))


def _members(called: str, node: SequenceNode | MappingNode) -> Iterator[tuple[str, Node]]:
    """Yield the members of a list or mapping with their names; an item has that of its list or its flag."""
    if isinstance(node, SequenceNode):
        flag = ""
        texts = [item.text if isinstance(item, ScalarNode) else "" for item in node.items]
        hidden = hidden_arguments(texts)
        for index, item in enumerate(node.items):
            yield (_ARGUMENT if index in hidden else flag or called), item
            found = FLAG.fullmatch(item.text) if isinstance(item, ScalarNode) else None
            flag = found[1] if found else ""
        return
    yield from (("", key) for key, _ in node.entries.values() if ":" in key.text)
    pair = next((node.entries[each][1] for each in ("name", "key") if each in node.entries), None)
    held = called == _HOLDER or _is_sensitive(node)
    for name, (_, value) in node.entries.items():
        if called in REFERENCES and isinstance(value, ScalarNode):
            yield ("" if _NAME_OF_SECRET.fullmatch(value.text) else _ARGUMENT), value
        elif name == "value" and isinstance(pair, ScalarNode):
            yield pair.text, value
        else:
            is_held = held and name not in _DECLARES
            holds = called in _HELD_IN and isinstance(value, MappingNode) and names_credential(name)
            yield (_HOLDER if is_held or holds else name), value


def _is_sensitive(node: MappingNode) -> bool:
    """Return whether this is the declaration of a sensitive variable."""
    _, flag = node.entries.get("sensitive", (None, None))
    return isinstance(flag, ScalarNode) and flag.text == "true"


def same_width(shown: str) -> str:
    """Return a line of the same length with the credentials in it, judged by its text alone, masked.

    Meant for comments and for text that a syntax error kept from being parsed.
    """
    hidden = mask_line(shown)
    if hidden == shown:
        return shown
    # `mask_line` changes the length. Everything between the first and the last difference is masked: it may
    # cover more than the credentials, never less.
    shorter = min(len(shown), len(hidden))
    before = next((at for at in range(shorter) if shown[at] != hidden[at]), shorter)
    after = next(
        (at for at in range(shorter - before) if shown[-1 - at] != hidden[-1 - at]), shorter - before
    )
    return shown[:before] + "*" * (len(shown) - before - after) + shown[len(shown) - after :]
