"""Write docs/ecsplan.1, the man page, from what `--help` says of the commands and from the README."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from ecsplan_cli.main import COMMANDS, group

DOCS = Path(__file__).parents[1]
PAGE = DOCS / "ecsplan.1"
README = DOCS.parent / "README.md"

ENVIRONMENT = {
    "AWS_REGION, AWS_DEFAULT_REGION": "The region of jobs that name none.",
    "AWS_PROFILE, AWS_ENDPOINT_URL, …": "All that the AWS SDK reads: credentials, profiles, endpoints.",
    "ECSPLAN_HEARTBEAT_SECONDS": "Seconds between the lines that say what apply waits for, off a terminal. "
    "60 by default.",
    "NO_COLOR": "Where it is set and not empty, nothing is coloured.",
    "XDG_STATE_HOME": "Where the state of the embedded ECS and of runs is kept: ecsplan/ below it, "
    "or ~/.local/state/ecsplan.",
}


def page() -> str:
    """Return the page, roff for `man`."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield '.TH ECSPLAN 1 "" "ecsplan" "User commands"'
    yield ".SH NAME"
    yield r"ecsplan \- plan and run jobs on Amazon ECS"
    yield ".SH SYNOPSIS"
    for name, command in _commands():
        pieces = " ".join(command.collect_usage_pieces(_context(name)))
        yield from (f".B ecsplan {name}", _text(pieces), ".br")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(inspect.cleandoc(group.help or ""))
    yield ".SH COMMANDS"
    for name, command in _commands():
        yield f".SS ecsplan {name}"
        yield from _paragraphs(inspect.cleandoc(command.help or ""))
        for parameter in command.params:
            yield from _option(parameter, _context(name))
    yield ".SH ENVIRONMENT"
    for name, meaning in ENVIRONMENT.items():
        yield from (".TP", f".B {_text(name)}", _text(meaning))
    yield ".SH EXIT STATUS"
    for status, meaning in _statuses():
        yield from (".TP", f".B {_text(status)}", _text(meaning))
    yield ".SH SEE ALSO"
    yield _text(
        "`ecsplan docs` prints the pages of the documentation: the manifest, rules, failures, guarantees."
    )


def _commands() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        yield name, _context(name).command


def _context(name: str) -> click.Context:
    command = group.get_command(click.Context(group), name)
    if command is None:
        raise KeyError(name)
    return click.Context(command, info_name=name)


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; one after a line that holds a backspace keeps its lines."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text)):
        if paragraph.startswith("\b"):
            kept = paragraph.removeprefix("\b\n").splitlines()
            yield from (".PP", ".nf", *map(_text, kept), ".fi")
        else:
            yield from ([".PP"] if number else [])
            yield _text(" ".join(paragraph.split()))


def _option(parameter: click.Parameter, context: click.Context) -> Iterator[str]:
    record = parameter.get_help_record(context)
    if record is not None and isinstance(parameter, click.Option):
        yield from (".TP", f".B {_text(record[0])}", _text(record[1]))


def _statuses() -> Iterator[tuple[str, str]]:
    """Yield the rows of the README's table of exit statuses."""
    table = README.read_text(encoding="utf-8").partition("## Exit status")[2].partition("\n## ")[0]
    for line in table.splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if len(cells) == 2 and not cells[0].startswith(("status", "---")):
            yield cells[0], cells[1]


def _text(text: str) -> str:
    """Return a line of text as roff reads it; a line never begins with what roff takes for a request."""
    shown = text.replace("\\", r"\e").replace("-", r"\-").replace("`", "").replace("…", "...")
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
