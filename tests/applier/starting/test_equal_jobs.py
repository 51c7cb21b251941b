"""Jobs of one plan that ask for the very same, resumed: only the tokens show whose a task is."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Played, Stage
from job_policies import with_policies

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import Retry
from ecsplan_applier.outcomes.errors import OtherRunError
from ecsplan_applier.outcomes.events import TaskStarted
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]
NAMES = ("a", "b", "c")
AGAIN = Retry(3, frozenset({"failure"}), written=True)
CONTAINER = "/overrides/containerOverrides/0"
BOTH = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
ORDERED = [{"op": "replace", "path": f"{CONTAINER}/environment", "value": BOTH}]
REORDERED = [{"op": "replace", "path": f"{CONTAINER}/environment", "value": BOTH[::-1]}]
SPELLED_OUT = [{"op": "add", "path": f"{CONTAINER}/resourceRequirements", "value": []}]
LONG = {
    "tasks": [{"timeline": [{"at": 1, "status": "RUNNING"}, {"at": 90, "status": "STOPPED", "exitCode": 0}]}]
}


def ends(at: float, exit_code: int = 0) -> list[dict[str, Any]]:
    return [{"at": 1, "status": "RUNNING"}, {"at": at, "status": "STOPPED", "exitCode": exit_code}]


def lives() -> dict[str, Any]:
    """Return a fault script in which equal jobs end at different times, and one of them fails at first."""
    each = [ends(6), ends(4, 5), ends(9)]
    return {
        "tasks": [
            *({"copy": number, "timeline": life} for number, life in enumerate(each, start=1)),
            {"timeline": ends(3)},
        ]
    }


def equal(world: Stage, *names: str, keys: dict[str, Any] | None = None, **policy: Any) -> Plan:
    """Return a plan of jobs that differ in nothing but their names."""
    job = {"image": "alpine", "family": "etl", **(keys or {})}
    plan = world.compile(json.dumps({"jobs": dict.fromkeys(names, job)}))
    return with_policies(plan, dict.fromkeys(names, policy))


def killed(world: Stage, plan: Plan, operation: str, number: int, **options: Any) -> dict[str, str]:
    """Apply until a call was made, and then no further; return whose the tasks are that were seen, by ARN."""
    made: list[int] = []
    seen: dict[str, str] = {}
    world.endpoint.forget_calls()
    world.endpoint.after(operation, number, lambda _: made.append(1))
    for event in world.events(plan, run_id="same", **options):
        if isinstance(event, TaskStarted):
            seen[event.arn] = event.label
        if made:
            break
    return seen


def shown(played: Played) -> dict[str, str]:
    """Return whose each task is, by its ARN, further attempts included."""
    found = [(each.arn, task.label) for task in played.summary.tasks for each in task.attempts if each.arn]
    assert len({arn for arn, _ in found}) == len(found), "a task is followed twice"
    return dict(found)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
@pytest.mark.parametrize("operation", ["RunTask", "DescribeTasks"])
@pytest.mark.parametrize(
    ("keys", "policy"),
    [
        pytest.param({}, {}, id="one task each"),
        pytest.param({"count": 12}, {}, id="two calls each"),
        pytest.param({}, {"retry": AGAIN}, id="tried again"),
        pytest.param({}, {"array": 2}, id="arrays"),
        pytest.param({}, {"array": 3, "max_parallel": 2, "retry": AGAIN}, id="arrays, two at a time"),
        pytest.param({"count": 3}, {"max_parallel": 2, "retry": AGAIN}, id="two at a time"),
    ],
)
def test_no_job_takes_the_task_of_another(
    stage: Begin, keys: dict[str, Any], policy: dict[str, Any], operation: str, number: int
) -> None:
    world = stage(lives())
    plan = equal(world, *NAMES, keys=keys, **policy)
    seen = killed(world, plan, operation, number)

    played = world.apply(plan, run_id="same", state=world.folder / "elsewhere", locks=world.folder / "other")

    found = shown(played)
    assert found.keys() == {each["taskArn"] for each in world.tasks()}
    assert {arn: found[arn] for arn in seen} == seen
    assert not played.warned


def test_arrays_that_differ_in_size_alone_are_no_changed_array(stage: Begin) -> None:
    world = stage(LONG)
    plan = with_policies(equal(world, "a", "b"), {"a": {"array": 1}, "b": {"array": 2}})
    killed(world, plan, "RunTask", 3)

    played = world.apply(plan, run_id="same")

    assert [each.outcome for each in played.summary.tasks] == [Outcome.SUCCEEDED] * 3
    assert len(world.tasks()) == 3


def test_arrays_of_other_definitions_are_no_changed_array(stage: Begin) -> None:
    world = stage(LONG)
    jobs = {"a": {"image": "alpine"}, "b": {"image": "busybox"}}
    plan = with_policies(world.compile(json.dumps({"jobs": jobs})), {"a": {"array": 2}, "b": {"array": 3}})
    killed(world, plan, "DescribeTasks", 1)

    played = world.apply(plan, run_id="same")

    assert [each.outcome for each in played.summary.tasks] == [Outcome.SUCCEEDED] * 5
    assert len(world.tasks()) == 5


def test_a_job_that_is_skipped_takes_no_task_of_an_equal_one(stage: Begin) -> None:
    """The other one has been started before its turn, which has not come yet."""
    world = stage({"tasks": [{"family": "first", "timeline": ends(3, 1)}, {"timeline": ends(60)}]})
    equal_ones = {name: {"image": "alpine", "family": "etl"} for name in ("a", "b")}
    others = {name: {"image": "alpine", "command": [name]} for name in ("first", "gate")}
    plan = with_policies(
        world.compile(json.dumps({"jobs": others | equal_ones})),
        {"a": {"after": ("first",)}, "b": {"after": ("gate",)}},
    )
    world.apply(plan, run_id="same", only=["first"])
    world.apply(plan, run_id="same", only=["b"], detach=True)
    (running,) = [each["taskArn"] for each in world.tasks() if each["lastStatus"] == "RUNNING"]

    played = world.apply(plan, run_id="same")

    assert {each.label: str(each.outcome) for each in played.summary.tasks} == {
        "first": "failed",
        "gate": "succeeded",
        "a": "skipped",
        "b": "succeeded",
    }
    assert shown(played)[running] == "b"


def test_a_task_of_an_equal_job_does_not_let_one_start_beside_another_run(stage: Begin) -> None:
    world = stage(LONG)
    plan = equal(world, "a", "b", concurrency="forbid")
    world.apply(plan, run_id="same", only=["a"], detach=True)
    allowed = with_policies(plan, {"a": {"concurrency": "allow"}})
    world.apply(allowed, run_id="beside", only=["a"], detach=True)

    with pytest.raises(OtherRunError, match="b: run beside"):
        world.apply(plan, run_id="same")
    assert world.apply(plan, run_id="same", only=["a"]).status == 0

    assert len(world.tasks()) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"env": {"A": "1", "B": "2"}}, {"env": {"B": "2", "A": "1"}}, id="another order"),
        pytest.param(
            {"task_customizations": ORDERED},
            {"task_customizations": REORDERED},
            id="variables in another order in a patch",
        ),
        pytest.param({}, {"task_customizations": SPELLED_OUT}, id="nothing in two spellings"),
        pytest.param({"env": {"A": "1"}}, {"env": {"A": "2"}}, id="another value"),
        pytest.param({}, {"command": ["work"]}, id="another command"),
    ],
)
def test_jobs_of_one_family_wait_for_each_other_when_resumed(
    stage: Begin, one: dict[str, Any], other: dict[str, Any]
) -> None:
    world = stage(lives())
    jobs = {
        name: {"image": "alpine", "family": "etl", **keys} for name, keys in {"a": one, "b": other}.items()
    }
    plan = with_policies(world.compile(json.dumps({"jobs": jobs})), {"b": {"after": ("a",)}})
    world.apply(plan, run_id="same", only=["a"], detach=True)

    played = world.apply(plan, run_id="same")

    first, second = sorted(world.tasks(), key=lambda each: each["createdAt"])
    assert first["stoppedAt"] <= second["createdAt"]
    assert shown(played) == {first["taskArn"]: "a", second["taskArn"]: "b"}


def test_jobs_that_turn_out_to_be_equal_are_not_taken_for_each_other(stage: Begin) -> None:
    """What an offline plan leaves open is decided at apply, and may make one job the same as another."""
    world = stage(LONG)
    world.register(family="etl", containerDefinitions=[{"name": "main", "image": "alpine", "memory": 64}])
    jobs = {"a": {"task_definition_arn": "etl:1"}, "b": {"task_definition_arn": "etl"}}
    plan = with_policies(world.compile(json.dumps({"jobs": jobs}), offline=True), {"b": {"after": ("a",)}})
    world.apply(plan, run_id="same", only=["a"], detach=True)

    played = world.apply(plan, run_id="same")

    first, second = sorted(world.tasks(), key=lambda each: each["createdAt"])
    assert first["stoppedAt"] <= second["createdAt"]
    assert shown(played) == {first["taskArn"]: "a", second["taskArn"]: "b"}
