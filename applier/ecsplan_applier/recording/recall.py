"""What the ledger knows of a run that is applied again: how jobs ended, and how far others had come."""

from collections.abc import Iterable, Sequence

from ecsplan.decision.decide_revision import Undecided
from ecsplan.terms.durations import duration
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import EntryKey
from ecsplan_applier.ledger.keys import entry_key, run_prefix
from ecsplan_applier.ledger.ledger import Ledger, Recorded
from ecsplan_applier.outcomes.events import RunUnknown
from ecsplan_applier.recording.entry_key import entry_key_of
from ecsplan_applier.recording.request_digest import request_digest
from ecsplan_applier.recording.take_over import refuse_other_request
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun


class Recall:
    """Reads the entries of a run, and has jobs begin where the run had left them.

    Args:
        context: The apply.
        existing: Knows the plan.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._knows_run = False
        self._others: frozenset[str] = frozenset()
        self._shares_jobs = False
        self._unread: list[JobRun] = []

    @property
    def knows_run(self) -> bool:
        """Whether the ledger has entries of the run."""
        return self._knows_run

    @property
    def shares_jobs(self) -> bool:
        """Whether any of its jobs is one of the plan's."""
        return self._shares_jobs

    @property
    def others(self) -> frozenset[str]:
        """The names of its jobs, if none of them is one of the plan's."""
        return self._others

    async def read(self, jobs: Sequence[JobRun], *, refresh: bool) -> None:
        """Read what the ledger has of these jobs; those of which all copies have ended are over then.

        Args:
            jobs: The jobs.
            refresh: Whether those that are not over are going to be decided again.

        Raises:
            LedgerError: The ledger cannot be read, or holds something else.
            RunIdTakenError: The run has asked for something else in the name of a job.
        """
        ledger = self._context.ledger
        if ledger is None or not self._context.resumed:
            return
        found = await self._context.loop.gather(entry_key_of(self._context, job) for job in jobs)
        keys = dict(zip(jobs, found, strict=True))
        listed = await self._listed(ledger, keys.values())
        self._knows_run = bool(listed)
        known = [job for job in jobs if entry_key(keys[job]) in listed]
        entries = await self._context.loop.gather(ledger.read(keys[job]) for job in known)
        for job, recorded in zip(known, entries, strict=True):
            if recorded is not None:
                job.note_recorded(recorded)
                self._take(job, recorded, is_decided=not (refresh or _is_undecided(job)))
        await self._compare_names(ledger, keys.values(), listed)

    async def _listed(self, ledger: Ledger, keys: Iterable[EntryKey]) -> frozenset[str]:
        prefixes = dict.fromkeys(run_prefix(each.account, each.region, each.run_id) for each in keys)
        found = await self._context.loop.gather(ledger.store.keys(each) for each in prefixes)
        return frozenset(each for listed in found for each in listed)

    async def _compare_names(self, ledger: Ledger, keys: Iterable[EntryKey], listed: frozenset[str]) -> None:
        """Find out whether the run has any job of the plan; an entry names the others of its apply, too."""
        places = {(each.account, each.region) for each in keys}
        ours = {
            entry_key(EntryKey(account, region, self._context.run_id, name))
            for account, region in places
            for name in self._existing.names
        }
        if not listed or not listed.isdisjoint(ours):
            self._shares_jobs = bool(listed)
            return
        entries = await self._context.loop.gather(ledger.read_key(each) for each in sorted(listed))
        names = {
            name for each in entries if each is not None for name in (each.entry.key.job, *each.entry.jobs)
        }
        self._shares_jobs = not names.isdisjoint(self._existing.names)
        self._others = frozenset() if self._shares_jobs else frozenset(names)

    def _take(self, job: JobRun, recorded: Recorded, *, is_decided: bool) -> None:
        """Compare a job with its entry, now or once it is decided, and take what the entry says."""
        is_same = recorded.entry.request_digest == request_digest(job)
        if is_decided:
            refuse_other_request(job, recorded)
        if is_decided or (is_same and recorded.entry.has_ended):
            self._begin(job, recorded)
        else:
            self._unread.append(job)

    def decided(self) -> None:
        """Compare the jobs that have been decided since with their entries.

        Raises:
            RunIdTakenError: As of `read`.
        """
        for job in self._unread:
            if job.recorded is not None:
                self._take(job, job.recorded, is_decided=True)
        self._unread = []

    def _begin(self, job: JobRun, recorded: Recorded) -> None:
        """Have the copies of a job that have ended report that, and others begin where they had come to."""
        context, entry = self._context, recorded.entry
        if entry.has_ended:
            job.expect_copies(len(entry.copies))
        ended = 0
        for copy in entry.copies:
            if copy.copy > len(job.copies):
                continue
            for arn in copy.stopped:
                context.claim(arn)
            if copy.has_ended and copy.result is not None:
                job.copies[copy.copy - 1].recall(context, copy.result)
                ended += 1
            elif copy.attempt > 1:
                job.resume_at(copy.copy, copy.attempt, copy.earlier)
        if ended:
            self._note(job, recorded, ended)

    def _note(self, job: JobRun, recorded: Recorded, ended: int) -> None:
        of = "" if len(job.copies) == 1 or job.is_over else f"{ended} of {len(job.copies)} copies "
        ago_s = self._context.caller.clock.since(job.target, recorded.entry.written_at)
        ago = f" {duration(ago_s)} ago" if job.is_over else ""
        self._context.note(job.name, f"{of}ended{ago}; reported from the ledger")

    def note_unknown(self) -> None:
        """Report that nothing is known of the run, whose id was given."""
        self._context.emit(RunUnknown(self._context.run_id, self._context.ledger is not None))


def _is_undecided(job: JobRun) -> bool:
    return isinstance(job.planned.definition.decision, Undecided)
