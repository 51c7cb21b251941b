"""Read rates and single dates of EventBridge Scheduler, and compute when a schedule runs."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from ecsplan.schedules.cron import Cron, dates
from ecsplan.schedules.cron_fields import read_cron
from ecsplan.schedules.expressions import ExpressionFault
from ecsplan.terms.records import dataclass
from ecsplan.terms.short_texts import on_one_line

ExpressionKey: TypeAlias = Literal["cron", "rate", "at"]
EXPRESSION_KEYS: Final[tuple[ExpressionKey, ...]] = ("cron", "rate", "at")
"""The members of `schedule` that say when it runs, named like the kinds of expressions of AWS."""
SCHEDULE_MEMBERS: Final = (
    *EXPRESSION_KEYS,
    "timezone",
    "role_arn",
    "flexible_window_minutes",
    "enabled",
    "group",
    "dead_letter_arn",
    "retry",
)
"""The members of `schedule` in the order of their documentation."""

UNITS: Final = ("minute", "hour", "day")
_LENGTHS: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
"""Units of a rate; a day is 24 hours, whatever the clocks do (EventBridge Scheduler user guide)."""
_MAX_QUOTED: Final = 40


@dataclass(frozen=True, slots=True)
class Rate:
    """A regular interval.

    Attributes:
        value: How many of the unit, 1 or more.
        unit: One of `UNITS`.
    """

    value: int
    unit: str

    @property
    def text(self) -> str:
        """The rate as AWS's documentation writes it."""
        return f"{self.value} {self.unit}{'' if self.value == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class At:
    """One moment, by the clock of the schedule's time zone."""

    moment: datetime


When: TypeAlias = Cron | Rate | At
"""When a schedule runs."""


def read_rate(text: str) -> Rate | tuple[ExpressionFault, ...]:
    """Return what a rate means, or what is wrong with it.

    Source: EventBridge Scheduler API reference, CreateSchedule (a positive integer, and minute, minutes,
    hour, hours, day or days). That the number decides between the two forms is said of EventBridge rules
    only.
    """
    words = list(re.finditer(r"\S+", text))
    whole = _fault(0, len(text), f"{_quoted(text)} is not a rate: expected a number and a unit")
    if len(words) != 2:
        return (whole,)
    value, unit = words
    faults = []
    if not re.fullmatch("[0-9]{1,200}", value[0]) or not int(value[0]):
        message = f"{_quoted(value[0])} is not a whole number of 1 or more"
        faults.append(_fault(*value.span(), message))
    if unit[0].removesuffix("s") not in UNITS or unit[0].endswith("ss"):
        message = f"{_quoted(unit[0])} is not a unit of rates: expected minutes, hours or days"
        faults.append(_fault(*unit.span(), message))
    return tuple(faults) or Rate(int(value[0]), unit[0].removesuffix("s"))


def rate_of(seconds: Fraction | int) -> Rate | None:
    """Return an interval as a rate in the largest unit that fits; None where it is not in whole minutes."""
    for unit in reversed(UNITS):
        count = Fraction(seconds) / int(_LENGTHS[unit].total_seconds())
        if count >= 1 and count.denominator == 1:
            return Rate(int(count), unit)
    return None


def read_at(text: str) -> At | tuple[ExpressionFault, ...]:
    """Return the moment that `yyyy-mm-ddThh:mm:ss` names, or what is wrong with it.

    Source: EventBridge Scheduler user guide, Schedule types (One-time schedules).
    """
    written = re.fullmatch(
        r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\s*", text, re.ASCII
    )
    if written is None:
        message = f"{_quoted(text)} is not a date and time: expected yyyy-mm-ddThh:mm:ss"
        return (_fault(0, len(text), message),)
    year, month, day, hour, minute, second = map(int, written.groups())
    faults = []
    if not _exists(year, month, day):
        faults.append(_fault(written.start(1), written.end(3), f"there is no {text.strip()[:10]}"))
    if hour > 23 or minute > 59 or second > 59:
        faults.append(_fault(written.start(4), written.end(6), f"there is no time {text.strip()[11:]}"))
    return tuple(faults) or At(datetime.combine(date(year, month, day), time(hour, minute, second)))


_READERS: Final[Mapping[ExpressionKey, Callable[[str], When | tuple[ExpressionFault, ...]]]] = {
    "cron": read_cron,
    "rate": read_rate,
    "at": read_at,
}


def read_expression(key: ExpressionKey, text: str) -> When | tuple[ExpressionFault, ...]:
    """Return what an expression of a kind means, or what is wrong with it."""
    return _READERS[key](text)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    return f'"{on_one_line(text, _MAX_QUOTED)}"'


def _fault(start: int, end: int, message: str) -> ExpressionFault:
    return ExpressionFault(start, max(end, start + 1), message)


@lru_cache(maxsize=64)
def is_never(text: str) -> bool:
    """Return whether a cron expression is right and names no date that exists, such as 30 February."""
    # Kept, as the jobs of a matrix have the same expression: nothing is found only after 230 years.
    cron = read_cron(text)
    return isinstance(cron, Cron) and next(dates(cron), None) is None


def next_times(when: When, after: datetime) -> Iterator[datetime]:
    """Yield when a schedule runs after a moment, in ascending order and in the time zone of that moment.

    A time that the clocks skip has no run, and one that they show twice has one, at the first
    (EventBridge Scheduler user guide, Daylight savings time).

    Args:
        when: The expression.
        after: A moment with the schedule's time zone. The runs of a rate are counted from it: it stands for
            the moment at which the schedule is created.
    """
    match when:
        case Cron():
            times = _of_cron(when, after)
        case Rate():
            times = _of_rate(when, after)
        case At(moment):
            times = iter((moment.replace(tzinfo=after.tzinfo),))
    since = after.astimezone(UTC)
    return (each for each in times if _is_run(each, since))


def _of_cron(cron: Cron, after: datetime) -> Iterator[datetime]:
    for day in dates(cron, after.date()):
        for hour in cron.hours:
            for minute in cron.minutes:
                yield datetime.combine(day, time(hour, minute), tzinfo=after.tzinfo)


def _of_rate(rate: Rate, after: datetime) -> Iterator[datetime]:
    moment = after.astimezone(UTC)
    try:
        while True:
            moment += rate.value * _LENGTHS[rate.unit]
            yield moment.astimezone(after.tzinfo)
    except OverflowError:
        # Later than any year that a date can have.
        return


def _is_run(moment: datetime, since: datetime) -> bool:
    """Return whether a moment is later than another, and one that the clocks of its time zone show."""
    try:
        return moment.astimezone(UTC) > since and not is_skipped(moment)
    except OverflowError:
        # On the first or the last day that a date can have; in UTC it is on neither.
        return moment.year == date.max.year


def is_skipped(moment: datetime) -> bool:
    """Return whether the clocks of a moment's time zone skip it, as they do when they go forward."""
    try:
        shown = moment.astimezone(UTC).astimezone(moment.tzinfo)
    except OverflowError:
        return False
    return shown.replace(tzinfo=None) != moment.replace(tzinfo=None)
