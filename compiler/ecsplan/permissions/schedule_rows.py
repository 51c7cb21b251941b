"""What `ecsplan schedule` needs in EventBridge Scheduler."""

from typing import Final

from ecsplan.permissions.permission import Permission
from ecsplan.permissions.sources import SCHEDULER_ACTIONS, SQS_ACTIONS

_SCHEDULE: Final = "`schedule/GROUP/NAME`"


def _schedules(action: str, on: str, purpose: str, *others: str) -> Permission:
    name = f"scheduler:{action}"
    return Permission(name, (name,), on, purpose, (SCHEDULER_ACTIONS,), others=("schedule", *others))


ROWS: Final = (
    _schedules(
        "GetSchedule",
        _SCHEDULE,
        "each job with `schedule:`; with `--prune` also the schedules of no job: whether ecsplan has made"
        " them; `prune`: which revisions schedules start",
        "verify",
        "prune",
    ),
    _schedules("CreateSchedule", _SCHEDULE, "schedules that are new"),
    _schedules("UpdateSchedule", _SCHEDULE, "schedules that have changed"),
    _schedules(
        "GetScheduleGroup",
        "`schedule-group/GROUP`",
        "schedules that do not exist yet, in another group than `default`: whether the group exists",
        "verify",
    ),
    _schedules("CreateScheduleGroup", "`schedule-group/GROUP`", "groups that do not exist yet"),
    _schedules("ListSchedules", "`*`", "`--prune`, and `prune`: the schedules that start tasks", "prune"),
    _schedules("DeleteSchedule", _SCHEDULE, "only `--prune`"),
    Permission(
        "sqs:GetQueueUrl",
        ("sqs:GetQueueUrl",),
        "`QUEUE`",
        "the dead-letter queues of schedules",
        (SQS_ACTIONS,),
        others=("verify",),
    ),
)
"""The actions of EventBridge Scheduler, and of what its schedules name."""
