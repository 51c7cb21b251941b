"""The schedule of a job for a reviewer: when it runs, and what `ecsplan schedule` would do about it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ecsplan.decision.compare import Change
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import schedule_of
from ecsplan.scheduled.scheduled_job import group_of
from ecsplan.schedules.names import schedule_name
from ecsplan.schedules.run_times import EXPRESSION_KEYS
from ecsplan.terms.json_types import Document
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan.terms.secrecy import mask_document
from ecsplan_cli.output import counted
from ecsplan_cli.render.change_lines import change_lines
from ecsplan_cli.render.run_times import RunTimes, next_runs, run_times, when_it_runs

if TYPE_CHECKING:
    from ecsplan_applier.schedules.compared import ScheduleState

_SAID_BY_TIMES: Final = frozenset(
    {*EXPRESSION_KEYS, "timezone", "flexible_window_minutes", "enabled", "group"}
)
"""Members of `schedule` that the words about its name and its times say."""


@dataclass(frozen=True, slots=True)
class ScheduleReview:
    """The schedule of a job.

    Attributes:
        group: Its group.
        name: Its name.
        members: What the manifest says under `schedule:`, as far as it is known; masked.
        times: When it runs.
        fate: What would be done about it: `create`, `update`, `unchanged`, `passed`, `refused` or `unknown`;
            None where AWS was not asked.
        changes: What differs from the schedule that exists; masked.
        why: Why it is refused or not known; "" otherwise.
    """

    group: str
    name: str
    members: Document
    times: RunTimes
    fate: str | None = None
    changes: tuple[Change, ...] = ()
    why: str = ""


def schedule_review(job: PlannedJob, state: "ScheduleState | None", now: datetime) -> ScheduleReview | None:
    """Return the schedule of a job; None for a job without one.

    Args:
        job: The job.
        state: What would be done about it; None where AWS was not asked.
        now: The time, from which the next runs are counted.
    """
    schedule = schedule_of(job)
    if not schedule:
        return None
    return ScheduleReview(
        group=group_of(job),
        name=schedule_name(job.name),
        members=mask_document(schedule),
        times=run_times(schedule, now),
        fate=None if state is None else state.fate,
        changes=() if state is None else state.changes,
        why="" if state is None else state.why,
    )


def schedule_lines(schedule: ScheduleReview) -> Iterator[tuple[str, str]]:
    """Yield what is to be said of a schedule, name and text."""
    path = f"{schedule.group}/{schedule.name}"
    yield "schedule", escaped(f"{path}: {when_it_runs(schedule.times)}")
    if schedule.times.enabled:
        yield "next runs", escaped(next_runs(schedule.times))
    for name, value in schedule.members.items():
        if name not in _SAID_BY_TIMES and value is not None:
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"schedule {escaped(name)}", escaped(shown)
    if schedule.fate is not None:
        yield "ecsplan schedule", escaped(_what(schedule))
    for change in schedule.changes:
        for line in change_lines(change):
            yield "schedule change", f"{line.sign} {line.text}".rstrip()


def schedule_json(schedule: ScheduleReview) -> Mapping[str, object]:
    """Return a schedule as it stands in the JSON form."""
    times = schedule.times
    return {
        **schedule.members,
        "group": schedule.group,
        "name": schedule.name,
        "expression": times.expression,
        "timezone": times.timezone,
        "enabled": times.enabled,
        "next_runs": [each.isoformat() for each in times.next],
        "action": schedule.fate,
        "message": None if schedule.fate is None else _what(schedule),
        "changes": [each.to_json() for each in schedule.changes],
    }


def _what(schedule: ScheduleReview) -> str:
    match schedule.fate:
        case "create":
            return "would create it"
        case "update":
            return f"would update it: {counted(len(schedule.changes), 'change')}"
        case "unchanged":
            return "would change nothing"
        case "passed":
            return "would leave it unchanged: its time has passed"
        case "refused":
            return f"would refuse it: {schedule.why}"
        case _:
            return f"not known: {schedule.why}"
