"""When a schedule runs, in words: its expression, its time zone, and its next runs."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import islice
from typing import Final

from ecsplan.schedules.run_times import (
    EXPRESSION_KEYS,
    At,
    Rate,
    When,
    is_skipped,
    next_times,
    read_expression,
)
from ecsplan.terms.json_types import Document
from ecsplan.terms.records import dataclass
from ecsplan_applier.scheduling.time_zone import time_zone

NEXT: Final = 5
"""Runs that are shown."""
_UTC: Final = "UTC"


@dataclass(frozen=True, slots=True)
class RunTimes:
    """When a schedule runs.

    Attributes:
        expression: What AWS calls the schedule expression: `cron(0 3 * * ? *)`.
        timezone: The time zone in which it is read.
        enabled: Whether the schedule runs the job.
        window_minutes: How much later than its time a run may begin; None: not at all.
        next: The next runs, in the time zone; () for none, and where they are not known.
        interval: The interval of a rate in words, such as `1 day`; "" of other expressions. Its runs are
            counted from when the schedule is created.
        note: Why there are no next runs; "" where there are.
    """

    expression: str
    timezone: str
    enabled: bool
    window_minutes: int | None
    next: tuple[datetime, ...]
    interval: str = ""
    note: str = ""


def run_times(schedule: Document, now: datetime) -> RunTimes:
    """Return when a schedule runs.

    Args:
        schedule: What a manifest says under `schedule:`.
        now: The time, with any time zone.
    """
    key = next(each for each in EXPRESSION_KEYS if schedule.get(each) is not None)
    text, name = str(schedule[key]), str(schedule.get("timezone") or _UTC)
    window = schedule.get("flexible_window_minutes")
    when, zone = read_expression(key, text), time_zone(name)
    enabled = schedule.get("enabled") is not False
    found: tuple[datetime, ...] = ()
    note = ""
    if not enabled:
        note = "none while it is disabled"
    elif isinstance(when, tuple):
        note = "not known until its lookups are resolved"
    elif zone is None:
        note = f"not known: this machine has no time zone database with {name}"
    else:
        found = tuple(islice(next_times(when, now.replace(microsecond=0).astimezone(zone)), NEXT))
        note = "" if found else _no_runs(when, zone)
    return RunTimes(
        expression=f"{key}({text})",
        timezone=name,
        enabled=enabled,
        window_minutes=window if isinstance(window, int) else None,
        next=found,
        interval=when.text if isinstance(when, Rate) else "",
        note=note,
    )


def _no_runs(when: When, zone: tzinfo) -> str:
    """Return why a schedule has no run ahead."""
    if not isinstance(when, At):
        return "none"
    if is_skipped(when.moment.replace(tzinfo=zone)):
        return "none: the clocks of its time zone skip that time"
    return "none: its time has passed"


def when_it_runs(times: RunTimes) -> str:
    """Return the expression, its time zone, and what else is to be said of it, in one line."""
    zone = "" if times.interval else f" in {times.timezone}"
    window = "" if times.window_minutes is None else f", up to {times.window_minutes} min later"
    return f"{times.expression}{zone}{window}{'' if times.enabled else ', disabled: it does not run'}"


def next_runs(times: RunTimes) -> str:
    """Return the next runs in one line; of a rate how often it runs, as its runs count from its creation."""
    if times.note:
        return times.note
    shown = ", ".join(_shown(times))
    if times.interval:
        return f"about every {times.interval}; counted from now: {shown}"
    return shown


def _shown(times: RunTimes) -> Iterator[str]:
    for each in times.next:
        yield f"{each:%a %Y-%m-%d %H:%M}{f':{each:%S}' if each.second else ''} {_offset(each)}"


def _offset(moment: datetime) -> str:
    """Return the offset from UTC, with a colon: `+01:00`."""
    return moment.isoformat(timespec="seconds")[19:]
