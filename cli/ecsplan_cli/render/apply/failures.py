"""The failures of an apply: those that failed alike together, each with its cause, its remedy and its log."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.result import TaskResult
from ecsplan_cli.render.apply.console_links import log_link, task_link
from ecsplan_cli.render.apply.log_tails import LogTails
from ecsplan_cli.render.apply.outcome_words import (
    became,
    became_of,
    earlier_attempts,
    phase_list,
    short_id,
    why,
)
from ecsplan_cli.render.apply.style import Style

MAX_DETAILED: Final = 20
"""Failed tasks that are shown with their log; a person who has more needs `--result`."""
MAX_NAMED: Final = 10
"""Tasks or jobs that are named in one line."""


def failure_lines(
    tasks: Sequence[TaskResult], *, style: Style, tails: LogTails, links: bool, verbose: bool = False
) -> Iterator[str]:
    """Yield the failures: what became of each task, its last lines, ECS's reason, meaning, remedy, places.

    What several have in common is said once.

    Args:
        tasks: The tasks that did not succeed.
        style: How to write.
        tails: The last lines of their logs.
        links: Whether to link to the AWS console.
        verbose: Whether to write ARNs in full.
    """
    left, explained = MAX_DETAILED, set[str]()
    for group in _alike(tasks):
        names = named(escaped(each.label) for each in group)
        yield f"{style.bad} {names} {became_of(group)}"
        for task in group[:left]:
            yield from _details(task, tails, alone=len(group) == 1, links=links, verbose=verbose)
        left -= min(left, len(group))
        for line in why(group[0]):
            if line not in explained:
                yield f"  {line}"
            explained.add(line)
    hidden = len(tasks) - MAX_DETAILED
    if hidden > 0:
        yield f"  the logs of {hidden} more are not shown; --result FILE writes the outcome of each task"


def named(names: Iterable[str], *, most: int = MAX_NAMED) -> str:
    """Return names in one line: `a, b and c`, or `a, b, c and 7 more`."""
    known = list(names)
    if len(known) > most + 1:
        return f"{', '.join(known[:most])} and {len(known) - most} more"
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}" if known else ""


def _alike(tasks: Iterable[TaskResult]) -> list[list[TaskResult]]:
    """Return the tasks in groups of those that failed alike, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[TaskResult]] = {}
    for task in tasks:
        # By the words that would be printed: whatever reads the same is printed once.
        groups.setdefault((became(task), *why(task)), []).append(task)
    return list(groups.values())


def _details(task: TaskResult, tails: LogTails, *, alone: bool, links: bool, verbose: bool) -> Iterator[str]:
    """Yield the last lines of a task's log, and where the task and its log are."""
    tail = tails.of(task.label)
    if not alone and (tail or task.arn):
        yield f"  {escaped(task.label)}:"
    yield from (f"  {line}" for line in earlier_attempts(task))
    for line in tail:
        yield f"    {escaped(line)}"
    if task.arn is None:
        return
    places = [f"task {escaped(task.arn) if verbose else short_id(task.arn) + '…'}"]
    if task.log is not None:
        places.append(f"log {escaped(task.log.group)}")
    phases = phase_list(task.phases)
    yield f"  {', '.join(places)}{f' ({phases})' if phases else ''}"
    for link in (task_link(task), log_link(task.log)) if links else ():
        if link is not None:
            yield f"    {link}"
