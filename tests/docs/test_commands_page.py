"""docs/commands.md: what the generator writes of `--help`, with examples that can be run as written."""

import re
import shlex
from itertools import groupby

import click
import pytest
from docs.generators import commands
from docs.generators.described_commands import statuses_by_command
from page_commands import parse
from page_text import texts
from places import ROOT

from ecsplan_cli.main import COMMANDS, group

PAGE = (ROOT / "docs/commands.md").read_text("utf-8")


def section(command: str) -> str:
    """Return what the page says of a command."""
    return PAGE.partition(f"\n## {command}\n")[2].partition("\n## ")[0]


def found(command: str) -> click.Command:
    """Return a command as the user calls it."""
    subcommand = group.get_command(click.Context(group), command)
    assert subcommand is not None
    return subcommand


def test_the_exit_statuses_of_every_command_are_stated() -> None:
    assert statuses_by_command().keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_and_option_is_on_the_page(command: str) -> None:
    shared = PAGE.partition("\n## Shared options\n")[2]
    described = section(command) + shared

    for each in found(command).params:
        if isinstance(each, click.Option):
            spelled = ", ".join(sorted(each.opts, key=len))
            assert re.search(rf"^\| `{spelled}[ `]", described, re.MULTILINE), spelled


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_can_be_run_as_written(command: str) -> None:
    blocks = texts(section(command), "sh")
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("ecsplan ")]

    assert lines or command == "completion"
    for line in lines:
        words = shlex.split(line, comments=True)
        for divides, each_part in groupby(words, lambda each: each in {"|", "&&", ">"}):
            part = list(each_part)
            if not divides and part[0] == "ecsplan":
                parse(shlex.join(part))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_asks_aws_takes_a_profile_and_no_other_does(command: str) -> None:
    (row,) = re.findall(rf"^\| \[{command}\]\(#{command}\) \|.*$", PAGE, re.MULTILINE)
    asks = row.split("|")[3].strip()

    assert (asks != "no") == any(each.name == "profile" for each in found(command).params)


@pytest.mark.parametrize("line", [each for each in PAGE.splitlines() if each.startswith("| ")])
def test_no_bar_in_code_divides_a_row(line: str) -> None:
    assert "|" not in "".join(re.findall(r"`[^`]*`", line))


def test_an_option_of_many_commands_has_to_be_in_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {title: options for title, options in commands._GROUPS.items() if title != "Output"}
    monkeypatch.setattr(commands, "_GROUPS", rest)

    with pytest.raises(ValueError, match="options of many commands in no group: -q, --quiet"):
        commands.page()
