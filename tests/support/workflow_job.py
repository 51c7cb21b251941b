"""A job of GitHub Actions: an embedded ECS, an API on loopback, and a pip that installs nothing."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from composite_action import Outcome, Runner
from github_comments import Comments
from processes import SCRIPT

from ecsplan_local import Endpoint

FAKE_PYTHON = """#!/bin/sh
# Makes environments in which ecsplan is there already, and writes down what pip is asked to install.
case "$1 $2" in
    "-m venv")
        mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"
        printf '#!/bin/sh\\nexec "%s" -m pip "$@"\\n' "$PWD/$3/bin/python" > "$3/bin/pip"
        chmod +x "$3/bin/pip"
        ln -s "{script}" "$3/bin/ecsplan"
        ;;
    "-m pip") shift 2; printf '%s\\n' "$*" >> "{installed}" ;;
    *) exec "{python}" "$@" ;;
esac
"""
TOKEN = "ghs_a-secret-token"
COMMIT = "4acf55ce0d9a1d53f4b6d0b6a8a5e7c3b2a19087"


def fake_python(path: Path, installed: Path) -> None:
    """Make a Python whose pip writes down what it is asked to install.

    Args:
        path: Where to make it.
        installed: The file that pip writes.
    """
    text = FAKE_PYTHON.format(script=SCRIPT, installed=installed, python=sys.executable)
    path.write_text(text, "utf-8")
    path.chmod(0o755)


@dataclass
class Job:
    """A job of a workflow: its runner, its checkout, its ECS, and the comments of its pull request."""

    runner: Runner
    endpoint: Endpoint
    comments: Comments
    installed: Path

    @property
    def checkout(self) -> Path:
        return self.runner.workspace

    def write(self, name: str, text: str) -> None:
        """Write a file into the checkout."""
        path = self.checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def use(self, inputs: dict[str, str] | None = None, **others: Any) -> Outcome:
        """Use the action with a Python that has ecsplan installed."""
        return self.runner.use(
            {"python": str(self.installed.with_name("python")), **(inputs or {})}, **others
        )

    def event(self, **members: object) -> None:
        """Let the workflow be started by an event."""
        path = Path(self.runner.environment["GITHUB_EVENT_PATH"])
        path.write_text(json.dumps(members), "utf-8")

    def started(self) -> int:
        """Return how many tasks were started."""
        return sum(len(each.parameters) > 0 for each in self.endpoint.calls("RunTask"))

    def log_out(self) -> None:
        """Take the credentials away, and whatever the SDK may find instead."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del self.runner.environment[name]
