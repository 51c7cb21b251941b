"""Other runs of a job: whether tasks of its family are running, or about to, that another run has started."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ecsplan.terms.durations import duration
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.retry import READING, WATCHING, RetryPolicy, transient
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.apply_claims import ApplyClaims
from ecsplan_applier.jobs.dependency_gate import NOT_STARTED_BECAUSE
from ecsplan_applier.jobs.family_tasks import FamilyLooks
from ecsplan_applier.jobs.other_run_messages import (
    Holder,
    holds,
    run_ids_of,
    runs_of,
    stop_commands,
    task_lines,
    under_way,
)
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, OtherRunError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.own_tasks import has_begun
from ecsplan_applier.tasks.job_run import JobRun, Turn
from ecsplan_applier.tasks.verdicts import INTERRUPTED, Verdict

_FORBIDDEN: Final = "and `concurrency: forbid` lets no other run start"
_WITHDRAWN_WITHIN_S: Final = 5.0
"""How long an apply that ends before it has started anything waits for its claims to be released."""
_RELEASED_WITHIN_S: Final = 10.0
"""How long a claim may take to be released; if it takes longer, it becomes void by itself."""


@dataclass(frozen=True, slots=True)
class _Others:
    """Other runs that keep a job from starting.

    Attributes:
        runs: Which they are, in words.
        what: That they are under way, in words.
    """

    runs: str
    what: str


class OtherRuns:
    """Looks for other runs of jobs, whose manifests say that they must not run beside each other.

    Without a ledger, nothing orders this look against the start of another apply: two that look at the same
    moment both see nothing, and both start. With one, a job claims its family after the look, and only one
    run has that claim at a time.

    Args:
        context: The apply.
        existing: The tasks of this run that were there when it began.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._looks = FamilyLooks(context)
        ledger = context.ledger
        self._claims = None if ledger is None else ApplyClaims(context, existing, self._looks, ledger)
        self._beside: dict[str, Holder] = {}

    async def refuse(self, jobs: Iterable[JobRun]) -> None:
        """Refuse jobs with `concurrency: forbid` of which another run is under way.

        Raises:
            OtherRunError: There are such jobs.
            ApplierError: AWS could not be asked.
        """
        asking = [job for job in jobs if _is_forbidden(job)]
        places = list(dict.fromkeys((job.place, job.family) for job in asking))
        looks = await self._context.loop.gather(self._looks.look(*each) for each in places)
        found = {place: look.running for place, look in zip(places, looks, strict=True)}
        busy = [
            (job, tasks)
            for job in asking
            if (tasks := found[job.place, job.family]) and not await self._has_begun(job)
        ]
        if busy:
            raise OtherRunError("\n".join(self._lines(busy)))

    async def claim(self, jobs: Iterable[JobRun]) -> None:
        """Claim the families of jobs with `concurrency: forbid`, all or none; without a ledger, nothing.

        Raises:
            OtherRunError: Another run has claimed one of them.
            LedgerError: The ledger cannot be read or written.
            ApplierError: AWS could not be asked.
        """
        claims = self._claims
        asking = [job for job in jobs if _is_forbidden(job)]
        if claims is None or not asking:
            return
        try:
            keys = {job.name: repr(await claims.key_of(job)) for job in asking}
            # One after the other, in an order that all applies have: of several that claim the same families
            # at once, one gets them all, and the others are refused before they have any.
            for job in sorted(asking, key=lambda each: keys[each.name]):
                if self._context.cancelled.is_set():
                    return
                holder = await claims.take(job)
                if holder is None:
                    continue
                if not await self._has_begun(job):
                    raise OtherRunError("\n".join(_held_lines(job, holder)))
                # What the run has started of it before is followed all the same.
                self._beside[job.name] = holder
        except ApplierError:
            await claims.release_all()
            raise

    async def withdraw(self) -> None:
        """Release the claims of an apply that ends before it has started anything."""
        if self._claims is not None:
            releasing = self._context.loop.create_task(self._claims.release_all())
            await self._context.loop.wait(releasing.done, self._context.aborted, seconds=_WITHDRAWN_WITHIN_S)

    def has_claimed(self, job: JobRun) -> bool:
        """Return whether a job may have a claim, to be released when it has ended."""
        return self._claims is not None and job.planned.policy.concurrency != "allow"

    async def release(self, job: JobRun) -> None:
        """Release the claim of a job that has ended."""
        if self._claims is not None:
            releasing = self._context.loop.create_task(self._claims.release(job))
            await self._context.loop.wait(releasing.done, self._context.aborted, seconds=_RELEASED_WITHIN_S)

    async def wait(self, job: JobRun, *, starts_first: bool) -> Verdict | None:
        """Wait until a job may start, as its `concurrency` says; return why it may not, or None.

        Args:
            job: The job.
            starts_first: Whether it waits for no other job, so that `refuse` has looked a moment ago, and
                `claim` has claimed its family.
        """
        match job.planned.policy.concurrency:
            case "allow":
                return None
            case _ if _has_ended(job):
                return None
            case "forbid" if starts_first:
                holder = self._beside.get(job.name)
                return None if holder is None else _is_beside(holds(holder))
            case "forbid":
                return await self._refused(job)
            case "wait":
                return await self._waited(job)

    async def _refused(self, job: JobRun) -> Verdict | None:
        """Return why a job that starts after others is not going to start, or None."""
        try:
            others = await self._others(job)
        except ApplierError as error:
            return Verdict(Outcome.REFUSED, str(error))
        return None if others is None else Verdict(Outcome.SKIPPED, f"{NOT_STARTED_BECAUSE}{others.what}")

    async def _waited(self, job: JobRun) -> Verdict | None:
        """Wait until no other run of a job is under way, for at most its start timeout."""
        context, limit_s = self._context, job.planned.watch.start_timeout_s
        since, policy, others = context.now(), READING, None
        while not context.cancelled.is_set():
            try:
                seen = await self._others(job, policy)
            except ApplierError as error:
                if others is None or not (isinstance(error, AwsError) and transient(error)):
                    return Verdict(Outcome.REFUSED, str(error))
                seen = others
            if seen is None:
                job.take_turn(Turn(context.now()))
                return None
            left_s = since + limit_s - context.now()
            if left_s <= 0:
                return _is_beside(f"{seen.what}; waited for {limit_s:g} s")
            if others is None:
                context.note(job.name, f"{seen.what}; waiting for up to {left_s:.0f} s")
            # A look that fails is made again for as long as the job waits, and no longer.
            others, policy = seen, replace(WATCHING, max_elapsed_s=left_s, max_unreachable_s=left_s)
            job.take_turn(Turn(since, waits_for=f"waiting for {seen.runs}"))
            await context.loop.sleep(min(job.planned.watch.poll_interval_s, left_s), context.cancelled)
        return INTERRUPTED

    async def _others(self, job: JobRun, policy: RetryPolicy = READING) -> _Others | None:
        """Return the other runs that keep a job from starting; None: there are none, and it has the claim.

        Raises:
            LedgerError: The ledger cannot be read or written.
            ApplierError: AWS could not be asked.
        """
        tasks = (await self._looks.look(job.place, job.family, policy)).running
        if tasks and not await self._has_begun(job):
            return _Others(runs_of(tasks), under_way(tasks))
        holder = None if self._claims is None else await self._claims.take(job)
        return None if holder is None else _Others(f"run {holder.run_id}", holds(holder))

    async def _has_begun(self, job: JobRun) -> bool:
        """Return whether this run has started tasks of a job before: then it is not to wait for others."""
        with suppress(ApplierError):
            return await has_begun(self._context, self._existing, job)
        return False

    def _lines(self, busy: Sequence[tuple[JobRun, Sequence[Task]]]) -> Iterator[str]:
        for job, tasks in busy:
            yield f"{job.name}: {under_way(tasks)}, {_FORBIDDEN}"
            now = self._context.caller.clock.now(job.target)
            yield from task_lines(((job.cluster_of(each), each) for each in tasks), now)
        runs = run_ids_of(each for _, tasks in busy for each in tasks)
        yield "  nothing was started"
        yield f"  help: apply again when they have ended, or stop them: {stop_commands(runs)}"


def _is_forbidden(job: JobRun) -> bool:
    """Return whether a job must not start beside another run, and has something to start."""
    return job.planned.policy.concurrency == "forbid" and not _has_ended(job)


def _has_ended(job: JobRun) -> bool:
    return all(each.over.is_set() for each in job.copies)


def _held_lines(job: JobRun, holder: Holder) -> Iterator[str]:
    yield f"{job.name}: {holds(holder)}, {_FORBIDDEN}"
    if not holder.tasks:
        yield f"    its claim ends in {duration(holder.valid_s)} unless a task of it appears"
    yield "  nothing was started"
    yield f"  help: apply again when it has ended, or stop it: {stop_commands([holder.run_id])}"


def _is_beside(what: str) -> Verdict:
    return Verdict(Outcome.OTHER_RUN, f"{NOT_STARTED_BECAUSE}{what}")
