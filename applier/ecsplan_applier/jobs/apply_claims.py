"""The claims of one apply: one on each family of its jobs whose `concurrency` asks for it."""

from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.claiming import FamilyClaim
from ecsplan_applier.jobs.family_tasks import FamilyLooks
from ecsplan_applier.jobs.other_run_messages import Holder
from ecsplan_applier.ledger.claims import ClaimKey
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.recording.entry_key import entry_key_of
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.own_tasks import has_begun
from ecsplan_applier.tasks.job_run import JobRun


class ApplyClaims:
    """Claims families for jobs.

    Args:
        context: The apply.
        existing: The tasks of this run that were there when it began.
        looks: Looks at the tasks of families.
        ledger: Where the claims are.
    """

    def __init__(
        self, context: ApplyContext, existing: ExistingTasks, looks: FamilyLooks, ledger: Ledger
    ) -> None:
        self._context = context
        self._existing = existing
        self._looks = looks
        self._ledger = ledger
        self._claims: dict[ClaimKey, FamilyClaim] = {}
        self._of: dict[str, tuple[JobRun, FamilyClaim]] = {}

    async def key_of(self, job: JobRun) -> ClaimKey:
        """Return what a job claims, however its manifest spells the cluster.

        Raises:
            LedgerError: Whose account it is cannot be asked.
        """
        entry = await entry_key_of(self._context, job)
        return ClaimKey(entry.account, entry.region, cluster_name_of(job.cluster), job.family)

    async def take(self, job: JobRun) -> Holder | None:
        """Claim a job's family; return the run that has the claim, where that is another one.

        A job of a run that is resumed, all of whose tasks exist, needs no claim to follow them.

        Raises:
            LedgerError: The ledger cannot be read or written.
            ApplierError: AWS could not be asked.
        """
        key = await self.key_of(job)
        if key not in self._claims:
            self._claims[key] = FamilyClaim(self._context, self._looks, self._ledger, key)
        claim = self._claims[key]
        # Noted before the claim is made: a signal that comes meanwhile has it released.
        self._of[job.name] = job, claim
        job.guard_starts(claim)
        holder = await claim.take(job)
        if holder is not None and await self._is_complete(job):
            claim.only_follow(job)
            return None
        return holder

    async def release(self, job: JobRun) -> None:
        """Release the claim of a job that has ended, or is not going to start."""
        _, claim = self._of.pop(job.name, (job, None))
        if claim is not None:
            await claim.release(job)

    async def release_all(self) -> None:
        """Release the claims of all jobs, none of which is going to start."""
        for job, _ in list(self._of.values()):
            await self.release(job)

    async def _is_complete(self, job: JobRun) -> bool:
        """Return whether this run has started a task for each copy of a job before."""
        if not await has_begun(self._context, self._existing, job):
            return False
        return len(await self._existing.of(job)) >= len(job.copies)
