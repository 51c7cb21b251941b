"""What ECS says, what it means, and what to do about it: finds the row that fits, in tables by occasion.

`docs/failures.md` shows the same rows; a test compares the two.
"""

import re
from collections.abc import Iterable
from typing import Final

from ecsplan_applier.outcomes.explanation import Explanation, Row
from ecsplan_applier.outcomes.failed_calls import FAILED_CALLS
from ecsplan_applier.outcomes.failed_pulls import FAILED_PULLS
from ecsplan_applier.outcomes.failed_setups import FAILED_SETUPS
from ecsplan_applier.outcomes.failed_starts import FAILED_STARTS
from ecsplan_applier.outcomes.no_capacity import MISSING_ROOM
from ecsplan_applier.outcomes.own_stops import OWN_STOPS, ended_well
from ecsplan_applier.outcomes.refused_definitions import REFUSED_DEFINITIONS
from ecsplan_applier.outcomes.refused_options import REFUSED_OPTIONS
from ecsplan_applier.outcomes.refused_requests import REFUSED_REQUESTS
from ecsplan_applier.outcomes.stopped_tasks import TASK_ENDS

OWN_REASON: Final = "ecsplan"
"""How every reason begins that an apply gives when it stops a task."""

ROWS: Final[tuple[Row, ...]] = (
    *REFUSED_DEFINITIONS,
    *REFUSED_OPTIONS,
    *REFUSED_REQUESTS,
    *FAILED_CALLS,
    *MISSING_ROOM,
    *FAILED_PULLS,
    *FAILED_SETUPS,
    *FAILED_STARTS,
    *TASK_ENDS,
    *OWN_STOPS,
)
"""The first row that fits counts; particular ones stand before general ones."""

_STARTS_AND_ENDS: Final = (*FAILED_PULLS, *FAILED_SETUPS, *FAILED_STARTS, *TASK_ENDS)
_NEVER_RAN: Final = frozenset({"", "TaskFailedToStart"})
"""Stop codes of tasks whose reason may be one of RunTask's `failures` (API failure reasons)."""

_ERROR_NAME: Final = re.compile(
    r"\b(Cannot[a-z]+(?:Error|Container)"
    r"|(?:ResourceInitialization|ContainerRuntime|ContainerRuntimeTimeout|DockerTimeout|OutOfMemory|Internal"
    r"|HostConfig|BadVolume|ContainerNetworking|ContainerVanished|NoSuchContainer|DockerState|DockerClientConfig"
    r"|ImpossibleTransition|CredentialsNotFound|SpotInterruption|(?:Task)?Dependency|Task[a-z]+)Error)\b",
    re.IGNORECASE,
)
"""Names that the Fargate and EC2 agents put in front of a reason (developer guide, stopped tasks error codes;
amazon-ecs-agent, `ErrorName`). The first one in a reason is the outermost."""

_NAMES: Final = re.compile(
    r"arn:aws[\w-]*:\S+"
    r"|\"[^\"\s]*\""
    r"|(?<![\w/])(?!\S*/etc/(?:passwd|group)\b)[^\s\"'(),;]*/[^\s\"'(),;]*"
    r"|sha256:[0-9a-f]+",
    re.IGNORECASE,
)
"""ARNs, addresses, image names, paths and quoted words: chosen by users, so that they say nothing."""


def explain_call(operation: str, code: str, text: str) -> Explanation | None:
    """Return what a refused call means, or None where the table has nothing on it.

    RunTask may also refuse a call with the words of its `failures`.
    """
    rows = (row for row in ROWS if row.kind == "call" and row.operation in {"*", operation})
    found = _first(rows, code, text)
    return _placement(text) if found is None and operation == "RunTask" else found


def explain_failure(reason: str) -> Explanation | None:
    """Return what a reason of RunTask's `failures` means, or None; it may be one that stopped tasks have."""
    return _placement(reason) or explain_stop("", reason, None)


def explain_stop(code: str, reason: str, exit_code: int | None) -> Explanation | None:
    """Return what made a task stop, or None where it simply ended or ecsplan itself stopped it.

    The outermost error name decides which rows are asked: what stands behind it is the cause as another
    layer words it, and may hold the names of further errors.

    Args:
        code: ECS's stop code, or "".
        reason: ECS's reasons, the task's and its containers'.
        exit_code: Exit code of the job's container, or None.
    """
    if ended_well(code, reason, exit_code) or reason.startswith(OWN_REASON):
        return None
    name = _ERROR_NAME.search(reason)
    error = "" if name is None else name.group().lower()
    if not error and code in _NEVER_RAN and (placed := _placement(reason)):
        return placed
    rows = (
        row
        for row in (_STARTS_AND_ENDS if error or code in _NEVER_RAN else TASK_ENDS)
        if (not row.exit_codes or exit_code in row.exit_codes)
        and (not row.error or re.fullmatch(row.error, error, re.IGNORECASE))
    )
    return _first(rows, code, _NAMES.sub("·", reason))


def _placement(reason: str) -> Explanation | None:
    """Return why a task was not placed: a stopped task says it in the words of RunTask's `failures`."""
    return _first((row for row in ROWS if row.kind == "failure"), "", reason) if reason else None


def _first(rows: Iterable[Row], code: str, text: str) -> Explanation | None:
    for row in rows:
        fits = not row.code or re.fullmatch(row.code, code)
        if fits and re.search(row.text, text, re.IGNORECASE | re.DOTALL):
            return Explanation(row.name, row.meaning, row.remedy, row.transient)
    return None
