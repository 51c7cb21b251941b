"""The result of an apply as Markdown, for the summary page of a GitHub Actions run."""

from collections.abc import Iterator
from typing import Final

from ecsplan.terms.safe_text import escaped_lines, without_commands
from ecsplan_applier.outcomes.result import Summary, TaskResult
from ecsplan_cli.render.apply.console_links import log_link, task_link
from ecsplan_cli.render.apply.ending import total
from ecsplan_cli.render.apply.failures import MAX_DETAILED
from ecsplan_cli.render.apply.log_tails import LogTails
from ecsplan_cli.render.apply.outcome_words import became, is_good, short_outcome, took, why
from ecsplan_cli.render.apply.unrecorded import unrecorded_text
from ecsplan_cli.render.apply.unstarted import is_unstarted, unstarted_lines
from ecsplan_cli.render.diff_markdown import code

MAX_ROWS: Final = 100
"""Tasks in the table, the failed ones first; a step's summary holds at most 1 MiB (docs.github.com)."""


def step_summary(summary: Summary, tails: LogTails, *, links: bool) -> str:
    """Return a table of the tasks, and of those that failed the cause, the remedy and the last lines.

    What manifests, AWS and jobs say stands in code or in a block: nothing in it is formatted.
    """
    return without_commands("".join(f"{line}\n" for line in _lines(summary, tails, links=links)))


def refusal_summary(message: str) -> str:
    """Return that an apply was refused, and why."""
    return without_commands(f"### ecsplan apply: refused\n\n{_block(escaped_lines(message))}")


def _lines(summary: Summary, tails: LogTails, *, links: bool) -> Iterator[str]:
    # Stable: within the failed, what was never started, and the others, the order stays that of the plan.
    tasks = sorted(summary.tasks, key=lambda each: (is_good(each), is_unstarted(each)))
    bad = [each for each in tasks if not is_good(each) and not is_unstarted(each)]
    yield f"### ecsplan apply: {'failed' if bad or summary.exit_status else 'succeeded'}"
    yield ""
    yield "| | task | outcome | duration | console |"
    yield "|---|---|---|---|---|"
    for task in tasks[:MAX_ROWS]:
        mark = "✅" if is_good(task) else "⏭️" if is_unstarted(task) else "❌"
        where = _links(task) if links else ""
        outcome = short_outcome(task) + (f", attempt {task.attempt}" if task.attempt > 1 else "")
        yield f"| {mark} | {code(task.label)} | {outcome} | {took(task)} | {where} |"
    yield ""
    if len(tasks) > MAX_ROWS:
        yield f"{len(tasks) - MAX_ROWS} more tasks are not shown.\n"
    for task in bad[:MAX_DETAILED]:
        yield from _details(task, tails)
    yield _block("\n".join((*unstarted_lines(tasks), total(summary), *_unrecorded(summary))))


def _unrecorded(summary: Summary) -> Iterator[str]:
    text = unrecorded_text(summary)
    if text is not None:
        yield escaped_lines(text)


def _links(task: TaskResult) -> str:
    named = (("task", task_link(task)), ("log", log_link(task.log)))
    return " · ".join(f"[{name}]({link})" for name, link in named if link is not None)


def _details(task: TaskResult, tails: LogTails) -> Iterator[str]:
    yield f"#### {code(task.label)} {became(task)}"
    yield ""
    lines = [*why(task), *tails.of(task.label)]
    if lines:
        yield _block("\n".join(lines))


def _block(text: str) -> str:
    """Return a text as an indented block of code, which no character in it can end."""
    return "\n".join(f"    {line}" for line in text.split("\n")) + "\n"
