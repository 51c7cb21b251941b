"""Rules about `schedule`: its expression, its time zone, and what EventBridge Scheduler cannot carry out."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from ecsplan.draft.draft import Draft
from ecsplan.schedules.cron_fields import ANY_DAY, fields_of
from ecsplan.schedules.expressions import ExpressionFault
from ecsplan.schedules.other_schedules import (
    in_scheduler,
    is_below_a_minute,
    is_on_either_day,
    is_wrapped,
)
from ecsplan.schedules.run_times import (
    EXPRESSION_KEYS,
    SCHEDULE_MEMBERS,
    UNITS,
    ExpressionKey,
    Rate,
    is_never,
    read_expression,
    read_rate,
)
from ecsplan.schedules.target import MAX_TASKS
from ecsplan.schedules.time_zones import time_zones
from ecsplan.schema.nearest import letters_of, nearest
from ecsplan.terms.diagnostic import Diagnostic, Location, error, warning
from ecsplan.terms.secrecy import mask_text
from ecsplan.terms.short_texts import on_one_line

_MAX_QUOTED: Final = 50
_KEY: Final = "schedule"

CARRIED_OUT_BY_APPLY: Final = (
    "after",
    "array",
    "max_parallel",
    "succeed_on",
    "retry",
    "concurrency",
    "task_start_timeout_seconds",
    "task_timeout_seconds",
    "auto_deregister_task_definition",
    "log_retention_days",
    "log_retention",
)
"""Keys that say what apply does around RunTask. EventBridge Scheduler calls RunTask alone."""


def schedule_expression(draft: Draft) -> Iterator[Diagnostic]:
    """A schedule has exactly one of `cron`, `rate` and `at`.

    Refused: CreateSchedule: a schedule has one expression.
    Source: EventBridge Scheduler API reference, CreateSchedule.

    Example:
        image: alpine
        schedule:
          cron: 0 3 * * ? *
          rate: 1 day
          role_arn: arn:aws:iam::111122223333:role/scheduler
    """
    schedule = _schedule(draft)
    if schedule is None:
        return
    written = [each for each in EXPRESSION_KEYS if each in schedule]
    for each in written[1:]:
        message = f"{written[0]} and {each} are both set"
        place = draft.at(f"/{_KEY}/{each}", key=True)
        yield error("schedule-expression", place, message, help="keep one of them; a schedule has one")
    if not written and not _may_be_refused(draft):
        message = "the schedule does not say when: it has neither cron nor rate nor at"
        help_text = 'add one, such as `cron: "0 3 * * ? *"`, `rate: 1 day` or `at: "2027-01-31T06:00:00"`'
        yield error("schedule-expression", draft.at(f"/{_KEY}", key=True), message, help=help_text)


def schedule_cron(draft: Draft) -> Iterator[Diagnostic]:
    """A cron expression has six fields, values in their ranges, and `?` as exactly one of its two days.

    Each field that is wrong is reported at its column. Unix cron, which has five fields and counts days of
    the week from 0 for Sunday, Quartz and AWS's parentheses are recognized, and the help has the expression
    to write.
    Refused: CreateSchedule ("Invalid Schedule Expression"; localstack/localstack#9284).
    Source: EventBridge Scheduler user guide, Schedule types.

    Example:
        image: alpine
        schedule: {cron: "0 3 * * *", role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    for place, message, help_text in _faults(draft, "cron"):
        yield error("schedule-cron", place, message, help=help_text)


def schedule_never(draft: Draft) -> Iterator[Diagnostic]:
    """A cron expression names a date that exists.

    Refused: by ecsplan, because the job would never run.
    Source: EventBridge Scheduler user guide, Schedule types.

    Example:
        image: alpine
        schedule: {cron: "0 3 30 FEB ? *", role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    text = _expression(draft, "cron")
    if not is_never(text):
        return
    _, _, day, _, _, year = fields_of(text)
    # From the day of the month to the year: what names the dates.
    place = draft.job.at_part(f"/{_KEY}/cron", day.start, year.start + len(year.text))
    message = "there is no such date in any of these years, so the schedule never runs the job"
    help_text = "" if day.text == ANY_DAY else "for the last day of a month write L"
    yield error("schedule-never", place, message, help=help_text)


def schedule_rate(draft: Draft) -> Iterator[Diagnostic]:
    """A rate is a whole number, 1 or more, and minutes, hours or days.

    The singular is a warning with a number over 1: only EventBridge rules are documented to refuse it.
    Refused: CreateSchedule ("Invalid Schedule Expression"; localstack/localstack#9284).
    Source: EventBridge Scheduler API reference, CreateSchedule.

    Example:
        image: alpine
        schedule: {rate: 30 seconds, role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    for place, message, help_text in _faults(draft, "rate"):
        yield error("schedule-rate", place, message, help=help_text)
    text = _expression(draft, "rate")
    rate = read_rate(text)
    if isinstance(rate, Rate) and rate.value > 1 and (unit := fields_of(text)[1]).text in UNITS:
        place = draft.job.at_part(f"/{_KEY}/rate", unit.start, unit.start + len(unit.text))
        message = f'"{unit.text}" is documented only with the number 1'
        yield warning("schedule-rate", place, message, help=f"write {rate.text}")


def schedule_at(draft: Draft) -> Iterator[Diagnostic]:
    """The moment of a schedule that runs once is a date and time that exist: yyyy-mm-ddThh:mm:ss.

    Whether it has passed is not judged: a compilation reads no clock.
    Refused: CreateSchedule ("Invalid Schedule Expression"; localstack/localstack#9284).
    Source: EventBridge Scheduler user guide, Schedule types.

    Example:
        image: alpine
        schedule: {at: "2027-02-29T06:00:00", role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    for place, message, help_text in _faults(draft, "at"):
        yield error("schedule-at", place, message, help=help_text)


def schedule_timezone(draft: Draft) -> Iterator[Diagnostic]:
    """The time zone of a schedule is a name of the IANA Time Zone Database; case matters.

    The names are those of release 2025b.
    Refused: CreateSchedule, which reads the expression in that time zone.
    Source: EventBridge Scheduler user guide, Time zones.

    Example:
        image: alpine
        schedule: {rate: 1 day, timezone: CEST, role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    schedule = _schedule(draft) or {}
    name = schedule.get("timezone")
    if isinstance(name, str) and name not in time_zones():
        yield error(
            "schedule-timezone",
            draft.at(f"/{_KEY}/timezone"),
            f'there is no time zone "{on_one_line(mask_text(name), _MAX_QUOTED)}"',
            help=_instead_of_zone(name),
        )


def schedule_count(draft: Draft) -> Iterator[Diagnostic]:
    """A run of a schedule starts at most 10 tasks.

    Refused: CreateSchedule: the service model itself states 1 to 10.
    Source: botocore scheduler model, EcsParameters.TaskCount.

    Example:
        image: alpine
        count: 11
        schedule: {rate: 1 day, role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    count = draft.run.get("count")
    if _schedule(draft) is not None and isinstance(count, int) and count > MAX_TASKS:
        message = f"a run of a schedule starts at most {MAX_TASKS} tasks, not {count}"
        help_text = "make several jobs, or let a pipeline apply the plan"
        yield error("schedule-count", draft.in_run("/count"), message, help=help_text)


def schedule_unwatched(draft: Draft) -> Iterator[Diagnostic]:
    """EventBridge Scheduler calls RunTask by itself: keys that apply carries out have no effect on its runs.

    They still hold for `ecsplan apply` of the same job.
    Source: EventBridge Scheduler user guide, Templated targets.

    Example:
        image: alpine
        task_timeout_seconds: 600
        schedule: {rate: 1 day, role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    keys = [each for each in CARRIED_OUT_BY_APPLY if draft.job.says(each)]
    if _schedule(draft) is not None and keys:
        which = " and ".join([", ".join(keys[:-1]), keys[-1]] if len(keys) > 1 else keys)
        verb = "have" if len(keys) > 1 else "has"
        yield warning(
            "schedule-unwatched",
            draft.at(f"/{_KEY}", key=True),
            f"{which} {verb} no effect on scheduled runs, which EventBridge Scheduler starts by itself",
            help="where they matter, let a pipeline that runs on a schedule apply the plan",
        )


def schedule_sensitive(draft: Draft) -> Iterator[Diagnostic]:
    """A scheduled run has no value for a sensitive variable.

    Example:
        variables: {token: {sensitive: true}}
        image: alpine
        env: {TOKEN: "${token}"}
        schedule: {rate: 1 day, role_arn: "arn:aws:iam::111122223333:role/scheduler"}
    """
    declared = (each.declaration for each in draft.job.written.variables)
    sensitive = [each.name for each in declared if each.sensitive]
    if _schedule(draft) is not None and sensitive:
        names = ", ".join(sensitive)
        yield warning(
            "schedule-sensitive",
            draft.at(f"/{_KEY}", key=True),
            f"a scheduled run has no value for what is sensitive: {names}",
            help="keep it in Secrets Manager or Parameter Store, and name it under `secrets`",
        )


def _schedule(draft: Draft) -> Mapping[str, Any] | None:
    """Return what the manifest accepted says of the schedule; None for a job without one."""
    schedule = draft.job.spec.get(_KEY)
    return schedule if isinstance(schedule, Mapping) else None


def _expression(draft: Draft, key: ExpressionKey) -> str:
    """Return an expression as it is written; "" where the schedule has none of that kind."""
    expression = (_schedule(draft) or {}).get(key)
    if not isinstance(expression, str):
        return ""
    return draft.job.written.text_of(f"/{_KEY}/{key}") or expression


def _faults(draft: Draft, key: ExpressionKey) -> Iterator[tuple[Location, str, str]]:
    """Yield the place, the message and the help of all that is wrong with an expression."""
    text = _expression(draft, key)
    read = read_expression(key, text) if text else ()
    if isinstance(read, tuple) and is_wrapped(text):
        message = f"{key} holds what stands between AWS's parentheses, without them"
        read = (ExpressionFault(0, len(text), message),)
    for each in read if isinstance(read, tuple) else ():
        place = draft.job.at_part(f"/{_KEY}/{key}", each.start, each.end)
        # An example of a whole expression says nothing about one part of it.
        is_part = key != "rate" and (each.start, each.end) != (0, len(text))
        example = "" if is_part else _EXAMPLES[key]
        yield place, mask_text(each.message), _instead(key, text) or each.help or example


def _may_be_refused(draft: Draft) -> bool:
    """Return whether an expression was refused, or may stand there under a name that was."""
    refused = draft.job.refused.names_in(f"/{_KEY}")
    return not _OTHER_MEMBERS.issuperset(refused)


_OTHER_MEMBERS: Final = frozenset(SCHEDULE_MEMBERS) - frozenset(EXPRESSION_KEYS)


def _instead(key: ExpressionKey, text: str) -> str:
    """Return what to write for an expression in another notation; "" where it is in none that is known."""
    if (meant := in_scheduler(text)) is not None:
        kind, expression = meant
        return f'write `{kind}: "{expression}"`' + ("" if kind == key else f" instead of `{key}`")
    if key == "cron" and is_below_a_minute(text):
        return "the first field of Quartz is seconds; a schedule runs once a minute at most"
    if key == "cron" and is_on_either_day(text):
        return "Unix cron runs on days of either kind; an expression of AWS takes one kind, so make two jobs"
    return ""


_EXAMPLES: Final[Mapping[ExpressionKey, str]] = {
    "cron": 'write it like "0 3 * * ? *", every day at 3:00',
    "rate": "write it like 5 minutes, 1 hour or 7 days; the shortest is 1 minute",
    "at": 'write it like "2027-01-31T06:00:00"; `timezone` says where that is',
}


_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])0?([0-9]{1,2})(?::?00)?", re.ASCII | re.IGNORECASE)


def _instead_of_zone(name: str) -> str:
    """Return what to write for a time zone that does not exist."""
    if (offset := _OFFSET.fullmatch(name)) is not None:
        # POSIX counts what is to be added to local time, and the database names these zones after it.
        fixed = f"Etc/GMT{'-' if offset[1] == '+' else '+'}{int(offset[2])}"
        if fixed in time_zones():
            return f"write {fixed}, whose sign is the other one, or a name with a city, such as Europe/Berlin"
    same = next((each for each in sorted(time_zones()) if each.casefold() == name.casefold()), None)
    # Without its sign, an offset is like both.
    near = same or (None if _OFFSET.search(name) else _nearest_time_zone(name))
    return f"did you mean {near}?" if near else "write a name such as Europe/Berlin, or UTC"


@lru_cache(maxsize=64)
def _nearest_time_zone(text: str) -> str | None:
    """Return the name that somebody most likely meant: `berlin` is Europe/Berlin; None where none is near."""
    wanted = letters_of(text)
    # Names with an area first: the others are old links.
    names = sorted(time_zones(), key=lambda each: ("/" not in each, each))
    cities = (each for each in names if letters_of(each.rpartition("/")[2]) == wanted)
    return next((each for each in names if letters_of(each) == wanted), None) or next(
        cities, nearest(text, names)
    )
