"""Limits of running tasks: a task that ends just in time is left alone, and no limit waits for an answer."""

import signal
from collections.abc import Callable

import pytest
from apply_stage import Stage

from ecsplan_applier.aws.rate_limits import Limits, Rate
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.tasks import watch
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.stop import STOP_S

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
LASTING = {
    "timeline": [{"at": 1, "status": "RUNNING"}],
    "on_stop": [{"at": 1, "status": "STOPPED", "exitCode": 143}],
}
DOWN = {"operation": "DescribeTasks", "action": "error", "calls": "6-100000"}
"""The states of tasks can no longer be read, once they run."""


@pytest.mark.parametrize("interval", [5, 30])
def test_a_task_that_has_ended_just_in_time_is_not_stopped(stage: Begin, interval: int) -> None:
    steps = [{"at": 1, "status": "RUNNING"}, {"at": 59.5, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"timeline": steps}]})
    manifest = f"{HELLO}task_timeout_seconds: 60\ntask_watch_poll_interval: {interval}\n"

    played = world.apply(world.compile(manifest))

    assert world.calls("StopTask") == []
    assert (played.status, played.said) == (0, [])


def test_a_task_that_lasts_too_long_is_stopped_when_its_state_says_so(stage: Begin) -> None:
    world = stage({"tasks": [LASTING]})

    played = world.apply(world.compile(HELLO + "task_timeout_seconds: 60\n"))

    run, stop = (world.endpoint.calls(each)[0].time for each in ("RunTask", "StopTask"))
    assert played.status == 124
    assert 60 <= stop - run < 63


def test_a_task_is_given_up_in_time_after_a_signal_while_its_state_cannot_be_had(stage: Begin) -> None:
    world = stage({"tasks": [LASTING], "rules": [DOWN]})
    plan = world.compile(HELLO)
    interrupt = Interrupt()
    sent: list[float] = []

    def send(_: object) -> None:
        sent.append(world.clock.now())
        interrupt.send(signal.SIGTERM)

    world.endpoint.before("DescribeTasks", 7, send)

    played = world.apply(plan, interrupt=interrupt)

    task = played.summary.tasks[0]
    assert (played.status, task.outcome) == (143, Outcome.INTERRUPTED)
    assert "had not stopped" in (task.reason or "")
    assert STOP_S <= world.clock.now() - sent[0] < STOP_S + 15


def test_a_task_that_was_stopped_at_its_limit_keeps_its_status_when_sight_of_it_is_lost(stage: Begin) -> None:
    refused = {**DOWN, "code": "AccessDeniedException", "calls": "40-100000"}
    world = stage({"tasks": [LASTING], "rules": [{**DOWN, "calls": "6-39"}, refused]})

    played = world.apply(world.compile(HELLO + "task_timeout_seconds: 20\n"))

    task = played.summary.tasks[0]
    assert (played.status, task.outcome) == (124, Outcome.TIMEOUT)
    assert world.calls("StopTask")  # sent again for as long as the task is not seen to stop


def test_an_answer_for_some_of_many_tasks_causes_no_look_at_all_of_them(
    stage: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [{"at": 1, "status": "RUNNING"}, {"at": 60, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"timeline": steps}]})
    plan = world.compile(HELLO + "count: 300\ntask_timeout_seconds: 600\n")
    looks: list[int] = []
    judged = watch.Watcher._due

    def counted(self: watch.Watcher, copy: Copy) -> float:
        looks.append(copy.number)
        return judged(self, copy)

    monkeypatch.setattr(watch.Watcher, "_due", counted)

    played = world.apply(plan, limits=Limits(descriptions=Rate(1, 4)))

    assert played.status == 0
    assert len(looks) < 2.4 * 300 * len(world.calls("DescribeTasks"))
