"""`Finding`: what a check says of one thing that a job depends on, and where the manifest names it."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from ecsplan.terms.diagnostic import Location
from ecsplan.terms.json_types import Record
from ecsplan.terms.records import dataclass

State: TypeAlias = Literal["ok", "fails", "unknown"]
Cause: TypeAlias = Literal["denied", "not served", "not reached"]


@dataclass(frozen=True, slots=True)
class Unasked:
    """A call that could not be made.

    Attributes:
        operation: The API operation.
        cause: Whether the credentials may not make it, the endpoint does not have it, or did not answer.
    """

    operation: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of its subject.

    Attributes:
        state: `ok`, `fails`, or `unknown` where it could not be asked.
        message: What was found, as a sentence without a full stop.
        help: What to do; "" where the message says it all.
        at: The place, where it is another than that of the subject.
        unasked: The call that could not be made, where that is all there is to say.
    """

    state: State
    message: str
    help: str = ""
    at: Location | None = None
    unasked: Unasked | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says, and where.

    Attributes:
        state: `ok`, `fails`, or `unknown` where it could not be asked.
        check: The name of the check, as listed in `docs/verify.md`.
        location: Where the manifest names the thing; of a plan, the line on which the job begins.
        message: What was found.
        help: What to do; "" where the message says it all.
        unasked: The call that could not be made, where that is why it is unknown.
    """

    state: State
    check: str
    location: Location
    message: str
    help: str = ""
    unasked: Unasked | None = None

    def to_json(self) -> Record:
        """Return the finding as `verify --format json` prints it."""
        return {
            "path": self.location.path,
            "line": self.location.line,
            "column": self.location.column,
            "state": self.state,
            "check": self.check,
            "message": self.message,
            "help": self.help,
        }


def ok(message: str, *, at: Location | None = None) -> Verdict:
    """Return that the thing is as the job needs it."""
    return Verdict("ok", message, at=at)


def fails(message: str, *, help: str = "", at: Location | None = None) -> Verdict:  # noqa: A002 - the field's name
    """Return that the job would fail."""
    return Verdict("fails", message, help, at)


def unknown(
    message: str,
    *,
    help: str = "",  # noqa: A002 - the field's name
    at: Location | None = None,
    unasked: Unasked | None = None,
) -> Verdict:
    """Return that it could not be found out; with `unasked`, because of a call that could not be made."""
    return Verdict("unknown", message, help, at, unasked)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings sorted by place and check, without duplicates."""
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda each: (
                each.location.path,
                each.location.line,
                each.location.column,
                each.check,
                each.message,
            ),
        )
    )
