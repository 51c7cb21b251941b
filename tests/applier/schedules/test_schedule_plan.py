"""Schedules are created, updated and left alone: once, whatever happens in between."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scheduled_account import ACCOUNT, NIGHTLY, ROLE, ScheduledAccount, always, conflict, once, planned
from scripted_aws import denied

from ecsplan.decision.decide_revision import Reuse
from ecsplan_applier.outcomes.errors import (
    AwsError,
    ForeignScheduleError,
    OtherAccountError,
    SchedulesError,
    StalePlanError,
    UnschedulableError,
    UsageError,
)
from ecsplan_applier.schedules.schedule_plan import RUN
from ecsplan_applier.tasks.run_id import checked_run_id


@pytest.fixture
def account(tmp_path: Path) -> ScheduledAccount:
    return ScheduledAccount(tmp_path)


def jobs(**schedules: str) -> str:
    """Return jobs with these members of their schedules; "" for a job without one."""
    lines = ["jobs:"]
    for name, members in schedules.items():
        schedule = f'schedule: {{rate: 1 day, role_arn: "{ROLE}"{members}}}' if members != "-" else ""
        lines.append(f"  {name}:\n    image: alpine:3\n    subnets: [subnet-1]\n    {schedule}")
    return "\n".join(lines) + "\n"


def test_a_schedule_is_created_and_starts_the_revision(account: ScheduledAccount) -> None:
    (change,) = account.run(NIGHTLY).changes

    assert account.changes == ["RegisterTaskDefinition", "CreateSchedule"]
    assert (change.action, change.job, change.registers, change.revision[-9:]) == (
        "create",
        "nightly",
        True,
        "nightly:1",
    )
    made = account.schedules["default", "nightly"]
    assert made["Target"]["Arn"] == f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/default"
    assert made["Description"].startswith("[ecsplan]")


def test_a_second_call_changes_nothing(account: ScheduledAccount) -> None:
    manifest = jobs(one="", two=", group: g, timezone: Europe/Berlin, retry: {attempts: 0}", three="-")
    account.run(manifest)

    assert account.actions(manifest) == [("default/one", "unchanged"), ("g/two", "unchanged")]
    assert account.changes == []


@pytest.mark.parametrize(
    ("changed", "calls", "paths"),
    [
        pytest.param(
            NIGHTLY.replace("0 3", "0 4"), ["UpdateSchedule"], ["/ScheduleExpression"], id="when it runs"
        ),
        pytest.param(
            NIGHTLY + "command: [run]\n", ["UpdateSchedule"], ["/Target/Input"], id="the run request"
        ),
        pytest.param(
            NIGHTLY.replace("alpine:3", "alpine:4"),
            ["RegisterTaskDefinition", "UpdateSchedule"],
            ["/Target/EcsParameters/TaskDefinitionArn"],
            id="the definition",
        ),
        pytest.param(
            NIGHTLY.replace("cron:", "enabled: false, cron:"),
            ["UpdateSchedule"],
            ["/State"],
            id="switched off",
        ),
    ],
)
def test_a_change_of_the_manifest_is_followed(
    account: ScheduledAccount, changed: str, calls: list[str], paths: list[str]
) -> None:
    account.run(NIGHTLY)

    (change,) = account.run(changed).changes

    assert account.changes == calls
    assert (change.action, [each.path for each in change.changes]) == ("update", paths)
    assert account.run(changed).changes[0].action == "unchanged"


def test_what_a_manifest_no_longer_says_is_reset(account: ScheduledAccount) -> None:
    more = ", timezone: Asia/Tokyo, flexible_window_minutes: 5, retry: {attempts: 1}"
    account.run(jobs(one=more))

    (change,) = account.run(jobs(one="")).changes

    assert [each.path for each in change.changes] == [
        "/FlexibleTimeWindow/MaximumWindowInMinutes",
        "/FlexibleTimeWindow/Mode",
        "/ScheduleExpressionTimezone",
        "/Target/RetryPolicy/MaximumRetryAttempts",
    ]
    assert account.actions(jobs(one="")) == [("default/one", "unchanged")]


def test_what_others_change_is_set_right(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)
    account.schedules["default", "nightly"]["State"] = "DISABLED"

    assert account.actions(NIGHTLY) == [("default/nightly", "update")]
    assert account.schedules["default", "nightly"].get("State", "ENABLED") == "ENABLED"


def test_a_missing_group_is_created_once(account: ScheduledAccount) -> None:
    result = account.run(jobs(one=", group: g", two=", group: g"))

    assert account.changes.count("CreateScheduleGroup") == 1
    assert result.groups == ("g in us-east-1",)
    assert account.run(jobs(one=", group: g", three=", group: g")).groups == ()


def test_a_dry_run_changes_nothing(account: ScheduledAccount) -> None:
    result = account.run(jobs(one=", group: g", two=""), dry_run=True, prune=True)

    assert account.changes == []
    assert [(each.id.path, each.action, each.registers) for each in result.changes] == [
        ("g/one", "create", True),
        ("default/two", "create", True),
    ]
    assert result.groups == ("g in us-east-1",)
    assert {each.revision for each in result.changes} == {"<registered at apply>"}


def test_a_revision_stays_whatever_becomes_of_those_that_apply_registers(account: ScheduledAccount) -> None:
    account.run(NIGHTLY + "auto_deregister_task_definition: true\n")

    assert "DeregisterTaskDefinition" not in account.calls
    assert account.starts("nightly") == "nightly:1"


# What cannot be done is refused before anything is changed.


@pytest.mark.parametrize(
    ("members", "group"),
    [pytest.param("", "default", id="default"), pytest.param(", group: g", "g", id="a group")],
)
def test_a_schedule_made_by_hand_is_never_touched(
    account: ScheduledAccount, members: str, group: str
) -> None:
    account.by_hand("two", group)
    before = dict(account.schedules)

    with pytest.raises(
        ForeignScheduleError, match=f"schedule {group}/two in us-east-1 was not created by"
    ) as caught:
        account.run(jobs(one="", two=members))

    assert caught.value.exit_status == 125
    assert "rename the job" in str(caught.value)
    assert (account.changes, account.schedules) == ([], before)


def test_one_that_is_made_by_hand_meanwhile_is_not_touched_either(account: ScheduledAccount) -> None:
    def meanwhile(request: Any) -> None:
        account.by_hand("nightly")

    account.faults["CreateSchedule"] = meanwhile

    with pytest.raises(SchedulesError, match="was not created by ecsplan"):
        account.run(NIGHTLY)
    assert account.schedules["default", "nightly"]["ScheduleExpression"] == "rate(1 hour)"


def test_one_that_is_handed_over_is_taken(account: ScheduledAccount) -> None:
    account.by_hand("nightly", Description="[ecsplan] taken over")

    assert account.actions(NIGHTLY) == [("default/nightly", "update")]


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        pytest.param(
            NIGHTLY.replace(ROLE, "arn:aws:iam::999999999999:role/scheduler"),
            ["jobs.yaml:2: nightly", "999999999999", "123456789012"],
            id="a role of another account",
        ),
        pytest.param(
            NIGHTLY + 'variables: {token: {sensitive: true}}\nenv: {TOKEN: "${token}"}\n',
            ["`token`", "Secrets Manager"],
            id="a sensitive variable",
        ),
        pytest.param(
            NIGHTLY + 'labels: {team: ""}\n', ["tag without a value"], id="what a target has no place for"
        ),
        pytest.param(
            jobs(**{'"a b"': "", '"a-b"': ""}),
            ["default/a-b: a b (jobs.yaml:2), a-b (jobs.yaml:6)"],
            id="collision",
        ),
    ],
)
def test_what_scheduler_cannot_run_is_refused(
    account: ScheduledAccount, manifest: str, words: list[str]
) -> None:
    with pytest.raises(UnschedulableError) as caught:
        account.run(manifest)

    assert caught.value.exit_status == 1
    assert [each for each in words if each not in str(caught.value)] == []
    assert account.changes == []


def test_names_that_collide_in_other_groups_are_two_schedules(account: ScheduledAccount) -> None:
    manifest = jobs(**{'"a b"': ", group: g", '"a-b"': ""})

    assert account.actions(manifest) == [("g/a-b", "create"), ("default/a-b", "create")]


def test_a_group_that_is_being_deleted(account: ScheduledAccount) -> None:
    account.groups["g"] = "DELETING"

    with pytest.raises(ForeignScheduleError, match="group g is being deleted"):
        account.run(jobs(one=", group: g"))
    assert account.changes == []


def test_a_stale_plan(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)
    plan = planned(NIGHTLY)
    (job,) = plan.jobs
    gone = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/nightly:7"
    stale = replace(
        plan, observed=True, jobs=(replace(job, definition=replace(job.definition, decision=Reuse(gone))),)
    )

    with pytest.raises(StalePlanError, match="give `ecsplan schedule` the manifests") as caught:
        account.run(stale)
    assert caught.value.exit_status == 122
    assert account.changes == []


def test_a_plan_for_another_account(account: ScheduledAccount) -> None:
    manifest = NIGHTLY + 'aws: {account_id: "999999999999"}\n'

    with pytest.raises(OtherAccountError):
        account.run(manifest)
    assert account.changes == []


# Races, lost answers and kills.


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        pytest.param("CreateSchedule", AwsError("CreateSchedule", AwsError.TIMED_OUT, "lost"), id="create"),
        pytest.param(
            "CreateSchedule", AwsError("CreateSchedule", "InternalServerException", "", status=500), id="500"
        ),
        pytest.param(
            "CreateSchedule", AwsError("CreateSchedule", "ThrottlingException", "slow"), id="throttled"
        ),
        pytest.param(
            "CreateScheduleGroup", AwsError("CreateScheduleGroup", AwsError.NO_ANSWER, "lost"), id="group"
        ),
        pytest.param("GetSchedule", AwsError("GetSchedule", "ThrottlingException", "slow"), id="looking"),
    ],
)
@pytest.mark.parametrize("has_effect", [False, True], ids=["not carried out", "carried out"])
def test_a_lost_call_is_made_again(
    account: ScheduledAccount, operation: str, error: AwsError, has_effect: bool
) -> None:
    (account.after if has_effect else account.faults)[operation] = once(error)

    assert account.actions(jobs(one=", group: g")) == [("g/one", "create")]
    assert list(account.schedules) == [("g", "one")]
    assert account.changes.count("RegisterTaskDefinition") == 1
    assert account.run(jobs(one=", group: g")).changes[0].action == "unchanged"


def test_another_one_creates_the_same_meanwhile(account: ScheduledAccount, tmp_path: Path) -> None:
    other = ScheduledAccount(tmp_path / "other", account.schedules, account.groups, account.revisions)

    def meanwhile(request: Any) -> None:
        if not account.schedules:
            other.run(NIGHTLY)

    account.faults["CreateSchedule"] = meanwhile

    account.run(NIGHTLY)
    assert list(account.schedules) == [("default", "nightly")]
    assert len(account.revisions["nightly"]) == 1
    assert account.run(NIGHTLY).changes[0].action == "unchanged"


def test_one_that_is_deleted_meanwhile_is_created_again(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)

    def meanwhile(request: Any) -> None:
        account.schedules.clear()

    account.faults["UpdateSchedule"] = meanwhile

    assert account.actions(NIGHTLY.replace("0 3", "0 4")) == [("default/nightly", "create")]


def test_an_update_that_meets_another_one_is_made_again(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)
    account.faults["UpdateSchedule"] = once(conflict("UpdateSchedule"))

    assert account.actions(NIGHTLY.replace("0 3", "0 4")) == [("default/nightly", "update")]
    assert account.changes == ["UpdateSchedule", "UpdateSchedule"]


def test_conflicts_without_end_are_an_error(account: ScheduledAccount) -> None:
    account.run(NIGHTLY)
    account.faults["UpdateSchedule"] = always(conflict("UpdateSchedule"))

    with pytest.raises(AwsError, match="ConflictException"):
        account.run(NIGHTLY.replace("0 3", "0 4"))


def test_a_group_that_is_found_late(account: ScheduledAccount) -> None:
    late = AwsError(
        "CreateSchedule", "ResourceNotFoundException", "Schedule group g does not exist.", status=404
    )
    account.faults["CreateSchedule"] = once(late)

    assert account.actions(jobs(one=", group: g")) == [("g/one", "create")]


class Killed(BaseException):
    """The end of the process."""


CALLS = ["RegisterTaskDefinition", "CreateScheduleGroup", "CreateSchedule"]


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_at_each_call_leaves_what_the_next_run_completes(
    account: ScheduledAccount, operation: str, moment: str
) -> None:
    def kill(request: Any) -> None:
        raise Killed

    manifest = jobs(one=", group: g", two="")
    disturbed = account.faults if moment == "before" else account.after
    disturbed[operation] = kill
    with pytest.raises(Killed):
        account.run(manifest)
    disturbed.clear()

    account.run(manifest)

    assert set(account.schedules) == {("g", "one"), ("default", "two")}
    assert {family: len(revisions) for family, revisions in account.revisions.items()} == {"one": 1, "two": 1}
    assert account.run(manifest).changes[0].action == "unchanged"
    assert account.changes == []


def test_an_interrupt_names_what_was_done_before_it(account: ScheduledAccount) -> None:
    def interrupt(request: Any) -> None:
        if request["Name"] == "two":
            raise KeyboardInterrupt

    account.faults["CreateSchedule"] = interrupt
    lines: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        account.run(jobs(one="", two=""), report=lines.append)

    (said,) = [each for each in lines if "done before that" in each]
    assert "created default/one" in said
    assert said.endswith("help: run the command again to do the rest")


def test_an_error_names_what_was_done_before_it(account: ScheduledAccount) -> None:
    def refuse_two(request: Any) -> None:
        if request["Name"] == "two":
            raise denied("CreateSchedule")

    account.faults["CreateSchedule"] = refuse_two

    with pytest.raises(SchedulesError) as caught:
        account.run(jobs(one="", two="", three=""))

    said = str(caught.value)
    assert caught.value.exit_status == 125
    assert said.startswith("CreateSchedule of schedule default/two: AccessDeniedException")
    assert all(
        each in said for each in ("created default/one", "created default/three", "run the command again")
    )
    account.faults.clear()
    assert [action for _, action in account.actions(jobs(one="", two="", three=""))] == [
        "unchanged",
        "create",
        "unchanged",
    ]


@pytest.mark.parametrize("operation", ["GetSchedule", "GetScheduleGroup", "DescribeTaskDefinition"])
def test_what_cannot_be_looked_at_changes_nothing(account: ScheduledAccount, operation: str) -> None:
    account.faults[operation] = always(denied(operation))

    with pytest.raises(AwsError, match=operation):
        account.run(jobs(one=", group: g"))
    assert account.changes == []


# What has passed, and what is too new.


def once_at(moment: str) -> str:
    return NIGHTLY.replace('cron: "0 3 * * ? *"', f'at: "{moment}"')


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there"])
def test_a_moment_that_has_passed_is_left_alone(account: ScheduledAccount, is_there: bool) -> None:
    said: list[str] = []
    if is_there:
        account.by_hand("nightly", Description="[ecsplan] job nightly")
    before = dict(account.schedules)

    result = account.run(once_at("2001-01-31T06:00:00"), prune=True, report=said.append)

    assert (result.changes, account.changes, account.schedules) == ((), [], before)
    assert said == ["warning: nightly: the time of schedule default/nightly has passed: it is left unchanged"]


@pytest.mark.parametrize(
    ("moment", "timezone"),
    [
        pytest.param("2190-01-31T06:00:00", "UTC", id="to come"),
        pytest.param("2001-03-25T02:30:00", "Europe/Berlin", id="that the clocks skipped"),
        pytest.param("9999-12-31T23:59:59", "America/New_York", id="the last of all"),
    ],
)
def test_a_moment_that_has_not_passed_is_scheduled(
    account: ScheduledAccount, moment: str, timezone: str
) -> None:
    manifest = once_at(moment).replace("schedule: {", f"schedule: {{timezone: {timezone}, ")

    assert account.actions(manifest) == [("default/nightly", "create")]


NOT_ASSUMED = AwsError(
    "CreateSchedule",
    "ValidationException",
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    status=400,
)


def test_a_role_that_is_known_late(account: ScheduledAccount) -> None:
    account.faults["CreateSchedule"] = once(NOT_ASSUMED)

    assert account.actions(NIGHTLY) == [("default/nightly", "create")]


def test_a_role_that_does_not_trust_scheduler(account: ScheduledAccount) -> None:
    account.faults["CreateSchedule"] = always(NOT_ASSUMED)

    with pytest.raises(SchedulesError, match=r"does not trust scheduler\.amazonaws\.com"):
        account.run(NIGHTLY)
    assert 2 < account.calls.count("CreateSchedule") < 20


def test_what_it_remembers_is_of_no_run() -> None:
    with pytest.raises(UsageError):
        checked_run_id(RUN)
