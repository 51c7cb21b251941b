"""Verdicts: who ended a task decides, then its exit code; what other containers did is a warning."""

from dataclasses import replace
from typing import Any

import pytest

from ecsplan.plan.plan import Watch
from ecsplan_applier.outcomes.own_stop_reasons import INTERRUPTED, NOT_RUNNING, OTHER_REQUEST, STILL_RUNNING
from ecsplan_applier.outcomes.result import STATUS, Outcome
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.tasks.verdicts import Known, Verdict, judge

WATCH = Watch(
    container="main",
    start_timeout_s=120,
    timeout_s=600,
    poll_interval_s=5,
    stream_output=False,
    logs=None,
    deregister=False,
)
ARN = "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef"
EXITED, FAILED_TO_START, BY_CALL = "EssentialContainerExited", "TaskFailedToStart", "UserInitiated"
SPOT, NOTICE, HEALTH = "SpotInterruption", "TerminationNotice", "InfrastructureHealth"
SERVICE = "ServiceSchedulerInitiated"
CODES = (0, 1, 137, 143, None)


def stopped(code: str | None, reason: str | None, exit_code: int | None, **members: object) -> Task:
    main = {"name": "main", **({} if exit_code is None else {"exitCode": exit_code})}
    said = {"stopCode": code, "stoppedReason": reason, "containers": [main]}
    task = read_task({"taskArn": ARN, "lastStatus": "STOPPED", **said, **members})
    assert task is not None
    return task


def outcome(task: Task | None, requested: Outcome | None = None) -> Outcome:
    return judge(Known(WATCH, task, frozenset({"main"}), requested)).outcome


def by_code(exit_code: int | None) -> Outcome:
    """Return the outcome of a task that nobody but its own container ended."""
    if exit_code is None:
        return Outcome.NO_EXIT_CODE
    return Outcome.FAILED if exit_code else Outcome.SUCCEEDED


AWS = [
    (SPOT, "Your Spot Task was interrupted."),
    (SPOT, None),
    (NOTICE, "Host EC2 (instance i-0123456789abcdef0) terminated."),
    (NOTICE, "Your Spot Task was interrupted."),
    (NOTICE, None),
    (HEALTH, None),
    (None, "Host EC2 (instance i-0123456789abcdef0) terminated."),
    (None, "Host EC2 (instance i-06aab15feb4568492) stopped."),
    (None, "Your Spot Task was interrupted."),
    (EXITED, "Host EC2 (instance i-0123456789abcdef0) terminated."),
    (EXITED, "Host EC2 terminated."),
    (SERVICE, "ECS is performing maintenance on the underlying infrastructure hosting the task."),
    (SERVICE, "Container instance deregistration forced by user"),
    (BY_CALL, "Container instance deregistration forced by user"),
    (BY_CALL, "Host EC2 (instance i-0123456789abcdef0) terminated."),
    (BY_CALL, "Host EC2 (instance i-06aab15feb4568492) stopped."),
    (None, "The host of the task was lost"),
    (None, "Task stopped: instance i-0abc was terminated"),
]


@pytest.mark.parametrize("exit_code", CODES)
@pytest.mark.parametrize(("code", "reason"), AWS)
@pytest.mark.parametrize("requested", [None, Outcome.TIMEOUT, Outcome.INTERRUPTED])
def test_a_task_that_aws_ended_never_succeeded(
    code: str | None, reason: str | None, exit_code: int | None, requested: Outcome | None
) -> None:
    verdict = judge(Known(WATCH, stopped(code, reason, exit_code), frozenset({"main"}), requested))

    assert verdict.outcome is Outcome.INTERRUPTED_BY_AWS
    assert str(verdict.outcome) == "interrupted by AWS"
    assert STATUS[verdict.outcome] == 125
    assert verdict.explanation is not None


@pytest.mark.parametrize("exit_code", CODES)
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param(EXITED, "Essential container in task exited", id="by itself"),
        pytest.param(None, None, id="nothing said"),
        pytest.param(BY_CALL, "Task stopped by user", id="by a person"),
        pytest.param(BY_CALL, "stopped with ecsplan stop", id="with ecsplan stop"),
        pytest.param(BY_CALL, "the host is to be terminated", id="in a person's own words"),
        pytest.param(BY_CALL, "stop: Host EC2 (instance i-0) terminated.", id="quoted by a person"),
        pytest.param(SERVICE, "Scaling activity initiated by (deployment ecs-svc/123)", id="by a scheduler"),
        pytest.param("SomethingNewer", "no reason that is known", id="a code that is not known"),
    ],
)
def test_other_ends_are_judged_by_the_exit_code(
    code: str | None, reason: str | None, exit_code: int | None
) -> None:
    assert outcome(stopped(code, reason, exit_code)) is by_code(exit_code)


@pytest.mark.parametrize("exit_code", CODES)
@pytest.mark.parametrize(
    ("code", "reason", "requested", "expected"),
    [
        pytest.param(BY_CALL, INTERRUPTED, Outcome.INTERRUPTED, Outcome.INTERRUPTED, id="interrupt"),
        pytest.param(None, None, Outcome.INTERRUPTED, Outcome.INTERRUPTED, id="interrupt, nothing said"),
        pytest.param(BY_CALL, STILL_RUNNING, Outcome.TIMEOUT, Outcome.TIMEOUT, id="timeout"),
        pytest.param(FAILED_TO_START, NOT_RUNNING, Outcome.START_TIMEOUT, Outcome.START_TIMEOUT, id="start"),
        pytest.param(BY_CALL, OTHER_REQUEST, Outcome.OTHER_REQUEST, Outcome.OTHER_REQUEST, id="run id"),
        pytest.param(BY_CALL, "enough", Outcome.TIMEOUT, Outcome.TIMEOUT, id="a person was faster"),
    ],
)
def test_a_stop_of_this_apply(
    code: str | None, reason: str | None, requested: Outcome, expected: Outcome, exit_code: int | None
) -> None:
    assert outcome(stopped(code, reason, exit_code), requested) is expected


@pytest.mark.parametrize("exit_code", CODES)
@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        pytest.param(INTERRUPTED, Outcome.INTERRUPTED, id="interrupt"),
        pytest.param(f"{NOT_RUNNING} 120 s", Outcome.START_TIMEOUT, id="start timeout"),
        pytest.param(f"{STILL_RUNNING} 600 s", Outcome.TIMEOUT, id="timeout"),
        pytest.param(OTHER_REQUEST, Outcome.OTHER_REQUEST, id="run id"),
    ],
)
def test_a_stop_of_another_apply_of_the_run(reason: str, expected: Outcome, exit_code: int | None) -> None:
    found = outcome(stopped(BY_CALL, reason, exit_code))

    assert found is (Outcome.FAILED if exit_code else expected)


@pytest.mark.parametrize(
    ("code", "reason", "exit_code", "expected"),
    [
        pytest.param(FAILED_TO_START, "no image", None, Outcome.NOT_STARTED, id="nothing ran"),
        pytest.param(
            FAILED_TO_START, "Host EC2 (instance i-0) terminated.", None, Outcome.NOT_STARTED, id="host"
        ),
        pytest.param(
            FAILED_TO_START,
            "Host EC2 (instance i-0) terminated.",
            0,
            Outcome.INTERRUPTED_BY_AWS,
            id="host, ran",
        ),
        pytest.param(FAILED_TO_START, "a sidecar", 0, Outcome.SUCCEEDED, id="the job ran, a sidecar did not"),
        pytest.param(FAILED_TO_START, "a sidecar", 143, Outcome.FAILED, id="the job was stopped"),
    ],
)
def test_a_failed_start(code: str, reason: str, exit_code: int | None, expected: Outcome) -> None:
    assert outcome(stopped(code, reason, exit_code)) is expected


def test_a_stop_that_came_too_late_is_not_what_ended_the_task() -> None:
    task = stopped(EXITED, "Essential container in task exited", 0)

    assert outcome(task, Outcome.TIMEOUT) is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    "containers",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="none"),
        pytest.param([{"name": "other", "exitCode": 0}], id="another one only"),
        pytest.param([{"exitCode": 0}], id="one without a name"),
    ],
)
def test_a_container_that_is_missing_has_no_exit_code(containers: object) -> None:
    assert outcome(stopped(EXITED, None, None, containers=containers)) is Outcome.NO_EXIT_CODE


RUNNING = read_task({"taskArn": ARN, "lastStatus": "RUNNING"})
GIVEN_UP = Verdict(Outcome.LOST, "its state is not known")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(Known(WATCH), Outcome.INTERRUPTED, id="no task"),
        pytest.param(Known(WATCH, given_up=GIVEN_UP), Outcome.LOST, id="given up without a task"),
        pytest.param(Known(WATCH, RUNNING, given_up=GIVEN_UP), Outcome.LOST, id="given up while it runs"),
        pytest.param(
            Known(WATCH, stopped(EXITED, None, 0), given_up=GIVEN_UP),
            Outcome.SUCCEEDED,
            id="seen to end later",
        ),
        pytest.param(
            Known(WATCH, RUNNING, requested=Outcome.INTERRUPTED), Outcome.INTERRUPTED, id="stopping"
        ),
        pytest.param(Known(WATCH, RUNNING, ran=True), Outcome.TIMEOUT, id="runs on"),
        pytest.param(Known(WATCH, RUNNING), Outcome.START_TIMEOUT, id="was never seen to run"),
        pytest.param(Known(WATCH, RUNNING, detached=True), Outcome.DETACHED, id="left running"),
    ],
)
def test_what_is_judged_without_an_end(known: Known, expected: Outcome) -> None:
    assert judge(known).outcome is expected


def test_what_may_run_says_so() -> None:
    asked, not_asked = judge(Known(WATCH, asked=True)), judge(Known(WATCH))

    assert "it may be running" in asked.reason
    assert "may run" not in not_asked.reason


@pytest.mark.parametrize(
    ("other", "essential", "said"),
    [
        pytest.param({"exitCode": 1}, True, "proxy exited with 1", id="a code"),
        pytest.param({"exitCode": 137}, True, "proxy exited with 137", id="killed"),
        pytest.param({"exitCode": 143}, True, "proxy exited with 143", id="ended by SIGTERM"),
        pytest.param(
            {"exitCode": 137, "reason": "OutOfMemoryError: x"},
            True,
            "proxy exited with 137 (OutOfMemoryError: x)",
            id="a code and a reason",
        ),
        pytest.param({"exitCode": 0, "reason": "odd"}, True, "proxy exited with 0 (odd)", id="a reason"),
        pytest.param(
            {"reason": "CannotStartContainerError: x"},
            True,
            "proxy ended without an exit code (CannotStartContainerError: x)",
            id="no code and a reason",
        ),
        pytest.param({"exitCode": 0}, True, None, id="ended well"),
        pytest.param({}, True, None, id="nothing said"),
        pytest.param({"exitCode": 1, "reason": "odd"}, False, None, id="not essential"),
    ],
)
def test_what_another_container_did_is_a_warning(
    other: dict[str, object], essential: bool, said: str | None
) -> None:
    containers = [{"name": "proxy", **other}, {"name": "main", "exitCode": 0}]
    task = stopped(EXITED, "Essential container in task exited", 0, containers=containers)
    names = {"main", "proxy"} if essential else {"main"}

    verdict = judge(Known(WATCH, task, frozenset(names)))

    assert verdict.outcome is Outcome.SUCCEEDED
    assert (verdict.warning is None) == (said is None)
    assert said is None or str(verdict.warning).endswith(f"did not: {said}")


def test_the_job_s_own_reason_is_no_warning() -> None:
    task = stopped(
        EXITED, None, 0, containers=[{"name": "main", "exitCode": 0, "reason": "CannotStopContainer"}]
    )

    assert judge(Known(WATCH, task, frozenset({"main"}))).warning is None


@pytest.mark.parametrize("code", [1, 143, None])
def test_a_job_that_did_not_succeed_has_no_warning(code: int | None) -> None:
    containers = [{"name": "main", "exitCode": code}, {"name": "proxy", "exitCode": 1}]
    task = stopped(EXITED, None, code, containers=containers)

    assert judge(Known(WATCH, task, frozenset({"main", "proxy"}))).warning is None


@pytest.mark.parametrize(
    ("essential", "name"),
    [
        pytest.param(True, "ended-by-another-container", id="essential"),
        pytest.param(False, "terminated", id="not essential"),
    ],
)
def test_only_an_essential_container_may_have_ended_the_job_s(essential: bool, name: str) -> None:
    containers = [{"name": "main", "exitCode": 143}, {"name": "proxy", "exitCode": 2}]
    task = stopped(EXITED, "Essential container in task exited", 143, containers=containers)
    names = {"main", "proxy"} if essential else {"main"}

    verdict = judge(Known(WATCH, task, frozenset(names)))

    assert verdict.explanation is not None
    assert verdict.explanation.name == name
    assert ("proxy exited with 2" in verdict.reason) == essential


def test_another_job_container_is_judged_by_its_own_name() -> None:
    containers = [{"name": "main", "exitCode": 0}, {"name": "work", "exitCode": 7}]
    known = Known(replace(WATCH, container="work"), stopped(EXITED, None, 0, containers=containers))

    assert judge(known).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({"requested": Outcome.START_TIMEOUT, "stuck_in": "PENDING"}, id="did not stop"),
        pytest.param(
            {"given_up": Verdict(Outcome.START_TIMEOUT, "given up"), "stuck_in": "PENDING"}, id="given up"
        ),
    ],
)
def test_a_start_timeout_has_a_cause_although_the_task_was_not_seen_to_stop(known: dict[str, Any]) -> None:
    verdict = judge(Known(WATCH, RUNNING, **known))

    assert verdict.outcome is Outcome.START_TIMEOUT
    assert verdict.explanation is not None
    assert "`task_start_timeout_seconds`" in verdict.explanation.remedy
