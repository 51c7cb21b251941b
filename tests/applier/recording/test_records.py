"""What an apply records of its jobs in the ledger: before anything is asked for, and what became of it."""

import signal
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from apply_stage import Stage
from job_policies import jobs_of, life, ordered
from pass_counts import counted
from recorded_jobs import (
    DONE,
    ENDLESS,
    ENDS,
    FAILS,
    HELLO,
    LOGGING,
    ended_copies,
    ends,
    lives,
    open_copies,
    played,
    refusing,
    store_of,
)
from scripted_ledger import MemoryStore

from ecsplan_applier.context import Interrupt
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.tasks.verdicts import judge

Begin = Callable[..., Stage]
CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource")
NO_TASK: dict[str, tuple[dict[str, Any], Outcome, int]] = {
    "refused": (refusing(action="error", code="AccessDeniedException"), Outcome.REFUSED, 125),
    "no capacity": (refusing(action="failures", reason="RESOURCE:CPU"), Outcome.NOT_STARTED, 126),
}
"""Kinds of ends without a task: what ECS answers, and what becomes of the copy."""
SPOT = {"stopCode": "SpotInterruption", "exitCode": 143}


@pytest.mark.parametrize("kind", ENDS)
def test_a_plain_job_is_written_before_it_is_started_and_when_it_ended(stage: Begin, kind: str) -> None:
    manifest, script, outcome, status = ENDS[kind]
    world = stage(script)
    store, changed = store_of(world), list[list[str]]()
    store.meanwhile = lambda *_: changed.append(world.calls(*CHANGING))

    ended = played(world, manifest, store)

    assert (ended.status, ended.warned) == (status, [])
    assert store.calls == [("write", key) for key in store.documents for _ in range(2)]
    assert changed[0] == []
    before, after = (each.copies[0] for each in store.versions)
    assert before.is_open
    assert before.task_arn is None
    assert after.has_ended
    assert (after.asked_at, after.task_arn) == (before.asked_at, ended.summary.tasks[0].arn)
    assert after.result is not None
    assert after.result.outcome is outcome
    assert after.result.to_json() == ended.summary.tasks[0].to_json()
    assert after.log == ended.summary.tasks[0].log
    assert (after.log is None) == (manifest != LOGGING)


@pytest.mark.parametrize("kind", NO_TASK)
def test_what_was_not_started_may_still_be(stage: Begin, kind: str) -> None:
    script, outcome, status = NO_TASK[kind]
    world = stage(script)
    store = store_of(world)

    ended = played(world, HELLO, store)

    assert ended.status == status
    before, after = store.versions
    assert open_copies(before) == [1]
    (copy,) = after.copies
    assert (copy.is_open, copy.has_ended, copy.asked_at) == (False, False, None)
    assert copy.result is not None
    assert copy.result.outcome is outcome


def test_a_task_that_may_run_unseen_stays_open(stage: Begin) -> None:
    unlisted = {"operation": "ListTasks", "action": "error", "code": "AccessDeniedException"}
    world = stage({"rules": [{"operation": "RunTask", "action": "reset-after"}, unlisted]})
    store = store_of(world)

    ended = played(world, HELLO, store)

    assert ended.status == 125
    assert open_copies(store.entry()) == [1]


def test_the_entry_says_which_job_of_which_run_it_is(stage: Begin) -> None:
    world = stage(lives(DONE))
    store = store_of(world)
    plan = jobs_of(world, "etl", "load", succeed_on=[0, 4], retry={"attempts": 2}, cluster="default")

    world.apply(plan, ledger=store.ledger, run_id="nightly", only=["load"])

    (entry,) = store.entries
    assert list(store.documents) == ["000000000000/us-east-1/runs/nightly/load.json"]
    assert (entry.family, entry.container, entry.cluster) == ("load", "main", "default")
    assert (entry.succeed_on, entry.attempts, entry.jobs) == ((0, 4), 2, ("load",))


@pytest.mark.parametrize("reused", [False, True], ids=["registered", "reused"])
def test_whose_account_it_is_is_asked_at_most_once(stage: Begin, reused: bool) -> None:
    world = stage(lives(DONE))
    plan = jobs_of(world, *"abcdef")
    if reused:
        world.apply(plan)
        plan = jobs_of(world, *"abcdef")
    store = store_of(world)
    world.endpoint.forget_calls()

    world.apply(plan, ledger=store.ledger)

    assert len(world.calls("GetCallerIdentity")) <= (0 if reused else 1)
    assert {each.key.account for each in store.entries} == {"000000000000"}


def test_a_further_attempt_is_recorded_before_it_is_asked_for(stage: Begin) -> None:
    world = stage(lives(FAILS, FAILS, DONE))
    store, started = store_of(world), list[int]()
    store.meanwhile = lambda *_: started.append(len(world.calls("RunTask")))

    ended = played(world, HELLO + "retry: {attempts: 3, on: [failure]}\n", store)

    assert started == [0, 1, 2, 3]
    copies = [each.copies[0] for each in store.versions]
    assert [each.attempt for each in copies] == [1, 2, 3, 3]
    assert [len(each.earlier) for each in copies] == [0, 1, 2, 2]
    assert [each.is_open for each in copies] == [True, True, True, False]
    assert len({each.asked_at for each in copies}) == 3
    assert copies[-1].result is not None
    assert copies[-1].result.to_json() == ended.summary.tasks[0].to_json()


def test_a_signal_between_two_attempts_leaves_the_further_one_to_be_started(stage: Begin) -> None:
    world = stage(lives(FAILS, DONE))
    store, interrupt = store_of(world), Interrupt()
    world.endpoint.after("ListTasks", 1, lambda _: interrupt.send(signal.SIGINT))

    ended = played(world, HELLO + "retry: {attempts: 2, on: [failure]}\n", store, interrupt=interrupt)

    assert ended.status == 130
    (copy,) = store.entry().copies
    assert (copy.attempt, copy.asked_at, copy.has_ended) == (2, None, False)
    assert [each.exit_code for each in copy.earlier] == [3]


def test_a_detached_task_is_recorded_with_its_name_and_its_log(stage: Begin) -> None:
    world = stage(lives(ENDLESS))
    store = store_of(world)

    ended = played(world, LOGGING, store, detach=True)

    assert ended.status == 0
    assert store.writes == 2
    (copy,) = store.entry().copies
    assert (copy.is_open, copy.result) == (True, None)
    assert (copy.task_arn, copy.log) == (ended.summary.tasks[0].arn, ended.summary.tasks[0].log)
    assert copy.log is not None


def test_many_copies_are_recorded_by_few_writes(stage: Begin) -> None:
    world = stage(lives(DONE))
    store = store_of(world)

    ended = played(world, HELLO + "count: 200\n", store)

    assert ended.status == 0
    assert open_copies(store.versions[0]) == list(range(1, 201))
    assert ended_copies(store.entry()) == list(range(1, 201))
    assert store.writes <= 3


def test_a_further_attempt_costs_the_same_among_few_copies_and_among_many(stage: Begin) -> None:
    costs = [made_per_attempt(stage, copies) for copies in (4, 16)]

    assert [len(each) for each in costs] == [2, 2]
    assert all(many <= 1.2 * few for few, many in zip(*map(dict.values, costs), strict=True)), costs


def made_per_attempt(stage: Begin, copies: int) -> dict[str, float]:
    """Return how many verdicts and texts of copies an apply makes for each attempt; each copy has two."""
    world = stage(lives(*(ends(2.0 * number, **SPOT) for number in range(1, copies + 1)), DONE))
    store = store_of(world)
    made: dict[str, Callable[..., Any]] = {"verdicts": judge, "texts of copies": RecordedCopy.to_json}

    with counted(made) as counts:
        ended = played(world, f"{HELLO}count: {copies}\nretry: {{attempts: 2, on: [interruption]}}\n", store)

    assert [len(each.attempts) for each in ended.summary.tasks] == [2] * copies
    assert store.writes > copies
    return {name: number / (2 * copies) for name, number in counts.items()}


def test_ends_far_apart_are_not_kept_back_for_the_last_one(stage: Begin) -> None:
    world = stage(lives(DONE, ends(500.0, exitCode=0), ends(900.0, exitCode=0)))
    store, recorded = store_of(world), list[float]()
    store.meanwhile = lambda *_: recorded.append(world.clock.elapsed())

    played(world, HELLO + "count: 3\n", store)

    assert [ended_copies(each) for each in store.versions] == [[], [1], [1, 2], [1, 2, 3]]
    began, first, second, last = recorded
    assert first - began < 3 + 61 + 10
    assert second - began < 500 + 61 + 30
    assert last - began < 900 + 30


@pytest.mark.parametrize("more", ["count: 7\n", "array: 7\n"], ids=["count", "array"])
def test_copies_that_wait_for_their_turn_are_asked_for_only_once_that_is_recorded(
    stage: Begin, more: str
) -> None:
    world = stage(lives(DONE))
    store, behind = store_of(world), list[int]()

    def compare(*_: object) -> None:
        behind.append(len(world.calls("RunTask")))

    store.meanwhile = compare
    played(world, HELLO + more + "max_parallel: 2\n", store)

    known = [len(open_copies(each)) + len(ended_copies(each)) for each in store.versions]
    assert known[0] == 2
    assert known[-1] == 7
    # Before each write, no more copies were asked for than the write before it has recorded.
    assert all(asked <= recorded for asked, recorded in zip(behind[1:], known, strict=False))
    assert len(known) <= 2 + 5


def test_a_job_that_is_skipped_has_an_entry_that_says_so(stage: Begin) -> None:
    world = stage({"tasks": [life("extract", exit_code=1), life("load")]})
    store = store_of(world)

    ended = world.apply(
        ordered(jobs_of(world, "extract", "load"), {"load": ["extract"]}), ledger=store.ledger
    )

    assert ended.status == 1
    (copy,) = store.entry("load").copies
    assert (copy.asked_at, copy.has_ended) == (None, False)
    assert copy.result is not None
    assert (copy.result.outcome, copy.result.reason) == (Outcome.SKIPPED, "not started: extract failed")
    assert store.writes == 3


def test_jobs_that_a_signal_kept_from_starting_have_entries(stage: Begin) -> None:
    world = stage({"tasks": [life("extract", seconds=1000), life("load")]})
    store, interrupt = store_of(world), Interrupt()
    world.endpoint.after("DescribeTasks", 5, lambda _: interrupt.send(signal.SIGTERM))
    plan = ordered(jobs_of(world, "extract", "load"), {"load": ["extract"]})

    ended = world.apply(plan, ledger=store.ledger, interrupt=interrupt)

    assert ended.status == 143
    found = [each.result and each.result.outcome for name in ("extract", "load") for each in of(store, name)]
    assert found == [Outcome.INTERRUPTED, Outcome.INTERRUPTED]
    assert [each.has_ended for each in of(store, "extract")] == [True]


def of(store: MemoryStore, job: str) -> Sequence[Any]:
    return store.entry(job).copies
