"""What the ledger holds of a job of this run, taken over: ends are reported, and other requests refused."""

from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import KEPT_BY_ECS_S, RecordedCopy
from ecsplan_applier.ledger.ledger import Recorded
from ecsplan_applier.outcomes.errors import LedgerError, RunIdTakenError
from ecsplan_applier.recording.request_digest import request_digest
from ecsplan_applier.tasks.job_run import JobRun, copies_of

_MAX_NAMED: Final = 20
"""Tasks that a message names."""


def take_over(context: ApplyContext, job: JobRun, recorded: Recorded) -> None:
    """Have the copies of a job that is about to begin end as another apply of the run has recorded it.

    Raises:
        RunIdTakenError: It was recorded for another request.
        LedgerError: The other one has come to attempts before which ECS may have forgotten others.
    """
    refuse_other_request(job, recorded)
    known = {each.copy: each for each in recorded.entry.copies}
    pairs = [(copy, known[copy.number]) for copy in job.copies if copy.number in known and copy.lacks_task]
    now = context.caller.clock.now(job.target)
    behind = [copy.label for copy, found in pairs if _is_out_of_reach(found, copy.attempt, now)]
    if behind:
        raise LedgerError(
            f"{job.name}: another apply of run {context.run_id} has made more progress with "
            f"{', '.join(behind[:3])}"
            "\n  help: apply again with the run id to continue from there"
        )
    job.note_recorded(recorded)
    for copy, found in pairs:
        if found.has_ended and found.result is not None:
            copy.recall(context, found.result)


def _is_out_of_reach(found: RecordedCopy, attempt: int, now: float) -> bool:
    """Return whether the token of an attempt may be forgotten after which others have started a further one.

    This apply would come to that one by the tokens of those before it.
    """
    if found.has_ended or found.attempt <= attempt:
        return False
    return found.first_asked_at is None or now - found.first_asked_at >= KEPT_BY_ECS_S


def refuse_other_request(job: JobRun, recorded: Recorded) -> None:
    """Refuse a job whose run id the ledger knows with another request.

    Raises:
        RunIdTakenError: It does.
    """
    entry = recorded.entry
    if not entry.has_begun or entry.request_digest == request_digest(job):
        return
    was, now = len(entry.copies), copies_of(job.planned)
    how = f", which asked for {_copies(was)}, not {now}" if was != now else ""
    arns = dict.fromkeys(arn for each in entry.copies for arn in (*each.stopped, each.task_arn) if arn)
    named = "\n    ".join(list(arns)[:_MAX_NAMED])
    raise RunIdTakenError(
        f"{job.name}: the run id {entry.key.run_id} was used with another request for this job{how}\n"
        + (f"  the ledger names these tasks of it:\n    {named}\n" if named else "")
        + "  help: use another --run-id for another request"
    )


def _copies(count: int) -> str:
    return "1 copy" if count == 1 else f"{count} copies"
