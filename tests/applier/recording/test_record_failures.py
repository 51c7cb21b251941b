"""A ledger that fails: before anything is started nothing is, later what runs goes on; no end is claimed."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Stage
from job_policies import jobs_of, life, ordered
from recorded_jobs import (
    DONE,
    ENDLESS,
    ENDS,
    FAILS,
    HELLO,
    ended_copies,
    lives,
    open_copies,
    played,
    store_of,
)
from scripted_ledger import DOWN, SLOW_S, Fault, MemoryStore

from ecsplan_applier.context import Interrupt
from ecsplan_applier.ledger import files
from ecsplan_applier.ledger import folder as folder_store
from ecsplan_applier.ledger.entry import KEPT_BY_ECS_S
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.outcomes.events import Finished, Interrupted
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.recording.copy_records import CopyRecords
from ecsplan_applier.tasks.copies import Copy

Begin = Callable[..., Stage]
CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource")
PASSING: dict[str, list[Fault]] = {
    "slow at first": ["slow"],
    "slow at the end": ["", "slow"],
    "an error before the end is written": ["", "before"],
    "an error after the end was written": ["", "after"],
    "several errors": ["", "before", "after", "before"],
}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("kind", ENDS)
def test_a_fault_that_passes_changes_nothing(stage: Begin, kind: str, fault: str) -> None:
    manifest, script, outcome, status = ENDS[kind]
    world = stage(script)
    store = store_of(world, *PASSING[fault])

    ended = played(world, manifest, store)

    assert ended.status == status
    assert ended.summary.unrecorded == ()
    assert len(world.tasks()) == 1
    (copy,) = store.entry().copies
    assert copy.result is not None
    assert (copy.has_ended, copy.result.outcome) == (True, outcome)
    faults = [each for each in PASSING[fault] if each in {"before", "after"}]
    assert [DOWN in each for each in ended.warned] == [True] * min(1, len(faults))


@pytest.mark.parametrize("kind", ENDS)
def test_an_end_that_cannot_be_recorded_is_125_and_named(stage: Begin, kind: str) -> None:
    manifest, script, outcome, _ = ENDS[kind]
    world = stage(script)
    store = store_of(world, "", always="before")

    ended = played(world, manifest, store)

    assert ended.status == 125
    assert ended.summary.unrecorded == ("hello",)
    assert ended.summary.to_json()["unrecorded"] == ["hello"]
    assert ended.summary.tasks[0].outcome is outcome
    assert [DOWN in each for each in ended.warned] == [True]
    assert open_copies(store.entry()) == [1]


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("count", [1, 3], ids=["one job", "several jobs"])
def test_nothing_is_started_where_the_beginning_cannot_be_recorded(
    stage: Begin, count: int, fault: Fault
) -> None:
    world = stage(lives(DONE))
    plan = jobs_of(world, *"abc"[:count])
    store = store_of(world, always=fault)
    world.endpoint.forget_calls()

    with pytest.raises(LedgerError) as raised:
        world.apply(plan, ledger=store.ledger)

    assert raised.value.exit_status == 125
    assert str(raised.value).startswith(
        f"{DOWN}\n  nothing was started\n  help: choose another with --ledger"
    )
    assert world.calls(*CHANGING) == []


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_started(
    stage: Begin, tmp_path: Path
) -> None:
    world, folder = stage(lives(DONE)), tmp_path / "ledger"
    folder.write_text("a file")

    with pytest.raises(LedgerError, match="cannot be written"):
        world.apply(world.compile(HELLO), ledger=folder)

    assert world.calls(*CHANGING) == []


def test_of_jobs_that_begin_at_once_one_that_is_recorded_lets_the_others_wait(stage: Begin) -> None:
    world = stage(lives(DONE))
    store = store_of(world, "before", "", "before")

    ended = world.apply(jobs_of(world, *"abc"), ledger=store.ledger)

    assert ended.status == 0
    assert [ended_copies(each) for each in store.entries] == [[1], [1], [1]]


def test_a_job_whose_beginning_cannot_be_recorded_is_refused_while_others_go_on(stage: Begin) -> None:
    world = stage({"tasks": [life("extract"), life("load")]})
    store = store_of(world)

    def fail_load(_: MemoryStore, key: str) -> None:
        if key.endswith("/load.json"):
            raise LedgerError(DOWN)

    store.meanwhile = fail_load
    plan = ordered(jobs_of(world, "extract", "load"), {"load": ["extract"]})

    ended = world.apply(plan, ledger=store.ledger)

    assert [each.outcome for each in ended.summary.tasks] == [Outcome.SUCCEEDED, Outcome.REFUSED]
    assert ended.summary.tasks[1].reason == DOWN
    assert ended.summary.unrecorded == ()
    assert ended.status == 1
    assert len(world.calls("RunTask")) == 1
    assert world.clock.waited_s > plan.jobs[1].watch.start_timeout_s - 60


def test_a_further_attempt_is_made_although_it_cannot_be_recorded(stage: Begin) -> None:
    world = stage(lives(FAILS, DONE))
    store = store_of(world, "", "before")

    ended = played(world, HELLO + "retry: {attempts: 2, on: [failure]}\n", store)

    assert ended.status == 0
    assert len(ended.summary.tasks[0].attempts) == 2
    assert ended_copies(store.entry()) == [1]


def test_a_further_attempt_does_not_wait_long_for_a_ledger_that_does_not_answer(stage: Begin) -> None:
    world = stage(lives(FAILS, DONE))
    store = store_of(world, "", "slow")

    played(world, HELLO + "retry: {attempts: 2, on: [failure]}\n", store)

    created = sorted(each["createdAt"] for each in world.tasks())
    assert (created[1] - created[0]).total_seconds() < SLOW_S - 5


def test_a_copy_that_waits_for_its_turn_is_not_asked_for_before_that_is_recorded(stage: Begin) -> None:
    world = stage(lives(DONE))
    store = store_of(world, "", always="before")

    ended = played(world, HELLO + "array: 3\nmax_parallel: 1\ntask_start_timeout_seconds: 100\n", store)

    assert len(world.calls("RunTask")) == 1
    outcomes = [each.outcome for each in ended.summary.tasks]
    assert outcomes == [Outcome.SUCCEEDED, Outcome.REFUSED, Outcome.REFUSED]
    assert open_copies(store.entry()) == [1]


def test_a_copy_that_waits_for_its_turn_is_asked_for_once_the_ledger_answers_again(stage: Begin) -> None:
    world = stage(lives(DONE))
    store = store_of(world, "", "before", "before", "after")

    ended = played(world, HELLO + "array: 3\nmax_parallel: 1\n", store)

    assert ended.status == 0
    assert ended_copies(store.entry()) == [1, 2, 3]


def test_the_same_cause_is_warned_about_once_in_an_apply(stage: Begin) -> None:
    world = stage(lives(DONE))
    store = store_of(world, *[""] * 5, always="before")

    ended = world.apply(jobs_of(world, *"abcde"), ledger=store.ledger)

    assert ended.summary.unrecorded == tuple("abcde")
    assert [DOWN in each for each in ended.warned] == [True]


def last_signal(world: Stage, insisting: bool) -> Interrupt:
    """Return an interrupt that is sent while the task runs, and once more if it is to insist."""
    interrupt = Interrupt()

    def send(_: object) -> None:
        interrupt.send(signal.SIGINT)

    world.endpoint.after("DescribeTasks", 5, send)
    if insisting:
        world.endpoint.after("DescribeTasks", 12, send)
    return interrupt


def test_after_a_signal_a_ledger_that_fails_holds_nothing_up(stage: Begin) -> None:
    world = stage(lives(ENDLESS))
    store = store_of(world, "", always="before")
    stopped: list[float] = []
    world.endpoint.after("StopTask", 1, lambda _: stopped.append(world.clock.elapsed()))

    ended = played(world, HELLO, store, interrupt=last_signal(world, insisting=False))

    assert ended.status == 130
    assert ended.summary.unrecorded == ("hello",)
    assert world.clock.elapsed() - stopped[0] < 60


def test_after_a_second_signal_nothing_is_waited_for(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": ENDLESS, "on_stop": [{"at": 100, "status": "STOPPED"}]}]})
    store = store_of(world, "", always="slow")

    ended = played(world, HELLO, store, interrupt=last_signal(world, insisting=True))

    assert ended.status == 130
    assert ended.of(Interrupted)[-1].again
    assert store.writes == 1


def test_what_is_known_is_recorded_when_the_apply_itself_fails(stage: Begin) -> None:
    world = stage({"tasks": [life("quick"), life("late", seconds=50)]})
    store = store_of(world)
    plan = jobs_of(world, "quick", "late", stream_output=False)

    def fail(store: MemoryStore, key: str) -> None:
        if store.writes == 3:
            raise ZeroDivisionError("a bug")

    store.meanwhile = fail
    ended = world.apply(plan, ledger=store.ledger)

    assert ended.summary.failure is not None
    assert "ZeroDivisionError" in ended.summary.failure
    assert isinstance(ended.events[-1], Finished)
    assert ended_copies(store.entry("quick")) == [1]
    (late,) = store.entry("late").copies
    assert late.is_open
    assert late.task_arn is not None


def test_what_is_known_is_recorded_when_the_apply_fails_in_the_middle_of_a_write(
    stage: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stage({"tasks": [life("quick"), life("late", seconds=50), life("later", seconds=99)]})
    is_held, replace, note_over = False, files.replace, CopyRecords.note_over

    def replaced(path: Path, text: str, version: str) -> str | None:
        # Another process holds the lock from the first end on, until the apply fails at the second one.
        return None if is_held else replace(path, text, version)

    def noted(records: CopyRecords, copy: Copy) -> None:
        nonlocal is_held
        ends.append(copy.number)
        is_held = len(ends) == 1
        if len(ends) == 2:
            raise ZeroDivisionError("a bug")
        note_over(records, copy)

    ends: list[int] = []
    monkeypatch.setattr(files, "replace", replaced)
    monkeypatch.setattr(CopyRecords, "note_over", noted)
    monkeypatch.setattr(folder_store, "_MAX_WAIT_S", 1000.0)
    plan = jobs_of(world, "quick", "late", "later", stream_output=False)
    ended = world.apply(plan, ledger=world.folder / "ledger")

    assert "ZeroDivisionError" in (ended.summary.failure or "")
    copies = {
        path.stem: json.loads(path.read_text())["copies"][0]
        for path in (world.folder / "ledger").rglob("*.json")
    }
    assert {name: each["result"] is not None for name, each in copies.items()} == {
        "quick": True,
        "late": True,
        "later": False,
    }


def someone_else(world: Stage, plan: Any, **options: Any) -> Callable[[MemoryStore, str], None]:
    """Return what applies the same run on another machine, whole, before a write of this one."""
    done: list[str] = []

    def carry_out(store: MemoryStore, key: str) -> None:
        if not done:
            done.append(key)
            played = world.apply(plan, ledger=store.ledger, run_id="r", state=world.folder / "b", **options)
            assert played.status == 0, played.events

    return carry_out


def test_a_machine_that_finds_that_another_has_ended_the_job_starts_nothing(stage: Begin) -> None:
    world = stage(lives(DONE))
    plan, store = world.compile(HELLO), store_of(world)
    store.meanwhile = someone_else(world, plan)

    ended = world.apply(plan, ledger=store.ledger, run_id="r")

    assert ended.status == 0
    assert len(world.tasks()) == 1
    assert len(world.calls("RunTask")) == 1
    assert ended.summary.tasks[0].arn == world.tasks()[0]["taskArn"]


def test_a_machine_that_finds_that_another_has_started_the_job_goes_on_with_it(stage: Begin) -> None:
    world = stage(lives(DONE))
    plan, store = world.compile(HELLO), store_of(world)
    store.meanwhile = someone_else(world, plan, detach=True)

    ended = world.apply(plan, ledger=store.ledger, run_id="r")

    assert ended.status == 0
    assert len(world.tasks()) == 1
    assert ended.summary.tasks[0].arn == world.tasks()[0]["taskArn"]
    assert ended_copies(store.entry()) == [1]


def test_a_machine_that_finds_another_request_under_the_run_id_starts_nothing(stage: Begin) -> None:
    world = stage(lives(DONE))
    other, plan = world.compile("image: busybox\n"), world.compile(HELLO)
    store = store_of(world)
    store.meanwhile = someone_else(world, other)

    ended = world.apply(plan, ledger=store.ledger, run_id="r")

    assert ended.status == 122
    assert "used with another request for this job" in str(ended.summary.tasks[0].reason)
    assert len(world.calls("RunTask")) == 1
    assert ended_copies(store.entry()) == [1]


def test_an_end_that_another_machine_has_recorded_stays(stage: Begin) -> None:
    world = stage(lives(DONE))
    plan, store = world.compile(HELLO), store_of(world)
    texts: list[str] = []

    def end_first(store: MemoryStore, key: str) -> None:
        # At the second write of this machine, the other has recorded the same end a moment before.
        if store.writes == 2 and not texts:
            texts.append("")
            world.apply(plan, ledger=store.ledger, run_id="r", state=world.folder / "b")
            texts.append(store.documents[key])

    store.meanwhile = end_first
    ended = world.apply(plan, ledger=store.ledger, run_id="r")

    assert ended.status == 0
    assert ended.summary.unrecorded == ()
    assert store.documents[next(iter(store.documents))] == texts[-1]


def test_that_this_machine_has_started_nothing_is_no_reason_to_forget_what_another_may_have(
    stage: Begin,
) -> None:
    world = stage({"rules": [{"operation": "RunTask", "action": "error", "code": "AccessDeniedException"}]})
    plan, store = world.compile(HELLO), store_of(world)
    joined: list[str] = []

    def join(store: MemoryStore, key: str) -> None:
        # Another machine joins the run after this one has recorded that it begins, and is killed.
        if store.writes == 2 and not joined:
            joined.append(key)
            store.documents[key] = store.documents[key].replace('"jobs": [', '"jobs": [\n  "other",')

    store.meanwhile = join
    ended = world.apply(plan, ledger=store.ledger, run_id="r")

    assert ended.status == 125
    assert joined
    assert open_copies(store.entry()) == [1]


@pytest.mark.parametrize(
    ("ago_s", "status"),
    [(60.0, 0), (KEPT_BY_ECS_S, 125)],
    ids=["tokens are known", "tokens may be forgotten"],
)
def test_a_machine_that_finds_another_further_ahead_asks_for_nothing_that_ecs_may_have_forgotten(
    stage: Begin, ago_s: float, status: int
) -> None:
    world = stage(lives(DONE))
    plan, store = world.compile(HELLO), store_of(world)
    done: list[str] = []

    def come_further(store: MemoryStore, key: str) -> None:
        if not done:
            done.append(key)
            world.apply(plan, ledger=store.ledger, run_id="r", state=world.folder / "b", detach=True)
            entry = json.loads(store.documents[key])
            entry["copies"][0] |= {"attempt": 2, "first_asked_at": world.clock.now() - ago_s}
            store.documents[key] = json.dumps(entry)

    store.meanwhile = come_further
    ended = world.apply(plan, ledger=store.ledger, run_id="r")

    assert ended.status == status
    assert len(world.calls("RunTask")) == (1 if status else 2)
    assert len(world.tasks()) == 1
    assert ("has made more progress with hello" in str(ended.summary.tasks[0].reason)) is bool(status)


@pytest.mark.parametrize("lost", [1, 3], ids=["once", "several times"])
def test_a_write_whose_answer_was_lost_is_not_taken_for_that_of_another_machine(
    stage: Begin, lost: int
) -> None:
    world = stage({"rules": [{"operation": "RunTask", "action": "error", "code": "AccessDeniedException"}]})
    store = store_of(world, "", *["after"] * lost)

    ended = played(world, HELLO, store)

    # Had another machine written the entry, it might have started the task: the copy would stay open.
    assert [each.outcome for each in ended.summary.tasks] == [Outcome.REFUSED]
    assert open_copies(store.entry()) == []
    assert ("read", next(iter(store.documents))) in store.calls
