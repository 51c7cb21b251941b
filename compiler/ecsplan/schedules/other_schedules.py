"""Schedules as other tools write them, in the notation of EventBridge Scheduler.

Sources: POSIX and Vixie crontab(5) (five fields, macros, days of the week from 0 for Sunday), Quartz
(seconds first), Go's robfig/cron (`@every 5m`), and AWS's own spelling with `cron(…)` around it.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from ecsplan.schedules.cron_fields import ANY_DAY, WEEKDAY_NAMES, read_cron
from ecsplan.schedules.run_times import (
    EXPRESSION_KEYS,
    ExpressionKey,
    Rate,
    is_never,
    rate_of,
    read_at,
    read_rate,
)

_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_UNIX_FIELDS, _AWS_FIELDS, _QUARTZ_FIELDS = 5, 6, 7
_MAX_READ = 250
"""Characters of an expression (botocore scheduler model: 256 with `cron()` around it)."""


def in_scheduler(text: str) -> tuple[ExpressionKey, str] | None:
    """Return what an expression in any of these notations is in that of EventBridge Scheduler.

    None where it is none of them, or cannot be said in one expression. What stands between AWS's parentheses
    is returned as it is there.
    """
    text = " ".join(text[: _MAX_READ + 1].split())
    if len(text) > _MAX_READ:
        return None
    for kind in EXPRESSION_KEYS:
        if wrapped := re.fullmatch(rf"{kind} ?\((.*)\)", text, re.IGNORECASE):
            inner = in_scheduler(wrapped[1].strip().strip("\"'"))
            return inner if inner is not None and inner[0] == kind else None
    if (cron := _cron(text)) is not None and _is_right(cron):
        return "cron", cron
    rate = _rate(text)
    if rate is not None:
        return "rate", rate
    moment = _at(text)
    return None if moment is None else ("at", moment)


def from_unix(text: str) -> str | None:
    """Return a Unix cron expression, or a macro such as `@daily`, in the notation of EventBridge Scheduler.

    None for what is neither, for a date that does not exist, and for one with both a day of the month and a
    day of the week: Unix cron runs on the days of either, which no single expression says.
    """
    fields = _MACROS.get(text.strip().lower(), text).split()
    if len(fields) != _UNIX_FIELDS:
        return None
    minutes, hours, day, month, weekday = fields
    if weekday in {"*", ANY_DAY}:
        day, weekday = "*" if day == ANY_DAY else day, ANY_DAY
    elif day in {"*", ANY_DAY}:
        day, weekday = ANY_DAY, _weekdays(weekday)
    else:
        return None
    converted = " ".join((minutes, hours, day, month.upper(), weekday, "*"))
    return converted if _is_right(converted) else None


def is_wrapped(text: str) -> bool:
    """Return whether an expression has AWS's parentheses around it: `cron(…)`, `rate(…)` or `at(…)`."""
    return re.match(rf"\s*({'|'.join(EXPRESSION_KEYS)})\s*\(", text, re.IGNORECASE) is not None


def inside_of(text: str) -> str:
    """Return what stands between AWS's parentheses of a text that has them."""
    return text.partition("(")[2].rpartition(")")[0].strip()


def is_on_either_day(text: str) -> bool:
    """Return whether a Unix cron expression runs on days of the month and on days of the week."""
    fields = text.split()
    return len(fields) == _UNIX_FIELDS and not {fields[2], fields[4]} & {"*", ANY_DAY}


def is_below_a_minute(text: str) -> bool:
    """Return whether a Quartz expression runs in more than one second of a minute."""
    fields = text.split()
    return _is_quartz(fields) and not _is_once(fields[0])


def _is_quartz(fields: Sequence[str]) -> bool:
    # Without a year: seconds come first, and the day of the week is last.
    is_short = len(fields) == _AWS_FIELDS and ANY_DAY in {fields[3], fields[5]}
    return is_short or len(fields) == _QUARTZ_FIELDS


def _is_once(seconds: str) -> bool:
    return re.fullmatch("[0-5]?[0-9]", seconds) is not None


def _is_right(cron: str) -> bool:
    return not isinstance(read_cron(cron), tuple) and not is_never(cron)


def _cron(text: str) -> str | None:
    fields = text.split()
    if _is_quartz(fields):
        return " ".join((*fields[1:], "*")[:_AWS_FIELDS]) if _is_once(fields[0]) else None
    return text if len(fields) == _AWS_FIELDS else from_unix(text)


def _at(text: str) -> str | None:
    """Return a moment of ISO 8601 as `at` takes it; None for a time with an offset other than zero."""
    found = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.[0-9]+)?)?"
        r" ?(?:[Zz]|UTC|[+-]00:?00)?",
        text,
    )
    if found is None:
        return None
    moment = f"{found[1]}T{found[2] or '00:00'}{found[3] or ':00'}"
    return None if isinstance(read_at(moment), tuple) else moment


def _weekdays(field: str) -> str:
    """Return the days of the week of Unix cron, where 0 and 7 are Sunday, by their names."""
    return ",".join(_weekday_item(each) for each in field.split(","))


def _weekday_item(item: str) -> str:
    """Return an item of that field by names; one that AWS's documentation does not show as its days."""
    days, slash, step = item.partition("/")
    first, dash, last = ("0", "-", "6") if days == "*" else days.partition("-")
    low, high = _weekday_number(first), _weekday_number(last if dash else first if not slash else "6")
    if low is None or high is None or (slash and not re.fullmatch("[1-7]", step)):
        return item.upper() if slash or dash else _weekday(item)
    if low <= high < len(WEEKDAY_NAMES) and not slash:
        return _weekday(first) + dash + _weekday(last)
    # From Friday to Sunday, which is 0 by its name.
    numbers = range(low, high + 1 if low <= high else high + 1 + len(WEEKDAY_NAMES), int(step or 1))
    return ",".join(dict.fromkeys(_weekday(str(each % len(WEEKDAY_NAMES))) for each in numbers))


def _weekday_number(text: str) -> int | None:
    if text.upper() in WEEKDAY_NAMES:
        return WEEKDAY_NAMES.index(text.upper())
    return int(text) if re.fullmatch("[0-7]", text) else None


def _weekday(text: str) -> str:
    """Return a day by its name, with what some crons take behind it: `5` is FRI, `5L` FRIL, `5#2` FRI#2."""
    numbered = re.fullmatch("([0-7])([Ll]|#[1-5])?", text)
    if numbered is None:
        return text.upper()
    return WEEKDAY_NAMES[int(numbered[1]) % len(WEEKDAY_NAMES)] + (numbered[2] or "").upper()


_SECONDS: Final = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
    "w": Fraction(604800),
}
"""Units of durations, all but the first by their first letter, and their seconds."""
_NUMBER: Final = r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}"
_UNIT: Final = r"ms|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?|[smhdw]"
_WORDS: Final = {"hourly": "1 hour", "daily": "1 day", "weekly": "7 days"}


def _rate(text: str) -> str | None:
    """Return an interval as a rate: `every 5 minutes`, `@every 1h30m`, `1.5 hours`, `2 weeks`, `daily`."""
    plain = re.sub(r"^@?every ", "", text.lower())
    if plain in _WORDS:
        return _WORDS[plain]
    if isinstance(rate := read_rate(plain), Rate):
        return rate.text
    if not re.fullmatch(rf"((?:{_NUMBER}) ?(?:{_UNIT}) ?)+", plain):
        return None
    pieces = re.findall(rf"({_NUMBER}) ?({_UNIT})", plain)
    seconds = sum((Fraction(number.rstrip(".")) * _seconds(unit) for number, unit in pieces), Fraction(0))
    found = rate_of(seconds)
    return None if found is None else found.text


def _seconds(unit: str) -> Fraction:
    return _SECONDS[unit if unit == "ms" else unit[0]]
