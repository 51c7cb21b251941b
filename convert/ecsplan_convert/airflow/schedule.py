"""The schedule of an Airflow DAG as the key `schedule:` of its first jobs."""

import ast
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from ecsplan.schedules.other_schedules import from_unix
from ecsplan.schedules.run_times import rate_of
from ecsplan.terms.json_types import Record
from ecsplan_convert.python.calls import Call, Source
from ecsplan_convert.python.values import Open, Value, as_number
from ecsplan_convert.source import Suggestion

SCHEDULES: Final = ("schedule", "schedule_interval", "timetable")
"""Arguments of a DAG that say when it runs; the first one that is given counts."""
_CRON_TIMETABLES: Final = frozenset({"CronTriggerTimetable", "CronDataIntervalTimetable"})
_DELTA_TIMETABLES: Final = frozenset({"DeltaTriggerTimetable", "DeltaDataIntervalTimetable"})
_PRESETS: Final[Mapping[str, str]] = {"@quarterly": "0 0 1 */3 *"}
"""What Airflow has beside cron's own names (airflow.timetables.base, cron presets)."""
_ZONES: Final = frozenset({"timezone", "ZoneInfo", "Timezone"})
_REASON: Final = (
    "the schedule is left out: it needs a `role_arn`, with which EventBridge Scheduler starts the task"
)


def schedule_of(
    source: Source, dag: Call, defaults: Mapping[str, Value]
) -> tuple[Suggestion | None, tuple[str, ...]]:
    """Return the schedule of a DAG as a suggestion, and a note where it cannot be kept.

    Args:
        source: The file.
        dag: The call that makes the DAG.
        defaults: Its `default_args`, which may have the start date, whose time zone is that of the schedule.
    """
    name = next((each for each in SCHEDULES if dag.arguments.get(each) is not None), None)
    if name is None:
        return None, ()
    value = dag.arguments[name]
    when = _when(source, value)
    if when is None:
        said = "AWS has no such schedule"
        if isinstance(value, Open):
            said = f"it is {value.what} (line {value.line})"
        return None, (f"{name} is left out: {said}",)
    notes: list[str] = []
    if "cron" in when and "timezone" not in when:
        start = dag.arguments.get("start_date", defaults.get("start_date"))
        when |= _timezone(source, start, notes)
    return Suggestion({"schedule": when}, _REASON), tuple(notes)


def _when(source: Source, value: Value) -> Record | None:
    """Return when a schedule runs: a cron line, a preset, a duration in seconds, or a timetable of these."""
    if isinstance(value, str):
        cron = from_unix(_PRESETS.get(value, value))
        return None if cron is None else {"cron": cron}
    if (seconds := as_number(value)) is not None:
        rate = rate_of(Fraction(seconds))
        return None if rate is None else {"rate": rate.text}
    call = _call(source, value)
    if call is None or call.callee not in _CRON_TIMETABLES | _DELTA_TIMETABLES:
        return None
    first = "cron" if call.callee in _CRON_TIMETABLES else "delta"
    given = call.arguments.get(first, call.positional[0] if call.positional else None)
    when = None if isinstance(given, Open) else _when(source, given)
    zone = _zone(source, call.arguments.get("timezone"))
    return {**when, "timezone": zone} if when is not None and zone not in {None, "UTC"} else when


def _timezone(source: Source, start: Value, notes: list[str]) -> Record:
    """Return the time zone of a start date, in which Airflow reads the schedule; {} for UTC."""
    call = _call(source, start)
    given = None if call is None else call.arguments.get("tz", call.arguments.get("tzinfo"))
    if given is None:
        return {}
    zone = _zone(source, given)
    if zone is None:
        notes.append("the time zone of start_date is left out: it is not a literal")
    return {} if zone in {None, "UTC"} else {"timezone": zone}


def _zone(source: Source, value: Value) -> str | None:
    """Return the name of a time zone: a text, or a call such as `pendulum.timezone("Europe/Paris")`."""
    if isinstance(value, str):
        return value
    if (
        isinstance(value, Open)
        and isinstance(value.node, ast.Attribute)
        and value.node.attr in {"utc", "UTC"}
    ):
        return "UTC"
    call = _call(source, value)
    first = call.positional[0] if call is not None and call.callee in _ZONES and call.positional else None
    return first if isinstance(first, str) else None


def _call(source: Source, value: Value) -> Call | None:
    """Return the call that stands in place of a value, if need be through a name; None for anything else."""
    made = source.bound_call(value.node) if isinstance(value, Open) else None
    return None if made is None else source.call(made)
