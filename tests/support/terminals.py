"""A pseudo-terminal of any size, and what its screen shows in the end."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from forked import Process

_STEPS = re.compile(
    r"\x1b\[(?P<number>\d*)(?P<order>[A-Za-z])|\x1b\[\?25[hl]|(?P<text>[^\x1b\r\n]+)|(?P<move>[\r\n])|(?P<other>\x1b)"
)


def resize(terminal: int, columns: int, lines: int = 24) -> None:
    """Give a terminal a size."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


@dataclass(frozen=True)
class Shown:
    """What a command wrote to a terminal, and how it ended."""

    status: int
    output: str
    columns: int

    @property
    def screen(self) -> list[str]:
        """The lines that are left, cut where the terminal goes on in the next one."""
        return screen(self.output, self.columns)


def on_terminal(
    start: Callable[..., "subprocess.Popen[bytes] | Process"],
    *arguments: str,
    columns: int = 100,
    then: Callable[[int, bytes], None] | None = None,
    reads: bool = False,
    **options: Any,
) -> Shown:
    """Run a command on a terminal; `then` gets its number and all that was written so far.

    With `reads`, the terminal is its standard input as well.
    """
    ours, theirs = pty.openpty()
    resize(theirs, columns)
    if reads:
        options |= {"stdin": theirs, "terminal": True}
    process = start(*arguments, stdout=theirs, stderr=theirs, **options)
    os.close(theirs)
    output = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not chunk:
            break
        output += chunk
        if then is not None:
            then(ours, output)
    os.close(ours)
    return Shown(process.wait(timeout=60), output.decode(), columns)


def screen(output: str, columns: int) -> list[str]:
    """Return the lines that a terminal of so many columns shows in the end.

    Knows text that wraps, carriage returns, line feeds, moves up, and erased lines; colours and whether
    the cursor is shown are left out.
    """
    lines, row, column = [""], 0, 0
    for step in _STEPS.finditer(output):
        if step["text"]:
            for each in step["text"]:
                width = 2 if unicodedata.east_asian_width(each) in {"W", "F"} else 1
                if column + width > columns:
                    row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
                lines[row] = f"{lines[row][:column].ljust(column)}{each}{lines[row][column + 1 :]}"
                column += width
        elif step["move"] == "\r":
            column = 0
        elif step["move"] == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif step["order"] == "A":
            row = max(0, row - int(step["number"] or 1))
        elif step["order"] == "K":
            lines[row] = ""
        elif step["order"] or step["other"]:
            assert step["order"] == "m", step.group()
    return [line.rstrip() for line in lines]
