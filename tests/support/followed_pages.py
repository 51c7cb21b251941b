"""Pages of the documentation that are followed step by step: what they have their reader write, run and see.

A block with a title is a file: `title="job.yaml"`. The reader writes it, or, where a command has made it
before, finds it as the page shows it; the steps of a pipeline are run as well. A `console` block has commands
after `$ ` and what they print; a line `…` stands for any lines. A command in it may fail if the next one is
`echo $?`. All commands of a `sh` block succeed. Exported variables and the folder last to the end of the
page, as in a terminal.
"""

import os
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from page_commands import steady
from ruamel.yaml import YAML

from ecsplan_cli.main import COMMANDS, group

_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'\btitle="([^"]+)"')
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`(ecsplan [^`\n]+)`")
_VARIABLE = (
    (re.compile(r"\b\d{12}\b"), "ACCOUNT"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?Z?\b"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "TASK"),
    (re.compile(r" \([a-z ]+ N s.*\)$", re.MULTILINE), ""),
)
SHELLS = {"console", "sh"}
NOT_RUN = {"text", "powershell"}
"""What a block may be that is neither a file nor run here. Commands in it are parsed."""
_STATE = "__state__"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the name of its file, and its text."""

    language: str
    title: str | None
    text: str


@dataclass
class Reader:
    """Somebody who follows a page: a folder, a shell, and how the last command ended."""

    folder: Path
    shell: dict[str, str]
    status: int = 0
    written: set[str] = field(default_factory=set)

    def follow(self, text: str) -> None:
        """Do what a page says, and look at what comes of it."""
        for block in blocks(text):
            if block.title is not None:
                self._file(block.title, block.text)
            elif block.language == "console":
                self._console(block.text)
            elif block.language == "sh":
                self._script(block.text)

    def _file(self, name: str, text: str) -> None:
        path = self.folder / name
        if path.exists() and name not in self.written:
            assert same(text, path.read_text("utf-8")), (name, path.read_text("utf-8"))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        self.written.add(name)
        if path.suffix in {".yml", ".yaml"}:
            for script in scripts(text):
                self._script(script)

    def _console(self, text: str) -> None:
        commands = shown(text)
        assert commands, "a console block without a command"
        for number, (command, expected) in enumerate(commands):
            printed = self._run(command)
            following = commands[number + 1][0] if number + 1 < len(commands) else ""
            assert self.status == 0 or following == "echo $?", (command, self.status, printed)
            assert same(expected, printed), f"{command}\nprints:\n{printed}\nnot:\n{expected}"

    def _script(self, script: str) -> None:
        printed = self._run(f"set -e\n{script}")
        assert self.status == 0, (script, self.status, printed)

    def _run(self, script: str) -> str:
        """Return what a script prints, stdout and stderr as a terminal shows them."""
        # The state is written by the shell as it ends, however it ends.
        state = self.folder.parent / _STATE
        ended = f"trap 'status=$?; {{ pwd; env -0; }} >{shlex.quote(str(state))}; exit $status' EXIT"
        done = subprocess.run(
            ["sh", "-c", f"{ended}\n(exit {self.status}) || :\n{_with_status(script, self.status)}"],
            cwd=self.folder,
            env=self.shell,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        folder, _, variables = state.read_text("utf-8").partition("\n")
        self.folder = Path(folder)
        self.shell = dict(each.split("=", 1) for each in variables.split("\0") if "=" in each)
        self.status = done.returncode
        return done.stdout


def _with_status(script: str, status: int) -> str:
    """Return `echo $?` as it is meant: of the command before, which another shell ran."""
    return f"echo {status}" if script == "echo $?" else script


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    found = []
    for each in _BLOCK.finditer(text):
        language, _, rest = each["info"].partition(" ")
        title = _TITLE.search(rest)
        found.append(Block(language, title[1] if title else None, each["text"]))
    return found


def shown(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console block and what it shows below each."""
    parts = _COMMAND.split(block)
    assert not parts[0].strip(), f"a console block begins with a command: {parts[0]!r}"
    return [
        (command.replace("\\\n", ""), printed.removeprefix("\n"))
        for command, printed in zip(parts[1::2], parts[2::2], strict=True)
    ]


def same(expected: str, printed: str) -> bool:
    """Return whether a command has printed what a page shows, but for names and times of a run.

    Progress and log meet in one order or another, so the order of lines is not compared.
    """
    wanted, found = Counter(_plain(expected)), Counter(_plain(printed))
    if "…" in wanted:
        del wanted["…"]
        return wanted <= found
    return wanted == found


def _plain(text: str) -> list[str]:
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    lines = "\n".join(steady(text))
    for pattern, name in _VARIABLE:
        lines = pattern.sub(name, lines)
    # A duration with a decimal place widens its column.
    return [" ".join(line.split()) for line in lines.splitlines() if line.strip()]


def scripts(text: str) -> Iterator[str]:
    """Yield what the steps of a pipeline hand to a shell."""
    yield from _scripts(YAML(typ="safe", pure=True).load(text))


def _scripts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "run" and isinstance(inner, str):
                yield inner
            elif key in {"script", "before_script"} and isinstance(inner, list):
                yield "\n".join(inner)
            else:
                yield from _scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scripts(inner)


def mentioned(text: str) -> list[str]:
    """Return the commands that a page mentions but has nobody run: in sentences, and for other shells."""
    unrun = [each.text for each in blocks(text) if each.title is None and each.language in NOT_RUN]
    lines = [line.strip() for block in unrun for line in block.splitlines()]
    return [
        *_INLINE.findall(_BLOCK.sub("", text)),
        *(line for line in lines if line.startswith("ecsplan ")),
    ]


def parse(command: str) -> None:
    """Parse a command line of ecsplan as the command does.

    Raises:
        click.UsageError: It is none.
    """
    _, name, *arguments = shlex.split(command, comments=True)
    if name in COMMANDS:
        found = group.get_command(click.Context(group), name)
        assert found is not None
        # An ellipsis stands for more of the same.
        found.make_context(name, [each for each in arguments if each != "…"], resilient_parsing=False)
    else:
        group.make_context("ecsplan", [name, *arguments])


def environment(**given: str) -> dict[str, str]:
    """Return variables for a reader: those of this process without what belongs to AWS, CI and ecsplan."""
    foreign = ("AWS_", "GITHUB_", "ECSPLAN_", "XDG_", "PYTHON")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(foreign)}, **given}
