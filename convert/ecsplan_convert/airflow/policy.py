"""Airflow's arguments for retries and time limits, as keys of a manifest."""

from collections.abc import Mapping
from typing import Final

from ecsplan.terms.json_types import Record
from ecsplan.terms.run_policy import MAX_ATTEMPTS
from ecsplan_convert.python.settled import settled
from ecsplan_convert.python.values import Value
from ecsplan_convert.source import Row

_CAUSES: Final = ("start", "interruption", "timeout", "failure")
"""All causes of another attempt: Airflow repeats a task that failed, whatever the cause."""
_PAUSES: Final = ("retry_delay", "retry_exponential_backoff", "max_retry_delay")
_SECONDS: Final[Mapping[str, str]] = {
    "execution_timeout": "task_timeout_seconds",
    "waiter_delay": "task_watch_poll_interval",
}

POLICY_ROWS: Final = (
    Row("retries", "retry", "one attempt more than retries, at most 10, for every cause"),
    Row(", ".join(_PAUSES), "", "ecsplan pauses 2^(n-2) seconds before attempt n, 60 at most"),
    Row(
        "execution_timeout",
        "task_timeout_seconds",
        "from when the task runs; Airflow counts from its request",
    ),
    Row("waiter_delay", "task_watch_poll_interval"),
)
POLICY: Final = frozenset({"retries", *_PAUSES, *_SECONDS})
"""The arguments that this module reads."""


def policy_of(arguments: Mapping[str, Value]) -> tuple[Record, tuple[str, ...]]:
    """Return the keys for retries and time limits, and a note for each argument that has none."""
    keys: Record = {}
    notes: list[str] = []
    for name, key in _SECONDS.items():
        seconds, left_out = settled(arguments.get(name), name)
        notes += left_out
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0:
            keys[key] = seconds
        elif seconds is not None:
            notes.append(f"{name} is left out: it is not a number of seconds")
    causes = [each for each in _CAUSES if each != "timeout" or "task_timeout_seconds" in keys]
    return {**keys, **_retry(arguments, causes, notes)}, tuple(notes)


def _retry(arguments: Mapping[str, Value], causes: list[str], notes: list[str]) -> Record:
    retries, left_out = settled(arguments.get("retries"), "retries")
    notes += left_out
    pauses = [name for name in _PAUSES if arguments.get(name) not in (None, False)]
    if pauses:
        are = "are" if len(pauses) > 1 else "is"
        notes.append(
            f"{', '.join(pauses)} {are} left out: ecsplan pauses 2^(n-2) s before attempt n, 60 s at most"
        )
    if retries is None:
        return {}
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        notes.append("retries is left out: it is not a whole number")
        return {}
    if retries == 0:
        return {"retry": {"attempts": 1}}
    if retries >= MAX_ATTEMPTS:
        notes.append(f"retries is limited to {MAX_ATTEMPTS} attempts, the most that ecsplan makes")
    return {"retry": {"attempts": min(retries + 1, MAX_ATTEMPTS), "on": [*causes]}}
