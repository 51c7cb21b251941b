"""Attaching to tasks that exist under the run id, where RunTask does not simply repeat its answer."""

import re
from typing import Final

from ecsplan_applier.errors import ApplierError, AwsError, RunIdTakenError
from ecsplan_applier.fleet import JobRun
from ecsplan_applier.result import Outcome
from ecsplan_applier.retry import CHANGING
from ecsplan_applier.run_ids import started_by
from ecsplan_applier.scene import Scene
from ecsplan_applier.tasks import Task
from ecsplan_applier.traces import Traces, describe_tasks
from ecsplan_applier.verdicts import Verdict

_INACTIVE: Final = re.compile("taskdefinition is inactive", re.IGNORECASE)
"""InvalidParameterException for a revision that was deregistered (DefangLabs/defang#775)."""

_SKEW_S: Final = 5.0
"""How far this machine's clock and AWS's may be apart before a new task is taken for an old one."""


class InactiveError(AwsError):
    """The revision to run was deregistered in the meantime."""


def is_inactive(error: AwsError) -> bool:
    """Tell whether RunTask refuses a revision that was deregistered."""
    return bool(_INACTIVE.search(error.text))


class Attach:
    """Finds tasks that an earlier apply of this run has started, or an earlier call of this apply.

    Args:
        scene: The apply.
        traces: The tasks of this run that were there when it began.
    """

    def __init__(self, scene: Scene, traces: Traces) -> None:
        self._scene = scene
        self._traces = traces
        seen = (*traces.running.values(), *traces.stopped.values())
        self._known = {each.arn for tasks in seen for each in tasks}

    def existed(self, task: Task, began: float) -> bool:
        """Tell whether a task was there before the call that returned it; `began` is seconds since 1970."""
        old = task.times.created is not None and task.times.created < began - _SKEW_S
        return task.arn in self._known or (self._scene.resumed and old)

    async def outlived(self, job: JobRun) -> bool:
        """Attach to tasks that run for longer than ECS keeps tokens, which would start them again.

        Returns:
            Whether there are any; then nothing of the job is to be started.
        """
        found = await self._traces.outlived(job) if self._scene.resumed else []
        old = [each for each in found if each.arn not in self._scene.claimed]
        for copy, task in zip(job.copies, old, strict=False):
            copy.assign(self._scene, task, attached=True)
        if old:
            reason = "an earlier apply started it; ECS keeps no trace of it any more"
            job.give_up(Verdict(Outcome.NO_EXIT_CODE, reason))
        return bool(old)

    async def conflicting(self, job: JobRun, error: AwsError) -> list[Task]:
        """Return the tasks that a token started with another request, if they do what the job asks for.

        ECS refuses a token whose request differs in anything; another revision that says the same, or other
        subnets of the same VPC, make no other job.

        Raises:
            RunIdTakenError: They do something else, or cannot be looked at any more.
        """
        found = await describe_tasks(self._scene, job, list(error.resource_ids), CHANGING)
        mine = [
            each
            for each in found
            if each.started_by == started_by(self._scene.run_id) and await self._traces.is_of(job, each)
        ]
        if len(mine) < max(1, len(error.resource_ids)):
            raise self._taken(job, list(error.resource_ids)) from error
        return mine

    async def finished(self, job: JobRun, error: AwsError) -> None:
        """Attach to what an earlier apply of this run ran with a revision that it deregistered afterwards.

        Raises:
            InactiveError: There is nothing of that kind.
        """
        taken = any(copy.task is not None for copy in job.copies)
        tasks = await self._unclaimed(job) if job.inactive else []
        if not tasks and not taken:
            raise InactiveError(error.operation, error.code, error.text, status=error.status) from error
        free = [copy for copy in job.copies if copy.task is None]
        for copy, task in zip(free, tasks, strict=False):
            copy.assign(self._scene, task, attached=True)
        reason = (
            "an earlier apply with this run id did not start it, and its revision is deregistered"
            if job.inactive
            else f"{job.revision} was deregistered meanwhile"
        )
        job.give_up(Verdict(Outcome.NOT_STARTED, reason))

    async def lost(self, job: JobRun, error: AwsError, began: float) -> None:
        """Attach to the tasks of calls whose answers never came, or cannot be read.

        Args:
            job: The job.
            error: The error of a lost call.
            began: When the first of the calls was made, in seconds since 1970.

        Raises:
            AwsError: The lost one, where copies are still without a task, or the tasks cannot be looked for.
        """
        try:
            await self._traces.find_again(job)
            tasks = await self._unclaimed(job)
        except ApplierError as unseen:
            raise error from unseen
        free = [copy for copy in job.copies if copy.task is None and copy.verdict is None]
        for copy, task in zip(free, tasks, strict=False):
            copy.assign(self._scene, task, attached=self.existed(task, began))
        if len(tasks) < len(free):
            raise error

    async def _unclaimed(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run that do what the job asks for and that no copy has.

        Another job of the plan may ask for the very same.
        """
        return [each for each in await self._traces.of(job) if each.arn not in self._scene.claimed]

    async def refuse_more(self, job: JobRun) -> None:
        """Refuse a job of which more tasks exist under this run id, running or over, than it asks for.

        Raises:
            RunIdTakenError: So it is: they were started by another request.
        """
        tasks = await self._traces.of(job)
        if len(tasks) > len(job.copies):
            raise self._taken(job, [each.arn for each in tasks])

    async def refuse_changed(self, job: JobRun) -> None:
        """Refuse a job whose definition has changed since its tasks of this run, before it is registered.

        ECS would refuse its tokens later on, and the revision that was made for it would be left behind.

        Raises:
            RunIdTakenError: So it is.
        """
        tasks = await self._traces.changed(job)
        if tasks and not await self._traces.of(job):
            raise self._taken(job, [each.arn for each in tasks])

    async def refuse_beside(self, job: JobRun) -> None:
        """Refuse a job that has just been started beside tasks of this run which do the same, or did.

        That is what becomes of a run id that is used again with another `count`: the tokens differ.

        Raises:
            RunIdTakenError: So it is.
        """
        if not any(copy.task is not None and not copy.attached for copy in job.copies):
            return
        claimed = {copy.task.arn for copy in job.copies if copy.task is not None}
        beside = [each.arn for each in await self._traces.of(job) if each.arn not in claimed]
        if beside:
            raise self._taken(job, beside)

    def _taken(self, job: JobRun, arns: list[str]) -> RunIdTakenError:
        tasks = "\n    ".join(f"{job.cluster or 'default'}::{each}" for each in arns) or "(ECS names none)"
        return RunIdTakenError(
            f"{job.name}: the run id {self._scene.run_id} was used with another request for this job\n"
            f"  these tasks exist under it:\n    {tasks}\n"
            "  help: use another --run-id for another request, or stop these tasks with `ecsplan stop`"
        )
