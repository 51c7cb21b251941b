"""YAML events -> nodes: resolve aliases and tags, and limit depth and expansion."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import islice

from ecsplan.terms.credential_names import names_credential
from ecsplan.terms.records import dataclass
from ecsplan.yaml.entries import EntryReader
from ecsplan.yaml.nodes import CORE_TAGS, MappingNode, Node, ScalarNode, SequenceNode, tag_fits
from ecsplan.yaml.text import REPLACEMENT, Problem, SourceText

MAX_DEPTH = 64
"""Levels of lists and mappings, with aliases expanded. AWS's own documents have fewer than ten."""

MAX_NODES = 2_000_000
"""Scalars, lists and mappings in a file, as written."""

MAX_EXPANSION = 1_000_000
"""Values that aliases, merge keys and `defaults:` may add to a file of any size."""

EXPANSION_OF_A_FILE = 10_000
EXPANSION_OF_A_VALUE = 100
"""Values that may be added to any file, and further ones per value written: a short file stays small."""

_CORE_PREFIX = "tag:yaml.org,2002:"
_TAG = re.compile(r"![^\s,\[\]{}]*")


class UnreadableDocument(Exception):  # noqa: N818 - it ends the reading of a document and never leaves the reader
    """The document cannot be read any further.

    Attributes:
        problem: Why.
        final: Whether the rest of the file is skipped as well.
    """

    def __init__(self, problem: Problem, *, final: bool = False) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.final = final


@dataclass(slots=True)
class _Open:
    """A list or mapping that is not closed yet; the children of a mapping are keys and values alternately."""

    start: int
    flow: bool
    anchor: str | None
    keyed: bool
    children: list[Node] = field(default_factory=list)


class Composer:
    """Builds the nodes of a file's documents from calls made in the order of the text.

    Its methods take offsets into the text that the parser reads, which begins at the offset that `restart`
    was given; nodes and problems have offsets into the file.
    """

    def __init__(self, source: SourceText, problems: list[Problem]) -> None:
        self._source = source
        self._problems = problems
        self._nodes = 0
        self._expanded = 0
        self._entries = EntryReader(source, problems)
        self.restart(0)

    @property
    def allowance(self) -> int:
        """How many more values aliases and `defaults:` may add; negative once the limit is exceeded."""
        # Relative to what is written: one fixed limit would be too low for large generated manifests, or too
        # high for ten lines of nested aliases.
        allowed = EXPANSION_OF_A_FILE + EXPANSION_OF_A_VALUE * self._nodes
        return min(MAX_EXPANSION, allowed) - self._expanded

    def restart(self, begin: int) -> None:
        """Start again at offset `begin` of the file, from which the offsets of later calls count."""
        # `_nodes` and `_expanded` are kept: the limits are per file, not per document.
        self._begin = begin
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._root: Node | None = None

    def open_document(self, start: int, end: int, version: tuple[int, int] | None) -> None:
        """Begin a document; `version` is that of its `%YAML` directive, None without one."""
        # Anchors end with their document (YAML 1.2.2, section 3.2.2.2).
        self._anchors, self._root = {}, None
        if version is not None and tuple(version) < (1, 2):
            line = self._source.text.rfind("%YAML", 0, self._begin + end)
            place = line if line >= 0 else self._begin + start
            message = f"a manifest is YAML 1.2, but this line declares YAML {version[0]}.{version[1]}"
            self._report("yaml-version", place, place + 9, message, "remove the line")

    def close_document(self) -> Node | None:
        """End a document; return it, or None where it is empty."""
        root = self._root
        # `---` with nothing after it is a plain scalar of no width, unlike `""` and `null`.
        empty = isinstance(root, ScalarNode) and root.plain and root.start == root.end
        return None if empty else root

    def unfinished(self) -> Node | None:
        """Return what has been read of the document that is still open; None where none is."""
        # Its own reader, whose problems are discarded: this tree only serves to recognize foreign files.
        entries = EntryReader(self._source, [])
        node: Node | None = None
        # Invariant: `node` is the innermost open node with everything that was read below it.
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
        """Yield the nodes that are in no finished document: overridden values, and what is still open.

        They are not data, but excerpts must mask the credentials in them all the same.
        """
        # What is open is yielded level by level, not nested: masking needs no tree, only every scalar.
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
        """Add a scalar; `tag` is its tag as the parser resolves it, None without one."""
        node = ScalarNode(self._begin + start, self._begin + end, text, plain)
        # U+FFFD may also be written by the user; it is a sign of damage only where decoding put some.
        if self._source.replaced:
            node.reported = REPLACEMENT in text
        if tag is not None:
            node.plain = False
            node.tag = self._core_tag(node.start, tag, ("str", "int", "float", "bool", "null"))
            node.reported = node.reported or not node.tag
            if not tag_fits(node):
                message = f"the value does not match its tag !!{node.tag}"
                self._report("tag-mismatch", self._value(node), node.end, message, "remove the tag")
                node.reported = True
        if anchor is not None:
            self._anchors[anchor] = node
        self._add(node)

    def half(self, start: int) -> UnreadableDocument:
        """Return the error for an unpaired surrogate in the scalar that begins at `start`."""
        from ecsplan.yaml.syntax_errors import HALF_ESCAPED, half_of_a_pair  # noqa: PLC0415 - right YAML has none

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
        # From the children, not the entries: a broken merge key or duplicate is in no entry, and the mapping
        # still does not mean what was written.
        broken = any(each.broken for each in opened.children)
        entries = self._entries.read(opened.children, flow=opened.flow)
        size, depth, _ = _measured(value for _, value in entries.values())
        end += self._begin
        self._close(opened, MappingNode(opened.start, end, opened.flow, entries, size, depth, broken))

    def alias(self, start: int, end: int, anchor: str) -> None:
        """Add the node that an alias refers to; a broken scalar, reported, where there is none."""
        start, end = self._begin + start, self._begin + end
        node = self._anchors.get(anchor)
        if node is None:
            # An anchor maps to None while its list or mapping is open, so a known anchor without a node means
            # that the alias is inside it.
            if anchor in self._anchors:
                message, rule = f"`*{anchor}` refers to a value that contains it", "recursive-alias"
            else:
                message, rule = self._undefined(anchor), "undefined-alias"
            self._report(rule, start, end, message, self._alias_help(rule))
            # With its text, by which excerpts mask it: it may be a credential that begins with an asterisk.
            node = ScalarNode(start, end, f"*{anchor}", plain=True, broken=True)
        # The node is shared, not copied, and knows its expanded size and depth; so both limits are checked
        # before anything walks the expansion.
        self._expanded += node.size
        if self.allowance < 0:
            message = f"aliases add {self._expanded:,} values to the {self._nodes:,} that are written"
            help_text = "write the values out instead of using aliases"
            raise UnreadableDocument(Problem("alias-bomb", start, end, message, help_text), final=True)
        if len(self._stack) + node.depth > MAX_DEPTH:
            raise UnreadableDocument(self._too_deep(start, end))
        self._add(node, written=False)

    def _undefined(self, anchor: str) -> str:
        if self._is_for_credential():
            return "this alias is undefined: no anchor of its name is before it"
        return f"`*{anchor}` is undefined: there is no `&{anchor}` before it"

    def _is_for_credential(self) -> bool:
        """Return whether the value that comes next has a key that names a credential."""
        opened = self._stack[-1] if self._stack else None
        if opened is None or not opened.keyed or len(opened.children) % 2 == 0:
            return False
        key = opened.children[-1]
        return isinstance(key, ScalarNode) and names_credential(key.text)

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
        # None until it is closed, so that `alias` can tell a recursive alias from an undefined one.
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
            "no key of a manifest nests that deep; look for an extra opening bracket",
        )

    def _core_tag(self, start: int, tag: str, fitting: tuple[str, ...]) -> str:
        """Return the short name of a tag, `str` for `!`; report it and return "" where it does not fit.

        Args:
            start: Offset into the file at which the tagged node begins.
            tag: The tag as the parser resolves it.
            fitting: Short names of the tags that a node of this kind may have.
        """
        name = "str" if tag == "!" else CORE_TAGS.get(tag, "")
        if name in fitting or tag == "!":
            return name
        shown = "!!" + tag.removeprefix(_CORE_PREFIX) if tag.startswith(_CORE_PREFIX) else tag
        # A credential that begins with an exclamation mark is read as a tag.
        what = "a tag" if self._is_for_credential() else f"the tag {shown[:60]}"
        message = f"{what} is not allowed here"
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
    """Return the size and depth of a node with these members, and whether a member is broken."""
    # Each member's own figures are final, so a node is measured once however often aliases repeat it.
    size, depth, broken = 1, 0, False
    for each in members:
        size += each.size
        broken = broken or each.broken
        depth = max(depth, each.depth)
    return size, depth + 1, broken
