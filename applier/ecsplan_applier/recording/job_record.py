"""What the ledger is to hold of one job of an apply, written by one write at a time.

An entry is written before the first task of the job is asked for, before each further attempt, and when
copies have ended. Whatever changes while a write is under way goes into the next one.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import Entry, EntryKey
from ecsplan_applier.ledger.entry_text import EntryText
from ecsplan_applier.ledger.ledger import Ledger, Recorded
from ecsplan_applier.ledger.merge import merged
from ecsplan_applier.ledger.store import NEW, ConflictError
from ecsplan_applier.outcomes.errors import LedgerError, RunIdTakenError
from ecsplan_applier.recording.copy_records import CopyRecords
from ecsplan_applier.recording.entry_key import entry_key_of
from ecsplan_applier.recording.job_places import JobPlaces
from ecsplan_applier.recording.request_digest import request_digest
from ecsplan_applier.recording.take_over import refuse_other_request
from ecsplan_applier.scheduling.locking import Lock
from ecsplan_applier.scheduling.scheduler import Event, Task
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun, copies_of
from ecsplan_applier.tasks.same_task import hidden_variables, shown_digest

TOGETHER_S: Final = 60.0
"""How long the end of a copy may wait for that of others, to be recorded with them in one write."""
_FURTHER_S: Final = 10.0
"""How long a further attempt waits for the ledger, which knows of the attempt before it."""
_AGAIN: Final = RetryPolicy(max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=2.0, max_pause_s=30.0)
"""Pauses between writes that failed."""
_MAX_SENT: Final = 20
"""Entries that are remembered to have been sent, of writes that failed in a row: one may have arrived."""
_MAX_CONFLICTS: Final = 20
"""How often an entry is read and written again, as others have written it meanwhile."""


class JobRecord:
    """Records one job of an apply.

    Args:
        context: The apply.
        ledger: Where to.
        job: The job.
        places: Where the jobs of the apply run.
    """

    def __init__(self, context: ApplyContext, ledger: Ledger, job: JobRun, places: JobPlaces) -> None:
        self._context = context
        self._ledger = ledger
        self._job = job
        self._places = places
        self._key: EntryKey | None = None
        self._lock = Lock(context.loop)
        # Invariant: the ledger holds all changes up to `_saved`; a write of those up to `_tried` was begun
        # last, and failed where `_error` is set.
        self._changes = self._tried = self._saved = 0
        self._error: LedgerError | None = None
        self._held: Recorded | None = None
        self._text = EntryText()
        self._sent: deque[Entry] = deque(maxlen=_MAX_SENT)
        # What others have recorded, before this apply began or since, and whether that is of another request.
        self._theirs: Entry | None = None
        self._met: Recorded | None = None
        self._is_of_another = False
        self._copies = CopyRecords(context, job)
        self._is_complete = Event()
        self._keeping: Task[None] | None = None

    @property
    def job(self) -> JobRun:
        """The job."""
        return self._job

    @property
    def keeping(self) -> Task[None] | None:
        """The writing of ends that is under way, or None."""
        return self._keeping

    @property
    def lacks_end(self) -> bool:
        """Whether a copy has ended and the ledger does not say so."""
        held = () if self._held is None else self._held.entry.copies
        known = {each.copy for each in held if each.has_ended}
        return any(each.has_ended and each.copy not in known for each in self._copies.ends)

    @property
    def met(self) -> Recorded | None:
        """The entry that another apply of the run has written since this one has looked, or None."""
        return self._met

    async def begin(self) -> None:
        """Record that the job begins, before anything is changed for it.

        Raises:
            RunIdTakenError: That entry is of another request.
            LedgerError: It cannot be recorded.
        """
        before = self._job.recorded
        if before is not None:
            self._take(before)
        self._copies.note_asked(self._first())
        await self._soon(self._change())

    async def asking(self, copies: Sequence[Copy]) -> None:
        """Record that tasks for these copies are about to be asked for, unless that is recorded.

        A copy that nobody is recorded to have begun would be started again by whoever resumes the run in a
        few hours: it waits for the ledger, for as long as a task may take to start. A further attempt of one
        that is recorded as open does not: nobody starts such a copy anew once ECS has forgotten it.

        Raises:
            LedgerError: It cannot be recorded, and they are not open.
        """
        new = [each for each in copies if not self._copies.is_asked(each)]
        if not new:
            return
        self._copies.note_asked(new)
        if self._is_recorded_open(new):
            try:
                await self._soon(self._change(), _FURTHER_S)
            except LedgerError as error:
                self._report(error)
        else:
            await self.until_saved(self._change())

    async def until_saved(self, change: int | None = None) -> None:
        """Write until the ledger holds everything, for at most the start timeout of the job.

        Raises:
            LedgerError: It does not in time.
        """
        context, tries = self._context, 0
        deadline = context.now() + self._job.planned.watch.start_timeout_s
        while not context.cancelled.is_set():
            try:
                await self._soon(self._change() if change is None else change)
            except LedgerError as error:
                tries, change = tries + 1, None
                pause_s = context.caller.pause(_AGAIN, tries)
                if context.now() + pause_s > deadline:
                    raise
                self._report(error)
                await context.loop.sleep(pause_s, context.cancelled)
            else:
                return

    def over(self, copy: Copy) -> None:
        """Have the end of a copy recorded: at once when it is the last, else with others that end soon."""
        if copy.number > copies_of(self._job.planned):
            return
        self._copies.note_over(copy)
        self._change()
        if self._copies.are_over:
            self._is_complete.set()
        if self._keeping is None and not self._is_of_another:
            self._keeping = self._context.loop.create_task(self._keep(), background=True)

    async def rescue(self) -> None:
        """Write what is known after the apply has failed, whoever was writing.

        Raises:
            LedgerError: It cannot be written.
        """
        self._copies.note_all_over()
        is_known = self._held is not None or any(each.task_arn for each in self._copies.ends)
        if is_known and not self._is_of_another:
            await self._write()

    async def _keep(self) -> None:
        """Write ends until none is left to be written."""
        context, tries = self._context, 0
        while self._saved < self._changes and not context.aborted.is_set():
            await context.loop.wait(self._is_complete, context.aborted, seconds=TOGETHER_S)
            try:
                await self._save(self._change())
                tries = 0
            except LedgerError as error:
                self._report(error)
                tries += 1
                await context.loop.sleep(context.caller.pause(_AGAIN, tries), context.aborted)
            except RunIdTakenError:
                break
        self._keeping = None

    async def _soon(self, change: int, seconds: float | None = None) -> None:
        """Do what `_save` does, but go on without it after a signal, or so many seconds."""
        loop = self._context.loop
        saving = loop.create_task(self._save(change))
        await loop.wait(saving.done, self._context.cancelled, seconds=seconds)
        if saving.done.is_set():
            saving.result()

    async def _save(self, change: int) -> None:
        """Have the ledger hold everything up to a change, by one write for all who wait for it.

        Raises:
            LedgerError: It cannot be written.
            RunIdTakenError: Another apply of the run has recorded another request.
        """
        async with self._lock:
            if self._saved >= change:
                return
            if self._tried >= change and self._error is not None:
                raise self._error
            self._tried, self._error = self._changes, None
            try:
                await self._write()
            except LedgerError as error:
                self._error = error
                raise
            self._saved = self._tried

    async def _write(self) -> None:
        if self._key is None:
            self._key = await entry_key_of(self._context, self._job)
        if self._held is None and self._job.recorded is not None:
            self._take(self._job.recorded)
        for _ in range(_MAX_CONFLICTS):
            entry, held = self._entry(self._key), self._held
            if held is not None and (held.entry.copies, held.entry.jobs) == (entry.copies, entry.jobs):
                return
            self._sent.append(entry)
            try:
                version = NEW if held is None else held.version
                self._held = await self._ledger.write(entry, version, self._text)
            except ConflictError:
                await self._meet(self._key)
            else:
                self._sent.clear()
                return
        raise LedgerError(f"{self._ledger.name}: others keep writing the entry of job {self._job.name}")

    async def _meet(self, key: EntryKey) -> None:
        """Take what somebody else has written, or this apply in a write whose answer was lost."""
        found = await self._ledger.read(key)
        document = None if found is None else found.entry.to_json()
        if found is None or any(document == each.to_json() for each in self._sent):
            self._held = found
            return
        self._take(found)
        self._met = found
        self._copies.note_shared()

    def _take(self, found: Recorded) -> None:
        """Take an entry that somebody else has written.

        Raises:
            RunIdTakenError: It is of another request.
        """
        try:
            refuse_other_request(self._job, found)
        except RunIdTakenError:
            self._is_of_another = True
            raise
        self._held, self._theirs = found, found.entry
        self._copies.take(found.entry.copies)

    def _entry(self, key: EntryKey) -> Entry:
        job = self._job
        entry = Entry(
            key=key,
            family=job.family,
            cluster=job.cluster,
            container=job.planned.watch.container,
            request_digest=request_digest(job),
            copies=self._copies.of_all(),
            jobs=self._places.names,
            succeed_on=job.planned.policy.succeed_on,
            attempts=job.planned.policy.retry.attempts,
            written_at=self._context.caller.clock.now(job.target),
            shown=shown_digest(job.planned.run_request, hidden_variables(job.planned)),
            hidden=hidden_variables(job.planned),
            elsewhere=self._places.elsewhere(key, job.target),
        )
        begun = self._theirs is not None and self._theirs.has_begun
        return merged(entry, self._theirs) if self._theirs is not None and begun else entry

    def _first(self) -> Iterable[Copy]:
        """Return the copies that are asked for as soon as the job begins."""
        job = self._job
        waiting = [each for each in job.copies if each.lacks_task]
        if job.slots is None:
            return waiting
        # In a run that is resumed, what runs already takes the places of some.
        return () if self._context.resumed else waiting[: job.slots.count]

    def _is_recorded_open(self, copies: Iterable[Copy]) -> bool:
        held = () if self._held is None else self._held.entry.copies
        numbers = {each.number for each in copies}
        return numbers <= {each.copy for each in held if each.copy in numbers and each.is_open}

    def _change(self) -> int:
        self._changes += 1
        return self._changes

    def _report(self, error: LedgerError) -> None:
        """Warn, once for each cause, of a write that failed and is made again."""
        cause = error.__cause__
        key = str(cause.strerror if isinstance(cause, OSError) else getattr(cause, "code", error))
        self._context.warn_once(
            None,
            f"the outcome of the run cannot be recorded for now: {error}; trying again until the apply ends",
            key=f"ledger: {key}",
        )
