"""What a cron expression of EventBridge Scheduler means: minutes, hours, and the dates on which it fires.

Days of the week are numbered as AWS numbers them, from 1 for Sunday to 7 for Saturday.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, TypeAlias

from ecsplan.terms.records import dataclass

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
"""The years of an expression (EventBridge Scheduler user guide, Schedule types)."""
_DAYS_IN_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class DaysOfMonth:
    """Days by their number: `1,15`, `*`."""

    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of the month, `L`, or one some days before it, `L-3`."""

    days_before: int = 0


@dataclass(frozen=True, slots=True)
class NearestWorkday:
    """The day from Monday to Friday that is nearest to a day of the same month: `15W`.

    Attributes:
        day: That day; None for the last one of the month, `LW`.
    """

    day: int | None


@dataclass(frozen=True, slots=True)
class DaysOfWeek:
    """Every one of these days of the week: `MON-FRI`."""

    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The nth of a day of the week in the month: `TUE#2`.

    Attributes:
        weekday: The day of the week.
        nth: Which one, from 1; None for the last one of the month, `FRIL`.
    """

    weekday: int
    nth: int | None


DayRule: TypeAlias = DaysOfMonth | LastDay | NearestWorkday | DaysOfWeek | NthWeekday


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression. Every tuple is in ascending order and has no value twice.

    Attributes:
        minutes: Minutes of the hour, 0 to 59.
        hours: Hours of the day, 0 to 23.
        days: It fires on the days that any of these describe.
        months: Months, 1 to 12.
        years: Years.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[DayRule, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]


def dates(cron: Cron, since: date = date(FIRST_YEAR, 1, 1)) -> Iterator[date]:
    """Yield the dates on which an expression fires, from `since` on, in ascending order."""
    for year in cron.years:
        for month in cron.months:
            if (year, month) >= (since.year, since.month):
                found = {day for rule in cron.days for day in _days(rule, year, month)}
                yield from (each for day in sorted(found) if (each := date(year, month, day)) >= since)


def _days(rule: DayRule, year: int, month: int) -> Iterator[int]:
    """Yield the days of a month that a rule describes."""
    last = _length(year, month)
    match rule:
        case DaysOfMonth(days):
            yield from (day for day in days if day <= last)
        case LastDay(days_before):
            yield from (last - days_before,) if days_before < last else ()
        case NearestWorkday(day):
            wanted = last if day is None else day
            yield from (_nearest_workday(year, month, wanted, last),) if wanted <= last else ()
        case DaysOfWeek(weekdays):
            yield from (day for day in range(1, last + 1) if _weekday(year, month, day) in weekdays)
        case NthWeekday(weekday, nth):
            found = [day for day in range(1, last + 1) if _weekday(year, month, day) == weekday]
            yield from found[-1:] if nth is None else found[nth - 1 : nth]


def _nearest_workday(year: int, month: int, day: int, last: int) -> int:
    match _weekday(year, month, day):
        case 7:  # Saturday: the Friday before, unless that is in the month before
            return day - 1 if day > 1 else day + 2
        case 1:  # Sunday: the Monday after, unless that is in the month after
            return day + 1 if day < last else day - 2
        case _:
            return day


def _weekday(year: int, month: int, day: int) -> int:
    return date(year, month, day).isoweekday() % _DAYS_IN_WEEK + 1


def _length(year: int, month: int) -> int:
    """Return how many days a month has."""
    return 31 if month == 12 else (date(year, month + 1, 1) - timedelta(days=1)).day
