"""Revisions of task definitions as ECS has them: the newest ones of a family, one of them, a linked one."""

import re
from collections.abc import Sequence

from ecsplan.terms.observed import MAX_RECENT, Body, Revision
from ecsplan_applier.arns import account_of, family_of, region_of, revision_of
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_TASK_DEFINITION, LIST_TASK_DEFINITIONS
from ecsplan_applier.outcomes.errors import AwsError, NotObservedError

_NO_SUCH_DEFINITION = re.compile(r"unable to describe task definition|unable to find task definition", re.I)
"""ECS: `ClientException: Unable to describe task definition.` Nothing else means that there is none."""


class Revisions:
    """Asks ECS about revisions.

    Args:
        asker: Makes the calls.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def latest_once(self, target: Target, family: str) -> Revision | None:
        """Return what `latest` does, asked for once however many jobs share the family."""
        return await self._asker.once((target, "latest", family), self.latest(target, family))

    async def described_once(self, target: Target, reference: str) -> Revision | None:
        """Return what `describe` does, asked for once however many jobs share the revision."""
        return await self._asker.once((target, "described", reference), self.describe(target, reference))

    def forget_unknown(self, target: Target, reference: str) -> None:
        """Ask again for a revision that there was not: it may not have been visible yet."""
        self._asker.forget((target, "described", reference))

    async def latest(self, target: Target, family: str) -> Revision | None:
        """Return the newest ACTIVE revision of a family, or None if there is none.

        ECS describes a family by its newest ACTIVE revision. Some emulators answer with the newest one
        whatever its status: only then the ACTIVE ones are listed.
        """
        found = await self.describe(target, family)
        if found is None or found.definition.get("status", "ACTIVE") == "ACTIVE":
            return found
        request = {"familyPrefix": family, "status": "ACTIVE", "sort": "DESC"}
        arns = [
            each
            for page in await self._asker.pages(target, LIST_TASK_DEFINITIONS, request, f"family {family}")
            for each in members(page, "taskDefinitionArns", str, "ListTaskDefinitions")
            if family_of(each) == family
        ]
        return await self.describe(target, max(arns, key=revision_of)) if arns else None

    async def recent(self, target: Target, family: str) -> tuple[Revision, ...]:
        """Return the ten newest ACTIVE revisions of a family, newest first.

        One page is enough where ECS sorts as it is asked to; an endpoint that sorts otherwise is read to the
        end. A revision that was deregistered since it was listed is left out.
        """
        request = {"familyPrefix": family, "status": "ACTIVE", "sort": "DESC"}

        def listed(pages: Sequence[Body]) -> list[str]:
            names = (members(page, "taskDefinitionArns", str, "ListTaskDefinitions") for page in pages)
            return [each for page in names for each in page if family_of(each) == family]

        def enough(pages: Sequence[Body]) -> bool:
            numbers = [revision_of(each) for each in listed(pages)]
            return len(numbers) >= MAX_RECENT and numbers == sorted(numbers, reverse=True)

        pages = await self._asker.pages(target, LIST_TASK_DEFINITIONS, request, f"family {family}", enough)
        # Sorted here as well: an emulator that ignores `sort` lists the oldest first.
        newest = sorted(listed(pages), key=revision_of, reverse=True)[:MAX_RECENT]
        found = await self._asker.together(self.describe(target, each) for each in newest)
        return tuple(each for each in found if each is not None and each.is_active)

    async def describe(self, target: Target, reference: str) -> Revision | None:
        """Return a revision by ARN, `family:revision` or `family`, with its tags; None if there is none."""
        request = {"taskDefinition": reference, "include": ["TAGS"]}
        try:
            answer = await self._asker.call(
                target, DESCRIBE_TASK_DEFINITION, request, f"task definition {reference}"
            )
        except AwsError as error:
            if error.code == "ClientException" and _NO_SUCH_DEFINITION.search(error.text):
                return None
            raise
        definition = member(answer, "taskDefinition", dict, "DescribeTaskDefinition")
        member(definition, "taskDefinitionArn", str, "DescribeTaskDefinition")
        return Revision(definition, tuple(members(answer, "tags", dict, "DescribeTaskDefinition")))

    async def linked(self, target: Target, reference: str) -> Revision:
        """Return the revision that a manifest links, which is ACTIVE.

        Raises:
            NotObservedError: It is in another region, does not exist, or is not ACTIVE.
            ApplierError: ECS could not be asked.
        """
        region = region_of(reference)
        if region not in {None, target.region}:
            raise NotObservedError(
                f"task_definition_arn {reference} is in {region}, and the job runs in {target.region}\n"
                "  help: set aws.region, or link a definition of the job's region"
            )
        found = await self._find_linked(target, reference)
        if found is None:
            raise NotObservedError(
                f"DescribeTaskDefinition: task_definition_arn {reference} does not exist in {target.region}\n"
                "  help: `aws ecs list-task-definitions` lists what exists; check region and account"
            )
        if found.definition.get("status", "ACTIVE") != "ACTIVE":
            raise NotObservedError(
                f"task_definition_arn {reference} is {found.definition['status']}: it cannot start tasks\n"
                "  help: link an ACTIVE revision, or the family by its name"
            )
        return found

    async def _find_linked(self, target: Target, reference: str) -> Revision | None:
        try:
            if ":" not in reference:
                return await self.latest(target, reference)
            return await self.describe(target, reference)
        except AwsError as error:
            # ECS answers for a definition of another account as if access were denied: the account is worth
            # naming.
            if not error.code.startswith("AccessDenied"):
                raise
            owner = account_of(reference)
            where = f" (of account {owner}: check that these credentials are, too)" if owner else ""
            raise NotObservedError(f"task_definition_arn {reference}{where}: {error}") from error
