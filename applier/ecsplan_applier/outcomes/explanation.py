"""One failure that AWS reports, as a row of a table, and the explanation that such a row gives."""

from typing import Literal, TypeAlias

from ecsplan.terms.records import dataclass

Kind: TypeAlias = Literal["call", "failure", "stop", "own"]
Transient: TypeAlias = Literal["start", "interruption"]


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """One failure that AWS reports, and how to recognize it.

    Attributes:
        name: A stable short name, also its name in `docs/failures.md`.
        kind: `call`: a call was refused. `failure`: a task could not be placed, reported in RunTask's
            `failures` or by the stopped task. `stop`: a task stopped. `own`: ecsplan itself stopped a task.
        code_pattern: A regular expression for the whole error code or stop code; empty matches any.
        message_pattern: A regular expression to search for in the message or reason, ignoring case. For a
            `stop`, ARNs, addresses, image names and paths are masked first (`explain.py`).
        example: What AWS reports: `CODE: text`, or the bare reason of a `failure`. Names in it are made up.
        meaning: What it means.
        remedy: What to do.
        source: Where it is documented or reported.
        operation: The operation that was refused, or `*` for any.
        error_pattern: For a `stop`, a regular expression for the outermost error name of the reason, such
            as `CannotPull.*`; empty matches any name, and a reason without one.
        exit_codes: The exit codes of the job's container that match; empty matches any, and none.
        transient: `start` if AWS documents that starting the task again may help, `interruption` if AWS
            ended the task; None if the same request would fail again.
    """

    name: str
    kind: Kind
    code_pattern: str
    message_pattern: str
    example: str
    meaning: str
    remedy: str
    source: str
    operation: str = "*"
    error_pattern: str = ""
    exit_codes: tuple[int, ...] = ()
    transient: Transient | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a message from AWS means and what to do; `name` and `transient` are those of the pattern."""

    name: str
    meaning: str
    remedy: str
    transient: Transient | None = None
