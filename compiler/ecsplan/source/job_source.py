"""`JobSource`: one job as it is written, merged with `defaults:`, with the place of every value."""

from dataclasses import field, replace
from typing import Any, cast

from ecsplan.source.defaults import Found, Texts, find, place_of
from ecsplan.source.variable_references import span_in
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Combination
from ecsplan.variables.declarations import Declaration, Value
from ecsplan.variables.expansion import COMMAND as COMMAND_POINTER
from ecsplan.variables.expansion import Expanded, Expansion, origin_of, variables_in
from ecsplan.variables.lookups import is_lookup
from ecsplan.variables.references import MATRIX as MATRIX_NAMES
from ecsplan.variables.references import Literal, Reference, pieces_of
from ecsplan.variables.values import Resolved, as_text
from ecsplan.yaml.nodes import MappingNode, ScalarNode
from ecsplan.yaml.text import SourceText


@dataclass(frozen=True, slots=True, eq=False)
class JobSource:
    """One job of a manifest as it is written, merged with `defaults:`.

    Attributes:
        name: The value of `name` if it is not empty, else the key in `jobs:`, else the file's stem (`stdin`
            for standard input).
        path: The file as the user named it; `<stdin>` for standard input.
        line: The line, counted from 1, on which the job begins.
        data: Its keys and values, without nulls that mean "not set".
        unset: Pointers of those nulls; their keys may be unknown ones.
        reported: Pointers of values already reported as wrong; `data` has their text instead.
        reported_keys: Pointers of keys already reported as wrong.
        named: Whether the manifest names the job; otherwise it is named after its file.
        expands: Whether the document declares variables, so that references in its strings are expanded.
        variables: The variables that the job uses, in the order of their declarations.
        called: The names by which a command sets something in this job: what the manifest calls it, whatever
            name is set, and the plain name of its matrix.
        matrix: Which combination of a matrix the job is; None where it is of none.
        lookups: The lookups that it refers to, such as `ssm:/path`, sorted.
    """

    name: str
    path: str
    line: int
    data: dict[str, Any]
    unset: tuple[str, ...]
    reported: tuple[str, ...]
    reported_keys: tuple[str, ...]
    named: bool
    expands: bool
    variables: tuple[Resolved, ...]
    called: tuple[str, ...]
    matrix: Combination | None
    lookups: tuple[str, ...]
    _text: SourceText = field(repr=False)
    _layers: tuple[MappingNode, ...] = field(repr=False)
    _key: ScalarNode | None = field(repr=False)
    _texts: Texts = field(repr=False)
    _expanded: dict[str, Expanded] = field(repr=False)
    _expansion: Expansion | None = field(repr=False)

    @property
    def open_lookups(self) -> tuple[str, ...]:
        """The lookups whose placeholders are in `data`: all of them, as nobody has been asked."""
        return self.lookups

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value, or of its nearest existing parent where the value is missing.

        A value that came through an alias, a merge key or `defaults:` has the place where it is written. A
        list or mapping in block style has the place of the key before it.

        Args:
            pointer: RFC 6901 pointer into `data`.
            key: Whether to return the place of the value's key instead.
        """
        text, span = place_of(self._find(pointer), key=key)
        location = text.location(*span, pointer)
        if not self._expanded or key:
            return location
        origin = self._origin(pointer)
        return replace(location, origin=origin) if origin else location

    def locate_lookup(self, pointer: str, name: str) -> Location:
        """Return the place of a lookup in the string at a pointer; that of the string where it is not seen.

        Args:
            pointer: The pointer of the string, or of one of the words that it was split into.
            name: The lookup, its variables replaced.
        """
        found = self._find(pointer)
        if isinstance(found.node, ScalarNode):
            for each in pieces_of(found.node.text):
                if isinstance(each, Reference) and self._means(each.name, name):
                    start, end = span_in(found.text, found.node, each.start, each.end)
                    location = found.text.location(start, end, pointer)
                    return replace(location, origin=self._origin_of_lookup(each.name))
        return self.locate(pointer)

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        """Return the place of a value in the JSON text that the string at `pointer` contains.

        A missing value has the place of its nearest existing parent; where the string is not JSON, every
        value has the place of the string.
        """
        from ecsplan.yaml.embedded_json import place_in_string  # noqa: PLC0415 - most patches are in YAML

        found = self._find(pointer)
        place = None
        if isinstance(found.node, ScalarNode):
            # From behind an anchor or a tag: the embedded text begins with its quote or block header.
            start = found.text.after_properties(found.node.start, found.node.end)
            written = found.text.text[start : found.node.end]
            place = place_in_string(written, found.node.text, inner_pointer)
        if place is None:
            text, span = place_of(found)
            location = text.location(*span, pointer + inner_pointer)
        else:
            location = found.text.location(start + place[0], start + place[1], pointer + inner_pointer)
        origin = self._origin(pointer)
        return replace(location, origin=origin) if origin else location

    def locate_part(self, pointer: str, start: int, end: int) -> Location:
        """Return the place of a part of the string at a pointer.

        The whole string is the place where references were replaced in it, or where escapes hide the part.
        """
        found = self._find(pointer)
        expanded = self._expanded.get(pointer)
        if not isinstance(found.node, ScalarNode) or (
            expanded is not None and expanded.value != found.node.text
        ):
            return self.locate(pointer)
        return found.text.location(*span_in(found.text, found.node, start, end), pointer)

    def text_of(self, pointer: str) -> str | None:
        """Return the text of a scalar, such as `1.10` or `0x1F`, unquoted; None for any other value."""
        if pointer in self._expanded:
            value = self._expanded[pointer].value
            return None if isinstance(value, list) else as_text(value)
        holder, _, index = pointer.rpartition("/")
        if holder in self._expanded and isinstance(items := self._expanded[holder].value, list):
            return as_text(items[int(index)]) if index.isdigit() and int(index) < len(items) else None
        found = self._find(pointer)
        return found.node.text if found.exists and isinstance(found.node, ScalarNode) else None

    def variable_at(self, pointer: str) -> str | None:
        """Return the variable that the value at a pointer is; "" where references are but a part of it.

        None for a value without references.
        """
        expanded = self._expanded.get(pointer)
        if expanded is None or not expanded.names:
            return None
        node = self._find(pointer).node
        (piece, *more) = pieces_of(node.text) if isinstance(node, ScalarNode) else (None,)
        return piece.name if isinstance(piece, Reference) and not more else ""

    def command_text(self) -> str | None:
        """Return the command as it is written, `_` for each reference; None where it is not a string."""
        found = self._find(COMMAND_POINTER)
        if not found.exists or not isinstance(found.node, ScalarNode):
            return None
        written = found.node.text
        if COMMAND_POINTER not in self._expanded:
            return written
        return "".join(each.text if isinstance(each, Literal) else "_" for each in pieces_of(written))

    def _means(self, reference: str, name: str) -> bool:
        return (
            self._expansion is not None and is_lookup(reference) and self._expansion.lookup(reference) == name
        )

    def _origin(self, pointer: str) -> str:
        """Return the words about the variables in the value at a pointer, or in the string that it is in."""
        while pointer and self._expanded:
            if pointer in self._expanded:
                names = self._expanded[pointer].names
                if self.matrix is not None and len(names) == 1 and names[0].startswith(MATRIX_NAMES):
                    return self._origin_in_matrix(names[0], pointer)
                return origin_of(each for each in self.variables if each.declaration.name in names)
            pointer = pointer.rpartition("/")[0]
        return ""

    def _origin_of_lookup(self, reference: str) -> str:
        """Return the words about the variables in a lookup as it is written."""
        names = frozenset(variables_in(reference))
        values = {} if self.matrix is None else self.matrix.values
        of_matrix = (
            Resolved(Declaration(f"{MATRIX_NAMES}{name}"), cast("Value", value), "from the matrix")
            for name, value in values.items()
        )
        return origin_of(each for each in (*self.variables, *of_matrix) if each.declaration.name in names)

    def _origin_in_matrix(self, reference: str, pointer: str) -> str:
        """Return the words about a value of the matrix that is the whole of a string; "" for a part of it.

        A diagnostic about a string with more in it may be one that all combinations share.
        """
        node = self._find(pointer).node
        if self.matrix is None or not isinstance(node, ScalarNode) or node.text != f"${{{reference}}}":
            return ""
        value = self.matrix.values[reference.removeprefix(MATRIX_NAMES)]
        return Resolved(Declaration(reference), cast("Value", value), "from the matrix").words

    def _find(self, pointer: str) -> Found:
        return find(self._layers, self._key, pointer, self._text, self._texts)
