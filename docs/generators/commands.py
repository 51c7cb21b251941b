"""docs/commands.md: every command with its arguments, options and exit statuses, from its `--help`."""

import re
from collections import Counter
from collections.abc import Iterable
from textwrap import dedent

import click
from docs.generators.described_commands import Described, Paragraph, commands, statuses_by_command
from docs.generators.tables import table

_INTRODUCTION = """\
# Commands

`ecsplan COMMAND --help` shows these texts in the terminal. [Exit status](exit-status.md) says what each
status means and what to do.

<!-- This page is generated from `--help` and exit-status.md by `make rules`; do not edit it. -->
"""
_SHARED = """\
## Shared options

Results go to standard output and messages to standard error. `--help`, or `-h`, describes a command. The
options below have the same meaning in every command that accepts them.
"""
_ARGUMENTS = {
    "manifests": "Files, directories (every `*.yaml` and `*.yml` file below them that is not hidden), or "
    "`-` for standard input. Default: `manifests/`.",
    "inputs": "Manifests, as `compile` takes them, or one plan; `-` is standard input. Default: "
    "`manifests/`, else `plan.json`.",
    "plan": "A plan written by `compile`, or `-` for standard input.",
    "source": "A file, a folder, `-` for standard input, or something in AWS.",
    "run": "A run id, or a file written by `apply --result` (`-`: standard input).",
    "named": "A run id, a file written by `apply --result`, or a task: its ARN, its id or "
    "`CLUSTER::TASK_ARN`.",
    "name": "The schema to print.",
    "topic": "A page, a section, or words to search for.",
    "shell": "The shell.",
}
"""What each argument may be, by its name in the code."""
_GROUPS = {
    "Values and settings": ("--name", "--var", "--var-file", "--set"),
    "Reaching AWS": (
        "--region",
        "--profile",
        "--endpoint-url",
        "--local",
        "--runner",
        "--state",
        "--verbose",
    ),
    "Finding runs": ("--cluster", "--ledger"),
    "Output": ("--quiet",),
}
"""The options that many commands share, described once."""
_MANY = 4
_CHANGES = {
    "compile": "writes the plan",
    "apply": "registers task definitions, runs tasks; the ledger",
    "init": "writes the manifest",
    "export": "writes the files",
    "prune": "deregisters revisions, with `--delete` deletes them",
    "schedule": "registers task definitions, changes schedules",
    "stop": "stops tasks",
    "exec": "what the command in the container does",
    "local": "the state file",
}
_AWS = {"init": "if the source is there", "prune": "yes"}
_BRACKETS = re.compile(r"\s*\[([^\]]*)\]$")


def page() -> str:
    """Return the page as Markdown."""
    described = tuple(commands())
    statuses = statuses_by_command()
    parts = [
        _INTRODUCTION,
        _overview(described),
        *(_command(each, statuses[each.name]) for each in described),
    ]
    return "\n".join([*parts, _shared(described)])


def _overview(described: Iterable[Described]) -> str:
    rows = (
        (
            f"[{each.name}](#{each.name})",
            _in_sentence(each.purpose).rstrip("."),
            _asks_aws(each),
            _CHANGES.get(each.name, "nothing"),
        )
        for each in described
    )
    return table(("command", "what it is for", "asks AWS", "changes"), rows) + "\n"


def _asks_aws(command: Described) -> str:
    names = {each.name for each in command.parameters}
    if "profile" not in names:
        return "no"
    return _AWS.get(command.name, "unless `--offline`" if "offline" in names else "yes")


def _command(command: Described, status: str) -> str:
    own = [(each, command) for each in command.parameters if not _is_shared(each)]
    parts = [
        f"## {command.name}",
        f"```text\necsplan {command.name} {command.usage}".rstrip() + "\n```",
        *map(_paragraph, command.paragraphs),
        _table(own),
        _also(command),
        f"**Exit status.** {_capitalized(status)}." if status != "no other" else "",
    ]
    return "\n\n".join(each for each in parts if each) + "\n"


def _paragraph(paragraph: Paragraph) -> str:
    if not paragraph.kept:
        return _in_sentence(paragraph.lines[0])
    title, *lines = paragraph.lines if paragraph.lines[0].endswith(":") else ("", *paragraph.lines)
    block = "```sh\n" + dedent("\n".join(lines)) + "\n```"
    return f"{_in_sentence(title)}\n\n{block}" if title else block


def _table(parameters: Iterable[tuple[click.Parameter, Described]], what: str = "argument, option") -> str:
    rows = [_row(each, command) for each, command in parameters]
    return table((what, "meaning"), rows) if rows else ""


def _row(parameter: click.Parameter, command: Described) -> tuple[str, str]:
    if not isinstance(parameter, click.Option):
        words = re.split(r"\|(?![^\[]*\]\.)", parameter.make_metavar(command.context).strip("{}"))
        spelled = "`" + "`, `".join(each.strip("[]") if len(words) > 3 else each for each in words) + "`"
        return spelled, _ARGUMENTS[parameter.name or ""]
    spelled, meaning = command.record(parameter)
    return _spelled(spelled), _meaning(meaning, parameter)


def _spelled(option: str) -> str:
    """Return an option in code, its choices beside it: a bar inside code would divide the table."""
    names, _, choices = option.partition(" [")
    if "|" in choices:
        return f"`{names}` " + ", ".join(f"`{each}`" for each in choices.rstrip("]").split("|"))
    return f"`{option}`"


def _meaning(text: str, option: click.Option) -> str:
    """Return what an option means, with what `--help` has in brackets behind it in words."""
    said = []
    while found := _BRACKETS.search(text):
        text = text[: found.start()]
        said += [_bracketed(each, option) for each in reversed(found[1].split("; "))]
    variables = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    if variables and not any(each in text or each in "".join(said) for each in variables):
        said.append(f"Environment: {', '.join(f'`{each}`' for each in variables)}.")
    return " ".join([_in_sentence(text), *(each for each in reversed(said) if each)])


def _bracketed(said: str, option: click.Option) -> str:
    what, _, value = said.partition(": ")
    match what:
        case "default":
            in_words = " " in value and value != option.default
            return f"Default: {value if in_words else f'`{value}`'}."
        case "env":
            return f"Environment: `{value}`."
        case "required":
            return "Required."
        case _:
            return f"Range: `{said}`."


def _also(command: Described) -> str:
    """Return which groups of shared options the command takes, whole or which of them."""
    spelled = {each.opts[0] for each in command.parameters}
    taken = []
    for title, options in _GROUPS.items():
        names = [f"`{each}`" for each in options if each in spelled]
        if names:
            which = "" if len(names) == len(options) else f" ({', '.join(names)} only)"
            taken.append(f"[{title}](#{title.lower().replace(' ', '-')}){which}")
    return f"Also accepts the options of: {'; '.join(taken)}." if taken else ""


def _shared(described: tuple[Described, ...]) -> str:
    """Return the options of many commands.

    Raises:
        ValueError: Many commands have an option that means the same in all of them and is in no group.
    """
    alike = Counter(
        command.record(each)
        for command in described
        for each in command.parameters
        if isinstance(each, click.Option) and not _is_shared(each)
    )
    if missing := [spelled for (spelled, _), number in alike.items() if number >= _MANY]:
        raise ValueError(f"options of many commands in no group: {', '.join(missing)}")
    firsts = {
        each.opts[0]: (each, command)
        for command in reversed(described)
        for each in command.parameters
        if _is_shared(each)
    }
    sections = (
        f"### {title}\n\n" + _table((firsts[each] for each in options), "option")
        for title, options in _GROUPS.items()
    )
    return _SHARED + "\n" + "\n\n".join(sections) + "\n"


def _is_shared(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and any(parameter.opts[0] in each for each in _GROUPS.values())


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _in_sentence(text: str) -> str:
    """Return a text with options, patterns of files and placeholders in code, as Markdown has them."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(
        each
        if each.startswith("`")
        else re.sub(r"(?<![\w-])--?[a-z][\w-]*|<[^>]+>|\*\.\w+|\[[^\]]*\]", r"`\g<0>`", each)
        for each in parts
    )
