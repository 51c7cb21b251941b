"""The commands of pages of the documentation: run as a shell runs them, or parsed as the command does."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
from processes import SCRIPT

from ecsplan_cli.main import COMMANDS, group

_FOREIGN = ("AWS_", "GITHUB_", "ECSPLAN_", "XDG_", "PYTHON")
"""What belongs to the AWS, the CI and the settings of whoever runs the tests."""


def shell_in(folder: Path, **given: str) -> dict[str, str]:
    """Return the environment of a shell in which `ecsplan` and `python` are this checkout's.

    Args:
        folder: Takes the programs, and the state of runs.
        given: Further variables.
    """
    programs = folder / "bin"
    programs.mkdir()
    (programs / "ecsplan").symlink_to(SCRIPT)
    # A link to the interpreter would not find the packages of its environment.
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    (programs / "python").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    path = f"{programs}:{os.environ['PATH']}"
    return {**kept, "PATH": path, "XDG_STATE_HOME": str(folder / "state"), **given}


def run(command: str, folder: Path, shell: dict[str, str]) -> str:
    """Return what a command prints, stdout and stderr as a terminal shows them."""
    return done(command, folder, shell).stdout


def done(script: str, folder: Path, shell: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script to its end, its stderr into its stdout."""
    return subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=shell,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def parse(command: str) -> None:
    """Parse a command line of ecsplan as the command does.

    Raises:
        click.UsageError: The command does not accept it.
    """
    _, name, *arguments = shlex.split(command, comments=True)
    if name in COMMANDS:
        found = group.get_command(click.Context(group), name)
        assert found is not None
        # An ellipsis stands for more of the same.
        found.make_context(name, [each for each in arguments if each != "…"], resilient_parsing=False)
    else:
        group.make_context("ecsplan", [name, *arguments])
