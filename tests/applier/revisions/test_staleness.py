"""Staleness: what an apply does when AWS is no longer as the plan observed it."""

from collections.abc import Callable

import pytest
from apply_stage import Stage

from ecsplan.plan.plan import Plan
from ecsplan_applier.outcomes.errors import ApplierError, StalePlanError
from ecsplan_applier.outcomes.events import Registered, Reused

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]
CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource", "DeregisterTaskDefinition", "StopTask")


@pytest.fixture
def world(stage: Begin) -> Stage:
    return stage({"tasks": [{"timeline": EXITS}]})


def refused(world: Stage, plan: Plan) -> str:
    """Return why an apply refuses a plan as stale; nothing was changed."""
    world.endpoint.forget_calls()
    with pytest.raises(StalePlanError) as caught:
        world.apply(plan)
    assert world.calls(*CHANGING) == []
    assert caught.value.exit_status == 122
    return str(caught.value)


def test_a_revision_to_reuse_must_still_be_active(world: Stage) -> None:
    world.apply(world.compile(HELLO))
    plan = world.compile(HELLO)
    arn = str(plan.jobs[0].definition.latest)
    world.deregister(arn)

    reason = refused(world, plan)

    assert f"the plan observed that {arn} is ACTIVE; it is INACTIVE" in reason
    assert "--refresh" in reason


def test_a_newer_revision_does_not_keep_the_planned_one_from_being_reused(world: Stage) -> None:
    world.apply(world.compile(HELLO))
    plan = world.compile(HELLO)
    world.register()

    played = world.apply(plan)

    assert [each.arn for each in played.of(Reused)] == [plan.jobs[0].definition.latest]


def test_a_newer_revision_that_says_the_same_is_reused(world: Stage) -> None:
    plan = world.compile(HELLO)
    world.apply(plan)

    played = world.apply(plan)

    assert (played.status, world.revisions()) == (0, [1])
    assert played.of(Reused)


def test_a_newer_revision_that_says_something_else_makes_the_plan_stale(world: Stage) -> None:
    plan = world.compile(HELLO)
    arn = world.register()

    reason = refused(world, plan)

    assert "the plan observed no ACTIVE revision as the latest of family hello" in reason
    assert f"it is {arn}, which differs from the request" in reason
    assert "/containerDefinitions/main/image" in reason


def test_every_stale_job_is_named(world: Stage) -> None:
    plan = world.compile("jobs: {one: {image: a}, two: {image: b}, three: {image: c}}\n")
    world.register(family="one")
    world.register(family="three")

    reason = refused(world, plan)

    assert "one: the plan observed" in reason
    assert "three: the plan observed" in reason
    assert "two:" not in reason


def test_a_family_that_lost_its_revisions_is_registered_all_the_same(world: Stage) -> None:
    arn = world.register()
    plan = world.compile(HELLO)
    world.deregister(arn)

    assert [each.arn.rpartition(":")[2] for each in world.apply(plan).of(Registered)] == ["2"]


def test_refresh_decides_by_what_is_there(world: Stage) -> None:
    plan = world.compile(HELLO)
    world.register()

    played = world.apply(plan, refresh=True)

    assert (played.status, world.revisions()) == (0, [1, 2])


@pytest.mark.parametrize("refresh", [False, True], ids=["undecided", "refreshed"])
def test_jobs_that_wait_for_others_are_decided_at_apply(world: Stage, refresh: bool) -> None:
    jobs = "jobs: {one: {}, two: {after: [one], matrix: {day: [1, 2]}}, three: {after: [two, one]}}\n"
    plan = world.compile(f"defaults: {{image: alpine}}\n{jobs}", offline=not refresh)

    assert world.apply(plan, refresh=refresh).status == 0


def test_refresh_reuses_what_says_the_same(world: Stage) -> None:
    world.apply(world.compile(HELLO))
    plan = world.compile(HELLO)
    world.deregister(str(plan.jobs[0].definition.latest))
    world.apply(world.compile(HELLO))
    world.endpoint.forget_calls()

    played = world.apply(plan, refresh=True)

    assert played.status == 0
    assert world.calls("RegisterTaskDefinition") == []


def test_a_plan_of_two_documents_in_one_family_can_be_applied_again(world: Stage) -> None:
    plan = world.compile("defaults: {family: shared}\njobs: {one: {image: a}, two: {image: b}}\n")
    world.apply(plan)

    played = world.apply(plan)

    assert (played.status, sorted(world.revisions("shared"))) == (0, [1, 2])
    assert len(played.of(Reused)) == 2


def test_a_revision_of_somebody_else_among_the_plans_own_makes_it_stale(world: Stage) -> None:
    plan = world.compile("defaults: {family: shared}\njobs: {one: {image: a}, two: {image: b}}\n")
    world.register(family="shared")
    world.apply(plan, refresh=True)

    assert "which differs from the request" in refused(world, plan)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(
            {"action": "error", "code": "AccessDeniedException"}, "are not allowed to do this", id="denied"
        ),
        pytest.param({"action": "throttle"}, "more calls than AWS allows", id="throttled for ever"),
        pytest.param({"action": "error"}, "AWS reports a server error", id="500 for ever"),
        pytest.param({"action": "reset-before"}, "NoAnswer", id="reset for ever"),
    ],
)
def test_not_being_able_to_ask_is_no_reason_to_register(
    stage: Begin, fault: dict[str, object], said: str
) -> None:
    world = stage()
    plan = world.compile(HELLO)
    world.endpoint.set_faults({"rules": [{"operation": "DescribeTaskDefinition", **fault}]})

    with pytest.raises(ApplierError) as caught:
        world.apply(plan)

    assert caught.value.exit_status == 125
    assert said in str(caught.value)
    assert "DescribeTaskDefinition of task definition hello" in str(caught.value)
    assert world.calls(*CHANGING) == []


SUBNETS = "/networkConfiguration/awsvpcConfiguration/subnets"


def test_what_a_patch_left_open_offline_is_carried_out_when_aws_has_answered(world: Stage) -> None:
    patch = f"task_customizations: [{{op: remove, path: {SUBNETS}/2}}]\n"
    plan = world.compile(HELLO + patch, offline=True)
    assert plan.jobs[0].left_open

    assert world.apply(plan).status == 0

    (call,) = (each for each in world.endpoint.calls() if each.operation == "RunTask")
    assert len(call.parameters["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == 2


def test_what_a_patch_left_open_and_does_not_fit_is_refused_before_anything_is_changed(world: Stage) -> None:
    patch = f"task_customizations: [{{op: remove, path: {SUBNETS}/9}}]\n"
    plan = world.compile(HELLO + patch, offline=True)

    with pytest.raises(ApplierError) as caught:
        world.apply(plan)

    assert f"/task_customizations/0/path: remove: there is nothing at {SUBNETS}/9" in str(caught.value)
    assert world.calls(*CHANGING) == []
