"""Whose account a plan is for, compared with that of the credentials before anything is changed.

A revision that is described belongs to the account of the credentials, since ECS shows no other. So STS is
asked only where no revision says whose account this is, and where AWS refuses what the plan counts on.
"""

from collections.abc import Iterable

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.observing.planned_account import compare_account, refuse_other_account
from ecsplan_applier.outcomes.errors import ApplierError, first_line
from ecsplan_applier.tasks.job_run import JobRun


async def check_pinned(context: ApplyContext, jobs: Iterable[JobRun]) -> None:
    """Compare the accounts that manifests pin with that of the credentials, each once.

    Raises:
        OtherAccountError: The credentials are for another account.
        ApplierError: AWS could not be asked.
    """
    # Once for each pair: a thousand jobs with one pinned account ask STS once.
    pinned = {(job.target, job.planned.aws.account_id): job for job in jobs if job.planned.aws.account_id}
    for (target, wanted), job in pinned.items():
        account = await context.observation.account_once(target, needed=True)
        refuse_other_account(job.name, wanted, account)


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
    planned = job.planned.account
    return await compare_account(context.observation, job.target, job.name, planned, cause)
