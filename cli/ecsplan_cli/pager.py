"""Showing a long text on a terminal with the pager that its user has chosen, as git and man do."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import suppress

from ecsplan_cli.output import is_terminal, write_result

_LESS = "FRX"
"""Options of less where the user has set none, those of git: colours, and the text stays on the screen."""


def show(text: str, *, paged: bool) -> None:
    """Write a text to standard output; on a terminal that it does not fit, through a pager if `paged`.

    The pager is $PAGER, else less where it is installed; an empty PAGER, or `cat`, is none.
    """
    words = pager() if paged and is_terminal(sys.stdout) and _is_long(text) else []
    if not words or not _piped(text, words):
        write_result(text, None)


def pager() -> list[str]:
    """Return the words of the pager's command line; none where there is no pager."""
    named = os.environ.get("PAGER")
    if named is None:
        return [] if os.environ.get("TERM") == "dumb" or shutil.which("less") is None else ["less"]
    try:
        words = shlex.split(named)
    except ValueError:  # a quotation that is not closed
        return []
    return [] if words == ["cat"] else words


def _is_long(text: str) -> bool:
    # One line stays for the prompt of the shell.
    return text.count("\n") >= shutil.get_terminal_size().lines


def _piped(text: str, words: list[str]) -> bool:
    """Return whether a pager could be started; it has shown the text by then."""
    try:
        process = subprocess.Popen(  # noqa: S603 - what the user has named as the pager
            words, stdin=subprocess.PIPE, env={"LESS": _LESS, **os.environ}
        )
    except OSError:
        return False
    # An interrupt is for the pager: it ends a search in it, or the pager itself.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError), process:
            process.communicate(text.encode("utf-8"))
    finally:
        signal.signal(signal.SIGINT, before)
    return True
