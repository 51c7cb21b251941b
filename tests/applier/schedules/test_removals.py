"""`--prune`: what has the mark and belongs to no given job is removed, and nothing else is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from scheduled_account import ROLE, ScheduledAccount, always, planned
from scripted_aws import denied

from ecsplan_applier.outcomes.errors import AwsError, OtherAccountError, UnschedulableError
from ecsplan_applier.schedules.changes import ScheduleChange

MARKED = "[ecsplan] job x"


@pytest.fixture
def account(tmp_path: Path) -> ScheduledAccount:
    return ScheduledAccount(tmp_path)


def job(name: str, group: str | None = "g", *, scheduled: bool = True) -> str:
    where = "" if group is None else f", group: {group}"
    schedule = f'schedule: {{rate: 1 day, role_arn: "{ROLE}"{where}}}\n' if scheduled else ""
    return f"---\nname: {name}\nimage: alpine:3\nsubnets: [subnet-1]\n{schedule}"


def removed(account: ScheduledAccount, manifest: str, **options: object) -> list[str]:
    """Return the paths of the schedules that a run with --prune has removed."""
    before = set(account.schedules)
    account.run(manifest, prune=True, **options)
    return sorted("/".join(each) for each in before - set(account.schedules))


def test_what_no_job_has_is_removed(account: ScheduledAccount) -> None:
    account.run(job("one") + job("two"))

    assert removed(account, job("one")) == ["g/two"]
    assert removed(account, job("one")) == []


def test_without_prune_nothing_is_removed(account: ScheduledAccount) -> None:
    account.run(job("one") + job("two"))
    account.run(job("one"))

    assert set(account.schedules) == {("g", "one"), ("g", "two")}
    assert "ListSchedules" not in account.calls


@pytest.mark.parametrize(
    ("name", "group", "description", "expected"),
    [
        pytest.param("old", "g", MARKED, ["g/old"], id="its own"),
        pytest.param("old", "g", None, [], id="made by hand"),
        pytest.param("old", "g", "nightly [ecsplan]", [], id="a mark that is not at the beginning"),
        pytest.param("old", "other", MARKED, [], id="in a group that no job names"),
        pytest.param("old", "default", MARKED, [], id="in the group default, which no job names"),
        pytest.param(
            "one", "default", MARKED, ["default/one"], id="in the group default before, with a job's name"
        ),
        pytest.param("one", "default", None, [], id="made by hand with a job's name"),
    ],
)
def test_what_counts_as_its_own(
    account: ScheduledAccount, name: str, group: str, description: str | None, expected: list[str]
) -> None:
    account.by_hand(name, group, **({} if description is None else {"Description": description}))

    assert removed(account, job("one")) == expected


def test_a_job_that_has_no_schedule_any_more(account: ScheduledAccount) -> None:
    account.run(job("one", None) + job("two", None))

    assert removed(account, job("one", None, scheduled=False)) == ["default/one"]


AS_WHOM = {
    "profiles": ("aws: {profile: one}\n", "aws: {profile: two}\n"),
    "a role": ("", "aws: {assume_role_arn: 'arn:aws:iam::123456789012:role/deploy'}\n"),
}


@pytest.mark.parametrize("as_whom", AS_WHOM.values(), ids=AS_WHOM)
def test_jobs_of_one_group_that_go_to_aws_in_different_ways(
    account: ScheduledAccount, as_whom: tuple[str, str]
) -> None:
    manifest = job("one") + as_whom[0] + job("two") + as_whom[1]
    account.by_hand("old", "g", Description=MARKED)

    found = account.run(manifest, prune=True)

    assert ("g", "old") not in account.schedules
    assert {("g", "one"), ("g", "two")} <= set(account.schedules)
    again = account.run(manifest, prune=True)
    assert {each.action for each in (*found.changes[:2], *again.changes)} == {"create", "unchanged"}


def test_jobs_of_one_name_that_go_to_aws_in_different_ways(account: ScheduledAccount) -> None:
    manifest = job("a b") + AS_WHOM["profiles"][0] + job("a/b") + AS_WHOM["profiles"][1]

    with pytest.raises(UnschedulableError, match=r"g/a-b: a b .*, a/b"):
        account.run(manifest)


@pytest.mark.parametrize("pins", [True, False], ids=["of a manifest", "of a plan"])
def test_nothing_is_removed_in_another_account(account: ScheduledAccount, pins: bool) -> None:
    account.run(job("one", None))
    pinned = "aws: {account_id: '999999999999'}\n" if pins else ""
    plan = planned(job("one", None, scheduled=False) + pinned)
    if not pins:
        plan = replace(plan, jobs=tuple(replace(each, account="999999999999") for each in plan.jobs))

    with pytest.raises(OtherAccountError, match="999999999999"):
        account.run(plan, prune=True)
    assert account.changes == []


def test_all_pages_are_read(account: ScheduledAccount) -> None:
    for number in range(7):
        account.by_hand(f"old-{number}", "g", Description=MARKED)

    assert len(removed(account, job("one"))) == 7


def test_it_is_agreed_before_anything_is_changed(account: ScheduledAccount) -> None:
    asked: list[Sequence[ScheduleChange]] = []
    account.by_hand("old", "g", Description=MARKED)

    def no(changes: Sequence[ScheduleChange]) -> bool:
        asked.append(changes)
        return False

    result = account.run(job("one"), prune=True, agree=no)

    assert result.is_declined
    assert [[each.id.path for each in changes] for changes in asked] == [["g/old"]]
    assert account.changes == []


def test_nobody_is_asked_where_there_is_nothing_to_remove(account: ScheduledAccount) -> None:
    def no(changes: Sequence[ScheduleChange]) -> bool:
        raise AssertionError(changes)

    assert not account.run(job("one"), prune=True, agree=no).is_declined


def test_one_that_is_gone_already(account: ScheduledAccount) -> None:
    account.by_hand("old", "g", Description=MARKED)

    def gone(changes: Sequence[ScheduleChange]) -> bool:
        account.schedules.pop(("g", "old"))
        return True

    result = account.run(job("one"), prune=True, agree=gone)

    assert [(each.id.path, each.action) for each in result.changes] == [
        ("g/one", "create"),
        ("g/old", "remove"),
    ]


@pytest.mark.parametrize("operation", ["ListSchedules", "GetSchedule"])
def test_what_cannot_be_asked_removes_nothing(account: ScheduledAccount, operation: str) -> None:
    account.by_hand("old", "g", Description=MARKED)
    account.faults[operation] = always(denied(operation))

    with pytest.raises(AwsError, match=operation):
        account.run(job("one"), prune=True)
    assert account.changes == []
