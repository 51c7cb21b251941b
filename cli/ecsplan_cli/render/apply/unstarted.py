"""Tasks that were never asked for: skipped, as a job before them did not succeed, or cut off by a signal."""

from collections.abc import Iterable, Iterator

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.jobs.turns import NOT_STARTED_BECAUSE
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
    """Yield `skipped: report and load (extract failed)` for each cause, then what a signal cut off."""
    groups: dict[str | None, list[str]] = {}
    never: list[str] = []
    for task in tasks:
        if task.outcome is Outcome.SKIPPED:
            groups.setdefault(task.reason, []).append(escaped(task.label))
        elif is_unstarted(task):
            never.append(escaped(task.label))
    for reason, labels in groups.items():
        why = escaped((reason or "").removeprefix(NOT_STARTED_BECAUSE))
        yield f"skipped: {named(labels)}{f' ({why})' if why else ''}"
    if never:
        yield f"never started: {named(never)}"
