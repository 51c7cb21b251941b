"""Schedules: their names, groups, targets, times and dead-letter queues."""

from typing import Any

import pytest
from scripted_aws import JumpingClock, Said, denied
from verified_manifests import ACCOUNT, found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.schedules import (
    dead_letter_queues,
    grouped_schedules,
    schedule_dead_letter_queue,
    schedule_group,
    schedule_own,
    schedule_target,
    schedule_time,
    schedules,
)

ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
NOT_FOUND = AwsError("GetSchedule", "ResourceNotFoundException", "does not exist", status=404)
SHOWN = {"Name": "nightly", "Target": {"Arn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/default"}}
NOW = JumpingClock().now()


def manifest(**members: Any) -> str:
    lines = "".join(f"  {name}: {value}\n" for name, value in members.items())
    return f"name: nightly\nimage: alpine:3\nschedule:\n{lines}  role_arn: {ROLE}\n"


def found(check: Check[Any], text: str, says: dict[str, Said] | None = None) -> tuple[str, str, int, int]:
    (finding,) = found_by(check, text, says or {}).findings
    return finding.state, finding.message, finding.location.line, finding.location.column


@pytest.mark.parametrize(
    ("says", "state", "message"),
    [
        pytest.param(NOT_FOUND, "ok", "schedule default/nightly does not exist yet", id="new"),
        pytest.param(
            {**SHOWN, "Description": "[ecsplan] job nightly"},
            "ok",
            "schedule default/nightly is one of ecsplan",
            id="its own",
        ),
        pytest.param(
            {**SHOWN, "Description": "mine"},
            "fails",
            "schedule default/nightly exists, and was not created by ecsplan",
            id="made by hand",
        ),
        pytest.param(
            denied("GetSchedule"), "unknown", "schedule default/nightly: GetSchedule is denied", id="denied"
        ),
    ],
)
def test_the_name(says: Said, state: str, message: str) -> None:
    check = Check(schedule_own, over=schedules)

    assert found(check, manifest(rate="1 day"), {"GetSchedule": says}) == (state, message, 4, 9)


@pytest.mark.parametrize(
    ("says", "state", "message"),
    [
        pytest.param({"Name": "g", "State": "ACTIVE"}, "ok", "schedule group g is ACTIVE", id="active"),
        pytest.param(
            {"Name": "g", "State": "DELETING"},
            "fails",
            "schedule group g is being deleted, and takes no schedules",
            id="being deleted",
        ),
        pytest.param(
            AwsError("GetScheduleGroup", "ResourceNotFoundException", "", status=404),
            "ok",
            "schedule group g does not exist: `ecsplan schedule` creates it",
            id="missing",
        ),
        pytest.param(
            denied("GetScheduleGroup"),
            "unknown",
            "schedule g/nightly: GetScheduleGroup is denied",
            id="denied",
        ),
    ],
)
def test_the_group(says: Said, state: str, message: str) -> None:
    check = Check(schedule_group, over=grouped_schedules)

    assert found(check, manifest(rate="1 day", group="g"), {"GetScheduleGroup": says}) == (
        state,
        message,
        5,
        10,
    )


@pytest.mark.parametrize("members", [{}, {"group": "default"}])
def test_the_group_that_every_account_has_is_not_asked_for(members: dict[str, str]) -> None:
    done = found_by(Check(schedule_group, over=grouped_schedules), manifest(rate="1 day", **members), {})

    assert (done.findings, done.requests) == ((), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(manifest(rate="1 day"), [], id="nothing"),
        pytest.param(
            manifest(rate="1 day") + 'labels: {team: ""}\n', ["tag without a value"], id="an empty tag"
        ),
        pytest.param(
            manifest(rate="1 day") + 'variables: {t: {sensitive: true}}\nenv: {T: "${t}"}\n',
            ["`t`"],
            id="a sensitive variable",
        ),
    ],
)
def test_the_target(text: str, expected: list[str]) -> None:
    findings = found_by(Check(schedule_target, over=schedules), text, {}).findings

    fails = [each.message for each in findings if each.state == "fails"]
    assert len(findings) == max(1, len(expected))
    assert [part in message for part, message in zip(expected, fails, strict=True)] == [True] * len(expected)


@pytest.mark.parametrize(
    ("members", "state", "part"),
    [
        pytest.param({"rate": "1 day"}, "ok", "runs every 1 day", id="rate"),
        pytest.param({"cron": "0 3 * * ? *"}, "ok", "runs next at ", id="cron"),
        pytest.param(
            {"at": '"2199-01-31T06:00:00"'}, "ok", "runs next at 2199-01-31 06:00+00:00", id="to come"
        ),
        pytest.param(
            {"at": '"2020-01-31T06:00:00"', "timezone": "Europe/Berlin"},
            "unknown",
            "at(2020-01-31T06:00:00) in Europe/Berlin has passed: `ecsplan schedule` leaves the schedule as",
            id="past, which schedule leaves alone",
        ),
        pytest.param(
            {"at": '"2020-03-29T02:30:00"', "timezone": "Europe/Berlin"},
            "fails",
            "has no run after ",
            id="skipped by the clocks, which AWS judges",
        ),
        pytest.param({"cron": "0 3 * * ? 2020"}, "fails", "has no run after ", id="the last year is over"),
    ],
)
def test_the_time(members: dict[str, str], state: str, part: str) -> None:
    text = manifest(**members)

    done = found_by(Check(schedule_time, over=schedules), text, {})

    (finding,) = done.findings
    assert (finding.state, part in finding.message, finding.location.line) == (state, True, 4)
    assert done.requests == ()


QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:lost"


@pytest.mark.parametrize(
    ("arn", "says", "state", "message"),
    [
        pytest.param(QUEUE, {"QueueUrl": "https://sqs/lost"}, "ok", "queue lost exists", id="exists"),
        pytest.param(
            QUEUE,
            AwsError("GetQueueUrl", "QueueDoesNotExist", "", status=400),
            "fails",
            f"queue lost does not exist in us-east-1 of account {ACCOUNT}",
            id="missing",
        ),
        pytest.param(
            QUEUE,
            AwsError("GetQueueUrl", "AWS.SimpleQueueService.NonExistentQueue", "", status=400),
            "fails",
            f"queue lost does not exist in us-east-1 of account {ACCOUNT}",
            id="missing, in the other protocol",
        ),
        pytest.param(
            QUEUE.replace("us-east-1", "eu-west-1"),
            None,
            "fails",
            "queue lost is in eu-west-1, and the schedule is in us-east-1",
            id="another region",
        ),
        pytest.param(
            QUEUE, denied("GetQueueUrl"), "unknown", "queue lost: GetQueueUrl is denied", id="denied"
        ),
    ],
)
def test_the_queue(arn: str, says: Said | None, state: str, message: str) -> None:
    check = Check(schedule_dead_letter_queue, over=dead_letter_queues)
    answers: dict[str, Said] = {} if says is None else {"GetQueueUrl": says}

    assert found(check, manifest(rate="1 day", dead_letter_arn=arn), answers) == (state, message, 5, 20)


def test_a_job_without_a_schedule_asks_nothing() -> None:
    checks: list[Check[Any]] = [
        Check(schedule_own, over=schedules),
        Check(schedule_group, over=grouped_schedules),
        Check(schedule_target, over=schedules),
        Check(schedule_time, over=schedules),
        Check(schedule_dead_letter_queue, over=dead_letter_queues),
    ]

    done = found_by(checks, "image: alpine:3\n", {})

    assert (done.findings, done.requests) == ((), ())
