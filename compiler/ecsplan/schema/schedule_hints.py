"""What somebody most likely meant who wrote a schedule in another way than `schedule` takes.

Sources: EventBridge Scheduler API reference, CreateSchedule; Terraform's aws_scheduler_schedule, AWS CDK's
Schedule, GitHub's workflow syntax and Kubernetes' CronJob for their names.
"""

from collections.abc import Mapping
from typing import Final

from ecsplan.schedules.other_schedules import in_scheduler, is_on_either_day
from ecsplan.schema.nearest import letters_of
from ecsplan.schema.violation import Fault, Path

KEY: Final = "schedule"
_ROLE: Final = "arn:aws:iam::ACCOUNT:role/NAME"

_OTHER_NAMES: Final[Mapping[Path, Mapping[str, str]]] = {
    (KEY,): {
        "date": "at",
        "deadletterconfig": "dead_letter_arn",
        "deadletterqueue": "dead_letter_arn",
        "deadletterqueuearn": "dead_letter_arn",
        "dlq": "dead_letter_arn",
        "dlqarn": "dead_letter_arn",
        "every": "rate",
        "flexibletimewindow": "flexible_window_minutes",
        "flexiblewindow": "flexible_window_minutes",
        "groupname": "group",
        "interval": "rate",
        "maximumwindowinminutes": "flexible_window_minutes",
        "retrypolicy": "retry",
        "role": "role_arn",
        "schedulegroup": "group",
        "scheduleexpressiontimezone": "timezone",
        "scheduletimezone": "timezone",
        "state": "enabled",
        "suspend": "enabled",
        "targetrolearn": "role_arn",
        "tz": "timezone",
        "zone": "timezone",
    },
    (KEY, "retry"): {
        "maxattempts": "attempts",
        "maxretryattempts": "attempts",
        "maximumretryattempts": "attempts",
        "maximumeventage": "max_age_seconds",
        "maximumeventageinseconds": "max_age_seconds",
        "maxeventage": "max_age_seconds",
    },
}
"""What AWS and other tools call the members of a schedule, letters and digits only."""

_EXPRESSION: Final = "write `cron`, `rate` or `at`, with what stands between AWS's parentheses"
_IS_THE_JOB: Final = "leave it out: the target is the job's own run request"
_EXPLAINED: Final[Mapping[str, str]] = {
    "actionaftercompletion": "leave it out: a schedule stays until it is removed",
    "description": "leave it out: ecsplan marks its schedules there",
    "ecsparameters": _IS_THE_JOB,
    "enddate": "a schedule has no end: remove it, or write `enabled: false`, when it is to stop",
    "expression": _EXPRESSION,
    "input": _IS_THE_JOB,
    "kmskeyarn": "leave it out: ecsplan sets no key of your own for schedules",
    "maximumeventageinseconds": "write `max_age_seconds` under `retry`",
    "maximumretryattempts": "write `attempts` under `retry`",
    "name": "leave it out: a schedule is named after its job",
    "scheduleexpression": _EXPRESSION,
    "startdate": "leave it out: a schedule holds from the moment at which it is created",
    "target": _IS_THE_JOB,
}
"""Members that have no counterpart of the same kind, and what to do about them."""


def other_name(key: str, path: Path) -> str | None:
    """Return the member of a schedule that another tool calls `key`; None where there is none."""
    return _OTHER_NAMES.get(path, {}).get(letters_of(key))


def explained(key: str, path: Path) -> str:
    """Return what to do about a member of a schedule that has no counterpart; "" for any other key."""
    return _EXPLAINED.get(letters_of(key), "") if path == (KEY,) else ""


def of_value(fault: Fault) -> str:
    """Return help for a schedule, or a part of one, of the wrong type or without its role."""
    match fault.path, fault.value:
        case (("schedule",), dict()):
            return f"add `role_arn: {_ROLE}`, the role with which EventBridge Scheduler runs the task"
        case (("schedule",), str(text)):
            return _of_text(text)
        case (("schedule",), list()):
            return "write its members without hyphens; each further schedule needs its own job"
        case (("schedule", "rate"), int(number)) if not isinstance(number, bool):
            return f"write the unit, too, such as {number} minutes"
        case (("schedule", "dead_letter_arn"), dict()):
            return "write the ARN of the queue itself"
        case (("schedule", "flexible_window_minutes"), dict()):
            return "write the minutes themselves; leave the key out for a window that is OFF"
        case _:
            return ""


def _of_text(text: str) -> str:
    """Return what to write for a schedule that is one string."""
    if (meant := in_scheduler(text)) is not None:
        kind, expression = meant
        return f'write `{KEY}: {{{kind}: "{expression}", role_arn: "{_ROLE}"}}`'
    either = "; days of the month and days of the week need separate jobs" if is_on_either_day(text) else ""
    return f'write it like `{KEY}: {{cron: "0 3 * * ? *", role_arn: "{_ROLE}"}}`{either}'
