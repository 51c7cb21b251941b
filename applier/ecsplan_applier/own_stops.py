"""The reasons that an apply gives when it stops a task, and what they tell whoever finds the task stopped."""

from typing import Final

from ecsplan_applier.interruptions import ended_by_aws
from ecsplan_applier.result import Outcome
from ecsplan_applier.sayings import Explanation
from ecsplan_applier.tasks import Task

INTERRUPTED: Final = "ecsplan was interrupted"
NOT_RUNNING: Final = "ecsplan: not running after"
STILL_RUNNING: Final = "ecsplan: still running after"
OTHER_REQUEST: Final = "ecsplan: the run id belongs to another request"

FAILED_TO_START: Final = "TaskFailedToStart"
STOPPED_BY_CALL: Final = frozenset({None, "UserInitiated", FAILED_TO_START})
"""Stop codes of a task that StopTask stopped: before it ran, ECS may call that a failed start."""
_ENDED_BY_ITSELF: Final = frozenset({None, "", "EssentialContainerExited"})

_OUTCOMES: Final = (
    (INTERRUPTED, Outcome.INTERRUPTED),
    (NOT_RUNNING, Outcome.START_TIMEOUT),
    (STILL_RUNNING, Outcome.TIMEOUT),
    (OTHER_REQUEST, Outcome.OTHER_REQUEST),
)
_ANEW: Final = "to run the job anew, apply with a new run id"
_MEANINGS: Final = {
    Outcome.INTERRUPTED: "an interrupted apply stopped this run id's task",
    Outcome.START_TIMEOUT: "an apply stopped this run id's task, which had not started in time",
    Outcome.TIMEOUT: "an apply stopped this run id's task, which had not ended in time",
    Outcome.OTHER_REQUEST: "an apply stopped the task, as its run id belongs to another request",
}


def ended_well(stop_code: str | None, reason: str | None, exit_code: int | None) -> bool:
    """Return whether the job of a task ended by itself and with success: then there is nothing to explain."""
    by_itself = stop_code in _ENDED_BY_ITSELF and not ended_by_aws(stop_code, reason)
    return by_itself and exit_code == 0


def own_stop(task: Task) -> Outcome | None:
    """Return why an apply, this one or another, stopped a task; None where it ended otherwise."""
    if not task.is_over or task.stop_code not in STOPPED_BY_CALL:
        return None
    said = task.stopped_reason or ""
    return next((outcome for reason, outcome in _OUTCOMES if said.startswith(reason)), None)


def explain_own_stop(outcome: Outcome) -> Explanation:
    """Return what it means to find a task that another apply stopped, by what `own_stop` returns."""
    return Explanation("stopped-by-ecsplan", f"{_MEANINGS[outcome]}: it was cut short", _ANEW)
