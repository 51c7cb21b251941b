"""Jobs that start after others: when, which are skipped, what resumes, and what a signal leaves unstarted."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from apply_stage import Played, Stage
from job_policies import combined, jobs_of, life, ordered, with_policies

from ecsplan.terms.run_policy import Retry
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.errors import JobOrderError, UsageError
from ecsplan_applier.outcomes.events import TaskEnded, TaskStarted, Waiting
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.tasks.watch import AWAITED_QUICK_S

Begin = Callable[..., Stage]
DEREGISTER = {"auto_deregister_task_definition": True}
DIAMOND = {"left": ["top"], "right": ["top"], "bottom": ["left", "right"]}


def outcomes(played: Played) -> dict[str, str]:
    return {each.label: str(each.outcome) for each in played.summary.tasks}


def reasons(played: Played) -> dict[str, str | None]:
    return {each.label: each.reason for each in played.summary.tasks if each.outcome is Outcome.SKIPPED}


def times(world: Stage) -> dict[str, tuple[float, float]]:
    """Return when the task of each family was started and stopped, by the endpoint's clock."""
    return {
        each["group"].removeprefix("family:"): (
            each["createdAt"].timestamp(),
            each["stoppedAt"].timestamp() if "stoppedAt" in each else float("inf"),
        )
        for each in world.tasks()
    }


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        pytest.param((), {}, id="all succeed"),
        pytest.param(
            ("top",),
            dict.fromkeys(("left", "right", "bottom"), "not started: top failed"),
            id="the first fails",
        ),
        pytest.param(("left",), {"bottom": "not started: left failed"}, id="one side fails"),
        pytest.param(("left", "right"), {"bottom": "not started: right failed"}, id="both sides fail"),
        pytest.param(("bottom",), {}, id="the last fails"),
    ],
)
def test_a_diamond(stage: Begin, failing: Sequence[str], expected: dict[str, str]) -> None:
    world = stage({"tasks": [life(name, exit_code=3) for name in failing]})
    plan = ordered(jobs_of(world, "bottom", "right", "left", "top"), DIAMOND)

    played = world.apply(plan)

    assert reasons(played) == expected
    assert played.status == (1 if failing else 0)
    began = times(world)
    assert began.keys() == {"top", "left", "right", "bottom"} - expected.keys()
    for name, needed in DIAMOND.items():
        for each in needed:
            if name in began:
                assert began[each][1] <= began[name][0]


@pytest.mark.parametrize(
    ("timeline", "words"),
    [
        pytest.param([{"at": 1, "status": "STOPPED", "exitCode": 7}], "failed", id="exit code"),
        pytest.param(
            [
                {
                    "at": 1,
                    "status": "STOPPED",
                    "stopCode": "TaskFailedToStart",
                    "stoppedReason": "no such image",
                }
            ],
            "was not started",
            id="failed start",
        ),
        pytest.param(
            [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "stopCode": "SpotInterruption"}],
            "was interrupted by AWS",
            id="interruption",
        ),
        pytest.param([{"at": 1, "status": "RUNNING"}], "timed out", id="timeout"),
        pytest.param([{"at": 1, "status": "PENDING"}], "was not started in time", id="start timeout"),
    ],
)
def test_what_did_not_succeed_skips_what_waits_for_it(
    stage: Begin, timeline: list[dict[str, Any]], words: str
) -> None:
    world = stage({"tasks": [{"family": "extract", "timeline": timeline}]})
    keys = {"task_timeout_seconds": 30, "task_start_timeout_seconds": 60}
    plan = ordered(
        jobs_of(world, "extract", "load", "report", **keys), {"load": ["extract"], "report": ["load"]}
    )

    played = world.apply(plan)

    assert reasons(played) == dict.fromkeys(("load", "report"), f"not started: extract {words}")
    assert played.status == 1
    assert {each["group"] for each in world.tasks()} == {"family:extract"}


def test_a_job_that_cannot_be_started_skips_what_waits_for_it(stage: Begin) -> None:
    rule = {
        "operation": "RegisterTaskDefinition",
        "action": "error",
        "code": "AccessDeniedException",
        "calls": "1",
    }
    world = stage()
    plan = ordered(jobs_of(world, "extract", "load", "other"), {"load": ["extract"]})
    world.endpoint.set_faults({"rules": [rule]})

    played = world.apply(plan)

    assert outcomes(played) == {"extract": "refused", "load": "skipped", "other": "succeeded"}
    assert reasons(played) == {"load": "not started: extract was refused"}


def test_jobs_that_depend_on_nothing_that_failed_go_on(stage: Begin) -> None:
    world = stage({"tasks": [life("a", exit_code=1)]})
    plan = ordered(jobs_of(world, "a", "b", "c", "d"), {"b": ["a"], "d": ["c"]})

    played = world.apply(plan)

    assert outcomes(played) == {"a": "failed", "b": "skipped", "c": "succeeded", "d": "succeeded"}


def test_a_skipped_job_changes_nothing(stage: Begin) -> None:
    world = stage({"tasks": [life("a", exit_code=1)]})
    plan = ordered(jobs_of(world, "a", "b"), {"b": ["a"]})

    played = world.apply(plan)

    assert world.revisions("b") == []
    assert [each.revision for each in played.summary.jobs if each.job == "b"] == [None]
    # Of the one that ran the outcome alone would be 1 as well: skipped jobs make it so, whatever it is.
    assert played.status == 1


def test_a_job_waits_for_all_copies(stage: Begin) -> None:
    late = {**life("a", seconds=40), "copy": 3}
    world = stage({"tasks": [late]})
    plan = ordered(jobs_of(world, "a", "b", count=3), {"b": ["a"]})

    played = world.apply(plan)

    assert played.status == 0
    stopped = [each["stoppedAt"] for each in world.tasks() if each["group"] == "family:a"]
    started = [each["createdAt"] for each in world.tasks() if each["group"] == "family:b"]
    assert len(started) == 3
    assert min(started) >= max(stopped)


def test_the_plain_name_of_a_matrix_is_all_of_its_jobs(stage: Begin) -> None:
    names = ("load[day=1]", "load[day=2]", "load[day=3]")
    world = stage()
    plan = ordered(combined(jobs_of(world, *names, "report"), "load", *names), {"report": ["load"]})
    slow = plan.jobs[1].definition.family
    world.endpoint.set_faults({"tasks": [life(slow, seconds=30)]})

    played = world.apply(plan)

    assert played.status == 0
    assert times(world)["report"][0] >= times(world)[slow][1]


def test_a_job_starts_within_one_poll_of_the_end_of_what_it_waits_for(stage: Begin) -> None:
    names = [f"j{number}" for number in range(6)]
    world = stage({"tasks": [life(name) for name in names]})
    plan = ordered(jobs_of(world, *names), {later: [first] for first, later in pairwise(names)})

    world.apply(plan)

    seen = times(world)
    gaps = [seen[later][0] - seen[first][1] for first, later in pairwise(names)]
    assert all(0 <= gap <= AWAITED_QUICK_S + 0.01 for gap in gaps), gaps


def test_jobs_of_one_family_may_wait_for_each_other(stage: Begin) -> None:
    """Each registers a revision of its own, and every one stays until the last job has ended."""
    world = stage()
    jobs = {
        name: {"image": f"alpine:{number}", "family": "etl", **DEREGISTER}
        for number, name in enumerate("abc")
    }
    plan = ordered(world.compile(str({"jobs": jobs}).replace("True", "true")), {"b": ["a"], "a": ["c"]})

    played = world.apply(plan)

    assert played.status == 0
    calls = world.calls("RunTask", "RegisterTaskDefinition", "DeregisterTaskDefinition")
    assert calls == [*["RegisterTaskDefinition", "RunTask"] * 3, *["DeregisterTaskDefinition"] * 3]
    assert world.revisions("etl") == []


def test_families_that_wait_for_each_other(stage: Begin) -> None:
    world = stage()
    jobs = {
        name: {"image": "alpine", "family": family, "env": {"JOB": name}, **DEREGISTER}
        for name, family in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b"))
    }
    plan = world.compile(str({"jobs": jobs}).replace("True", "true"))

    played = world.apply(ordered(plan, {"b1": ["a1"], "a2": ["b1"], "b2": ["a2"]}))

    assert played.status == 0
    assert (world.revisions("a"), world.revisions("b")) == ([], [])


@pytest.mark.parametrize(
    ("only", "carried_out", "order"),
    [
        pytest.param(["report"], ["report"], [], id="a job does not wait for what is left out"),
        pytest.param(
            ["+report"], ["extract", "load", "report"], ["extract", "load", "report"], id="with its needs"
        ),
        pytest.param(
            ["report", "extract"], ["extract", "report"], ["extract", "report"], id="order through others"
        ),
        pytest.param(
            ["+load", "other"], ["extract", "load", "other"], ["extract", "load"], id="needs and another"
        ),
        pytest.param(["+extract"], ["extract"], [], id="one without needs"),
    ],
)
def test_only(stage: Begin, only: list[str], carried_out: list[str], order: list[str]) -> None:
    world = stage()
    plan = ordered(
        jobs_of(world, "extract", "load", "report", "other"), {"load": ["extract"], "report": ["load"]}
    )

    played = world.apply(plan, only=only)

    assert [each.job for each in played.summary.jobs] == carried_out
    assert played.status == 0
    seen = times(world)
    assert all(seen[first][1] <= seen[later][0] for first, later in pairwise(order))


def test_only_takes_a_matrix(stage: Begin) -> None:
    names = ("load[day=1]", "load[day=2]")
    world = stage()
    plan = combined(jobs_of(world, "extract", *names, "report"), "load", *names)
    plan = ordered(plan, {each: ["extract"] for each in names} | {"report": ["load"]})

    assert [each.job for each in world.apply(plan, only=["load"]).summary.jobs] == list(names)
    assert [each.job for each in world.apply(plan, only=["+load"]).summary.jobs] == ["extract", *names]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"only": ["extrakt"]}, "no job extrakt; did you mean extract?", id="a slip"),
        pytest.param(
            {"only": ["+extrakt"]}, "no job extrakt; did you mean extract?", id="a slip with its needs"
        ),
        pytest.param({"only": ["zzz"]}, "no job zzz; it has: extract, load", id="nothing near"),
        pytest.param({"only": ["+"]}, "no job '+'; it has: extract", id="a plus alone"),
        pytest.param({"only": [""]}, "no job ''; it has: extract", id="nothing at all"),
        pytest.param(
            {"detach": True},
            "--detach ends before the jobs could start that `after` holds back: load",
            id="detach",
        ),
    ],
)
def test_wrong_options(stage: Begin, options: dict[str, Any], words: str) -> None:
    world = stage()
    plan = ordered(jobs_of(world, "extract", "load"), {"load": ["extract"]})
    world.endpoint.forget_calls()

    with pytest.raises(UsageError) as raised:
        world.apply(plan, **options)

    assert words in str(raised.value)
    assert world.calls() == []


def test_a_job_that_waits_for_nothing_that_is_carried_out_may_be_detached(stage: Begin) -> None:
    world = stage()
    plan = ordered(jobs_of(world, "extract", "load"), {"load": ["extract"]})

    assert outcomes(world.apply(plan, only=["load"], detach=True)) == {"load": "left running"}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        pytest.param({"a": ["b"]}, ["a is to start after b", "no such job"], id="unknown"),
        pytest.param({"a": ["lode"]}, ["did you mean load?"], id="unknown, one is near"),
        pytest.param({"a": ["a"]}, ["wait for each other: a after a"], id="itself"),
        pytest.param({"a": ["load"], "load": ["a"]}, ["a after load after a"], id="a pair"),
        pytest.param(
            {"x": ["a"], "a": ["load"], "load": ["y"], "y": ["a"]},
            ["a after load after y after a"],
            id="a cycle",
        ),
        pytest.param({"m1": ["load"], "load": ["m"]}, ["wait for each other"], id="through a matrix"),
    ],
)
@pytest.mark.parametrize("only", [[], ["x"]], ids=["all", "only another"])
def test_a_plan_that_cannot_be_put_in_order(
    stage: Begin, after: Mapping[str, list[str]], words: list[str], only: list[str]
) -> None:
    world = stage()
    plan = combined(jobs_of(world, "x", "a", "load", "y", "m1", "m2"), "m", "m1", "m2")
    world.endpoint.forget_calls()

    with pytest.raises(JobOrderError) as raised:
        world.apply(ordered(plan, after), only=only)

    assert raised.value.exit_status == 123
    assert all(each in str(raised.value) for each in words), str(raised.value)
    assert world.calls() == []


@pytest.mark.parametrize(
    ("operation", "number", "expected"),
    [
        pytest.param("RegisterTaskDefinition", 1, ["interrupted"] * 3, id="before the first starts"),
        pytest.param("DescribeTasks", 2, ["interrupted"] * 3, id="while the first runs"),
        pytest.param("RunTask", 2, ["succeeded", "interrupted", "interrupted"], id="as the second starts"),
    ],
)
def test_after_a_signal_nothing_starts(
    stage: Begin, operation: str, number: int, expected: list[str]
) -> None:
    world = stage({"tasks": [life(name, seconds=20) for name in ("a", "b", "c")]})
    plan = ordered(jobs_of(world, "a", "b", "c"), {"b": ["a"], "c": ["b"]})
    world.endpoint.forget_calls()
    interrupt = Interrupt()
    world.endpoint.after(operation, number, lambda _: interrupt.send(signal.SIGTERM))

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 143
    assert list(outcomes(played).values()) == expected
    assert played.summary.left_running == ()
    tasks = world.tasks()
    assert all(each["lastStatus"] == "STOPPED" for each in tasks)
    never = [each.label for each in played.summary.tasks if each.arn is None]
    assert len(tasks) + len(never) == 3
    assert all(
        each.reason == "interrupted before it was started"
        for each in played.summary.tasks
        if each.arn is None
    )


@pytest.mark.parametrize("operation", ["RegisterTaskDefinition", "RunTask", "DescribeTasks"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_run_that_was_given_up_is_resumed(stage: Begin, operation: str, number: int) -> None:
    """Whatever call was the last: no job runs twice, and none before what it waits for has ended."""
    world = stage({"tasks": [life(name, seconds=20) for name in ("a", "b", "c")]})
    plan = ordered(jobs_of(world, "a", "b", "c"), {"b": ["a"], "c": ["b"]})
    _give_up(world, plan, operation, number, run_id="again")

    played = world.apply(plan, run_id="again", state=world.folder / "elsewhere", locks=world.folder / "other")

    assert outcomes(played) == dict.fromkeys("abc", "succeeded")
    seen = times(world)
    assert len(world.tasks()) == 3
    assert seen["a"][1] <= seen["b"][0]
    assert seen["b"][1] <= seen["c"][0]


def _give_up(world: Stage, plan: Any, operation: str, number: int, **options: Any) -> None:
    calls = [0]

    def count(_: object) -> None:
        calls[0] += 1

    world.endpoint.forget_calls()
    world.endpoint.after(operation, number, count)
    for _ in world.events(plan, **options):
        if calls[0]:
            return


def test_a_resumed_run_reports_failures_and_skips_again(stage: Begin) -> None:
    world = stage({"tasks": [life("a", exit_code=4)]})
    plan = ordered(jobs_of(world, "a", "b"), {"b": ["a"]})

    first, again = (world.apply(plan, run_id="same") for _ in range(2))

    assert outcomes(first) == outcomes(again) == {"a": "failed", "b": "skipped"}
    assert [each.exit_code for each in again.summary.tasks] == [4, None]
    assert len(world.tasks()) == 1


def test_a_job_that_was_started_by_hand_before_its_turn_is_followed(stage: Begin) -> None:
    """What runs under the run id is attached to at once, and never called skipped."""
    world = stage({"tasks": [life("a", exit_code=1), life("b", seconds=60)]})
    plan = ordered(jobs_of(world, "a", "b"), {"b": ["a"]})
    world.apply(plan, run_id="same", only=["b"], detach=True)

    played = world.apply(plan, run_id="same")

    assert outcomes(played) == {"a": "failed", "b": "succeeded"}
    assert len(world.tasks()) == 2


def test_equal_jobs_are_not_taken_for_each_other_when_resumed(stage: Begin) -> None:
    """The task of one says nothing of whether the other has started: each waits for its turn."""
    world = stage({"tasks": [life("etl", seconds=20)]})
    plan = ordered(jobs_of(world, "a", "b", family="etl"), {"b": ["a"]})
    world.apply(plan, run_id="same", only=["a"], detach=True)

    played = world.apply(plan, run_id="same")

    assert outcomes(played) == {"a": "succeeded", "b": "succeeded"}
    first, second = sorted((each["createdAt"], each["stoppedAt"]) for each in world.tasks())
    assert first[1] <= second[0]


def test_an_equal_job_that_runs_is_followed_where_the_one_before_it_fails(stage: Begin) -> None:
    slow = {**life("etl", seconds=100), "copy": 2}
    world = stage({"tasks": [slow, life("etl", seconds=3, exit_code=1)]})
    plan = ordered(jobs_of(world, "a", "b", family="etl"), {"b": ["a"]})
    world.apply(plan, run_id="same", only=["a"])
    world.apply(plan, run_id="same", only=["b"], detach=True)
    running = next(each["taskArn"] for each in world.tasks() if each["lastStatus"] == "RUNNING")

    played = world.apply(plan, run_id="same")

    assert {each.label: each.arn for each in played.summary.tasks}["b"] == running
    assert outcomes(played) == {"a": "failed", "b": "succeeded"}


def test_what_is_waited_for_is_said(stage: Begin) -> None:
    world = stage({"tasks": [life("a", seconds=100)]})
    plan = ordered(jobs_of(world, "a", "b", "c", "d"), {"b": ["a"], "c": ["b"], "d": ["c"]})

    played = world.apply(plan, heartbeat_s=10)

    first: Waiting = played.of(Waiting)[0]
    assert [each.label for each in first.tasks] == ["a"]
    assert first.held is not None
    assert (first.held.count, first.held.names) == (3, ("a",))
    last = played.of(Waiting)[-1]
    assert last.held is None or last.held.count < 3


@pytest.mark.parametrize("shape", ["chain", "fan"])
def test_a_thousand_jobs(stage: Begin, shape: str) -> None:
    """Neither recursion nor work that grows with the square: the applier alone, with few real calls."""
    names = [f"j{number:04}" for number in range(1000)]
    world = stage({"tasks": [life(names[0], exit_code=1)]})
    one = jobs_of(world, names[0])
    jobs = tuple(_renamed(one.jobs[0], name) for name in names)
    after = (
        {later: [first] for first, later in pairwise(names)}
        if shape == "chain"
        else {name: [names[0]] for name in names[1:]}
    )
    plan = ordered(with_policies(_of(one, jobs), {}), after)

    played = world.apply(plan)

    assert list(outcomes(played).values()) == ["failed", *["skipped"] * 999]
    assert set(reasons(played).values()) == {f"not started: {names[0]} failed"}
    assert len(played.of(TaskEnded)) == 1000
    assert len(played.of(TaskStarted)) == 1


def _renamed(job: Any, name: str) -> Any:
    return replace(job, name=name)


def _of(plan: Any, jobs: tuple[Any, ...]) -> Any:
    return replace(plan, jobs=jobs)


def test_a_job_waits_for_the_last_attempt(stage: Begin) -> None:
    """A copy whose attempt is over has not ended while it is tried again."""
    again = Retry(attempts=3, causes=frozenset({"failure"}), written=True)
    first = {**life("a", exit_code=1), "copy": 1}
    world = stage({"tasks": [first, life("a", seconds=30)]})
    plan = with_policies(ordered(jobs_of(world, "a", "b"), {"b": ["a"]}), {"a": {"retry": again}})

    played = world.apply(plan)

    assert outcomes(played) == {"a": "succeeded", "b": "succeeded"}
    stopped = [each["stoppedAt"] for each in world.tasks() if each["group"] == "family:a"]
    assert len(stopped) == 2
    assert times(world)["b"][0] >= max(stopped).timestamp()


def test_a_job_whose_last_attempt_fails_skips_what_waits_for_it(stage: Begin) -> None:
    again = Retry(attempts=2, causes=frozenset({"failure"}), written=True)
    world = stage({"tasks": [life("a", exit_code=1)]})
    plan = with_policies(ordered(jobs_of(world, "a", "b"), {"b": ["a"]}), {"a": {"retry": again}})

    played = world.apply(plan)

    assert reasons(played) == {"b": "not started: a failed"}
    assert len(world.tasks()) == 2


def test_a_chain_is_about_as_fast_as_a_loop_over_boto3(stage: Begin) -> None:
    """A loop that polls every second sees the end of a job of two seconds at once: it takes 40 s."""
    names = [f"j{number:02}" for number in range(20)]
    ends = [{"at": 0.5, "status": "RUNNING"}, {"at": 1.95, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"timeline": ends}]})
    plan = ordered(jobs_of(world, *names, family="etl"), {later: [first] for first, later in pairwise(names)})

    played = world.apply(plan)

    assert played.status == 0
    assert played.summary.seconds <= 1.15 * 40


def test_a_job_before_a_fan_out_adds_few_looks(stage: Begin) -> None:
    names = [f"j{number:03}" for number in range(120)]
    looks = []
    for first in ([], ["first"]):
        world = stage({"tasks": [life("first", seconds=1.5)]})
        plan = jobs_of(world, *first, *names)
        world.endpoint.forget_calls()
        assert world.apply(ordered(plan, dict.fromkeys(names, first))).status == 0
        looks.append(world.calls("DescribeTasks").count("DescribeTasks"))

    assert looks[1] <= looks[0] + 3
