"""`matrix:` of a job -> its combinations, each of which becomes a job."""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import product

from ecsplan.schema.check import violations
from ecsplan.schema.nearest import nearest
from ecsplan.schema.violation import WHOLE
from ecsplan.source.defaults import Texts
from ecsplan.source.matrix_values import KEY, MatrixValues, Reports
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.variables.combinations import Cell, Cells, end_of_name, has_all, with_included
from ecsplan.variables.expansion import Expansion
from ecsplan.variables.references import MATRIX, OPENING
from ecsplan.variables.values import quoted
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, scalar_value

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
    values = MatrixValues(
        document,
        texts=texts,
        expansion=expansion,
        as_written=as_written,
        key=key,
        top=top,
        below=below[0] if below else None,
    )
    return _Judge(values).matrix()


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges the matrix of one job."""

    values: MatrixValues

    def matrix(self) -> Matrix:
        """Return the matrix; report what is wrong with it."""
        data = self.values.data()
        if not self.values.unknown:
            for each in violations(data, part="matrix"):
                message = each.message if each.pointer else each.message.replace(WHOLE, KEY, 1)
                self.values.report(each.rule, each.pointer, message, each.help, at_key=each.at_key)
        if self.values.unknown or not isinstance(data, Mapping):
            return Matrix(self._names(data), None)
        # What is right of a matrix with a fault is judged all the same, as far as it stands by itself.
        axes = {name: self._axis(name, items) for name, items in data.items() if name not in _LISTS}
        lists = {name: self._list(name, data.get(name)) for name in _LISTS}
        self._check_excluded(axes, lists["exclude"])
        self._check_included(axes, lists["include"])
        combinations = (
            None if self.values.wrong else self._combinations(axes, lists["include"], lists["exclude"])
        )
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

    def _axis(self, name: str, items: object) -> list[Cell]:
        """Return the values of a name; report one that is listed twice."""
        count = len(items) if isinstance(items, list) else 0
        pointers = [child(child("", name), index) for index in range(count)]
        cells = {each: self.values.cells[each] for each in pointers if each in self.values.cells}
        seen: set[str] = set()
        for pointer, cell in cells.items():
            if cell.text in seen:
                message = f"{quoted(cell.text)} is listed twice under `{name}`"
                self.values.report("matrix-duplicate", pointer, message, "remove one of them")
            seen.add(cell.text)
        return list(cells.values())

    def _list(self, name: str, items: object) -> list[Cells]:
        """Return the entries of `include` or `exclude`; report one that stands there twice."""
        seen: set[frozenset[tuple[str, str]]] = set()
        found: list[Cells] = []
        for index, item in enumerate(items if isinstance(items, list) else ()):
            pointer = child(f"/{name}", index)
            places = {each: child(pointer, each) for each in item} if isinstance(item, dict) else {}
            cells = {
                each: self.values.cells[place] for each, place in places.items() if place in self.values.cells
            }
            texts = frozenset((each, cell.text) for each, cell in cells.items())
            if texts and texts in seen:
                message = f"this entry stands twice under `{name}`"
                self.values.report("matrix-duplicate", pointer, message, "remove one of them")
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
                    self.values.report(
                        "matrix-exclude", pointer, message, help_text if axes else "", at_key=True
                    )
                elif axes[name] and not any(cell.same(each) for each in axes[name]):
                    near = nearest(cell.text, (each.text for each in axes[name]))
                    message = f"this excludes nothing: {quoted(cell.text)} is not a value of `{name}`"
                    help_text = f"did you mean {near}?" if near else "remove it, or write one of its values"
                    self.values.report("matrix-exclude", pointer, message, help_text, severity="warning")

    def _check_included(self, axes: Mapping[str, object], included: Sequence[Cells]) -> None:
        """Report a new name in `include` to which nothing refers, if it is most likely one of the matrix."""
        for index, entry in enumerate(included):
            for name in (each for each in entry if each not in axes):
                near = nearest(name, axes)
                if near is not None and f"{OPENING}{MATRIX}{name}}}" not in self.values.text.text:
                    pointer = child(child("/include", index), name)
                    message = f"the matrix has no name {quoted(name)}, and nothing refers to it"
                    self.values.report(
                        "matrix-include", pointer, message, f"did you mean `{near}`?", at_key=True
                    )

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
            self.values.report("matrix-exclude", "/exclude", message, "remove an entry", at_key=True)
        else:
            named = tuple((end_of_name(axes, each), each) for each in found)
            self._check_names(named)
            return None if self.values.wrong else named
        return None

    def _report_count(self, count: int) -> None:
        message = f"this matrix makes {count:,} jobs; at most {MAX_COMBINATIONS} are allowed"
        help_text = "split it over several jobs, or give a job an `array`"
        self.values.report("matrix-count", "", message, help_text, at_key=True)

    def _check_names(self, named: Sequence[tuple[str, Cells]]) -> None:
        seen: set[str] = set()
        for name, _ in named:
            if name in seen:
                message = f"two combinations of this matrix are both named {quoted(name)}"
                help_text = "let their values under the matrix's own names differ"
                self.values.report("matrix-duplicate", "", message, help_text, at_key=True)
            seen.add(name)
