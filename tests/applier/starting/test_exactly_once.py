"""Applying again with the same run id: nothing is started twice, nothing is registered twice."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from apply_stage import LOGGING, Stage
from killing import killed

from ecsplan_applier.outcomes.errors import AwsError, RunIdTakenError
from ecsplan_applier.outcomes.events import TaskStarted
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
LONG = [{"at": 1, "status": "RUNNING"}, {"at": 300, "status": "STOPPED", "exitCode": 3}]
SHORT = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 3}]
DEREGISTER = "auto_deregister_task_definition: true\n"


def test_an_apply_killed_after_run_task_is_resumed(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    plan = world.compile(HELLO + "count: 12\n")
    killed(world, plan, "RunTask")

    played = world.apply(plan, run_id="run")

    assert played.status == 1
    assert len(world.tasks()) == 12
    assert sum(each.attached for each in played.of(TaskStarted)) >= 10


def test_what_has_ended_is_reported_with_its_exit_code(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [*SHORT[:1], {"at": 1.5, "log": "done"}, *SHORT[1:]]}]})
    plan = world.compile(LOGGING)
    first = world.apply(plan, run_id="run")

    second = world.apply(plan, run_id="run")

    assert (first.status, second.status) == (3, 3)
    assert first.summary.tasks[0].arn == second.summary.tasks[0].arn
    assert (first.summary.tasks[0].attached, second.summary.tasks[0].attached) == (False, True)
    assert second.lines == ["done"]
    assert len(world.tasks()) == 1


def test_without_a_run_id_every_apply_is_a_run_of_its_own(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": SHORT}]})
    plan = world.compile(HELLO)

    first, second = world.apply(plan), world.apply(plan)

    assert first.summary.run_id != second.summary.run_id
    assert len(world.tasks()) == 2


@pytest.mark.parametrize(
    "deregister", [pytest.param("", id="kept"), pytest.param(DEREGISTER, id="deregistered")]
)
@pytest.mark.parametrize("after", [pytest.param(False, id="before"), pytest.param(True, id="after")])
@pytest.mark.parametrize(
    ("operation", "number"),
    [
        ("DescribeTaskDefinition", 1),
        ("DescribeTaskDefinition", 2),
        ("RegisterTaskDefinition", 1),
        ("RunTask", 1),
        ("DescribeTasks", 1),
        ("DescribeTasks", 3),
        ("GetLogEvents", 1),
        ("GetLogEvents", 4),
    ],
)
def test_a_kill_at_any_call_is_survived(
    stage: Begin, operation: str, number: int, after: bool, deregister: str
) -> None:
    timeline = [
        {"at": 1, "status": "RUNNING"},
        {"at": 2, "log": ["a", "b", "b"], "timestamp": [2, 2, 2]},
        {"at": 20, "status": "STOPPED", "exitCode": 3},
    ]
    world = stage({"tasks": [{"timeline": timeline}]})
    plan = world.compile(LOGGING + "count: 2\n" + deregister)
    killed(world, plan, operation, number, after=after)

    played = world.apply(plan, run_id="run")

    assert [each.exit_code for each in played.summary.tasks] == [3, 3]
    assert len(world.tasks()) == 2
    assert sorted(played.lines) == ["a", "a", "b", "b", "b", "b"]
    active, inactive = world.revisions(), world.revisions(status="INACTIVE")
    assert (active, inactive) == (([], [1]) if deregister else ([1], []))


def test_a_deregistered_revision_is_not_registered_again(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": SHORT}]})
    plan = world.compile(HELLO + DEREGISTER)
    first = world.apply(plan, run_id="run")

    second = world.apply(plan, run_id="run")

    assert (first.status, second.status) == (3, 3)
    assert first.summary.tasks[0].arn == second.summary.tasks[0].arn
    assert (world.revisions(), world.revisions(status="INACTIVE")) == ([], [1])


def test_a_deregistered_revision_is_not_registered_again_after_a_new_compile(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": SHORT}]})
    world.apply(world.compile(HELLO + DEREGISTER), run_id="run")

    second = world.apply(world.compile(HELLO + DEREGISTER), run_id="run")

    assert second.status == 3
    assert len(world.tasks()) == 1
    assert (world.revisions(), world.revisions(status="INACTIVE")) == ([], [1])


def test_the_run_id_holds_whatever_was_observed_in_between(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    killed(world, world.compile(HELLO), "RunTask")
    world.register()
    world.apply(world.compile(HELLO), run_id="another", interrupt=None)

    played = world.apply(world.compile(HELLO), run_id="run")

    mine = [each for each in world.tasks() if each["startedBy"] == "ecsplan/run"]
    assert played.status == 3
    assert [each["taskArn"] for each in mine] == [played.summary.tasks[0].arn]


def test_other_subnets_make_no_other_request(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    network = "network_configuration: {subnets: [%s]}\n"
    looked_up = world.compile(HELLO).jobs[0].run_request["networkConfiguration"]
    subnets = looked_up["awsvpcConfiguration"]["subnets"]
    killed(world, world.compile(HELLO + network % subnets[0]), "RunTask")

    played = world.apply(world.compile(HELLO + network % subnets[1]), run_id="run")

    assert (played.status, len(world.tasks())) == (3, 1)


@pytest.mark.parametrize("ended", [pytest.param(True, id="ended"), pytest.param(False, id="running")])
@pytest.mark.parametrize(
    "other",
    [
        pytest.param("image: alpine\ncommand: [other]\n", id="command"),
        pytest.param("image: alpine\nenv: {MODE: other}\n", id="env"),
        pytest.param("image: busybox\n", id="image"),
        pytest.param("image: alpine\nlabels: {team: other}\n", id="labels"),
        pytest.param("image: alpine\ntask_role_arn: arn:aws:iam::000000000000:role/x\n", id="role"),
        pytest.param("image: alpine\nlaunch_type: FARGATE_SPOT\n", id="spot"),
    ],
)
def test_another_request_for_the_same_job_is_refused(stage: Begin, other: str, ended: bool) -> None:
    world = stage({"tasks": [{"timeline": SHORT if ended else LONG}]})
    first = world.compile(HELLO)
    if ended:
        world.apply(first, run_id="run")
    else:
        killed(world, first, "RunTask")

    played = world.apply(world.compile(other), run_id="run")

    task = played.summary.tasks[0]
    assert (played.status, task.outcome) == (122, Outcome.OTHER_REQUEST)
    assert world.tasks()[0]["taskArn"] in (task.reason or "")
    assert (task.reason or "").splitlines()[:2] == [
        "the run id run was used with another request for this job",
        "  these tasks exist under it:",
    ]
    assert len(world.tasks()) == 1


@pytest.mark.parametrize("timeline", [pytest.param(SHORT, id="ended"), pytest.param(LONG, id="running")])
def test_another_image_under_the_run_id_leaves_no_revision_behind(stage: Begin, timeline: object) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    world.apply(world.compile(HELLO), run_id="run", detach=True)
    other = world.compile("image: busybox\n")

    played = world.apply(other, run_id="run")

    assert played.status == 122
    assert world.revisions() == [1]
    assert len(world.calls("RunTask")) == 1


def test_a_job_that_borrows_the_family_of_another_one_may_use_its_run_id(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    world.apply(world.compile(HELLO), run_id="run", detach=True)
    other = world.compile("image: busybox\nfamily: hello\n", file="other.yaml")

    played = world.apply(other, run_id="run", detach=True)

    assert played.status == 0
    assert (len(world.tasks()), world.revisions()) == (2, [1, 2])


def test_a_job_whose_family_another_one_has_borrowed_may_use_its_run_id(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    borrowed = "image: busybox\ncommand: [other]\nfamily: hello\n"
    world.apply(world.compile(borrowed, file="other.yaml"), run_id="run", detach=True)

    played = world.apply(world.compile(HELLO), run_id="run", detach=True)

    assert played.status == 0
    assert (len(world.tasks()), world.revisions()) == (2, [1, 2])


def test_fewer_copies_are_another_request(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    killed(world, world.compile(HELLO + "count: 3\n"), "RunTask")
    plan = world.compile(HELLO + "count: 2\n")

    with pytest.raises(RunIdTakenError) as caught:
        world.apply(plan, run_id="run")

    assert len(world.tasks()) == 3
    assert all(f"default::{each['taskArn']}" in str(caught.value) for each in world.tasks())


COUNTS = [(1, 3), (3, 1), (2, 12), (10, 12), (12, 10), (10, 20), (20, 10), (12, 13), (13, 40), (25, 12)]


@pytest.mark.parametrize(("before", "now"), COUNTS, ids=[f"{before} to {now}" for before, now in COUNTS])
@pytest.mark.parametrize("timeline", [pytest.param(SHORT, id="over"), pytest.param(LONG, id="running")])
def test_another_number_of_copies_is_another_request(
    stage: Begin, before: int, now: int, timeline: object
) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    world.apply(world.compile(HELLO + f"count: {before}\n"), run_id="run", detach=timeline is LONG)
    first = {each["taskArn"] for each in world.tasks()}
    plan = world.compile(HELLO + f"count: {now}\n")

    with pytest.raises(RunIdTakenError) as caught:
        world.apply(plan, run_id="run")

    assert {each["taskArn"] for each in world.tasks()} == first
    assert [arn for arn in first if f"default::{arn}" not in str(caught.value)] == []


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("after", [pytest.param(False, id="before"), pytest.param(True, id="after")])
@pytest.mark.parametrize("count", [3, 12, 20])
@pytest.mark.parametrize("capacity", ["enough", "none at first", "for some at first"])
def test_what_a_killed_run_has_not_started_is_started(
    stage: Begin, count: int, number: int, after: bool, capacity: str
) -> None:
    refused = {"action": "failures", "calls": "1-2", "count": None if capacity == "none at first" else 2}
    rules = [] if capacity == "enough" else [refused]
    world = stage({"tasks": [{"timeline": LONG}], "rules": rules})
    plan = world.compile(HELLO + f"count: {count}\n")
    with suppress(pytest.fail.Exception):  # a job of few copies makes fewer calls
        killed(world, plan, "RunTask", number, after=after)

    played = world.apply(plan, run_id="run", state=world.folder / "another machine")

    assert [each.exit_code for each in played.summary.tasks] == [3] * count
    assert {each.arn for each in played.summary.tasks} == {each["taskArn"] for each in world.tasks()}
    assert len(world.tasks()) == count


JOBS = "jobs: {%s}\ndefaults: {image: alpine}\n"


@pytest.mark.parametrize("timeline", [pytest.param(SHORT, id="over"), pytest.param(LONG, id="running")])
def test_a_run_id_belongs_to_its_jobs(stage: Begin, timeline: object) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    world.apply(world.compile(HELLO, file="one.yaml"), run_id="pipeline", detach=timeline is LONG)
    plan = world.compile(HELLO, file="two.yaml")

    with pytest.raises(RunIdTakenError, match="belongs to other jobs: its tasks are of one") as caught:
        world.apply(plan, run_id="pipeline")

    assert len(world.calls("RunTask")) == len(world.tasks()) == 1
    assert world.tasks()[0]["taskArn"] in str(caught.value)
    assert world.revisions("two") == []


@pytest.mark.parametrize("timeline", [pytest.param(SHORT, id="over"), pytest.param(LONG, id="running")])
def test_a_run_id_serves_further_jobs_beside_those_that_it_has(stage: Begin, timeline: object) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    world.apply(world.compile(JOBS % "one: {}"), run_id="pipeline", detach=timeline is LONG)

    played = world.apply(world.compile(JOBS % "one: {}, two: {}"), run_id="pipeline")

    assert [each.exit_code for each in played.summary.tasks] == [3, 3]
    assert len(world.tasks()) == 2


def test_a_job_left_out_counts_as_one_of_the_plan(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": SHORT}]})
    plan = world.compile(JOBS % "one: {}, two: {}")
    world.apply(plan, run_id="pipeline", only=["one"])

    assert world.apply(plan, run_id="pipeline", only=["two"]).status == 3


def test_what_was_refused_for_lack_of_capacity_is_started_by_the_next_apply(stage: Begin) -> None:
    world = stage(
        {"tasks": [{"timeline": LONG}], "rules": [{"action": "failures", "count": 1, "calls": "1-2"}]}
    )
    plan = world.compile(HELLO + "count: 2\n")
    killed(world, plan, "RunTask", 2)

    played = world.apply(plan, run_id="run")

    assert [each.exit_code for each in played.summary.tasks] == [3, 3]
    assert len(world.tasks()) == 2


def test_tasks_that_outlive_their_token_are_attached_to(stage: Begin) -> None:
    day = [{"at": 1, "status": "RUNNING"}, {"at": 100_000, "status": "STOPPED", "exitCode": 3}]
    world = stage({"tasks": [{"timeline": day}]})
    plan = world.compile(HELLO)
    killed(world, plan, "DescribeTasks", 3)
    world.clock.scripted.advance(90_000)

    played = world.apply(plan, run_id="run")

    assert (played.status, len(world.tasks())) == (3, 1)


def test_a_timeout_counts_from_when_the_task_began_not_from_the_resumed_apply(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG[:1]}]})
    plan = world.compile(HELLO + "task_timeout_seconds: 100\n")
    killed(world, plan, "DescribeTasks", 5)
    world.clock.scripted.advance(60)

    played = world.apply(plan, run_id="run")

    task = world.tasks()[0]
    assert played.status == 124
    assert (task["stoppedAt"] - task["startedAt"]).total_seconds() == pytest.approx(100, abs=10)


def test_not_being_able_to_list_the_tasks_of_the_run_is_an_error(stage: Begin) -> None:
    denied = {"operation": "ListTasks", "action": "error", "code": "AccessDeniedException"}
    world = stage({"rules": [denied]})
    plan = world.compile(HELLO)

    with pytest.raises(AwsError, match="ListTasks of startedBy ecsplan/run"):
        world.apply(plan, run_id="run")

    assert world.calls("RegisterTaskDefinition", "RunTask") == []
