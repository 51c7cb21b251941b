"""`depends_on` of a Compose service: the jobs that a job waits for."""

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from ecsplan_convert.compose.container import WRONG_TYPE
from ecsplan_convert.job_draft import JobDraft, shown
from ecsplan_convert.source import ConversionError

_STARTED: Final = "service_started"
_COMPLETED: Final = "service_completed_successfully"
_UNTIL: Final[Mapping[str, str]] = {_STARTED: "has started", "service_healthy": "is healthy"}
"""Conditions that hold while a service runs, and what Compose waits for."""


def after(draft: JobDraft, value: Any, jobs: Collection[str]) -> None:
    """Add the jobs that a job waits for.

    Args:
        draft: The job.
        value: Its `depends_on`.
        jobs: The services that become jobs.
    """
    if value is None:
        return
    conditions = _conditions(value)
    if conditions is None:
        draft.note("depends_on", WRONG_TYPE)
        return
    waited = [each for each in conditions if each in jobs and each != draft.name]
    gone = [each for each in conditions if each not in jobs]
    if waited:
        draft.keys["after"] = [*waited]
    for condition, until in _UNTIL.items():
        early = [each for each in waited if conditions[each] == condition]
        if early:
            reason = (
                f"Compose waits until {_named(early)} {until}; `after` waits until it has ended with success"
            )
            draft.note("depends_on", reason)
    if draft.name in conditions:
        draft.note("depends_on", "the service waits for itself, which was left out")
    if gone:
        draft.note("depends_on", f"not among the jobs: {_named(gone)}")
    optional = [each for each in _optional(value) if each in waited]
    if optional:
        draft.note("depends_on", f"not `required`: {_named(optional)}; `after` always waits for success")


def _named(services: list[str]) -> str:
    return ", ".join(f"`{shown(each)}`" for each in services)


def _optional(value: Any) -> list[str]:
    """Return the services that a service starts without, where they fail."""
    members = value.items() if isinstance(value, Mapping) else ()
    return [
        str(name) for name, each in members if isinstance(each, Mapping) and each.get("required") is False
    ]


def _conditions(value: Any) -> dict[str, str] | None:
    """Return the services that a service depends on, each with its condition; None for a wrong type."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return dict.fromkeys(value, _STARTED)
    if not isinstance(value, Mapping):
        return None
    found = {}
    for name, each in value.items():
        condition = each.get("condition") if isinstance(each, Mapping) else None
        known = isinstance(condition, str) and (condition in _UNTIL or condition == _COMPLETED)
        found[str(name)] = str(condition) if known else _STARTED
    return found


def refuse_circles(jobs: list[JobDraft]) -> None:
    """Refuse services that wait for each other.

    Raises:
        ConversionError: Some do.
    """
    graph: dict[str, list[str]] = {}
    for job in jobs:
        waited = job.keys.get("after")
        graph[job.name] = [str(each) for each in waited] if isinstance(waited, list) else []
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names = ", ".join(f"`{shown(each)}`" for each in error.args[1])
        message = f"the services wait for each other: {names}"
        raise ConversionError(
            message, help="remove one of their `depends_on`; Compose refuses such a file, too"
        ) from error
