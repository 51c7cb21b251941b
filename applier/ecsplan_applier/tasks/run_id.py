"""Run ids, with which an apply starts nothing twice, and the client tokens that are derived from them."""

import hashlib
import json
import re
import secrets
from typing import Final

from ecsplan_applier.outcomes.errors import UsageError

MAX_RUN_ID: Final = 120
"""Characters; with `ecsplan/` before it, a run id fits into `startedBy`: 128 of letters, digits, `-`, `_` and
`/` (botocore ecs model, RunTask.startedBy)."""

TOKEN_KEPT_S: Final = 24 * 3600.0
"""The longest that ECS keeps a client token; it ends earlier, an hour after the last of its tasks stopped
(ECS developer guide, ensuring idempotency)."""

STANDARD_INPUT: Final = "-"
"""What stands for standard input where a run or a file of it is named."""
_STARTED_BY: Final = "ecsplan/"
_ALLOWED = re.compile(r"[A-Za-z0-9_/-]+")


def checked_run_id(run_id: str) -> str:
    """Return the run id that a user gave.

    Raises:
        UsageError: ECS would refuse it, or it cannot name the run later.
    """
    if run_id == STANDARD_INPUT:
        raise UsageError("the run id '-' cannot be used: where a run is named, it stands for standard input")
    if not _ALLOWED.fullmatch(run_id):
        raise UsageError(
            f"the run id {run_id!r} cannot be used: ECS accepts only letters, digits, '-', '_' and '/' there"
        )
    if len(run_id) > MAX_RUN_ID:
        raise UsageError(f"the run id is {len(run_id)} characters long; ECS accepts at most {MAX_RUN_ID}")
    return run_id


def fresh_run_id() -> str:
    """Return a run id that has never been used."""
    return secrets.token_hex(8)


def started_by(run_id: str) -> str:
    """Return what the tasks of a run carry in `startedBy`."""
    return f"{_STARTED_BY}{run_id}"


def run_id_of(started_by: str) -> str | None:
    """Return the run that a task's `startedBy` names, or None where ecsplan has not started it."""
    run_id = started_by.removeprefix(_STARTED_BY)
    return run_id if run_id and run_id != started_by else None


def client_token(
    run_id: str,
    job: str,
    first: int,
    copies: int,
    number: int,
    *,
    attempt: int = 1,
    all_copies: int | None = None,
) -> str:
    """Return the clientToken of one RunTask call: 64 hex digits, from nothing but these.

    ECS takes at most 64 of ASCII 33-126 (botocore ecs model, RunTask.clientToken).

    Args:
        run_id: The run.
        job: The name of the job.
        first: The first copy that the call starts, from 1.
        copies: How many it starts.
        number: Which call it is for these copies within the attempt, from 1; the next one after `failures`.
        attempt: Which attempt of these copies the call belongs to, from 1.
        all_copies: How many copies the job has, where one call does not start them all: the first call for
            twelve copies and the only one for ten must not have the same token.
    """
    # As JSON: joined with a separator, `a/b` and `c` would give the token of `a` and `b/c`. Further attempts
    # are an object of their own: no number of calls of a first attempt can give their token.
    parts: list[object] = [run_id, job, first, copies, number]
    parts += [] if all_copies is None else [all_copies]
    parts += [] if attempt == 1 else [{"attempt": attempt}]
    text = json.dumps(parts, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
