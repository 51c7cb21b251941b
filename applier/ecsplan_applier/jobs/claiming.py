"""Claiming families in the ledger, so that of two runs that look at the same moment only one starts.

A claim is valid until its run releases it, or until it is void: nothing of its run is running in the family,
and every task that the run may have asked for under the claim has stopped, or the start timeout has passed
since the claim was made or renewed, or the ledger says that the run's jobs have ended.

Invariant: no task of a job is asked for unless the claim names this run, covers the task, and has at least
half of the start timeout left. So who finds a claim void has looked when everything that was asked for under
it had stopped, and replaces it by a write that fails if the run has renewed it meanwhile. The run in turn
renews it before it asks for anything else, and finds out then that another one has it.
"""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.family_tasks import FamilyLooks
from ecsplan_applier.jobs.other_run_messages import Holder, holds, run_ids_of
from ecsplan_applier.ledger.claims import Claim, ClaimKey, Claims, FoundClaim
from ecsplan_applier.ledger.entry import EntryKey
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.store import NEW, ConflictError
from ecsplan_applier.outcomes.errors import ApplierError, LedgerError, OtherRunError
from ecsplan_applier.scheduling.locking import Lock
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun

_MAX_TRIES: Final = 20
"""Writes that meet another document each time, before a claim counts as unusable."""
_NOTHING: Final[frozenset[CopyId]] = frozenset()


class FamilyClaim:
    """The claim of an apply on one family in one cluster, which all of its jobs there share.

    Args:
        context: The apply.
        looks: Looks at the family's tasks.
        ledger: Where the claim is.
        key: What it is about.
    """

    def __init__(self, context: ApplyContext, looks: FamilyLooks, ledger: Ledger, key: ClaimKey) -> None:
        self._context = context
        self._looks = looks
        self._ledger = ledger
        self._claims = Claims(ledger.store)
        self._key = key
        self._lock = Lock(context.loop)
        self._found: FoundClaim | None = None
        self._renewed_at = 0.0
        self._last_stop = 0.0
        self._jobs: dict[str, JobRun] = {}
        self._names: set[str] = set()
        # By job: the tasks that the claim covers, those that it is to cover from the next write on, and those
        # that exist already and are only followed.
        self._covered: dict[str, frozenset[CopyId]] = {}
        self._asking: dict[str, frozenset[CopyId]] = {}
        self._followed: dict[str, frozenset[CopyId]] = {}

    async def take(self, job: JobRun) -> Holder | None:
        """Claim the family for a job; return the run that has the claim, where that is another one.

        Raises:
            LedgerError: The ledger cannot be read or written.
            ApplierError: AWS could not be asked whether the claim of another run is void.
        """
        async with self._lock:
            self._add(job)
            self._asking[job.name] = _first_asked(job)
            try:
                holder = await self._write(job)
            except ApplierError:
                self._forget(job)
                raise
            if holder is not None:
                self._forget(job)
            return holder

    def only_follow(self, job: JobRun) -> None:
        """Let a job follow the tasks that it has started before, although another run has the claim."""
        self._add(job)
        begun = {(each.number, each.attempt) for each in job.copies}
        later = {(each.first, each.attempt) for each in job.earlier.later_attempts.values()}
        self._followed[job.name] = frozenset(begun | later)

    async def keep(self, job: JobRun, asking: Iterable[CopyId]) -> None:
        """Make sure that the claim covers tasks that are about to be asked for, and is valid meanwhile.

        Where the ledger has failed since the claim was made, a look at ECS has to do.

        Raises:
            OtherRunError: Another run has taken the claim, which was void in between.
            ApplierError: AWS could not be asked.
        """
        asked = frozenset(asking) - self._followed.get(job.name, _NOTHING)
        if not asked:
            return
        self._asking[job.name] = self._asking.get(job.name, _NOTHING) | asked
        async with self._lock:
            # Whoever waited for the lock may find its tasks covered by the write of another.
            covered = asked <= self._covered.get(job.name, _NOTHING) and self._is_fresh()
            holder = None
            if not covered and not self._context.cancelled.is_set():
                holder = await self._renew(job)
            self._asking[job.name] -= asked
        if holder is not None:
            raise OtherRunError(f"{job.name}: {holds(holder)}")

    def note_stop(self, stopped_at: float | None) -> None:
        """Note when the task stopped of a copy that is tried again: the claim is renewed for later ones."""
        self._last_stop = max(self._last_stop, stopped_at or 0.0)

    async def release(self, job: JobRun) -> None:
        """Give the claim up for a job, by one write at most: if that fails, the claim becomes void by itself.

        Nothing is written while other jobs of this apply have it, or where tasks of the job may be running.
        """
        async with self._lock:
            if all(each.result().over and not each.may_run_unseen for each in job.copies):
                self._forget(job)
            found = self._found
            if found is None or self._jobs:
                return
            self._found, others = None, self._others(found.claim)
            released = replace(
                found.claim,
                jobs=others,
                released_at=None if others else self._now(job),
                written_as=secrets.token_hex(8),
            )
            with suppress(ConflictError, LedgerError):
                await self._claims.write(released, found.version)

    def _add(self, job: JobRun) -> None:
        self._jobs[job.name] = job
        self._names.add(job.name)

    def _forget(self, job: JobRun) -> None:
        for each in (self._jobs, self._covered, self._asking, self._followed):
            each.pop(job.name, None)

    def _is_fresh(self) -> bool:
        found = self._found
        return found is not None and self._context.now() - self._renewed_at < found.claim.start_timeout_s / 2

    def _now(self, job: JobRun) -> float:
        """Return AWS's time, in seconds since 1970."""
        return self._context.caller.clock.now(job.target)

    async def _renew(self, job: JobRun) -> Holder | None:
        try:
            return await self._write(job)
        except LedgerError as error:
            what = "its claim could not be renewed, and other runs are looked for in ECS alone"
            self._context.warn_once(job.name, f"{what}: {error}", key=f"claim on {self._key}")
        tasks = (await self._looks.look(job.place, job.family)).running
        return Holder(run_ids_of(tasks)[0], tasks, 0.0, 0.0) if tasks else None

    async def _write(self, job: JobRun) -> Holder | None:
        """Make or renew the claim, for all jobs that have it and what they ask for; the lock is held.

        Returns:
            The run that has the claim, where that is another one.

        Raises:
            LedgerError: The ledger cannot be read or written.
            ApplierError: AWS could not be asked.
        """
        found = self._found
        for _ in range(_MAX_TRIES):
            covered = {name: self._to_cover(each) for name, each in self._jobs.items()}
            began = self._context.now()
            try:
                self._found = await self._claims.write(
                    self._claim(job, covered, found), NEW if found is None else found.version
                )
            except ConflictError:
                # Read before ECS is looked at: what the run asks for after the look, it has renewed it for.
                found = await self._claims.read(self._key)
                holder = None if found is None else await self._holder(found.claim, job)
                if holder is not None:
                    self._found = None
                    return holder
                continue
            self._covered, self._renewed_at = covered, began
            return None
        raise LedgerError(f"{self._claims.place_of(self._key)}: others keep changing it; apply again")

    def _claim(
        self, job: JobRun, covered: Mapping[str, frozenset[CopyId]], found: FoundClaim | None
    ) -> Claim:
        """Return the claim that is to be written in place of another one."""
        counts = {name: len(tasks) + _held_back(self._jobs[name], tasks) for name, tasks in covered.items()}
        stops = [self._last_stop, *(each for run in self._jobs.values() for each in _stops(run))]
        return Claim(
            key=self._key,
            run_id=self._context.run_id,
            jobs={**({} if found is None else self._others(found.claim)), **counts},
            # AWS's time is known to a second or two: a task that has stopped must not count as a later one.
            claimed_at=max(self._now(job), *stops),
            start_timeout_s=max(each.planned.watch.start_timeout_s for each in self._jobs.values()),
            written_as=secrets.token_hex(8),
        )

    def _others(self, claim: Claim) -> dict[str, int]:
        """Return what other applies of this run have claimed for jobs that this one does not have."""
        if claim.run_id != self._context.run_id or claim.released_at is not None:
            return {}
        return {name: count for name, count in claim.jobs.items() if name not in self._names}

    def _to_cover(self, job: JobRun) -> frozenset[CopyId]:
        """Return the tasks of a job that may be running or be asked for."""
        covered, asking = self._covered.get(job.name, _NOTHING), self._asking.get(job.name, _NOTHING)
        open_ = {
            (each.number, each.attempt)
            for each in job.copies
            if _may_run(each) or (each.lacks_task and (each.number, each.attempt) in covered)
        }
        return asking | open_

    async def _holder(self, claim: Claim, job: JobRun) -> Holder | None:
        """Return the run that has a claim, or None where it is this one, or the claim is released or void.

        Raises:
            ApplierError: AWS could not be asked.
        """
        if claim.run_id == self._context.run_id or claim.released_at is not None:
            return None
        # The time before the look: a task may appear while ECS is asked.
        age_s = self._now(job) - claim.claimed_at
        seen = await self._looks.look(job.place, job.family)
        tasks = seen.running_of(claim.run_id)
        if not tasks and (
            age_s >= claim.start_timeout_s
            or seen.stopped_after(claim.run_id, claim.claimed_at) >= claim.tasks
            or await self._has_ended(claim)
        ):
            return None
        return Holder(claim.run_id, tasks, age_s, claim.start_timeout_s - age_s)

    async def _has_ended(self, claim: Claim) -> bool:
        """Return whether the ledger says that all jobs which have a claim have ended."""
        for name in claim.jobs:
            key = EntryKey(claim.key.account, claim.key.region, claim.run_id, name)
            found = None
            # An entry that cannot be read says nothing; the claim is judged by what ECS shows then.
            with suppress(LedgerError):
                found = await self._ledger.read(key)
            if found is None or not found.entry.has_ended:
                return False
        return True


def _first_asked(job: JobRun) -> frozenset[CopyId]:
    """Return the tasks that are asked for as soon as a job starts."""
    lacking = [(each.number, each.attempt) for each in job.copies if each.lacks_task]
    return frozenset(lacking[: job.planned.policy.max_parallel])


def _held_back(job: JobRun, covered: frozenset[CopyId]) -> int:
    """Return 1 for a job of which further copies wait for others to end, else 0.

    Between the end of one copy and the start of the next, no task runs. The claim counts one task more, so
    that it does not become void then: a run would be cut in two.
    """
    return int(any(each.lacks_task and (each.number, each.attempt) not in covered for each in job.copies))


def _may_run(copy: Copy) -> bool:
    return copy.may_run_unseen or (copy.task is not None and not copy.task.is_over)


def _stops(job: JobRun) -> list[float]:
    """Return when tasks of a job stopped, in seconds since 1970."""
    tasks = [each.task for each in job.copies if each.task is not None and each.task.is_over]
    return [each.times.stopped for each in tasks if each.times.stopped is not None]
