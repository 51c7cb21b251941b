"""Scripted tasks: timelines in a fault script that define what happens to a task, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsplan_local.errors import LocalError

_TASK_KEYS = frozenset({"family", "command", "container", "copy", "timeline", "on_stop"})
_STEP_KEYS = frozenset(
    {"at", "status", "exit", "exitCode", "container", "reason", "stopCode", "stoppedReason", "health"}
    | {"log", "timestamp", "stream", "agent"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One event in the life of a task; `docs/local.md` describes the members of its JSON form.

    Args:
        at_s: Seconds after the task was created, or after its stop was requested.
        body: The members of the step.
    """

    at_s: float
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happens to matching tasks.

    Args:
        match: `family`, `container`, `command` and `copy` (counted from 1 among the tasks of the family).
        steps: In order of time.
        on_stop: What happens after StopTask, instead of the rest of `steps`.
    """

    match: Mapping[str, Any]
    steps: tuple[Step, ...]
    on_stop: tuple[Step, ...]


DEFAULT_STEPS = (
    Step(1.0, {"status": "PENDING"}),
    Step(2.0, {"status": "RUNNING"}),
    Step(4.0, {"exitCode": 0, "status": "STOPPED"}),
)
"""A task that the script does not mention runs for two seconds and succeeds."""

DEFAULT_ON_STOP = (Step(0.0, {"status": "STOPPING"}), Step(0.0, {"exitCode": 143, "status": "STOPPED"}))
"""A process that does not handle SIGTERM ends with 128 + 15."""


def read_timelines(script: Mapping[str, Any]) -> tuple[Timeline, ...]:
    """Return the timelines in the `tasks` of a fault script.

    Raises:
        LocalError: A member is unknown.
    """
    return tuple(_timeline(each) for each in script.get("tasks", ()))


def _timeline(source: Mapping[str, Any]) -> Timeline:
    unknown = sorted(set(source) - _TASK_KEYS)
    if unknown:
        raise LocalError(f"fault script: unknown member {unknown[0]!r} of a task")
    match = {name: value for name, value in source.items() if name not in {"timeline", "on_stop"}}
    return Timeline(
        match=match,
        steps=_steps(source["timeline"]) if "timeline" in source else DEFAULT_STEPS,
        on_stop=_steps(source["on_stop"]) if "on_stop" in source else DEFAULT_ON_STOP,
    )


def _steps(source: list[Mapping[str, Any]]) -> tuple[Step, ...]:
    for each in source:
        unknown = sorted(set(each) - _STEP_KEYS)
        if unknown:
            raise LocalError(f"fault script: unknown member {unknown[0]!r} of a step")
    steps = [Step(float(each.get("at", 0.0)), each) for each in source]
    # Stable: steps at the same time happen in the order of the script.
    return tuple(sorted(steps, key=lambda step: step.at_s))


def choose(timelines: tuple[Timeline, ...], facts: list[Mapping[str, Any]]) -> Timeline:
    """Return the first timeline that matches a container of a task, or the default one.

    Args:
        timelines: In the order of the script.
        facts: For each container of the task: `family`, `container`, `command`, `copy`.
    """
    for timeline in timelines:
        if any(all(fact.get(name) == value for name, value in timeline.match.items()) for fact in facts):
            return timeline
    return Timeline({}, DEFAULT_STEPS, DEFAULT_ON_STOP)
