"""What `diff` says of schedules: asked as far as it can be, and never an error."""

from dataclasses import replace
from pathlib import Path

import pytest
from scheduled_account import NIGHTLY, ScheduledAccount, always, planned
from scripted_aws import JumpingClock, denied

from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import Plan
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.schedules.compared import ScheduleState, compared

REVISION = "arn:aws:ecs:us-east-1:123456789012:task-definition/nightly:1"


@pytest.fixture
def account(tmp_path: Path) -> ScheduledAccount:
    return ScheduledAccount(tmp_path)


def decided(manifest: str = NIGHTLY) -> Plan:
    """Return a plan that reuses the first revision of `nightly`."""
    plan = planned(manifest)
    jobs = (
        replace(each, definition=replace(each.definition, decision=Reuse(REVISION))) for each in plan.jobs
    )
    return replace(plan, jobs=tuple(jobs))


def state(account: ScheduledAccount, plan: Plan) -> ScheduleState:
    account.calls.clear()
    found = Observer(gateway=account, clock=JumpingClock(), workers=0).run(
        lambda observation: compared(observation, plan.jobs)
    )
    return found["nightly"]


def test_one_that_is_new(account: ScheduledAccount) -> None:
    assert state(account, decided()) == ScheduleState("create")
    assert account.changes == []


def test_one_that_stays(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)

    assert state(account, decided()) == ScheduleState("unchanged")


def test_one_that_changes(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)

    found = state(account, decided(NIGHTLY.replace("0 3", "0 4")))

    assert (found.fate, [each.path for each in found.changes]) == ("update", ["/ScheduleExpression"])


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there"])
def test_one_whose_moment_has_passed(account: ScheduledAccount, is_there: bool) -> None:
    if is_there:
        account.run(NIGHTLY)
    once = NIGHTLY.replace('cron: "0 3 * * ? *"', 'at: "2001-01-31T06:00:00"')

    assert state(account, decided(once)) == ScheduleState("passed")


def test_one_that_two_jobs_would_have(account: ScheduledAccount) -> None:
    other = NIGHTLY.replace("name: nightly", "name: nightly!").lstrip()

    found = state(account, planned(f"{NIGHTLY}---\n{other}"))

    assert found == ScheduleState("refused", why="several jobs would have default/nightly")


def test_one_whose_definition_is_registered(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)

    found = state(account, planned(NIGHTLY))

    assert [(each.path, each.after) for each in found.changes] == [
        ("/Target/EcsParameters/TaskDefinitionArn", "<registered at apply>")
    ]


def test_one_that_is_made_by_hand(account: ScheduledAccount) -> None:
    account.by_hand("nightly")

    found = state(account, decided())

    assert (found.fate, found.why) == ("refused", "default/nightly exists, and was not created by ecsplan")


def test_one_that_scheduler_cannot_have(account: ScheduledAccount) -> None:
    found = state(account, decided(NIGHTLY.replace("123456789012", "999999999999")))

    assert found.fate == "refused"
    assert "999999999999" in found.why


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        pytest.param("GetSchedule", denied("GetSchedule"), id="denied"),
        pytest.param("GetSchedule", denied("GetSchedule", "UnknownOperationException"), id="not served"),
        pytest.param(
            "GetSchedule", AwsError("GetSchedule", AwsError.NOT_REACHED, "no route"), id="not reached"
        ),
        pytest.param(
            "GetSchedule", AwsError("GetSchedule", AwsError.BAD_ANSWER, "<html>"), id="another server"
        ),
        pytest.param("GetSchedule", AwsError("GetSchedule", "ThrottlingException", "slow"), id="throttled"),
        pytest.param("GetCallerIdentity", denied("GetCallerIdentity"), id="the account is not known"),
    ],
)
def test_what_cannot_be_asked_is_not_known(
    account: ScheduledAccount, operation: str, error: AwsError
) -> None:
    account.faults[operation] = always(error)
    plan = planned(NIGHTLY) if operation == "GetCallerIdentity" else decided()

    found = state(account, plan)

    assert found.fate == "unknown"
    assert operation in found.why


def test_jobs_without_a_schedule_ask_nothing(account: ScheduledAccount) -> None:
    plan = planned(NIGHTLY.partition("schedule:")[0])
    observer = Observer(gateway=account, clock=JumpingClock(), workers=0)

    assert observer.run(lambda observation: compared(observation, plan.jobs)) == {}
    assert account.calls == []
