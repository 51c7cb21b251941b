"""Stopping a run: all its tasks, and those that an apply starts meanwhile; or one task."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.rate_limits import Bucket, Limits
from ecsplan_applier.aws.retry import Retrying
from ecsplan_applier.outcomes.errors import ApplierError, LedgerError, UnknownRunError, first_line
from ecsplan_applier.outcomes.task import read_task
from ecsplan_applier.runs.found import UNDER_WAY, FoundRun
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.runs.stop.search import find_task, target_of
from ecsplan_applier.runs.stop.stopped import Emit, StoppedRun, StoppedTask
from ecsplan_applier.runs.stop.target import TaskTarget
from ecsplan_applier.runs.task_label import label_of, place_of
from ecsplan_applier.scheduling.scheduler import Event
from ecsplan_applier.tasks.stop_calls import StopCalls, StopLimits, Stopping

MAX_LOOKS: Final = 5
"""How often a run is looked at, for tasks that an apply has started meanwhile."""

_MAX_NAMED: Final = 20
"""Copies that a message names."""
_LOOK_AGAIN_S: Final = 2.0
"""How long after its tasks were stopped a run is looked at again."""
_FOUND: Final = StopLimits(refused_s=5.0, failing_s=60.0, missing_s=5.0)
_NAMED: Final = StopLimits(refused_s=5.0, failing_s=60.0, missing_s=0.0)
"""A task that the user names is not looked up first: if ECS does not know it, that is the answer."""
_KEEPS_STARTING: Final = (
    "tasks of the run keep starting: an apply of it is under way\n"
    "  help: interrupt that apply, which then stops its tasks, or run this command again"
)
_REPORTED_S: Final = 5.0
"""How long calls fail before that is reported."""


async def stop_target(
    session: RunSession, target: TaskTarget | RunReference, reason: str, emit: Emit
) -> StoppedRun:
    """Stop a task or a run, without waiting for the end of its tasks.

    Args:
        session: How to ask.
        target: What is to stop.
        reason: Shown as the stopped reason of each task.
        emit: Called with each task.

    Raises:
        UsageError: The options name another region than the task's ARN.
        UnknownRunError: There is no such task or run.
        ApplierError: AWS or the ledger could not be asked, or the task that was named could not be stopped.
    """
    stops = _Stops(session, reason, emit)
    if isinstance(target, RunReference):
        return await stops.run(target)
    if target.cluster is None or target.run is not None:
        found = await find_task(session, target)
        if found is not None:
            place, task = found
            return StoppedRun(None, (await stops.task(place, task.arn),))
    if target.run is not None:
        return await _run_of_that_name(stops, target, target.run)
    place = Place(target_of(session, target), target.cluster)
    return StoppedRun(None, (await stops.task(place, target.task),))


async def _run_of_that_name(stops: "_Stops", target: TaskTarget, run: RunReference) -> StoppedRun:
    try:
        return await stops.run(run)
    except UnknownRunError as error:
        text = f"there is no task {target.task}, and {error}"
        raise UnknownRunError(text, error.run_id, error.regions) from error


class _Stops:
    """The stops of one command."""

    def __init__(self, session: RunSession, reason: str, emit: Emit) -> None:
        self._session = session
        self._reason = reason
        self._emit = emit
        self._reads_ledger = True
        self._buckets: dict[Target, Bucket] = {}

    async def task(self, place: Place, task: str) -> StoppedTask:
        """Stop one task.

        Raises:
            ApplierError: It could not be stopped.
        """
        done = await self._stop(StoppedTask("", place, task, None), _NAMED)
        if done.error is not None:
            raise done.error
        self._emit(done)
        return done

    async def run(self, reference: RunReference) -> StoppedRun:
        """Stop the tasks of a run, until a look at it finds none that is not stopping."""
        run = await self._look(reference)
        done: dict[str, StoppedTask] = {}
        unsettled: str | None = None
        looks = 1
        # Invariant: `done` has every task that was found before this look at the run.
        while await self._stop_found(run, done):
            if looks == MAX_LOOKS:
                unsettled = _KEEPS_STARTING
                break
            await self._session.loop.sleep(_LOOK_AGAIN_S)
            try:
                run = await self._look(reference)
            except ApplierError as error:
                unsettled = f"whether the run has started further tasks is not known: {first_line(error)}"
                break
            looks += 1
        if unsettled is None and run.unseen:
            unsettled = f"tasks may still run that were not found:{_named(run)}"
        tasks = tuple(_as_seen(each, run) for each in done.values())
        return StoppedRun(reference.run_id, tasks, tuple(_starting(run)), unsettled)

    async def _look(self, reference: RunReference) -> FoundRun:
        """Return a run; where the ledger cannot be read, what ECS shows of it, which may have to be stopped.

        Raises:
            LedgerError: The ledger cannot be read, and ECS shows no task of the run.
        """
        session = self._session
        try:
            return await find_run(session, reference, whole=True, reads_ledger=self._reads_ledger)
        except LedgerError as error:
            try:
                run = await find_run(session, reference, whole=True, reads_ledger=False)
            except UnknownRunError:
                raise error from None
            self._reads_ledger = False
            session.warn(f"jobs have the names of their families: {first_line(error)}")
            return run

    async def _stop_found(self, run: FoundRun, done: dict[str, StoppedTask]) -> bool:
        """Stop the tasks of a run that are not `done` and not stopping; return whether there were any."""
        found = [
            StoppedTask(label_of(job, task), place_of(job, task), task.arn, task, task.is_to_stop)
            for job, task in run.running
            if task.arn not in done
        ]
        asked = [each for each in found if not each.was_stopping]
        for each in found:
            done[each.arn] = each
            if each.was_stopping:
                self._emit(each)
        for each in await self._session.loop.gather(self._shown_stop(each) for each in asked):
            done[each.arn] = each
        return bool(asked)

    async def _shown_stop(self, wanted: StoppedTask) -> StoppedTask:
        done = await self._stop(wanted, _FOUND)
        self._emit(done)
        return done

    async def _stop(self, wanted: StoppedTask, limits: StopLimits) -> StoppedTask:
        """Ask for a task to stop until ECS confirms it; return it with what ECS said, or with the error."""
        session, place, over = self._session, wanted.place, Event()
        answers: list[Body] = []

        def answered(answer: Body) -> None:
            # An answer is enough here: the look at the run that follows shows whether it was true.
            answers.append(answer)
            over.set()

        stopping = Stopping(place, wanted.arn, self._reason, over.is_set, over=over, answered=answered)
        calls = StopCalls(session.caller, self._bucket(place.target), limits, self._report)
        error = await calls.until_seen(stopping)
        task = read_task(answers[0].get("task")) if answers else None
        if task is None:
            return replace(wanted, error=error)
        return replace(wanted, arn=task.arn, task=task, was_stopping=task.is_over)

    def _bucket(self, target: Target) -> Bucket:
        if target not in self._buckets:
            rate = Limits().rate("stops", target.region)
            self._buckets[target] = Bucket(self._session.loop, rate)
        return self._buckets[target]

    def _report(self, retry: Retrying) -> None:
        if retry.since_s >= _REPORTED_S:
            self._session.warn(f"StopTask keeps failing ({retry.error.code}); still trying")


def _as_seen(done: StoppedTask, run: FoundRun) -> StoppedTask:
    """Return a task with what the last look at its run shows: one that is stopping has not failed."""
    tasks = (task for job in run.jobs for task in job.tasks if task.arn == done.arn)
    task = next(tasks, done.task)
    stops = task is not None and task.is_to_stop
    return replace(done, task=task, error=None if stops else done.error)


def _named(run: FoundRun) -> str:
    """Return the copies that may run where nobody could look, each with why that is not known."""
    why = {each.label: each.reason for each in run.results}
    return "".join(
        f"\n  {label}: {why[label] or 'its end is not known'}" for label in run.unseen[:_MAX_NAMED]
    )


def _starting(run: FoundRun) -> Iterator[str]:
    """Yield what of a run has not ended and has no task: an apply that is alive may start it."""
    yield from run.unbegun
    yield from run.due
    for job in run.jobs:
        yield from (each.label for each in job.results if each.outcome in UNDER_WAY and each.arn is None)
