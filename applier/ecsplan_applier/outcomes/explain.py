"""Explain what ECS reports: find the first error pattern that matches, in one table for each occasion.

`docs/failures.md` is generated from the same tables; a test compares the two.
"""

import re
from collections.abc import Iterable
from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern, Explanation
from ecsplan_applier.outcomes.failed_calls import FAILED_CALLS
from ecsplan_applier.outcomes.failed_pulls import FAILED_PULLS
from ecsplan_applier.outcomes.failed_setups import FAILED_SETUPS
from ecsplan_applier.outcomes.failed_starts import FAILED_STARTS
from ecsplan_applier.outcomes.no_capacity import NO_CAPACITY
from ecsplan_applier.outcomes.own_stop_reasons import OWN_STOPS, ended_well
from ecsplan_applier.outcomes.refused_definitions import REFUSED_DEFINITIONS
from ecsplan_applier.outcomes.refused_options import REFUSED_OPTIONS
from ecsplan_applier.outcomes.refused_requests import REFUSED_REQUESTS
from ecsplan_applier.outcomes.stopped_tasks import STOPPED_TASKS

OWN_REASON: Final = "ecsplan"
"""The prefix of every reason that an apply gives when it stops a task."""

ERROR_PATTERNS: Final[tuple[ErrorPattern, ...]] = (
    *REFUSED_DEFINITIONS,
    *REFUSED_OPTIONS,
    *REFUSED_REQUESTS,
    *FAILED_CALLS,
    *NO_CAPACITY,
    *FAILED_PULLS,
    *FAILED_SETUPS,
    *FAILED_STARTS,
    *STOPPED_TASKS,
    *OWN_STOPS,
)
"""The first match wins, so specific patterns stand before general ones."""

_STARTS_AND_STOPS: Final = (*FAILED_PULLS, *FAILED_SETUPS, *FAILED_STARTS, *STOPPED_TASKS)
_NEVER_RAN: Final = frozenset({"", "TaskFailedToStart"})
"""Stop codes of tasks whose reason may be one of RunTask's `failures` (API failure reasons)."""

_ERROR_NAME: Final = re.compile(
    r"\b(Cannot[a-z]+(?:Error|Container)"
    r"|(?:ResourceInitialization|ContainerRuntime|ContainerRuntimeTimeout|DockerTimeout|OutOfMemory|Internal"
    r"|HostConfig|BadVolume|ContainerNetworking|ContainerVanished|NoSuchContainer|DockerState|DockerClientConfig"
    r"|ImpossibleTransition|CredentialsNotFound|SpotInterruption|(?:Task)?Dependency|Task[a-z]+)Error)\b",
    re.IGNORECASE,
)
"""Error names that the agents of Fargate and EC2 put before a reason (ECS developer guide, stopped tasks;
amazon-ecs-agent, `ErrorName`). The first one in a reason is the outermost."""

_NAMES: Final = re.compile(
    r"arn:aws[\w-]*:\S+"
    r"|\"[^\"\s]*\""
    r"|(?<![\w/])(?!\S*/etc/(?:passwd|group)\b)[^\s\"'(),;]*/[^\s\"'(),;]*"
    r"|sha256:[0-9a-f]+",
    re.IGNORECASE,
)
"""ARNs, addresses, image names, paths and quoted words: users choose them, so they are no evidence."""


def explain_call(operation: str, code: str, text: str) -> Explanation | None:
    """Return what a refused call means, or None if no pattern matches.

    RunTask may also refuse a call with a reason that it otherwise gives in `failures`.
    """
    patterns = (
        pattern
        for pattern in ERROR_PATTERNS
        if pattern.kind == "call" and pattern.operation in {"*", operation}
    )
    found = _first(patterns, code, text)
    return _placement(text) if found is None and operation == "RunTask" else found


def explain_failure(reason: str) -> Explanation | None:
    """Return what a reason in RunTask's `failures` means, or None; stopped tasks share some of them."""
    return _placement(reason) or explain_stop("", reason, None)


def explain_stop(code: str, reason: str, exit_code: int | None) -> Explanation | None:
    """Return why a task stopped, or None if it ended by itself or ecsplan stopped it.

    The outermost error name decides which patterns apply: the text after it is the cause as another layer
    words it, and may contain the names of further errors.

    Args:
        code: ECS's stop code, or "".
        reason: The reasons that ECS gives for the task and its containers.
        exit_code: Exit code of the job's container, or None.
    """
    if ended_well(code, reason, exit_code) or reason.startswith(OWN_REASON):
        return None
    name = _ERROR_NAME.search(reason)
    error = "" if name is None else name.group().lower()
    # A task that waited for capacity and got none stops with a placement reason and no error name.
    if not error and code in _NEVER_RAN and (placed := _placement(reason)):
        return placed
    # Without an error name, a task that ran can only match the table of ends: its reason may quote anything.
    patterns = (
        pattern
        for pattern in (_STARTS_AND_STOPS if error or code in _NEVER_RAN else STOPPED_TASKS)
        if (not pattern.exit_codes or exit_code in pattern.exit_codes)
        and (not pattern.error_pattern or re.fullmatch(pattern.error_pattern, error, re.IGNORECASE))
    )
    return _first(patterns, code, _NAMES.sub("·", reason))


def _placement(reason: str) -> Explanation | None:
    """Return why a task was not placed; stopped tasks give the same reasons as RunTask's `failures`."""
    return (
        _first((pattern for pattern in ERROR_PATTERNS if pattern.kind == "failure"), "", reason)
        if reason
        else None
    )


def _first(patterns: Iterable[ErrorPattern], code: str, text: str) -> Explanation | None:
    for pattern in patterns:
        code_matches = not pattern.code_pattern or re.fullmatch(pattern.code_pattern, code)
        if code_matches and re.search(pattern.message_pattern, text, re.IGNORECASE | re.DOTALL):
            return Explanation(pattern.name, pattern.meaning, pattern.remedy, pattern.transient)
    return None
