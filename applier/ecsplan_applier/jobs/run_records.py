"""What an apply records of its jobs in the ledger, and what becomes of it where that fails."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.recording.job_places import JobPlaces
from ecsplan_applier.recording.job_record import JobRecord
from ecsplan_applier.recording.take_over import take_over
from ecsplan_applier.scheduling.scheduler import Event, Loop, Task
from ecsplan_applier.starting.record import Record, Unrecorded
from ecsplan_applier.tasks.job_run import JobRun, Turn

_LAST_WRITES_S: Final = 60.0
"""How long the end of an apply is held up by ends that cannot be recorded."""
_AFTER_SIGNAL_S: Final = 10.0
"""The same after a signal."""
_UNRECORDED: Final = Unrecorded()


class RunRecords:
    """The records of the jobs of one apply; they keep nothing where it has no ledger.

    Args:
        context: The apply.
        jobs: Its jobs.
    """

    def __init__(self, context: ApplyContext, jobs: Sequence[JobRun]) -> None:
        self._context = context
        self._records: dict[str, JobRecord] = {}
        if context.ledger is not None:
            places = JobPlaces(jobs)
            self._records = {job.name: JobRecord(context, context.ledger, job, places) for job in jobs}
        # Whether anything was started, how many jobs are about to, and what to do if none of them may.
        self._has_begun = False
        self._beginning = 0
        self._decided = Event()
        self._failure: LedgerError | None = None
        self._failed = Event()

    @property
    def failed(self) -> Event:
        """Set when the ledger cannot be written and nothing was started: the apply is to end."""
        return self._failed

    def refuse_unwritable(self) -> None:
        """Do nothing unless `failed` is set.

        Raises:
            LedgerError: It is; the message says why, and that nothing was started.
        """
        if self._failure is not None:
            raise LedgerError(_before_the_start(self._failure)) from self._failure

    @property
    def lacking(self) -> tuple[str, ...]:
        """The names of the jobs whose ends the ledger lacks."""
        return tuple(name for name, each in self._records.items() if each.lacks_end)

    def of(self, job: JobRun) -> Record:
        """Return the record of a job."""
        return self._records.get(job.name, _UNRECORDED)

    async def begin(self, job: JobRun) -> None:
        """Record that a job begins, before anything is changed for it; take over what others have recorded.

        Where the ledger cannot be written and nothing was started yet, the apply ends (`failed`).

        Raises:
            RunIdTakenError: The ledger knows the run id with another request for this job.
            LedgerError: It cannot be recorded, for as long as a task of the job may take to start.
        """
        record = self._records.get(job.name)
        if record is None:
            return
        failure: LedgerError | None = None
        self._beginning += 1
        try:
            await record.begin()
            self._has_begun = True
        except LedgerError as error:
            failure = error
        finally:
            self._beginning -= 1
            if self._has_begun or not self._beginning:
                self._decided.set()
        if failure is not None:
            await self._begin_later(record, failure)
        if record.met is not None:
            take_over(self._context, job, record.met)

    async def _begin_later(self, record: JobRecord, failure: LedgerError) -> None:
        """Record the beginning of a job after all, if other jobs were started; else end the apply.

        Raises:
            LedgerError: As of `begin`.
        """
        loop, cancelled = self._context.loop, self._context.cancelled
        # Jobs that begin at the same moment decide together: the write of one may fail, and not of another.
        await loop.wait(self._decided, cancelled)
        if cancelled.is_set():
            return
        if not self._has_begun:
            self._failure = failure
            self._failed.set()
            # The apply ends here, and no job is to be reported as refused beforehand.
            await loop.wait(Event())
        record.job.take_turn(Turn(self._context.now(), waits_for="waiting for the ledger"))
        await record.until_saved()
        record.job.take_turn(Turn(self._context.now()))

    async def close(self) -> None:
        """Wait until the ends of all jobs are recorded, for a bounded time; not after a second signal."""
        context = self._context
        writing = [each.keeping for each in self._records.values() if each.keeping is not None]
        if not writing:
            return
        ended = context.loop.create_task(self._all(writing))
        await context.loop.wait(ended.done, context.cancelled, context.aborted, seconds=_LAST_WRITES_S)
        if context.cancelled.is_set():
            await context.loop.wait(ended.done, context.aborted, seconds=_AFTER_SIGNAL_S)

    async def _all(self, tasks: Iterable[Task[None]]) -> None:
        for each in tasks:
            await self._context.loop.wait(each.done)

    def rescue(self, workers: int) -> None:
        """Record what is known after the apply has failed, in a loop of its own and for a short time."""
        loop = Loop(self._context.loop.clock, workers)
        if self._context.ledger is not None:
            self._context.ledger.abandon_writes()

        async def write(record: JobRecord) -> None:
            with suppress(Exception):  # it may be what the apply failed of; whatever can be recorded is
                await record.rescue()

        async def write_all() -> None:
            writing = loop.create_task(loop.gather(map(write, self._records.values())))
            await loop.wait(writing.done, seconds=_AFTER_SIGNAL_S)

        loop.run(write_all())


def _before_the_start(error: LedgerError) -> str:
    """Return what to say of a ledger that cannot be written before anything is started."""
    text = f"{error}\n  nothing was started"
    if "help:" in text:
        return text
    return f"{text}\n  help: choose another with --ledger or ECSPLAN_LEDGER: a folder, or s3://BUCKET/PREFIX"
