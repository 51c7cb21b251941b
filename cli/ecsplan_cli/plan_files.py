"""Reading a plan that the command line names, with a bound on what is read."""

import sys
from pathlib import Path
from typing import IO, Any

import click

from ecsplan.plan.plan import MAX_PLAN_BYTES, Plan, PlanError, read_plan
from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.exits import NOT_A_PLAN
from ecsplan_cli.inputs import standard_input


class NotAPlan(click.ClickException):
    """What was named is no plan that can be carried out."""

    exit_code = NOT_A_PLAN

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message."""
        click.echo(escaped_lines(f"error: {self.message}"), file=file or sys.stderr)


def read_plan_file(named: str) -> Plan:
    """Return the plan in a file, or on standard input for `-`.

    Raises:
        NotAPlan: It is none.
        click.UsageError: The file cannot be read.
    """
    return plan_of(_content(named), named)


def plan_of(content: bytes, named: str) -> Plan:
    """Return the plan in what was read from a file, or from standard input for `-`.

    Raises:
        NotAPlan: It is none.
    """
    try:
        return read_plan(_text(content))
    except PlanError as reason:
        raise NotAPlan(f"{'<stdin>' if named == '-' else named}: {reason}") from reason


def _content(named: str) -> bytes:
    """Return at most a little more than the largest plan: `read_plan` refuses what is larger."""
    most = MAX_PLAN_BYTES + 1
    try:
        if named == "-":
            return standard_input().read(most)
        with Path(named).open("rb") as file:
            return file.read(most)
    except OSError as reason:
        raise click.UsageError(f"cannot read {named}: {reason.strerror or reason}") from reason


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise PlanError(
            f"this is not UTF-8 text, so not a plan: {reason.reason} at byte {reason.start}"
        ) from None
