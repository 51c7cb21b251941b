"""When a schedule runs: in ascending order, by the clocks of its time zone."""

from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan.schedules.cron_fields import read_cron
from ecsplan.schedules.run_times import When, next_times, rate_of, read_at, read_rate

BERLIN, NEW_YORK, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")


def when_of(text: str) -> When:
    read = read_at(text) if "T" in text else read_cron(text) if text.count(" ") > 1 else read_rate(text)
    assert not isinstance(read, tuple), read
    return read


@pytest.mark.parametrize(
    ("text", "after", "zone", "expected"),
    [
        pytest.param(
            "30 2 * * ? *",
            "2027-01-01T02:30",
            UTC,
            ["01-02T02:30+00:00", "01-03T02:30+00:00"],
            id="not at once",
        ),
        pytest.param(
            "0,30 22/1 L * ? *",
            "2027-01-31T22:15",
            UTC,
            ["01-31T22:30+00:00", "01-31T23:00+00:00"],
            id="a day",
        ),
        pytest.param(
            "30 2 * * ? *",
            "2027-03-27T12:00",
            BERLIN,
            ["03-29T02:30+02:00", "03-30T02:30+02:00"],
            id="skipped",
        ),
        pytest.param(
            "30 2 * * ? *", "2027-10-30T12:00", BERLIN, ["10-31T02:30+02:00", "11-01T02:30+01:00"], id="once"
        ),
        pytest.param(
            "0 3 * * ? *",
            "2027-03-13T12:00",
            NEW_YORK,
            ["03-14T03:00-04:00", "03-15T03:00-04:00"],
            id="same clock",
        ),
        pytest.param(
            "1 day", "2027-10-30T12:00", BERLIN, ["10-31T11:00+01:00", "11-01T11:00+01:00"], id="24 hours"
        ),
        pytest.param(
            "90 minutes", "2027-01-01T00:00", UTC, ["01-01T01:30+00:00", "01-01T03:00+00:00"], id="minutes"
        ),
        pytest.param(
            "2027-02-01T06:00:00", "2027-01-31T23:00", BERLIN, ["02-01T06:00+01:00"], id="one moment"
        ),
        pytest.param("2027-02-01T06:00:00", "2027-02-01T06:00", BERLIN, [], id="a moment that has passed"),
        pytest.param("2027-03-28T02:30:00", "2027-01-01T00:00", BERLIN, [], id="a moment that is skipped"),
        pytest.param("0 0 * * ? 2026", "2027-01-01T00:00", UTC, [], id="years that have passed"),
        pytest.param("999999999999 days", "2027-01-01T00:00", UTC, [], id="beyond all dates"),
    ],
)
def test_next_times(text: str, after: str, zone: tzinfo, expected: list[str]) -> None:
    found = islice(next_times(when_of(text), datetime.fromisoformat(after).replace(tzinfo=zone)), 2)

    assert [each.isoformat(timespec="minutes")[5:] for each in found] == expected


_FIELD = st.sampled_from(["*", "*/7", "2-5", "0/30", "1,2"])


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        pytest.param("9999-12-31T23:59:59", NEW_YORK, 1, id="whose date in UTC is after the last one"),
        pytest.param("9999-12-31T23:59:59", TOKYO, 1, id="the last one"),
        pytest.param("0001-01-01T00:00:00", TOKYO, 0, id="whose date in UTC is before the first one"),
        pytest.param("0001-01-01T00:00:00", NEW_YORK, 0, id="the first one"),
    ],
)
def test_a_moment_at_the_ends_of_the_calendar(text: str, zone: tzinfo, expected: int) -> None:
    assert len(list(next_times(when_of(text), datetime(2027, 1, 1, tzinfo=zone)))) == expected


@given(
    st.builds(
        "{} {} {} * ? *".format,
        _FIELD,
        st.sampled_from(["*", "2", "1-4", "22-3"]),
        st.sampled_from(["*", "L"]),
    ),
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2029-01-01")),
    st.sampled_from([BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
)
def test_times_ascend_and_are_shown_by_the_clocks(text: str, after: datetime, zone: ZoneInfo) -> None:
    cron = read_cron(text)
    assert not isinstance(cron, tuple)

    found = [after.replace(tzinfo=zone), *islice(next_times(cron, after.replace(tzinfo=zone)), 20)]

    moments = [each.astimezone(UTC) for each in found]
    assert all(first < second for first, second in pairwise(moments))
    for each, moment in zip(found[1:], moments[1:], strict=True):
        assert each.hour in cron.hours
        assert each.minute in cron.minutes
        assert moment.astimezone(zone).replace(tzinfo=None) == each.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (60, "1 minute"),
        (120, "2 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (86400, "1 day"),
        (172800, "2 days"),
        (604800, "7 days"),
        (59, None),
        (90, None),
        (0, None),
        (-60, None),
        (Fraction(1, 3), None),
    ],
)
def test_rate_of_an_interval(seconds: Fraction | int, expected: str | None) -> None:
    rate = rate_of(seconds)

    assert (None if rate is None else rate.text) == expected
