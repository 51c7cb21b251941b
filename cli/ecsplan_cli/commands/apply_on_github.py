"""What an apply leaves beside its log in GitHub Actions: annotations of refusals, the step's summary."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.output import print_line, print_workflow_command

_ACTIONS = "GITHUB_ACTIONS"
"""`true` in a step of GitHub Actions (docs.github.com, default environment variables)."""
_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""There, the file that takes Markdown for the summary of the run."""
_WORKSPACE = "GITHUB_WORKSPACE"
"""There, the folder of the checkout."""


def on_github() -> bool:
    """Return whether this process is a step of GitHub Actions."""
    return os.environ.get(_ACTIONS) == "true"


def workspace() -> str:
    """Return the folder that paths in annotations are relative to."""
    return os.environ.get(_WORKSPACE) or "."


@contextmanager
def refusals_shown() -> Iterator[None]:
    """Show as an annotation and in the summary of the step that a command line or a plan is refused."""
    try:
        yield
    except click.ClickException as error:
        show_refusal(error.format_message())
        raise


def show_refusal(message: str) -> None:
    """Annotate that the apply was refused, in one line, and summarize it; the log has all of it."""
    if not on_github():
        return
    from ecsplan_cli.render.apply.step_summary import refusal_summary  # noqa: PLC0415 - for GitHub alone
    from ecsplan_cli.render.workflow_commands import workflow_command  # noqa: PLC0415

    first = message.partition("\n")[0]
    print_workflow_command(workflow_command("error", first, title="ecsplan apply was refused"))
    summarize(refusal_summary(message))


def summarize(text: str) -> None:
    """Add Markdown to the summary of the step, where there is one; that it cannot be written is a warning."""
    target = os.environ.get(_STEP_SUMMARY)
    if not target:
        return
    try:
        with open(target, "a", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - as named
            file.write(text)
    except OSError as reason:
        why = reason.strerror or reason
        print_line(escaped_lines(f"warning: the summary of the step cannot be written to {target}: {why}"))
