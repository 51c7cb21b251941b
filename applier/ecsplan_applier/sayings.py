"""One thing that ECS says, as a row of a table, and what such a row explains."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["call", "failure", "stop"]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that ECS says.

    Attributes:
        name: A stable short name, also the heading in `docs/failures.md`.
        kind: `call`: a call was refused. `failure`: RunTask started fewer tasks. `stop`: a task stopped.
        code: A regular expression for the whole error code or stop code; empty matches any.
        text: A regular expression that is found in the message or reason, whatever its case.
        says: How ECS says it: `CODE: text`, or the bare reason of a `failure`. What varies is made up.
        meaning: What it means.
        remedy: What to do.
        source: Who documents or reports it.
        operation: The operation that is refused, or `*`.
        exit_code: The exit code of the job's container, where that is what tells.
    """

    name: str
    kind: Kind
    code: str
    text: str
    says: str
    meaning: str
    remedy: str
    source: str
    operation: str = "*"
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a message of AWS means and what to do; `name` is the row's."""

    name: str
    meaning: str
    remedy: str
