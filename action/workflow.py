"""What a step of GitHub Actions has around it: annotations, outputs, the summary, and the ecsplan it runs.

Sources: docs.github.com, workflow commands for GitHub Actions, and default environment variables.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

USAGE = 2
"""The exit status where what the workflow says cannot be used, as ecsplan's own."""
_SHOWN_CHARACTERS = 4_000
"""Of a message in an annotation; GitHub cuts longer ones."""


class StepError(Exception):
    """The step cannot go on.

    Attributes:
        exit_status: Its exit status.
    """

    def __init__(self, message: str, exit_status: int = USAGE) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def ecsplan(*arguments: str) -> list[str]:
    """Return the command line of the ecsplan beside this Python, else of the one on the path."""
    beside = Path(sys.executable).with_name("ecsplan")
    return [str(beside) if beside.exists() else "ecsplan", *arguments]


@dataclass(frozen=True, slots=True)
class Done:
    """What a command has printed on stdout, and its exit status."""

    stdout: str
    status: int


def output_of(title: str, *arguments: str, hint: str = "", good: tuple[int, ...] = (0,)) -> Done:
    """Run ecsplan and return what it prints; stderr goes to the log.

    Args:
        title: The title of the annotation where it fails, which shows what stderr says.
        arguments: The arguments.
        hint: What to add to the annotation where AWS has no credentials.
        good: The exit statuses that are no failure.

    Raises:
        StepError: It has failed; the exit status is its own.
    """
    done = subprocess.run(ecsplan(*arguments), capture_output=True, check=False)
    sys.stderr.buffer.write(done.stderr)
    sys.stderr.flush()
    if done.returncode not in good:
        said = done.stderr.decode("utf-8", "replace").strip()
        hint = f"\n{hint}" if "credentials" in said.lower() else ""
        annotate("error", said[:_SHOWN_CHARACTERS] + hint, title=title)
        raise StepError("", done.returncode)
    return Done(done.stdout.decode("utf-8", "replace"), done.returncode)


def run(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Run ecsplan with the step's own streams and return its exit status.

    GitHub cancels a job by a signal to the step's process alone, so signals are handed on: an apply stops its
    tasks then.
    """
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, hand_on)
    child = subprocess.Popen(ecsplan(*arguments), env=environment)
    for number in early:
        child.send_signal(number)
    status = child.wait()
    return 128 - status if status < 0 else status


def ended(step: Callable[[], int]) -> int:
    """Carry a step out and return its exit status; what it refuses becomes an annotation."""
    try:
        return step()
    except StepError as error:
        if str(error):
            annotate("error", str(error))
        return error.exit_status


def annotate(kind: str, message: str, *, title: str = "ecsplan") -> None:
    """Print an annotation: a `notice`, a `warning` or an `error`."""
    sys.stdout.write(f"::{kind} title={_property(title)}::{_data(message)}\n")
    sys.stdout.flush()


def set_outputs(**values: str) -> None:
    """Set outputs of the step; `exit_code` sets `exit-code`."""
    # A value of several lines cannot end itself, since nobody can guess the delimiter.
    end = secrets.token_hex(16)
    rows = (f"{name.replace('_', '-')}<<{end}\n{value}\n{end}\n" for name, value in values.items())
    _append("GITHUB_OUTPUT", "".join(rows))


def summarize(markdown: str) -> None:
    """Add Markdown to the summary of the step."""
    _append("GITHUB_STEP_SUMMARY", markdown)


def _append(variable: str, text: str) -> None:
    """Add to the file that a variable names; runners that are only similar to GitHub's may have none."""
    target = os.environ.get(variable)
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
