"""Attempts: a copy whose task ended in a way that is tried again gets another, and never two at a time."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from apply_stage import LOGGING, Played, Stage

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import CAUSES, Retry, RunPolicy
from ecsplan_applier.aws.operations import STOP_TASK
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.errors import RunIdTakenError
from ecsplan_applier.outcomes.events import LogLines, Retried, TaskChanged, TaskStarted, Waiting
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.tasks.run_id import client_token

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"


def ends(at: float = 3.0, **end: Any) -> list[dict[str, Any]]:
    """Return the life of a task that runs and ends like this."""
    return [{"at": 1, "status": "RUNNING"}, {"at": at, "status": "STOPPED", **end}]


SPOT = ends(stopCode="SpotInterruption", stoppedReason="Your Spot Task was interrupted.", exitCode=143)
DONE = ends(exitCode=0)
LATER = ends(at=40.0, exitCode=3)
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


ROWS = [
    pytest.param(NO_INTERFACE, (3, "start"), 3, Outcome.NOT_STARTED, id="a transient start failure"),
    pytest.param(NO_IMAGE, (3, "start"), 1, Outcome.NOT_STARTED, id="a wrong image"),
    pytest.param(
        NO_INTERFACE, (3, "interruption"), 1, Outcome.NOT_STARTED, id="a start failure, not asked for"
    ),
    pytest.param(SPOT, (4, "interruption"), 4, Outcome.INTERRUPTED_BY_AWS, id="Spot"),
    pytest.param(
        SPOT, (4, "start", "timeout", "failure"), 1, Outcome.INTERRUPTED_BY_AWS, id="Spot, not asked for"
    ),
    pytest.param(FAILS, (2, "failure"), 2, Outcome.FAILED, id="a failure"),
    pytest.param(FAILS, (2, "start", "interruption"), 1, Outcome.FAILED, id="a failure, not asked for"),
    pytest.param(DONE, (3, *CAUSES), 1, Outcome.SUCCEEDED, id="a success"),
    pytest.param(ENDLESS, (2, "timeout"), 2, Outcome.TIMEOUT, id="a timeout"),
    pytest.param(ENDLESS, (2, "failure"), 1, Outcome.TIMEOUT, id="a timeout, not asked for"),
    pytest.param([], (2, "start"), 2, Outcome.START_TIMEOUT, id="a start timeout"),
    pytest.param([], (2, "timeout"), 1, Outcome.START_TIMEOUT, id="a start timeout is no timeout"),
]


@pytest.mark.parametrize(("life", "retry", "tasks", "outcome"), ROWS)
def test_attempts_until_one_is_the_last(
    stage: Begin, life: list[dict[str, Any]], retry: tuple[Any, ...], tasks: int, outcome: Outcome
) -> None:
    world = stage(lives(life))
    plan = retrying(
        world.compile(HELLO + "task_timeout_seconds: 60\ntask_start_timeout_seconds: 30\n"), *retry
    )

    played = world.apply(plan, run_id="run")

    result = played.summary.tasks[0]
    assert [each.outcome for each in result.attempts] == [outcome] * tasks
    assert [each.attempt for each in result.attempts] == list(range(1, tasks + 1))
    assert {each.arn for each in result.attempts} == {each["taskArn"] for each in world.tasks()}
    assert_one_at_a_time(world)


def assert_one_at_a_time(world: Stage) -> None:
    """Assert that no task of a family was created before the one before it had stopped."""
    tasks = sorted(world.tasks(), key=lambda each: each["createdAt"])
    for before, after in pairwise(tasks):
        assert before["stoppedAt"] <= after["createdAt"]


@pytest.mark.parametrize(
    ("retry", "tasks"),
    [pytest.param(None, 3, id="by default"), pytest.param(Retry(1, written=True), 1, id="turned off")],
)
def test_a_transient_start_failure_is_tried_three_times(
    stage: Begin, retry: Retry | None, tasks: int
) -> None:
    world = stage(lives(NO_INTERFACE))
    plan = world.compile(HELLO)
    if retry is not None:
        plan = replace(plan, jobs=(replace(plan.jobs[0], policy=RunPolicy(retry=retry)),))

    played = world.apply(plan)

    assert (played.status, len(world.tasks())) == (126, tasks)


@pytest.mark.parametrize(
    "life", [SPOT, FAILS, ENDLESS, []], ids=["Spot", "failure", "timeout", "start timeout"]
)
def test_by_default_nothing_else_is_tried_again(stage: Begin, life: list[dict[str, Any]]) -> None:
    world = stage(lives(life))
    plan = world.compile(HELLO + "task_timeout_seconds: 60\ntask_start_timeout_seconds: 30\n")

    assert world.apply(plan).status != 0
    assert len(world.tasks()) == 1


@pytest.mark.parametrize(
    ("code", "succeed_on", "status"),
    [
        pytest.param(0, (0,), 0, id="0"),
        pytest.param(3, (0, 3), 0, id="another code that counts"),
        pytest.param(4, (0, 3), 4, id="a code that does not"),
        pytest.param(0, (3,), 1, id="0 where it does not count"),
    ],
)
def test_accepted_exit_codes(stage: Begin, code: int, succeed_on: tuple[int, ...], status: int) -> None:
    world = stage(lives(ends(exitCode=code)))
    plan = retrying(world.compile(HELLO), 1, succeed_on=succeed_on)

    assert world.apply(plan).status == status


def test_an_interrupted_task_has_not_succeeded_whatever_its_code_is(stage: Begin) -> None:
    world = stage(lives(SPOT))
    plan = retrying(world.compile(HELLO), 1, succeed_on=(0, 143))

    assert world.apply(plan).status == 125


@pytest.mark.parametrize(
    ("codes", "tasks"), [pytest.param((3, 9), 2, id="listed"), pytest.param((9,), 1, id="not listed")]
)
def test_exit_codes_that_are_tried_again(stage: Begin, codes: tuple[int, ...], tasks: int) -> None:
    world = stage(lives(FAILS, DONE))
    plan = retrying(world.compile(HELLO), 2, codes=codes)

    played = world.apply(plan)

    assert (len(world.tasks()), played.status) == (tasks, 0 if tasks == 2 else 3)


def test_each_copy_has_attempts_of_its_own(stage: Begin) -> None:
    world = stage(lives(DONE, SPOT, SPOT, DONE, SPOT, DONE))
    plan = retrying(world.compile(HELLO + "count: 3\n"), 3, "interruption")

    played = world.apply(plan)

    assert played.status == 0
    assert sorted(len(each.attempts) for each in played.summary.tasks) == [1, 2, 3]
    assert len(world.tasks()) == 6


def test_somebody_who_stops_a_task_does_not_want_another(stage: Begin) -> None:
    world = stage(lives(ENDLESS))
    plan = retrying(world.compile(HELLO), 3, *CAUSES)
    events = iter(world.events(plan))
    for event in events:
        if isinstance(event, TaskChanged) and event.status == "RUNNING":
            world.ask(STOP_TASK, task=event.arn, reason="not needed any more")

    assert len(world.tasks()) == 1


def test_tries_go_on_with_the_same_revision_which_is_deregistered_at_the_end(stage: Begin) -> None:
    world = stage(lives(SPOT, SPOT, DONE))
    plan = retrying(world.compile(HELLO + "auto_deregister_task_definition: true\n"), 3, "interruption")

    played = world.apply(plan)

    assert played.status == 0
    assert (world.revisions(), world.revisions(status="INACTIVE")) == ([], [1])
    assert {each["taskDefinitionArn"][-2:] for each in world.tasks()} == {":1"}


def test_a_signal_between_two_attempts_starts_nothing_any_more(stage: Begin) -> None:
    world = stage(lives(SPOT, DONE))
    plan = retrying(world.compile(HELLO), 3, "interruption")
    interrupt, events = Interrupt(), []
    for event in world.events(plan, run_id="run", interrupt=interrupt):
        events.append(event)
        if isinstance(event, Retried):
            interrupt.send(15)

    summary = Played(events).summary
    task = summary.tasks[0]
    assert (summary.exit_status, task.outcome, len(world.tasks())) == (143, Outcome.INTERRUPTED, 1)
    assert task.reason == "interrupted before attempt 2; the one before it: Your Spot Task was interrupted."
    assert [each.outcome for each in task.attempts] == [Outcome.INTERRUPTED_BY_AWS]
    assert (task.arn, task.exit_code) == (world.tasks()[0]["taskArn"], 143)

    resumed = world.apply(plan, run_id="run")

    assert (resumed.status, len(world.tasks())) == (0, 2)
    assert [each.attempt for each in resumed.summary.tasks[0].attempts] == [1, 2]


def test_a_refused_attempt_is_reported_with_the_one_before_it(stage: Begin) -> None:
    denied = {"operation": "RunTask", "action": "error", "code": "AccessDeniedException", "calls": "2-"}
    world = stage(lives(SPOT, rules=[denied]))
    plan = retrying(world.compile(HELLO), 3, "interruption")

    played = world.apply(plan)

    task = played.summary.tasks[0]
    assert (played.status, task.outcome, task.attempt) == (125, Outcome.REFUSED, 2)
    assert "AccessDenied" in (task.reason or "")
    assert task.to_json()["task_arn"] == world.ask_past_faults()[0]["taskArn"]
    assert [each.outcome for each in task.attempts] == [Outcome.INTERRUPTED_BY_AWS]


@pytest.mark.parametrize(
    ("life", "tasks", "status"),
    [
        pytest.param((NO_INTERFACE, ENDLESS), 2, 0, id="before it runs"),
        pytest.param((SPOT, DONE), 1, 0, id="once it runs"),
    ],
)
def test_detach_tries_only_starts_again(
    stage: Begin, life: tuple[list[dict[str, Any]], ...], tasks: int, status: int
) -> None:
    world = stage(lives(*life))
    plan = retrying(world.compile(HELLO), 3, *CAUSES)

    played = world.apply(plan, detach=True)

    assert (played.status, len(world.tasks())) == (status, tasks)


def test_pauses_double_and_never_exceed_a_minute(stage: Begin) -> None:
    world = stage(lives(NO_INTERFACE))

    played = world.apply(retrying(world.compile(HELLO), 10, "start"))

    pauses = [each.seconds for each in played.of(Retried)]
    assert len(pauses) == 9
    assert all(0 <= each <= min(60, 2**n) for n, each in enumerate(pauses))
    assert max(pauses) > 10


def test_a_silent_log_holds_no_further_attempt_up(stage: Begin) -> None:
    """A log that says nothing is read for ten seconds, far longer than the first pauses last."""
    world = stage(lives(FAILS))

    played = world.apply(retrying(world.compile(LOGGING), 4, "failure"))

    starts = [each.time for each in world.endpoint.calls("RunTask")]
    assert len(played.of(Retried)) == 3
    # Three seconds of life, the poll that sees its end, and the pause.
    assert all(later - start <= 3 + 5 + 2**n for n, (start, later) in enumerate(pairwise(starts)))


def test_the_log_of_an_attempt_comes_before_that_of_the_next(stage: Begin) -> None:
    late = [*FAILS, {"at": 6, "log": "late", "timestamp": 2}]
    world = stage(lives(late, ends(exitCode=0, log="next")))

    played = world.apply(retrying(world.compile(LOGGING), 2, "failure"))

    assert [line for each in played.of(LogLines) for line in each.lines] == ["late", "next"]


def test_first_attempts_keep_their_tokens(stage: Begin) -> None:
    world = stage(lives(SPOT, SPOT, DONE))
    world.apply(retrying(world.compile(HELLO), 3, "interruption"), run_id="run")

    sent = [each.parameters["clientToken"] for each in world.endpoint.calls("RunTask")]

    assert sent == [
        client_token("run", "hello", 1, 1, 1),
        client_token("run", "hello", 1, 1, 1, attempt=2),
        client_token("run", "hello", 1, 1, 1, attempt=3),
    ]
    assert len(set(sent)) == 3


def test_failures_within_an_attempt_are_no_attempts(stage: Begin) -> None:
    refused = {"action": "failures", "calls": "2-4"}
    world = stage(lives(SPOT, DONE, rules=[refused]))

    played = world.apply(retrying(world.compile(HELLO), 2, "interruption"))

    assert (played.status, len(world.ask_past_faults())) == (0, 2)
    assert [each.attempt for each in played.summary.tasks[0].attempts] == [1, 2]


def test_without_a_list_of_the_tasks_nothing_is_tried_again(stage: Begin) -> None:
    denied = {"operation": "ListTasks", "action": "error", "code": "AccessDeniedException"}
    world = stage(lives(NO_INTERFACE, rules=[denied]))

    played = world.apply(world.compile(HELLO))

    assert (played.status, len(world.ask_past_faults())) == (126, 1)
    assert any("not tried again" in each and "AccessDenied" in each for each in played.warned)


def test_a_task_that_cannot_be_stopped_is_not_tried_again(stage: Begin) -> None:
    denied = {"operation": "StopTask", "action": "error", "code": "AccessDeniedException"}
    world = stage(lives(ENDLESS, rules=[denied]))
    plan = retrying(world.compile(HELLO + "task_timeout_seconds: 60\n"), 3, *CAUSES)

    played = world.apply(plan)

    assert (played.status, len(world.ask_past_faults())) == (124, 1)


def test_a_task_whose_state_is_lost_is_not_tried_again(stage: Begin) -> None:
    hidden = {"action": "missing", "calls": "3-"}
    world = stage(lives(ENDLESS, rules=[hidden]))

    played = world.apply(retrying(world.compile(HELLO), 3, *CAUSES))

    assert (played.summary.tasks[0].outcome, len(world.ask_past_faults())) == (Outcome.LOST, 1)


def test_many_copies_share_the_lists_before_their_further_attempts(stage: Begin) -> None:
    world = stage(lives(*[NO_INTERFACE] * 60, DONE))
    plan = retrying(world.compile(HELLO + "count: 60\n"), 2, "start")

    played = world.apply(plan)

    assert played.status == 0
    assert [len(each.attempts) for each in played.summary.tasks] == [2] * 60
    assert len(world.calls("ListTasks")) < 10


def test_a_resumed_apply_tells_further_attempts_from_other_copies(stage: Begin) -> None:
    """One copy was tried again, and the other batch was not started when the apply was killed."""
    world = stage(lives(SPOT, *[LATER] * 9, LATER, DONE, LATER))
    plan = retrying(world.compile(HELLO + "count: 12\n"), 3, "interruption")
    denied = {"operation": "RunTask", "action": "error", "code": "AccessDeniedException"}
    world.endpoint.set_faults(
        {**lives(SPOT, LATER), "rules": [{**denied, "where": {"count": 2}}]},
    )
    first = world.apply(plan, run_id="run")
    assert len(world.tasks()) == 11
    world.endpoint.set_faults(lives(LATER))

    second = world.apply(plan, run_id="run")

    assert (first.status, second.status) == (1, 1)
    assert len(world.tasks()) == 13
    assert sorted(len(each.attempts) for each in second.summary.tasks) == [1] * 11 + [2]


def test_a_resumed_apply_does_not_pause_before_attempts_that_were_started(stage: Begin) -> None:
    world = stage(lives(FAILS, FAILS, FAILS, DONE))
    plan = retrying(world.compile(HELLO), 5, "failure")
    world.apply(plan, run_id="run")

    resumed = world.apply(plan, run_id="run")

    assert [each.seconds for each in resumed.of(Retried)] == [0.0, 0.0, 0.0]
    assert len(world.tasks()) == 4


def test_another_policy_does_not_adopt_what_it_cannot_explain(stage: Begin) -> None:
    world = stage(lives(SPOT, LATER))
    plan = world.compile(HELLO)
    world.apply(retrying(plan, 3, "interruption"), run_id="run")

    with pytest.raises(RunIdTakenError):
        world.apply(retrying(plan, 1, "interruption"), run_id="run")

    assert len(world.tasks()) == 2


def test_a_heartbeat_between_two_attempts_says_what_is_waited_for(stage: Begin) -> None:
    world = stage(lives(NO_INTERFACE))

    played = world.apply(retrying(world.compile(HELLO), 10, "start"), heartbeat_s=1.0)

    states = {each.state for event in played.of(Waiting) for each in event.tasks}
    assert {"waiting for attempt 8", "waiting for attempt 9"} <= states


@pytest.mark.parametrize(
    ("before", "now"),
    [(2, 3), (3, 2), (12, 13), (13, 12), (1, 2), (2, 1), (12, 20)],
    ids=str,
)
def test_another_number_of_copies_is_refused_after_further_attempts(
    stage: Begin, before: int, now: int
) -> None:
    world = stage(lives(SPOT, FAILS))
    plans = {
        count: retrying(world.compile(HELLO + f"count: {count}\n"), 3, "interruption")
        for count in (before, now)
    }
    world.apply(plans[before], run_id="run")

    with pytest.raises(RunIdTakenError):
        world.apply(plans[now], run_id="run")

    assert len(world.tasks()) == before + 1


def test_a_run_whose_revision_was_deregistered_between_two_attempts_does_not_go_on(stage: Begin) -> None:
    world = stage(lives(SPOT, DONE))
    plan = world.compile(HELLO + "auto_deregister_task_definition: true\n")
    plan = retrying(plan, 3, "interruption")
    interrupt = Interrupt()
    for event in world.events(plan, run_id="run", interrupt=interrupt):
        if isinstance(event, Retried):
            interrupt.send(15)
    assert (world.revisions(), len(world.tasks())) == ([], 1)

    played = world.apply(plan, run_id="run")

    task = played.summary.tasks[0]
    assert (played.status, task.outcome, len(world.tasks())) == (126, Outcome.NOT_STARTED, 1)
    assert "was deregistered before attempt 2" in (task.reason or "")


def test_copies_share_a_list_that_cannot_be_made(stage: Begin) -> None:
    down = {"operation": "ListTasks", "action": "error", "status": 503, "code": "ServiceUnavailable"}
    world = stage(lives(NO_INTERFACE, rules=[down]))
    plan = world.compile(HELLO + "count: 30\n")

    played = world.apply(plan)

    assert len(world.ask_past_faults()) == 30
    assert {each.outcome for each in played.summary.tasks} == {Outcome.NOT_STARTED}
    assert world.clock.waited_s < 400
