"""The commands that pages of the documentation show, run as a shell runs them, and what they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

from processes import SCRIPT

COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)

_VARIABLE = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "TASK-ID"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "RUN-ID"),
    (re.compile(r"\b(task|N s|s) +[0-9a-f]{8}\b"), r"\1 TASK"),
    (re.compile(r" +\d+(\.\d)? s\b"), " N s"),
    (re.compile(r"subnet-[0-9a-f]+"), "SUBNET"),
)
_STATE = re.compile(r": [A-Z]+ after N s$")


def shell_in(folder: Path) -> dict[str, str]:
    """Return the environment of a shell in which `ecsplan` and `python` are this checkout's."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "ecsplan").symlink_to(SCRIPT)
    # A link to the interpreter would not find the packages of its environment.
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    (programs / "python").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    return {**kept, "PATH": f"{programs}:{os.environ['PATH']}", "XDG_STATE_HOME": str(folder / "state")}


def run(command: str, folder: Path, shell: dict[str, str]) -> str:
    """Return what a command prints, stdout and stderr as a terminal shows them."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def shown(block: str) -> list[tuple[str, str]]:
    """Return the commands of a block and what it shows below each."""
    printed = (each.removeprefix("\n") for each in COMMAND.split(block)[2::2])
    return list(zip(COMMAND.findall(block), printed, strict=True))


def steady(text: str) -> list[str]:
    """Return the lines without what differs from run to run: names, times, and which states a look met.

    The log goes to stdout and progress to stderr, so their lines meet in one order or another.
    """
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    return sorted(line for line in text.splitlines() if not _STATE.search(line))
