"""docs/ecsplan.1: the man page, from what `--help` says of the commands and from exit-status.md."""

from collections.abc import Iterator

import click
from docs.generators.described_commands import (
    Described,
    Paragraph,
    commands,
    paragraphs,
    statuses,
)

from ecsplan_cli.main import group

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
    described = tuple(commands())
    yield '.TH ECSPLAN 1 "" "ecsplan" "User commands"'
    yield ".SH NAME"
    yield r"ecsplan \- plan and run jobs on Amazon ECS"
    yield ".SH SYNOPSIS"
    for command in described:
        yield from (f".B ecsplan {command.name}", _text(command.usage), ".br")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(paragraphs(group.help or ""))
    yield ".SH COMMANDS"
    for command in described:
        yield f".SS ecsplan {command.name}"
        yield from _paragraphs(command.paragraphs)
        yield from _options(command)
    yield ".SH ENVIRONMENT"
    for name, meaning in ENVIRONMENT.items():
        yield from (".TP", f".B {_text(name)}", _text(meaning))
    yield ".SH EXIT STATUS"
    for status, meaning in statuses().items():
        yield from (".TP", f".B {_text(status)}", _text(meaning))
    yield ".SH SEE ALSO"
    yield _text(
        "`ecsplan docs` prints the pages of the documentation: the manifest, rules, failures, guarantees."
    )


def _paragraphs(text: tuple[Paragraph, ...]) -> Iterator[str]:
    for number, paragraph in enumerate(text):
        if paragraph.kept:
            yield from (".PP", ".nf", *map(_text, paragraph.lines), ".fi")
        else:
            yield from ([".PP"] if number else [])
            yield from map(_text, paragraph.lines)


def _options(command: Described) -> Iterator[str]:
    for option in command.parameters:
        if isinstance(option, click.Option):
            spelled, meaning = command.record(option)
            yield from (".TP", f".B {_text(spelled)}", _text(meaning))


def _text(text: str) -> str:
    """Return a line of text as roff reads it; a line never begins with what roff takes for a request."""
    shown = text.replace("\\", r"\e").replace("-", r"\-").replace("`", "").replace("…", "...")
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown
