"""Write docs/failures.md from the applier's table of what ECS says."""

from collections.abc import Iterable
from pathlib import Path

from ecsplan_applier.outcomes.explain import ROWS
from ecsplan_applier.outcomes.explanation import Kind, Row

PAGE = Path(__file__).with_name("failures.md")

INTRODUCTION = """\
# What ECS says, what it means, and what to do

`ecsplan apply` prints ECS's own words, and below them what they mean and what to do. These are all the
rows that it has; the first that fits is shown. The patterns that recognize them stand in the tables
that `applier/ecsplan_applier/outcomes/explain.py` puts together. What varies in ECS's words, such as
names and ARNs, is made up here. In the reason of a stopped task the outermost error name, such as
`CannotStartContainerError`, decides first; what stands behind it may hold the names of further errors.

*Transient* says whether AWS documents that the same request may succeed a little later: `start` where
nothing ran and another try may, `interruption` where AWS ended the task; nothing where the cause has to be
fixed first.

`python docs/generate_failures.py` writes this page.
"""

REFUSED = """\
The exit status is 125, or 122 for a run id that belongs to another request. What passes by itself
(throttling, HTTP 5xx, broken connections, too many concurrent attempts) is tried again first. The codes
`NotReached`, `NoAnswer`, `TimedOut`, `BadAnswer` and `BadRequest` are ecsplan's own."""

FEWER = """\
RunTask says so in `failures`, and a task that waited for a capacity provider when it stops
(`TaskFailedToStart`); both have the same rows. `failures` are
tried again for each missing task until `task_start_timeout_seconds`; then the exit status is 126. What no
waiting cures is reported at once."""

OWN = """\
ecsplan stops a task at the limits that the job sets, when it is interrupted, and when a run id turns out to
belong to another request. The reason that it gives to ECS is shown here; what is printed depends on the state
that the task was in, and names the job's capacity providers. The exit status is 124 for a timeout."""

STOPPED = """\
The exit status is 125 for a task that AWS ended (`SpotInterruption`, `TerminationNotice`,
`InfrastructureHealth`, a host that was lost), whatever its exit code. Otherwise it is the exit code of the
job's container; without one it is 126 for a task that failed to start (`TaskFailedToStart`), else 125."""

SECTIONS: tuple[tuple[Kind, str, str], ...] = (
    ("call", "A call is refused", REFUSED),
    ("failure", "A task is not placed", FEWER),
    ("stop", "A task stops", STOPPED),
    ("own", "ecsplan stops a task", OWN),
)


def page() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *(_section(*each) for each in SECTIONS)])


def _section(kind: Kind, title: str, text: str) -> str:
    head = (
        "| name | ECS says | it means | do this | transient | source |\n| --- | --- | --- | --- | --- | --- |"
    )
    rows = "\n".join(_row(row) for row in ROWS if row.kind == kind)
    return f"## {title}\n\n{text}\n\n{head}\n{rows}\n"


def _row(row: Row) -> str:
    codes = ", ".join(map(str, row.exit_codes))
    says = f"`{row.says}`" + (f", exit code {codes}" if codes else "")
    cells = (row.name, says, row.meaning, row.remedy, row.transient or "", row.source)
    return f"| {' | '.join(_cells(cells))} |"


def _cells(texts: Iterable[str]) -> list[str]:
    return [text.replace("|", "\\|") for text in texts]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
