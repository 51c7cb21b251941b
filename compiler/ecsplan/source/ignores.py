"""Comments `# ecsplan: ignore[rule, …]`: their places and the rules that they name."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from ecsplan.terms.diagnostic import Location
from ecsplan.terms.records import dataclass
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode
from ecsplan.yaml.text import SourceText

_MARK = re.compile(r"ecsplan:[ \t]*ignore\b")
_COMMENT = re.compile(r"#[ \t]*ecsplan:[ \t]*ignore\b(?:[ \t]*\[([^\]#\r\n]*)\])?")
_NAME = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that a comment asks to ignore.

    Attributes:
        rule: The rule's name; "" for a comment that names none.
        location: The place of the name, or of a comment without one. It applies to that line.
    """

    rule: str
    location: Location


def ignores_in(source: SourceText) -> tuple[Ignore, ...]:
    """Return what the comments of a parsed text ask to ignore, in their order.

    A `#` inside a scalar does not start a comment. A text without such comments costs one search.
    """
    lines = {source.line_of(each.start()) for each in _MARK.finditer(source.text)}
    if not lines:
        return ()
    scalars = _scalars_on(source, lines)
    return tuple(each for line in sorted(lines) for each in _on_line(source, line, scalars.get(line, ())))


def _on_line(source: SourceText, line: int, scalars: Iterable[ScalarNode]) -> Iterator[Ignore]:
    """Yield what the comment of a line asks to ignore; a comment extends to the end of the line."""
    # The parser reports no comments, so the first `#` that can start one and is in no scalar is it.
    start, end = source.line_span(line)
    comment = next(
        (at for at in _hashes(source.text, start, end) if not _is_inside(source, at, scalars)), end
    )
    for found in _COMMENT.finditer(source.text, comment, end):
        names = () if found[1] is None else tuple(_NAME.finditer(source.text, found.start(1), found.end(1)))
        for name in names:
            yield Ignore(name[0], source.location(name.start(), name.end()))
        if not names:
            yield Ignore("", source.location(found.start(), found.end()))


def _hashes(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets at which a comment of a line could begin: at its start, or after a blank."""
    at = text.find("#", start, end)
    while at >= 0:
        if at == start or text[at - 1] in " \t\ufeff":
            yield at
        at = text.find("#", at + 1, end)


def _is_inside(source: SourceText, at: int, scalars: Iterable[ScalarNode]) -> bool:
    """Return whether an offset is inside the text of a scalar; the header of a block scalar is not."""
    # `key: | # comment` is legal: the content begins on the next line.
    for each in scalars:
        start = source.after_properties(each.start, each.end)
        if source.text[start : start + 1] in {"|", ">"}:
            start = source.line_span(source.line_of(start))[1]
        if start <= at < each.end:
            return True
    return False


def _scalars_on(source: SourceText, lines: set[int]) -> dict[int, list[ScalarNode]]:
    """Return the scalars, including keys, that overlap these lines, by line."""
    ordered = sorted(lines)
    found: dict[int, list[ScalarNode]] = {}
    for each in _scalars(source.roots):
        first, last = source.line_of(each.start), source.line_of(each.end)
        for line in ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]:
            found.setdefault(line, []).append(each)
    return found


def _scalars(roots: Iterable[Node]) -> Iterator[ScalarNode]:
    """Yield the scalars of documents, each once however many aliases refer to it."""
    # A stack instead of recursion, and `seen` by identity: aliases make a graph whose expansion may be huge.
    seen: set[int] = set()
    rest = list(roots)
    while rest:
        node = rest.pop()
        if isinstance(node, ScalarNode):
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, MappingNode):
                for key, value in node.entries.values():
                    rest += (key, value)
            else:
                rest += node.items
