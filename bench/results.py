"""The results: bounds, tables of figures, and the page that shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from machine import facts


@dataclass(frozen=True, slots=True)
class Bound:
    """One line of the table of bounds.

    Attributes:
        what: What was measured.
        measured: Its figure, with a unit.
        against: What it is compared with, with its figure.
        ratio: The quotient of both, or the figure that is bounded; None if it was not measured.
        bound: The bound in words.
        held: Whether the bound was met; None if it was not measured.
    """

    what: str
    measured: str
    against: str
    ratio: float | None
    bound: str
    held: bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures with a heading."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(slots=True)
class Findings:
    """The results of one part of the benchmark.

    Attributes:
        bounds: Rows of the table of bounds.
        tables: Further figures.
        curves: Name -> (size, seconds) pairs, for the plot.
        failed: Parts that could not be measured, with the reason.
    """

    bounds: list[Bound] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def at_most(
        self, what: str, measured: str, *, against: str = "", ratio: float, limit: float, words: str = ""
    ) -> None:
        """Add a bound that a ratio must not exceed."""
        held = ratio <= limit
        self.bounds.append(Bound(what, measured, against, ratio, words or f"at most {limit:g}", held))

    def at_least(
        self, what: str, measured: str, *, against: str = "", ratio: float, limit: float, words: str = ""
    ) -> None:
        """Add a bound that a ratio must reach."""
        held = ratio >= limit
        self.bounds.append(Bound(what, measured, against, ratio, words or f"at least {limit:g}", held))

    def not_measured(self, what: str, bound: str, reason: str) -> None:
        """Add a bound that could not be measured, with the reason."""
        self.bounds.append(Bound(what, f"not measured: {reason}", "", None, bound, None))

    def add(self, other: "Findings") -> None:
        """Add the results of another part."""
        self.bounds += other.bounds
        self.tables += other.tables
        # The names of curves are unique across the parts.
        self.curves |= other.curves
        self.failed += other.failed


def page(findings: Findings, *, quick: bool, plot: str | None) -> str:
    """Return the page with all figures, in Markdown."""
    parts = ["# Figures\n", f"{_INTRODUCTION}\n"]
    if quick:
        parts.append(
            "**Taken with `--quick`: few rounds and small sizes. Good for a look, not for a claim.**\n"
        )
    parts.append(_table(("the machine", ""), [(name, value) for name, value in facts()]))
    if findings.failed:
        parts += ["## Failed\n", "".join(f"- {each}\n" for each in findings.failed)]
    if findings.bounds:
        held = [each.held for each in findings.bounds]
        parts += [
            "## Bounds\n",
            f"{held.count(True)} held, {held.count(False)} missed, {held.count(None)} not measured.\n",
            _table(_BOUNDS_HEAD, [_bound_row(each) for each in findings.bounds]),
        ]
    if plot:
        parts += ["## Cost against size\n", f"![Time against size, both axes logarithmic]({plot})\n"]
    for table in findings.tables:
        parts += [f"## {table.title}\n", _table(table.head, table.rows)]
        if table.note:
            parts.append(f"{table.note}\n")
    return "\n".join(parts)


_INTRODUCTION = """\
Written by `make bench`; [README.md](README.md) says how each figure is taken. A figure is a median, with the
lowest and the highest in parentheses; a ratio is one of medians. Figures of different machines cannot be
compared, ratios within one run can."""
_BOUNDS_HEAD = ("what", "measured", "against", "ratio", "bound", "")


def _bound_row(each: Bound) -> Sequence[str]:
    verdict = {True: "held", False: "**missed**", None: "-"}[each.held]
    ratio = "" if each.ratio is None else f"{each.ratio:.3g}"
    return each.what, each.measured, each.against, ratio, each.bound, verdict


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
