"""Every combination of how an attempt ends with what its job tries again: one table decides."""

from itertools import product
from typing import Any

import pytest
from compiled_jobs import compiled

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.run_policy import CAUSES, DEFAULT_RETRY, Cause, Retry
from ecsplan_applier.outcomes.result import STATUS, Outcome
from ecsplan_applier.outcomes.task import read_task
from ecsplan_applier.tasks.retries import End, Situation, is_retried, why_of
from ecsplan_applier.tasks.verdicts import Verdict, end_of, judge_ended

NOT_RAN: dict[str, Any] = {"ran": False}
ENDS: dict[str, tuple[End, frozenset[str]]] = {
    # What ended, and the causes in `on` that it is tried again for; `start*`: only where that is written.
    "success": (End(Outcome.SUCCEEDED, 0), frozenset()),
    "failure": (End(Outcome.FAILED, 7), frozenset({"failure", "code"})),
    "failure with another code": (End(Outcome.FAILED, 8), frozenset({"failure"})),
    "failure with code 0": (End(Outcome.FAILED, 0), frozenset({"failure"})),
    "killed by a person": (End(Outcome.FAILED, 7, stopped_by_call=True), frozenset()),
    "no exit code after it ran": (End(Outcome.NO_EXIT_CODE, None), frozenset()),
    "no exit code, transient, after it ran": (End(Outcome.NO_EXIT_CODE, None, "start"), frozenset()),
    "no exit code, nothing ran, transient": (
        End(Outcome.NO_EXIT_CODE, None, "start", **NOT_RAN),
        frozenset({"start"}),
    ),
    "transient start failure": (End(Outcome.NOT_STARTED, None, "start", **NOT_RAN), frozenset({"start"})),
    "host lost before it ran": (
        End(Outcome.NOT_STARTED, None, "interruption", **NOT_RAN),
        frozenset({"start", "interruption"}),
    ),
    "start failure to be fixed": (End(Outcome.NOT_STARTED, None, None, **NOT_RAN), frozenset()),
    "start failure after a container ran": (End(Outcome.NOT_STARTED, None, "start"), frozenset()),
    "start stopped by a person": (
        End(Outcome.NOT_STARTED, None, "start", stopped_by_call=True, ran=False),
        frozenset(),
    ),
    "no task at all": (End(Outcome.NOT_STARTED, None, None, ran=False, over=False), frozenset()),
    "start timeout": (
        End(Outcome.START_TIMEOUT, None, None, Outcome.START_TIMEOUT, ran=False),
        frozenset({"start*"}),
    ),
    "start timeout, found with an exit code": (
        End(Outcome.FAILED, 143, None, Outcome.START_TIMEOUT, ran=False),
        frozenset({"start*"}),
    ),
    "start timeout in the moment it ran": (
        End(Outcome.START_TIMEOUT, None, None, Outcome.START_TIMEOUT),
        frozenset(),
    ),
    "start timeout, may still run": (
        End(Outcome.START_TIMEOUT, None, None, Outcome.START_TIMEOUT, ran=False, over=False),
        frozenset(),
    ),
    "timeout": (End(Outcome.TIMEOUT, None, None, Outcome.TIMEOUT), frozenset({"timeout"})),
    "timeout, exit code 0": (End(Outcome.TIMEOUT, 0, None, Outcome.TIMEOUT), frozenset({"timeout"})),
    "timeout, found with an exit code": (
        End(Outcome.FAILED, 7, None, Outcome.TIMEOUT),
        frozenset({"timeout"}),
    ),
    "timeout, may still run": (End(Outcome.TIMEOUT, None, None, Outcome.TIMEOUT, over=False), frozenset()),
    "stopped by a signal": (End(Outcome.INTERRUPTED, 143, None, Outcome.INTERRUPTED), frozenset()),
    "stopped by a signal, found with an exit code": (
        End(Outcome.FAILED, 7, None, Outcome.INTERRUPTED),
        frozenset(),
    ),
    "Spot": (End(Outcome.INTERRUPTED_BY_AWS, 143, "interruption"), frozenset({"interruption"})),
    "Spot, exit code 0": (End(Outcome.INTERRUPTED_BY_AWS, 0, "interruption"), frozenset({"interruption"})),
    "Spot before it ran": (
        End(Outcome.INTERRUPTED_BY_AWS, None, "interruption", ran=False),
        frozenset({"interruption"}),
    ),
    "Spot, unexplained": (End(Outcome.INTERRUPTED_BY_AWS, None, None), frozenset({"interruption"})),
    "refused": (End(Outcome.REFUSED, None, None, ran=False, over=False), frozenset()),
    "skipped": (End(Outcome.SKIPPED, None, None, ran=False, over=False), frozenset()),
    "lost sight of": (End(Outcome.LOST, None, "interruption", over=False), frozenset()),
    "stale": (End(Outcome.STALE, None, None, ran=False, over=False), frozenset()),
    "run id taken": (End(Outcome.OTHER_REQUEST, None, None, Outcome.OTHER_REQUEST), frozenset()),
    "another run under way": (End(Outcome.OTHER_RUN, None, None, ran=False, over=False), frozenset()),
    "left running": (End(Outcome.DETACHED, None, None, over=False), frozenset()),
    "left running, ended since": (End(Outcome.DETACHED, 7), frozenset()),
    "not running yet": (End(Outcome.PENDING, None, None, ran=False, over=False), frozenset()),
    "running": (End(Outcome.RUNNING, None, None, over=False), frozenset()),
}
SUBSETS: list[frozenset[Cause]] = [
    frozenset(cause for cause, chosen in zip(CAUSES, each, strict=True) if chosen)
    for each in product((False, True), repeat=len(CAUSES))
]
POLICIES = [
    *(
        Retry(3, causes, codes, written=written)
        for causes in SUBSETS
        for codes in ((), (7,))
        for written in (True, False)
    ),
]


@pytest.mark.parametrize(("end", "causes"), ENDS.values(), ids=ENDS)
def test_every_end_with_every_policy(end: End, causes: frozenset[str]) -> None:
    for retry in POLICIES:
        wanted = not causes.isdisjoint(retry.causes)
        wanted |= "start*" in causes and "start" in retry.causes and retry.written
        wanted |= "code" in causes and bool(retry.exit_codes)

        assert is_retried(end, retry, Situation(1)) is wanted, retry


def test_the_table_has_every_outcome() -> None:
    assert {end.outcome for end, _ in ENDS.values()} == set(Outcome) == STATUS.keys()


@pytest.mark.parametrize("attempts", range(1, 11))
def test_the_number_of_attempts_is_a_bound(attempts: int) -> None:
    end, retry = ENDS["failure"][0], Retry(attempts, frozenset({"failure"}), written=True)

    assert [is_retried(end, retry, Situation(n)) for n in range(1, 12)] == [
        n < attempts for n in range(1, 12)
    ]


@pytest.mark.parametrize(
    ("name", "tried"),
    [
        pytest.param("transient start failure", True, id="nothing ran"),
        pytest.param("Spot before it ran", True, id="interrupted before it ran"),
        pytest.param("Spot", False, id="it ran"),
        pytest.param("failure", False, id="it failed"),
    ],
)
def test_after_detaching_only_what_never_ran_is_tried_again(name: str, tried: bool) -> None:
    retry = Retry(3, frozenset(CAUSES), written=True)

    assert is_retried(ENDS[name][0], retry, Situation(1, detached=True)) is tried


def test_by_default_only_starts_are_tried_again() -> None:
    again = {name for name, (end, _) in ENDS.items() if is_retried(end, DEFAULT_RETRY, Situation(1))}

    assert again == {
        "no exit code, nothing ran, transient",
        "transient start failure",
        "host lost before it ran",
    }


def job(**keys: object) -> PlannedJob:
    result = compiled({"image": "alpine", **keys})
    assert result.plan is not None
    return result.plan.jobs[0]


def stopped(code: int | None, **members: object) -> Any:
    container: dict[str, object] = {"name": "main"} | ({} if code is None else {"exitCode": code})
    arn = "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef"
    return read_task({"taskArn": arn, "lastStatus": "STOPPED", "containers": [container], **members})


FAILED_TO_START = "TaskFailedToStart"
TASKS = [
    pytest.param(stopped(3, stopCode="EssentialContainerExited", startedAt=1), {"failure"}, id="failed"),
    pytest.param(stopped(0, stopCode="EssentialContainerExited", startedAt=1), set(), id="succeeded"),
    pytest.param(
        stopped(3, stopCode="UserInitiated", stoppedReason="by hand", startedAt=1),
        set(),
        id="stopped by hand",
    ),
    pytest.param(
        stopped(143, stopCode="UserInitiated", stoppedReason="ecsplan: still running after 5 s", startedAt=1),
        {"timeout"},
        id="stopped by an apply after a timeout",
    ),
    pytest.param(
        stopped(None, stopCode="UserInitiated", stoppedReason="ecsplan: not running after 5 s"),
        {"start timeout"},
        id="stopped by an apply after the start timeout",
    ),
    pytest.param(
        stopped(143, stopCode="UserInitiated", stoppedReason="ecsplan: not running after 5 s"),
        {"start timeout"},
        id="stopped by an apply after the start timeout, with an exit code",
    ),
    pytest.param(
        stopped(143, stopCode="UserInitiated", stoppedReason="ecsplan was interrupted", startedAt=1),
        set(),
        id="stopped by an apply after a signal",
    ),
    pytest.param(
        stopped(
            137, stopCode="SpotInterruption", stoppedReason="Your Spot Task was interrupted.", startedAt=1
        ),
        {"interruption"},
        id="Spot",
    ),
    pytest.param(
        stopped(0, stopCode="TerminationNotice", startedAt=1), {"interruption"}, id="termination notice"
    ),
    pytest.param(
        stopped(
            137,
            stopCode="EssentialContainerExited",
            stoppedReason="Host EC2 (instance i-0123456789abcdef0) terminated.",
            startedAt=1,
        ),
        {"interruption"},
        id="host lost",
    ),
    pytest.param(
        stopped(
            None,
            stopCode=FAILED_TO_START,
            stoppedReason="Host EC2 (instance i-0123456789abcdef0) terminated.",
        ),
        {"start", "interruption"},
        id="host lost before it ran",
    ),
    pytest.param(
        stopped(None, stopCode=FAILED_TO_START, stoppedReason="Capacity is unavailable at this time."),
        {"start"},
        id="no capacity",
    ),
    pytest.param(
        stopped(None, stopCode=FAILED_TO_START, stoppedReason="ECS was unable to assume the role 'x'"),
        set(),
        id="wrong role",
    ),
]


@pytest.mark.parametrize(("task", "why"), TASKS)
def test_what_ecs_shows_of_a_task_decides(task: Any, why: set[str]) -> None:
    assert why_of(judge_ended(task, job())) == why


def test_a_copy_without_a_task_is_not_tried_again() -> None:
    end = end_of(Verdict(Outcome.NOT_STARTED, "RESOURCE:MEMORY"), None, "main", None)

    assert not is_retried(end, Retry(10, frozenset(CAUSES), written=True), Situation(1))
