"""Reading a plan that the command line names, with a bound on what is read."""

import sys
from pathlib import Path

import click

from ecsplan.plan import MAX_PLAN_BYTES, Plan, PlanError, read_plan
from ecsplan_cli.exits import NOT_A_PLAN


def read_plan_file(named: str) -> Plan:
    """Return the plan in a file, or on standard input for `-`; ends the command where it is none.

    Raises:
        click.UsageError: The file cannot be read.
    """
    try:
        return read_plan(_text(named))
    except PlanError as reason:
        click.echo(f"error: {'<stdin>' if named == '-' else named}: {reason}", err=True)
        sys.exit(NOT_A_PLAN)


def _text(named: str) -> str:
    """Return at most a little more than the largest plan: `read_plan` refuses what is larger."""
    most = MAX_PLAN_BYTES + 1
    try:
        if named == "-":
            content = sys.stdin.buffer.read(most)
        else:
            with Path(named).open("rb") as file:
                content = file.read(most)
    except OSError as reason:
        raise click.UsageError(f"cannot read {named}: {reason.strerror or reason}") from reason
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise PlanError(
            f"this is not UTF-8 text, so not a plan: {reason.reason} at byte {reason.start}"
        ) from None
