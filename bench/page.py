"""The page with all results, in Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from machine import facts
from results import CONTESTANTS, SUBJECTS, Bound, Findings, Task

_INTRODUCTION = """\
Written by `make bench`; [README.md](README.md) says how each figure is taken. A figure is a median, with the
lowest and the highest in parentheses; a ratio is one of medians. Figures of different machines cannot be
compared, ratios within one run can."""
_SIDE_BY_SIDE = """\
What several tools can do, with the figures of this run; a dash stands where a tool cannot do it. The sections
below say what each of them was asked to do."""
_BOUNDS_HEAD = ("what", "measured", "against", "ratio", "bound", "")
_CANNOT = "\N{EN DASH}"
_UNEXPLAINED = "nothing that was measured here explains it."


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
    if findings.tasks:
        rows = [_task_row(each) for each in findings.tasks]
        parts += ["## Side by side\n", f"{_SIDE_BY_SIDE}\n", _table(("", *CONTESTANTS), rows)]
    if findings.bounds:
        parts += _bounds(findings.bounds)
    if plot:
        parts += ["## Cost against size\n", f"![Time against size, both axes logarithmic]({plot})\n"]
    for table in findings.tables:
        parts += [f"## {table.title}\n", _table(table.head, table.rows)]
        if table.note:
            parts.append(f"{table.note}\n")
    return "\n".join(parts)


def _task_row(task: Task) -> Sequence[str]:
    return (task.name, *(task.figures.get(each, _CANNOT) for each in CONTESTANTS))


def _bounds(bounds: Sequence[Bound]) -> Iterator[str]:
    """Yield the tables of bounds, one for each subject, and below each why bounds in it are missed."""
    held = [each.held for each in bounds]
    yield "## Bounds\n"
    yield f"{held.count(True)} held, {held.count(False)} missed, {held.count(None)} not measured.\n"
    for subject in (*SUBJECTS, ""):
        rows = [each for each in bounds if each.subject == subject]
        if rows:
            yield f"### {subject or 'Others'}\n"
            yield _table(_BOUNDS_HEAD, [_bound_row(each) for each in rows])
        if missed := [each for each in rows if each.held is False]:
            yield "".join(
                f"- Missed: {each.what}, {each.bound}: {each.why or _UNEXPLAINED}\n" for each in missed
            )


def _bound_row(each: Bound) -> Sequence[str]:
    verdict = {True: "held", False: "**missed**", None: "-"}[each.held]
    ratio = "" if each.ratio is None else f"{each.ratio:.3g}"
    return each.what, each.measured, each.against, ratio, each.bound, verdict


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
