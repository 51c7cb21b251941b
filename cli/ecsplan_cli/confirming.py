"""Asking before something is removed: `confirmed`, for `prune` and `schedule --prune`.

The command prints first what it will do, as its result on stdout. Then

    if not confirmed("Deregister 12 revisions of 2 families?", yes=yes, command=("ecsplan", "prune", …)):
        return

goes on with `--yes`, asks on a terminal, and ends with 2 where there is no terminal. `yes_option` gives the
command the option. Whoever answers no gets what they want: the command says so here, and ends with 0.
"""

import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ecsplan.settings.overlay import Settings
from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.exits import USAGE
from ecsplan_cli.options import PIPES
from ecsplan_cli.output import is_terminal, print_line
from ecsplan_cli.settings import NO_SETTINGS
from ecsplan_cli.values import GivenValues

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_YES = frozenset({"y", "yes"})


def yes_option(function: Decorated) -> Decorated:
    """Give the command `--yes` as `yes`."""
    return click.option("--yes", "-y", is_flag=True, help="Proceed without asking for confirmation.")(
        function
    )


def can_be_repeated(inputs: Sequence[str], values: GivenValues, settings: Settings = NO_SETTINGS) -> bool:
    """Return whether the words of a command may be printed, and do the same when they are given again.

    A pipe cannot be read again, and what `--var`, `--set` and the command behind `--` hold may be secret.

    Args:
        inputs: The names of manifests or a plan.
        values: The values that were given.
        settings: The settings that were given.
    """
    names = (*inputs, *values.file_names)
    is_secret = bool(values.options or settings.texts) or settings.command is not None
    return not is_secret and not any(each == "-" or each.startswith(PIPES) for each in names)


def confirmed(question: str, *, yes: bool, command: Sequence[str] | None) -> bool:
    """Return whether to do what was printed; ends the command with 2 where there is nobody to ask.

    Anything but `y` and `yes` means no, the end of the input included.

    Args:
        question: What is asked, in a line of its own: `Remove 2 schedules?`.
        yes: Whether `--yes` was given.
        command: The words of the running command, without `--yes`, for whoever wants to do it without a
            terminal; None where they cannot be repeated: its input is a pipe, or holds what is not shown.
    """
    if yes:
        return True
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        way = "add --yes" if command is None else shlex.join((*command, "--yes"))
        print_line(
            escaped_lines(
                "error: nothing was changed: there is no terminal to ask for confirmation\n"
                f"  help: to proceed without asking: {way}"
            )
        )
        sys.exit(USAGE)
    print_line(escaped_lines(f"{question} [y/N] "), nl=False)
    # In bytes: an answer that is not valid in the terminal's encoding is no, not an error.
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        print_line("")
    if line.decode("utf-8", "replace").strip().lower() in _YES:
        return True
    print_line("nothing was changed")
    return False
