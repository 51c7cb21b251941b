"""What is wrong with a manifest, where, and how to fix it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from ecsplan.terms.json_types import Record
from ecsplan.terms.records import dataclass

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Location:
    """A span of one line of a manifest.

    Attributes:
        path: The file as the user named it; `<stdin>` for standard input.
        line: Line, counted from 1.
        column: Column in characters, counted from 1.
        width: Characters to underline: at least 1, and not past the end of the line.
        pointer: RFC 6901 pointer of the value within its job.
        excerpt: The line, or a part of a long line, with values that look like credentials masked; "" where
            there is no text.
        skipped: Characters of the line before the excerpt.
        origin: The variables that the value at the place is made of, each with its value and where that came
            from; "" for a value that is written there. Diagnostics add it to their help.
    """

    path: str
    line: int
    column: int
    width: int = 1
    pointer: str = ""
    excerpt: str = ""
    skipped: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of a manifest. Its JSON members are also properties: `diagnostic.line`.

    Attributes:
        severity: `error` keeps the manifest from compiling, `warning` does not.
        rule: Stable name of the rule that found it, as listed in `docs/rules.md`.
        location: The place of the problem.
        message: What is wrong, with a quote of what was written.
        help: What to write instead; "" where the message says it all.
    """

    severity: Severity
    rule: str
    location: Location
    message: str
    help: str = ""

    @property
    def path(self) -> str:
        """The file as the user named it."""
        return self.location.path

    @property
    def line(self) -> int:
        """Line, counted from 1."""
        return self.location.line

    @property
    def column(self) -> int:
        """Column in characters, counted from 1."""
        return self.location.column

    @property
    def pointer(self) -> str:
        """RFC 6901 pointer of the value within its job."""
        return self.location.pointer

    def to_json(self) -> Record:
        """Return the diagnostic as `check --format json` prints it."""
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
            "rule": self.rule,
            "pointer": self.pointer,
            "message": self.message,
            "help": self.help,
        }


def error(rule: str, at: Location, message: str, *, help: str = "") -> Diagnostic:  # noqa: A002 - the field's name
    """Return a diagnostic that keeps the manifest from compiling."""
    return Diagnostic("error", rule, at, message, _with_origin(help, at))


def warning(rule: str, at: Location, message: str, *, help: str = "") -> Diagnostic:  # noqa: A002 - the field's name
    """Return a diagnostic that lets the manifest compile."""
    return Diagnostic("warning", rule, at, message, _with_origin(help, at))


def error_if_refused(rule: str, at: Location, message: str, *, refused: bool, help: str = "") -> Diagnostic:  # noqa: A002 - the field's name
    """Return an error where AWS is known to refuse what was found (`refused`), else a warning."""
    return Diagnostic("error" if refused else "warning", rule, at, message, _with_origin(help, at))


def _with_origin(help_text: str, at: Location) -> str:
    return "\n".join(each for each in (help_text, at.origin) if each) if at.origin else help_text


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics sorted by file and place, without duplicates."""
    # The message is the last key, so that the order never depends on which rule ran first.
    return tuple(
        sorted(
            dict.fromkeys(diagnostics),
            key=lambda each: (
                each.location.path,
                each.location.line,
                each.location.column,
                each.severity,
                each.rule,
                each.message,
            ),
        )
    )


def strict(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics sorted by place, with every warning turned into an error."""
    return in_order(replace(each, severity="error") for each in diagnostics)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether any of the diagnostics is an error."""
    return any(each.severity == "error" for each in diagnostics)
