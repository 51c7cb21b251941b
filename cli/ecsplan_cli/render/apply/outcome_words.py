"""What became of a task, in words: its outcome, why, and how long each phase took."""

from collections.abc import Sequence
from typing import Final

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.result import Outcome, Phases, TaskResult
from ecsplan_cli.render.columns import clipped
from ecsplan_cli.render.durations import duration

LONG_S: Final = 10.0
"""Phases that take longer are worth mentioning although the task succeeded."""
_MIN_S: Final = 0.05
"""Phases that take less are not worth a word."""

_MAX_CAUSE: Final = 90
"""Columns of the cause for which an attempt did not succeed."""

_BECAME: Final[dict[Outcome, str]] = {
    Outcome.NO_EXIT_CODE: "ended with no exit code",
    Outcome.NOT_STARTED: "was not started",
    Outcome.START_TIMEOUT: "was not started in time",
    Outcome.TIMEOUT: "timed out",
    Outcome.REFUSED: "was refused",
    Outcome.SKIPPED: "was skipped",
    Outcome.LOST: "was lost sight of",
    Outcome.STALE: "is stale",
    Outcome.OTHER_REQUEST: "was not started: run id taken",
    Outcome.OTHER_RUN: "was not started: another run is under way",
    Outcome.INTERRUPTED: "was interrupted",
    Outcome.INTERRUPTED_BY_AWS: "was interrupted by AWS",
    Outcome.DETACHED: "is left running",
    Outcome.PENDING: "is pending",
    Outcome.RUNNING: "is running",
}

_PLURAL: Final = {"was": "were", "is": "are"}


def is_good(task: TaskResult) -> bool:
    """Return whether a task succeeded or is left running; one that ended before that may have failed."""
    if task.outcome is Outcome.DETACHED:
        return not task.over or task.exit_code in task.succeed_on
    return task.outcome is Outcome.SUCCEEDED


def became(task: TaskResult) -> str:
    """Return what became of a task, to stand behind its name."""
    code = task.exit_code
    match task.outcome:
        case Outcome.SUCCEEDED | Outcome.FAILED:
            return f"exited with {code}"
        case Outcome.DETACHED if code is not None:
            return f"has exited with {code}"
        case Outcome.DETACHED if task.over:
            return _BECAME[Outcome.NO_EXIT_CODE]
        case outcome:
            return _BECAME[outcome] if code is None else f"{_BECAME[outcome]} (exit code {code})"


def became_of(group: Sequence[TaskResult]) -> str:
    """Return what became of tasks that ended alike, to stand behind their names."""
    verb, blank, rest = became(group[0]).partition(" ")
    return f"{verb if len(group) == 1 else _PLURAL.get(verb, verb)}{blank}{rest}"


def short_outcome(task: TaskResult) -> str:
    """Return what became of a task in a word or two, for a column."""
    if task.outcome in {Outcome.SUCCEEDED, Outcome.FAILED}:
        return f"exit {task.exit_code}"
    if task.outcome is Outcome.DETACHED:
        if task.exit_code is not None:
            return f"has exited with {task.exit_code}"
        return str(Outcome.NO_EXIT_CODE) if task.over else "running"
    return str(task.outcome) if task.exit_code is None else f"{task.outcome}, exit {task.exit_code}"


def earlier_attempts(task: TaskResult) -> list[str]:
    """Return what became of the attempts before the last one, a line each, safe to print."""
    attempts = task.attempts if task.unstarted else task.attempts[:-1]
    return [
        f"attempt {each.attempt}: {clipped(escaped(each.cause), _MAX_CAUSE)}, task {short_id(each.arn or '')}"
        for each in attempts
    ]


def why(task: TaskResult) -> list[str]:
    """Return ECS's stop code and reason, what they mean, and what to do; a line each, safe to print."""
    # Of an attempt that was not started, the reason is ecsplan's, and the stop code that of the one before.
    stop_code = None if task.unstarted else task.stop_code
    said = ": ".join(part for part in (stop_code, task.reason) if part)
    if task.arn is not None and task.over and not task.unstarted:
        said = escaped(said)  # all of it is AWS's; in what ecsplan says itself, line feeds have a meaning
    lines = [escaped(each) for each in said.split("\n")] if said else []
    if task.explanation is not None:
        lines += [escaped(task.explanation.meaning), f"help: {escaped(task.explanation.remedy)}"]
    return lines


def took(task: TaskResult) -> str:
    """Return how long a task's job ran, or where that is not known how long the task took; or ""."""
    phases = task.phases
    if phases.running_s is not None:
        return duration(phases.running_s)
    # A task that never ran still took time; what it took is in the phases that it went through.
    known = [each for each in (phases.provisioning_s, phases.image_pull_s, phases.stopping_s) if each]
    return duration(sum(known)) if known else ""


def phase_list(phases: Phases, *, over_s: float = 0.0) -> str:
    """Return the phases that took at least so many seconds, as one text; or ""."""
    named = (
        ("provisioning", phases.provisioning_s),
        ("image pull", phases.image_pull_s),
        ("running", phases.running_s),
        ("stopping", phases.stopping_s),
    )
    return ", ".join(f"{name} {duration(s)}" for name, s in named if s and s >= max(over_s, _MIN_S))


def short_id(arn: str) -> str:
    """Return the last part of an ARN, a task's id cut to eight characters: a person compares no more."""
    name = escaped(arn.rpartition("/")[2])
    return name[:8] if ":task/" in arn else name
