"""Whose account a plan is for, compared with that of the credentials before anything is changed.

A revision that is described belongs to the account of the credentials, since ECS shows no other. So STS is
asked only where no revision says whose account this is, and where AWS refuses what the plan counts on.
"""

from collections.abc import Iterable
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import (
    ApplierError,
    AwsError,
    OtherAccountError,
    SessionError,
    first_line,
)
from ecsplan_applier.tasks.job_run import JobRun

EMBEDDED_ACCOUNT: Final = "000000000000"
"""The account of the embedded ECS, which is not an account of AWS."""


async def check_pinned(context: ApplyContext, jobs: Iterable[JobRun]) -> None:
    """Compare the accounts that manifests pin with that of the credentials, each once.

    Raises:
        OtherAccountError: The credentials are for another account.
        ApplierError: AWS could not be asked.
    """
    # Once for each pair: a thousand jobs with one pinned account ask STS once.
    pinned = {(job.target, job.planned.aws.account_id): job for job in jobs if job.planned.aws.account_id}
    for (target, wanted), job in pinned.items():
        refuse_other(job, wanted, await context.observation.account_once(target, needed=True))


async def check_planned(context: ApplyContext, jobs: Iterable[JobRun]) -> None:
    """Compare the accounts of plans with that of the credentials; if it cannot be asked, warn.

    Raises:
        OtherAccountError: The credentials are for another account, or nobody says that they lead to the
            embedded ECS that the plan is for.
    """
    for job in _planned_for_accounts(jobs):
        error = await _compare_account(context, job)
        if error is not None:
            what = f"the plan is for account {job.planned.account}; that of these credentials is not known"
            context.warn_once(None, f"{what}: {first_line(error)}", key=f"account of {job.target}")


async def check_after_failure(context: ApplyContext, jobs: Iterable[JobRun], failure: ApplierError) -> None:
    """Refuse a plan that failed because it is for another account; otherwise do nothing.

    Raises:
        OtherAccountError: The credentials are for another account; `failure` is its cause.
    """
    for job in _planned_for_accounts(jobs):
        await _compare_account(context, job, failure)


def _planned_for_accounts(jobs: Iterable[JobRun]) -> Iterable[JobRun]:
    """Return one job of each target, of those whose plan says for which account it is."""
    return {job.target: job for job in jobs if job.planned.account}.values()


async def _compare_account(
    context: ApplyContext, job: JobRun, cause: ApplierError | None = None
) -> ApplierError | None:
    """Compare a plan's account with that of the credentials; return the error if it cannot be asked.

    Raises:
        OtherAccountError: They differ, or the plan is for the embedded ECS and something else answers.
    """
    try:
        account = await context.observation.account_once(job.target)
    except ApplierError as error:
        _refuse_embedded(job, error)
        return error
    refuse_other(job, job.planned.account, account, cause)
    return None


def refuse_other(
    job: JobRun, planned: str | None, account: str | None, cause: ApplierError | None = None
) -> None:
    """Refuse a plan for another account, where both are known.

    Raises:
        OtherAccountError: The accounts differ.
    """
    if planned and account and planned != account:
        raise OtherAccountError(f"{job.name}: {_differ(planned, account)}") from cause


def _refuse_embedded(job: JobRun, error: ApplierError) -> None:
    """Refuse a plan for the embedded ECS if something else answers: it would refuse no credentials."""
    # The embedded ECS needs no credentials and refuses none: a refusal comes from somewhere else. Where
    # nothing answers, nothing is known.
    is_elsewhere = isinstance(error, SessionError) or (
        isinstance(error, AwsError)
        and not error.lost
        and error.code not in {AwsError.BAD_ANSWER, AwsError.NOT_REACHED}
    )
    if job.planned.account == EMBEDDED_ACCOUNT and is_elsewhere:
        found = f"whose account this is cannot be asked ({first_line(error)})"
        raise OtherAccountError(f"{job.name}: {_differ(EMBEDDED_ACCOUNT, found)}") from error


def _differ(planned: str, account: str) -> str:
    if planned == EMBEDDED_ACCOUNT:
        remedy = f"{EMBEDDED_ACCOUNT} is the embedded ECS: add --local, or compile for AWS"
    elif account == EMBEDDED_ACCOUNT:
        remedy = f"{EMBEDDED_ACCOUNT} is the embedded ECS: leave --local out, or compile with --local"
    else:
        remedy = "use the profile or role of that account, or compile with these credentials"
    found = f"the credentials are for {account}" if account.isdecimal() else account
    return f"the plan is for account {planned}, and {found}; nothing was changed\n  help: {remedy}"
