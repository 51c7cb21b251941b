"""Rules about `schedule`: expressions, time zones, and what EventBridge Scheduler cannot carry out."""

import json
from typing import Any

import pytest
from rule_rows import FARGATE, REMOVED, found, spoiled

from ecsplan.compile import compile_manifest

ROLE = "arn:aws:iam::111122223333:role/scheduler"
SCHEDULED: dict[str, Any] = {**FARGATE, "schedule": {"cron": "0 3 * * ? *", "role_arn": ROLE}}
RATED: dict[str, Any] = {**FARGATE, "schedule": {"rate": "1 day", "role_arn": ROLE}}
ONCE: dict[str, Any] = {**FARGATE, "schedule": {"at": "2027-01-31T06:00:00", "role_arn": ROLE}}
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:not-started"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="a schedule"),
        pytest.param({"schedule/cron": REMOVED}, [("schedule-expression", "schedule")], id="no expression"),
        pytest.param({"schedule/cron": None}, [("schedule-expression", "schedule")], id="null expression"),
        pytest.param({"schedule/rate": "1 day"}, [("schedule-expression", "schedule/rate")], id="two"),
        pytest.param({"schedule/rate": None}, [], id="two, one of them null"),
        pytest.param(
            {"schedule/rate": "1 day", "schedule/at": "2027-01-31T06:00:00"},
            [("schedule-expression", "schedule/at"), ("schedule-expression", "schedule/rate")],
            id="all three",
        ),
        pytest.param(
            {"schedule/cron": REMOVED, "schedule/crn": "0 3 * * ? *"},
            [("unknown-key", "schedule/crn")],
            id="a mistyped expression",
        ),
        pytest.param(
            {"schedule/cron": 3}, [("wrong-type", "schedule/cron")], id="an expression of another type"
        ),
        pytest.param(
            {"schedule/cron": REMOVED, "schedule/group": "a b"},
            [("schedule-expression", "schedule"), ("wrong-format", "schedule/group")],
            id="no expression, and another wrong member",
        ),
        pytest.param({"schedule/role_arn": REMOVED}, [("missing-key", "schedule")], id="no role"),
        pytest.param(
            {"schedule/role_arn": "scheduler"}, [("wrong-format", "schedule/role_arn")], id="a name"
        ),
        pytest.param(
            {"schedule/role_arn": "arn:aws:iam::111122223333:user/me"},
            [("wrong-format", "schedule/role_arn")],
            id="a user",
        ),
        pytest.param(
            {"schedule/role_arn": "arn:aws-cn:iam::111122223333:role/path/of/a+role"},
            [],
            id="a path, in China",
        ),
        pytest.param({"schedule/flexible_window_minutes": 1}, [], id="the shortest window"),
        pytest.param({"schedule/flexible_window_minutes": 1440}, [], id="the longest window"),
        pytest.param(
            {"schedule/flexible_window_minutes": 0},
            [("out-of-range", "schedule/flexible_window_minutes")],
            id="no window",
        ),
        pytest.param(
            {"schedule/flexible_window_minutes": 1441},
            [("out-of-range", "schedule/flexible_window_minutes")],
            id="a longer window",
        ),
        pytest.param({"schedule/retry": {}}, [], id="nothing of retries"),
        pytest.param({"schedule/retry": {"attempts": 0, "max_age_seconds": 60}}, [], id="the fewest retries"),
        pytest.param(
            {"schedule/retry": {"attempts": 185, "max_age_seconds": 86400}}, [], id="the most retries"
        ),
        pytest.param(
            {"schedule/retry": {"attempts": 186}},
            [("out-of-range", "schedule/retry/attempts")],
            id="one more",
        ),
        pytest.param(
            {"schedule/retry": {"attempts": -1}}, [("out-of-range", "schedule/retry/attempts")], id="one less"
        ),
        pytest.param(
            {"schedule/retry": {"max_age_seconds": 59}},
            [("out-of-range", "schedule/retry/max_age_seconds")],
            id="younger than the least age",
        ),
        pytest.param(
            {"schedule/retry": {"max_age_seconds": 86401}},
            [("out-of-range", "schedule/retry/max_age_seconds")],
            id="older than a day",
        ),
        pytest.param({"schedule/group": "etl_1.nightly-jobs"}, [], id="a group"),
        pytest.param({"schedule/group": "x" * 64}, [], id="the longest group"),
        pytest.param({"schedule/group": "x" * 65}, [("wrong-length", "schedule/group")], id="a longer group"),
        pytest.param({"schedule/group": "etl/1"}, [("wrong-format", "schedule/group")], id="no group"),
        pytest.param({"schedule/dead_letter_arn": QUEUE}, [], id="a queue"),
        pytest.param(
            {"schedule/dead_letter_arn": f"{QUEUE}.fifo"},
            [("wrong-format", "schedule/dead_letter_arn")],
            id="a FIFO queue",
        ),
        pytest.param(
            {"schedule/dead_letter_arn": QUEUE.replace("sqs", "sns")},
            [("wrong-format", "schedule/dead_letter_arn")],
            id="a topic",
        ),
        pytest.param({"schedule/enabled": False}, [], id="not enabled"),
        pytest.param({"schedule/enabled": "no"}, [("wrong-type", "schedule/enabled")], id="a text"),
        pytest.param({"count": 10}, [], id="the most tasks"),
        pytest.param({"count": 11}, [("schedule-count", "count")], id="one task more"),
        pytest.param({"count": 11, "schedule": REMOVED}, [], id="many tasks without a schedule"),
        pytest.param(
            {"task_customizations": [{"op": "add", "path": "/count", "value": 11}]},
            [("schedule-count", "task_customizations/0/value")],
            id="one task more by a patch",
        ),
        pytest.param({"schedule": None}, [], id="null"),
        pytest.param(
            {"schedule": {}}, [("missing-key", "schedule"), ("schedule-expression", "schedule")], id="{}"
        ),
    ],
)
def test_members(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(SCHEDULED, changes)) == expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("array", 5, id="array"),
        pytest.param("max_parallel", 2, id="max_parallel"),
        pytest.param("succeed_on", [0, 3], id="succeed_on"),
        pytest.param("retry", {"attempts": 2}, id="retry"),
        pytest.param("concurrency", "forbid", id="concurrency"),
        pytest.param("task_start_timeout_seconds", 60, id="start timeout"),
        pytest.param("task_timeout_seconds", 60, id="timeout"),
        pytest.param("auto_deregister_task_definition", True, id="deregistration"),
        pytest.param("log_retention_days", 30, id="days of logs"),
        pytest.param("log_retention", {"days": 30}, id="log retention"),
    ],
)
def test_what_only_apply_does_has_no_effect_on_scheduled_runs(key: str, value: object) -> None:
    manifest = spoiled(SCHEDULED, {key: value})

    assert found(manifest) == [("schedule-unwatched?", "schedule")]
    assert found(spoiled(manifest, {"schedule": REMOVED})) == []


def test_all_keys_without_effect_are_named_in_one_warning() -> None:
    text = (
        "jobs:\n"
        "  extract: {image: alpine}\n"
        "  load:\n"
        "    image: alpine\n"
        "    after: [extract]\n"
        "    task_timeout_seconds: 60\n"
        "    retry: {attempts: 2}\n"
        f"    schedule: {{rate: 1 day, role_arn: '{ROLE}'}}\n"
    )
    (warned,) = compile_manifest(text, file="job.yaml").diagnostics

    assert (warned.rule, warned.severity, warned.line, warned.column) == (
        "schedule-unwatched",
        "warning",
        8,
        5,
    )
    assert warned.message.startswith("after, retry and task_timeout_seconds have no effect on scheduled runs")


def test_a_matrix_and_a_count_are_carried_out() -> None:
    assert found(spoiled(SCHEDULED, {"matrix": {"day": [1, 2]}, "count": 3})) == []


def test_a_sensitive_variable_has_no_value_in_scheduled_runs() -> None:
    text = (
        "variables: {token: {sensitive: true}, unused: {sensitive: true}}\n"
        "image: alpine\n"
        "env: {TOKEN: '${token}'}\n"
        f"schedule: {{rate: 1 day, role_arn: '{ROLE}'}}\n"
    )
    warned = [
        each
        for each in compile_manifest(text, file="job.yaml").diagnostics
        if each.rule.startswith("schedule")
    ]

    assert [(each.rule, each.severity, each.pointer) for each in warned] == [
        ("schedule-sensitive", "warning", "/schedule")
    ]
    assert warned[0].message.endswith(": token")


@pytest.mark.parametrize(
    ("written", "places"),
    [
        pytest.param("0 3 * * ? *", [], id="daily"),
        pytest.param("  0   3 * * ?  * ", [], id="more blanks"),
        pytest.param("  0   33 * * ?  * ", [(7, "33")], id="behind more blanks"),
        pytest.param("0 60 * * ? *", [(3, "60")], id="an hour too late"),
        pytest.param("60 3 * * ? *", [(1, "60")], id="a minute too late"),
        pytest.param("0 3 0 * ? *", [(5, "0")], id="day 0"),
        pytest.param("0 3 * 13 ? *", [(7, "13")], id="month 13"),
        pytest.param("0 3 ? * 0 *", [(9, "0")], id="Sunday of Unix"),
        pytest.param("0 3 ? * MON,TEU *", [(13, "TEU")], id="a mistyped day"),
        pytest.param("0 3 * * ? 1969", [(11, "1969")], id="a year too early"),
        pytest.param("0 3 * * ? 2200", [(11, "2200")], id="a year too late"),
        pytest.param("0 3 * * * *", [(9, "*")], id="neither day is ?"),
        pytest.param("0 3 1 * MON *", [(9, "MON")], id="both days"),
        pytest.param("0 3 ? * ? *", [(9, "?")], id="both days are ?"),
        pytest.param("0 3,,4 * * ? *", [(5, ",")], id="an empty item"),
        pytest.param("61 25 * * ? *", [(1, "61"), (4, "25")], id="two faults"),
        pytest.param("0 3 * *", [(1, "0 3 * *")], id="four fields"),
        pytest.param("cron(0 3 * * ? *)", [(1, "cron(0 3 * * ? *)")], id="AWS's parentheses"),
        pytest.param("cron (0 33 * *", [(1, "cron (0 33 * *")], id="half of them"),
    ],
)
def test_each_wrong_field_has_its_column(written: str, places: list[tuple[int, str]]) -> None:
    text = f'image: alpine\nschedule:\n  role_arn: {ROLE}\n  cron: "{written}"\n'

    diagnostics = compile_manifest(text, file="job.yaml").diagnostics

    before = len('  cron: "')
    line = text.splitlines()[3]
    assert {(each.rule, each.line) for each in diagnostics} <= {("schedule-cron", 4)}
    assert [
        (each.column - before, line[each.column - 1 :][: each.location.width]) for each in diagnostics
    ] == places


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        pytest.param(["cron: 0 25 * * ? *"], (5, 11), id="plain"),
        pytest.param(["cron: '0 25 * * ? *'"], (5, 12), id="in quotes"),
        pytest.param(["cron: >-", "    0 25 *", "    * ? *"], (6, 7), id="in a block"),
        pytest.param(["cron: &c !!str 0 25 * * ? *"], (5, 20), id="behind an anchor and a tag"),
        pytest.param(['cron: "0\\x20\\x32\\x35 * * ? *"'], (5, 9), id="beside escapes: the whole"),
        pytest.param(["cron: 0 ${hour} * * ? *"], (5, 9), id="with a reference: the whole"),
    ],
)
def test_the_column_in_every_style(lines: list[str], place: tuple[int, int]) -> None:
    text = "\n".join(
        ["variables: {hour: {default: '25'}}", "image: alpine", "schedule:", f"  role_arn: {ROLE}"]
        + [each if each.startswith(" ") else f"  {each}" for each in lines]
    )
    found_there = [
        (each.line, each.column)
        for each in compile_manifest(text, file="job.yaml").diagnostics
        if each.rule == "schedule-cron"
    ]

    assert found_there == [place]


def helps(manifest: dict[str, Any]) -> list[str]:
    return [each.help for each in compile_manifest(json.dumps(manifest), file="job.yaml").diagnostics]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("30 4 * * *", 'write `cron: "30 4 * * ? *"`', id="Unix, every day"),
        pytest.param("0 9 * * 1-5", 'write `cron: "0 9 ? * MON-FRI *"`', id="Unix, days of the week"),
        pytest.param("0 9 * * 0,7", 'write `cron: "0 9 ? * SUN,SUN *"`', id="Unix, Sundays"),
        pytest.param("@weekly", 'write `cron: "0 0 ? * SUN *"`', id="a macro"),
        pytest.param("cron(0 3 * * ? *)", 'write `cron: "0 3 * * ? *"`', id="AWS's parentheses"),
        pytest.param("rate(1 day)", 'write `rate: "1 day"` instead of `cron`', id="a rate"),
        pytest.param("0 0 3 * * ?", 'write `cron: "0 3 * * ? *"`', id="Quartz"),
        pytest.param("0 3 * * * *", 'write "0 3 * * ? *"', id="without ?"),
        pytest.param("0 3 ? * ? *", 'for every day write "0 3 * * ? *"', id="with both ?"),
    ],
)
def test_the_help_has_the_expression_to_write(written: str, expected: str) -> None:
    assert expected in helps(spoiled(SCHEDULED, {"schedule/cron": written}))


@pytest.mark.parametrize("written", ["*/10 * * * * ?", "0,30 0 3 ? * MON 2027"])
def test_quartz_with_seconds_is_named(written: str) -> None:
    assert set(helps(spoiled(SCHEDULED, {"schedule/cron": written}))) == {
        "the first field of Quartz is seconds; a schedule runs once a minute at most"
    }


def test_either_day_of_unix_cron_takes_two_jobs() -> None:
    (text,) = helps(spoiled(SCHEDULED, {"schedule/cron": "0 3 1 * 1"}))

    assert text.startswith("Unix cron runs on days of either kind")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("0 3 29 FEB ? *", [], id="29 February"),
        pytest.param("0 3 29 2 ? 2026-2027", [("schedule-never", "schedule/cron")], id="in no leap year"),
        pytest.param("0 3 29 2 ? 2026-2028", [], id="in a leap year"),
        pytest.param("0 3 30 2 ? *", [("schedule-never", "schedule/cron")], id="30 February"),
        pytest.param("0 3 31 4,6,9,11 ? *", [("schedule-never", "schedule/cron")], id="31 of short months"),
        pytest.param("0 3 31 4,5 ? *", [], id="31 of one long month"),
        pytest.param(
            "0 3 ? FEB MON#5 2026-2027", [("schedule-never", "schedule/cron")], id="no fifth Monday"
        ),
        pytest.param("0 3 ? FEB * 2100", [], id="any day of a month"),
        pytest.param("0 3 31W 4 ? *", [("schedule-never", "schedule/cron")], id="near no day"),
        pytest.param("0 3 L-30 2 ? *", [("schedule-never", "schedule/cron")], id="before the first"),
    ],
)
def test_a_date_that_does_not_exist_never_comes(written: str, expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(SCHEDULED, {"schedule/cron": written})) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *(pytest.param(each, "", id=each) for each in ("1 minute", "5 minutes", "1 hours", "90  days")),
        pytest.param("5 minute", "warning 5 minutes", id="a number with the singular"),
        pytest.param("0 days", "error 0", id="none"),
        pytest.param("-1 days", "error -1", id="a negative number"),
        pytest.param("1.5 hours", 'error `rate: "90 minutes"`', id="a fraction"),
        pytest.param("2 weeks", 'error `rate: "14 days"`', id="weeks"),
        pytest.param("30 seconds", "error the shortest is 1 minute", id="seconds"),
        pytest.param("5", "error like 5 minutes", id="no unit"),
        pytest.param("5m", 'error `rate: "5 minutes"`', id="a duration"),
        pytest.param("rate(5 minutes)", 'error `rate: "5 minutes"`', id="AWS's parentheses"),
        pytest.param("5 Minutes", 'error `rate: "5 minutes"`', id="a capital"),
        pytest.param("0 3 * * *", 'error `cron: "0 3 * * ? *"` instead of `rate`', id="cron"),
    ],
)
def test_rates(written: str, expected: str) -> None:
    diagnostics = compile_manifest(
        json.dumps(spoiled(RATED, {"schedule/rate": written})), file="job.yaml"
    ).diagnostics

    severity, _, text = expected.partition(" ")
    assert {(each.rule, each.severity, each.pointer) for each in diagnostics} == (
        {("schedule-rate", severity, "/schedule/rate")} if expected else set()
    )
    assert text in "".join(each.message + each.help for each in diagnostics)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2027-01-31T06:00:00", "", id="a moment"),
        pytest.param("1999-12-31T23:59:59", "", id="long ago"),
        pytest.param("2028-02-29T00:00:00", "", id="of a leap year"),
        pytest.param("2027-02-29T00:00:00", "there is no 2027-02-29", id="of no leap year"),
        pytest.param("2027-04-31T00:00:00", "there is no 2027-04-31", id="of a short month"),
        pytest.param("2027-13-01T00:00:00", "there is no 2027-13-01", id="a month too many"),
        pytest.param("2027-01-01T24:00:00", "there is no time 24:00:00", id="an hour too many"),
        pytest.param("2027-01-01T00:60:00", "there is no time 00:60:00", id="a minute too many"),
        pytest.param("2027-01-01T00:00:60", "there is no time 00:00:60", id="a second too many"),
        pytest.param("2027-01-01", '`at: "2027-01-01T00:00:00"`', id="a date"),
        pytest.param("2027-01-01 06:30", '`at: "2027-01-01T06:30:00"`', id="a blank and no seconds"),
        pytest.param("2027-01-01T06:00:00Z", '`at: "2027-01-01T06:00:00"`', id="UTC"),
        pytest.param("2027-01-01T06:00:00+02:00", "`timezone` says where", id="an offset"),
        pytest.param("at(2027-01-01T06:00:00)", '`at: "2027-01-01T06:00:00"`', id="AWS's parentheses"),
        pytest.param("tomorrow", "`timezone` says where", id="a word"),
    ],
)
def test_moments(written: str, expected: str) -> None:
    diagnostics = compile_manifest(
        json.dumps(spoiled(ONCE, {"schedule/at": written})), file="job.yaml"
    ).diagnostics

    assert [(each.rule, each.pointer) for each in diagnostics] == (
        [("schedule-at", "/schedule/at")] if expected else []
    )
    assert expected in "".join(each.message + each.help for each in diagnostics)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(
            pytest.param(each, None, id=each)
            for each in ("UTC", "Europe/Berlin", "America/Argentina/Ushuaia")
        ),
        *(
            pytest.param(each, None, id=each)
            for each in ("Etc/GMT+5", "US/Pacific", "Asia/Calcutta", "EST5EDT")
        ),
        pytest.param("europe/berlin", "did you mean Europe/Berlin?", id="lower case"),
        pytest.param("Berlin", "did you mean Europe/Berlin?", id="a city"),
        pytest.param("new york", "did you mean America/New_York?", id="a city of two words"),
        pytest.param("America/NewYork", "did you mean America/New_York?", id="without its underscore"),
        pytest.param("Europe/Berln", "did you mean Europe/Berlin?", id="mistyped"),
        *(
            pytest.param(
                each,
                f"write Etc/GMT{fixed}, whose sign is the other one, "
                "or a name with a city, such as Europe/Berlin",
                id=each,
            )
            for each, fixed in (("UTC+2", "-2"), ("GMT-05:00", "+5"), ("+0200", "-2"), ("utc+14", "-14"))
        ),
        pytest.param("UTC+15", "write a name such as Europe/Berlin, or UTC", id="no offset"),
        pytest.param("UTC+5:30", "write a name such as Europe/Berlin, or UTC", id="half an hour"),
        pytest.param("etc/gmt-5", "did you mean Etc/GMT-5?", id="an offset in lower case"),
        pytest.param("Etc/GMT -5", "write a name such as Europe/Berlin, or UTC", id="of either sign"),
        pytest.param("???", "write a name such as Europe/Berlin, or UTC", id="like none"),
    ],
)
def test_time_zones(name: str, expected: str | None) -> None:
    manifest = spoiled(SCHEDULED, {"schedule/timezone": name})

    assert found(manifest) == ([] if expected is None else [("schedule-timezone", "schedule/timezone")])
    assert helps(manifest) == ([] if expected is None else [expected])
