"""Attempts: a copy whose task ended in a way that is tried again gets another, and never two at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apply_stage import LOGGING, Stage

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import CAUSES, Retry, RunPolicy
from ecsplan_applier.outcomes.events import LogLines, Retried, TaskStarted
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
ANY = frozenset(CAUSES)


def ends(at: float = 3.0, **end: Any) -> list[dict[str, Any]]:
    """Return the life of a task that runs and ends like this."""
    return [{"at": 1, "status": "RUNNING"}, {"at": at, "status": "STOPPED", **end}]


SPOT = ends(stopCode="SpotInterruption", stoppedReason="Your Spot Task was interrupted.", exitCode=143)
DONE = ends(exitCode=0)
FAILS = ends(exitCode=3)
NO_INTERFACE = [
    {
        "at": 1,
        "status": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "Timeout waiting for network interface provisioning to complete.",
    }
]
NO_IMAGE = [
    {
        "at": 1,
        "status": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "CannotPullContainerError: pull image manifest has been retried 1 time(s):"
        " failed to resolve ref docker.io/library/nope:latest: not found",
    }
]
ENDLESS = [{"at": 1, "status": "RUNNING"}]


def lives(*timelines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a fault script: the first task lives by the first timeline, and so on; others by the last."""
    tasks: list[dict[str, Any]] = [
        {"copy": number, "timeline": each} for number, each in enumerate(timelines, start=1)
    ]
    return {"tasks": [*tasks, {"timeline": timelines[-1]}], **more}


def retrying(plan: Plan, attempts: int = 3, *causes: Any, codes: tuple[int, ...] = (), **policy: Any) -> Plan:
    """Return a plan whose jobs are tried again."""
    retry = Retry(attempts, frozenset(causes), codes, written=True)
    made = RunPolicy(retry=retry, **policy)
    return replace(plan, jobs=tuple(replace(each, policy=made) for each in plan.jobs))


def test_an_interrupted_task_is_tried_again(stage: Begin) -> None:
    world = stage(lives(SPOT, DONE))
    plan = retrying(world.compile(HELLO), 3, "interruption")

    played = world.apply(plan, run_id="run")

    task = played.summary.tasks[0]
    assert (played.status, task.outcome, task.attempt) == (0, Outcome.SUCCEEDED, 2)
    assert [(each.attempt, each.outcome) for each in task.attempts] == [
        (1, Outcome.INTERRUPTED_BY_AWS),
        (2, Outcome.SUCCEEDED),
    ]
    assert [each.attempt for each in played.of(TaskStarted)] == [1, 2]
    assert [(each.attempt, each.attempts, each.cause) for each in played.of(Retried)] == [
        (2, 3, "SpotInterruption")
    ]


def test_the_log_of_each_attempt_is_printed(stage: Begin) -> None:
    first = [SPOT[0], {"at": 2, "log": "one"}, SPOT[1]]
    second = [DONE[0], {"at": 2, "log": "two"}, DONE[1]]
    world = stage(lives(first, second))

    played = world.apply(retrying(world.compile(LOGGING), 2, "interruption"))

    assert [(each.attempt, each.lines) for each in played.of(LogLines)] == [(1, ("one",)), (2, ("two",))]
