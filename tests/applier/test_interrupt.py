"""Signals: in every phase what this apply started is stopped, its log read, and what is due deregistered."""

import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import LOGGING, Played, Stage

from ecsplan_applier.aws.operations import STOP_TASK
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.events import Interrupted
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

DEREGISTER = "auto_deregister_task_definition: true\n"
TASK = {
    "timeline": [
        {"at": 1, "status": "PENDING"},
        {"at": 5, "status": "RUNNING"},
        {"at": 6, "log": "working"},
        {"at": 60, "status": "STOPPED", "exitCode": 0},
        {"at": 61, "log": "last"},
    ],
    "on_stop": [{"at": 2, "log": "cleaning up"}, {"at": 3, "status": "STOPPED", "exitCode": 143}],
}


def interrupted(world: Stage, plan: Any, operation: str, number: int = 1, **options: Any) -> Played:
    """Apply, and send SIGINT right after a call has its effect."""
    interrupt = Interrupt()
    world.endpoint.after(operation, number, lambda _: interrupt.send(signal.SIGINT))
    return world.apply(plan, interrupt=interrupt, **options)


@pytest.mark.parametrize(
    ("operation", "number", "tasks", "revisions"),
    [
        pytest.param("DescribeTaskDefinition", 1, 0, 1, id="observing"),
        pytest.param("RegisterTaskDefinition", 1, 0, 1, id="registering"),
        pytest.param("RunTask", 1, 2, 1, id="starting"),
        pytest.param("DescribeTasks", 2, 2, 1, id="provisioning"),
        pytest.param("DescribeTasks", 5, 2, 1, id="pulling"),
        pytest.param("DescribeTasks", 12, 2, 1, id="running"),
        pytest.param("GetLogEvents", 8, 2, 1, id="reading the log"),
    ],
)
def test_a_signal_in_any_phase(stage: Begin, operation: str, number: int, tasks: int, revisions: int) -> None:
    world = stage({"tasks": [TASK]})
    world.register()
    plan = world.compile(LOGGING + DEREGISTER + "count: 2\n")
    world.endpoint.forget_calls()

    played = interrupted(world, plan, operation, number)

    assert played.status == 130
    assert [each["lastStatus"] for each in world.tasks()] == ["STOPPED"] * tasks
    assert played.summary.left_running == ()
    assert world.revisions() == [1] * revisions
    assert all(each.outcome is Outcome.INTERRUPTED for each in played.summary.tasks)


@pytest.mark.parametrize(
    ("operation", "lost", "expected"),
    [
        pytest.param("RegisterTaskDefinition", "1", (0, False), id="nothing asked for"),
        pytest.param("RunTask", "1-3", (0, True), id="not answered"),
        pytest.param("DescribeTasks", "1", (2, False), id="started"),
    ],
)
def test_a_signal_says_what_is_waited_for(
    stage: Begin, operation: str, lost: str, expected: tuple[int, bool]
) -> None:
    rule = {"operation": operation, "action": "reset-after", "calls": lost}
    world = stage({"tasks": [TASK], "rules": [rule]})
    plan = world.compile(LOGGING + "count: 2\n")

    events = interrupted(world, plan, operation).events

    assert [(each.tasks, each.unanswered) for each in events if isinstance(each, Interrupted)] == [expected]


def test_the_second_signal_is_the_one_that_is_named(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(LOGGING)
    interrupt = Interrupt()
    world.endpoint.after("DescribeTasks", 3, lambda _: interrupt.send(signal.SIGHUP))
    world.endpoint.after("DescribeTasks", 6, lambda _: interrupt.send(signal.SIGTERM))

    played = world.apply(plan, interrupt=interrupt)

    signals = [(each.signal, each.again) for each in played.events if isinstance(each, Interrupted)]
    assert signals == [(signal.SIGHUP, False), (signal.SIGTERM, True)]
    assert played.status == 129


def test_the_log_is_read_to_its_end(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(LOGGING)

    played = interrupted(world, plan, "DescribeTasks", 12)

    assert played.lines == ["working", "cleaning up"]
    assert played.summary.tasks[0].exit_code == 143


def test_a_signal_while_the_log_is_drained_keeps_what_was_reached(stage: Begin) -> None:
    world = stage(
        {
            "tasks": [
                {**TASK, "timeline": [*TASK["timeline"][:3], {"at": 7, "status": "STOPPED", "exitCode": 0}]}
            ]
        }
    )
    plan = world.compile(LOGGING + DEREGISTER)
    stopped = Interrupt()
    events = []
    for event in world.events(plan, interrupt=stopped):
        events.append(event)
        if getattr(event, "status", "") == "STOPPED" and not stopped.count:
            stopped.send(signal.SIGTERM)

    played = Played(events)

    assert played.status == 143
    assert played.lines == ["working"]
    assert world.revisions() == []
    assert world.calls("StopTask") == []


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGHUP, 129, id="SIGHUP"),
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
    ],
)
def test_each_signal_has_a_status(stage: Begin, number: signal.Signals, status: int) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(LOGGING)
    interrupt = Interrupt()
    world.endpoint.after("RunTask", 1, lambda _: interrupt.send(number))

    assert world.apply(plan, interrupt=interrupt).status == status


def test_nothing_is_started_after_a_signal(stage: Begin) -> None:
    world = stage({"tasks": [TASK], "rules": [{"action": "failures", "calls": "1-5"}]})

    played = interrupted(world, world.compile(LOGGING), "RunTask", 2)

    assert played.status == 130
    assert len(world.calls("RunTask")) == 2
    assert world.tasks() == []


def test_nothing_is_started_after_a_signal_while_launches_are_paced(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(LOGGING + "count: 200\n")
    interrupt = Interrupt()
    started: list[int] = []

    def signalled(_: object) -> None:
        interrupt.send(signal.SIGINT)
        started.append(len(world.calls("RunTask")))

    world.endpoint.after("RunTask", 12, signalled)

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 130
    assert len(world.calls("RunTask")) == started[0]
    assert played.summary.left_running == ()


def test_a_start_whose_answer_is_lost_when_the_signal_comes_is_found_and_stopped(stage: Begin) -> None:
    world = stage(
        {"tasks": [TASK], "rules": [{"operation": "RunTask", "action": "reset-after", "calls": "1"}]}
    )

    played = interrupted(world, world.compile(LOGGING), "RunTask", 1)

    assert played.status == 130
    assert [each["lastStatus"] for each in world.tasks()] == ["STOPPED"]


def test_tasks_of_an_earlier_apply_of_the_run_are_stopped_too(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(LOGGING)
    world.apply(plan, run_id="run", detach=True)

    played = interrupted(world, plan, "DescribeTasks", 12, run_id="run")

    assert played.status == 130
    assert len(world.tasks()) == 1
    assert played.summary.left_running == ()


def test_a_second_signal_ends_at_once_after_the_stops_were_sent(stage: Begin) -> None:
    world = stage({"tasks": [{**TASK, "on_stop": []}]})
    plan = world.compile(LOGGING + DEREGISTER + "count: 2\n")
    interrupt = Interrupt()
    world.endpoint.after("DescribeTasks", 12, lambda _: interrupt.send(signal.SIGINT))
    world.endpoint.after("DescribeTasks", 15, lambda _: interrupt.send(signal.SIGINT))

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 130
    assert len(world.calls("DescribeTasks")) == 15
    assert len(world.calls("StopTask")) == 2
    assert [each.again for each in played.of(Interrupted)] == [False, True]
    assert {each.arn for each in played.summary.left_running} == {each["taskArn"] for each in world.tasks()}
    assert world.revisions() == [1]


def test_two_signals_at_once_are_one(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(LOGGING + DEREGISTER + "count: 3\n")
    interrupt = Interrupt()

    def twice(_: object) -> None:
        interrupt.send(signal.SIGTERM)
        interrupt.send(signal.SIGTERM)

    world.endpoint.after("DescribeTasks", 12, twice)

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 143
    assert len(world.calls("StopTask")) == 3
    assert [each.again for each in played.of(Interrupted)] == [False]
    assert Counter(played.lines) == {"working": 3, "cleaning up": 3}
    assert (played.summary.left_running, world.revisions()) == ((), [])


@pytest.mark.parametrize(
    ("arrivals", "insisted"),
    [
        pytest.param([0.0], False, id="one"),
        pytest.param([0.0, 0.0], False, id="two at once"),
        pytest.param([5.0, 5.99], False, id="within a second"),
        pytest.param([5.0, 6.0], True, id="a second later"),
        pytest.param([5.0, 5.4, 5.8], False, id="three within a second"),
        pytest.param([5.0, 5.9, 6.8], True, id="the third is late enough"),
    ],
)
def test_a_second_signal_counts_from_the_first(arrivals: list[float], insisted: bool) -> None:
    interrupt, now, woken = Interrupt(), [0.0], []
    interrupt.listen(lambda: woken.append(interrupt.insisted), lambda: now[0])

    for now[0] in arrivals:
        interrupt.send(signal.SIGINT)

    assert woken[-1] is insisted
    assert (interrupt.count, len(woken), interrupt.signal) == (len(arrivals), len(arrivals), signal.SIGINT)


def test_a_signal_before_the_apply_listens_is_the_first() -> None:
    interrupt, now, woken = Interrupt(), [100.0], []
    interrupt.send(signal.SIGHUP)
    interrupt.listen(lambda: woken.append(interrupt.insisted), lambda: now[0])
    now[0] = 100.5
    interrupt.send(signal.SIGTERM)
    now[0] = 101.5
    interrupt.send(signal.SIGTERM)

    assert woken == [False, False, True]
    assert interrupt.signal == signal.SIGHUP


def test_a_task_that_cannot_be_stopped_is_named(stage: Begin) -> None:
    denied = {"operation": "StopTask", "action": "error", "code": "AccessDeniedException"}
    world = stage({"tasks": [TASK], "rules": [denied]})

    played = interrupted(world, world.compile(LOGGING + DEREGISTER), "DescribeTasks", 12)

    assert played.status == 130
    assert [each.arn for each in played.summary.left_running] == [world.tasks()[0]["taskArn"]]
    assert any("could not be stopped and may still be running" in each for each in played.warned)
    assert any("stays ACTIVE" in each for each in played.warned)
    assert world.revisions() == [1]


def test_a_task_that_does_not_stop_is_waited_for_within_a_bound(stage: Begin) -> None:
    world = stage({"tasks": [{**TASK, "on_stop": []}]})

    played = interrupted(world, world.compile(LOGGING), "DescribeTasks", 12)

    assert played.status == 130
    assert len(played.summary.left_running) == 1
    assert world.clock.waited_s < 200


def test_throttled_stops_are_sent_again(stage: Begin) -> None:
    world = stage(
        {"tasks": [TASK], "rules": [{"operation": "StopTask", "action": "throttle", "calls": "1-3"}]}
    )

    played = interrupted(world, world.compile(LOGGING + "count: 2\n"), "DescribeTasks", 12)

    assert (played.status, played.summary.left_running) == (130, ())


GRACEFUL = {**TASK, "on_stop": [{"at": 3, "status": "STOPPED", "exitCode": 0}]}
"""A job that catches SIGTERM and exits 0."""


def test_a_job_that_exits_0_when_an_apply_is_interrupted_has_not_succeeded(stage: Begin) -> None:
    world = stage({"tasks": [GRACEFUL]})
    plan = world.compile(LOGGING)
    first = interrupted(world, plan, "DescribeTasks", 12, run_id="run")

    again = world.apply(plan, run_id="run")

    (task,) = again.summary.tasks
    assert (first.status, again.status) == (130, 130)
    assert (task.outcome, task.exit_code, task.attached) == (Outcome.INTERRUPTED, 0, True)
    assert task.explanation is not None
    shown = task.to_json()
    assert shown["outcome"] == "interrupted"
    assert "interrupted apply stopped this run id's task" in str(shown["meaning"])
    assert "new run id" in str(shown["remedy"])
    assert len(world.tasks()) == 1


@pytest.mark.parametrize(
    ("timeline", "keys", "outcome"),
    [
        pytest.param(
            [{"at": 1, "status": "RUNNING"}], "task_timeout_seconds: 30\n", Outcome.TIMEOUT, id="not ended"
        ),
        pytest.param(
            [{"at": 1, "status": "PENDING"}],
            "task_start_timeout_seconds: 30\n",
            Outcome.START_TIMEOUT,
            id="not started",
        ),
    ],
)
def test_a_job_that_exits_0_after_a_timeout_stays_late(
    stage: Begin, timeline: list[dict[str, object]], keys: str, outcome: Outcome
) -> None:
    world = stage({"tasks": [{**GRACEFUL, "timeline": timeline}]})
    plan = world.compile(LOGGING + keys)

    first, again = world.apply(plan, run_id="run"), world.apply(plan, run_id="run")

    assert (first.status, again.status) == (124, 124)
    assert again.summary.tasks[0].outcome is outcome
    assert len(world.tasks()) == 1


def test_a_job_that_an_interrupted_apply_stopped_does_not_count_as_detached(stage: Begin) -> None:
    world = stage({"tasks": [GRACEFUL]})
    plan = world.compile(LOGGING)
    interrupted(world, plan, "DescribeTasks", 12, run_id="run")

    again = world.apply(plan, run_id="run", detach=True)

    assert (again.status, again.summary.tasks[0].outcome) == (130, Outcome.INTERRUPTED)


def test_another_exit_code_after_an_interruption_is_reported_with_why(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(LOGGING)
    interrupted(world, plan, "DescribeTasks", 12, run_id="run")

    again = world.apply(plan, run_id="run")

    (task,) = again.summary.tasks
    assert (again.status, task.outcome) == (143, Outcome.FAILED)
    assert task.explanation is not None
    assert task.explanation.name == "stopped-by-ecsplan"


@pytest.mark.parametrize(("code", "status"), [(0, 0), (143, 143)])
def test_a_task_that_a_person_stopped_is_reported_with_its_exit_code(
    stage: Begin, code: int, status: int
) -> None:
    world = stage({"tasks": [{**TASK, "on_stop": [{"at": 3, "status": "STOPPED", "exitCode": code}]}]})
    plan = world.compile(LOGGING)

    def stop(_: object) -> None:
        world.ask(STOP_TASK, task=world.tasks()[0]["taskArn"], reason="stopped with ecsplan stop")

    world.endpoint.after("DescribeTasks", 12, stop)

    played = world.apply(plan)

    (task,) = played.summary.tasks
    assert played.status == status
    assert task.explanation is not None
    assert task.explanation.name == "stopped-by-person"
