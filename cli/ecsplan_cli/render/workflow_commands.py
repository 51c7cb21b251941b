"""GitHub's workflow commands: annotations and groups, which its runner reads from a step's output."""

import os

from ecsplan.terms.safe_text import escaped, without_commands
from ecsplan_cli.inputs import STDIN


def workflow_command(name: str, message: str = "", **properties: str) -> str:
    """Return a workflow command, `::NAME PROPERTY=VALUE,…::MESSAGE`; the message may have several lines.

    Source: docs.github.com, Workflow commands for GitHub Actions.
    """
    listed = ",".join(f"{each}={_property(value)}" for each, value in properties.items())
    return f"::{name}{' ' if listed else ''}{listed}::{_data(message)}"


def in_workspace(path: str, workspace: str) -> str | None:
    """Return a file's path below the folder of the checkout, or None where it is elsewhere or from a pipe.

    GitHub finds files by their paths in that folder, wherever the step works.
    """
    if path == STDIN:
        return None
    root = os.path.realpath(workspace)
    real = os.path.realpath(path)
    return os.path.relpath(real, root) if real.startswith(f"{root.rstrip(os.sep)}{os.sep}") else None


def _data(text: str) -> str:
    return without_commands(escaped(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
