"""Whose account a plan is for, compared with that of the credentials before anything is changed."""

from collections.abc import Sequence
from typing import Final

from ecsplan_applier.errors import ApplierError, OtherAccountError
from ecsplan_applier.fleet import JobRun
from ecsplan_applier.gateway import Target
from ecsplan_applier.scene import Scene

EMBEDDED_ACCOUNT: Final = "000000000000"
"""The account of the embedded ECS, which AWS gives to nobody."""


async def check_accounts(scene: Scene, jobs: Sequence[JobRun]) -> None:
    """Compare the account of each plan, and the one that its manifest pins, with that of the credentials.

    Where nobody can be asked whose credentials they are, a pinned account is an error and the account of the
    plan a warning: the ARNs that are seen later are compared with it, too.

    Raises:
        OtherAccountError: The credentials are for another account.
        ApplierError: A manifest pins the account, and AWS could not be asked.
    """
    wanted: dict[tuple[Target, str], JobRun] = {}
    for job in jobs:
        for account in job.planned.account, job.planned.aws.account_id:
            if account is not None:
                wanted.setdefault((job.target, account), job)
    for (target, account), job in wanted.items():
        await _compare(scene, job, target, account)


async def _compare(scene: Scene, job: JobRun, target: Target, wanted: str) -> None:
    try:
        account = await scene.observation.account(target, needed=job.planned.aws.account_id is not None)
    except ApplierError as error:
        if wanted == EMBEDDED_ACCOUNT:
            found = f"and AWS does not answer ({_first_line(error)})"
            raise OtherAccountError(f"{job.name}: {_of_embedded(found)}") from error
        if job.planned.aws.account_id is not None:
            raise
        scene.warn_once(
            None,
            f"the plan is for account {wanted}; that of these credentials is not known: {_first_line(error)}",
            key=f"account of {target}",
        )
        return
    if account != wanted:
        raise OtherAccountError(f"{job.name}: {other_account(wanted, account)}")


def other_account(planned: str, account: str) -> str:
    """Return the message that a plan is for another account than the credentials, and what to do."""
    if planned == EMBEDDED_ACCOUNT:
        return _of_embedded(f"and the credentials are for account {account}")
    found = "the embedded ECS (--local)" if account == EMBEDDED_ACCOUNT else f"account {account}"
    remedy = (
        "leave --local out, or compile with --local"
        if account == EMBEDDED_ACCOUNT
        else "use the profile or role of that account, or compile with these credentials"
    )
    return (
        f"the plan is for account {planned}, and the credentials are for {found}; nothing was changed\n"
        f"  help: {remedy}"
    )


def _first_line(error: ApplierError) -> str:
    return str(error).partition("\n")[0]


def _of_embedded(found: str) -> str:
    return (
        f"the plan is for the embedded ECS (it was compiled with --local), {found}; nothing was changed\n"
        "  help: add --local, or compile for AWS"
    )
