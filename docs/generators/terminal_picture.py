"""Write docs/terminal.svg: check, compile, diff and apply as a terminal shows them, recorded from a real run.

Every command runs in a pseudo-terminal, on the embedded ECS. What they print moves the cursor, so a terminal
emulator keeps the screen; rich draws it. `python docs/generators/terminal_picture.py [FILE]`
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import groupby
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

PICTURE = Path(__file__).parents[1] / "terminal.svg"
COLUMNS = 100
MAX_LINES = 200
"""Lines that one command may print."""
MANIFEST = """\
name: nightly-etl
image: public.ecr.aws/docker/library/alpine:3
command: [sh, -c, "for table in users orders; do echo loading $table; done; echo loaded 2 tables"]
stream_output: true
execution_role_arn: arn:aws:iam::111122223333:role/ecs-task-execution
"""
WRONG = MANIFEST + "cpu: 256\nmemory: 3072\n"
COMMANDS = (
    "ecsplan check wrong.yaml",
    "ecsplan compile job.yaml --local -o plan.json",
    "ecsplan diff plan.json",
    "ecsplan apply plan.json --local --runner process",
)
THEME = TerminalTheme(
    (13, 17, 23),
    (201, 209, 217),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" xml:space="preserve">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g transform="translate(9, 9)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""rich's own frame names fonts of a host on the internet; this one takes those of the reader."""


_NAMES = {"brown": "yellow"}
"""What pyte calls a colour, and what rich does."""


def picture() -> str:
    """Return the SVG of a run of all commands, each below its prompt."""
    console = Console(width=COLUMNS, record=True, file=StringIO())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "job.yaml").write_text(MANIFEST, encoding="utf-8")
        Path(folder, "wrong.yaml").write_text(WRONG, encoding="utf-8")
        for number, command in enumerate(COMMANDS):
            console.print(Text(f"{chr(10) if number else ''}$ {command}", style="bold"))
            for line in run(command.split(), Path(folder)):
                console.print(line, soft_wrap=True)
    return console.export_svg(theme=THEME, code_format=FRAME, unique_id="terminal")


def run(command: Sequence[str], folder: Path) -> Iterator[Text]:
    """Yield the lines that a terminal shows once a command has ended."""
    screen = pyte.Screen(COLUMNS, MAX_LINES)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    environment = kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm-256color",
        "XDG_STATE_HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment):
        os.close(theirs)
        while chunk := _read(ours):
            stream.feed(chunk)
    os.close(ours)
    last = max((number for number, line in enumerate(screen.display) if line.strip()), default=-1)
    for number in range(last + 1):
        yield _line(screen, number)


def _read(descriptor: int) -> bytes:
    """Return what came; b"" once the last process has closed the terminal, which Linux calls an error."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def _line(screen: pyte.Screen, number: int) -> Text:
    cells = [screen.buffer[number][column] for column in range(COLUMNS)]
    line = Text()
    for (colour, bold), alike in groupby(cells, key=lambda cell: (cell.fg, cell.bold)):
        style = Style(color=None if colour == "default" else _NAMES.get(colour, colour), bold=bold)
        line.append("".join(each.data for each in alike), style)
    line.rstrip()
    return line


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else PICTURE
    target.write_text(picture(), encoding="utf-8")
