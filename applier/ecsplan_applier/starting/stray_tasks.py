"""Stray tasks: tasks of a run that belong to no copy. Found before the summary, and always reported."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.retry import Caller, RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.scheduling.scheduler import Event, Loop
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun

_LOOKING: Final = RetryPolicy(max_elapsed_s=10.0, max_unreachable_s=5.0)
"""For how long the tasks of a run are asked for when everything else is over."""
_UNKNOWN: Final = "ECS started it, although no response mentioned it"


class StrayTasks:
    """Looks for running tasks of the run that belong to no copy.

    Args:
        context: The apply.
        existing: The tasks of this run that were there when it began.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing

    async def adopt(self, jobs: Iterable[JobRun], *, last: bool) -> list[tuple[Copy, JobRun]]:
        """Return a new copy, and its job, for each task of these jobs that no copy has; no call is under way.

        Args:
            jobs: The jobs.
            last: Whether no other job is being started, so that a task that is not theirs belongs to no job.
        """
        copies: list[tuple[Copy, JobRun]] = []
        for members in _by_place(job for job in jobs if job.asked and not _is_taken(job)).values():
            # By place, as one listing shows the tasks of all jobs of a cluster.
            for task in await self._unclaimed(members):
                owner = await self._owner(members, task)
                if owner is not None:
                    copy = owner.add_copy()
                    copy.assign(self._context, task, attached=False)
                    self._context.warn(copy.label, f"{copy.identifier}: {_UNKNOWN}")
                    copies.append((copy, owner))
                # In a resumed run it may belong to a job that was left out this time.
                elif last and not self._context.resumed:
                    name = f"{members[0].cluster_of(task)}::{task.arn}"
                    said = "is running under this run id, and no job of the plan asks for it"
                    self._context.warn(None, f"{name} {said}: stop it with `ecsplan stop {name}`")
        return copies

    async def _unclaimed(self, jobs: list[JobRun]) -> list[Task]:
        """Return what is running, and of jobs of which ECS said that tasks lack, what has stopped too."""
        if self._context.aborted.is_set():
            return []
        try:
            found = await self._existing.running_now(jobs[0], _LOOKING)
            for job in jobs:
                if job.fell_short:
                    found += await self._existing.stopped_now(job)
        except ApplierError as error:
            what = f"whether ECS runs further tasks of this run could not be checked: {error}"
            self._context.warn_once(None, what, key="strays")
            return []
        unknown = (
            each
            for each in found
            if not self._context.is_claimed(each.arn) and not self._existing.existed_before(each.arn)
        )
        # A task may stop between the two lists, and is in both then.
        return list({each.arn: each for each in unknown}.values())

    async def _owner(self, jobs: list[JobRun], task: Task) -> JobRun | None:
        for job in jobs:
            with suppress(ApplierError):
                if await self._existing.is_of(job, task):
                    return job
        return None


def running_tasks(context: ApplyContext, jobs: Iterable[JobRun], workers: int) -> tuple[str, ...]:
    """Return `CLUSTER::TASK_ARN` of the run's tasks that no copy has, after the loop of an apply failed."""
    # With a caller of its own: the old one waits in the loop that has failed.
    loop = Loop(context.loop.clock, workers)
    again = replace(context, loop=loop, caller=Caller(context.caller.gateway, loop), aborted=Event())
    found: list[str] = []
    for job, *_ in _by_place(job for job in jobs if job.asked or context.resumed).values():
        with suppress(Exception):  # it may be what the apply failed of; what is known is named all the same
            tasks = loop.run(ExistingTasks(again, ()).running_now(job, _LOOKING))
            unclaimed = [each for each in tasks if not context.is_claimed(each.arn)]
            found += [f"{job.cluster_of(each)}::{each.arn}" for each in unclaimed]
    return tuple(found)


def _by_place(jobs: Iterable[JobRun]) -> dict[Place, list[JobRun]]:
    places: dict[Place, list[JobRun]] = {}
    for job in jobs:
        places.setdefault(job.place, []).append(job)
    return places


def _is_taken(job: JobRun) -> bool:
    """Return whether the run id belongs to another request for this job, so that its tasks are not ours."""
    return any(
        copy.given_up is not None and copy.given_up.outcome is Outcome.OTHER_REQUEST for copy in job.copies
    )
