"""The key `schedule:` of a schedule of EventBridge Scheduler, or of a rule with a schedule expression."""

from collections.abc import Iterator, Mapping
from typing import Final

from ecsplan.schedules.other_schedules import in_scheduler, inside_of, is_wrapped
from ecsplan.schedules.run_times import SCHEDULE_MEMBERS, read_expression
from ecsplan.schedules.time_zones import time_zones
from ecsplan.schema.check import job_violations
from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass

_ROLE_MISSING: Final = (
    "the schedule is left out: it needs a `role_arn`, with which EventBridge Scheduler starts the task and "
    "which trusts scheduler.amazonaws.com"
)
_ZONE_MISSING: Final = "the time zone is not known, and without `timezone` the expression is read in UTC"
_STATE_MISSING: Final = "whether it is enabled is not known: if it is not, write `enabled: false`"
_RULE_ROLE: Final = (
    "RoleArn is the role of a rule, which trusts events.amazonaws.com: under `schedule:` it has to trust "
    "scheduler.amazonaws.com as well"
)
_NO_EXPRESSION: Final = (
    "ScheduleExpression is left out, and with it the schedule: it is not a cron, rate or at expression that "
    "AWS takes, or names no date that exists"
)
_LOST: Final[Mapping[str, str]] = {
    "StartDate": "a schedule of ecsplan has no first day",
    "EndDate": "a schedule of ecsplan has no last day",
    "KmsKeyArn": "a schedule of ecsplan is encrypted with a key of AWS",
    "Description": "ecsplan writes its own mark into the description",
}
_STATES: Final[Mapping[object, bool]] = {
    None: True,
    "ENABLED": True,
    "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS": True,
    "DISABLED": False,
}
"""States of a schedule and of a rule (API references, CreateSchedule and PutRule), and whether it runs."""
_DEFAULTS: Final[Mapping[str, object]] = {"timezone": "UTC", "group": "default"}
"""What Scheduler takes where a schedule does not say it (API reference, CreateSchedule)."""
_RETRY: Final = (
    ("MaximumRetryAttempts", "attempts", 185),
    ("MaximumEventAgeInSeconds", "max_age_seconds", 86400),
)
"""Members of RetryPolicy, those of the manifest, and AWS's defaults (API reference, RetryPolicy)."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """When a target runs.

    Attributes:
        keys: The members of `schedule:`; {} where the document has no schedule that could be kept.
        missing: What it lacks to stand in a manifest as it is.
        notes: One for each member that is left out.
    """

    keys: Record
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def schedule_of(schedule: Document, target: Document, *, is_rule: bool) -> Scheduled:
    """Return the schedule of a target.

    Args:
        schedule: The schedule, or the rule; as much of it as there is.
        target: Its target.
        is_rule: Whether it is a rule.
    """
    notes = [f"{name} is left out: {why}" for name, why in _LOST.items() if schedule.get(name)]
    if schedule.get("ActionAfterCompletion") not in (None, "NONE"):
        notes.append("ActionAfterCompletion is left out: a schedule of ecsplan stays after its last run")
    found = _when(schedule.get("ScheduleExpression"), notes)
    if not found:
        return Scheduled({}, notes=tuple(notes))
    found |= dict(_texts(schedule, target, notes))
    found |= _window(_mapping(schedule, "FlexibleTimeWindow", notes), notes)
    state = schedule.get("State")
    is_known_state = isinstance(state, str | None) and state in _STATES
    if is_known_state and not _STATES[state]:
        found["enabled"] = False
    found |= _retry(_mapping(target, "RetryPolicy", notes), notes)
    found = _without_refused(found, notes)
    if is_rule and "role_arn" in found:
        notes.append(_RULE_ROLE)
    zone = schedule.get("ScheduleExpressionTimezone")
    is_known_zone = "timezone" in found or zone in (None, "", _DEFAULTS["timezone"])
    whole = (
        ("role_arn" in found, _ROLE_MISSING),
        (is_known_zone, _ZONE_MISSING),
        (is_known_state, _STATE_MISSING),
    )
    return Scheduled(found, tuple(why for is_there, why in whole if not is_there), tuple(notes))


def _when(expression: Json, notes: list[str]) -> Record:
    """Return when a schedule runs; {} where it has no expression that could be kept."""
    meant = in_scheduler(expression) if isinstance(expression, str) and is_wrapped(expression) else None
    if meant is None:
        if expression not in (None, ""):
            notes.append(_NO_EXPRESSION)
        return {}
    key, text = meant
    if isinstance(read_expression(key, inside_of(str(expression))), tuple):
        notes.append(f"ScheduleExpression is not as AWS takes it; `{key}` has what it most likely means")
    return {key: text}


def _texts(schedule: Document, target: Document, notes: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the members that are texts and say something else than AWS's defaults."""
    queue = _mapping(target, "DeadLetterConfig", notes)
    values = (
        ("timezone", "ScheduleExpressionTimezone", schedule.get("ScheduleExpressionTimezone")),
        ("role_arn", "RoleArn", target.get("RoleArn", schedule.get("RoleArn"))),
        ("group", "GroupName", schedule.get("GroupName")),
        ("dead_letter_arn", "DeadLetterConfig.Arn", queue.get("Arn")),
    )
    for key, name, value in values:
        text = as_text(value)
        if text is not None and text != _DEFAULTS.get(key):
            yield key, text
        elif value is not None and not isinstance(value, str):
            notes.append(f"{name} is left out: it is not a text")


def _mapping(document: Document, member: str, notes: list[str]) -> Document:
    value = document.get(member)
    if value is not None and not isinstance(value, Mapping):
        notes.append(f"{member} is left out: it is not a mapping")
    return as_mapping(value)


_ANY_ROLE: Final = "arn:aws:iam::111122223333:role/any"
_THEIRS: Final[Mapping[str, str]] = {
    "timezone": "ScheduleExpressionTimezone",
    "role_arn": "RoleArn",
    "group": "GroupName",
    "dead_letter_arn": "DeadLetterConfig",
    "flexible_window_minutes": "FlexibleTimeWindow",
    "attempts": "RetryPolicy.MaximumRetryAttempts",
    "max_age_seconds": "RetryPolicy.MaximumEventAgeInSeconds",
}
"""Members of a schedule by those of a manifest."""


def _without_refused(schedule: Record, notes: list[str]) -> Record:
    """Return a schedule in the documented order, without what a manifest refuses, such as an open role."""
    wrong = job_violations({"schedule": {"role_arn": _ANY_ROLE, **schedule}})
    refused = {each for violation in wrong for each in tokens_of(violation.pointer)[-1:]}
    if schedule.get("timezone", "UTC") not in time_zones():
        refused.add("timezone")
    notes += (
        f"{theirs} is left out: AWS refuses its value" for ours, theirs in _THEIRS.items() if ours in refused
    )
    retry = {name: each for name, each in as_mapping(schedule.get("retry")).items() if name not in refused}
    kept = {**schedule, "retry": retry or None}
    return {
        name: kept[name] for name in SCHEDULE_MEMBERS if kept.get(name) is not None and name not in refused
    }


def _window(window: Document, notes: list[str]) -> Record:
    minutes = window.get("MaximumWindowInMinutes")
    if window.get("Mode") in (None, "OFF"):
        return {}
    if window["Mode"] != "FLEXIBLE":
        notes.append("FlexibleTimeWindow is left out: its Mode is neither OFF nor FLEXIBLE")
        return {}
    if isinstance(minutes, int) and not isinstance(minutes, bool):
        return {"flexible_window_minutes": minutes}
    notes.append("FlexibleTimeWindow is left out: it says no MaximumWindowInMinutes")
    return {}


def _retry(policy: Document, notes: list[str]) -> Record:
    said = dict(_retry_members(policy, notes))
    return {"retry": said} if said else {}


def _retry_members(policy: Document, notes: list[str]) -> Iterator[tuple[str, int]]:
    for name, key, default in _RETRY:
        value = policy.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            if value != default:
                yield key, value
        elif value is not None:
            notes.append(f"RetryPolicy.{name} is left out: it is not a whole number")
