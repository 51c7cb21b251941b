"""One thing that ECS says, as a row of a table, and what such a row explains."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["call", "failure", "stop", "own"]
Transient: TypeAlias = Literal["start", "interruption"]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that ECS says.

    Attributes:
        name: A stable short name, also the heading in `docs/failures.md`.
        kind: `call`: a call was refused. `failure`: a task could not be placed, as RunTask's `failures` or
            as the stopped task says. `stop`: a task stopped. `own`: ecsplan itself stopped a task.
        code: A regular expression for the whole error code or stop code; empty matches any.
        text: A regular expression that is found in the message or reason, whatever its case. For a `stop`,
            ARNs, addresses, image names and paths are masked before (`explain.py`).
        says: How ECS says it: `CODE: text`, or the bare reason of a `failure`. What varies is made up.
        meaning: What it means.
        remedy: What to do.
        source: Who documents or reports it.
        operation: The operation that is refused, or `*`.
        error: For a `stop`, a regular expression for the outermost error name of the reason, such as
            `CannotPull.*`; empty matches any, and reasons without one.
        exit_codes: The exit codes of the job's container that the row is for; empty for any and for none.
        transient: `start` where AWS documents that trying to start the task again may help, `interruption`
            where AWS ended the task; None where the same request would fail again.
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
    error: str = ""
    exit_codes: tuple[int, ...] = ()
    transient: Transient | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a message of AWS means and what to do; `name` and `transient` are the row's."""

    name: str
    meaning: str
    remedy: str
    transient: Transient | None = None
