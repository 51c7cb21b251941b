"""Schedules as AWS, Terraform and other tools write them: what the help says to write."""

import json
from typing import Any

import pytest

from ecsplan.compile import compile_manifest

ROLE = "arn:aws:iam::111122223333:role/scheduler"
WRITE = 'write `schedule: {%s, role_arn: "arn:aws:iam::ACCOUNT:role/NAME"}`'
GOOD: dict[str, Any] = {"rate": "1 day", "role_arn": ROLE}


def helps(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the help of each diagnostic, by the pointer of its place."""
    found = compile_manifest(json.dumps({"image": "alpine", **manifest}), file="job.yaml").diagnostics
    return {each.pointer: each.help for each in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0 3 * * *", WRITE % 'cron: "0 3 * * ? *"', id="Unix cron"),
        pytest.param("@daily", WRITE % 'cron: "0 0 * * ? *"', id="a macro"),
        pytest.param("rate(1 day)", WRITE % 'rate: "1 day"', id="a rate of AWS"),
        pytest.param("cron(0 3 * * ? *)", WRITE % 'cron: "0 3 * * ? *"', id="cron of AWS"),
        pytest.param("at(2027-01-31T06:00:00)", WRITE % 'at: "2027-01-31T06:00:00"', id="a moment of AWS"),
        pytest.param("5m", WRITE % 'rate: "5 minutes"', id="a duration"),
        pytest.param(
            "0 3 1 * MON", "days of the month and days of the week need separate jobs", id="either day"
        ),
        pytest.param("nightly", 'write it like `schedule: {cron: "0 3 * * ? *"', id="a word"),
        pytest.param([{"cron": "0 3 * * *"}], "each further schedule needs its own job", id="a list"),
        pytest.param({"rate": "1 day"}, "add `role_arn: arn:aws:iam::ACCOUNT:role/NAME`", id="no role"),
    ],
)
def test_a_schedule_in_another_shape(text: object, expected: str) -> None:
    assert expected in helps({"schedule": text})["/schedule"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        *(
            (each, "did you mean 'flexible_window_minutes'?")
            for each in ("flexible_time_window", "FlexibleTimeWindow")
        ),
        *(
            (each, "did you mean 'flexible_window_minutes'?")
            for each in ("flexibleWindowMinutes", "window_minutes")
        ),
        *(
            (each, "did you mean 'timezone'?")
            for each in ("time_zone", "timeZone", "tz", "ScheduleExpressionTimezone")
        ),
        *(
            (each, "did you mean 'dead_letter_arn'?")
            for each in ("deadLetterArn", "DeadLetterConfig", "dlq_arn")
        ),
        *((each, "did you mean 'group'?") for each in ("groupName", "group_name", "Group")),
        *((each, "did you mean 'retry'?") for each in ("RetryPolicy", "retries")),
        *((each, "did you mean 'enabled'?") for each in ("state", "suspend", "enable")),
        *(
            (each, "write `cron`, `rate` or `at`")
            for each in ("schedule_expression", "ScheduleExpression", "expression")
        ),
        ("maximum_retry_attempts", "write `attempts` under `retry`"),
        ("MaximumEventAgeInSeconds", "write `max_age_seconds` under `retry`"),
        ("start_date", "leave it out"),
        ("endDate", "a schedule has no end"),
        ("name", "named after its job"),
        ("target", "the job's own run request"),
    ],
)
def test_a_member_under_another_name(key: str, expected: str) -> None:
    assert expected in helps({"schedule": {**GOOD, key: "x"}})[f"/schedule/{key}"]


@pytest.mark.parametrize("key", ["roleArn", "RoleArn", "role", "target_role_arn"])
def test_a_role_under_another_name_is_reported_once(key: str) -> None:
    assert helps({"schedule": {"rate": "1 day", key: ROLE}}) == {
        f"/schedule/{key}": "did you mean 'role_arn'?"
    }


@pytest.mark.parametrize("key", ["expression", "schedule_expression", "every", "Cron"])
def test_an_expression_under_another_name_is_reported_once(key: str) -> None:
    assert [*helps({"schedule": {key: "rate(1 day)", "role_arn": ROLE}})] == [f"/schedule/{key}"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("maximum_retry_attempts", "did you mean 'attempts'?"),
        ("MaximumEventAgeInSeconds", "did you mean 'max_age_seconds'?"),
        ("maxAgeSeconds", "did you mean 'max_age_seconds'?"),
    ],
)
def test_a_member_of_retry_under_another_name(key: str, expected: str) -> None:
    assert helps({"schedule": {**GOOD, "retry": {key: 60}}}) == {f"/schedule/retry/{key}": expected}


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        pytest.param("rate", 5, "write the unit, too, such as 5 minutes", id="a rate without a unit"),
        pytest.param("dead_letter_arn", {"arn": "x"}, "write the ARN of the queue itself", id="a mapping"),
        pytest.param(
            "flexible_window_minutes", {"mode": "OFF"}, "write the minutes themselves", id="a window"
        ),
        pytest.param("enabled", "no", "write true or false", id="a text"),
        pytest.param("flexible_window_minutes", "15", "leave the quotes out", id="a number in quotes"),
    ],
)
def test_a_member_of_another_type(member: str, value: object, expected: str) -> None:
    assert expected in helps({"schedule": {**GOOD, member: value}})[f"/schedule/{member}"]


@pytest.mark.parametrize(
    "key", ["cron", "rate", "at", "schedules", "schedule_expression", "scheduleExpression"]
)
def test_an_expression_at_the_top_of_a_job(key: str) -> None:
    assert helps({key: "0 3 * * *"})[f"/{key}"].startswith('write `schedule: {cron: "0 3 * * ? *"')


@pytest.mark.parametrize("key", ["timezone", "dead_letter_arn", "flexible_window_minutes"])
def test_a_member_at_the_top_of_a_job(key: str) -> None:
    assert "belongs under schedule" in helps({key: "x"})[f"/{key}"]
