"""What a reader takes and returns: a `Source`, and the jobs in it before they become a manifest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Final

from ecsplan.terms.json_types import Document
from ecsplan.terms.records import dataclass

ReadSourceFile = Callable[[str], str]
"""Returns the text of a file that a source names, relative to the source; raises OSError."""


class ConversionError(ValueError):
    """A source cannot be converted; the message says why.

    Attributes:
        help: What to do instead; "" where the message says it all.
        line: The line of the source, from 1; None where no line is to blame.
    """

    def __init__(self, message: str, *, help: str = "", line: int | None = None) -> None:  # noqa: A002 - as in diagnostics
        super().__init__(message)
        self.help = help
        self.line = line


COMMAND_LINE: Final = "<command line>"
"""The name of a source whose words come from the user's own shell, which has expanded them."""


def _no_files(name: str) -> str:
    raise FileNotFoundError(2, "no file can be read here", name)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or what stands in place of one.

    Attributes:
        name: As the user named it; `<stdin>` for standard input.
        text: Its text.
        document: The text as plain data, where it is JSON or YAML; otherwise None.
        read: Reads a file that the source names.
    """

    name: str
    text: str
    document: Any = None
    read: ReadSourceFile = _no_files


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Keys that are written as a comment, since the manifest would be wrong with them as they are.

    Attributes:
        keys: The keys of a manifest, and their values.
        reason: What is missing, as a sentence.
    """

    keys: Document
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a source, as AWS's requests and as keys of a manifest; the keys win.

    Attributes:
        name: Its name; "" where the source has none.
        definition: The task definition that it brings with it, as it is registered or described; None where
            it has none, or names one.
        request: Members of its RunTask request. `taskDefinition` names the definition where `definition` is
            None; otherwise it is of no account.
        container: The container that the job means; "" where the requests say it, or nothing does.
        keys: Keys of a manifest that the requests do not say, such as `after` and `image`.
        suggestions: Keys that need more before they can be in the manifest.
        notes: What could not be carried over and why, a sentence each, with the source's own words for it.
        is_partial: Whether something of the definition was left out, without which the rest may not be valid.
    """

    name: str = ""
    definition: Document | None = None
    request: Document = field(default_factory=dict)
    container: str = ""
    keys: Document = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()
    notes: tuple[str, ...] = ()
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class SourceJobs:
    """The jobs of a source, and what of it could not be converted.

    Attributes:
        jobs: Its jobs, in its order.
        variables: Declarations of the variables that the jobs refer to, by their names; see `references`.
        notes: What could not be carried over that belongs to no job.
        unconverted: Jobs of the source that no manifest can be made of, by their names: why.
    """

    jobs: tuple[Job, ...]
    variables: Mapping[str, Document] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unconverted: Mapping[str, str] = field(default_factory=dict)


def merged(parts: Iterable[SourceJobs], notes: Iterable[str] = ()) -> SourceJobs:
    """Return what is in several sources, or parts of one, as one; its notes begin with those given."""
    parts = tuple(parts)
    return SourceJobs(
        tuple(job for each in parts for job in each.jobs),
        {name: value for each in parts for name, value in each.variables.items()},
        (*notes, *(note for each in parts for note in each.notes)),
        {name: why for each in parts for name, why in each.unconverted.items()},
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a format's table: what becomes of one of its members.

    Attributes:
        theirs: The member, by the format's own name, with dots: `network.vpc.placement`.
        ours: The key of a manifest that it becomes; "" where it cannot be kept.
        how: How it is converted, or why it cannot be kept; "" where it goes over as it is.
    """

    theirs: str
    ours: str
    how: str = ""
