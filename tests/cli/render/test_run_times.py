"""When a schedule runs, in words: the next runs by the clocks of its time zone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ecsplan_cli.render.run_times import next_runs, run_times, when_it_runs

NOW = datetime(2026, 11, 29, 14, 30, 12, 345, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "when", "following"),
    [
        pytest.param(
            {"cron": "0 3 * * ? *"},
            "cron(0 3 * * ? *) in UTC",
            "Mon 2026-11-30 03:00 +00:00, Tue 2026-12-01 03:00 +00:00, Wed 2026-12-02 03:00 +00:00,"
            " Thu 2026-12-03 03:00 +00:00, Fri 2026-12-04 03:00 +00:00",
            id="cron",
        ),
        pytest.param(
            {"cron": "0 3 1 * ? *", "timezone": "Europe/Berlin", "flexible_window_minutes": 15},
            "cron(0 3 1 * ? *) in Europe/Berlin, up to 15 min later",
            "Tue 2026-12-01 03:00 +01:00, Fri 2027-01-01 03:00 +01:00, Mon 2027-02-01 03:00 +01:00,"
            " Mon 2027-03-01 03:00 +01:00, Thu 2027-04-01 03:00 +02:00",
            id="the offset changes with the clocks",
        ),
        pytest.param(
            {"rate": "6 hours"},
            "rate(6 hours)",
            "about every 6 hours; counted from now: Sun 2026-11-29 20:30:12 +00:00,"
            " Mon 2026-11-30 02:30:12 +00:00, Mon 2026-11-30 08:30:12 +00:00, Mon 2026-11-30 14:30:12 +00:00,"
            " Mon 2026-11-30 20:30:12 +00:00",
            id="rate",
        ),
        pytest.param(
            {"at": "2027-01-31T06:00:00", "timezone": "America/New_York"},
            "at(2027-01-31T06:00:00) in America/New_York",
            "Sun 2027-01-31 06:00 -05:00",
            id="once",
        ),
        pytest.param(
            {"at": "2026-11-29T14:30:12"},
            "at(2026-11-29T14:30:12) in UTC",
            "none: its time has passed",
            id="once, just now",
        ),
        pytest.param(
            {"at": "2027-03-28T02:30:00", "timezone": "Europe/Berlin"},
            "at(2027-03-28T02:30:00) in Europe/Berlin",
            "none: the clocks of its time zone skip that time",
            id="once, at a time that the clocks skip",
        ),
        pytest.param(
            {"at": "2027-01-31T06:00:00", "enabled": False},
            "at(2027-01-31T06:00:00) in UTC, disabled: it does not run",
            "none while it is disabled",
            id="switched off, once",
        ),
        pytest.param(
            {"rate": "6 hours", "enabled": False},
            "rate(6 hours), disabled: it does not run",
            "none while it is disabled",
            id="switched off, rate",
        ),
        pytest.param(
            {"cron": "<ssm:/when at apply>", "enabled": False},
            "cron(<ssm:/when at apply>) in UTC, disabled: it does not run",
            "none while it is disabled",
            id="switched off, looked up at apply",
        ),
        pytest.param(
            {"cron": "0 3 * * ? 2020"}, "cron(0 3 * * ? 2020) in UTC", "none", id="a year that is over"
        ),
        pytest.param(
            {"cron": "<ssm:/when at apply>"},
            "cron(<ssm:/when at apply>) in UTC",
            "not known until its lookups are resolved",
            id="looked up at apply",
        ),
        pytest.param(
            {"cron": "0 3 * * ? *", "timezone": "Mars/Base"},
            "cron(0 3 * * ? *) in Mars/Base",
            "not known: this machine has no time zone database with Mars/Base",
            id="a time zone that this machine does not know",
        ),
    ],
)
def test_words(schedule: dict[str, Any], when: str, following: str) -> None:
    times = run_times(schedule, NOW)

    assert (when_it_runs(times), next_runs(times)) == (when, following)


def test_an_hour_that_the_clocks_skip_has_no_run() -> None:
    now = datetime(2027, 3, 26, tzinfo=UTC)

    found = run_times({"cron": "30 2 * * ? *", "timezone": "Europe/Berlin"}, now).next

    assert [f"{each:%d %H:%M %z}" for each in found][:3] == [
        "26 02:30 +0100",
        "27 02:30 +0100",
        "29 02:30 +0200",
    ]
