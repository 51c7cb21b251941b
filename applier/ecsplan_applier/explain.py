"""What ECS says, what it means, and what to do about it: finds the row that fits, in tables by occasion.

`docs/failures.md` shows the same rows; a test compares the two.
"""

import re
from collections.abc import Iterable
from typing import Final

from ecsplan_applier.failed_calls import FAILED_CALLS
from ecsplan_applier.failed_starts import FAILED_STARTS
from ecsplan_applier.missing_room import MISSING_ROOM
from ecsplan_applier.own_stops import ended_well
from ecsplan_applier.refused_requests import REFUSED_REQUESTS
from ecsplan_applier.sayings import Explanation, Row
from ecsplan_applier.task_ends import TASK_ENDS

OWN_REASON: Final = "ecsplan"
"""How every reason begins that an apply gives when it stops a task."""

ROWS: Final[tuple[Row, ...]] = (
    *REFUSED_REQUESTS,
    *FAILED_CALLS,
    *MISSING_ROOM,
    *FAILED_STARTS,
    *TASK_ENDS,
)
"""The first row that fits counts; particular ones stand before general ones."""


def explain_call(operation: str, code: str, text: str) -> Explanation | None:
    """Return what a refused call means, or None where the table has nothing on it."""
    rows = (row for row in ROWS if row.kind == "call" and row.operation in {"*", operation})
    return _first(rows, code, text)


def explain_failure(reason: str) -> Explanation | None:
    """Return what a reason of RunTask's `failures` means, or None."""
    return _first((row for row in ROWS if row.kind == "failure"), "", reason)


def explain_stop(code: str, reason: str, exit_code: int | None) -> Explanation | None:
    """Return what made a task stop, or None where it simply ended or ecsplan itself stopped it.

    Args:
        code: ECS's stop code, or "".
        reason: ECS's reasons.
        exit_code: Exit code of the job's container, or None.
    """
    if ended_well(code, reason, exit_code) or reason.startswith(OWN_REASON):
        return None
    rows = (row for row in ROWS if row.kind == "stop" and row.exit_code in {None, exit_code})
    return _first(rows, code, reason)


def _first(rows: Iterable[Row], code: str, text: str) -> Explanation | None:
    for row in rows:
        fits = not row.code or re.fullmatch(row.code, code)
        if fits and re.search(row.text, text, re.IGNORECASE | re.DOTALL):
            return Explanation(row.name, row.meaning, row.remedy)
    return None
