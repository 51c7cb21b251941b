"""Hold each job of an apply until the jobs it depends on have succeeded; skip it if one of them does not."""

from collections.abc import Sequence
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.job_order import dependents_of
from ecsplan_applier.outcomes.events import HeldJobs
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.scheduling.scheduler import Event
from ecsplan_applier.tasks.job_run import JobRun, Turn
from ecsplan_applier.tasks.verdicts import INTERRUPTED, Verdict

NOT_STARTED_BECAUSE: Final = "not started: "
_ENDED: Final[dict[Outcome, str]] = {
    Outcome.NO_EXIT_CODE: "ended with no exit code",
    Outcome.NOT_STARTED: "was not started",
    Outcome.START_TIMEOUT: "was not started in time",
    Outcome.TIMEOUT: "timed out",
    Outcome.REFUSED: "was refused",
    Outcome.LOST: "was lost sight of",
    Outcome.STALE: "is stale",
    Outcome.OTHER_REQUEST: "was not started: run id taken",
    Outcome.OTHER_RUN: "was not started: another run is under way",
    Outcome.INTERRUPTED: "was interrupted",
    Outcome.INTERRUPTED_BY_AWS: "was interrupted by AWS",
}
"""What a job did that did not succeed; of any other outcome, it failed."""


class DependencyGate:
    """Decides when each job may start, and which jobs are skipped.

    Args:
        context: The apply.
        jobs: Its jobs.
        needs: For each of them, the positions of those that have to succeed first.
    """

    def __init__(self, context: ApplyContext, jobs: Sequence[JobRun], needs: Sequence[Sequence[int]]) -> None:
        self._context = context
        self._jobs = jobs
        self._needs = needs
        self._dependents = dependents_of(needs)
        # Invariant: a job is decided once it lacks nothing, or has a verdict. What one job's end changes
        # is counted for its own dependents alone, so that all ends together cost as much as there are needs.
        self._lacking = [len(each) for each in needs]
        self._verdicts: dict[int, Verdict] = {}
        self._decided = [Event() for _ in needs]
        self._waiting: dict[int, None] = {}
        self._ended: set[int] = set()
        for position, job in enumerate(jobs):
            if self._dependents[position]:
                job.note_awaited()
        for position, count in enumerate(self._lacking):
            if not count:
                self._decided[position].set()

    def waits(self, position: int) -> bool:
        """Return whether a job waits for others at all."""
        return bool(self._needs[position])

    def is_awaited(self, position: int) -> bool:
        """Return whether other jobs wait for a job at all."""
        return bool(self._dependents[position])

    async def wait(self, position: int) -> Verdict | None:
        """Wait until a job may start and return None, or return why it is not going to start."""
        job, now = self._jobs[position], self._context.now
        if not self._decided[position].is_set():
            self._waiting[position] = None
            job.take_turn(Turn(now(), held=True))
            await self._context.loop.wait(self._decided[position], self._context.cancelled)
            job.take_turn(Turn(now()))
            del self._waiting[position]
        # A signal ends what a job waits for as well: that is no reason to call the job skipped.
        if self._context.cancelled.is_set():
            return INTERRUPTED
        return self._verdicts.get(position)

    def ended(self, position: int) -> None:
        """Take the end of a job, which decides on those that wait for it."""
        self._ended.add(position)
        skipped = _skipped_because_of(self._jobs[position])
        for each in self._dependents[position]:
            self._lacking[each] -= 1
            if skipped is not None:
                self._verdicts.setdefault(each, skipped)
            if skipped is not None or not self._lacking[each]:
                self._decided[each].set()

    def held(self) -> HeldJobs | None:
        """Return how many jobs wait for others, and for which of those that do not wait themselves."""
        if not self._waiting:
            return None
        waited_for = {
            needed: None
            for position in self._waiting
            for needed in self._needs[position]
            if needed not in self._waiting and needed not in self._ended
        }
        return HeldJobs(len(self._waiting), tuple(self._jobs[each].name for each in waited_for))


def _skipped_because_of(job: JobRun) -> Verdict | None:
    """Return the verdict on the jobs that wait for one which has ended; None where it has succeeded."""
    for copy in job.copies:
        verdict = copy.judged()
        if verdict.outcome is Outcome.SUCCEEDED:
            continue
        # Of a whole chain of skipped jobs each says what was first: the one that was started and failed.
        if verdict.outcome is Outcome.SKIPPED:
            return verdict
        how = _ENDED.get(verdict.outcome, "failed")
        return Verdict(Outcome.SKIPPED, f"{NOT_STARTED_BECAUSE}{job.name} {how}")
    return None
