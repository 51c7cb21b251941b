"""Which entry of the ledger is a job's: that of the account and region in which its tasks run."""

from collections.abc import Iterator
from typing import Final

from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan_applier.arns import account_of
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import EntryKey
from ecsplan_applier.outcomes.errors import ApplierError, LedgerError
from ecsplan_applier.tasks.job_run import JobRun

_ROLES: Final = ("taskRoleArn", "executionRoleArn")


async def entry_key_of(context: ApplyContext, job: JobRun) -> EntryKey:
    """Return the key of a job's entry; STS is asked only where neither plan nor revision name the account.

    Where it cannot be asked, the account is that of the cluster or of a role that the job names by its ARN.

    Raises:
        LedgerError: Whose account it is cannot be asked, and no ARN names it.
    """
    account = known_account(job) or await _asked_account(context, job)
    return EntryKey(account, job.target.region, context.run_id, job.name)


def known_account(job: JobRun) -> str | None:
    """Return the account of a job as far as its plan and revision name it, or None."""
    planned = job.planned
    match planned.definition.decision:
        case Reuse(arn=str() as arn):
            reused = account_of(arn)
        case _:
            reused = None
    latest = account_of(planned.definition.latest or "")
    known = (planned.aws.account_id, account_of(job.revision or ""), reused, planned.account, latest)
    return next((each for each in known if each), None)


async def _asked_account(context: ApplyContext, job: JobRun) -> str:
    try:
        return await context.observation.account_once(job.target)
    except ApplierError as error:
        named = next(filter(None, map(account_of, _arns(job.planned))), None)
        if named is not None:
            return named
        raise LedgerError(
            f"{job.name}: the ledger keeps runs by account, and that of these credentials is unknown:"
            f" {error}\n  help: where STS cannot be asked, name the job's `cluster` by its ARN, which has the"
            " account"
        ) from error


def _arns(planned: PlannedJob) -> Iterator[str]:
    """Yield the ARNs in a job's requests that are of the account in which its tasks run.

    ECS runs a task in the cluster's account, and takes no role of another one.
    """
    overrides = as_mapping(planned.run_request.get("overrides"))
    yield planned.aws.assume_role_arn or ""
    yield as_text(planned.run_request.get("cluster")) or ""
    for body in (overrides, planned.definition.request):
        for role in _ROLES:
            yield as_text(body.get(role)) or ""
