"""Pull-through caches of ECR: what their rules bring in with the first pull."""

from collections.abc import Sequence
from typing import Final, Self

from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.image_names import ImageName
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_CACHE_RULES
from ecsplan_applier.aws.retry import OPTIONAL
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, if_served
from ecsplan_applier.verify.seen import Seen

_ROOT: Final = "ROOT"
"""The prefix of a rule for all repositories (ECR API reference, CreatePullThroughCacheRule)."""


@dataclass(frozen=True, slots=True)
class AskCacheRules(Ask[tuple[str, ...]]):
    """Which prefixes of repositories have a pull-through cache rule?

    Attributes:
        account: The account of the registry.
    """

    account: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[tuple[str, ...] | Unanswered]:
        """Return the prefixes of each registry; all of its rules, at most 50, are in one answer."""

        async def prefixes(question: Self) -> tuple[str, ...]:
            request = {"registryId": question.account}
            about = f"registry {question.account}"
            asking = asker.call(question.target, DESCRIBE_CACHE_RULES, request, about, OPTIONAL)
            rules = as_mappings((await asking).get("pullThroughCacheRules"))
            return tuple(found for each in rules if (found := as_text(each.get("ecrRepositoryPrefix"))))

        return await each_answered(asker, [if_served(prefixes(each)) for each in asked])


def cache_rule_of(image: ImageName, target: Target, seen: Seen) -> str | None:
    """Return the prefix of the rule that brings in an image; None for none, or where that is not known.

    Source: ECR user guide, pulling an image with a pull through cache rule (the repository is created and
        the image imported with the first pull).
    """
    registry = image.ecr
    if registry is None:
        return None
    rules = seen.look(AskCacheRules(target.in_region(registry.region), registry.account))
    if isinstance(rules, Unanswered):
        return None
    return next((each for each in rules if each == _ROOT or image.repository.startswith(f"{each}/")), None)
