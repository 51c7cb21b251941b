"""What the ledger holds of a job of this run, taken over: ends are reported, and other requests refused."""

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.ledger import Recorded
from ecsplan_applier.outcomes.errors import RunIdTakenError
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.request_digest import request_digest


def take_over(context: ApplyContext, job: JobRun, recorded: Recorded) -> None:
    """Have the copies of a job end as an earlier apply of the run has recorded it.

    Raises:
        RunIdTakenError: It was recorded for another request.
    """
    refuse_other_request(job, recorded)
    job.note_recorded(recorded)
    known = {each.copy: each for each in recorded.entry.copies if each.has_ended}
    for copy in job.copies:
        end = known.get(copy.number)
        if end is not None and end.result is not None and copy.lacks_task:
            copy.recall(context, end.result)


def refuse_other_request(job: JobRun, recorded: Recorded) -> None:
    """Refuse a job whose run id the ledger knows with another request.

    Raises:
        RunIdTakenError: It does.
    """
    entry = recorded.entry
    if not entry.has_begun or entry.request_digest == request_digest(job):
        return
    raise RunIdTakenError(
        f"{job.name}: the run id {entry.key.run_id} was used with another request for this job, as the ledger"
        " says\n  help: use another --run-id for another request"
    )
