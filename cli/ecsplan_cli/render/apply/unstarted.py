"""Tasks that were never asked for: skipped, as a job before them did not succeed, or cut off by a signal."""

from collections.abc import Iterable, Iterator

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.result import Outcome, TaskResult
from ecsplan_applier.tasks.verdicts import INTERRUPTED
from ecsplan_cli.render.apply.failures import named


def is_unstarted(task: TaskResult) -> bool:
    """Return whether a task was never asked for, for a reason that is not its own."""
    if task.outcome is Outcome.SKIPPED:
        return True
    # One that ECS was asked for and that may run has another reason.
    return task.arn is None and (task.outcome, task.reason) == (INTERRUPTED.outcome, INTERRUPTED.reason)


def unstarted_lines(tasks: Iterable[TaskResult]) -> Iterator[str]:
    """Yield `skipped: load (not started: extract failed)` for each cause, then what a signal cut off."""
    groups: dict[str, list[TaskResult]] = {}
    never: list[TaskResult] = []
    for task in tasks:
        if task.outcome is Outcome.SKIPPED:
            groups.setdefault(because(task), []).append(task)
        elif is_unstarted(task):
            never.append(task)
    for why, skipped in groups.items():
        yield f"skipped: {named(names_of(skipped))}{why}"
    if never:
        yield f"never started: {named(names_of(never))}"


def because(task: TaskResult) -> str:
    """Return why a task was skipped, as ` (not started: extract failed)`; or ""."""
    why = escaped(task.reason or "")
    return f" ({why})" if why else ""


def names_of(tasks: Iterable[TaskResult]) -> list[str]:
    """Return what tasks are called: a skipped job, of which no copy was started, by its name alone."""
    names = (each.job if each.outcome is Outcome.SKIPPED else each.label for each in tasks)
    return list(dict.fromkeys(map(escaped, names)))
