"""`matrix:` of a job -> its combinations, each of which becomes a job."""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any, Protocol

from ecsplan.schema.check import takes_text_alone, violations
from ecsplan.schema.nearest import nearest
from ecsplan.source.defaults import Texts, span_of
from ecsplan.terms.diagnostic import Severity
from ecsplan.terms.pointers import child, tokens_of
from ecsplan.terms.records import dataclass
from ecsplan.variables.combinations import Cell, Cells, end_of_name, has_all, number_as_written, with_included
from ecsplan.variables.expansion import JOB_NAME, Expansion
from ecsplan.variables.references import MATRIX, OPENING, Reference, all_pieces, has_references
from ecsplan.variables.values import WrittenFloat, WrittenInt, as_text, quoted
from ecsplan.yaml.bad_numbers import bad_number
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value
from ecsplan.yaml.text import Problem, SourceText

KEY = "matrix"
MAX_COMBINATIONS = 256
"""Jobs of one matrix, as in GitHub Actions (workflow syntax, jobs.<job_id>.strategy.matrix)."""
MAX_PRODUCT = 65_536
"""Combinations, before any is excluded, that are put together to find out how many are left."""
MAX_JOBS = 20_000
MAX_VALUES = 2_000_000
"""Jobs that the matrices of one manifest make, and values of all of them."""
_LISTS = ("include", "exclude")


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix of a job.

    Attributes:
        names: The names that references may have.
        combinations: What makes a job each, with the end of its name; None where that is not known, or wrong.
    """

    names: tuple[str, ...]
    combinations: tuple[tuple[str, Cells], ...] | None


@dataclass(slots=True)
class Matrices:
    """What the matrices of one manifest have made so far.

    Attributes:
        jobs: How many jobs.
        values: How many values these have.
        are_known: Whether all of their jobs are known.
    """

    jobs: int = 0
    values: int = 0
    are_known: bool = True


class Reports(Protocol):
    """What a document's problems are appended to."""

    @property
    def text(self) -> SourceText:
        """The text of the document."""

    @property
    def problems(self) -> list[Problem]:
        """Its problems."""


def matrix_of(
    document: Reports,
    layers: Sequence[MappingNode],
    texts: Texts,
    expansion: Expansion | None,
    as_written: Collection[Node],
) -> Matrix | None:
    """Return the matrix of a job, None where it has none; report what is wrong with it.

    Args:
        document: The document.
        layers: The job's mapping, then that of `defaults:` if there is one.
        texts: The texts of the nodes that are in others than the manifest.
        expansion: Replaces references to variables in its values; None where the document declares none.
        as_written: The scalars in which nothing is expanded.
    """
    written = [each.entries[KEY] for each in layers if KEY in each.entries]
    if not written:
        return None
    key, top = written[0]
    if isinstance(top, ScalarNode) and scalar_value(top) is None and not top.reported:
        return None
    below = [each for _, each in written[1:] if isinstance(each, MappingNode)]
    reader = _Reader(
        document,
        texts=texts,
        expansion=expansion,
        as_written=as_written,
        key=key,
        top=top,
        below=below[0] if below else None,
    )
    return reader.matrix()


class _Reader:
    """Reads the matrix of one job."""

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
        self._unknown: list[str] = []
        """The pointers of values that are not known."""
        self._wrong: list[str] = []
        """The pointers of what was reported."""
        self._cells: dict[str, Cell] = {}
        """What the values are, by their pointers."""

    def matrix(self) -> Matrix:
        """Return the matrix; report what is wrong with it."""
        if isinstance(self._top, MappingNode):
            data: Any = {name: self._data(node, child("", name)) for name, (_, node) in self._entries.items()}
        else:
            data = self._data(self._top, "")
        if not self._unknown:
            for each in violations(data, part="matrix"):
                self._report(each.rule, each.pointer, each.message, each.help, at_key=each.at_key)
        if self._unknown or not isinstance(data, Mapping):
            return Matrix(self._names(data), None)
        # What is right of a matrix with a fault is judged all the same, as far as it stands by itself.
        axes = {name: self._axis(name, items) for name, items in data.items() if name not in _LISTS}
        lists = {name: self._list(name, data.get(name)) for name in _LISTS}
        self._check_excluded(axes, lists["exclude"])
        self._check_included(axes, lists["include"])
        combinations = None if self._wrong else self._combinations(axes, lists["include"], lists["exclude"])
        return Matrix(self._names(data), combinations)

    def _names(self, data: object) -> tuple[str, ...]:
        if not isinstance(data, Mapping):
            return ()
        included = data.get("include")
        added = (
            (name for each in included if isinstance(each, Mapping) for name in each)
            if isinstance(included, list)
            else ()
        )
        return tuple(dict.fromkeys((*(each for each in data if each not in _LISTS), *added)))

    def _data(self, node: Node, pointer: str) -> Any:
        """Return a node as data, references to variables replaced; note each scalar in `_cells`."""
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
            self._unknown.append(pointer)
        elif isinstance(value, str) and has_references(value) and node not in self._as_written:
            value = self._expanded(node, pointer)
        elif isinstance(value, float) and not math.isfinite(value):
            node.reported = True
            self._unknown.append(pointer)
            self._document.problems.append(bad_number(node, self._text_of(pointer), f"/{KEY}{pointer}"))
        if isinstance(value, list):
            self._cells |= {child(pointer, n): Cell(each, as_text(each)) for n, each in enumerate(value)}
        elif value is not None:
            text = as_text(value) if has_references(node.text) else node.text
            self._cells[pointer] = Cell(number_as_written(value, text), text)
        return value

    def _expanded(self, node: ScalarNode, pointer: str) -> Any:
        """Return the value of a string that may refer to variables."""
        names = [each.name for each in all_pieces(node.text) if isinstance(each, Reference)]
        circular = next((each for each in names if each.startswith(MATRIX) or each == JOB_NAME), None)
        if circular is not None and (self._expansion is not None or circular != JOB_NAME):
            message = f"a value of a matrix cannot refer to {quoted(circular)}"
            self._report("matrix-reference", pointer, message, "write the value itself")
            return node.text
        if self._expansion is None:
            return node.text
        expansion = self._expansion
        found = expansion.expanded(node.text, f"/{KEY}{pointer}")
        sensitive = next(expansion.sensitive(found.names), None)
        if sensitive is not None:
            message = f"the variable `{sensitive}` is sensitive, and is allowed only in the values of `env`"
            self._report("variable-sensitive", pointer, message, "use another variable")
        if found.known and sensitive is None:
            return found.value
        # A value that is missing is reported at its declaration, unless it may be.
        self._unknown.append(pointer)
        return node.text

    def _axis(self, name: str, items: object) -> list[Cell]:
        """Return the values of a name; report one that is listed twice."""
        count = len(items) if isinstance(items, list) else 0
        pointers = [child(child("", name), index) for index in range(count)]
        cells = {each: self._cells[each] for each in pointers if each in self._cells}
        seen: set[str] = set()
        for pointer, cell in cells.items():
            if cell.text in seen:
                message = f"{quoted(cell.text)} is listed twice under `{name}`"
                self._report("matrix-duplicate", pointer, message, "remove one of them")
            seen.add(cell.text)
        return list(cells.values())

    def _list(self, name: str, items: object) -> list[Cells]:
        """Return the entries of `include` or `exclude`; report one that stands there twice."""
        seen: set[frozenset[tuple[str, str]]] = set()
        found: list[Cells] = []
        for index, item in enumerate(items if isinstance(items, list) else ()):
            pointer = child(f"/{name}", index)
            places = {each: child(pointer, each) for each in item} if isinstance(item, dict) else {}
            cells = {each: self._cells[place] for each, place in places.items() if place in self._cells}
            texts = frozenset((each, cell.text) for each, cell in cells.items())
            if texts and texts in seen:
                message = f"this entry stands twice under `{name}`"
                self._report("matrix-duplicate", pointer, message, "remove one of them")
            seen.add(texts)
            found.append(cells)
        return found

    def _check_excluded(self, axes: Mapping[str, list[Cell]], excluded: Sequence[Cells]) -> None:
        """Report what an entry of `exclude` says that no combination can have."""
        for index, entry in enumerate(excluded):
            for name, cell in entry.items():
                pointer = child(child("/exclude", index), name)
                if name not in axes:
                    near = nearest(name, axes)
                    help_text = f"did you mean `{near}`?" if near else f"its names are {', '.join(axes)}"
                    message = f"the matrix has no name {quoted(name)} to exclude"
                    self._report("matrix-exclude", pointer, message, help_text if axes else "", at_key=True)
                elif axes[name] and not any(cell.same(each) for each in axes[name]):
                    near = nearest(cell.text, (each.text for each in axes[name]))
                    message = f"this excludes nothing: {quoted(cell.text)} is not a value of `{name}`"
                    help_text = f"did you mean {near}?" if near else "remove it, or write one of its values"
                    self._report("matrix-exclude", pointer, message, help_text, severity="warning")

    def _check_included(self, axes: Mapping[str, object], included: Sequence[Cells]) -> None:
        """Report a new name in `include` to which nothing refers, if it is most likely one of the matrix."""
        for index, entry in enumerate(included):
            for name in (each for each in entry if each not in axes):
                near = nearest(name, axes)
                if near is not None and f"{OPENING}{MATRIX}{name}}}" not in self._document.text.text:
                    pointer = child(child("/include", index), name)
                    message = f"the matrix has no name {quoted(name)}, and nothing refers to it"
                    self._report("matrix-include", pointer, message, f"did you mean `{near}`?", at_key=True)

    def _combinations(
        self, axes: Mapping[str, list[Cell]], included: Sequence[Cells], excluded: Sequence[Cells]
    ) -> tuple[tuple[str, Cells], ...] | None:
        count = math.prod(map(len, axes.values())) if axes else 0
        if count > MAX_PRODUCT:
            self._report_count(count)
            return None
        made = [dict(zip(axes, cells, strict=True)) for cells in product(*axes.values())] if axes else []
        kept = [each for each in made if not any(has_all(each, entry) for entry in excluded)]
        found = with_included(axes, kept, included)
        if len(found) > MAX_COMBINATIONS:
            self._report_count(len(found))
        elif not found:
            message = "every combination of this matrix is excluded, so there is no job"
            self._report("matrix-exclude", "/exclude", message, "remove an entry", at_key=True)
        else:
            named = tuple((end_of_name(axes, each), each) for each in found)
            self._check_names(named)
            return None if self._wrong else named
        return None

    def _report_count(self, count: int) -> None:
        message = f"this matrix makes {count:,} jobs; at most {MAX_COMBINATIONS} are allowed"
        help_text = "split it over several jobs, or give a job an `array`"
        self._report("matrix-count", "", message, help_text, at_key=True)

    def _check_names(self, named: Sequence[tuple[str, Cells]]) -> None:
        seen: set[str] = set()
        for name, _ in named:
            if name in seen:
                message = f"two combinations of this matrix are both named {quoted(name)}"
                help_text = "let their values under the matrix's own names differ"
                self._report("matrix-duplicate", "", message, help_text, at_key=True)
            seen.add(name)

    def _report(
        self,
        rule: str,
        pointer: str,
        message: str,
        help_text: str,
        *,
        at_key: bool = False,
        severity: Severity = "error",
    ) -> None:
        key, node, text = self._find(pointer)
        at = key if key is not None and (at_key or node.start == node.end) else node
        if isinstance(at, SequenceNode | MappingNode) and not at.flow and key is not None:
            at = key
        start, end = span_of(text, at)
        source = None if text is self._document.text else text
        problem = Problem(rule, start, end, message, help_text, f"/{KEY}{pointer}", severity, source)
        self._document.problems.append(problem)
        self._wrong += [pointer] if severity == "error" else []

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
