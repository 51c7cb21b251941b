"""Keys and values of a YAML mapping -> its entries: resolve merge keys, report invalid and repeated keys."""

from collections.abc import Iterator
from dataclasses import field

from ecsplan.terms.records import dataclass
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, plain_value
from ecsplan.yaml.text import Problem, SourceText

Entries = dict[str, tuple[ScalarNode, Node]]
"""Key -> the key's node and the value's node."""

_MERGE = "<<"
_MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class EntryReader:
    """Reads the entries of a file's mappings.

    Attributes:
        source: The file's text.
        problems: The list that problems are appended to.
        dropped: Values that end up in no entry, whose credentials excerpts must mask all the same.
    """

    source: SourceText
    problems: list[Problem]
    dropped: list[Node] = field(default_factory=list)

    def read(self, children: list[Node], *, flow: bool) -> Entries:
        """Return the entries of a mapping, those of its merge key first.

        Args:
            children: Its keys and values alternately; the last key of an open mapping may lack its value.
            flow: Whether it is written in braces.
        """
        entries: Entries = {}
        merge: Node | None = None
        # Invariant: each value so far is in `entries` or in `dropped`, so that masking sees all of them. Of a
        # repeated key the first value is kept; either is as likely to be wrong.
        for key, value in zip(children[::2], children[1::2], strict=False):
            name = self._name(key)
            if name is None or not isinstance(key, ScalarNode):
                self.dropped.append(value)
            # Only unquoted: `"<<"` is a key like any other.
            elif name == _MERGE and key.plain and merge is None:
                merge = value
                self.dropped.append(value)
            elif name in entries or (name == _MERGE and key.plain):
                self._doubled(name, key, value, entries)
            else:
                entries[name] = (key, value)
                # Only in braces: in block style, `cpu:256` is a scalar and no key at all.
                if flow and key.plain and ":" in name and value.start == value.end:
                    self._squeezed(name, key)
        # A key of the mapping takes precedence wherever `<<` is in it.
        return entries if merge is None else self._merged(merge) | entries

    def _name(self, key: Node) -> str | None:
        """Return the text of a key, None for a list or mapping; report a key that is not a string."""
        if not isinstance(key, ScalarNode):
            kind = "a list" if isinstance(key, SequenceNode) else "a mapping"
            # The usual cause is an unquoted `{{ name }}` of a template: to YAML, a mapping as a key.
            hint = "put a value that begins with a bracket or a brace, such as a {{ template }}, in quotes"
            self._report("non-string-key", key.start, key.start + 1, f"{kind} cannot be a key", hint)
            return None
        if key.plain and not key.broken and not isinstance(plain_value(key.text), str):
            shown = key.text[:_MAX_SHOWN]
            message = f"{shown or 'an empty key'} is a key, but not a string"
            self._report("non-string-key", key.start, key.end, message, f'put it in quotes: "{shown}"')
        return key.text

    def _doubled(self, name: str, key: ScalarNode, value: Node, entries: Entries) -> None:
        hint = "merge several with `<<: [*one, *other]`"
        if name in entries:
            line = self.source.line_of(entries[name][0].start)
            hint = f"it is already on line {line}; keep one of them"
        self._report("duplicate-key", key.start, key.end, f"`{name[:_MAX_SHOWN]}` is written twice", hint)
        # Together with `name` or `key`, by which the value of `{name: TOKEN, value: …}` is masked.
        named = {each: entries[each] for each in ("name", "key") if each in entries}
        again = named | {name: (key, value)}
        self.dropped.append(MappingNode(key.start, value.end, True, again, 0, 0, broken=True))

    def _squeezed(self, name: str, key: ScalarNode) -> None:
        """Report `{cpu:256}`, which is a key named `cpu:256` without a value."""
        first = name.partition(":")[0][:_MAX_SHOWN]
        message = f"`{first}:` has no space after its colon"
        self._report("missing-space", key.start, key.end, message, f"write `{first}: ` with a space")

    def _merged(self, value: Node) -> Entries:
        """Return the entries that a merge key gives; of several mappings, the earlier one has precedence."""
        entries: Entries = {}
        for each in self._mappings(value):
            for name, entry in each.entries.items():
                entries.setdefault(name, entry)
        return entries

    def _mappings(self, value: Node) -> Iterator[MappingNode]:
        for each in value.items if isinstance(value, SequenceNode) else [value]:
            if isinstance(each, MappingNode):
                yield each
            elif not each.broken:
                start = self.source.after_properties(each.start, each.end)
                message = "`<<` takes a mapping or a list of mappings"
                self._report("merge-key", start, each.end, message, "write `<<: *anchor`")

    def _report(self, rule: str, start: int, end: int, message: str, hint: str) -> None:
        self.problems.append(Problem(rule, start, end, message, hint))
