"""Recognize tasks that AWS ended: Spot interruptions, termination notices, lost hosts."""

import re
from typing import Final

TERMINATION_NOTICE: Final = "TerminationNotice"
INTERRUPTION_CODES: Final = frozenset({"SpotInterruption", TERMINATION_NOTICE, "InfrastructureHealth"})
"""Stop codes of a task that AWS ended (botocore ecs model, TaskStopCode)."""

MAINTENANCE: Final = (
    "performing maintenance|maintenance on the underlying infrastructure|task retirement"
    "|scheduled for retirement"
)
"""ECS developer guide, task retirement on Fargate; the stop code is ServiceSchedulerInitiated."""
HOST_ENDED: Final = (
    r"\bhost\b.*\b(terminated|stopped|lost|gone|retired|unreachable|disconnected|rebooted|shut ?down)\b"
    r"|\binstance i-\w+\)? (is |was |has been )?(terminated|stopped|lost|retired|shut ?down)\b"
    r"|\bcontainer instance\b.*\b(deregist|drain|terminated|stopped|lost|disconnected)"
)
"""`stoppedReason` of a lost host: "Host EC2 (instance i-…) terminated." or "… stopped.", and
"Container instance deregistration forced by user" (ECS developer guide, stopped tasks error codes)."""
_SPOT: Final = r"\bspot (task|instance|capacity)\b.*\b(interrupt|reclaim|terminat|stopp)"
"""Fargate says "Your Spot Task was interrupted." (ECS developer guide, Fargate Spot termination notices)."""
_REASONS: Final = re.compile(f"{_SPOT}|{HOST_ENDED}|{MAINTENANCE}", re.IGNORECASE | re.DOTALL)

_FREE_TEXT: Final = "UserInitiated"
"""The stop code of StopTask, whose caller writes the reason; only AWS's exact wording counts there."""
_EXACT: Final = re.compile(
    r"Host EC2 \(instance i-\w+\) (?:terminated|stopped)\.?"
    r"|Container instance deregistration forced by user\.?"
)
"""Complete reasons of a lost host (ECS developer guide, stopped tasks error codes)."""


def ended_by_aws(stop_code: str | None, reason: str | None) -> bool:
    """Return whether AWS reclaimed a task's capacity, judging by its `stopCode` and `stoppedReason`."""
    if stop_code in INTERRUPTION_CODES:
        return True
    # A person may well write "host was shut down"; that is a stop by a user, not by AWS.
    if stop_code == _FREE_TEXT:
        return _EXACT.fullmatch((reason or "").strip()) is not None
    return _REASONS.search(reason or "") is not None
