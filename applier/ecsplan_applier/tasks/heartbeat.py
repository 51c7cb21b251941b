"""What an apply waits for, reported at a regular interval so that silence is never a question."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.events import HeldJobs, Waiting, WaitingTask
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun, Turn

NOT_STARTED: Final = "not started"
BETWEEN_ATTEMPTS: Final = "waiting for attempt {}"
READING_LOG: Final = "reading the log"


async def beat(
    context: ApplyContext, jobs: Iterable[JobRun], every_s: float, held: Callable[[], HeldJobs | None]
) -> None:
    """Emit `Waiting` every `every_s` seconds until the apply ends or is aborted.

    Args:
        context: The apply.
        jobs: Its jobs.
        every_s: Seconds between two events.
        held: Returns the jobs whose turn has not come.
    """
    began = context.now()
    while not context.aborted.is_set():
        await context.loop.sleep(every_s, context.aborted)
        tasks = tuple(_open_tasks(jobs, began, context.now()))
        context.emit(Waiting(tasks, held()))


def _open_tasks(jobs: Iterable[JobRun], began: float, now: float) -> Iterator[WaitingTask]:
    for job in jobs:
        if job.turn.held:
            continue
        for copy in job.copies:
            if not copy.reported:
                yield _waiting(copy, job.turn, max(began, job.turn.since), now)


def _waiting(copy: Copy, turn: Turn, began: float, now: float) -> WaitingTask:
    if copy.task is None and copy.follows:
        return WaitingTask(copy.label, BETWEEN_ATTEMPTS.format(copy.attempt), now - copy.since)
    if copy.task is None:
        return WaitingTask(copy.label, turn.waits_for or NOT_STARTED, now - began)
    state = READING_LOG if copy.over.is_set() else copy.task.status
    return WaitingTask(copy.label, state, now - copy.changed_at)
