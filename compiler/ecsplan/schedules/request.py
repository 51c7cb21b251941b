"""The CreateSchedule request for the key `schedule:` and a target; UpdateSchedule takes the same members."""

from typing import Final

from ecsplan.schedules.run_times import EXPRESSION_KEYS
from ecsplan.terms.json_types import Document, Record, mapping, text
from ecsplan.terms.records import dataclass

_RETRY: Final = (("attempts", "MaximumRetryAttempts"), ("max_age_seconds", "MaximumEventAgeInSeconds"))
"""Members of `retry` in a manifest, and those of RetryPolicy."""


@dataclass(frozen=True, slots=True)
class ScheduleTarget:
    """What a schedule starts.

    Attributes:
        cluster: The ARN of the cluster.
        role: The ARN of the role that EventBridge Scheduler assumes.
        parameters: EcsParameters.
        overrides: The overrides as JSON text; None for none.
    """

    cluster: str
    role: str
    parameters: Document
    overrides: str | None


def schedule_request(
    schedule: Document, name: str, target: ScheduleTarget, description: str | None = None
) -> Record:
    """Return a CreateSchedule request; what the manifest does not say is left out of it, as AWS has defaults.

    Args:
        schedule: What the manifest says under `schedule:`.
        name: The name of the schedule.
        target: What it starts.
        description: Its description; None for none.
    """
    key = next(each for each in EXPRESSION_KEYS if schedule.get(each) is not None)
    window = schedule.get("flexible_window_minutes")
    document: Record = {
        "Name": name,
        "GroupName": schedule.get("group"),
        "ScheduleExpression": f"{key}({text(schedule, key)})",
        "ScheduleExpressionTimezone": schedule.get("timezone"),
        "State": "DISABLED" if schedule.get("enabled") is False else None,
        "Description": description,
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window}
        if window
        else {"Mode": "OFF"},
        "Target": _target(schedule, target),
    }
    return {member: value for member, value in document.items() if value is not None}


def _target(schedule: Document, target: ScheduleTarget) -> Record:
    retry = mapping(schedule, "retry") if schedule.get("retry") is not None else {}
    queue = schedule.get("dead_letter_arn")
    policy: Record = {theirs: retry[ours] for ours, theirs in _RETRY if retry.get(ours) is not None}
    members: Record = {
        "Arn": target.cluster,
        "RoleArn": target.role,
        "EcsParameters": target.parameters,
        "Input": target.overrides,
        "DeadLetterConfig": None if queue is None else {"Arn": queue},
        "RetryPolicy": policy or None,
    }
    return {member: value for member, value in members.items() if value is not None}
