"""Files that a command is asked to write: which it refuses, before it does anything else."""

import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from ecsplan_cli.inputs import STDIN

Identity = tuple[int, int]
"""Device and number of a file: the same for all of its names, links included."""


def check_target(option: str, target: str | None, inputs: Iterable[str]) -> None:
    """Refuse a file that cannot be written, or that the command reads.

    Args:
        option: The option that names the file, for the message.
        target: The file; None and `-` are standard output.
        inputs: The files that the command reads; `-` and `<stdin>` are standard input.

    Raises:
        click.UsageError: It is a folder, is in no folder that can be written to, or is one of the inputs.
    """
    if target is None or target == "-":
        return
    real = os.path.realpath(target)
    folder = os.path.dirname(real)  # noqa: PTH120 - a Path raises an error where a name is too long to exist
    if os.path.isdir(real):  # noqa: PTH112
        raise click.UsageError(f"{option} {target} cannot be written: it is a folder, name a file in it")
    if not os.path.isdir(folder):  # noqa: PTH112
        raise click.UsageError(f"{option} {target} cannot be written: there is no folder {folder}")
    if target.endswith("/"):
        raise click.UsageError(f"{option} {target} cannot be written: there is no such folder; name a file")
    if os.path.islink(real):  # noqa: PTH114 - what `realpath` does not resolve leads in a circle
        raise click.UsageError(f"{option} {target} cannot be written: the link leads back to itself")
    # A file is written beside its target and renamed; a device or a pipe is written itself.
    if not is_special(real) and not os.access(folder, os.W_OK):
        raise click.UsageError(
            f"{option} {target} cannot be written: no file can be created in the folder {folder}"
        )
    refuse_input(option, target, inputs)


def is_special(name: str) -> bool:
    """Return whether a name is that of a device, such as /dev/stdout, or of a pipe."""
    with suppress(OSError, ValueError):
        mode = Path(name).stat().st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    return False


def refuse_input(option: str, target: str | None, inputs: Iterable[str]) -> None:
    """Refuse a file that the command uses otherwise, whatever it is called there.

    Raises:
        click.UsageError: So it is.
    """
    if target is None or target == "-":
        return
    identity = _identity(target)
    for each in inputs:
        known = identity is not None and _identity(each) == identity
        if known or (each and each != "-" and os.path.realpath(each) == os.path.realpath(target)):
            read = "standard input" if each in {"-", STDIN} else each
            raise click.UsageError(f"{option} {target} would overwrite an input: {read} is the same file")


def _identity(name: str) -> Identity | None:
    """Return what is the same for all names of a regular file; None for anything else."""
    with suppress(OSError, ValueError, AttributeError):
        status = os.fstat(sys.stdin.fileno()) if name in {"-", STDIN} else Path(name).stat()
        if stat.S_ISREG(status.st_mode):
            return status.st_dev, status.st_ino
    return None
