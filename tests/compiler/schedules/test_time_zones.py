"""The names of time zones: those of the IANA Time Zone Database, whatever a machine has installed."""

from zoneinfo import available_timezones

from ecsplan.schedules.time_zones import time_zones

NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
"""What a database has beside time zones."""


def test_the_names_are_those_of_a_database() -> None:
    names = time_zones()

    assert {
        "UTC",
        "GMT",
        "Etc/GMT-14",
        "Europe/Kyiv",
        "America/Argentina/ComodRivadavia",
        "US/Pacific",
    } <= names
    assert not names & NO_PLACES
    # A database that is older or newer than the table differs by few names.
    assert len(names ^ (available_timezones() - NO_PLACES)) < 30


def test_no_name_is_longer_than_scheduler_takes() -> None:
    assert max(map(len, time_zones())) <= 50
