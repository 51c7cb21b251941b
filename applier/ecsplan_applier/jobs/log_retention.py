"""How long CloudWatch keeps the log of a job: the retention of log groups that a run has made, or of any."""

from collections.abc import Iterable
from typing import Final, TypeAlias

from ecsplan.plan.plan import Logs
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import LogRetention
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_LOG_GROUPS, PUT_RETENTION_POLICY
from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.tasks.job_run import JobRun

_PATIENCE: Final = RetryPolicy(max_elapsed_s=10.0, max_unreachable_s=5.0)
"""For how long a call is made again: no job waits longer for what is only about its log."""
_SHOWN_WITHIN: Final = (1.0, 2.0, 4.0)
"""Pauses before CloudWatch is asked again whether there is the group of a task that runs."""
_NOT_FOUND: Final = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class _Absent:
    """There was no such group before anything was started."""


@dataclass(frozen=True, slots=True)
class _Made:
    """There was one already, made at this time of AWS's clock."""

    at: float


@dataclass(frozen=True, slots=True)
class _Unknown:
    """Whether there was one could not be asked."""


_Before: TypeAlias = _Absent | _Made | _Unknown
_Group: TypeAlias = tuple[Target, str]


class LogRetentions:
    """Sets the retention of log groups, of each group once in an apply. Whatever goes wrong is a warning.

    The agent of ECS makes a group when the first container that logs to it starts (`awslogs-create-group`),
    and nothing in the group says for whom. So this run has made it where there was none before the apply
    began, or where it is younger than the first task of a run that is resumed.

    Args:
        context: The apply.
        jobs: All jobs that it carries out.
    """

    def __init__(self, context: ApplyContext, jobs: Iterable[JobRun]) -> None:
        self._context = context
        self._jobs = tuple(jobs)
        self._before: dict[_Group, _Before] = {}
        self._taken: set[_Group] = set()

    async def look(self) -> None:
        """Look which groups there are before anything is started."""
        groups = {
            _group(job, logs): None
            for job in self._jobs
            if not job.is_over
            for wanted, logs in _wanted(job)
            if not wanted.always
        }
        found = await self._context.loop.gather(self._look(*each) for each in groups)
        self._before = dict(zip(groups, found, strict=True))

    async def _look(self, target: Target, group: str) -> _Before:
        request = {"logGroupNamePrefix": group}
        try:
            answer = await self._context.caller.call(
                target, DESCRIBE_LOG_GROUPS, request, _PATIENCE, about=group, cancel=self._context.cancelled
            )
        except ApplierError as error:
            if not self._context.cancelled.is_set():
                self._context.warn(
                    None, f"the retention of {group} is not set: whether it exists is unknown: {error}"
                )
            return _Unknown()
        # Groups come in the order of their names, so that this one is the first of those that begin with it.
        for each in members(answer, "logGroups", dict, DESCRIBE_LOG_GROUPS.name):
            if each.get("logGroupName") == group:
                made = each.get("creationTime")
                return _Made(made / 1000 if isinstance(made, int | float) else 0.0)
        return _Absent()

    async def keep(self, job: JobRun) -> None:
        """Set the retention that a job asks for, once a task of it has run."""
        for wanted, logs in _wanted(job):
            if await self._has_run(job):
                group = _group(job, logs)
                if group not in self._taken and (wanted.always or self._is_ours(group)):
                    self._taken.add(group)
                    await self._put(*group, wanted.days)

    async def _has_run(self, job: JobRun) -> bool:
        context = self._context
        for copy in job.copies:
            await context.loop.wait(copy.begun, context.aborted)
            if context.aborted.is_set():
                return False
            if copy.task is not None and copy.task.has_run:
                return True
        return False

    def _is_ours(self, group: _Group) -> bool:
        match self._before.get(group, _Unknown()):
            case _Absent():
                return True
            case _Made(at=at):
                return self._context.resumed and at >= self._first_task_at()
            case _Unknown():
                return False

    def _first_task_at(self) -> float:
        tasks = (copy.task for job in self._jobs for copy in job.copies)
        created = (each.times.created for each in tasks if each is not None)
        return min((each for each in created if each is not None), default=float("inf"))

    async def _put(self, target: Target, group: str, days: int) -> None:
        context = self._context
        request = {"logGroupName": group, "retentionInDays": days}
        for pause in (*_SHOWN_WITHIN, None):
            try:
                await context.caller.call(
                    target, PUT_RETENTION_POLICY, request, _PATIENCE, about=group, cancel=context.aborted
                )
            except ApplierError as error:
                missing = isinstance(error, AwsError) and error.code == _NOT_FOUND
                if pause is None or not missing or context.aborted.is_set():
                    context.warn(None, f"the retention of {group} is not set: {error}")
                    return
                await context.loop.wait(context.aborted, seconds=pause)
            else:
                return


def _wanted(job: JobRun) -> tuple[tuple[LogRetention, Logs], ...]:
    """Return the retention that a job asks for and where its log is, or nothing."""
    retention, logs = job.planned.policy.log_retention, job.planned.watch.logs
    return () if retention is None or logs is None else ((retention, logs),)


def _group(job: JobRun, logs: Logs) -> _Group:
    return job.target.in_region(logs.region), logs.group
