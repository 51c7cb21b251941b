"""`Family`: a family of task definitions in an account and region, and the ACTIVE revisions that it has."""

from collections.abc import Sequence
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.bodies import as_texts
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of, family_of, revision_of
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import LIST_FAMILIES, LIST_TASK_DEFINITIONS
from ecsplan_applier.outcomes.errors import NotObservedError, other_account

_MAX_LISTED: Final = 20
"""Pages of names, of a hundred each, that are looked through for a family without an ACTIVE revision."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family.

    Attributes:
        target: Where it is.
        name: Its name.
        account: The account that it has to be in; None where nobody has named one.
        is_expected: Whether it is an error that there is no such family.
    """

    target: Target
    name: str
    account: str | None = None
    is_expected: bool = True


async def active_revisions(asker: Asker, family: Family) -> tuple[str, ...]:
    """Return the ARNs of the ACTIVE revisions of a family, the newest first.

    Raises:
        NotObservedError: There is no such family, or it is in another account than it has to be.
        ApplierError: ECS could not be asked.
    """
    request = {"familyPrefix": family.name, "status": "ACTIVE", "sort": "DESC"}
    about = f"family {family.name}"
    # `familyPrefix` is documented as the full name of a family; an emulator may read it as what it is called.
    arns = {
        arn
        for page in await asker.pages(family.target, LIST_TASK_DEFINITIONS, request, about)
        for arn in members(page, "taskDefinitionArns", str, LIST_TASK_DEFINITIONS.name)
        if family_of(arn) == family.name
    }
    if not arns and family.is_expected:
        await _require(asker, family)
    _refuse_other_account(family, tuple(arns))
    return tuple(sorted(arns, key=revision_of, reverse=True))


def _refuse_other_account(family: Family, arns: Sequence[str]) -> None:
    accounts = {account_of(arn) for arn in arns}
    if family.account is not None and accounts - {family.account, None}:
        target = family.target
        raise other_account(str(account_of(arns[0])), family.account, target.profile, target.role)


async def _require(asker: Asker, family: Family) -> None:
    """Check that a family without an ACTIVE revision has had one.

    Raises:
        NotObservedError: It has not, as far as ECS says.
    """
    pages = await asker.if_allowed(family.target, LIST_FAMILIES, {}, "families", _MAX_LISTED)
    names = [name for page in pages for name in as_texts(page.get("families"))]
    if family.name in names:
        return
    near = nearest(family.name, names)
    listing = "`aws ecs list-task-definition-families` lists them; check the region and the account"
    raise NotObservedError(
        f"there is no family {family.name} in {family.target.region}\n"
        f"  help: {f'did you mean `{near}`?' if near else listing}"
    )
