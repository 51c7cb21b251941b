"""Bring a schedule to the state that a job asks for: create it, update it, or leave it as it is."""

from typing import Final

from ecsplan.scheduled.schedule_changes import schedule_changes
from ecsplan.schedules.names import MARK
from ecsplan.terms.json_types import Document
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import CREATE_SCHEDULE, CREATE_SCHEDULE_GROUP, UPDATE_SCHEDULE
from ecsplan_applier.aws.retry import CHANGING
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import AwsError, ForeignScheduleError
from ecsplan_applier.schedules.changes import Action, ScheduleId
from ecsplan_applier.schedules.read_schedules import CONFLICT, NOT_FOUND, found_schedule, is_own, token

_PAUSE_S: Final = 1.0
_SETTLED_S: Final = 30.0
"""How long a schedule is looked at again that others change at the same time, and a group that was created
just now may take to be found."""
_NOT_ASSUMED: Final = "must allow AWS EventBridge Scheduler to assume the role"
"""What a ValidationException says of a role that does not trust Scheduler, or is too new to be known
(aws/aws-sdk-js-v3#6494)."""
_ROLE_SETTLED_S: Final = 10.0
"""How long a role that was created just now may take to be known (IAM user guide, eventual consistency)."""


async def create_group(context: ApplyContext, target: Target, group: str) -> None:
    """Create a group; one that another call has created meanwhile is there as well.

    Raises:
        ApplierError: It could not be created.
    """
    request = {"Name": group, "ClientToken": token()}
    asker = context.observation.asker
    try:
        await asker.call(target, CREATE_SCHEDULE_GROUP, request, f"schedule group {group}", CHANGING)
    except AwsError as error:
        if error.code != CONFLICT:
            raise


async def put_schedule(
    context: ApplyContext, schedule: ScheduleId, wanted: Document, found: Body | None
) -> Action:
    """Create or update a schedule where it is not as wanted, and return what was done.

    Nothing is changed of one that says the same. What others have done since it was looked at is looked at
    again: a schedule that somebody has made by hand meanwhile is not overwritten.

    Args:
        context: The command's calls and clock.
        schedule: Which one.
        wanted: The CreateSchedule request.
        found: What GetSchedule has said of it; None where there was none.

    Raises:
        ForeignScheduleError: It is not one of ecsplan.
        ApplierError: It could not be changed.
    """
    asker = context.observation.asker
    done: Action = "unchanged"
    began = context.now()
    while True:
        if found is not None:
            refuse_foreign(schedule, found)
            if not schedule_changes(wanted, found):
                return done
        # Where a call is lost, the schedule may already say what is wanted when it is looked at again.
        done = "create" if found is None else "update"
        operation = CREATE_SCHEDULE if found is None else UPDATE_SCHEDULE
        request = {**wanted, "GroupName": schedule.group, "ClientToken": token()}
        try:
            await asker.call(schedule.target, operation, request, schedule.title, CHANGING)
        except AwsError as error:
            if not _may_pass(error, context.now() - began):
                raise
        else:
            return done
        await context.loop.sleep(_PAUSE_S)
        found = await found_schedule(asker, schedule)


def _may_pass(error: AwsError, since_s: float) -> bool:
    """Return whether a refusal may be over when the schedule is looked at again."""
    if error.code in {CONFLICT, NOT_FOUND}:
        return since_s < _SETTLED_S
    return _NOT_ASSUMED in error.text and since_s < _ROLE_SETTLED_S


def refuse_foreign(schedule: ScheduleId, found: Body) -> None:
    """Refuse to touch a schedule that ecsplan has not made.

    Raises:
        ForeignScheduleError: Its description lacks the mark.
    """
    if not is_own(found):
        raise ForeignScheduleError(_foreign(schedule))


def _foreign(schedule: ScheduleId) -> str:
    region = schedule.target.region
    return (
        f"{schedule.title} in {region} was not created by ecsplan: its description does not begin with "
        f"{MARK}\n"
        "  help: rename the job or give its schedule another `group`; or let ecsplan take the schedule "
        "over by writing"
        f" {MARK} at the beginning of its description; or delete it: `aws scheduler delete-schedule --name"
        f" {schedule.name} --group-name {schedule.group} --region {region}`"
    )
