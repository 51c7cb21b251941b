"""Following a run that somebody else carries out: its tasks, and later ones, until it has ended."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.aws.retry import transient
from ecsplan_applier.context import Interrupt, RunContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SessionError, first_line
from ecsplan_applier.outcomes.events import Event
from ecsplan_applier.runs.expected import VISIBLE_S, Expected, expected
from ecsplan_applier.runs.follow.followed_job import FollowedJob
from ecsplan_applier.runs.found import FoundJob, FoundRun
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.scheduling.scheduler import Coro
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.watch import Watchers

T = TypeVar("T")

FIRST_PAUSE_S: Final = 2.0
"""The shortest pause between two looks for tasks that have started since."""
LONGEST_PAUSE_S: Final = 30.0
GROWTH: Final = 1.5
AGAIN_S: Final = 1.0
"""How soon to look again where an answer is older than what is known already."""
FAILING_S: Final = 900.0
"""How long looks may fail before the run is given up, as `aws/retry.py` has it for tasks that run."""
REFUSED_S: Final = 60.0
"""The same for a failure that is not transient, as `tasks/watch.py` has it: a refusal may be a proxy's."""


def context_of(
    session: RunSession,
    run_id: str,
    emit: Callable[[Event], None],
    interrupt: Interrupt,
    limits: Limits,
    *,
    is_embedded: bool = False,
) -> RunContext:
    """Return what those share that follow the run, with the session's own caller."""
    context = RunContext(
        run_id=run_id,
        loop=session.loop,
        caller=session.caller,
        limits=limits,
        emit=emit,
        interrupt=interrupt,
        cancelled=session.cancelled,
        is_embedded=is_embedded,
    )
    session.caller.report_to(context.report_retry)
    return context


def driven(context: RunContext, main: Coro[None], events: "deque[T]") -> Iterator[T]:
    """Yield the events of a coroutine until it has ended, or a signal has arrived.

    Raises:
        ApplierError: As the coroutine does.
    """
    loop = context.loop
    context.interrupt.listen(lambda: loop.call_soon_threadsafe(context.act_on_signals), context.now)
    work = loop.create_task(main)
    try:
        while not work.done.is_set() and not context.cancelled.is_set():
            loop.run_once()
            while events:
                yield events.popleft()
    finally:
        # Calls that are under way are left to themselves: they change nothing.
        context.abort()
        loop.close()
    if work.done.is_set():
        work.result()


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is followed no longer.

    Attributes:
        run: The run, as it was found last.
        expected: What was expected of it and did not come; nothing where it has ended.
    """

    run: FoundRun
    expected: Expected


class Following:
    """Follows the tasks of a run.

    Args:
        session: How to ask.
        context: What those share that follow the run.
        reference: The run.
        looked: Called with the run each time it was looked at, and what is expected of it.
        whole: Whether all tasks are wanted that ECS shows, as `find_run` has it.
    """

    def __init__(
        self,
        session: RunSession,
        context: RunContext,
        reference: RunReference,
        looked: Callable[[FoundRun, Expected], None],
        *,
        whole: bool = False,
    ) -> None:
        self._session = session
        self._context = context
        self._reference = reference
        self._looked = looked
        self._whole = whole
        self._watchers = Watchers(context)
        self._copies: dict[str, Copy] = {}
        self._jobs: dict[str, FollowedJob] = {}
        self._failing_since: float | None = None

    @property
    def copies(self) -> tuple[Copy, ...]:
        """The tasks that were seen, each as the attempt of a copy."""
        return tuple(self._copies.values())

    def copy(self, arn: str | None) -> Copy | None:
        """Return the attempt that a task is, or None where it was not seen."""
        return None if arn is None else self._copies.get(arn)

    async def follow(self, run: FoundRun) -> Ended:
        """Return the run once it has ended, or nothing more is seen of it for too long.

        Raises:
            ApplierError: It could not be looked at any more.
        """
        context = self._context
        pause_s, changed_at = FIRST_PAUSE_S, context.now()
        while True:
            is_changed = self._take(run)
            awaited = expected(run)
            self._looked(run, awaited)
            if is_changed:
                pause_s, changed_at = FIRST_PAUSE_S, context.now()
            running = [each for each in self._copies.values() if not each.over.is_set()]
            stale = not running and any(True for _ in run.running)
            if not running and not stale:
                left_s = changed_at + awaited.pause_s + VISIBLE_S - context.now()
                if not awaited or left_s <= 0:
                    return Ended(run, awaited)
                pause_s = min(pause_s, left_s)
            over = [each.over for each in running]
            await context.loop.sleep(AGAIN_S if stale else pause_s, *over, context.cancelled)
            if any(each.is_set() for each in over):
                # What ended is not the only one, perhaps: others that end within the second share a look.
                pause_s, changed_at = FIRST_PAUSE_S, context.now()
                if len(running) > 1:
                    await context.loop.sleep(AGAIN_S, context.cancelled)
            else:
                pause_s = min(LONGEST_PAUSE_S, pause_s * GROWTH)
            if context.cancelled.is_set():
                return Ended(run, awaited)
            run = await self._look(run)

    async def _look(self, run: FoundRun) -> FoundRun:
        """Return the run as it is now; the one that is known where it cannot be looked at for a while."""
        now = self._context.now()
        try:
            found = await find_run(self._session, self._reference, whole=self._whole)
        except ApplierError as error:
            since = self._failing_since = now if self._failing_since is None else self._failing_since
            passing = isinstance(error, AwsError) and transient(error)
            passing = passing or (isinstance(error, SessionError) and error.passing)
            if self._context.now() - since >= (FAILING_S if passing else REFUSED_S):
                raise
            what = first_line(error)
            self._context.warn_once(None, f"the run could not be looked at; trying again: {what}", key=what)
            return run
        self._failing_since = None
        return found

    def _take(self, run: FoundRun) -> bool:
        """Follow the tasks that were not seen before; return whether there are any."""
        is_changed = False
        # One that was given up is followed again if ECS still shows it.
        self._copies = {arn: each for arn, each in self._copies.items() if each.given_up is None}
        for job in run.jobs:
            for result in (attempt for copy in job.results for attempt in copy.attempts):
                task = job.task(result.arn)
                if task is None or task.arn in self._copies:
                    continue
                is_changed = True
                copy = Copy(self._job(job), result.copy, result.attempt)
                self._copies[task.arn] = copy
                copy.assign(self._context, task, attached=True)
                # One that has stopped need not be looked at to be over.
                copy.observe(self._context, task)
                if not copy.over.is_set():
                    self._watchers.add(copy)
        return is_changed

    def _job(self, job: FoundJob) -> FollowedJob:
        known = self._jobs.get(job.name)
        count = max((each.copy for each in job.results), default=1)
        if known is None or known.count < count:
            known = self._jobs[job.name] = FollowedJob(job, count)
        return known
