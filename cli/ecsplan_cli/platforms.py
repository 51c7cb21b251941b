"""Where commands run: all of them on Linux and macOS; on Windows those that keep nothing on the machine."""

import importlib.util

import click

from ecsplan_cli.exits import AWS_FAILED

NEEDS_LOCKS = frozenset(
    {"apply", "exec", "local", "logs", "prune", "runs", "schedule", "status", "stop", "wait"}
)
"""The commands that use the ledger, the locks between applies, or the embedded ECS."""


class NotOnThisSystem(click.ClickException):
    """What was asked for needs parts of POSIX that this system does not have."""

    exit_code = AWS_FAILED


def refuse_without_locks(what: str) -> None:
    """End the command where the system has no locks of open files (flock), as Windows has not.

    Args:
        what: The command or option, as the message names it.

    Raises:
        NotOnThisSystem: There are no such locks.
    """
    if not has_locks():
        raise NotOnThisSystem(
            f"`{what}` requires Linux or macOS: it needs file locks that this system does not have\n"
            "  help: run it in WSL, the Windows Subsystem for Linux; check, compile, diff, verify, iam,"
            " preview, init and export also run here"
        )


def has_locks() -> bool:
    """Return whether Python has the module `fcntl`, without loading it."""
    try:
        return importlib.util.find_spec("fcntl") is not None
    except ValueError:  # a module that is set to None has no spec
        return False
