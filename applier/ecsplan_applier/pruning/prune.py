"""Deregistering and deleting what a survey has found to be unused, a few revisions at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from ecsplan.decision.decide_revision import ACTIVE
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DEREGISTER_TASK_DEFINITION
from ecsplan_applier.aws.retry import ENDING, RetryPolicy, transient
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, first_line
from ecsplan_applier.pruning.delete import BATCH, delete
from ecsplan_applier.pruning.family import Family
from ecsplan_applier.pruning.session import PruneSession
from ecsplan_applier.pruning.survey import AN_APPLY, Revision, Survey, surveyed
from ecsplan_applier.revisions.deregister import require_inactive

LOOK_AGAIN_S: Final = 300.0
"""How old a survey may be. Thousands of revisions take an hour, in which somebody may start a task of one."""
_CHANGING: Final = RetryPolicy(max_elapsed_s=300.0, max_unreachable_s=30.0, max_unsigned_s=30.0)
"""Each retry is safe. Whoever shares the quota of the account may have all of it for minutes."""


@dataclass(frozen=True, slots=True)
class Spared:
    """A revision that was to go and stays: something has begun to use it.

    Attributes:
        name: `family:revision`.
        why: What uses it, in words.
    """

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A revision that could not be deregistered, or not be deleted.

    Attributes:
        arn: Its ARN.
        why: The error.
    """

    arn: str
    why: str


@dataclass(slots=True)
class Pruned:
    """What became of the revisions that were to go.

    Attributes:
        count: How many these were.
        deregistered: The ARNs of those that are INACTIVE now.
        deleted: The ARNs of those that ECS deletes.
        spared: Those that something has begun to use.
        failed: Those that ECS refuses to deregister; the others of such a family were not tried.
        undeleted: Those that are INACTIVE and could not be deleted.
        failure: Why the work ended early, whatever revision it came to; None where it did not.
    """

    count: int
    deregistered: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    spared: list[Spared] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    undeleted: list[Failed] = field(default_factory=list)
    failure: ApplierError | None = None

    @property
    def is_whole(self) -> bool:
        """Whether each revision is gone, or has become used."""
        settled = len(self.deregistered) + len(self.spared) == self.count
        return settled and not self.undeleted and self.failure is None

    def spare(self, name: str, why: str) -> None:
        """Note that a revision stays, as something has begun to use it."""
        self.spared.append(Spared(name, why))

    def end_early(self, failure: ApplierError) -> None:
        """Note why the work ends before it is whole."""
        self.failure = failure

    def delete(self, arns: Sequence[str], reasons: Mapping[str, str]) -> None:
        """Note which revisions ECS deletes, and why it does not delete the others."""
        self.undeleted.extend(Failed(arn, reasons[arn]) for arn in arns if arn in reasons)
        self.deleted.extend(arn for arn in arns if arn not in reasons)


async def prune(
    session: PruneSession,
    survey: Survey,
    *,
    deleting: bool = False,
    look_again: bool = False,
    progress: Callable[[Pruned], None] = lambda _: None,
) -> Pruned:
    """Deregister what a survey has found to be unused, the oldest revisions of each family first.

    Only what the survey has is deregistered, and of that only what is still unused where the survey has got
    old. A refused revision ends the work on its family; AWS out of reach ends all of it, as does
    `session.cancelled`. Nothing is raised: what was done has to be reported in any case.

    Args:
        session: How to reach AWS.
        survey: What to do.
        deleting: Whether to delete them as well.
        look_again: Whether the survey is old already: somebody has taken time to read it.
        progress: Called after each revision.
    """
    work = _Work(session, survey, progress, deleting=deleting, look_again=look_again)
    for family, revisions in _chunks(survey):
        if session.cancelled.is_set() or work.done.failure is not None:
            break
        await work.on(family, revisions)
    await work.delete_pending()
    return work.done


def _chunks(survey: Survey) -> Iterator[tuple[Family, Sequence[Revision]]]:
    """Yield the revisions that are to go, a few of a family at a time, the oldest first.

    The first one of a family is alone: what refuses it is likely to refuse the others.
    """
    for each in survey.families:
        removable = each.removable
        starts = range(1, len(removable), BATCH)
        for chunk in (removable[:1], *(removable[start : start + BATCH] for start in starts)):
            if chunk:
                yield each.family, chunk


_GONE: Final = "no longer ACTIVE"
"""What is said of a revision that somebody else has deregistered in the meantime."""


class _Work:
    def __init__(
        self,
        session: PruneSession,
        survey: Survey,
        progress: Callable[[Pruned], None],
        *,
        deleting: bool,
        look_again: bool,
    ) -> None:
        self._session = session
        self._survey = survey
        self._progress = progress
        self._deleting = deleting
        self._is_old = look_again
        self._known = {revision.arn: revision for each in survey.families for revision in each.revisions}
        self._refused: set[Family] = set()
        self._pending: list[tuple[Family, str]] = []
        self.done = Pruned(len(survey.removable))

    async def on(self, family: Family, revisions: Sequence[Revision]) -> None:
        """Deregister revisions of a family, and delete those of before once they are enough for a call."""
        if family in self._refused:
            return
        try:
            await self._look_again_if_due()
        except ApplierError as error:
            self.done.end_early(error)
            return
        await self._deregister(family, [each for each in revisions if self._is_still_unused(each)])
        await self.delete_pending(at_least=BATCH)

    def _is_still_unused(self, revision: Revision) -> bool:
        """Return whether a revision is to go by the last survey, too; note why if not."""
        now = self._known.get(revision.arn)
        if now is None or now.is_kept:
            why = _GONE if now is None else ", ".join(now.users) or "one of the newest by now"
            self.done.spare(revision.name, why)
            return False
        return True

    async def _look_again_if_due(self) -> None:
        clock = self._session.loop.clock
        if not self._is_old and clock.elapsed() - self._survey.at < LOOK_AGAIN_S:
            return
        families = [replace(each.family, is_expected=False) for each in self._survey.families]
        self._survey = await surveyed(self._session, families, self._survey.keep)
        self._known = {
            revision.arn: revision for each in self._survey.families for revision in each.revisions
        }
        self._is_old = False

    async def _deregister(self, family: Family, revisions: Sequence[Revision]) -> None:
        """Deregister revisions at the same time, but those that an apply on this machine is about to run."""
        session = self._session
        # Before the lock is taken: an apply that registers into the family waits for it.
        await session.bucket(family.target).take(len(revisions), session.cancelled)
        if session.cancelled.is_set():
            return
        # The lock orders this against an apply that is about to reuse a revision: either its lease is seen
        # here, or it will see that the revision is INACTIVE.
        lock = await session.locks.family(session.loop, family.target.region, family.name, session.cancelled)
        try:
            under_way = session.locks.all_held_by_others()
            held = [each for each in revisions if each.arn in under_way]
            for each in held:
                self.done.spare(each.name, AN_APPLY)
            await session.loop.gather(
                self._deregister_one(family, each) for each in revisions if each not in held
            )
        finally:
            lock.release()

    async def _deregister_one(self, family: Family, revision: Revision) -> None:
        session, arn = self._session, revision.arn
        try:
            await session.caller.call(
                family.target,
                DEREGISTER_TASK_DEFINITION,
                {"taskDefinition": arn},
                _CHANGING,
                about=revision.name,
                cancel=session.cancelled,
                bucket=session.bucket(family.target),
                token_taken=True,
                check=require_inactive,
            )
        except ApplierError as error:
            if not await self._is_inactive(family, revision, error):
                return
        self.done.deregistered.append(arn)
        if self._deleting:
            self._pending.append((family, arn))
        self._progress(self.done)

    async def _is_inactive(self, family: Family, revision: Revision, error: ApplierError) -> bool:
        """Return whether a revision is INACTIVE although the call failed; note what became of it if not.

        The answer was lost, or a retry came to what the first try had done, or somebody else has deregistered
        the revision, or has deleted it.
        """
        try:
            found = await self._session.revisions.describe(family.target, revision.arn)
        except ApplierError:
            self._note_failure(family, revision.arn, error)
            return False
        if found is None:
            self.done.spare(revision.name, _GONE)
        elif found.definition.get("status", ACTIVE) == ACTIVE:
            self._note_failure(family, revision.arn, error)
        else:
            return True
        return False

    def _note_failure(self, family: Family, arn: str, error: ApplierError) -> None:
        if isinstance(error, AwsError) and not transient(error):
            self.done.failed.append(Failed(arn, str(error)))
            self._refused.add(family)
        else:
            self.done.end_early(error)

    async def delete_pending(self, at_least: int = 1) -> None:
        """Delete the revisions that are deregistered and not deleted yet, as long as there are so many."""
        policy = ENDING if self._session.cancelled.is_set() else _CHANGING
        while len(self._pending) >= at_least:
            batch, self._pending = self._pending[:BATCH], self._pending[BATCH:]
            for target in dict.fromkeys(family.target for family, _ in batch):
                arns = [arn for family, arn in batch if family.target == target]
                await self._delete(target, arns, policy)

    async def _delete(self, target: Target, arns: Sequence[str], policy: RetryPolicy) -> None:
        try:
            reasons = await delete(self._session, target, arns, policy)
        except ApplierError as error:
            # Whatever the cause, it would leave all that follows undeleted as well.
            self.done.end_early(error)
            reasons = dict.fromkeys(arns, first_line(error))
        self.done.delete(arns, reasons)
