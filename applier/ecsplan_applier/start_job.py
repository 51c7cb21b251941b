"""Starting one job: its revision, then a task for each copy, or the reason why a copy has none."""

from collections.abc import Iterator
from typing import Final

from ecsplan.decision.decide_revision import Reuse
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.run_records import RunRecords
from ecsplan_applier.outcomes import own_stop_reasons
from ecsplan_applier.outcomes.errors import ApplierError, OtherRunError, RunIdTakenError, StalePlanError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.revisions.register import settle_definition
from ecsplan_applier.revisions.staleness import Choice, Make
from ecsplan_applier.starting.attach import Attach
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.inactive_revision import InactiveError
from ecsplan_applier.starting.launch import Launch
from ecsplan_applier.starting.other_requests import refuse_beside, refuse_changed
from ecsplan_applier.starting.record import Record
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.stop import send_stops
from ecsplan_applier.tasks.verdicts import INTERRUPTED, Verdict

_MAX_REVISIONS: Final = 3
"""Revisions that a job gets while others keep deregistering them."""


async def start_job(
    context: ApplyContext, existing: ExistingTasks, records: RunRecords, job: JobRun, choice: Choice
) -> None:
    """Give each copy of a job its task, or the reason why it has none.

    Args:
        context: The apply.
        existing: The tasks under its run id.
        records: What it records in the ledger.
        job: The job.
        choice: The revision that it runs.
    """
    attach = Attach(context, existing)
    try:
        if context.resumed and isinstance(choice, Make):
            await refuse_changed(context, existing, job)
        await records.begin(job)
        # Those that have a task already may be tried again, for which the revision is needed.
        if not job.is_over:
            await _launch(context, attach, records.of(job), job, choice)
        if context.resumed and existing.identifies(job):
            await refuse_beside(context, existing, job)
    except RunIdTakenError as error:
        await _take_back(context, job, error)
    except ApplierError as error:
        job.give_up(verdict_of(job, error))
    job.note_all_asked()
    # Whatever ended the launch early, no copy is left without a verdict: somebody waits for each.
    job.give_up(INTERRUPTED)


async def _launch(context: ApplyContext, attach: Attach, record: Record, job: JobRun, choice: Choice) -> None:
    """Settle the job's revision and launch its copies, again with another revision if that was deregistered.

    Raises:
        StalePlanError: The plan names the revision, or others have deregistered each of several.
        ApplierError: AWS refused.
    """
    for turn in range(1, _MAX_REVISIONS + 1):
        if context.cancelled.is_set():
            return
        await settle_definition(context, job, choice)
        if job.revision is None:
            return
        try:
            await Launch(context, job, attach, record).start()
            await context.loop.gather(
                Launch(context, job, attach, record, attempt=each.attempt, only=[each]).start()
                for each in _of_later_attempts(job)
            )
        except InactiveError as error:
            # A plan that reuses a revision was reviewed with that one: no other takes its place.
            if turn == _MAX_REVISIONS or isinstance(job.planned.definition.decision, Reuse):
                reason = f"{job.revision} was deregistered since the plan was compiled; compile again"
                raise StalePlanError(f"{job.name}: {reason}") from error
            choice = Make(None)
            job.unsettle()
        else:
            return


def _of_later_attempts(job: JobRun) -> Iterator[Copy]:
    """Yield the copies that begin with a further attempt, which an earlier apply had reached."""
    for copy in job.copies:
        if copy.attempt > 1 and not copy.follows and copy.lacks_task:
            yield copy


async def _take_back(context: ApplyContext, job: JobRun, error: RunIdTakenError) -> None:
    """Stop what this apply has just started of a job whose run id belongs to another request."""
    job.give_up(verdict_of(job, error))
    started = [copy for copy in job.copies if copy.task is not None]
    if started:
        context.warn(None, str(error))
    # Tasks that were attached to belong to the other request, and are not ours to stop.
    await context.loop.gather(
        send_stops(context, copy, own_stop_reasons.OTHER_REQUEST)
        for copy in started
        if not copy.attached and copy.request_stop(Outcome.OTHER_REQUEST, context.now())
    )


def verdict_of(job: JobRun, error: ApplierError) -> Verdict:
    """Return what an error means for the copies of a job that have no task because of it.

    Whoever prints it adds the job's name.
    """
    reason = str(error).removeprefix(f"{job.name}: ")
    match error:
        case RunIdTakenError():
            return Verdict(Outcome.OTHER_REQUEST, reason)
        case StalePlanError():
            return Verdict(Outcome.STALE, reason)
        case OtherRunError():
            return Verdict(Outcome.OTHER_RUN, f"not started: {reason}")
        case _:
            return Verdict(Outcome.REFUSED, reason)
