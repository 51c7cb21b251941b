"""Schedules of other tools in the notation of EventBridge Scheduler."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan.schedules.cron_fields import read_cron
from ecsplan.schedules.other_schedules import from_unix, in_scheduler, is_on_either_day
from ecsplan.schedules.run_times import is_never, read_at, read_rate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0 3 * * *", "0 3 * * ? *", id="every day"),
        pytest.param("  0  3 * * *\n", "0 3 * * ? *", id="more blanks"),
        pytest.param("*/15 8-17 * * 1-5", "*/15 8-17 ? * MON-FRI *", id="workdays"),
        pytest.param("0 0 1,15 jan-mar *", "0 0 1,15 JAN-MAR ? *", id="days of some months"),
        pytest.param("0 0 * * 0", "0 0 ? * SUN *", id="0 is Sunday"),
        pytest.param("0 0 * * 7", "0 0 ? * SUN *", id="7 is Sunday"),
        pytest.param("0 0 * * 5-7", "0 0 ? * FRI,SAT,SUN *", id="to Sunday"),
        pytest.param("0 0 * * sat-sun", "0 0 ? * SAT,SUN *", id="to Sunday by its name"),
        pytest.param("0 0 * * 6-1", "0 0 ? * SAT,SUN,MON *", id="across Sunday"),
        pytest.param("0 0 * * 7-7", "0 0 ? * SUN *", id="from Sunday to Sunday"),
        pytest.param("0 0 * * 0-7", "0 0 ? * SUN,MON,TUE,WED,THU,FRI,SAT *", id="from Sunday to Sunday, all"),
        pytest.param("0 0 * * mon", "0 0 ? * MON *", id="a name in lower case"),
        pytest.param("0 0 * * 0-6", "0 0 ? * SUN-SAT *", id="the whole week"),
        pytest.param("0 0 * * sun,3", "0 0 ? * SUN,WED *", id="a list"),
        pytest.param("0 0 * * */2", "0 0 ? * SUN,TUE,THU,SAT *", id="every other day"),
        pytest.param("0 0 * * 1-5/2", "0 0 ? * MON,WED,FRI *", id="every other workday"),
        pytest.param("0 0 * * mon-fri/2", "0 0 ? * MON,WED,FRI *", id="every other workday by names"),
        pytest.param("0 0 * * 5/2", "0 0 ? * FRI *", id="every other day from Friday on"),
        pytest.param("7/20 8-18/2 */2 */3 *", "7/20 8-18/2 */2 */3 ? *", id="increments"),
        pytest.param("0 0 ? * 1", "0 0 ? * MON *", id="a ? for the day of the month"),
        pytest.param("0 0 1 * ?", "0 0 1 * ? *", id="a ? for the day of the week"),
        pytest.param("0 0 * * 5l", "0 0 ? * FRIL *", id="the last Friday, where 5 is Friday"),
        pytest.param("0 0 * * 0#2", "0 0 ? * SUN#2 *", id="the second Sunday, where 0 is Sunday"),
        pytest.param("@hourly", "0 * * * ? *", id="hourly"),
        pytest.param("@daily", "0 0 * * ? *", id="daily"),
        pytest.param("@midnight", "0 0 * * ? *", id="midnight"),
        pytest.param("@Weekly", "0 0 ? * SUN *", id="weekly"),
        pytest.param("@monthly", "0 0 1 * ? *", id="monthly"),
        pytest.param("@yearly", "0 0 1 1 ? *", id="yearly"),
        pytest.param("0 3 1 * 1", None, id="days of either kind"),
        pytest.param("0 0 */2 * 1", None, id="every other day and a day of the week"),
        pytest.param("@Annually", "0 0 1 1 ? *", id="annually"),
        pytest.param("@reboot", None, id="no time"),
        pytest.param("0 3 30 2 *", None, id="a date that does not exist"),
        pytest.param("60 0 * * *", None, id="no minute"),
        pytest.param("0 0 0 * *", None, id="no day"),
        pytest.param("0 0 1 13 *", None, id="no month"),
        pytest.param("*/0 * * * *", None, id="an increment of 0"),
        pytest.param("0 0 * * */8", None, id="an increment over a week"),
        pytest.param("1,,2 0 * * *", None, id="an empty item"),
        pytest.param("0 0 * * FOO", None, id="no name of a day"),
        pytest.param("0 0 * *", None, id="four fields"),
        pytest.param("0 " * 5000, None, id="many fields"),
        pytest.param("0 25 * * *", None, id="out of range"),
        pytest.param("0 0 * * 8", None, id="no day of the week"),
        pytest.param("0 0 * * 0-99999999999/1", None, id="no range"),
        pytest.param("0 3 * * ? *", None, id="six fields"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_unix_cron(text: str, expected: str | None) -> None:
    assert from_unix(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0 3 * * ? *", ("cron", "0 3 * * ? *"), id="AWS's own"),
        pytest.param("cron(0 3 * * ? *)", ("cron", "0 3 * * ? *"), id="in parentheses"),
        pytest.param(" rate( 1 day ) ", ("rate", "1 day"), id="a rate in parentheses"),
        pytest.param("cron(0 3 * * *)", ("cron", "0 3 * * ? *"), id="Unix in parentheses"),
        pytest.param("cron(1 day)", None, id="a rate in those of cron"),
        pytest.param("0 30 3 * * ?", ("cron", "30 3 * * ? *"), id="Quartz"),
        pytest.param("0 0 12 ? * MON 2027", ("cron", "0 12 ? * MON 2027"), id="Quartz with a year"),
        pytest.param("0 0 12 ? * MON", ("cron", "0 12 ? * MON *"), id="Quartz on a day of the week"),
        pytest.param("30 0 0 12 ? * MON 2027", None, id="eight fields"),
        pytest.param("*/10 * * * * ?", None, id="Quartz, several times a minute"),
        pytest.param("* 0 12 ? * MON 2027", None, id="Quartz, every second"),
        pytest.param("0 3 30 2 ? *", None, id="a date that does not exist"),
        pytest.param("0 0 3 31 4 ?", None, id="Quartz, a date that does not exist"),
        pytest.param("@every 1.25h", ("rate", "75 minutes"), id="a quarter of an hour"),
        pytest.param("@every .5h", ("rate", "30 minutes"), id="no digit before the point"),
        pytest.param("@every 90000ms30s", ("rate", "2 minutes"), id="milliseconds"),
        pytest.param("@every 24h0m0s", ("rate", "1 day"), id="Go, with zeros"),
        pytest.param("5 mins", ("rate", "5 minutes"), id="a short unit"),
        pytest.param("@every day", None, id="Go without a number"),
        pytest.param("@every 1h30m", ("rate", "90 minutes"), id="Go"),
        pytest.param("every 2 weeks", ("rate", "14 days"), id="weeks"),
        pytest.param("120s", ("rate", "2 minutes"), id="seconds that are minutes"),
        pytest.param("24 hours", ("rate", "24 hours"), id="a rate as it is"),
        pytest.param("48h", ("rate", "2 days"), id="the largest unit"),
        pytest.param("0.1 hours", ("rate", "6 minutes"), id="a fraction"),
        pytest.param("90s", None, id="seconds that are no minutes"),
        pytest.param("10s", None, id="too often"),
        pytest.param("0m", None, id="no time"),
        pytest.param("hourly", ("rate", "1 hour"), id="a word"),
        pytest.param("2027-01-31T06:00:00", ("at", "2027-01-31T06:00:00"), id="a moment"),
        pytest.param("2027-01-31t06:00:00.123Z", ("at", "2027-01-31T06:00:00"), id="a moment in UTC"),
        pytest.param("2027-02-30", None, id="no date"),
        pytest.param("2027-01-31T06:00:00+01:00", None, id="an offset"),
        pytest.param("hello", None, id="a word that is none"),
        pytest.param("cron(" * 1000, None, id="too long"),
        pytest.param("cron(" * 40 + "0 3 * * *" + ")" * 40, ("cron", "0 3 * * ? *"), id="many parentheses"),
    ],
)
def test_other_notations(text: str, expected: tuple[str, str] | None) -> None:
    assert in_scheduler(text) == expected


def test_days_of_either_kind() -> None:
    assert is_on_either_day("0 3 1 * MON")
    assert not is_on_either_day("0 3 1 * *")
    assert not is_on_either_day("0 3 1 * MON *")


_WORDS = st.sampled_from(
    [
        "0",
        "3",
        "*",
        "?",
        "1-5",
        "*/2",
        "MON",
        "@every",
        "5m",
        "1h30m",
        "day",
        "days",
        "rate(",
        "cron(",
        ")",
        "2027",
    ]
)


@given(st.lists(_WORDS, max_size=9).map(" ".join) | st.text(max_size=30))
def test_what_is_suggested_is_accepted(text: str) -> None:
    meant = in_scheduler(text)

    if meant is not None:
        kind, expression = meant
        read = {"cron": read_cron, "rate": read_rate, "at": read_at}[kind](expression)
        assert not isinstance(read, tuple)
        assert not is_never(expression)
        assert in_scheduler(expression) == meant
