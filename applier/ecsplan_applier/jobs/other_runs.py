"""Other runs of a job: whether tasks of its family are running that another run has started."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ecsplan_applier.aws.cluster_tasks import Place, TaskFilter, find_tasks
from ecsplan_applier.aws.retry import READING, WATCHING, RetryPolicy, transient
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.jobs.turns import NOT_STARTED_BECAUSE
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, OtherRunError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.tasks.attach import Attach
from ecsplan_applier.tasks.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun, Turn
from ecsplan_applier.tasks.run_id import run_id_of, started_by
from ecsplan_applier.tasks.verdicts import INTERRUPTED, Verdict

_MAX_NAMED: Final = 5
"""Tasks that a message names."""


class OtherRuns:
    """Looks for other runs of jobs, whose manifests say that they must not run beside each other.

    Nothing orders this look against the start of another apply: two that look at the same moment both see
    nothing, and both start.

    Args:
        context: The apply.
        existing: The tasks of this run that were there when it began.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._started_by = started_by(context.run_id)
        self._over: set[str] = set()

    async def refuse(self, jobs: Iterable[JobRun]) -> None:
        """Refuse jobs with `concurrency: forbid` of which another run is under way.

        Raises:
            OtherRunError: There are such jobs.
            ApplierError: AWS could not be asked.
        """
        asking = [job for job in jobs if job.planned.policy.concurrency == "forbid"]
        places = list(dict.fromkeys((job.place, job.family) for job in asking))
        found = dict(
            zip(places, await self._context.loop.gather(self._running(*each) for each in places), strict=True)
        )
        busy = [
            (job, tasks)
            for job in asking
            if (tasks := found[job.place, job.family]) and not await self._has_begun(job)
        ]
        if busy:
            raise OtherRunError("\n".join(_lines(busy)))

    async def wait(self, job: JobRun, *, starts_first: bool) -> Verdict | None:
        """Wait until a job may start, as its `concurrency` says; return why it may not, or None.

        Args:
            job: The job.
            starts_first: Whether it waits for no other job, so that `refuse` has looked a moment ago.
        """
        match job.planned.policy.concurrency:
            case "allow":
                return None
            case "forbid":
                return None if starts_first else await self._refused(job)
            case "wait":
                return await self._waited(job)

    async def _refused(self, job: JobRun) -> Verdict | None:
        """Return why a job that starts after others is not going to start, or None."""
        try:
            tasks = await self._running(job.place, job.family)
            if not tasks or await self._has_begun(job):
                return None
        except ApplierError as error:
            return Verdict(Outcome.REFUSED, str(error))
        return Verdict(Outcome.SKIPPED, f"{NOT_STARTED_BECAUSE}{_under_way(tasks)}")

    async def _waited(self, job: JobRun) -> Verdict | None:
        """Wait until no other run of a job is under way, for at most its start timeout."""
        context, limit_s = self._context, job.planned.watch.start_timeout_s
        since, policy, seen, tasks = context.now(), READING, False, list[Task]()
        while not context.cancelled.is_set():
            try:
                tasks = await self._running(job.place, job.family, policy)
                if not tasks or await self._has_begun(job):
                    job.take_turn(Turn(context.now()))
                    return None
            except ApplierError as error:
                if not seen or not (isinstance(error, AwsError) and transient(error)):
                    return Verdict(Outcome.REFUSED, str(error))
            left_s = since + limit_s - context.now()
            if left_s <= 0:
                waited = f"{_under_way(tasks)}, after {limit_s:g} s still"
                return Verdict(Outcome.OTHER_RUN, f"{NOT_STARTED_BECAUSE}{waited}")
            if not seen:
                context.note(job.name, f"{_under_way(tasks)}; waiting for up to {left_s:.0f} s")
            # A look that fails is made again for as long as the job waits, and no longer.
            seen, policy = True, replace(WATCHING, max_elapsed_s=left_s, max_unreachable_s=left_s)
            job.take_turn(Turn(since, waits_for=f"waiting for {_runs(tasks)}"))
            await context.loop.sleep(min(job.planned.watch.poll_interval_s, left_s), context.cancelled)
        return INTERRUPTED

    async def _running(self, place: Place, family: str, policy: RetryPolicy = READING) -> list[Task]:
        """Return the tasks of a family that another run of ecsplan has started and that have not stopped."""
        found: dict[str, Task] = {}
        # A task that is being stopped is listed as STOPPED from then on, and may go on for two minutes.
        for status in ("RUNNING", "STOPPED"):
            tasks = await find_tasks(
                self._context.caller,
                place,
                TaskFilter(family=family, desired_status=status),
                policy,
                cancel=self._context.cancelled,
                skip=lambda arn: arn in self._over or self._context.is_claimed(arn),
            )
            found |= {each.arn: each for each in tasks}
        # What has stopped stays listed for an hour, and is not described with each look again.
        self._over.update(each.arn for each in found.values() if each.is_over)
        return [each for each in found.values() if self._is_of_another_run(each) and not each.is_over]

    def _is_of_another_run(self, task: Task) -> bool:
        run_id = run_id_of(task.started_by)
        return run_id is not None and task.started_by != self._started_by

    async def _has_begun(self, job: JobRun) -> bool:
        """Return whether this run has started tasks of a job before: then it is not to wait for others."""
        with suppress(ApplierError):
            return await Attach(self._context, self._existing).has_begun(job)
        return False


def _lines(busy: Sequence[tuple[JobRun, list[Task]]]) -> Iterator[str]:
    for job, tasks in busy:
        yield f"{job.name}: {_under_way(tasks)}, and `concurrency: forbid` lets no other run start"
        yield from (
            f"    {job.cluster_of(each)}::{each.arn} (run {run_id_of(each.started_by)})"
            for each in tasks[:_MAX_NAMED]
        )
        if len(tasks) > _MAX_NAMED:
            yield f"    and {len(tasks) - _MAX_NAMED} more tasks"
    yield "  nothing was started\n  help: apply again when they have ended, or stop them"


def _under_way(tasks: Sequence[Task]) -> str:
    """Return that other runs are under way, and how many tasks of the family they have."""
    count = "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"
    return f"{_runs(tasks)} {'is' if len(_run_ids(tasks)) == 1 else 'are'} under way ({count})"


def _runs(tasks: Sequence[Task]) -> str:
    first, *more = _run_ids(tasks)
    return f"run {first} and {len(more)} more" if more else f"run {first}"


def _run_ids(tasks: Sequence[Task]) -> list[str]:
    return list(dict.fromkeys(run_id_of(each.started_by) or "" for each in tasks))
