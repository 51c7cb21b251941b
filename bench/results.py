"""The results: bounds, peers side by side, and tables of figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict, Unpack

SUBJECTS = (
    "Start-up",
    "Compile",
    "Check",
    "What people see",
    "Apply",
    "Fleets",
    "Order",
    "Looking back",
    "Before and after",
    "In and out",
    "Distribution and documentation",
)
"""What bounds are grouped by, in the order of the page."""
OWN = "ecsplan"
BOTO3, CLI, PREFECT, DEPLOY = "boto3 script", "AWS CLI", "Prefect's ECS worker", "ecs-deploy"
SCHEMA, LINT = "check-jsonschema", "cfn-lint"
CONTESTANTS = (OWN, BOTO3, CLI, PREFECT, DEPLOY, SCHEMA, LINT)
"""The columns of the table in which all peers stand side by side."""
NOT_MEASURED = "not measured"
"""The cell of a peer that could do a task but did not run."""

Reason = str | Callable[[], str]
"""Why a bound was missed, or what measures why."""


class Said(TypedDict, total=False):
    """What may be said about a bound.

    Attributes:
        against: What it is compared with, with its figure.
        words: The bound in words, instead of its limit.
        why: Why it was missed, if it was.
    """

    against: str
    words: str
    why: Reason


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
        why: The reason why it was missed, as far as it was measured; "" if it is not known or was met.
        subject: The one of `SUBJECTS` that it belongs to.
    """

    what: str
    measured: str
    against: str
    ratio: float | None
    bound: str
    held: bool | None
    why: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task that several tools can do: one row of the table in which they stand side by side.

    Attributes:
        name: What is done and measured, with the unit.
        figures: Contestant -> its figure; those that cannot do it are left out.
    """

    name: str
    figures: Mapping[str, str]


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
        tasks: Rows of the table in which all peers stand side by side.
        tables: Further figures.
        curves: Name -> (size, seconds) pairs, for the plot.
        failed: Parts that could not be measured, with the reason.
    """

    bounds: list[Bound] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def at_most(self, what: str, measured: str, *, ratio: float, limit: float, **said: Unpack[Said]) -> None:
        """Add a bound that a ratio must not exceed."""
        bound = said.get("words") or f"at most {limit:g}"
        self._add(Bound(what, measured, said.get("against", ""), ratio, bound, ratio <= limit), said)

    def at_least(self, what: str, measured: str, *, ratio: float, limit: float, **said: Unpack[Said]) -> None:
        """Add a bound that a ratio must reach."""
        bound = said.get("words") or f"at least {limit:g}"
        self._add(Bound(what, measured, said.get("against", ""), ratio, bound, ratio >= limit), said)

    def _add(self, bound: Bound, said: Said) -> None:
        why = said.get("why", "")
        # Only for a bound that was missed: the reason may have to be measured.
        reason = "" if bound.held else why if isinstance(why, str) else why()
        self.bounds.append(replace(bound, why=reason))

    def not_measured(self, what: str, bound: str, reason: str) -> None:
        """Add a bound that could not be measured, with the reason."""
        self.bounds.append(Bound(what, f"not measured: {reason}", "", None, bound, None))

    def side_by_side(self, name: str, figures: Mapping[str, str]) -> None:
        """Add a task with the figure of each contestant that can do it.

        Raises:
            ValueError: A contestant has no column.
        """
        if unknown := sorted(figures.keys() - set(CONTESTANTS)):
            raise ValueError(f"{unknown[0]} has no column")
        self.tasks.append(Task(name, figures))

    def add(self, other: "Findings", subject: str = "") -> None:
        """Add the results of another part; its bounds belong to a subject, unless they name one."""
        self.bounds += (replace(each, subject=each.subject or subject) for each in other.bounds)
        self.tasks += other.tasks
        self.tables += other.tables
        # The names of curves are unique across the parts.
        self.curves |= other.curves
        self.failed += other.failed
