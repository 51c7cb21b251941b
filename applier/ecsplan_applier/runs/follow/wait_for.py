"""Waiting for a run that somebody else carries out, until it has ended as an apply of it would end."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.context import Interrupt, RunContext
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import (
    Event,
    Finished,
    LogLines,
    RunBegan,
    TaskEnded,
    Waiting,
    WaitingTask,
)
from ecsplan_applier.outcomes.result import JobResult, Outcome, Summary, TaskResult
from ecsplan_applier.runs.expected import Expected, unseen
from ecsplan_applier.runs.follow.following import Following, context_of, driven
from ecsplan_applier.runs.found import UNDER_WAY, FoundJob, FoundRun
from ecsplan_applier.runs.judged import JobFacts, waiting
from ecsplan_applier.runs.logs.pages import Excerpt, LogPages, message_of
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.tasks.verdicts import Verdict

_UNSEEN: Final = Verdict(
    Outcome.LOST, "no task of it was seen, and no end is recorded: the apply of this run may have ended"
)
_MAX_LOGS: Final = 20
"""Failed tasks whose logs are looked at, as many as the end of an apply shows."""
_LAST_LINES: Final = 8
_LOGS_S: Final = 10.0
"""How long these may hold up the end, as of an apply."""
_NO_TASK: Final = "no task is seen yet"


def wait_for(
    session: RunSession,
    reference: RunReference,
    *,
    interrupt: Interrupt | None = None,
    limits: Limits | None = None,
    heartbeat_s: float | None = None,
) -> Iterator[Event]:
    """Yield what happens to a run until it has ended; the last event is `Finished`, as of `apply`.

    A signal ends the waiting, and leaves the tasks alone; the summary has it then.

    Args:
        session: How to ask.
        reference: The run.
        interrupt: Where signals arrive.
        limits: How fast to call AWS.
        heartbeat_s: Seconds between two `Waiting` events; None for no such events.

    Raises:
        ApplierError: The run is not known, or could not be looked at.
    """
    events: deque[Event] = deque()
    given = interrupt or Interrupt()
    context = context_of(session, reference.run_id, events.append, given, limits or Limits())
    wait = _Wait(session, context, reference)
    yield from driven(context, wait.main(heartbeat_s), events)
    yield from events
    if context.cancelled.is_set():
        yield Finished(wait.interrupted(given.signal))


class _Wait:
    """One waiting for a run."""

    def __init__(self, session: RunSession, context: RunContext, reference: RunReference) -> None:
        self._session = session
        self._context = context
        self._reference = reference
        self._run: FoundRun | None = None
        self._expected = Expected()
        self._ended: set[str] = set()
        self._following = Following(session, context, reference, self._looked)

    async def main(self, heartbeat_s: float | None) -> None:
        """Wait until the run has ended, and emit its summary."""
        context = self._context
        run = await find_run(self._session, self._reference)
        tasks = len(run.results) + len(run.unbegun)
        context.emit(RunBegan(context.run_id, False, len(run.jobs) + len(run.unbegun), tasks))
        if heartbeat_s is not None:
            context.loop.create_task(self._beat(heartbeat_s), background=True)
        ended = await self._following.follow(run)
        if context.cancelled.is_set():
            return
        if ended.expected:
            context.warn(None, unseen(ended.expected, context.run_id))
        await self._show_ends_of_logs(ended.run)
        context.emit(Finished(_summary(ended.run)))

    def interrupted(self, signal: int | None) -> Summary:
        """Return what was known of the run when a signal ended the waiting."""
        jobs = () if self._run is None else self._run.summary().jobs
        seconds = 0.0 if self._run is None else self._run.seconds
        return Summary(self._context.run_id, jobs, signal, False, seconds)

    def _looked(self, run: FoundRun, expected: Expected) -> None:
        """Report the copies that have ended since the last look."""
        self._run, self._expected = run, expected
        going = {each.label for each in run.results if each.outcome in UNDER_WAY} | {*expected.copies}
        for each in run.results:
            if each.label not in going and each.label not in self._ended:
                self._ended.add(each.label)
                self._context.emit(TaskEnded(each, len(going) + len(expected.jobs)))

    async def _show_ends_of_logs(self, run: FoundRun) -> None:
        """Emit the last lines of the logs of what failed; a log that is not answered for is left out."""
        failed = [
            (job, each)
            for job in run.jobs
            for each in job.results
            if each.arn is not None and each.log is not None and each.outcome is not Outcome.SUCCEEDED
        ]
        loop = self._context.loop
        showing = loop.create_task(loop.gather(self._show_end(*each) for each in failed[:_MAX_LOGS]))
        await loop.wait(showing.done, seconds=_LOGS_S)

    async def _show_end(self, job: FoundJob, result: TaskResult) -> None:
        if result.log is None:
            return
        wanted = Excerpt.newest_first(0, _LAST_LINES)
        # A log that cannot be read has no part in how the run has ended.
        with suppress(ApplierError):
            page = await LogPages(self._context, job.place.target, result.log, wanted).next()
            self._context.emit(LogLines(result.label, tuple(map(message_of, page)), result.attempt))

    async def _beat(self, every_s: float) -> None:
        """Emit what is waited for at a regular interval."""
        context = self._context
        began = context.now()
        while not context.aborted.is_set():
            await context.loop.sleep(every_s, context.aborted)
            now = context.now()
            followed = [
                WaitingTask(each.label, each.task.status, now - each.changed_at)
                for each in self._following.copies
                if each.task is not None and not each.over.is_set()
            ]
            others = [
                WaitingTask(each, _NO_TASK, now - began)
                for each in (*self._expected.copies, *self._expected.jobs)
            ]
            context.emit(Waiting((*followed, *others)))


def _summary(run: FoundRun) -> Summary:
    """Return the summary of a run that is waited for no longer; what was never seen is lost sight of."""
    summary = run.summary()
    unbegun = {each: waiting(JobFacts(each), 1, _UNSEEN) for each in run.unbegun}
    return replace(summary, jobs=tuple(_job(each, unbegun) for each in summary.jobs))


def _job(job: JobResult, unbegun: Mapping[str, TaskResult]) -> JobResult:
    if job.job in unbegun:
        return replace(job, tasks=(unbegun[job.job],))
    return replace(job, tasks=tuple(map(_given_up, job.tasks)))


def _given_up(task: TaskResult) -> TaskResult:
    if task.outcome not in UNDER_WAY:
        return task
    return replace(task, outcome=_UNSEEN.outcome, reason=_UNSEEN.reason, over=task.arn is None)
