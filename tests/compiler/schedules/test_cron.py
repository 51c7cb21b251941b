"""Cron expressions of EventBridge Scheduler: what they mean, and the dates on which they fire."""

from datetime import date
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan.schedules.cron import Cron, dates
from ecsplan.schedules.cron_fields import FIELDS, read_cron


def cron_of(text: str) -> Cron:
    cron = read_cron(text)
    assert isinstance(cron, Cron), cron
    return cron


@pytest.mark.parametrize(
    ("text", "minutes", "hours"),
    [
        pytest.param("5 3 * * ? *", (5,), (3,), id="values"),
        pytest.param("0,30 3,15 * * ? *", (0, 30), (3, 15), id="lists"),
        pytest.param("0-3 22-2 * * ? *", (0, 1, 2, 3), (0, 1, 2, 22, 23), id="ranges, one past midnight"),
        pytest.param("*/20 */6 * * ? *", (0, 20, 40), (0, 6, 12, 18), id="increments"),
        pytest.param("50/5 20/3 * * ? *", (50, 55), (20, 23), id="increments from a value on"),
        pytest.param("10-30/10 22-3/2 * * ? *", (10, 20, 30), (0, 2, 22), id="increments in ranges"),
        pytest.param("59/59 23 * * ? *", (59,), (23,), id="the largest increment and values"),
    ],
)
def test_times_of_the_day(text: str, minutes: tuple[int, ...], hours: tuple[int, ...]) -> None:
    cron = cron_of(text)

    assert (cron.minutes, cron.hours) == (minutes, hours)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0 0 1,15 * ? *", ["01-01", "01-15", "02-01"], id="days of the month"),
        pytest.param("0 0 30 * ? *", ["01-30", "03-30", "04-30"], id="that not every month has"),
        pytest.param("0 0 L * ? *", ["01-31", "02-28", "03-31"], id="the last day"),
        pytest.param("0 0 L-1 * ? *", ["01-30", "02-27", "03-30"], id="the last but one"),
        pytest.param("0 0 1,L * ? *", ["01-01", "01-31", "02-01"], id="the first and the last"),
        pytest.param("0 0 LW * ? *", ["01-29", "02-26", "03-31"], id="the last workday"),
        pytest.param("0 0 15W * ? *", ["01-15", "02-15", "03-15"], id="a workday"),
        pytest.param("0 0 16W * ? *", ["01-15", "02-16", "03-16"], id="near a Saturday"),
        pytest.param("0 0 17w * ? *", ["01-18", "02-17", "03-17"], id="near a Sunday"),
        pytest.param("0 0 1W MAY ? *", ["05-03", "05-02", "05-01"], id="near a Saturday that is the first"),
        pytest.param("0 0 31W JAN ? *", ["01-29", "01-31", "01-31"], id="near a Sunday that is the last"),
        pytest.param("0 0 ? * 1 *", ["01-03", "01-10", "01-17"], id="1 is Sunday"),
        pytest.param("0 0 ? * SAT-SUN *", ["01-02", "01-03", "01-09"], id="past the end of the week"),
        pytest.param("0 0 ? * mon-fri *", ["01-01", "01-04", "01-05"], id="names in lower case"),
        pytest.param("0 0 ? * 2/2 *", ["01-01", "01-04", "01-06"], id="every other day from Monday"),
        pytest.param("0 0 ? * L *", ["01-02", "01-09", "01-16"], id="the last day of the week"),
        pytest.param("0 0 ? * 6L *", ["01-29", "02-26", "03-26"], id="the last Friday"),
        pytest.param("0 0 ? * FRIL *", ["01-29", "02-26", "03-26"], id="the last Friday, by name"),
        pytest.param("0 0 ? * 3#2 *", ["01-12", "02-09", "03-09"], id="the second Tuesday"),
        pytest.param("0 0 ? * TUE#5 *", ["03-30", "06-29", "08-31"], id="a fifth Tuesday"),
        pytest.param("0 0 1 MAR,6 ? *", ["03-01", "06-01", "03-01"], id="months"),
        pytest.param("0 0 1 NOV-FEB ? *", ["01-01", "02-01", "11-01"], id="months past the end of the year"),
        pytest.param("0 0 29 2 ? *", ["02-29", "02-29", "02-29"], id="in leap years"),
    ],
)
def test_dates(text: str, expected: list[str]) -> None:
    found = islice(dates(cron_of(text), date(2021, 1, 1)), 3)

    assert [f"{each:%m-%d}" for each in found] == expected


def test_dates_begin_where_they_are_asked_for_and_end_with_the_years() -> None:
    cron = cron_of("0 0 15 * ? 2027/2")

    assert next(dates(cron)) == date(2027, 1, 15)
    assert next(dates(cron, date(2027, 1, 15))) == date(2027, 1, 15)
    assert next(dates(cron, date(2027, 1, 16))) == date(2027, 2, 15)
    assert next(dates(cron, date(2027, 12, 16))) == date(2029, 1, 15)
    assert next(dates(cron, date(2199, 12, 16)), None) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param("", [""], id="nothing"),
        pytest.param("* * * * ? * *", ["* * * * ? * *"], id="seven fields"),
        pytest.param("? * * * ? *", ["?"], id="? of a minute"),
        pytest.param("L * * * ? *", ["L"], id="L of a minute"),
        pytest.param("1- * * * ? *", [" "], id="a range without an end"),
        pytest.param("-5 * * * ? *", ["-"], id="a range without a beginning"),
        pytest.param("1-2-3 * * * ? *", ["1-2-3"], id="a range of three"),
        pytest.param("*/5/5 * * * ? *", ["*/5/5"], id="two increments"),
        pytest.param("*/0 */24 */32 */13 ? *", ["0", "24", "32", "13"], id="increments out of range"),
        pytest.param("*/60 * ? * */8 *", ["60", "8"], id="more increments out of range"),
        pytest.param("*/x * * * ? *", ["x"], id="an increment that is no number"),
        pytest.param("5-99 * * * ? *", ["99"], id="a range out of range"),
        pytest.param("1.5 * * * ? *", ["1.5"], id="a fraction"),
        pytest.param("٣ * * * ? *", ["٣"], id="a digit of another script"),
        pytest.param("0 0 ?,1 * MON *", ["?"], id="? in a list"),
        pytest.param("0 0 32W * ? *", ["32"], id="W of no day"),
        pytest.param("0 0 L-31 * ? *", ["31"], id="before any month"),
        pytest.param("0 0 MON * ? *", ["MON"], id="a weekday as a day of the month"),
        pytest.param("0 0 3#2 * ? *", ["3#2"], id="# of a day of the month"),
        pytest.param("0 0 ? MON * *", ["MON"], id="a weekday as a month"),
        pytest.param("0 0 ? * MONDAY *", ["MONDAY"], id="a whole name"),
        pytest.param("0 0 ? * 3#0 *", ["3#0"], id="the zeroth"),
        pytest.param("0 0 ? * 3#6 *", ["3#6"], id="the sixth"),
        pytest.param("0 0 ? * 3# *", ["3#"], id="# of no number"),
        pytest.param("0 0 ? * #3 *", ["#"], id="# of no day"),
        pytest.param("0 0 ? * 3#1,6#3 *", ["3#1,6#3"], id="two of them"),
        pytest.param("0 0 ? * 5W *", ["5W"], id="W of a weekday"),
        pytest.param("0 0 * * ? 2030-2027", ["2030-2027"], id="years backwards"),
        pytest.param("0 0 * * ? 27", ["27"], id="a year of two digits"),
    ],
)
def test_what_is_wrong(text: str, wrong: list[str]) -> None:
    faults = read_cron(text)

    assert isinstance(faults, tuple)
    assert [text[each.start : each.end] for each in faults] == wrong
    assert all(each.message for each in faults)


_ITEMS = st.sampled_from(
    ["*", "?", "0", "1", "7", "31", "2027", "MON", "JAN", "L", "W", "#", "-", "/", ",", "x"]
)


@given(st.lists(st.lists(_ITEMS, max_size=4).map("".join), max_size=8).map(" ".join))
def test_every_text_has_a_meaning_or_faults_within_it(text: str) -> None:
    read = read_cron(text)

    if isinstance(read, Cron):
        for values, field in zip(
            (read.minutes, read.hours, read.months, read.years),
            (*FIELDS[:2], FIELDS[3], FIELDS[5]),
            strict=True,
        ):
            assert values
            assert list(values) == sorted(set(values))
            assert field.lowest <= values[0] <= values[-1] <= field.highest
        assert read.days
    else:
        assert read
        assert all(0 <= each.start < each.end <= max(len(text), 1) + 1 for each in read)
