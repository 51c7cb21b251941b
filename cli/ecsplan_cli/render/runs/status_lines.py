"""One run: a line for each job, then what failed and why, what has not begun, and what still runs."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.result import Outcome, TaskResult
from ecsplan_applier.runs.found import UNDER_WAY, FoundJob, FoundRun
from ecsplan_cli.output import counted
from ecsplan_cli.render.apply.failures import failure_lines, named
from ecsplan_cli.render.apply.log_tails import LogTails
from ecsplan_cli.render.apply.outcome_words import (
    LONG_S,
    earlier_attempts,
    is_good,
    phase_list,
    short_id,
    short_outcome,
    took,
    why,
)
from ecsplan_cli.render.apply.style import Style
from ecsplan_cli.render.apply.unstarted import is_unstarted, unstarted_lines
from ecsplan_cli.render.columns import columns_of, padded
from ecsplan_cli.render.durations import duration
from ecsplan_cli.render.runs.times import time_text

_MAX_COLUMN: Final = 40
"""Columns of the longest name that others are aligned with."""
_MAX_LISTED: Final = 20
"""Tasks that are under way and are listed one by one."""


@dataclass(frozen=True, slots=True)
class Showing:
    """How a run is to look.

    Attributes:
        style: How to write.
        links: Whether to link to the AWS console.
        verbose: Whether to write ARNs in full.
    """

    style: Style
    links: bool = True
    verbose: bool = False


def status_lines(run: FoundRun, showing: Showing) -> Iterator[str]:
    """Yield the lines about a run; the first one says what became of it."""
    yield headline(run)
    yield from _rows(run, showing)
    bad = [each for each in run.results if not is_good(each) and each.outcome not in UNDER_WAY]
    yield from unstarted_lines(bad)
    if run.unbegun:
        yield f"not begun: {named(map(escaped, run.unbegun))}"
    if run.due:
        yield f"a further attempt may be due: {named(map(escaped, run.due))}"
    failed = [each for each in bad if not is_unstarted(each)]
    if failed:
        yield ""
        yield from failure_lines(
            failed, style=showing.style, tails=LogTails(), links=showing.links, verbose=showing.verbose
        )
    left = [each.identifier for each in run.summary().left_running if each.identifier is not None]
    if left:
        yield ""
        yield "not stopped:"
        yield from (f"  {escaped(each)}" for each in left[:_MAX_LISTED])
        if len(left) > _MAX_LISTED:
            yield f"  and {counted(len(left) - _MAX_LISTED, 'more task')}; --format json names all"


def headline(run: FoundRun) -> str:
    """Return one line: the run, its state, how many tasks did what, since when and for how long."""
    counts = Counter(_word(each) for each in run.results)
    tasks = ", ".join(f"{number} {word}" for word, number in counts.items())
    what = f"run {escaped(run.run_id)}: {run.state}"
    if len(run.results) > 1:
        what = f"{what} ({tasks})"
    if run.began_at is None:
        return what
    lasted = f" for {duration(run.seconds)}" if not run.is_over or run.ended_at is not None else ""
    return f"{what}, began {time_text(run.began_at)},{' has run' if not run.is_over else ' ran'}{lasted}"


def _word(task: TaskResult) -> str:
    if task.outcome in {*UNDER_WAY, Outcome.SKIPPED, Outcome.INTERRUPTED, Outcome.LOST}:
        return str(task.outcome)
    return "succeeded" if is_good(task) else "failed"


def _rows(run: FoundRun, showing: Showing) -> Iterator[str]:
    """Yield a line for each job that has begun, aligned, and what there is to know below it."""
    jobs = [each for each in run.jobs if not all(map(is_unstarted, each.results))]
    cells = [(job, _cells(job, run, showing)) for job in jobs]
    marks = {_mark(job, showing.style) for job in jobs}
    mark_width = max((columns_of(text) for text, _ in marks), default=0)
    width = min(max((columns_of(escaped(job.name)) for job in jobs), default=0), _MAX_COLUMN)
    widths = [max((columns_of(row[n]) for _, row in cells), default=0) for n in range(2)]
    for job, (state, seconds, *rest) in cells:
        text, colour = _mark(job, showing.style)
        sign = showing.style.paint(text, colour) + " " * (mark_width - columns_of(text))
        columns = padded(escaped(job.name), width), padded(state, widths[0]), seconds.rjust(widths[1]), *rest
        yield f"{sign} {'  '.join(columns)}".rstrip()
        yield from (f"  {line}" for line in _below(job, run))


def _mark(job: FoundJob, style: Style) -> tuple[str, str]:
    """Return the mark of a job, and its colour."""
    if any(not is_good(each) and each.outcome not in UNDER_WAY for each in job.results):
        return "✗" if style.symbols else "FAILED", "red"
    if job.is_over:
        return "✓" if style.symbols else "ok", "green"
    return "•" if style.symbols else "..", "cyan"


def _cells(job: FoundJob, run: FoundRun, showing: Showing) -> tuple[str, ...]:
    """Return what stands behind a job's name: its state, since when, its task, its attempt, long phases."""
    if len(job.results) > 1:
        counts = Counter(_word(each) for each in job.results)
        lasted = max((_seconds(each, job, run) or 0.0 for each in job.results), default=0.0)
        return ", ".join(f"{number} {word}" for word, number in counts.items()), duration(
            lasted
        ) if lasted else ""
    if not job.results:
        return "pending", ""
    (task,) = job.results
    arn, phases = task.arn or "", phase_list(task.phases, over_s=LONG_S)
    return (
        _state(task),
        _lasted(task, job, run) if task.outcome in UNDER_WAY else took(task),
        escaped(arn) if showing.verbose else short_id(arn),
        *([f"attempt {task.attempt}"] if task.attempt > 1 else []),
        *([f"({phases})"] if phases and phases != f"running {took(task)}" else []),
    )


def _state(task: TaskResult) -> str:
    """Return the state of a task: ECS's own while it is under way, else how it ended."""
    if task.outcome in UNDER_WAY and not task.unstarted and task.status is not None:
        return escaped(task.status)
    return str(task.outcome) if task.outcome in UNDER_WAY else short_outcome(task)


def _seconds(task: TaskResult, job: FoundJob, run: FoundRun) -> float | None:
    """Return how long a task has run, or has been waiting to run; None where that is not known."""
    if task.outcome not in UNDER_WAY:
        return task.phases.running_s
    found = job.task(task.arn)
    if found is None or task.unstarted:
        return None
    since = found.times.started or found.times.created
    return None if since is None else max(0.0, run.now - since)


def _lasted(task: TaskResult, job: FoundJob, run: FoundRun) -> str:
    seconds = _seconds(task, job, run)
    return "" if seconds is None else duration(seconds)


def _below(job: FoundJob, run: FoundRun) -> Iterator[str]:
    """Yield earlier attempts of what has not failed, what is to explain, and the copies under way."""
    alone = len(job.results) == 1
    under_way = [each for each in job.results if each.outcome in UNDER_WAY]
    for task in job.results:
        if not is_good(task) and task.outcome not in UNDER_WAY:
            continue
        yield from (line if alone else f"{escaped(task.label)}, {line}" for line in earlier_attempts(task))
        if is_good(task) and task.explanation is not None:
            yield from why(task)
    if alone:
        yield from (line for task in under_way for line in why(task))
        return
    for task in under_way[:_MAX_LISTED]:
        words = (_state(task), _lasted(task, job, run), short_id(task.arn or ""))
        yield f"{escaped(task.label)}: {', '.join(each for each in words if each)}"
    if len(under_way) > _MAX_LISTED:
        yield f"and {counted(len(under_way) - _MAX_LISTED, 'more task')} under way"
