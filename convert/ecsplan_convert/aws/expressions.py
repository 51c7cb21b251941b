"""Schedules as other tools write them, as expressions of EventBridge: cron lines, presets and durations.

AWS's cron has six fields, counts the days of the week from 1 (Sunday), and needs a `?` in one of the two
fields for days (EventBridge Scheduler user guide, "Schedule types"). Ranges and steps over days of the week
become lists, since the two count differently.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from ecsplan.terms.json_types import Document
from ecsplan.terms.records import dataclass

PRESETS: Final[Mapping[str, str]] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""The names that cron, Go's cron libraries and Airflow have for schedules, as lines of five fields."""


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field of a cron line may hold: numbers from `first` to `last`, or names for them."""

    first: int
    last: int
    names: tuple[str, ...] = ()


_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MINUTE: Final = _Field(0, 59)
_HOUR: Final = _Field(0, 23)
_DAY: Final = _Field(1, 31)
_MONTH: Final = _Field(1, 12, _MONTHS)
_WEEKDAY: Final = _Field(0, 7, _DAYS)

_ITEM: Final = re.compile(
    r"(?:(?P<any>[*?])|(?P<first>\d{1,2}|[A-Z]{3})(?:-(?P<last>\d{1,2}|[A-Z]{3}))?)(?:/(?P<step>\d{1,2}))?"
)
_DURATION: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS: Final = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_EXPRESSION: Final = re.compile(r"(cron|rate|at)\(\s*(.*?)\s*\)", re.DOTALL)
_MAX_LENGTH: Final = 200
"""Characters of the longest text that is looked at."""


def aws_cron(unix: str) -> str | None:
    """Return what stands between the parentheses of AWS's `cron(…)` for a line of five fields or a preset.

    Args:
        unix: Such as `0 3 * * 1-5`, `*/15 * * * *` or `@daily`.

    Returns:
        The six fields; None where the text is neither, or where AWS cannot say it: cron runs a line that
        restricts both the days of the month and those of the week on either, and AWS takes only one of them.
    """
    fields = PRESETS.get(unix.strip().lower(), unix).upper().split() if len(unix) <= _MAX_LENGTH else []
    if len(fields) != 5:
        return None
    minute, hour = _aws_field(fields[0], _MINUTE), _aws_field(fields[1], _HOUR)
    month, days = _aws_field(fields[3], _MONTH), _aws_days(fields[2], fields[4])
    if minute is None or hour is None or month is None or days is None:
        return None
    return f"{minute} {hour} {days[0]} {month} {days[1]} *"


def schedule_keys(text: str) -> Document | None:
    """Return a schedule as members of a manifest's `schedule:`: `cron`, `rate` or `at`.

    Args:
        text: A line of five fields, a preset, `@every 1h30m`, or AWS's own `cron(…)`, `rate(…)` or `at(…)`.

    Returns:
        The member; None where there is none that says the same.
    """
    stripped = text.strip()
    own = _EXPRESSION.fullmatch(stripped)
    if own is not None:
        return {own[1]: " ".join(own[2].split())} if own[2] else None
    if stripped.startswith("@every "):
        seconds = duration_seconds(stripped.removeprefix("@every "))
        rate = None if seconds is None else aws_rate(seconds)
        return None if rate is None else {"rate": rate}
    cron = aws_cron(stripped)
    return None if cron is None else {"cron": cron}


def aws_rate(seconds: Fraction | int) -> str | None:
    """Return what stands between the parentheses of AWS's `rate(…)`: `90 minutes`, `1 day`.

    Returns:
        The rate in the largest unit that fits; None where it is not a whole number of minutes, 1 or more.
    """
    minutes = Fraction(seconds) / 60
    if minutes < 1 or minutes.denominator != 1:
        return None
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            number = int(minutes) // size
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return None


def duration_seconds(text: str) -> Fraction | None:
    """Return the seconds of a duration in Go's form, which Compose and Copilot use: `1h30m`, `90s`, `1.5h`.

    Returns:
        The exact number; None where the text is not such a duration, or a negative one.
    """
    stripped = text.strip().removeprefix("+")
    if stripped == "0":
        return Fraction(0)
    if not stripped or len(stripped) > _MAX_LENGTH or _DURATION.sub("", stripped):
        return None
    return sum(
        (Fraction(number.rstrip(".")) * _SECONDS[unit] for number, unit in _DURATION.findall(stripped)),
        Fraction(0),
    )


def _aws_days(day: str, weekday: str) -> tuple[str, str] | None:
    """Return AWS's fields for the days of the month and of the week; None where it has none that say it."""
    if weekday in {"*", "?"}:
        days = _aws_field(day, _DAY)
        return None if days is None else (days, "?")
    numbers = _numbers(weekday, _WEEKDAY)
    if numbers is None or day not in {"*", "?"}:
        return None
    # Cron has 0 and 7 for Sunday.
    week = sorted({each % 7 for each in numbers})
    return ("*", "?") if len(week) == len(_DAYS) else ("?", _listed([each + 1 for each in week]))


def _aws_field(text: str, field: _Field) -> str | None:
    """Return a field other than the one for days of the week, in AWS's form; None where it is wrong."""
    numbers = _numbers(text, field)
    if numbers is None:
        return None
    if len(set(numbers)) == field.last - field.first + 1:
        return "*"
    match = _ITEM.fullmatch(text)
    if match is not None and match["any"]:
        return f"{field.first}/{match['step']}"
    # Numbers such as 00 are usual in cron.
    return _listed(sorted(set(numbers))) if "/" in text else re.sub(r"\b0+(?=\d)", "", text)


def _listed(numbers: list[int]) -> str:
    """Return sorted numbers as a list, or as a range where they follow each other."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}-{numbers[-1]}"
    return ",".join(map(str, numbers))


def _numbers(text: str, field: _Field) -> list[int] | None:
    """Return all numbers that a field stands for; None where it is not understood."""
    numbers: list[int] = []
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        of_item = None if match is None else _of_item(match, field)
        if of_item is None:
            return None
        numbers += of_item
    return numbers


def _of_item(match: re.Match[str], field: _Field) -> list[int] | None:
    step = int(match["step"] or 1)
    if match["any"]:
        first, last = field.first, field.last if field is not _WEEKDAY else len(_DAYS) - 1
    else:
        begin = _number(match["first"], field)
        # With a step, a single number stands for all from it on, as in Go's and Airflow's libraries.
        end = _number(match["last"], field) if match["last"] else field.last if match["step"] else begin
        if begin is None or end is None:
            return None
        first, last = begin, end
        if field is _WEEKDAY and first > last:
            last += len(_DAYS)
    return list(range(first, last + 1, step)) if step and first <= last else None


def _number(text: str, field: _Field) -> int | None:
    if text in field.names:
        return field.names.index(text) + field.first
    return int(text) if text.isdigit() and field.first <= int(text) <= field.last else None
