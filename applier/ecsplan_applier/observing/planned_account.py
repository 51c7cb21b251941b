"""The account that a plan is for, compared with that of the credentials."""

from typing import Final

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.observing.observer import Observation
from ecsplan_applier.outcomes.errors import (
    ApplierError,
    AwsError,
    OtherAccountError,
    SessionError,
    first_line,
)

EMBEDDED_ACCOUNT: Final = "000000000000"
"""The account of the embedded ECS, which is not an account of AWS."""


async def compare_account(
    observation: Observation,
    target: Target,
    job: str,
    planned: str | None,
    cause: ApplierError | None = None,
) -> ApplierError | None:
    """Compare a plan's account with that of the credentials; return the error if it cannot be asked.

    Args:
        observation: Asks, once for each target.
        target: Where the job runs.
        job: The name of the job, for the message.
        planned: The account that the plan is for.
        cause: The failure that may come from another account.

    Raises:
        OtherAccountError: They differ, or the plan is for the embedded ECS and something else answers.
    """
    try:
        account = await observation.account_once(target)
    except ApplierError as error:
        _refuse_embedded(job, planned, error)
        return error
    refuse_other_account(job, planned, account, cause)
    return None


def refuse_other_account(
    job: str, planned: str | None, account: str | None, cause: ApplierError | None = None
) -> None:
    """Refuse a plan for another account, where both are known.

    Raises:
        OtherAccountError: The accounts differ.
    """
    if planned and account and planned != account:
        raise OtherAccountError(f"{job}: {_differ(planned, account)}") from cause


def _refuse_embedded(job: str, planned: str | None, error: ApplierError) -> None:
    """Refuse a plan for the embedded ECS if something else answers: it would refuse no credentials."""
    # The embedded ECS needs no credentials and refuses none: a refusal comes from somewhere else. Where
    # nothing answers, nothing is known.
    is_elsewhere = isinstance(error, SessionError) or (
        isinstance(error, AwsError)
        and not error.lost
        and error.code not in {AwsError.BAD_ANSWER, AwsError.NOT_REACHED}
    )
    if planned == EMBEDDED_ACCOUNT and is_elsewhere:
        found = f"whose account this is cannot be asked ({first_line(error)})"
        raise OtherAccountError(f"{job}: {_differ(EMBEDDED_ACCOUNT, found)}") from error


def _differ(planned: str, account: str) -> str:
    if planned == EMBEDDED_ACCOUNT:
        remedy = f"{EMBEDDED_ACCOUNT} is the embedded ECS: add --local, or compile for AWS"
    elif account == EMBEDDED_ACCOUNT:
        remedy = f"{EMBEDDED_ACCOUNT} is the embedded ECS: omit --local, or compile with --local"
    else:
        remedy = "use the profile or role of that account, or compile with these credentials"
    found = f"the credentials are for {account}" if account.isdecimal() else account
    return f"the plan is for account {planned}, and {found}; nothing was changed\n  help: {remedy}"
