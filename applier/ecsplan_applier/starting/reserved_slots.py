"""Slots for tasks that run although no copy has them, of a job that may not run all at once."""

from contextlib import suppress
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.scheduling.locking import Slots
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun

_RESERVED_S: Final = 15.0
"""The pause between looks at tasks that count although no copy has them."""


async def reserve_slots(context: ApplyContext, existing: ExistingTasks, job: JobRun, slots: Slots) -> None:
    """Have the tasks of a job that run and that no copy has take slots, until they have stopped.

    Raises:
        ApplierError: The tasks cannot be looked for.
    """
    running = [each.arn for each in await existing.of(job) if not each.is_over]
    reserved = [arn for arn in running if not context.is_claimed(arn)]
    for arn in reserved:
        slots.occupy(arn)
    if reserved:
        context.loop.create_task(_forget_ended(context, existing, job, slots), background=True)


async def _forget_ended(context: ApplyContext, existing: ExistingTasks, job: JobRun, slots: Slots) -> None:
    """Give back the slots of tasks that no copy has, once they have stopped or a copy has them."""
    while not context.cancelled.is_set():
        reserved = [each for each in slots.held if isinstance(each, str)]
        if not reserved:
            return
        await context.loop.wait(context.cancelled, seconds=_RESERVED_S)
        with suppress(ApplierError):
            running = {each.arn for each in await existing.running_now(job)}
            for arn in reserved:
                if arn not in running:
                    slots.leave(arn)
