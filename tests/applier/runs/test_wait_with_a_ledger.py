"""Waiting for a run of which the ledger says that more may come, or that nothing does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Played, Stage
from found_logs import session_of
from ledger_entries import entry, result, write

from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.events import Event, TaskChanged, TaskEnded, TaskStarted, Warned
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.runs.follow.wait_for import wait_for
from ecsplan_applier.runs.reference import RunReference

Begin = Callable[..., Stage]

RUNNING = {"at": 1, "status": "RUNNING"}
ARN = "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef"
CHAIN = "jobs:\n  a: {image: alpine}\n  b: {image: alpine}\n"


def ended(at: float, code: int = 0) -> dict[str, object]:
    return {"at": at, "status": "STOPPED", "exitCode": code}


def waited(world: Stage, folder: Path, meanwhile: Callable[[Event], object] = lambda _event: None) -> Played:
    """Return what a wait has shown; `meanwhile` is called with each event, before the next one."""
    played = Played()
    for event in wait_for(session_of(world, ledger=folder), RunReference("r")):
        played.events.append(event)
        meanwhile(event)
    return played


def started(world: Stage, manifest: str, **options: Any) -> str:
    """Begin an apply, let its process end once its first task is started, and return that task's ARN."""
    for event in world.events(world.compile(manifest), run_id="r", **options):
        if isinstance(event, TaskStarted):
            return event.arn
    raise AssertionError("nothing was started")


def asked(world: Stage, arn: str | None = None, **members: Any) -> RecordedCopy:
    return RecordedCopy(1, asked_at=world.clock.now(), task_arn=arn, **members)


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        pytest.param(
            [result("a", Outcome.SUCCEEDED, arn=ARN, status="STOPPED", exit_code=0)], 0, id="success"
        ),
        pytest.param(
            [result("a", Outcome.FAILED, arn=ARN, status="STOPPED", exit_code=9)], 9, id="exit code"
        ),
        pytest.param(
            [result("a", Outcome.TIMEOUT, arn=ARN, status="STOPPED", exit_code=137)], 124, id="timeout"
        ),
        pytest.param(
            [
                result("a", Outcome.FAILED, arn=ARN, status="STOPPED", exit_code=9),
                result("b", Outcome.SKIPPED, reason="not started: a failed"),
            ],
            1,
            id="a job that was skipped",
        ),
        pytest.param([result("a", Outcome.REFUSED, reason="no")], 125, id="refused"),
    ],
)
def test_recorded_ends_are_not_waited_for(stage: Begin, tmp_path: Path, ends: list[Any], status: int) -> None:
    world = stage()
    names = tuple(each.job for each in ends)
    write(
        tmp_path,
        *(entry(each.job, RecordedCopy(1, task_arn=each.arn, result=each), jobs=names) for each in ends),
    )

    played = waited(world, tmp_path)

    assert played.status == status
    assert [each.outcome for each in played.summary.tasks] == [each.outcome for each in ends]
    assert world.clock.waited_s == 0


def test_a_failure_without_a_recorded_end_may_be_tried_again(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(30, 4)]}]})
    started(world, "name: a\nimage: alpine\n")
    write(tmp_path, entry("a", asked(world), attempts=4))

    played = waited(world, tmp_path)

    # It was waited for the pause before the fourth attempt, and for a minute until that would be seen.
    assert 30 + 4 + 60 <= world.clock.waited_s < 110
    assert played.status == 4
    (said,) = played.warned
    assert "of a, and no end is recorded: the apply of this run may have ended" in said
    assert "--run-id r" in said


@pytest.mark.parametrize(
    ("code", "attempts"), [pytest.param(0, 3, id="success"), pytest.param(4, 1, id="the only attempt")]
)
def test_an_end_that_is_not_tried_again_is_not_waited_for(
    stage: Begin, tmp_path: Path, code: int, attempts: int
) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(30, code)]}]})
    started(world, "name: a\nimage: alpine\n")
    write(tmp_path, entry("a", asked(world), attempts=attempts))

    played = waited(world, tmp_path)

    assert (played.status, played.warned) == (code, [])
    assert world.clock.waited_s < 40


def test_what_was_detached_is_not_tried_again(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(30, 4)]}]})
    (task,) = world.apply(world.compile("name: a\nimage: alpine\n"), run_id="r", detach=True).summary.tasks
    write(tmp_path, entry("a", asked(world, task.arn), attempts=3))

    played = waited(world, tmp_path)

    assert (played.status, played.warned) == (4, [])
    assert world.clock.waited_s < 40


def test_an_end_that_is_recorded_meanwhile_ends_the_wait(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(30, 4)]}]})
    arn = started(world, "name: a\nimage: alpine\n")
    write(tmp_path, entry("a", asked(world), attempts=4))
    end = result("a", Outcome.FAILED, arn=arn, status="STOPPED", exit_code=4)

    def record(event: Event) -> None:
        if isinstance(event, TaskChanged) and event.status == "STOPPED":
            write(tmp_path, entry("a", asked(world, arn, result=end), attempts=4))

    played = waited(world, tmp_path, record)

    assert (played.status, played.warned) == (4, [])
    assert world.clock.waited_s < 40


def test_a_further_attempt_is_waited_for(stage: Begin, tmp_path: Path) -> None:
    world = stage(
        {
            "tasks": [
                {"copy": 1, "timeline": [RUNNING, ended(30, 4)]},
                {"copy": 2, "timeline": [RUNNING, ended(50, 0)]},
            ]
        }
    )
    manifest = "name: a\nimage: alpine\nretry: {attempts: 2, on: [failure]}\n"
    plan, arn = world.compile(manifest), started(world, manifest)
    write(tmp_path, entry("a", asked(world), attempts=2))
    first = result("a", Outcome.FAILED, arn=arn, status="STOPPED", exit_code=4)

    def apply_again(event: Event) -> None:
        if isinstance(event, TaskChanged) and event.status == "STOPPED" and event.arn == arn:
            for each in world.events(plan, run_id="r"):
                if isinstance(each, TaskStarted) and each.arn != arn:
                    second = asked(world, attempt=2, earlier=(first,))
                    write(tmp_path, entry("a", second, attempts=2))
                    return

    played = waited(world, tmp_path, apply_again)

    assert played.status == 0
    assert [each.exit_code for each in played.summary.tasks[0].attempts] == [4, 0]


def test_a_job_that_has_not_begun_is_waited_for(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(30)]}]})
    started(world, CHAIN, only=["a"])
    write(tmp_path, entry("a", asked(world), jobs=("a", "b")))

    def begin_b(event: Event) -> None:
        if isinstance(event, TaskEnded) and event.result.job == "a":
            world.apply(world.compile(CHAIN), run_id="r", only=["b"], detach=True)

    played = waited(world, tmp_path, begin_b)

    assert (played.status, played.warned) == (0, [])
    assert [each.job for each in played.summary.tasks] == ["a", "b"]


def test_a_job_that_never_begins_is_given_up(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(30)]}]})
    started(world, CHAIN, only=["a"])
    write(tmp_path, entry("a", asked(world), jobs=("a", "b")))

    played = waited(world, tmp_path)

    assert played.status == 1
    assert [(each.job, each.outcome) for each in played.summary.tasks] == [
        ("a", Outcome.SUCCEEDED),
        ("b", Outcome.LOST),
    ]
    assert len(played.of(Warned)) == 1


def test_a_task_that_was_asked_for_and_is_never_seen_is_given_up(stage: Begin, tmp_path: Path) -> None:
    world = stage()
    write(tmp_path, entry("a", asked(world)))

    played = waited(world, tmp_path)

    assert (played.status, len(played.warned)) == (125, 1)
    assert 60 <= world.clock.waited_s < 80


def test_a_job_of_exit_codes_of_its_own(stage: Begin, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(30, 3)]}]})
    started(world, "name: a\nimage: alpine\n")
    write(tmp_path, entry("a", asked(world), succeed_on=(0, 3)))

    assert waited(world, tmp_path).status == 0
