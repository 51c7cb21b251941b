"""`concurrency`: jobs that must not run beside another run of theirs, and those that wait for it to end."""

import signal
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from apply_stage import Played, Stage
from job_policies import jobs_of, life, ordered, with_policies

from ecsplan.plan.plan import Plan
from ecsplan_applier.aws.operations import RUN_TASK, STOP_TASK
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.errors import OtherRunError
from ecsplan_applier.outcomes.events import Interrupted, Noted, Waiting
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]
LONG = {"tasks": [life("etl", seconds=100)]}
CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource")


def guarded(world: Stage, concurrency: str, *names: str, **keys: object) -> Plan:
    """Return a plan whose jobs have a `concurrency`, by default one job `etl`."""
    return ordered(jobs_of(world, *(names or ("etl",)), **keys), {}, concurrency=concurrency)


def begun(world: Stage, plan: Plan, run_id: str = "first", **options: Any) -> None:
    """Leave the tasks of a run running."""
    world.apply(plan, run_id=run_id, detach=True, **options)
    world.endpoint.forget_calls()


def outcomes(played: Played) -> dict[str, str]:
    return {each.label: str(each.outcome) for each in played.summary.tasks}


def test_forbid_starts_nothing_beside_another_run(stage: Begin) -> None:
    world = stage(LONG)
    plan = guarded(world, "forbid", "etl", "other")
    begun(world, plan, only=["etl"])

    with pytest.raises(OtherRunError) as raised:
        world.apply(plan, run_id="second")

    assert raised.value.exit_status == 121
    assert "etl: run first is under way (1 task)" in str(raised.value)
    assert f"\n    default::{world.tasks()[0]['taskArn']} (run first), created 0" in str(raised.value)
    assert world.calls(*CHANGING) == []
    assert len(world.tasks()) == 1


@pytest.mark.parametrize(
    ("started_by", "refused"),
    [
        pytest.param("ecsplan/first", True, id="another run"),
        pytest.param("ecsplan/", False, id="no run"),
        pytest.param("ecsplan", False, id="a word"),
        pytest.param("ecs-svc/1234", False, id="a service"),
        pytest.param("", False, id="nobody"),
    ],
)
def test_whose_tasks_count(stage: Begin, started_by: str, refused: bool) -> None:
    world = stage(LONG)
    job = guarded(world, "forbid").jobs[0]
    request = {**job.run_request, "taskDefinition": world.register(**job.definition.request)}
    world.ask(RUN_TASK, **request, **({"startedBy": started_by} if started_by else {}))
    plan = guarded(world, "forbid")

    if refused:
        with pytest.raises(OtherRunError):
            world.apply(plan, run_id="second")
    else:
        assert world.apply(plan, run_id="second").status == 0


@pytest.mark.parametrize(
    "where",
    [pytest.param({"family": "other"}, id="family"), pytest.param({"cluster": "batch"}, id="cluster")],
)
def test_what_runs_elsewhere_does_not_count(stage: Begin, where: dict[str, str]) -> None:
    world = stage({"tasks": [{**LONG["tasks"][0], "family": each} for each in ("etl", "other")]})
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    client = boto3.client("ecs", endpoint_url=world.endpoint.url, region_name="us-east-1", **keys)
    client.create_cluster(clusterName="batch")
    client.close()
    begun(world, jobs_of(world, "etl", **where))

    assert world.apply(guarded(world, "forbid"), run_id="second").status == 0


def test_a_task_that_is_being_stopped_still_counts(stage: Begin) -> None:
    """ECS lists it as STOPPED from the call on, and its containers have up to two minutes."""
    script = {**LONG["tasks"][0], "on_stop": [{"at": 30, "status": "STOPPED", "exitCode": 143}]}
    world = stage({"tasks": [script]})
    plan = guarded(world, "forbid")
    begun(world, plan)
    task = world.tasks()[0]["taskArn"]
    world.ask(STOP_TASK, task=task)

    with pytest.raises(OtherRunError):
        world.apply(plan, run_id="second")


def test_an_ended_run_does_not_count(stage: Begin) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, "forbid")
    world.apply(plan, run_id="first")

    assert world.apply(plan, run_id="second").status == 0


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_a_resumed_run_is_not_blocked_by_its_own_tasks(stage: Begin, concurrency: str) -> None:
    world = stage(LONG)
    plan = guarded(world, concurrency, count=2)
    begun(world, plan)
    # Somebody else has started beside it in the meantime: this run has begun all the same.
    world.apply(with_policies(plan, {"etl": {"concurrency": "allow"}}), run_id="beside", detach=True)
    world.endpoint.forget_calls()

    played = world.apply(plan, run_id="first")

    assert outcomes(played) == {"etl/1": "succeeded", "etl/2": "succeeded"}
    assert len(world.tasks()) == 4


def test_jobs_of_one_run_do_not_block_each_other(stage: Begin) -> None:
    world = stage(LONG)

    assert world.apply(guarded(world, "forbid", "a", "b", family="etl")).status == 0


def test_forbid_of_a_job_that_starts_later_skips_it(stage: Begin) -> None:
    world = stage({"tasks": [*LONG["tasks"], life("a")]})
    etl = guarded(world, "forbid")
    plan = ordered(jobs_of(world, "a", "etl", "b"), {"etl": ["a"], "b": ["etl"]})
    plan = with_policies(plan, {"etl": {"concurrency": "forbid"}})
    begun(world, etl)

    played = world.apply(plan, run_id="second")

    assert outcomes(played) == {"a": "succeeded", "etl": "skipped", "b": "skipped"}
    assert {each.reason for each in played.summary.tasks if each.outcome is Outcome.SKIPPED} == {
        "not started: run first is under way (1 task)"
    }
    assert played.status == 1


def test_wait_starts_when_the_other_run_has_ended(stage: Begin) -> None:
    world = stage(LONG)
    plan = guarded(world, "wait")
    begun(world, plan)

    played = world.apply(plan, run_id="second", heartbeat_s=20)

    assert played.status == 0
    first, second = sorted((each["createdAt"], each["stoppedAt"]) for each in world.tasks())
    assert 0 <= (second[0] - first[1]).total_seconds() <= plan.jobs[0].watch.poll_interval_s
    assert [each.message for each in played.of(Noted)] == [
        "run first is under way (1 task); waiting for up to 120 s"
    ]
    said = [each.state for waiting in played.of(Waiting) for each in waiting.tasks]
    assert said[0] == "waiting for run first"


def test_wait_changes_nothing_before_it_may_start(stage: Begin) -> None:
    world = stage(LONG)
    begun(world, guarded(world, "wait"))
    other = ordered(jobs_of(world, "etl", env={"A": "1"}), {}, concurrency="wait")
    changed_at: list[float] = []
    for each in CHANGING:
        world.endpoint.after(each, 1, lambda _: changed_at.append(world.clock.now()))

    world.apply(other, run_id="second")

    stopped = min(each["stoppedAt"] for each in world.tasks())
    assert changed_at
    assert min(changed_at) >= stopped.timestamp()


def test_wait_ends_after_the_start_timeout(stage: Begin) -> None:
    world = stage({"tasks": [life("etl", seconds=5000)]})
    plan = guarded(world, "wait", "etl", "b", task_start_timeout_seconds=60)
    plan = with_policies(plan, {"b": {"after": ("etl",)}})
    begun(world, plan, only=["etl"])

    played = world.apply(plan, run_id="second")

    assert outcomes(played) == {"etl": "another run under way", "b": "skipped"}
    assert played.summary.tasks[0].reason == "not started: run first is under way (1 task); waited for 60 s"
    assert played.status == 121
    assert 60 <= played.summary.seconds < 70
    assert world.calls(*CHANGING) == []


def test_a_detached_apply_waits_first(stage: Begin) -> None:
    world = stage(LONG)
    plan = guarded(world, "wait")
    begun(world, plan)

    assert outcomes(world.apply(plan, run_id="second", detach=True)) == {"etl": "left running"}
    first, second = sorted(each["createdAt"] for each in world.tasks())
    assert (second - first).total_seconds() >= 100


def test_a_signal_ends_the_wait(stage: Begin) -> None:
    world = stage(LONG)
    plan = guarded(world, "wait")
    begun(world, plan)
    interrupt = Interrupt()
    world.endpoint.after("ListTasks", 5, lambda _: interrupt.send(signal.SIGTERM))

    played = world.apply(plan, run_id="second", interrupt=interrupt)

    assert played.status == 143
    assert outcomes(played) == {"etl": "interrupted"}
    assert [(each.tasks, each.unanswered) for each in played.of(Interrupted)] == [(0, False)]
    assert world.calls(*CHANGING) == []


def test_tasks_that_have_stopped_are_described_once(stage: Begin) -> None:
    """A family that runs often has many of them, and a wait looks many times."""
    world = stage({"tasks": [{**life("etl"), "copy": each} for each in range(1, 31)] + LONG["tasks"]})
    world.apply(jobs_of(world, "etl", count=30), run_id="earlier")
    plan = guarded(world, "wait")
    begun(world, plan)

    world.apply(plan)

    looks = world.calls("ListTasks").count("ListTasks") // 2
    assert looks > 10
    asked = [
        len(each.parameters["tasks"]) for each in world.endpoint.calls() if each.operation == "DescribeTasks"
    ]
    assert [each for each in asked if each > 1] == [30]


def test_a_refused_look_is_an_error(stage: Begin) -> None:
    denied = {"operation": "ListTasks", "action": "error", "code": "AccessDeniedException"}
    world = stage()
    plan = guarded(world, "wait")
    world.endpoint.set_faults({"rules": [denied]})

    played = world.apply(plan)

    assert outcomes(played) == {"etl": "refused"}
    assert played.status == 125
    assert "RunTask" not in world.calls()


def test_looks_that_fail_make_no_wait_longer(stage: Begin) -> None:
    world = stage({"tasks": [life("etl", seconds=5000)]})
    begun(world, guarded(world, "wait", task_start_timeout_seconds=30))
    plan = guarded(world, "wait", task_start_timeout_seconds=30)
    throttled = {"operation": "ListTasks", "action": "throttle", "calls": "8-"}
    world.endpoint.set_faults({"tasks": [life("etl", seconds=5000)], "rules": [throttled]})
    before = world.clock.waited_s

    played = world.apply(plan, run_id="second")

    assert (outcomes(played), played.status) == ({"etl": "another run under way"}, 121)
    assert world.clock.waited_s - before < 60
    assert len(world.ask_past_faults()) == 1
