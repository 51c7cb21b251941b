"""The survey: the ACTIVE revisions of families, which of them are to go, and why the others stay."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import LIST_CLUSTERS
from ecsplan_applier.pruning.family import Family, active_revisions
from ecsplan_applier.pruning.schedules import rules_using, schedules_using
from ecsplan_applier.pruning.services import services_using
from ecsplan_applier.pruning.session import PruneSession
from ecsplan_applier.pruning.tasks import tasks_using
from ecsplan_applier.pruning.use import Use, users_of

AN_APPLY: Final = "an apply on this machine"
"""Who uses a revision that an apply which is under way is about to run."""


@dataclass(frozen=True, slots=True)
class Revision:
    """An ACTIVE revision.

    Attributes:
        arn: Its ARN.
        is_new: Whether it is one of the newest, which are kept whatever uses them.
        users: What uses it, in words.
    """

    arn: str
    is_new: bool
    users: tuple[str, ...]

    @property
    def name(self) -> str:
        """It as `family:revision`."""
        return self.arn.rpartition("/")[2]

    @property
    def is_kept(self) -> bool:
        """Whether it stays."""
        return self.is_new or bool(self.users)


@dataclass(frozen=True, slots=True)
class SurveyedFamily:
    """A family with its ACTIVE revisions, the newest first."""

    family: Family
    revisions: tuple[Revision, ...]

    @property
    def removable(self) -> tuple[Revision, ...]:
        """The revisions that are to go, the oldest first."""
        return tuple(each for each in reversed(self.revisions) if not each.is_kept)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at AWS has found.

    Attributes:
        families: The families, in the order in which they were named.
        keep: How many of the newest revisions of each are kept.
        at: When the look began, in seconds of the session's clock.
    """

    families: tuple[SurveyedFamily, ...]
    keep: int
    at: float

    @property
    def removable(self) -> tuple[tuple[Family, Revision], ...]:
        """The revisions that are to go."""
        return tuple((each.family, revision) for each in self.families for revision in each.removable)


async def surveyed(session: PruneSession, families: Sequence[Family], keep: int) -> Survey:
    """Return which revisions of these families are to go, and what uses the others.

    What uses revisions is asked only where a family has more than are kept anyway. All of it has to be
    answered: what is not known is not unused.

    Args:
        session: How to ask.
        families: The families. One that two of them lead to is surveyed once.
        keep: How many of the newest revisions of each are kept.

    Raises:
        ApplierError: Something could not be asked, or a family does not exist.
    """
    at = session.loop.clock.elapsed()
    asked = await session.asker.together(active_revisions(session.asker, each) for each in families)
    listed = tuple(_each_once(zip(families, asked, strict=True)))
    crowded: dict[Target, list[str]] = defaultdict(list)
    for family, arns in listed:
        if len(arns) > keep:
            crowded[family.target].append(family.name)
    found = await session.asker.together(_users(session, *each) for each in crowded.items())
    users = dict(zip(crowded, found, strict=True))
    under_way = session.locks.all_held_by_others()
    judged = tuple(
        SurveyedFamily(family, tuple(_judged(arns, keep, users.get(family.target, {}), under_way)))
        for family, arns in listed
    )
    return Survey(judged, keep, at)


def _each_once(
    listed: Iterable[tuple[Family, tuple[str, ...]]],
) -> Iterator[tuple[Family, tuple[str, ...]]]:
    """Yield families with their revisions, but for those that an earlier target leads to as well.

    Two profiles or roles may be of one account.
    """
    known: set[tuple[str, str | None, str]] = set()
    for family, arns in listed:
        found = {(family.target.region, family.target.endpoint_url, arn) for arn in arns}
        if not found & known:
            yield family, arns
        known |= found


def _judged(
    arns: Sequence[str], keep: int, users: Mapping[str, tuple[str, ...]], under_way: frozenset[str]
) -> Iterator[Revision]:
    for index, arn in enumerate(arns):
        name = arn.rpartition("/")[2]
        found = users.get(name, ())
        # Who names the family without a revision gets the newest one.
        of_family = users.get(name.partition(":")[0], ()) if index == 0 else ()
        by = (*found, *of_family, *((AN_APPLY,) if arn in under_way else ()))
        yield Revision(arn, index < keep, tuple(dict.fromkeys(by)))


async def _users(
    session: PruneSession, target: Target, families: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """Return by what the revisions of families are used in an account and region."""
    asker = session.asker
    pages = await asker.pages(target, LIST_CLUSTERS, {}, "clusters")
    arns = (arn for page in pages for arn in members(page, "clusterArns", str, LIST_CLUSTERS.name))
    clusters = tuple(dict.fromkeys(arns))
    asking = [
        *(services_using(asker, target, each) for each in clusters),
        *(tasks_using(asker, target, each, families) for each in clusters),
        schedules_using(asker, target),
        rules_using(asker, target),
    ]
    found: list[list[Use]] = await asker.together(asking)
    return users_of(use for uses in found for use in uses)
