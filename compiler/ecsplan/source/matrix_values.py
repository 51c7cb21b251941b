"""The values of a matrix as it is written: with their places, and as texts where only texts can stand."""

import math
from collections.abc import Collection
from typing import Any, Protocol

from ecsplan.schema.check import takes_text_alone
from ecsplan.source.defaults import Texts, span_of
from ecsplan.terms.diagnostic import Severity
from ecsplan.terms.pointers import child, tokens_of
from ecsplan.variables.combinations import Cell, Cells
from ecsplan.variables.expansion import JOB_NAME, Expansion
from ecsplan.variables.references import MATRIX, Reference, all_pieces, has_references
from ecsplan.variables.values import WrittenFloat, WrittenInt, as_text, number_as_written, quoted
from ecsplan.yaml.bad_numbers import bad_number
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value
from ecsplan.yaml.text import Problem, SourceText

KEY = "matrix"


class Reports(Protocol):
    """What a document's problems are appended to."""

    @property
    def text(self) -> SourceText:
        """The text of the document."""

    @property
    def problems(self) -> list[Problem]:
        """Its problems."""


class MatrixValues:
    """Reads the values of one matrix, and reports what is wrong with it at their places.

    Args:
        document: The document.
        texts: The texts of the nodes that are in others than the manifest.
        expansion: Replaces references to variables; None where the document declares none.
        as_written: The scalars in which nothing is expanded.
        key: The key of the matrix.
        top: What is below it.
        below: The matrix of `defaults:` that it is merged with; None without one.

    Attributes:
        unknown: The pointers of values that are not known.
        wrong: The pointers of what was reported.
        cells: What the values are, by their pointers.
    """

    def __init__(
        self,
        document: Reports,
        *,
        texts: Texts,
        expansion: Expansion | None,
        as_written: Collection[Node],
        key: ScalarNode,
        top: Node,
        below: MappingNode | None,
    ) -> None:
        self._document, self._texts, self._expansion = document, texts, expansion
        self._as_written, self._key, self._top = as_written, key, top
        entries = (
            {**({} if below is None else below.entries), **top.entries}
            if isinstance(top, MappingNode)
            else {}
        )
        self._entries = {
            name: entry
            for name, entry in entries.items()
            if not (isinstance(entry[1], ScalarNode) and scalar_value(entry[1]) is None)
        }
        self.unknown: list[str] = []
        self.wrong: list[str] = []
        self.cells: dict[str, Cell] = {}

    @property
    def text(self) -> SourceText:
        """The text of the document."""
        return self._document.text

    def data(self) -> Any:
        """Return the matrix as data, references to variables replaced; note each scalar in `cells`."""
        if isinstance(self._top, MappingNode):
            return {name: self._data(node, child("", name)) for name, (_, node) in self._entries.items()}
        return self._data(self._top, "")

    def report(
        self,
        rule: str,
        pointer: str,
        message: str,
        help_text: str,
        *,
        at_key: bool = False,
        severity: Severity = "error",
    ) -> None:
        """Append a problem at what a pointer into the matrix leads to, or at its key."""
        key, node, text = self._find(pointer)
        at = key if key is not None and (at_key or node.start == node.end) else node
        if isinstance(at, SequenceNode | MappingNode) and not at.flow and key is not None:
            at = key
        start, end = span_of(text, at)
        source = None if text is self._document.text else text
        problem = Problem(rule, start, end, message, help_text, f"/{KEY}{pointer}", severity, source)
        self._document.problems.append(problem)
        self.wrong += [pointer] if severity == "error" else []

    def _text_of(self, pointer: str) -> SourceText:
        return self._find(pointer)[2]

    def _find(self, pointer: str) -> tuple[ScalarNode | None, Node, SourceText]:
        """Return the key, the node and the text of what a pointer into the matrix leads to, or leads near."""
        key: ScalarNode | None = self._key
        node, text = self._top, self._texts.get(self._top, self._document.text)
        entries = self._entries
        for token in tokens_of(pointer):
            if isinstance(node, MappingNode) and token in entries:
                key, node = entries[token]
            elif isinstance(node, SequenceNode) and token.isdigit() and int(token) < len(node.items):
                key, node = None, node.items[int(token)]
            else:
                break
            text = self._texts.get(node, text)
            entries = node.entries if isinstance(node, MappingNode) else {}
        return key, node, text

    def _data(self, node: Node, pointer: str) -> Any:
        """Return a node as data, references to variables replaced; note each scalar in `cells`."""
        match node:
            case MappingNode(entries=entries):
                return {name: self._data(each, child(pointer, name)) for name, (_, each) in entries.items()}
            case SequenceNode(items=items):
                return [self._data(each, child(pointer, index)) for index, each in enumerate(items)]
            case ScalarNode():
                return self._scalar(node, pointer)

    def _scalar(self, node: ScalarNode, pointer: str) -> Any:
        value: Any = scalar_value(node)
        if node.reported or node.broken:
            self.unknown.append(pointer)
        elif isinstance(value, str) and has_references(value) and node not in self._as_written:
            value = self._expanded(node, pointer)
        elif isinstance(value, float) and not math.isfinite(value):
            node.reported = True
            self.unknown.append(pointer)
            self._document.problems.append(bad_number(node, self._text_of(pointer), f"/{KEY}{pointer}"))
        if isinstance(value, list):
            self.cells |= {child(pointer, n): Cell(each, as_text(each)) for n, each in enumerate(value)}
        elif value is not None:
            text = as_text(value) if has_references(node.text) else node.text
            self.cells[pointer] = Cell(number_as_written(value, text), text)
        return value

    def _expanded(self, node: ScalarNode, pointer: str) -> Any:
        """Return the value of a string that may refer to variables."""
        names = [each.name for each in all_pieces(node.text) if isinstance(each, Reference)]
        circular = next((each for each in names if each.startswith(MATRIX) or each == JOB_NAME), None)
        if circular is not None and (self._expansion is not None or circular != JOB_NAME):
            message = f"a value of a matrix cannot refer to {quoted(circular)}"
            self.report("matrix-reference", pointer, message, "write the value itself")
            return node.text
        if self._expansion is None:
            return node.text
        expansion = self._expansion
        found = expansion.expanded(node.text, f"/{KEY}{pointer}")
        sensitive = next(expansion.sensitive(found.names), None)
        if sensitive is not None:
            message = f"the variable `{sensitive}` is sensitive, and is allowed only in the values of `env`"
            self.report("variable-sensitive", pointer, message, "use another variable")
        if found.known and sensitive is None:
            return found.value
        # A value that is missing is reported at its declaration, unless it may be.
        self.unknown.append(pointer)
        return node.text


def with_texts(data: Any, pointer: str = "") -> Any:
    """Return the data of a job in which a number of a matrix is its text where only texts can stand.

    A value of a matrix does not show whether it is meant as a number, such as the day in a command.
    """
    match data:
        case WrittenInt() | WrittenFloat():
            return data.text if takes_text_alone(pointer) else data
        case dict():
            return {name: with_texts(each, child(pointer, name)) for name, each in data.items()}
        case list():
            return [with_texts(each, child(pointer, index)) for index, each in enumerate(data)]
        case _:
            return data


def has_numbers(cells: Cells) -> bool:
    """Return whether a combination has a value that `with_texts` may replace."""
    return any(isinstance(each.value, WrittenInt | WrittenFloat) for each in cells.values())
