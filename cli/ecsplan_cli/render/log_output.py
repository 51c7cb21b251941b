"""The lines of logs on standard output, many with one write."""

import sys
from collections.abc import Iterable
from typing import TextIO

from ecsplan_cli.exits import READER_GONE
from ecsplan_cli.output import CannotWrite, drop_unwritten


def lines_of(messages: Iterable[str], before: str = "") -> str:
    """Return messages as lines, unchanged but for what stands before each of their lines.

    A line ends at a line feed and nowhere else. One at a message's end is the message's own, and not followed
    by another.
    """
    if not before:
        return "".join([each if each.endswith("\n") else f"{each}\n" for each in messages])
    lines = (line for each in messages for line in each.removesuffix("\n").split("\n"))
    return "".join([f"{before}{line}\n" for line in lines])


class LogOutput:
    """Prints the lines of logs.

    Args:
        stream: Where to; None where it is closed.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, pieces: Iterable[tuple[str, tuple[str, ...]]], *, prefixed: bool) -> None:
        """Print successive messages of streams, each stream with its label.

        Whoever goes away as a reader ends the command, as it ends `head` and its like.

        Raises:
            CannotWrite: Standard output takes no more.
        """
        if self._stream is None:  # closed by whoever started the command: `>&-`
            raise CannotWrite("cannot write standard output: it is closed")
        text = "".join([lines_of(messages, f"{label} | " if prefixed else "") for label, messages in pieces])
        try:
            self._stream.buffer.write(text.encode("utf-8", "surrogatepass"))
            self._stream.buffer.flush()
        except BrokenPipeError:
            drop_unwritten(self._stream)
            sys.exit(READER_GONE)
        except OSError as reason:
            drop_unwritten(self._stream)
            raise CannotWrite(f"cannot write standard output: {reason.strerror or reason}") from reason
