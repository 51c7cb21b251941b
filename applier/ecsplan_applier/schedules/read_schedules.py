"""Read schedules and groups from EventBridge Scheduler."""

import secrets
from typing import Final

from ecsplan.schedules.names import is_marked
from ecsplan.terms.bodies import as_text
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_SCHEDULE, GET_SCHEDULE_GROUP, LIST_SCHEDULES
from ecsplan_applier.outcomes.errors import AwsError, ForeignScheduleError
from ecsplan_applier.schedules.changes import ScheduleId

NOT_FOUND: Final = "ResourceNotFoundException"
"""The code of a schedule or group that does not exist (API reference of EventBridge Scheduler)."""
CONFLICT: Final = "ConflictException"
"""The code of one that exists already, or that another call is changing."""
_PAGE: Final = 100
"""Schedules of one page of ListSchedules, at most (service model of EventBridge Scheduler)."""


async def found_schedule(asker: Asker, schedule: ScheduleId) -> Body | None:
    """Return what GetSchedule says; None where there is no such schedule, or no such group.

    Raises:
        ApplierError: It could not be asked.
    """
    request = {"Name": schedule.name, "GroupName": schedule.group}
    try:
        return await asker.call(schedule.target, GET_SCHEDULE, request, schedule.title)
    except AwsError as error:
        if error.code == NOT_FOUND:
            return None
        raise


async def has_group(asker: Asker, target: Target, group: str) -> bool:
    """Return whether a group exists.

    Raises:
        ForeignScheduleError: It is being deleted, and takes no schedules.
        ApplierError: It could not be asked.
    """
    try:
        found = await asker.call(target, GET_SCHEDULE_GROUP, {"Name": group}, f"schedule group {group}")
    except AwsError as error:
        if error.code == NOT_FOUND:
            return False
        raise
    if found.get("State") == "DELETING":
        raise ForeignScheduleError(
            f"the schedule group {group} is being deleted; nothing was changed\n"
            "  help: wait until it is gone, or name another `group`"
        )
    return True


async def names_in_group(asker: Asker, target: Target, group: str) -> list[str]:
    """Return the names of the schedules in a group, in order; none where there is no such group.

    Raises:
        ApplierError: They could not be listed.
    """
    request: Body = {"GroupName": group, "MaxResults": _PAGE}
    try:
        pages = await asker.pages(target, LIST_SCHEDULES, request, f"schedule group {group}")
    except AwsError as error:
        if error.code == NOT_FOUND:
            return []
        raise
    listed = (each for page in pages for each in members(page, "Schedules", dict, LIST_SCHEDULES.name))
    # An endpoint may not filter by the group.
    own = (each for each in listed if each.get("GroupName") == group)
    return sorted({name for each in own if (name := as_text(each.get("Name"))) is not None})


def is_own(found: Body) -> bool:
    """Return whether ecsplan has made a schedule, as its description says."""
    return is_marked(found.get("Description"))


def token() -> str:
    """Return the client token of a call: the same call made again has no further effect."""
    return secrets.token_hex(16)
