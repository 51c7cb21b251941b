"""The combinations of a matrix: their values, their names, and what `include` adds to them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from ecsplan.terms.json_types import Json
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration, Value
from ecsplan.variables.references import MATRIX
from ecsplan.variables.values import Resolved, WrittenFloat, WrittenInt, as_text


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a combination: the value itself, and its text as it is written."""

    value: Value
    text: str

    def same(self, other: "Cell") -> bool:
        """Return whether two values are meant to be the same: 1, "1" and 1.0 are, 1 and true are not."""
        if self.text == other.text:
            return True
        return isinstance(self.value, bool) == isinstance(other.value, bool) and self.value == other.value

    def to_json(self) -> Json:
        """Return the value as a plan has it: its text, unless the value alone shows how it was written."""
        if isinstance(self.value, tuple) or as_text(self.value) != self.text:
            return self.text
        value = self.value
        if isinstance(value, WrittenInt | WrittenFloat):
            value = value.plain
        return value if isinstance(value, str) or str(value).lower() == self.text else self.text


Cells: TypeAlias = Mapping[str, Cell]


def with_included(
    axes: Mapping[str, object], kept: Sequence[Mapping[str, Cell]], included: Sequence[Cells]
) -> list[Cells]:
    """Return the combinations with the entries of `include`, in their order.

    An entry is added to each combination whose own values it does not change; what an earlier entry has
    added it replaces. One that fits none is a further combination, to which later entries add nothing.
    Source: GitHub Actions, workflow syntax, jobs.<job_id>.strategy.matrix.include.
    """
    found = [dict(each) for each in kept]
    further: list[Cells] = []
    for entry in included:
        own = {name: cell for name, cell in entry.items() if name in axes}
        fitting = [each for each, before in zip(found, kept, strict=True) if has_all(before, own)]
        for each in fitting:
            each.update({name: cell for name, cell in entry.items() if name not in axes})
        if not fitting:
            further.append(entry)
    return [*found, *further]


def has_all(combination: Cells, entry: Cells) -> bool:
    """Return whether a combination has all values of an entry."""
    return all(name in combination and cell.same(combination[name]) for name, cell in entry.items())


def end_of_name(axes: Mapping[str, object], cells: Cells) -> str:
    """Return the end of a job's name: the values of the matrix's own names, else those that it has."""
    own = [name for name in axes if name in cells] or list(cells)
    return f"[{','.join(f'{name}={cells[name].text}' for name in own)}]"


def resolved(cells: Cells) -> Iterator[tuple[str, Resolved]]:
    """Yield what references to the values of a combination stand for, by their names."""
    for name, cell in cells.items():
        reference = MATRIX + name
        yield reference, Resolved(Declaration(reference), cell.value, "from the matrix")


def unknown(references: Collection[str]) -> Iterator[tuple[str, Resolved]]:
    """Yield the same for a matrix whose combinations are not known: what refers to them is left open."""
    for reference in references:
        yield reference, Resolved(Declaration(reference), None, "")
