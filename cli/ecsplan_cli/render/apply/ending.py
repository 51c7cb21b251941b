"""The end of an apply: what succeeded, a line each or a count, then what failed and why, then one line."""

from collections.abc import Iterator, Sequence
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.result import JobResult, Outcome, Summary, TaskResult
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
from ecsplan_cli.render.apply.unstarted import is_unstarted, names_of, unstarted_lines
from ecsplan_cli.render.columns import columns_of, padded
from ecsplan_cli.render.durations import duration

MANY_TASKS: Final = 20
"""From so many tasks on, those that succeeded are counted."""
_MAX_COLUMN: Final = 40
"""Columns of the longest name that others are aligned with."""
_VERBS: Final[dict[Outcome, str]] = {Outcome.INTERRUPTED: "interrupted", Outcome.SKIPPED: "skipped"}
"""What the last line calls an outcome; any other that is not good has failed."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the end of an apply is to look.

    Attributes:
        style: How to write.
        tails: The last lines of the logs.
        links: Whether to link to the AWS console.
        verbose: Whether to write ARNs in full.
        quiet: Whether to leave out what succeeded.
    """

    style: Style
    tails: LogTails
    links: bool = True
    verbose: bool = False
    quiet: bool = False


def ending_lines(summary: Summary, ending: Ending) -> Iterator[str]:
    """Yield the lines about the tasks; the last one says what failed. With `quiet`, none for a success."""
    bad = [each for each in summary.tasks if not is_good(each)]
    if ending.quiet and not bad:
        return
    rows = [] if ending.quiet else list(_rows(summary, ending))
    yield from rows
    yield from unstarted_lines(bad)
    failed = [each for each in bad if not is_unstarted(each)]
    if failed:
        if rows:
            yield ""
        yield from failure_lines(
            failed, style=ending.style, tails=ending.tails, links=ending.links, verbose=ending.verbose
        )
    yield total(summary)


def total(summary: Summary) -> str:
    """Return one line: how many tasks did what, which failed, how long it took, and the run id."""
    tasks = summary.tasks
    groups: dict[str, list[TaskResult]] = {}
    for each in tasks:
        if not is_good(each):
            groups.setdefault(_verb(each), []).append(each)
    what = "; ".join(
        f"{len(bad)} of {_counted(len(tasks))} {verb}: {named(names_of(bad))}" for verb, bad in groups.items()
    )
    if not what:
        done = "started" if summary.detached else "succeeded"
        what = f"{len(tasks)} of {_counted(len(tasks))} {done}"
    return f"{what}. {duration(summary.seconds)}. Run {summary.run_id}."


def to_do_again(summary: Summary) -> list[str]:
    """Return the jobs that failed and that another run may carry out: nothing of them may run any more.

    A stale plan would be refused again, and what was interrupted has not failed.
    """
    return [
        job.job
        for job in summary.jobs
        if any(not is_good(each) and each.outcome is not Outcome.INTERRUPTED for each in job.tasks)
        and not any(each.outcome is Outcome.STALE or not each.over for each in job.tasks)
    ]


def _verb(task: TaskResult) -> str:
    if task.outcome is Outcome.INTERRUPTED and is_unstarted(task):
        return "never started"
    return _VERBS.get(task.outcome, "failed")


def _counted(tasks: int) -> str:
    return f"{tasks} task{'' if tasks == 1 else 's'}"


def _rows(summary: Summary, ending: Ending) -> Iterator[str]:
    """Yield a line for each job, failed ones last; of many tasks a count, and those to explain."""
    tasks = summary.tasks
    if len(tasks) >= MANY_TASKS:
        good = [each for each in tasks if is_good(each)]
        if good and len(good) < len(tasks):
            yield f"{ending.style.good} {len(good)} of {_counted(len(tasks))}"
        for each in good:
            if each.explanation is not None:
                yield f"{ending.style.good} {escaped(each.label)}  {short_outcome(each)}"
                yield from (f"  {line}" for line in why(each))
        return
    # The failure below says all of it.
    if len(tasks) == 1 and not is_good(tasks[0]):
        return
    # Signs of success and failure differ in width where they are words: aligned only if both occur.
    mixed = not all(is_good(each) or is_unstarted(each) for each in tasks)
    jobs = sorted((job for job in summary.jobs if not all(map(is_unstarted, job.tasks))), key=_has_failed)
    width = min(max((columns_of(escaped(each.job)) for each in jobs), default=0), _MAX_COLUMN)
    cells = [(job, _cells(job, ending)) for job in jobs]
    widths = [max((columns_of(row[n]) for _, row in cells), default=0) for n in range(2)]
    for job, (outcome, seconds, *rest) in cells:
        sign = ending.style.mark(good=not _has_failed(job), aligned=mixed)
        columns = padded(escaped(job.job), width), padded(outcome, widths[0]), seconds.rjust(widths[1]), *rest
        yield f"{sign} {'  '.join(columns)}".rstrip()
        for each in job.tasks:
            if is_good(each):
                yield from (f"  {line}" for line in _before(each, alone=len(job.tasks) == 1))
            if is_good(each) and each.explanation is not None:
                yield from (f"  {line}" for line in why(each))


def _before(task: TaskResult, *, alone: bool) -> Iterator[str]:
    """Yield the attempts that a success came after; of several copies with the name of each."""
    for line in earlier_attempts(task):
        yield line if alone else f"{escaped(task.label)}, {line}"


def _has_failed(job: JobResult) -> bool:
    return not all(map(is_good, job.tasks))


def _cells(job: JobResult, ending: Ending) -> tuple[str, ...]:
    """Return what stands behind a job's name: its outcome, how long it took, its task and long phases."""
    if len(job.tasks) > 1:
        good = sum(map(is_good, job.tasks))
        return f"{good} of {len(job.tasks)}", _longest(job.tasks)
    task = job.tasks[0]
    arn = task.arn or ""
    phases = phase_list(task.phases, over_s=LONG_S)
    return (
        short_outcome(task),
        took(task),
        escaped(arn) if ending.verbose else short_id(arn),
        *([f"attempt {task.attempt}"] if task.attempt > 1 else []),
        # A list that has nothing but the running time would repeat the column before it.
        *([f"({phases})"] if phases and phases != f"running {took(task)}" else []),
    )


def _longest(tasks: Sequence[TaskResult]) -> str:
    known = [each for each in tasks if each.phases.running_s is not None]
    return took(max(known, key=lambda each: each.phases.running_s or 0.0)) if known else ""
