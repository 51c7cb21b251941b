"""A plan belongs to the account that was asked: elsewhere, it is refused before anything is changed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from apply_stage import Played, Stage

from ecsplan.plan.plan import Plan, read_plan, write_plan
from ecsplan.terms.observed import AskAccount, Aws
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.observing.planned_account import EMBEDDED_ACCOUNT
from ecsplan_applier.outcomes.errors import AwsError, OtherAccountError

Begin = Callable[..., Stage]
HELLO = "image: alpine\n"
HERE, ELSEWHERE = "111122223333", "999988887777"
DENIED: dict[str, object] = {
    "rules": [{"operation": "GetCallerIdentity", "action": "error", "code": "AccessDenied", "message": "no"}]
}
BROKEN: dict[str, object] = {"rules": [{"operation": "GetCallerIdentity", "action": "reset-before"}]}


def of(plan: Plan, account: str | None) -> Plan:
    return replace(plan, jobs=tuple(replace(each, account=account) for each in plan.jobs))


def refused(world: Stage, plan: Plan, **options: object) -> str:
    with pytest.raises(OtherAccountError) as caught:
        world.apply(plan, **options)
    assert caught.value.exit_status == 122
    assert world.calls("RegisterTaskDefinition", "RunTask", "TagResource") == []
    return str(caught.value)


def test_the_account_that_was_asked_stands_in_the_plan(stage: Begin) -> None:
    plan = stage(account=HERE).compile("jobs: {one: {image: a}, two: {image: b}}\n")

    assert [each.account for each in plan.jobs] == [HERE, HERE]
    assert read_plan(write_plan(plan)) == plan
    assert f'"account": "{HERE}"' in write_plan(plan)


def test_an_offline_plan_has_none(stage: Begin) -> None:
    plan = stage(account=HERE).compile(HELLO, offline=True)

    assert plan.jobs[0].account is None
    assert '"account"' not in write_plan(plan)


def test_it_is_asked_for_once_however_many_jobs_there_are(stage: Begin) -> None:
    world = stage(account=HERE)
    jobs = "".join(f"  job{n}: {{image: a}}\n" for n in range(20))
    pinned = f"  pinned: {{image: a, aws: {{account_id: '{HERE}'}}}}\n"

    plan = world.compile(f"jobs:\n{jobs}{pinned}")
    compiling = Counter(world.calls())
    world.endpoint.forget_calls()
    world.apply(plan)

    assert compiling["GetCallerIdentity"] == 1
    first = world.calls("GetCallerIdentity")
    world.endpoint.forget_calls()
    world.apply(world.compile(f"jobs:\n{jobs}"))

    assert len(first) == 1
    assert world.calls("GetCallerIdentity") == ["GetCallerIdentity"]  # of the compile: revisions say the rest


@pytest.mark.parametrize(
    ("manifest", "registered", "options"),
    [
        pytest.param(HELLO, False, {}, id="to register"),
        pytest.param(HELLO, True, {}, id="to reuse"),
        pytest.param("task_definition_arn: hello\n", True, {}, id="linked"),
        pytest.param(HELLO, False, {"refresh": True}, id="to decide again"),
        pytest.param(HELLO, True, {"run_id": "ci/1"}, id="to resume"),
    ],
)
def test_a_plan_for_another_account(
    stage: Begin, manifest: str, registered: bool, options: dict[str, object]
) -> None:
    world = stage(account=HERE)
    if registered:
        world.apply(world.compile(HELLO))
    plan = of(world.compile(manifest), ELSEWHERE)
    world.endpoint.forget_calls()

    said = refused(world, plan, **options)

    assert f"hello: the plan is for account {ELSEWHERE}, and the credentials are for {HERE};" in said
    assert "use the profile or role of that account" in said


def test_one_job_of_another_account_keeps_all_from_being_started(stage: Begin) -> None:
    world = stage(account=HERE)
    plan = world.compile("jobs: {one: {image: a}, two: {image: b}}\n")
    jobs = (plan.jobs[0], replace(plan.jobs[1], account=ELSEWHERE))
    world.endpoint.forget_calls()

    assert refused(world, replace(plan, jobs=jobs)).startswith("two: the plan is for account")


def test_a_plan_of_the_embedded_ecs_is_refused_on_aws(stage: Begin) -> None:
    world = stage(account=HERE)

    said = refused(world, of(world.compile(HELLO), EMBEDDED_ACCOUNT))

    assert f"the plan is for account {EMBEDDED_ACCOUNT}, and the credentials are for {HERE};" in said
    assert "is the embedded ECS: add --local" in said


def test_a_plan_for_aws_is_refused_by_the_embedded_ecs(stage: Begin) -> None:
    world = stage()

    said = refused(world, of(world.compile(HELLO), HERE))

    assert f"the plan is for account {HERE}, and the credentials are for {EMBEDDED_ACCOUNT};" in said
    assert "omit --local" in said


@pytest.mark.parametrize("faults", [DENIED], ids=["denied"])
def test_a_plan_of_the_embedded_ecs_needs_an_answer(stage: Begin, faults: dict[str, object]) -> None:
    world = stage(account=HERE)
    plan = of(world.compile(HELLO), EMBEDDED_ACCOUNT)
    world.endpoint.set_faults(faults)

    assert "is the embedded ECS: add --local" in refused(world, plan)


def asked(world: Stage) -> tuple[object, list[str]]:
    """Return the answer about the account, and the warnings."""
    said: list[str] = []
    observer = Observer(gateway=world.gateway, clock=world.clock, workers=0, warn=said.append)
    return observer.answer([AskAccount(Aws())])[AskAccount(Aws())], said


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(DENIED, id="denied"),
        pytest.param(BROKEN, id="not reachable"),
        pytest.param({"rules": [{"operation": "GetCallerIdentity", "action": "error"}]}, id="in trouble"),
        pytest.param({"rules": [{"operation": "GetCallerIdentity", "action": "throttle"}]}, id="throttled"),
    ],
)
def test_where_sts_cannot_be_asked_a_warning_says_so(stage: Begin, faults: dict[str, object]) -> None:
    answer, said = asked(stage(faults))

    assert answer is None
    assert len(said) == 1
    assert "the account of these credentials is unknown (GetCallerIdentity" in said[0]


def test_the_account_is_taken_from_arns_that_were_seen(stage: Begin) -> None:
    world = stage(account=HERE)
    world.register()
    world.endpoint.set_faults(DENIED)

    jobs = "jobs: {hello: {image: a}, linked: {task_definition_arn: hello}, first: {image: a}}\n"

    assert [each.account for each in world.compile(jobs).jobs] == [HERE, HERE, None]


def test_a_pinned_account_has_to_be_asked_for(stage: Begin) -> None:
    world = stage(account=HERE)
    world.endpoint.set_faults(DENIED)

    with pytest.raises(AwsError, match="GetCallerIdentity"):
        world.compile(HELLO + f"aws: {{account_id: '{HERE}'}}\n")


def applied_without_sts(world: Stage, plan: Plan) -> Played:
    world.endpoint.set_faults(DENIED)
    return world.apply(plan)


def test_an_apply_that_cannot_ask_warns_and_goes_on(stage: Begin) -> None:
    world = stage(account=HERE)

    played = applied_without_sts(world, world.compile(HELLO))

    assert played.status == 0
    assert [each for each in played.warned if f"the plan is for account {HERE}" in each]


def test_an_apply_that_cannot_ask_compares_the_arns_it_sees(stage: Begin) -> None:
    world = stage(account=HERE)
    plan = of(world.compile(HELLO), ELSEWHERE)
    world.register()
    world.endpoint.set_faults(DENIED)
    world.endpoint.forget_calls()

    assert f"the credentials are for {HERE};" in refused(world, plan)
