"""Which characters of a manifest no excerpt shows: values that look like credentials."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from ecsplan.nodes import Mapping, Node, Scalar, Sequence
from ecsplan.secrecy import FLAG, REFERENCES, looks_secret, mask_line

Span = tuple[int, int]
"""Offsets of the first character and after the last."""

_MAX_JUDGED = 1000
"""Characters by which a value is judged; longer ones are as much a credential as they begin."""

Leaf = tuple[int, int, str, str]
"""A scalar: where it begins and ends, what it is called, and its text."""


class Secrets:
    """Finds the credentials in a parsed text, those of a line when asked for that line."""

    def __init__(self, roots: Iterable[Node]) -> None:
        self._leaves = sorted({leaf[0]: leaf for root in roots for leaf in _leaves("", root)}.values())
        self._starts = [leaf[0] for leaf in self._leaves]

    def scalars(self, begin: int, end: int) -> Iterator[tuple[Span, bool]]:
        """Yield the scalars that overlap a stretch of the text, and whether each is a credential."""
        index = max(0, bisect_right(self._starts, begin) - 1)
        for start, stop, name, text in self._leaves[index : bisect_right(self._starts, end)]:
            if stop > begin and start < end:
                yield (start, stop), _is_secret(name, text[:_MAX_JUDGED])


def _is_secret(name: str, text: str) -> bool:
    """Return whether a value is a credential, or hides one as `{TOKEN:abc}` and `TOKEN:abc` do."""
    squeezed, _, rest = text.partition(":")
    return looks_secret(name, text) or looks_secret(squeezed, rest)


def _leaves(name: str, root: Node) -> Iterator[Leaf]:
    """Yield the scalars below a node with their names, each node once however many aliases stand for it."""
    seen: set[int] = set()
    rest: list[tuple[str, Node]] = [(name, root)]
    while rest:
        name, node = rest.pop()
        if isinstance(node, Scalar):
            yield node.start, node.end, name, node.text
        elif id(node) not in seen:
            seen.add(id(node))
            rest.extend(_members(name, node))


def _members(called: str, node: Sequence | Mapping) -> Iterator[tuple[str, Node]]:
    """Yield what is in a list or mapping, with what it is called; an item as its list, or as its flag."""
    if isinstance(node, Sequence):
        flag = ""
        for item in node.items:
            yield flag or called, item
            found = FLAG.fullmatch(item.text) if isinstance(item, Scalar) else None
            flag = found[1] if found else ""
        return
    yield from (("", key) for key, _ in node.entries.values() if ":" in key.text)
    pair = next((node.entries[each][1] for each in ("name", "key") if each in node.entries), None)
    for name, (_, value) in node.entries.items():
        if called in REFERENCES and isinstance(value, Scalar):
            yield "", value
        elif name == "value" and isinstance(pair, Scalar):
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
