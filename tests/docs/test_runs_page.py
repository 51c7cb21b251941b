"""docs/runs.md: its commands print what it shows, and it names every state of a run."""

import re
import shlex
from pathlib import Path
from typing import get_args

import click
import pytest
from page_commands import run, shell_in, shown, steady
from places import ROOT

from ecsplan_applier.runs.found import RunState
from ecsplan_cli.main import COMMANDS, group

PAGE = (ROOT / "docs/runs.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
WRITTEN = re.findall(r"^ +(ecsplan [^#\n]*)", PAGE, re.MULTILINE)
TIME = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b")
TASK = re.compile(r"\b[0-9a-f]{8}\b")
PHASES = re.compile(r" \([a-z ]+ N s.*\)$", re.MULTILINE)


def plain(text: str) -> list[str]:
    """Return the lines without what differs from run to run."""
    lines = "\n".join(steady(TASK.sub("TASK", TIME.sub("TIME", text))))
    # A duration with a decimal place widens its column.
    return [" ".join(line.split()) for line in PHASES.sub("", lines).splitlines()]


def test_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    shell = shell_in(tmp_path)
    commands = [each for block in BLOCKS for each in shown(block)]

    assert len(commands) == 5
    for command, expected in commands:
        assert plain(run(command, tmp_path, shell)) == plain(expected), command


@pytest.mark.parametrize("line", WRITTEN)
def test_the_other_commands_can_be_run_as_written(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    if name not in COMMANDS:
        pytest.skip(f"`ecsplan {name}` is not a command yet")
    found = group.get_command(click.Context(group), name)
    assert found is not None

    found.make_context(name, arguments)


def test_every_state_is_in_the_table() -> None:
    table = PAGE.split("| state | meaning |")[1].split("\n\n")[0]

    assert re.findall(r"^\| ([a-z]+) \|", table, re.MULTILINE) == list(get_args(RunState))
