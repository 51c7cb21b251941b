"""The last lines of each task's log, kept for the end of an apply, in which a failure shows them."""

import re
from collections import deque
from collections.abc import Iterable
from typing import Final

MAX_LINES: Final = 8
"""Lines of a log that are shown below a failure."""
MAX_CHARACTERS: Final = 200
"""Characters of each of them."""
_ESCAPES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
"""Control sequences of terminals (ECMA-48): colours, moves, titles."""


class LogTails:
    """Remembers the last lines of the log of each copy's last attempt."""

    def __init__(self) -> None:
        self._tails: dict[str, deque[str]] = {}
        self._attempts: dict[str, int] = {}

    def add(self, label: str, messages: Iterable[str], attempt: int = 1) -> None:
        """Take messages of the log of an attempt, in their order; those of one that was left are dropped."""
        if attempt < self._attempts.get(label, 1):
            return
        tail = self._tails.setdefault(label, deque(maxlen=MAX_LINES))
        for each in messages:
            tail.extend(each.removesuffix("\n").split("\n")[-MAX_LINES:])

    def leave(self, label: str, attempt: int) -> None:
        """Forget the log of an attempt that is followed by another one, with what is still to come of it."""
        self._attempts[label] = attempt + 1
        self.drop(label)

    def drop(self, label: str) -> None:
        """Forget the log of a task."""
        self._tails.pop(label, None)

    def of(self, label: str) -> list[str]:
        """Return the last lines of a task's log as a terminal would have left them, without empty ones."""
        lines = (settled(each) for each in self._tails.get(label, ()))
        return [line for line in lines if line.strip()]


def settled(line: str) -> str:
    """Return what a terminal shows of a line in the end.

    Of a progress bar that is what stands behind the last carriage return. Long lines are cut.
    """
    text = _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2].rstrip()
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 1]}…"
