"""Which entry of the ledger is a job's: that of the account and region in which its tasks run."""

from ecsplan.decision.decide_revision import Reuse
from ecsplan_applier.arns import account_of
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import EntryKey
from ecsplan_applier.outcomes.errors import ApplierError, LedgerError
from ecsplan_applier.tasks.job_run import JobRun


async def entry_key_of(context: ApplyContext, job: JobRun) -> EntryKey:
    """Return the key of a job's entry; STS is asked only where neither plan nor revision name the account.

    Raises:
        LedgerError: Whose account it is cannot be asked.
    """
    account = _known_account(job) or await _asked_account(context, job)
    return EntryKey(account, job.target.region, context.run_id, job.name)


def _known_account(job: JobRun) -> str | None:
    planned = job.planned
    match planned.definition.decision:
        case Reuse(arn=str() as arn):
            reused = account_of(arn)
        case _:
            reused = None
    known = (planned.aws.account_id, account_of(job.revision or ""), reused, planned.account)
    return next((each for each in known if each), None)


async def _asked_account(context: ApplyContext, job: JobRun) -> str:
    try:
        return await context.observation.account_once(job.target)
    except ApplierError as error:
        raise LedgerError(
            f"{job.name}: the ledger keeps runs by account, and that of these credentials is unknown:"
            f" {error}\n  help: pin it as `account_id` of `aws` in the manifest"
        ) from error
