"""The table of runs: for a terminal as wide as that is, else each run whole in a line; and as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.result import Outcome, TaskResult
from ecsplan_applier.runs.found import FoundRun
from ecsplan_cli.output import counted
from ecsplan_cli.render.apply.failures import named
from ecsplan_cli.render.columns import clipped, columns_of, padded
from ecsplan_cli.render.durations import duration
from ecsplan_cli.render.runs.times import time_json, time_text

_HEAD: Final = ("RUN", "STATE", "TASKS", "BEGAN", "TOOK", "JOBS")
_GAP: Final = "  "
_MAX_RUN: Final = 24
"""Columns of a run id with other columns beside it; on a terminal, a longer one has a line of its own."""
_MIN_JOBS: Final = 8
_MAX_JOBS: Final = 3
"""Jobs that are named on a terminal."""
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"


def table_lines(runs: Sequence[FoundRun], *, columns: int | None) -> Iterator[str]:
    """Yield the heading and a line for each run.

    Args:
        runs: The runs, in their order.
        columns: How wide the terminal is; None where the lines go to no terminal, and nothing is left out.
    """
    if columns is None:
        rows = [_cells(run, most=None) for run in runs]
        widths = [max(map(columns_of, cells)) for cells in zip(_HEAD, *rows, strict=True)]
        for row in (_HEAD, *rows):
            yield _row(row, widths)
        return
    rows = [_cells(run, most=_MAX_JOBS) for run in runs]
    short = [row[0] for row in rows if columns_of(row[0]) <= _MAX_RUN]
    widths = [max(map(columns_of, (_HEAD[0], *short)))]
    widths += [
        max(map(columns_of, cells)) for cells in zip(_HEAD[1:], *(row[1:] for row in rows), strict=True)
    ]
    left = max(_MIN_JOBS, columns - sum(widths[:-1]) - len(_GAP) * (len(widths) - 1))
    for row in (_HEAD, *rows):
        name, *others, jobs = row
        if columns_of(name) > widths[0]:
            # Clipped, it would name no run: what is printed is to be copied.
            yield name
            name = ""
        yield _row((name, *others, clipped(jobs, left)), widths)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(padded(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cells(run: FoundRun, *, most: int | None) -> tuple[str, ...]:
    names = [escaped(each) for each in job_names(run)]
    lasted = run.began_at is not None and (not run.is_over or run.ended_at is not None)
    return (
        escaped(run.run_id),
        run.state,
        str(len(run.results)),
        time_text(run.began_at).removesuffix(" UTC") or "-",
        duration(run.seconds) if lasted else "-",
        named(names, most=len(names) if most is None else most),
    )


def job_names(run: FoundRun) -> list[str]:
    """Return the names of a run's jobs, also of those that have not begun."""
    return list(dict.fromkeys((*(each.name for each in run.jobs), *run.unbegun)))


def run_json(run: FoundRun) -> dict[str, Any]:
    """Return a run as `runs --format json` lists it."""
    counts = Counter(_counted_as(each) for each in run.results)
    target = run.jobs[0].place.target
    ended = None if not run.is_over else run.ended_at
    return {
        "run_id": run.run_id,
        "state": run.state,
        "exit_status": run.exit_status,
        "jobs": job_names(run),
        "tasks": {word: counts[word] for word in ("pending", "running", SUCCEEDED, FAILED)},
        "began_at": time_json(run.began_at),
        "ended_at": time_json(ended),
        "seconds": round(run.seconds, 3),
        "account": run.account,
        "region": target.region,
        "copies": [_copy_json(each) for each in run.results],
    }


def _copy_json(task: TaskResult) -> dict[str, Any]:
    """Return a copy of a job, with what a table of durations needs of it."""
    facts = task.to_json()
    return {
        "job": task.job,
        **{name: facts[name] for name in ("copy", "label", "outcome", "exit_code")},
        "attempt": task.attempt,
        "phases": facts["phases"],
    }


def _counted_as(task: TaskResult) -> str:
    if task.outcome in {Outcome.PENDING, Outcome.RUNNING, Outcome.SUCCEEDED}:
        return str(task.outcome)
    return FAILED


def summary_line(runs: Sequence[FoundRun]) -> str:
    """Return how many runs there are of each state."""
    states = Counter(run.state for run in runs)
    return f"{counted(len(runs), 'run')}: {', '.join(f'{count} {state}' for state, count in states.items())}"
