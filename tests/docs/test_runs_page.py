"""docs/runs.md: its commands print what it shows, and it names every state of a run."""

import re
from pathlib import Path
from typing import get_args

import pytest
from page_commands import parse, run, shell_in
from page_text import shown, texts
from places import ROOT
from printed_output import same

from ecsplan_applier.runs.found import RunState

PAGE = (ROOT / "docs/runs.md").read_text("utf-8")
BLOCKS = texts(PAGE, "console")
WRITTEN = re.findall(r"^ +(ecsplan [^#\n]*)", PAGE, re.MULTILINE)


def test_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    shell = shell_in(tmp_path)
    commands = [each for block in BLOCKS for each in shown(block)]

    assert len(commands) == 5
    for command, expected in commands:
        printed = run(command, tmp_path, shell)
        assert same(expected, printed), (command, printed)


@pytest.mark.parametrize("line", WRITTEN)
def test_the_other_commands_can_be_run_as_written(line: str) -> None:
    parse(line)


def test_every_state_is_in_the_table() -> None:
    table = PAGE.split("| state | meaning |")[1].split("\n\n")[0]

    assert re.findall(r"^\| ([a-z]+) \|", table, re.MULTILINE) == list(get_args(RunState))
