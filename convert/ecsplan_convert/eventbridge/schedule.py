"""The key `schedule:` of a schedule of EventBridge Scheduler, or of a rule with a schedule expression."""

from collections.abc import Iterator, Mapping
from typing import Final

from ecsplan.schema.check import job_violations
from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.pointers import tokens_of
from ecsplan_convert.aws.expressions import schedule_keys

ROLE_MISSING: Final = (
    "a schedule needs `role_arn`: the role with which EventBridge Scheduler starts the task, "
    "which trusts scheduler.amazonaws.com"
)
_RULE_ROLE: Final = (
    "RoleArn is the role of a rule, which trusts events.amazonaws.com: under `schedule:` it has to trust "
    "scheduler.amazonaws.com as well"
)
_LOST: Final[Mapping[str, str]] = {
    "StartDate": "a schedule of ecsplan has no first day",
    "EndDate": "a schedule of ecsplan has no last day",
    "KmsKeyArn": "a schedule of ecsplan is encrypted with a key of AWS",
    "Description": "ecsplan writes its own mark into the description",
}
_DEFAULTS: Final[Mapping[str, object]] = {"timezone": "UTC", "group": "default"}
"""What Scheduler takes where a schedule does not say it (API reference, CreateSchedule)."""
_RETRY: Final = (
    ("MaximumRetryAttempts", "attempts", 185),
    ("MaximumEventAgeInSeconds", "max_age_seconds", 86400),
)
"""Members of RetryPolicy, those of the manifest, and AWS's defaults (API reference, RetryPolicy)."""


def schedule_of(schedule: Document, target: Document, *, is_rule: bool) -> tuple[Record, tuple[str, ...]]:
    """Return the members of `schedule:`, and a note for each member that is left out.

    Args:
        schedule: The schedule, or the rule; as much of it as there is.
        target: Its target.
        is_rule: Whether it is a rule.

    Returns:
        {} where the document has no schedule that could be kept. `role_arn` is missing where it has no role.
    """
    notes = [f"{name} is left out: {why}" for name, why in _LOST.items() if schedule.get(name)]
    if schedule.get("ActionAfterCompletion") == "DELETE":
        notes.append("ActionAfterCompletion is left out: a schedule of ecsplan stays after its last run")
    expression = schedule.get("ScheduleExpression")
    when = schedule_keys(expression) if isinstance(expression, str) else None
    if when is None:
        if expression is not None:
            notes.append("ScheduleExpression is left out: it is not a cron, rate or at expression of AWS")
        return {}, tuple(notes)
    found: Record = {**when}
    texts = (
        ("timezone", "ScheduleExpressionTimezone", schedule.get("ScheduleExpressionTimezone")),
        ("role_arn", "RoleArn", target.get("RoleArn")),
        ("group", "GroupName", schedule.get("GroupName")),
        ("dead_letter_arn", "DeadLetterConfig.Arn", as_mapping(target.get("DeadLetterConfig")).get("Arn")),
    )
    for key, name, value in texts:
        if as_text(value) is not None and value != _DEFAULTS.get(key):
            found[key] = value
        elif value is not None and not isinstance(value, str):
            notes.append(f"{name} is left out: it is not a text")
    found |= _window(as_mapping(schedule.get("FlexibleTimeWindow")), notes)
    if schedule.get("State") == "DISABLED":
        found["enabled"] = False
    found |= _retry(as_mapping(target.get("RetryPolicy")), notes)
    found = _without_refused(found, notes)
    if is_rule and "role_arn" in found:
        notes.append(_RULE_ROLE)
    return found, tuple(notes)


_ANY_ROLE: Final = "arn:aws:iam::111122223333:role/any"
_THEIRS: Final[Mapping[str, str]] = {
    "timezone": "ScheduleExpressionTimezone",
    "role_arn": "RoleArn",
    "group": "GroupName",
    "dead_letter_arn": "DeadLetterConfig",
    "flexible_window_minutes": "FlexibleTimeWindow",
    "retry": "RetryPolicy",
}
"""Members of a schedule by those of a manifest."""


def _without_refused(schedule: Record, notes: list[str]) -> Record:
    """Return a schedule without what a manifest refuses, such as a role that is a placeholder."""
    wrong = job_violations({"schedule": {"role_arn": _ANY_ROLE, **schedule}})
    tokens = [tokens_of(each.pointer) for each in wrong]
    refused = {each[1] for each in tokens if len(each) > 1}
    named = [_THEIRS.get(each, each) for each in schedule if each in refused]
    notes += (f"{each} is left out: AWS refuses its value" for each in named)
    return {name: each for name, each in schedule.items() if name not in refused}


def _window(window: Document, notes: list[str]) -> Record:
    minutes = window.get("MaximumWindowInMinutes")
    if window.get("Mode") != "FLEXIBLE":
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
