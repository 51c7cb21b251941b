"""Results read back: what `--result` and the ledger have written of a task."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.outcomes.explanation import Explanation
from ecsplan_applier.outcomes.result import LogPlace, Outcome, Phases, TaskResult


def read_task_result(
    document: Mapping[str, Any], job: str, succeed_on: tuple[int, ...] = SUCCESS, reached: int = 0
) -> TaskResult:
    """Return the task that `TaskResult.to_json` has written.

    Args:
        document: A task of a job, as `schemas/result.schema.json` describes it.
        job: The name of the job.
        succeed_on: The exit codes that count as success, which are not written with each task.
        reached: The attempt that its copy has reached, where that is known; one that was not started may have
            the same outcome as the attempt before it.

    Raises:
        KeyError, TypeError, ValueError: It has not that form.
    """
    copy, label = document["copy"], document["label"]
    attempts = [
        replace(_facts(each, job, copy, label, succeed_on), attempt=each["attempt"])
        for each in document["attempts"]
    ]
    last = _facts(document, job, copy, label, succeed_on)
    # The facts of an attempt that was not started are those of the task before it, which is the last one
    # listed then, with another outcome.
    is_last = attempts and reached <= attempts[-1].attempt
    if is_last and attempts[-1].outcome is last.outcome and attempts[-1].arn == last.arn:
        return replace(last, attempt=attempts[-1].attempt, earlier=tuple(attempts[:-1]))
    started = 0 if not attempts else attempts[-1].attempt
    return replace(last, attempt=started + 1, earlier=tuple(attempts), unstarted=bool(attempts))


def _facts(
    document: Mapping[str, Any], job: str, copy: int, label: str, succeed_on: tuple[int, ...]
) -> TaskResult:
    phases, log = document["phases"], document["log"]
    exit_code = document["exit_code"]
    return TaskResult(
        job=job,
        copy=copy,
        label=label,
        outcome=Outcome(document["outcome"]),
        arn=document["task_arn"],
        cluster=document["cluster"] or "",
        status=document["status"],
        exit_code=None if exit_code == -1 else exit_code,
        stop_code=document["stop_code"],
        reason=document["reason"],
        explanation=_explanation(document),
        phases=Phases(
            provisioning_s=phases["provisioning_seconds"],
            image_pull_s=phases["image_pull_seconds"],
            running_s=phases["running_seconds"],
            stopping_s=phases["stopping_seconds"],
        ),
        over=document["task_arn"] is None or document["status"] == "STOPPED",
        attached=document["attached"],
        log=None if log is None else read_log_place(log),
        succeed_on=succeed_on,
    )


def _explanation(document: Mapping[str, Any]) -> Explanation | None:
    name = document["explanation"]
    return None if name is None else Explanation(name, document["meaning"], document["remedy"])


def read_log_place(document: Mapping[str, Any]) -> LogPlace:
    """Return the place that `LogPlace.to_json` has written."""
    return LogPlace(document["group"], document["stream"], document["region"])
