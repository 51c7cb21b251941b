"""Read a cron expression of EventBridge Scheduler, and say what is wrong with each part of it.

Source: EventBridge Scheduler user guide, Schedule types (fields, values, wildcards). What that page neither
shows nor forbids is read as the Quartz parser reads it, whose notation this is: an increment after a range,
a range such as FRI-MON that goes past the end, names in lower case, `LW` and `L-3`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from ecsplan.schedules.cron import (
    FIRST_YEAR,
    LAST_YEAR,
    Cron,
    DayRule,
    DaysOfMonth,
    DaysOfWeek,
    LastDay,
    NearestWorkday,
    NthWeekday,
)
from ecsplan.schedules.expressions import ExpressionFault
from ecsplan.terms.records import dataclass
from ecsplan.terms.short_texts import on_one_line

MONTH_NAMES: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAY_NAMES: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
ANY_DAY: Final = "?"
"""What the one field for days has that says nothing about the day."""
_MAX_NTH: Final = 5
"""A month has a day of the week at most five times."""
_MAX_QUOTED: Final = 40
"""Characters of a part that a message quotes."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an expression.

    Attributes:
        name: What messages call it.
        lowest: Its lowest value.
        highest: Its highest value.
        names: Names of its values, from the lowest on.
        highest_step: The largest increment (seen: EventBridge refuses */60 in minutes; aws/aws-sdk-js#4212).
        wraps: Whether a range may go past the highest value, as 22-2 does.
    """

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...]
    highest_step: int
    wraps: bool = True


MINUTES: Final = Field("minutes", 0, 59, (), 59)
HOURS: Final = Field("hours", 0, 23, (), 23)
DAY_OF_MONTH: Final = Field("day-of-month", 1, 31, (), 31)
MONTH: Final = Field("month", 1, 12, MONTH_NAMES, 12)
DAY_OF_WEEK: Final = Field("day-of-week", 1, 7, WEEKDAY_NAMES, 7)
YEAR: Final = Field("year", FIRST_YEAR, LAST_YEAR, (), LAST_YEAR - FIRST_YEAR, wraps=False)
FIELDS: Final = (MINUTES, HOURS, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR)
FIELD_NAMES: Final = "minutes, hours, day-of-month, month, day-of-week and year"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an expression's text, and the offset at which it begins."""

    text: str
    start: int

    def split(self, separator: str) -> "tuple[Part, ...]":
        """Return the parts between separators."""
        parts, start = [], self.start
        for text in self.text.split(separator):
            parts.append(Part(text, start))
            start += len(text) + len(separator)
        return tuple(parts)

    def before(self, ending: str) -> "Part":
        """Return this part without its ending."""
        return Part(self.text[: -len(ending)], self.start)


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    """A part that is wrong."""

    def __init__(self, part: Part, message: str, help_text: str = "") -> None:
        super().__init__(message)
        self.fault = _fault(part, message, help_text)


def _fault(part: Part, message: str, help_text: str = "") -> ExpressionFault:
    return ExpressionFault(part.start, part.start + max(len(part.text), 1), message, help_text)


def fields_of(text: str) -> tuple[Part, ...]:
    """Return the fields of an expression, which white space separates."""
    return tuple(Part(each[0], each.start()) for each in re.finditer(r"\S+", text))


def read_cron(text: str) -> Cron | tuple[ExpressionFault, ...]:
    """Return what an expression means, or all that is wrong with it in the order of the text.

    Args:
        text: What stands between the parentheses of `cron(…)`.
    """
    parts = fields_of(text)
    if len(parts) != len(FIELDS):
        count = f"{len(parts)} field{'' if len(parts) == 1 else 's'}"
        message = f"a cron expression has six fields ({FIELD_NAMES}), this one has {count}"
        return (ExpressionFault(0, max(len(text), 1), message),)
    faults: list[ExpressionFault] = []
    minutes = _values(MINUTES, parts[0], faults)
    hours = _values(HOURS, parts[1], faults)
    of_month = _days(parts[2], _day_of_month, faults)
    months = _values(MONTH, parts[3], faults)
    of_week = _days(parts[4], _day_of_week, faults)
    faults += _of_nth(parts[4])
    years = _values(YEAR, parts[5], faults)
    faults += () if faults else _of_both_days(parts)
    return tuple(faults) or Cron(minutes, hours, (*of_month, *of_week), months, years)


def _values(field: Field, part: Part, faults: list[ExpressionFault]) -> tuple[int, ...]:
    """Return the values of a field in ascending order."""
    found = _items(part, lambda item: _numbers(field, item), faults)
    return tuple(sorted(frozenset[int]().union(*found)))


def _days(part: Part, read: Callable[[Part], DayRule], faults: list[ExpressionFault]) -> tuple[DayRule, ...]:
    return () if part.text == ANY_DAY else _items(part, read, faults)


def _items(part: Part, read: Callable[[Part], _T], faults: list[ExpressionFault]) -> tuple[_T, ...]:
    """Return what the items of a field are, and append the faults of those that are wrong."""
    found = []
    for item in part.split(","):
        try:
            found.append(read(item))
        except _Refused as refused:
            faults.append(refused.fault)
    return tuple(found)


def _day_of_month(item: Part) -> DayRule:
    text = item.text.upper()
    if text == "L":
        return LastDay()
    if text == "LW":
        return NearestWorkday(None)
    if text.startswith("L-"):
        before = Part(item.text[2:], item.start + 2)
        return LastDay(_value(Field("day-of-month", 0, 30, (), 30), before))
    if text.endswith("W"):
        return NearestWorkday(_value(DAY_OF_MONTH, item.before("W")))
    return DaysOfMonth(_numbers(DAY_OF_MONTH, item))


def _day_of_week(item: Part) -> DayRule:
    text = item.text.upper()
    if text == "L":
        # The last day of a week, every week (Quartz: the same as SAT).
        return DaysOfWeek(frozenset({DAY_OF_WEEK.highest}))
    if text.endswith("L"):
        return NthWeekday(_value(DAY_OF_WEEK, item.before("L")), None)
    if "#" in text:
        day, *nth = item.split("#")
        if len(nth) != 1 or not _is_number(nth[0].text) or not 1 <= int(nth[0].text) <= _MAX_NTH:
            message = f"day-of-week: {_quoted(item)}: expected a number from 1 to {_MAX_NTH} behind the #"
            raise _Refused(item, message, "TUE#2 is the second Tuesday of the month")
        return NthWeekday(_value(DAY_OF_WEEK, day), int(nth[0].text))
    return DaysOfWeek(_numbers(DAY_OF_WEEK, item))


def _of_nth(part: Part) -> Iterator[ExpressionFault]:
    """Yield the fault of a list with a # in it."""
    if "#" in part.text and "," in part.text:
        message = f"day-of-week: {_quoted(part)} has several items, but one with a # stands alone"
        yield _fault(part, message, "keep one of them; give the others separate jobs")


def _of_both_days(parts: tuple[Part, ...]) -> Iterator[ExpressionFault]:
    """Yield what is wrong with the two fields for days together: exactly one of them is ?."""
    month, week = parts[2], parts[4]
    if month.text == week.text == ANY_DAY:
        yield _fault(
            week, "day-of-month and day-of-week are both ?", f"for every day write {_with(parts, month, '*')}"
        )
    elif ANY_DAY not in {month.text, week.text}:
        wrong = month if month.text == "*" != week.text else week
        help_text = f"write {_with(parts, wrong, ANY_DAY)}"
        if "*" not in {month.text, week.text}:
            help_text += "; to run on days of both kinds, make two jobs"
        message = "one of day-of-month and day-of-week has to be ?, as an expression takes one of them"
        yield _fault(wrong, message, help_text)


def _with(parts: tuple[Part, ...], replaced: Part, text: str) -> str:
    """Return an expression with another text in one field, in quotes."""
    return '"' + " ".join(text if each is replaced else each.text for each in parts) + '"'


def _numbers(field: Field, item: Part) -> frozenset[int]:
    """Return the values of an item: `*`, `5`, `5-10`, `*/15`, `5/15` or `5-50/15`."""
    values, *steps = item.split("/")
    first, *rest = values.split("-")
    if len(steps) > 1 or len(rest) > 1:
        raise _Refused(item, f"{field.name}: {_quoted(item)} is not a value, a range or an increment")
    if values.text == "*":
        low, high = field.lowest, field.highest
    elif rest:
        low, high = _value(field, first), _value(field, rest[0])
    else:
        low = _value(field, first)
        high = field.highest if steps else low
    step = _step(field, steps[0]) if steps else 1
    if high < low and not field.wraps:
        raise _Refused(values, f"{field.name}: {_quoted(values)} ends before it begins")
    size = field.highest - field.lowest + 1
    behind = high + 1 if low <= high else high + 1 + size
    return frozenset((each - field.lowest) % size + field.lowest for each in range(low, behind, step))


def _step(field: Field, part: Part) -> int:
    if not _is_number(part.text) or not 1 <= int(part.text) <= field.highest_step:
        allowed = f"a number from 1 to {field.highest_step}"
        raise _Refused(part, f"{field.name}: {_quoted(part)}: expected {allowed} behind the /")
    return int(part.text)


def _value(field: Field, part: Part) -> int:
    """Return the value that a number or a name is."""
    if part.text.upper() in field.names:
        return field.names.index(part.text.upper()) + field.lowest
    if not part.text:
        raise _Refused(part, f"{field.name}: a value is missing")
    if part.text == ANY_DAY:
        message = f"{field.name}: ? stands alone, in day-of-month or in day-of-week"
        raise _Refused(part, message, "* stands for every value")
    if not _is_number(part.text):
        raise _Refused(part, f"{field.name}: {_quoted(part)} is not a value: {_allowed(field)}")
    if not field.lowest <= int(part.text) <= field.highest:
        help_text = _OF_SUNDAY if field is DAY_OF_WEEK else ""
        raise _Refused(part, f"{field.name}: {_quoted(part)} is out of range: {_allowed(field)}", help_text)
    return int(part.text)


_OF_SUNDAY: Final = "days of the week count from 1 for SUN to 7 for SAT; names are unambiguous"


def _allowed(field: Field) -> str:
    names = f" or {field.names[0]}-{field.names[-1]}" if field.names else ""
    return f"expected {field.lowest}-{field.highest}{names}"


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None


def _quoted(part: Part) -> str:
    return f'"{on_one_line(part.text, _MAX_QUOTED)}"'
