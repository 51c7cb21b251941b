"""Asking before something is removed: on a terminal, and where there is none."""

import io
import os
import pty
import sys
from contextlib import suppress
from typing import Any

import pytest

from ecsplan_cli.confirming import confirmed

QUESTION = "Remove 2 schedules?"
COMMAND = ("ecsplan", "schedule", "my jobs/", "--prune")


def asked(typed: bytes = b"", **streams: Any) -> tuple[bool | int | str | None, str]:
    """Ask somebody who types this; return the answer, or with what the command ends, and what is shown.

    Args:
        typed: What is typed on the terminal.
        streams: What takes the place of the terminal as `stdin` or `stderr`.
    """
    ours, theirs = pty.openpty()
    answer: bool | int | str | None
    os.write(ours, typed)
    with (
        pytest.MonkeyPatch.context() as patch,
        os.fdopen(theirs, "r") as typing,
        os.fdopen(os.dup(theirs), "w") as shown,
    ):
        patch.setattr(sys, "stdin", streams.get("stdin", typing))
        patch.setattr(sys, "stderr", streams.get("stderr", shown))
        try:
            answer = confirmed(QUESTION, yes=False, command=COMMAND)
        except SystemExit as ended:
            answer = ended.code
    output = b""
    with suppress(OSError):  # Linux says so when the last writer is gone
        while chunk := os.read(ours, 65536):
            output += chunk
    os.close(ours)
    return answer, output.decode("utf-8", "replace").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param(b"y\n", True, id="y"),
        pytest.param(b"  YES \n", True, id="yes in capitals, with blanks"),
        pytest.param(b"n\n", False, id="n"),
        pytest.param(b"\n", False, id="nothing"),
        pytest.param(b"yellow\n", False, id="a word that begins as yes does"),
        pytest.param(b"\xff\xfe\n", False, id="bytes that are not UTF-8"),
        pytest.param(b"\x04", False, id="the end of the input"),
    ],
)
def test_a_terminal_is_asked(typed: bytes, expected: bool) -> None:
    answer, shown = asked(typed)

    assert answer is expected
    assert f"{QUESTION} [y/N] " in shown
    assert shown.endswith("nothing was changed\n") is not expected


def test_yes_asks_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    assert confirmed(QUESTION, yes=True, command=COMMAND)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "streams",
    [
        pytest.param({"stdin": io.StringIO("y\n")}, id="stdin is a pipe"),
        pytest.param({"stdin": None}, id="stdin is closed"),
        pytest.param({"stderr": io.StringIO()}, id="stderr is a file"),
    ],
)
def test_without_a_terminal_it_ends_with_2(streams: dict[str, Any]) -> None:
    answer, shown = asked(**streams)

    said = streams["stderr"].getvalue() if "stderr" in streams else shown
    assert answer == 2
    assert said == (
        "error: nothing was changed: there is no terminal to ask for confirmation\n"
        "  help: to proceed without asking: ecsplan schedule 'my jobs/' --prune --yes\n"
    )
