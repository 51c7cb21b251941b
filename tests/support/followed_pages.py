"""Pages of the documentation that are followed step by step: what they have their reader write, run and see.

A block with a title is a file: `title="job.yaml"`. The reader writes it, or, where a command has made it
before, finds it as the page shows it; the steps of a pipeline are run as well. A `console` block has commands
after `$ ` and what they print; a line `…` stands for any lines. A command in it may fail if the next one is
`echo $?`. All commands of a `sh` block succeed. Exported variables and the folder last to the end of the
page, as in a terminal.
"""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from page_commands import done
from page_text import blocks, scripts, shown
from printed_output import same

_STATE = "__state__"


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
        status = f"(exit {self.status}) || :"
        ran = done(f"{ended}\n{status}\n{_with_status(script, self.status)}", self.folder, self.shell)
        folder, _, variables = state.read_text("utf-8").partition("\n")
        self.folder = Path(folder)
        self.shell = dict(each.split("=", 1) for each in variables.split("\0") if "=" in each)
        self.status = ran.returncode
        return ran.stdout


def _with_status(script: str, status: int) -> str:
    """Return `echo $?` as it is meant: of the command before, which another shell ran."""
    return f"echo {status}" if script == "echo $?" else script
