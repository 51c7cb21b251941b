"""Tasks of a run that nobody knew of: found before the summary, and named whatever happens."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ecsplan_applier.aws.retry import Caller, Patience
from ecsplan_applier.context import Scene
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.scheduling.scheduler import Flag, Loop
from ecsplan_applier.tasks.copies import Copy, JobRun
from ecsplan_applier.tasks.existing import Place, Traces, place_of

_LOOKING: Final = Patience(limit_s=10.0, unreached_s=5.0)
"""For how long the tasks of a run are asked for when everything else is over."""
_UNKNOWN: Final = "ECS started it although no answer said so"


class Strays:
    """Looks for running tasks of the run that no copy has.

    Args:
        scene: The apply.
        traces: The tasks of this run that were there when it began.
    """

    def __init__(self, scene: Scene, traces: Traces) -> None:
        self._scene = scene
        self._traces = traces

    async def adopt(self, jobs: Iterable[JobRun], *, last: bool) -> list[Copy]:
        """Return a further copy for each task of these jobs that nobody knew of; the calls for them are over.

        Args:
            jobs: The jobs.
            last: Whether no other job is being started, so that a task that is none of theirs is nobody's.
        """
        copies: list[Copy] = []
        for members in _by_place(job for job in jobs if job.asked and not _is_taken(job)).values():
            for task in await self._unclaimed(members):
                owner = await self._owner(members, task)
                if owner is not None:
                    copy = owner.add_copy()
                    copy.assign(self._scene, task, attached=False)
                    self._scene.warn(copy.label, f"{copy.identifier}: {_UNKNOWN}")
                    copies.append(copy)
                elif last and not self._scene.resumed:
                    name = f"{members[0].cluster_of(task)}::{task.arn}"
                    said = "is running under this run id, and no job of the plan asks for it"
                    self._scene.warn(None, f"{name} {said}: stop it with `ecsplan stop {name}`")
        return copies

    async def _unclaimed(self, jobs: list[JobRun]) -> list[Task]:
        """Return what is running, and of jobs of which ECS said that tasks lack, what has stopped too."""
        if self._scene.leave.raised:
            return []
        try:
            found = await self._traces.running_now(jobs[0], _LOOKING)
            for job in jobs:
                if job.doubtful:
                    found += await self._traces.stopped_now(job)
        except ApplierError as error:
            what = f"whether ECS runs further tasks of this run could not be checked: {error}"
            self._scene.warn_once(None, what, key="strays")
            return []
        known = self._scene.claimed | self._traces.before
        return list({each.arn: each for each in found if each.arn not in known}.values())

    async def _owner(self, jobs: list[JobRun], task: Task) -> JobRun | None:
        for job in jobs:
            with suppress(ApplierError):
                if await self._traces.is_of(job, task):
                    return job
        return None


def running_tasks(scene: Scene, traces: Traces, jobs: Iterable[JobRun], workers: int) -> tuple[str, ...]:
    """Return `CLUSTER::TASK_ARN` of the run's tasks that no copy has, after the loop of an apply failed."""
    loop = Loop(scene.loop.clock, workers)
    again = replace(scene, loop=loop, caller=Caller(scene.caller.gateway, loop), leave=Flag())
    found: list[str] = []
    for job, *_ in _by_place(job for job in jobs if job.asked or scene.resumed).values():
        with suppress(Exception):  # it may be what the apply failed of; what is known is named all the same
            tasks = loop.run(Traces(again, traces.plan).running_now(job, _LOOKING))
            unclaimed = [each for each in tasks if each.arn not in scene.claimed]
            found += [f"{job.cluster_of(each)}::{each.arn}" for each in unclaimed]
    return tuple(found)


def _by_place(jobs: Iterable[JobRun]) -> dict[Place, list[JobRun]]:
    places: dict[Place, list[JobRun]] = {}
    for job in jobs:
        places.setdefault(place_of(job), []).append(job)
    return places


def _is_taken(job: JobRun) -> bool:
    """Return whether the run id belongs to another request for this job, so that its tasks are not ours."""
    return any(copy.verdict and copy.verdict.outcome is Outcome.OTHER_REQUEST for copy in job.copies)
