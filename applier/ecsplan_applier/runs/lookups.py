"""What is looked up about runs beside their tasks: the account, entries of the ledger, task definitions."""

from collections.abc import Sequence

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.errors import ApplierError, first_line
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.session import RunSession


async def account_for_ledger(session: RunSession, target: Target, account: str | None) -> str | None:
    """Return the account whose entries of the ledger are looked at; STS is asked where no ARN has named it.

    None where there is no ledger, and where the account cannot be asked, which is reported.
    """
    if session.ledger is None or account is not None:
        return account
    try:
        return await session.observation.account_once(target)
    except ApplierError as error:
        why = f"the account of these credentials is not known ({first_line(error)})"
        session.warn(f"the ledger {session.ledger.name} was not looked at: {why}")
        return None


async def entries_of_run(
    session: RunSession, target: Target, account: str | None, run_id: str
) -> list[Entry]:
    """Return what the ledger has of a run; [] where there is no ledger or the account is not known.

    Raises:
        LedgerError: It cannot be read.
    """
    if session.ledger is None or account is None:
        return []
    return [each.entry for each in await session.ledger.of_run(account, target.region, run_id)]


async def definitions_of(session: RunSession, target: Target, tasks: Sequence[Task]) -> dict[str, Body]:
    """Return the definitions of tasks, by ARN; what cannot be looked at is left out, and reported."""

    async def described(arn: str) -> Body | None:
        try:
            revision = await session.observation.revisions.described_once(target, arn)
        except ApplierError as error:
            session.warn(
                f"task definitions could not be looked at, which say where tasks log: {first_line(error)}"
            )
            return None
        return None if revision is None else revision.definition

    arns = list(dict.fromkeys(each.definition for each in tasks if each.definition))
    found = await session.loop.gather(map(described, arns))
    return {arn: body for arn, body in zip(arns, found, strict=True) if body is not None}
