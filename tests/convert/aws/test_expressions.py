"""Schedules of other tools as expressions of EventBridge."""

from fractions import Fraction

import pytest

from ecsplan_convert.aws.expressions import aws_cron, aws_rate, duration_seconds, schedule_keys


@pytest.mark.parametrize(
    ("unix", "expected"),
    [
        pytest.param("* * * * *", "* * * * ? *", id="every minute"),
        pytest.param("0 3 * * *", "0 3 * * ? *", id="daily"),
        pytest.param("0 9 * * 1-5", "0 9 ? * 2-6 *", id="days of the week count from 1"),
        pytest.param("0 9 * * MON-FRI", "0 9 ? * 2-6 *", id="names of days"),
        pytest.param("0 9 * * sun", "0 9 ? * 1 *", id="lower case"),
        pytest.param("0 9 * * 0", "0 9 ? * 1 *", id="Sunday as 0"),
        pytest.param("0 9 * * 7", "0 9 ? * 1 *", id="Sunday as 7"),
        pytest.param("0 9 * * 5-7", "0 9 ? * 1,6,7 *", id="a range up to Sunday as 7"),
        pytest.param("0 9 * * SAT-SUN", "0 9 ? * 1,7 *", id="a range across Sunday"),
        pytest.param("0 9 * * 0-6", "0 9 * * ? *", id="each day of the week"),
        pytest.param("0 9 * * */2", "0 9 ? * 1,3,5,7 *", id="a step over days of the week"),
        pytest.param("*/15 * * * *", "0/15 * * * ? *", id="a step"),
        pytest.param("7/20 * * * *", "7,27,47 * * * ? *", id="a step from a number on"),
        pytest.param("0 8-18/2 * * *", "0 8,10,12,14,16,18 * * ? *", id="a step within a range"),
        pytest.param("0 0 */2 * *", "0 0 1/2 * ? *", id="a step over days of the month"),
        pytest.param("0 0 1 */3 *", "0 0 1 1/3 ? *", id="a step over months"),
        pytest.param("0 0 1 JAN,jul *", "0 0 1 JAN,JUL ? *", id="names of months"),
        pytest.param("5,35 1-4 1,15 * ?", "5,35 1-4 1,15 * ? *", id="lists and ranges"),
        pytest.param("00 06,10-20 01 * *", "0 6,10-20 1 * ? *", id="leading zeros"),
        pytest.param("*/1 * * * *", "* * * * ? *", id="a step of 1"),
        pytest.param("  0   3 * * * ", "0 3 * * ? *", id="blanks"),
        pytest.param("@daily", "0 0 * * ? *", id="@daily"),
        pytest.param("@Midnight", "0 0 * * ? *", id="@midnight"),
        pytest.param("@hourly", "0 * * * ? *", id="@hourly"),
        pytest.param("@weekly", "0 0 ? * 1 *", id="@weekly"),
        pytest.param("@monthly", "0 0 1 * ? *", id="@monthly"),
        pytest.param("@yearly", "0 0 1 1 ? *", id="@yearly"),
        pytest.param("@annually", "0 0 1 1 ? *", id="@annually"),
        pytest.param("0 0 1 * 1", None, id="both kinds of days, which AWS cannot say"),
        pytest.param("0 0 */2 * 1", None, id="a step over days of the month beside a day of the week"),
        pytest.param("@reboot", None, id="a preset that is no time"),
        pytest.param("0 0 * * * *", None, id="six fields"),
        pytest.param("0 0 * *", None, id="four fields"),
        pytest.param("60 0 * * *", None, id="minute 60"),
        pytest.param("0 24 * * *", None, id="hour 24"),
        pytest.param("0 0 0 * *", None, id="day 0"),
        pytest.param("0 0 1 13 *", None, id="month 13"),
        pytest.param("0 0 * * 8", None, id="day 8 of the week"),
        pytest.param("0 0 * * FOO", None, id="no name of a day"),
        pytest.param("*/0 * * * *", None, id="a step of 0"),
        pytest.param("30-10 * * * *", None, id="a range backwards"),
        pytest.param("0 0 L * *", None, id="a letter that cron does not have"),
        pytest.param("1,,2 0 * * *", None, id="an empty item"),
        pytest.param("", None, id="nothing"),
        pytest.param("0 " * 5000, None, id="a long text"),
    ],
)
def test_cron(unix: str, expected: str | None) -> None:
    assert aws_cron(unix) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0 3 * * *", {"cron": "0 3 * * ? *"}, id="a line of cron"),
        pytest.param("cron(0 3 * * ? *)", {"cron": "0 3 * * ? *"}, id="AWS's cron"),
        pytest.param("rate(1 day)", {"rate": "1 day"}, id="AWS's rate"),
        pytest.param(" rate( 5  minutes ) ", {"rate": "5 minutes"}, id="blanks"),
        pytest.param("at(2026-12-01T03:00:00)", {"at": "2026-12-01T03:00:00"}, id="AWS's at"),
        pytest.param("@every 1h30m", {"rate": "90 minutes"}, id="@every"),
        pytest.param("@every 24h", {"rate": "1 day"}, id="@every, in days"),
        pytest.param("@every 1m", {"rate": "1 minute"}, id="@every, one minute"),
        pytest.param("@every 30s", None, id="@every, under a minute"),
        pytest.param("@every 90s", None, id="@every, not in whole minutes"),
        pytest.param("@every day", None, id="@every, no duration"),
        pytest.param("@daily", {"cron": "0 0 * * ? *"}, id="a preset"),
        pytest.param("cron()", None, id="nothing between the parentheses"),
        pytest.param("none", None, id="no schedule"),
    ],
)
def test_schedule(text: str, expected: dict[str, str] | None) -> None:
    assert schedule_keys(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1h30m", 5400, id="hours and minutes"),
        pytest.param("90s", 90, id="seconds"),
        pytest.param("1.5h", 5400, id="a decimal place"),
        pytest.param(".5m", 30, id="no digit before the point"),
        pytest.param("1500ms", Fraction(3, 2), id="milliseconds"),
        pytest.param("2us", Fraction(2, 10**6), id="microseconds"),
        pytest.param("0", 0, id="zero"),
        pytest.param("5", None, id="no unit"),
        pytest.param("1d", None, id="an unknown unit"),
        pytest.param("-1h", None, id="negative"),
        pytest.param("1h x", None, id="something behind it"),
        pytest.param("", None, id="nothing"),
        pytest.param("1h" * 500, None, id="a long text"),
    ],
)
def test_duration(text: str, expected: Fraction | int | None) -> None:
    assert duration_seconds(text) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (60, "1 minute"),
        (120, "2 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (172800, "2 days"),
        (59, None),
    ],
)
def test_rate(seconds: int, expected: str | None) -> None:
    assert aws_rate(seconds) == expected
