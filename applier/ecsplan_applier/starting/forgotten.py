"""Copies of which a task was asked for so long ago that ECS may have forgotten its token.

A token that ECS has forgotten starts another task. So these are attached to what ECS still shows of them, or
given up; they are never asked for again under their run id.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from ecsplan_applier.aws.cluster_tasks import Place, describe_tasks
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.errors import ForgottenRunError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.starting.counts import Counts
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.verdicts import Verdict

_MAX_NAMED: Final = 20
"""Copies that a message names."""


class Forgotten:
    """Finds the tasks of such copies.

    Args:
        context: The apply.
        existing: The tasks under its run id.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._found: list[tuple[JobRun, int, Task]] = []

    def among(self, job: JobRun, copies: Iterable[Copy] | None = None) -> list[Copy]:
        """Return those of a job's copies, or of some of them, whose task was asked for that long ago."""
        return [each for each in (job.copies if copies is None else copies) if self._record_of(job, each)]

    def _record_of(self, job: JobRun, copy: Copy) -> RecordedCopy | None:
        """Return what is recorded of a copy, if its task was asked for that long ago and it has none."""
        recorded = job.recorded_copy(copy.number)
        if recorded is None or not copy.lacks_task or copy.follows or recorded.attempt != copy.attempt:
            return None
        return recorded if recorded.is_forgotten(self._context.caller.clock.now(job.target)) else None

    async def refuse(self, jobs: Sequence[JobRun]) -> None:
        """Refuse to go on with a run of which ECS shows no task at all, and of which one was asked for.

        Args:
            jobs: All jobs; the running tasks of the run have been listed where those run that are not over.

        Raises:
            ForgottenRunError: There are such copies.
            ApplierError: Tasks cannot be looked for.
        """
        forgotten = [(job, copies) for job in jobs if (copies := self.among(job))]
        ended = [each for job in jobs for each in job.copies if each.is_recalled]
        if not forgotten or any(self._existing.running.values()):
            return
        for job, copies in forgotten:
            if await self._by_arn(job, copies):
                return
        for job in {each.place: each for each in jobs if not each.is_over}.values():
            if await self._existing.stopped_anywhere(job):
                return
        lost = [(job, copy) for job, copies in forgotten for copy in copies]
        groups = sorted({logs.group for job, _ in lost if (logs := job.planned.watch.logs) is not None})
        raise ForgottenRunError("\n".join(self._refusal(lost, ended)), self._context.run_id, groups)

    def _refusal(self, lost: Sequence[tuple[JobRun, Copy]], ended: Sequence[Copy]) -> Iterator[str]:
        run_id = self._context.run_id
        yield f"run {run_id}: ECS shows no task of it, and may have forgotten it; nothing was started"
        yield from _first_of([f"  {copy.label}: {_said(job, copy)}" for job, copy in lost])
        yield from _first_of([f"  {each.label}: {each.judged().outcome}" for each in ended])

    async def settle(self, job: JobRun, some: Sequence[Copy] | None = None) -> None:
        """Find the tasks of a job's copies for `attach`, and give up copies of which ECS shows none.

        Args:
            job: The job.
            some: The copies to look at; None: all of them.

        Raises:
            ApplierError: Tasks cannot be looked for.
        """
        copies = self.among(job, some)
        if not copies:
            return
        found = await self._by_arn(job, copies)
        rest = [each for each in copies if each.number not in found]
        found |= await self._by_request(job, rest, {each.arn for each in found.values()})
        for copy in copies:
            task = found.get(copy.number)
            if task is None:
                copy.give_up(Verdict(Outcome.NO_EXIT_CODE, _said(job, copy)))
            else:
                self._found.append((job, copy.number, task))

    def attach(self) -> None:
        """Give copies the tasks that were found for them."""
        for job, number, task in self._found:
            copy = job.copies[number - 1]
            if copy.lacks_task:
                copy.assign(self._context, task, attached=True)
        self._found = []

    async def _by_arn(self, job: JobRun, copies: Iterable[Copy]) -> dict[int, Task]:
        """Return the tasks that ECS shows of those that the ledger names, by the numbers of their copies."""
        places: dict[Place, dict[str, int]] = {}
        for copy in copies:
            recorded = job.recorded_copy(copy.number)
            if recorded is not None and recorded.task_arn is not None:
                place = Place(job.target, recorded.cluster or job.cluster)
                places.setdefault(place, {})[recorded.task_arn] = copy.number
        found: dict[int, Task] = {}
        for place, numbers in places.items():
            tasks = await describe_tasks(self._context.caller, place, list(numbers))
            found |= {numbers[each.arn]: each for each in tasks if each.arn in numbers}
        return found

    async def _by_request(self, job: JobRun, copies: Sequence[Copy], taken: set[str]) -> dict[int, Task]:
        """Return tasks that do what a job asks for, for copies of which the ledger names no task."""
        named = {each for copy in job.copies if (each := _arn_of(job, copy)) is not None} | taken
        tasks = [
            each
            for each in await self._existing.of(job)
            if each.arn not in named and not self._context.is_claimed(each.arn)
        ]
        if not tasks or not copies:
            return {}
        known = {each.arn: job.copy_of(each) for each in tasks}
        if job.array is None or not self._existing.identifies(job):
            known |= (await Counts(self._context, job).progress(tasks, brief=True)).known
        if not self._existing.identifies(job):
            # Another job of the plan asks for the same: only a token, or the ledger, says whose a task is.
            tasks = [each for each in tasks if known.get(each.arn) is not None]
        exact = {of: each for each in tasks if (of := known.get(each.arn)) is not None}
        found = {
            copy.number: exact[copy.number, copy.attempt]
            for copy in copies
            if (copy.number, copy.attempt) in exact
        }
        # ECS need not say which tokens it knows. Then any copy may have any task, unless a token that is
        # still to be replayed may name it.
        if job.array is None and not self._is_any_recent(job):
            unknown = [each for each in tasks if known.get(each.arn) is None]
            without = [each.number for each in copies if each.number not in found]
            found |= dict(zip(without, unknown, strict=False))
        return found

    def _is_any_recent(self, job: JobRun) -> bool:
        """Return whether the token of any copy without a task is still to be replayed."""
        lacking = [each for each in job.copies if each.lacks_task]
        recorded = [found for each in lacking if (found := job.recorded_copy(each.number)) is not None]
        return sum(each.is_open for each in recorded) > len(self.among(job))


def _arn_of(job: JobRun, copy: Copy) -> str | None:
    """Return the task that the ledger names for a copy."""
    recorded = job.recorded_copy(copy.number)
    return None if recorded is None else recorded.task_arn


def _first_of(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_MAX_NAMED]
    if len(lines) > _MAX_NAMED:
        yield f"  and {len(lines) - _MAX_NAMED} more"


def _said(job: JobRun, copy: Copy) -> str:
    """Return what is known of a copy of which ECS shows no task."""
    recorded = job.recorded_copy(copy.number)
    at = 0.0 if recorded is None or recorded.asked_at is None else recorded.asked_at
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    arn = None if recorded is None else recorded.task_arn
    task = "a task" if arn is None else f"task {arn.rpartition('/')[2]}"
    return f"{task} was asked for at {when} and may have run; no end is recorded, and ECS shows no task of it"
