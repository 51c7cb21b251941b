"""Rate limits, call timeout and heartbeat of an apply, as the environment sets them."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ecsplan_applier.aws.gateway import SessionOptions
    from ecsplan_applier.aws.rate_limits import Limits

CALL_TIMEOUT = "ECSPLAN_CALL_TIMEOUT"
"""Seconds that one call may take until it counts as lost."""
RUN_CALLS = "ECSPLAN_RUN_CALLS_PER_SECOND"
"""RunTask calls a second, and at once."""
LAUNCHES = "ECSPLAN_LAUNCHES_PER_SECOND"
"""Tasks launched a second, after five times as many at once."""
LOG_READS = "ECSPLAN_LOG_READS_PER_SECOND"
"""GetLogEvents calls a second."""
HEARTBEAT = "ECSPLAN_HEARTBEAT_SECONDS"
"""Seconds between two lines about what an apply waits for."""
_HEARTBEAT_S = 60.0


def with_timeout(session: "SessionOptions") -> "SessionOptions":
    """Return the options with the time that one call may take."""
    seconds = _number(CALL_TIMEOUT)
    return session if seconds is None else replace(session, call_timeout_s=seconds)


def limits() -> "Limits":
    """Return how fast to call AWS: as its published quotas say, or as the environment does."""
    from ecsplan_applier.aws.rate_limits import Limits, Rate, log_reads  # noqa: PLC0415

    known = Limits()
    calls, launches, reads = _number(RUN_CALLS), _number(LAUNCHES), _number(LOG_READS)
    if calls is not None:
        known = replace(known, run_calls=Rate(max(1.0, calls), calls))
    if launches is not None:
        known = replace(known, launches=Rate(max(10.0, 5 * launches), launches))
    if reads is not None:
        known = replace(known, log_reads=log_reads(reads))
    return known


def heartbeat_s() -> float:
    """Return the seconds between two lines about what an apply waits for."""
    return _number(HEARTBEAT) or _HEARTBEAT_S


def _number(variable: str) -> float | None:
    """Return a number above 0 from the environment.

    Raises:
        click.UsageError: The variable holds something else.
    """
    text = os.environ.get(variable, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise click.UsageError(f"{variable} must be a number above 0, not {text!r}")
    return value
