"""Write docs/rules.md: every rule that a diagnostic can name, from the tables and docstrings that state them.

python docs/generate_rules.py [FOLDER]
"""

import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ecsplan.compile import compile_manifest
from ecsplan.job.job_rules import JOB_RULES
from ecsplan.rules.order import CHECKS, Rule
from ecsplan.schema.schema_rules import SCHEMA_RULES
from ecsplan.source.reading_rules import SOURCE_RULES
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan_cli.input_rules import INPUT_RULES

FILE = "job.yaml"
"""What the examples are called."""

_INTRODUCTION = """# Rules

What `ecsplan check` finds, by the name that stands in brackets after *error* or *warning*. The names are
stable. An error keeps a manifest from compiling; a warning does not. A rule is an error where AWS is known
to refuse what it finds (*Refused* says how, in AWS's words where they were seen, or why ecsplan refuses it),
and a warning where only the documentation forbids it, or where AWS is known to accept it (*Accepted*).

`ecsplan check --strict` shows warnings as errors. A comment on the line that a warning names silences it
there, for every command:

```yaml
command: echo {} > /tmp/braces # ecsplan: ignore[command-shell]
```

Several names are separated by commas. An error cannot be ignored. A comment that names no such rule, or
silences nothing, is reported: [unknown-ignore](#unknown-ignore), [unused-ignore](#unused-ignore).

`make rules` writes this page: do not edit it.
"""

_SECTIONS = {
    "Manifests that cannot be found": "Before a file is read. Where one cannot be, ecsplan refuses to go on.",
    "Manifests that cannot be read": "YAML, and the jobs in it. ecsplan refuses what it cannot "
    "read for certain.",
    "Keys and values": "What the schemas say, in the manifest, in the AWS documents within it, and in what "
    "a patch makes of them.",
    "Jobs and patches": "What becomes of the accepted values.",
}
"""The first sections; the others are the modules of `ecsplan.rules`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule of the page.

    Attributes:
        name: The name in diagnostics.
        severity: Its severity.
        summary: What it asks for.
        refused: How AWS is known to refuse what it finds, or why ecsplan does; "" for a warning.
        accepted: How AWS is known to accept it; "" where nobody has shown either.
        source: Which documentation says so; "" where none does.
        example: A manifest that breaks it; "" for none.
    """

    name: str
    severity: str
    summary: str
    refused: str = ""
    accepted: str = ""
    source: str = ""
    example: str = ""


def page() -> str:
    """Return the whole page."""
    tables = [
        [Entry(name, severity, summary) for name, (severity, summary) in INPUT_RULES.items()],
        [Entry(each.name, "error", each.summary, example=_shown(each.example)) for each in SOURCE_RULES],
        [
            Entry(each.name, each.severity, each.summary, each.refused, example=each.example)
            for each in SCHEMA_RULES
        ],
        [
            Entry(each.name, each.severity, each.summary, each.refused, example=each.example)
            for each in JOB_RULES
        ],
    ]
    sections = list(zip(_SECTIONS, _SECTIONS.values(), tables, strict=True))
    for module in dict.fromkeys(sys.modules[rule.__module__] for rule in CHECKS):
        entries = [entry_of(rule) for rule in CHECKS if rule.__module__ == module.__name__]
        sections.append((_title(module), _about(module), entries))
    contents = "".join(f"- {title}: {_links(entries)}\n" for title, _, entries in sections)
    body = "".join(_section(title, about, entries) for title, about, entries in sections)
    return f"{_INTRODUCTION}\n{contents}{body}"


def entry_of(rule: Rule) -> Entry:
    """Return what the docstring of a rule says."""
    text, _, example = (inspect.getdoc(rule) or "").partition("Example:\n")
    summary, *parts = re.split(r"^(Refused|Accepted|Source):", text, flags=re.MULTILINE)
    said = {label: _flat(each) for label, each in zip(parts[::2], parts[1::2], strict=True)}
    return Entry(
        name_of(rule),
        severity_of(rule),
        _flat(summary),
        refused=said.get("Refused", ""),
        accepted=said.get("Accepted", ""),
        source=said.get("Source", ""),
        example=textwrap.dedent(example),
    )


def severity_of(rule: Rule) -> str:
    """Return the severities that a rule's function can report."""
    made = set(re.findall(r"yield (error|warning|error_if_refused)\(", inspect.getsource(rule)))
    is_error, is_warning = made & {"error", "error_if_refused"}, made & {"warning", "error_if_refused"}
    return " or ".join([*(["error"] if is_error else []), *(["warning"] if is_warning else [])])


def name_of(rule: Rule) -> str:
    """Return the name that a rule's function stands for."""
    return rule.__name__.replace("_", "-")


def found(manifest: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with an example."""
    return compile_manifest(manifest, file=FILE).diagnostics


def _section(title: str, about: str, entries: Iterable[Entry]) -> str:
    return f"\n## {title}\n\n{about}\n" + "".join(f"\n{line}\n" for each in entries for line in _lines(each))


def _lines(entry: Entry) -> Iterator[str]:
    """Yield the paragraphs of a rule."""
    yield f"### {entry.name}"
    yield f"*{entry.severity}* {entry.summary}"
    if entry.refused:
        yield f"Refused: {entry.refused}"
    if entry.accepted:
        yield f"Accepted: {entry.accepted}"
    if entry.source:
        yield f"Source: {entry.source}"
    if entry.example:
        yield f"```yaml\n{entry.example.strip()}\n```"
        told = [each for each in found(entry.example) if each.rule == entry.name]
        yield "```text\n" + "\n".join(_told(each) for each in told[:1]) + "\n```"


def _told(each: Diagnostic) -> str:
    at = each.location
    text = f"{at.path}:{at.line}:{at.column}: {each.severity}[{each.rule}]: {each.message}"
    return f"{text}\n  help: {each.help}" if each.help else text


def _links(entries: Iterable[Entry]) -> str:
    return ", ".join(f"[{each.name}](#{each.name})" for each in entries)


def _title(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2].replace("_", " ").capitalize()


def _about(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().splitlines()[0]


def _shown(example: str | bytes) -> str:
    """Return an example as text; none where no text could be one, or none is printable."""
    return example if isinstance(example, str) and example.replace("\n", "").isprintable() else ""


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "rules.md").write_text(page(), "utf-8")
