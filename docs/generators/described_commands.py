"""What `--help` says of each command, taken apart, and exit statuses: for pages that describe commands."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

import click
from docs.generators.marked_places import DOCS

from ecsplan_cli.main import COMMANDS, group

STATUS_PAGE = DOCS / "exit-status.md"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a help text.

    Attributes:
        lines: Its lines; one where it may be wrapped anywhere.
        kept: Whether its lines stay as they are, as those of examples do.
    """

    lines: tuple[str, ...]
    kept: bool


@dataclass(frozen=True, slots=True)
class Described:
    """A command.

    Attributes:
        name: Its name, such as `apply`.
        purpose: What `ecsplan --help` says of it.
        usage: What follows its name on a command line, such as `[OPTIONS] PLAN`.
        paragraphs: Its help text.
        parameters: Its arguments and options, in the order of its help.
        context: A context in which click describes them.
    """

    name: str
    purpose: str
    usage: str
    paragraphs: tuple[Paragraph, ...]
    parameters: tuple[click.Parameter, ...]
    context: click.Context

    def record(self, option: click.Option) -> tuple[str, str]:
        """Return how an option is spelled, and what it means, as `--help` shows both."""
        found = option.get_help_record(self.context)
        return ("", "") if found is None else found


def commands() -> Iterator[Described]:
    """Yield the commands in the order of `ecsplan --help`."""
    for name, purpose in COMMANDS.items():
        command = group.get_command(click.Context(group), name)
        if command is None:
            raise KeyError(name)
        context = click.Context(command, info_name=name)
        usage = " ".join(command.collect_usage_pieces(context))
        text = paragraphs(command.help or "")
        yield Described(name, purpose, usage, text, tuple(command.params), context)


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a help text; one after a line that holds a backspace keeps its lines."""
    found = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b"):
            found.append(Paragraph(tuple(paragraph.removeprefix("\b\n").splitlines()), kept=True))
        else:
            found.append(Paragraph((" ".join(paragraph.split()),), kept=False))
    return tuple(found)


def statuses() -> dict[str, str]:
    """Return what each exit status means."""
    return {cells[0]: cells[1] for cells in _rows("| status |")}


def statuses_by_command() -> dict[str, str]:
    """Return the exit statuses of each command beside those that all have."""
    return {name: cells[1] for cells in _rows("| command |") for name in re.findall("`(.+?)`", cells[0])}


def _rows(head: str) -> Iterator[list[str]]:
    """Yield the cells of the table of the page on exit statuses that begins with `head`."""
    table = STATUS_PAGE.read_text(encoding="utf-8").partition(f"\n{head}")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        yield [each.strip() for each in line.strip("|").split("|")]
