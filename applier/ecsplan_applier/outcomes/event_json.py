"""Events as `--events` writes them, one JSON object each; `schemas/events.schema.json` describes them."""

from collections.abc import Collection

from ecsplan_applier.outcomes.events import (
    AttemptEnded,
    Deregistered,
    Event,
    Finished,
    Interrupted,
    LogLines,
    Noted,
    Registered,
    Retried,
    Reused,
    RunBegan,
    RunUnknown,
    TaskChanged,
    TaskEnded,
    TaskStarted,
    Waiting,
    Warned,
)


def event_json(event: Event, jobs: Collection[str]) -> dict[str, object] | None:
    """Return what is written of an event, without its time; None for one that is not written.

    Args:
        event: The event.
        jobs: Names of the jobs of the apply, to find the job that a label belongs to.
    """
    match event:
        case RunBegan(run_id=run_id, fresh=fresh, jobs=count, tasks=tasks):
            return {"event": "run began", "run_id": run_id, "fresh": fresh, "jobs": count, "tasks": tasks}
        case Finished(summary=summary):
            document = summary.to_json()
            return {"event": "run ended", **{key: document[key] for key in document if key != "jobs"}}
        case Interrupted(signal=signal, tasks=tasks, again=again):
            return {"event": "interrupted", "signal": signal, "tasks": tasks, "again": again}
        case RunUnknown(message=message):
            return {"event": "note", "label": None, "message": message}
        case Noted(label=label, message=message):
            return {"event": "note", "label": label, "message": message}
        case Warned(label=label, message=message):
            return {"event": "warning", "label": label, "message": message}
        case Waiting():
            return None
        case Reused(job=job, arn=arn):
            return {"event": "reused", "job": job, "task_definition_arn": arn}
        case Registered(job=job, arn=arn, seconds=seconds):
            return {"event": "registered", "job": job, "task_definition_arn": arn, "seconds": _ms(seconds)}
        case Deregistered(job=job, arn=arn):
            return {"event": "deregistered", "job": job, "task_definition_arn": arn}
        case TaskStarted() | TaskChanged() | LogLines() | TaskEnded() | AttemptEnded() | Retried():
            return _of_task(event, jobs)


def refusal_event(run_id: str | None, exit_status: int, error: str) -> dict[str, object]:
    """Return the last event of an apply that was refused before it changed anything."""
    return {
        "event": "run ended",
        "run_id": run_id,
        "exit_status": exit_status,
        "signal": None,
        "detached": False,
        "seconds": 0.0,
        "left_running": [],
        "error": error,
    }


def _of_task(
    event: TaskStarted | TaskChanged | LogLines | TaskEnded | AttemptEnded | Retried, jobs: Collection[str]
) -> dict[str, object]:
    match event:
        case TaskStarted(label=label, arn=arn, cluster=cluster, attached=attached, attempt=attempt):
            facts = {"task_arn": arn, "cluster": cluster, "attached": attached, "attempt": attempt}
            return {"event": "task started", "job": _job(label, jobs), "label": label, **facts}
        case TaskChanged(label=label, arn=arn, status=status, seconds=seconds, attempt=attempt):
            changed = {"task_arn": arn, "status": status, "seconds": _ms(seconds), "attempt": attempt}
            return {"event": "state changed", "job": _job(label, jobs), "label": label, **changed}
        case LogLines(label=label, lines=lines, attempt=attempt):
            shown = {"lines": list(lines), "attempt": attempt}
            return {"event": "log lines", "job": _job(label, jobs), "label": label, **shown}
        case TaskEnded(result=result) | AttemptEnded(result=result):
            which = {"attempt": result.attempt, "final": isinstance(event, TaskEnded)}
            return {"event": "task ended", "job": result.job, **which, **result.to_json()}
        case Retried(label=label):
            which = {"attempt": event.attempt, "attempts": event.attempts}
            when = {"seconds": _ms(event.seconds), "cause": event.cause}
            return {"event": "retry", "job": _job(label, jobs), "label": label, **which, **when}


def _job(label: str, jobs: Collection[str]) -> str:
    """Return the job of a label, which is its name, or `NAME/NUMBER` of several copies."""
    name, _, number = label.rpartition("/")
    return name if label not in jobs and name in jobs and number.isdigit() else label


def _ms(seconds: float) -> float:
    return round(seconds, 3)
