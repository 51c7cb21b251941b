"""Arrays, whose copies know themselves, and jobs of which only so many tasks run at a time."""

import signal
from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest
from apply_stage import Played, Stage
from job_policies import jobs_of, life, with_policies

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import Retry
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.errors import RunIdTakenError, UsageError
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]
AGAIN = Retry(attempts=3, causes=frozenset({"failure"}), written=True)
SLOW = {"tasks": [life("etl", seconds=20)]}


def planned(world: Stage, *, count: int = 1, **policy: Any) -> Plan:
    """Return a plan of one job with a policy."""
    keys: dict[str, Any] = {} if "array" in policy else {"count": count}
    return with_policies(jobs_of(world, "etl", env={"MODE": "fast"}, **keys), {"etl": policy})


def members(world: Stage) -> list[tuple[int, ...]]:
    """Return index, count and attempt of each task, as its environment says."""
    found = []
    for task in world.tasks():
        (override,) = task["overrides"]["containerOverrides"]
        env = {each["name"]: each["value"] for each in override["environment"]}
        assert env["MODE"] == "fast"
        found.append(tuple(int(env[f"ECSPLAN_{each}"]) for each in ("INDEX", "COUNT", "ATTEMPT")))
    return sorted(found)


def most_at_a_time(tasks: Iterable[dict[str, Any]]) -> int:
    """Return how many tasks there were at a time, from RunTask to STOPPED."""
    changes = [(each["createdAt"], 1) for each in tasks]
    changes += [(each["stoppedAt"], -1) for each in tasks if "stoppedAt" in each]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


def outcomes(played: Played) -> Counter[str]:
    return Counter(str(each.outcome) for each in played.summary.tasks)


@pytest.mark.parametrize("size", [1, 2, 13])
def test_each_copy_knows_itself(stage: Begin, size: int) -> None:
    world = stage()

    played = world.apply(planned(world, array=size))

    assert played.status == 0
    assert members(world) == [(index, size, 1) for index in range(size)]
    calls = [each.parameters for each in world.endpoint.calls() if each.operation == "RunTask"]
    assert [each["count"] for each in calls] == [1] * size
    assert len({each["clientToken"] for each in calls}) == size


def test_a_further_attempt_knows_itself(stage: Begin) -> None:
    world = stage({"tasks": [{**life("etl", exit_code=1), "copy": 2}]})

    played = world.apply(planned(world, array=3, retry=AGAIN))

    assert played.status == 0
    assert len(members(world)) == 4
    assert Counter(attempt for _, _, attempt in members(world)) == {1: 3, 2: 1}
    (tried,) = [each for each in played.summary.tasks if each.earlier]
    assert (tried.copy - 1, 3, 2) in members(world)


@pytest.mark.parametrize("number", [1, 2, 4])
@pytest.mark.parametrize("limit", [None, 2])
def test_a_resumed_array_goes_on(stage: Begin, number: int, limit: int | None) -> None:
    world = stage(SLOW)
    plan = planned(world, array=5, max_parallel=limit)
    given_up(world, plan, "RunTask", number)

    played = world.apply(plan, run_id="same", state=world.folder / "elsewhere", locks=world.folder / "other")

    assert outcomes(played) == {"succeeded": 5}
    assert members(world) == [(index, 5, 1) for index in range(5)]
    by_copy = {each.copy: each.arn for each in played.summary.tasks}
    for task in world.tasks():
        (override,) = task["overrides"]["containerOverrides"]
        index = next(int(e["value"]) for e in override["environment"] if e["name"] == "ECSPLAN_INDEX")
        assert by_copy[index + 1] == task["taskArn"]
    assert most_at_a_time(world.tasks()) <= (limit or 5)


def given_up(world: Stage, plan: Plan, operation: str, number: int, **options: Any) -> None:
    """Apply until a call was made, and then no further: as after SIGKILL, everything stays as it is."""
    made: list[int] = []
    world.endpoint.forget_calls()
    world.endpoint.after(operation, number, lambda _: made.append(1))
    for _ in world.events(plan, run_id="same", **options):
        if made:
            return


def test_a_call_that_started_nothing_is_no_copy(stage: Begin) -> None:
    """What a later call has started for a copy is found by its index, and no earlier call is made again."""
    failures = {"action": "failures", "calls": "1-2", "count": 1}
    world = stage({**SLOW, "rules": [failures]})
    plan = planned(world, array=2)
    given_up(world, plan, "DescribeTasks", 3)
    world.endpoint.set_faults(SLOW)

    played = world.apply(plan, run_id="same", state=world.folder / "elsewhere")

    assert outcomes(played) == {"succeeded": 2}
    assert len(members(world)) == 2


@pytest.mark.parametrize(("before", "now"), [(3, 5), (5, 3), (13, 20)])
def test_another_size_under_the_same_run_id_is_refused(stage: Begin, before: int, now: int) -> None:
    world = stage(SLOW)
    world.apply(planned(world, array=before), run_id="same", detach=True)

    with pytest.raises(RunIdTakenError):
        world.apply(planned(world, array=now), run_id="same")

    assert len(world.tasks()) == before


def test_lost_answers_give_each_copy_its_own_task(stage: Begin) -> None:
    world = stage({**SLOW, "rules": [{"operation": "RunTask", "action": "reset-after", "calls": "1-40"}]})
    plan = planned(world, array=3)

    played = world.apply(plan)

    arns = {each.copy - 1: each.arn for each in played.summary.tasks}
    for task in world.ask_past_faults():
        (override,) = task["overrides"]["containerOverrides"]
        index = next(int(e["value"]) for e in override["environment"] if e["name"] == "ECSPLAN_INDEX")
        assert arns[index] == task["taskArn"]


@pytest.mark.parametrize("kind", ["count", "array"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_so_many_at_a_time(stage: Begin, kind: str, limit: int) -> None:
    world = stage({"tasks": [{**life("etl", seconds=each), "copy": each} for each in range(1, 8)]})

    played = world.apply(planned(world, **{kind: 7}, max_parallel=limit))

    assert outcomes(played) == {"succeeded": 7}
    assert most_at_a_time(world.tasks()) == limit


def test_more_than_there_are_copies_is_no_limit(stage: Begin) -> None:
    world = stage(SLOW)

    world.apply(planned(world, count=12, max_parallel=12))

    assert [each.parameters["count"] for each in world.endpoint.calls() if each.operation == "RunTask"] == [
        10,
        2,
    ]


def test_further_attempts_count(stage: Begin) -> None:
    world = stage({"tasks": [{**life("etl", exit_code=1), "copy": each} for each in (1, 2, 3)]})

    played = world.apply(planned(world, array=6, max_parallel=2, retry=AGAIN))

    assert outcomes(played) == {"succeeded": 6}
    assert len(world.tasks()) == 9
    assert most_at_a_time(world.tasks()) <= 2


@pytest.mark.parametrize("kind", ["count", "array"])
@pytest.mark.parametrize(
    ("operation", "number"),
    [
        ("RunTask", 1),
        ("RunTask", 2),
        ("RunTask", 3),
        ("RunTask", 5),
        ("DescribeTasks", 9),
        ("DescribeTasks", 30),
    ],
)
def test_a_resumed_run_keeps_to_it(stage: Begin, kind: str, operation: str, number: int) -> None:
    world = stage(
        {"tasks": [{**life("etl", seconds=10 * each), "copy": each} for each in (3, 1, 2)] + SLOW["tasks"]}
    )
    plan = planned(world, **{kind: 6}, max_parallel=2)
    given_up(world, plan, operation, number)

    played = world.apply(plan, run_id="same", state=world.folder / "elsewhere", locks=world.folder / "other")

    assert outcomes(played) == {"succeeded": 6}
    assert len(world.tasks()) == 6
    assert most_at_a_time(world.tasks()) <= 2


@pytest.mark.parametrize("kind", ["count", "array"])
@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_a_run_resumed_between_attempts_keeps_to_it(stage: Begin, kind: str, number: int) -> None:
    failing = [{**life("etl", seconds=3, exit_code=1), "copy": each} for each in (1, 2)]
    world = stage({"tasks": [*failing, *SLOW["tasks"]]})
    plan = planned(world, **{kind: 4}, max_parallel=2, retry=AGAIN)
    given_up(world, plan, "RunTask", number)

    played = world.apply(plan, run_id="same", state=world.folder / "elsewhere", locks=world.folder / "other")

    assert outcomes(played) == {"succeeded": 4}
    assert len(world.tasks()) == 6
    assert most_at_a_time(world.tasks()) <= 2


def test_the_start_timeout_begins_when_a_copy_is_asked_for(stage: Begin) -> None:
    world = stage({"tasks": [life("etl", seconds=500)]})
    plan = jobs_of(world, "etl", count=3, task_start_timeout_seconds=60)

    played = world.apply(with_policies(plan, {"etl": {"max_parallel": 1}}))

    assert outcomes(played) == {"succeeded": 3}


def test_a_refusal_ends_the_rest(stage: Begin) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = planned(world, array=6, max_parallel=2)
    denied = {"operation": "RunTask", "action": "error", "code": "AccessDeniedException", "calls": "4-"}
    world.endpoint.set_faults({"tasks": [life("etl")], "rules": [denied]})

    played = world.apply(plan)

    assert outcomes(played) == {"succeeded": 3, "refused": 3}
    assert world.calls("RunTask").count("RunTask") == 4


def test_a_revision_that_others_deregister_is_replaced(stage: Begin) -> None:
    world = stage(SLOW)
    plan = planned(world, array=5, max_parallel=2)
    world.endpoint.after("RunTask", 2, lambda _: world.deregister(world.tasks()[0]["taskDefinitionArn"]))

    played = world.apply(plan)

    assert outcomes(played) == {"succeeded": 5}
    assert members(world) == [(index, 5, 1) for index in range(5)]
    assert len({each["taskDefinitionArn"] for each in world.tasks()}) == 2
    assert most_at_a_time(world.tasks()) <= 2


@pytest.mark.parametrize("number", [1, 2, 3])
def test_after_a_signal_no_copy_starts(stage: Begin, number: int) -> None:
    world = stage(SLOW)
    plan = planned(world, array=6, max_parallel=2)
    interrupt = Interrupt()
    world.endpoint.after("RunTask", number, lambda _: interrupt.send(signal.SIGINT))

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 130
    never = [each for each in played.summary.tasks if each.arn is None]
    assert len(world.tasks()) == number
    assert len(never) == 6 - number
    assert all(each.outcome is Outcome.INTERRUPTED for each in never)


def test_detach_needs_room_for_all(stage: Begin) -> None:
    world = stage(SLOW)

    with pytest.raises(UsageError, match="max_parallel"):
        world.apply(planned(world, array=3, max_parallel=2), detach=True)
    assert outcomes(world.apply(planned(world, array=3, max_parallel=3), detach=True)) == {"left running": 3}


def test_a_limit_may_change_between_applies(stage: Begin) -> None:
    """The token of a copy does not depend on how many may run beside it."""
    world = stage({"tasks": [life("etl", seconds=60)]})
    given_up(world, planned(world, count=6, max_parallel=3), "RunTask", 3)

    played = world.apply(planned(world, count=6, max_parallel=2), run_id="same")

    assert outcomes(played) == {"succeeded": 6}
    assert len(world.tasks()) == 6


@pytest.mark.parametrize("kind", ["count", "array"])
@pytest.mark.parametrize("seed", range(4))
def test_a_later_attempt_that_runs_counts_before_its_copy_has_come_to_it(
    stage: Begin, kind: str, seed: int
) -> None:
    """Whichever of two copies is tried again first, the attempt of the other one is running."""
    failing = [{**life("etl", seconds=3, exit_code=1), "copy": each} for each in (1, 2)]
    world = stage({"tasks": [*failing, life("etl", seconds=60)]})
    plan = planned(world, **{kind: 2}, max_parallel=1, retry=AGAIN)
    given_up(world, plan, "RunTask", 3)

    played = world.apply(plan, run_id="same", state=world.folder / "elsewhere", random=Random(seed))

    assert outcomes(played) == {"succeeded": 2}
    assert len(world.tasks()) == 4
    assert most_at_a_time(world.tasks()) == 1


@pytest.mark.parametrize("kind", ["count", "array"])
def test_no_capacity_in_a_resumed_run(stage: Begin, kind: str) -> None:
    """Whoever looks for what a call has started does not wait for copies that wait for it in turn."""
    world = stage(SLOW)
    plan = planned(world, **{kind: 4}, max_parallel=1)
    given_up(world, plan, "RunTask", 1)
    world.endpoint.set_faults({**SLOW, "rules": [{"action": "failures", "calls": "2-4"}]})

    played = world.apply(plan, run_id="same", state=world.folder / "elsewhere")

    assert outcomes(played) == {"succeeded": 4}
    assert len(world.tasks()) == 4


@pytest.mark.parametrize("seconds", [2.0, 60.0], ids=["ended", "running"])
def test_a_limit_under_the_run_id_of_a_run_without_one(stage: Begin, seconds: float) -> None:
    """What runs is followed, and what has ended is not done again: the tokens are others."""
    world = stage({"tasks": [life("etl", seconds=seconds)]})
    world.apply(planned(world, count=3), run_id="same", detach=seconds > 30)

    played = world.apply(planned(world, count=3, max_parallel=1), run_id="same")

    assert played.status == (0 if seconds > 30 else 122)
    done = [each for each in world.tasks() if each["containers"][0].get("exitCode") == 0]
    assert len(done) == 3
