"""YAML events -> nodes: aliases, tags, and bounds on depth and expansion."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ecsplan.source.entries import EntryReader
from ecsplan.source.nodes import CORE_TAGS, MappingNode, Node, ScalarNode, SequenceNode, tag_fits
from ecsplan.source.syntax_errors import HALF_ESCAPED, half_of_a_pair
from ecsplan.source.text import REPLACEMENT, Problem, SourceText

MAX_DEPTH = 64
"""Levels of lists and mappings, aliases expanded. AWS's own documents have fewer than ten."""

MAX_NODES = 2_000_000
"""Scalars, lists and mappings of a file, as written."""

MAX_EXPANSION = 1_000_000
"""Values that aliases, merge keys and `defaults:` may add in the largest of files."""

EXPANSION_OF_A_FILE = 10_000
EXPANSION_OF_A_VALUE = 100
"""A file may have so many added, and so many for each value that it writes: a short one stays small."""

_CORE_PREFIX = "tag:yaml.org,2002:"
_TAG = re.compile(r"![^\s,\[\]{}]*")


class UnreadableDocument(Exception):  # noqa: N818 - it ends the reading of a document and never leaves the reader
    """The document cannot be read any further.

    Attributes:
        problem: Why.
        final: Whether what follows in the file is left unread too.
    """

    def __init__(self, problem: Problem, *, final: bool = False) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.final = final


@dataclass(slots=True)
class _Open:
    """A list or mapping still being read; the children of a mapping are keys and values in turn."""

    start: int
    flow: bool
    anchor: str | None
    keyed: bool
    children: list[Node] = field(default_factory=list)


class Composer:
    """Builds the nodes of a file's documents from calls in the order of the text."""

    def __init__(self, source: SourceText, problems: list[Problem]) -> None:
        self._source = source
        self._problems = problems
        self._nodes = 0
        self._expanded = 0
        self._entries = EntryReader(source, problems)
        self.restart(0)

    @property
    def allowance(self) -> int:
        """How many more values aliases and `defaults:` may add to those that are written."""
        allowed = EXPANSION_OF_A_FILE + EXPANSION_OF_A_VALUE * self._nodes
        return min(MAX_EXPANSION, allowed) - self._expanded

    def restart(self, begin: int) -> None:
        """Forget what is open; offsets in the calls that follow count from `begin`."""
        self._begin = begin
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._root: Node | None = None

    def open_document(self, start: int, end: int, version: tuple[int, int] | None) -> None:
        """Begin a document; `version` is that of its `%YAML` line."""
        self._anchors, self._root = {}, None
        if version is not None and tuple(version) < (1, 2):
            line = self._source.text.rfind("%YAML", 0, self._begin + end)
            place = line if line >= 0 else self._begin + start
            message = f"a manifest is YAML 1.2, and this says {version[0]}.{version[1]}"
            self._report("yaml-version", place, place + 9, message, "remove the line")

    def close_document(self) -> Node | None:
        """End a document; return it, or None where it is empty."""
        root = self._root
        empty = isinstance(root, ScalarNode) and root.plain and root.start == root.end
        return None if empty else root

    def unfinished(self) -> Node | None:
        """Return the document that is being read, as far as it was read; None where none is."""
        entries = EntryReader(self._source, [])
        node: Node | None = None
        for each in reversed(self._stack):
            children = each.children if node is None else [*each.children, node]
            start = each.start
            if each.keyed:
                node = MappingNode(
                    start, start, each.flow, entries.read(children, flow=False), 0, 0, broken=True
                )
            else:
                node = SequenceNode(start, start, each.flow, children, 0, 0, broken=True)
        return node

    def remains(self) -> Iterator[Node]:
        """Yield what is in no document: second values of a key, and a document that came to no end."""
        for each in self._stack:
            children, start = each.children, each.start
            if each.keyed:
                entries = self._entries.read(children, flow=each.flow)
                yield MappingNode(start, start, each.flow, entries, 0, 0, broken=True)
            else:
                yield SequenceNode(start, start, each.flow, children, 0, 0, broken=True)
        self._stack = []
        yield from self._entries.dropped
        self._entries.dropped.clear()

    def scalar(
        self, start: int, end: int, text: str, *, plain: bool, tag: str | None, anchor: str | None
    ) -> None:
        """Add a scalar."""
        node = ScalarNode(self._begin + start, self._begin + end, text, plain)
        if self._source.replaced:
            node.reported = REPLACEMENT in text
        if tag is not None:
            node.plain = False
            node.tag = self._core_tag(node.start, tag, ("str", "int", "float", "bool", "null"))
            node.reported = node.reported or not node.tag
            if not tag_fits(node):
                message = f"the text is not what its tag !!{node.tag} says"
                self._report("tag-mismatch", self._value(node), node.end, message, "remove the tag")
                node.reported = True
        if anchor is not None:
            self._anchors[anchor] = node
        self._add(node)

    def half(self, start: int) -> UnreadableDocument:
        """Return the error for half of a surrogate pair in the scalar that begins here."""
        found = HALF_ESCAPED.search(self._source.text, self._begin + start)
        place, end = found.span() if found else (self._begin + start, self._begin + start + 1)
        return UnreadableDocument(
            Problem("yaml-syntax", place, end, *half_of_a_pair(self._source.text[place:end]))
        )

    def open_mapping(self, start: int, *, flow: bool, tag: str | None, anchor: str | None) -> None:
        """Begin a mapping."""
        self._open(start, "map", flow=flow, tag=tag, anchor=anchor)

    def open_sequence(self, start: int, *, flow: bool, tag: str | None, anchor: str | None) -> None:
        """Begin a list."""
        self._open(start, "seq", flow=flow, tag=tag, anchor=anchor)

    def close_sequence(self, end: int) -> None:
        """End the list that was opened last."""
        opened = self._stack.pop()
        items = opened.children
        size, depth, broken = _measured(items)
        end += self._begin
        self._close(opened, SequenceNode(opened.start, end, opened.flow, items, size, depth, broken))

    def close_mapping(self, end: int) -> None:
        """End the mapping that was opened last."""
        opened = self._stack.pop()
        broken = any(each.broken for each in opened.children)
        entries = self._entries.read(opened.children, flow=opened.flow)
        size, depth, _ = _measured(value for _, value in entries.values())
        end += self._begin
        self._close(opened, MappingNode(opened.start, end, opened.flow, entries, size, depth, broken))

    def alias(self, start: int, end: int, anchor: str) -> None:
        """Add what an alias stands for."""
        start, end = self._begin + start, self._begin + end
        node = self._anchors.get(anchor)
        if node is None:
            if anchor in self._anchors:
                message, rule = f"`*{anchor}` stands inside what it stands for", "recursive-alias"
            else:
                message, rule = (
                    f"`*{anchor}` stands for nothing: there is no `&{anchor}` before it",
                    "undefined-alias",
                )
            self._report(rule, start, end, message, self._alias_help(rule))
            node = ScalarNode(start, end, "", plain=True, broken=True)
        self._expanded += node.size
        if self.allowance < 0:
            message = f"aliases make {self._expanded:,} values of the {self._nodes:,} that are written"
            raise UnreadableDocument(
                Problem("alias-bomb", start, end, message, "write out what is meant"), final=True
            )
        if len(self._stack) + node.depth > MAX_DEPTH:
            raise UnreadableDocument(self._too_deep(start, end))
        self._add(node, written=False)

    def _alias_help(self, rule: str) -> str:
        if rule == "recursive-alias":
            return "put the anchor on something that does not contain the alias"
        known = ", ".join(f"&{each}" for each in islice(self._anchors, 5))
        quote = "a value that begins with an asterisk must be quoted"
        return f"{quote}; the anchors before it are {known}" if known else quote

    def _open(self, start: int, kind: str, *, flow: bool, tag: str | None, anchor: str | None) -> None:
        start += self._begin
        if len(self._stack) >= MAX_DEPTH:
            raise UnreadableDocument(self._too_deep(start, start + 1))
        if tag is not None:
            self._core_tag(start, tag, (kind,))
        if anchor is not None:
            self._anchors[anchor] = None
        self._stack.append(_Open(start, flow, anchor, keyed=kind == "map"))

    def _close(self, opened: _Open, node: SequenceNode | MappingNode) -> None:
        if opened.anchor is not None:
            self._anchors[opened.anchor] = node
        self._add(node)

    def _add(self, node: Node, *, written: bool = True) -> None:
        self._nodes += written
        if self._nodes > MAX_NODES:
            message = f"the file has more than {MAX_NODES:,} values"
            raise UnreadableDocument(
                Problem("too-large", node.start, node.end, message, "split it into several files"), final=True
            )
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self._root = node

    def _too_deep(self, start: int, end: int) -> Problem:
        message = f"nested more than {MAX_DEPTH} levels deep"
        return Problem(
            "yaml-too-deep",
            start,
            end,
            message,
            "no key of a manifest goes that deep; look for a bracket too many",
        )

    def _core_tag(self, start: int, tag: str, fitting: tuple[str, ...]) -> str:
        """Return the short name of a tag, `str` for `!`; report it where it is not one of `fitting`."""
        name = "str" if tag == "!" else CORE_TAGS.get(tag, "")
        if name in fitting or tag == "!":
            return name
        shown = "!!" + tag.removeprefix(_CORE_PREFIX) if tag.startswith(_CORE_PREFIX) else tag
        message = f"the tag {shown[:60]} is not allowed here"
        found = _TAG.search(self._source.text, start)
        place, end = found.span() if found else (start, start + 1)
        self._report(
            "unsafe-tag", place, end, message, "remove it: a manifest holds text, numbers, lists and mappings"
        )
        return ""

    def _value(self, node: Node) -> int:
        return self._source.after_properties(node.start, node.end)

    def _report(self, rule: str, start: int, end: int, message: str, help_text: str) -> None:
        self._problems.append(Problem(rule, start, end, message, help_text))


def _measured(members: Iterable[Node]) -> tuple[int, int, bool]:
    """Return the size and the depth of what has these members, and whether one is broken."""
    size, depth, broken = 1, 0, False
    for each in members:
        size += each.size
        broken = broken or each.broken
        depth = max(depth, each.depth)
    return size, depth + 1, broken
