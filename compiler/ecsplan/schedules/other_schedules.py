"""Schedules as other tools write them, in the notation of EventBridge Scheduler.

Sources: POSIX and Vixie crontab(5) (five fields, macros, days of the week from 0 for Sunday), Quartz
(seconds first), Go's robfig/cron (`@every 5m`), and AWS's own spelling with `cron(…)` around it.
"""

import re
from typing import Final

from ecsplan.schedules.cron_fields import ANY_DAY, WEEKDAY_NAMES, read_cron
from ecsplan.schedules.run_times import EXPRESSION_KEYS, UNITS, ExpressionKey, Rate, read_at, read_rate

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
    if (cron := _cron(text)) is not None and not isinstance(read_cron(cron), tuple):
        return "cron", cron
    rate = _rate(text)
    if rate is not None:
        return "rate", rate
    moment = _at(text)
    return None if moment is None else ("at", moment)


def from_unix(text: str) -> str | None:
    """Return a Unix cron expression, or a macro such as `@daily`, in the notation of EventBridge Scheduler.

    None for what is neither, and for one with both a day of the month and a day of the week: Unix cron runs
    on the days of either, which no single expression says.
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
    return None if isinstance(read_cron(converted), tuple) else converted


def is_wrapped(text: str) -> bool:
    """Return whether an expression has AWS's parentheses around it: `cron(…)`, `rate(…)` or `at(…)`."""
    return re.match(rf"\s*({'|'.join(EXPRESSION_KEYS)})\s*\(", text, re.IGNORECASE) is not None


def is_on_either_day(text: str) -> bool:
    """Return whether a Unix cron expression runs on days of the month and on days of the week."""
    fields = text.split()
    return len(fields) == _UNIX_FIELDS and not {fields[2], fields[4]} & {"*", ANY_DAY}


def _cron(text: str) -> str | None:
    fields = text.split()
    if len(fields) == _QUARTZ_FIELDS:
        return " ".join(fields[1:])
    if len(fields) == _AWS_FIELDS:
        # Quartz without a year: seconds come first, and the day of the week is last.
        return " ".join((*fields[1:], "*")) if ANY_DAY in {fields[3], fields[5]} else text
    return from_unix(text)


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
    """Return an item of that field by names; one with an increment as the days that it means."""
    days, slash, step = item.partition("/")
    first, dash, last = ("0", "-", "6") if days == "*" else days.partition("-")
    if not slash:
        return _weekday(first) + dash + _weekday(last)
    numbers = (first, last if dash else "6", step)
    if not all(re.fullmatch("[0-7]", each) for each in numbers) or step == "0":
        return item
    low, high, by = map(int, numbers)
    return ",".join(_weekday(str(each)) for each in range(low, high + 1, by))


def _weekday(text: str) -> str:
    """Return a day by its name, with what some crons take behind it: `5` is FRI, `5L` FRIL, `5#2` FRI#2."""
    numbered = re.fullmatch("([0-7])([Ll]|#[1-5])?", text)
    if numbered is None:
        return text.upper()
    return WEEKDAY_NAMES[int(numbered[1]) % len(WEEKDAY_NAMES)] + (numbered[2] or "").upper()


_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""Units of durations, by their first letter, and their seconds."""
_UNIT: Final = r"[smhdw]|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?"
_WORDS: Final = {"hourly": "1 hour", "daily": "1 day", "weekly": "7 days"}


def _rate(text: str) -> str | None:
    """Return an interval as a rate: `every 5 minutes`, `@every 1h30m`, `1.5 hours`, `2 weeks`, `daily`."""
    plain = re.sub(r"^@?every ", "", text.lower())
    if plain in _WORDS:
        return _WORDS[plain]
    if isinstance(rate := read_rate(plain), Rate):
        return rate.text
    if not re.fullmatch(rf"([0-9]{{1,6}}(\.[0-9])? ?({_UNIT}) ?)+", plain):
        return None
    pieces = re.findall(rf"([0-9.]+) ?({_UNIT})", plain)
    tenths = sum(round(float(value) * 10) * _SECONDS[unit[0]] for value, unit in pieces)
    for unit in reversed(UNITS):
        count, rest = divmod(tenths, 10 * _SECONDS[unit[0]])
        if count and not rest:
            return Rate(count, unit).text
    return None
