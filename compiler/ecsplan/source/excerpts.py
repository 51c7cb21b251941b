"""Which characters of a manifest no excerpt shows: values that look like credentials."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import is_

from ecsplan.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ecsplan.terms.secrecy import FLAG, REFERENCES, hidden_arguments, looks_secret, mask_line

Span = tuple[int, int]
"""Offsets of the first character and after the last."""

_EVERYWHERE: Span = (0, 2**63)
"""All of a text: none is that long."""

_MAX_JUDGED = 1000
"""Characters by which a value is judged; longer ones are as much a credential as they begin."""

_ARGUMENT = "PASSWORD"
"""What an argument is called that a program takes for a credential."""

Leaf = tuple[str, ScalarNode]
"""A scalar, and what it is called."""


class Secrets:
    """Finds the credentials in a parsed text, those of a line when asked for that line.

    Most texts are asked for one line, if at all: the first time only what is near it is looked at.
    """

    def __init__(self, roots: Iterable[Node], *, aliased: bool) -> None:
        """Take the nodes of a text, and whether any may stand for what is written elsewhere in it."""
        self._roots = tuple(roots)
        self._leaves: list[Leaf] | None = None
        self._starts = array("Q")
        self._asked = aliased

    def scalars(self, begin: int, end: int) -> Iterator[tuple[Span, bool]]:
        """Yield the scalars that overlap a stretch of the text, and whether each is a credential."""
        for name, node in self._near(begin, end):
            if node.end > begin and node.start < end:
                yield (node.start, node.end), _is_secret(name, node.text[:_MAX_JUDGED])

    def _near(self, begin: int, end: int) -> list[Leaf]:
        """Return scalars in their order, among them those that overlap a stretch of the text."""
        if not self._asked:
            self._asked = True
            return sorted(_leaves(self._roots, (begin, end)), key=_start)
        if self._leaves is None:
            self._leaves = _each_once(sorted(_leaves(self._roots), key=_start))
            self._starts = array("Q", map(_start, self._leaves))
        index = max(0, bisect_right(self._starts, begin) - 1)
        return self._leaves[index : bisect_right(self._starts, end)]


def _start(leaf: Leaf) -> int:
    return leaf[1].start


def _node(leaf: Leaf) -> ScalarNode:
    return leaf[1]


def _each_once(leaves: list[Leaf]) -> list[Leaf]:
    """Return sorted scalars without repetitions: of its names, one keeps that which tells a credential."""
    if not any(map(is_, map(_node, leaves), map(_node, islice(leaves, 1, None)))):
        return leaves
    return [_named_worst(list(same)) for _, same in groupby(leaves, key=_start)]


def _named_worst(same: list[Leaf]) -> Leaf:
    return next((each for each in same if looks_secret(each[0], each[1].text[:_MAX_JUDGED])), same[0])


def _is_secret(name: str, text: str) -> bool:
    """Return whether a value is a credential, or hides one as `{TOKEN:abc}` and `TOKEN:abc` do."""
    squeezed, _, rest = text.partition(":")
    return looks_secret(name, text) or looks_secret(squeezed, rest)


def _leaves(roots: Iterable[Node], near: Span = _EVERYWHERE) -> Iterator[Leaf]:
    """Yield the scalars near a stretch of the text: the roots, and what is in a list or mapping.

    What has several names is visited under one that speaks for a credential and under one that does not.
    """
    begin, end = near
    seen: set[tuple[int, bool]] = set()
    rest: list[tuple[str, Node]] = [("", root) for root in roots]
    while rest:
        name, node = rest.pop()
        if isinstance(node, ScalarNode):
            yield name, node
        elif (visit := (id(node), looks_secret(name, "x"))) not in seen:
            seen.add(visit)
            for called, member in _members(name, node):
                if member.end < begin or member.start >= end:
                    continue
                if isinstance(member, ScalarNode):
                    yield called, member
                else:
                    rest.append((called, member))


def _members(called: str, node: SequenceNode | MappingNode) -> Iterator[tuple[str, Node]]:
    """Yield what is in a list or mapping, with what it is called; an item as its list, or as its flag."""
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
    for name, (_, value) in node.entries.items():
        if called in REFERENCES and isinstance(value, ScalarNode):
            yield "", value
        elif name == "value" and isinstance(pair, ScalarNode):
            yield pair.text, value
        else:
            yield name, value


def same_width(shown: str) -> str:
    """Return a line with the credentials that its own text gives away replaced by as many asterisks.

    For comments, and for what a syntax error kept from being parsed.
    """
    hidden = mask_line(shown)
    if hidden == shown:
        return shown
    shorter = min(len(shown), len(hidden))
    before = next((at for at in range(shorter) if shown[at] != hidden[at]), shorter)
    after = next(
        (at for at in range(shorter - before) if shown[-1 - at] != hidden[-1 - at]), shorter - before
    )
    return shown[:before] + "*" * (len(shown) - before - after) + shown[len(shown) - after :]
