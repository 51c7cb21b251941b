"""Stopping tasks: those of an apply, and the one that `ecsplan stop` names."""

import re
from random import Random
from typing import Final

from ecsplan.terms.observed import Aws
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import region_of
from ecsplan_applier.aws.answers import member
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.operations import STOP_TASK
from ecsplan_applier.aws.retry import ENDING, Caller
from ecsplan_applier.context import RunContext
from ecsplan_applier.outcomes.errors import ApplierError, UsageError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Loop
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.stop_calls import MAX_REASON, StopCalls, StopLimits, Stopping
from ecsplan_applier.tasks.verdicts import Verdict

STOP_S: Final = 150.0
"""How long a task may take to stop: a container has at most 120 s on Fargate after SIGTERM (ECS developer
guide, stopTimeout), and the rest is ECS's own."""

_LIMITS: Final = StopLimits(refused_s=30.0)
_TASK_ARN = re.compile(r"arn:[\w-]+:ecs:[\w-]+:\d{12}:task/.+")


async def send_stops(context: RunContext, copy: Copy, reason: str) -> None:
    """Ask for a copy's task to stop, again and again until ECS says of the task that it is to stop.

    What counts is what the watcher sees of the task. One that AWS keeps refusing to stop is given up, with a
    warning that names it; the watcher gives up the others.

    Args:
        context: The apply.
        copy: A copy of which it was decided that it is to stop.
        reason: What ECS shows as the task's stopped reason.
    """
    task = copy.task
    if task is None or not copy.send_stop(context.now()):
        return
    bucket = context.bucket(copy.job.target, "stops")
    calls = StopCalls(context.caller, bucket, _LIMITS, context.report_retry)
    stopping = Stopping(
        place=copy.job.place,
        task=task.arn,
        reason=reason,
        is_stopping=lambda: _is_stopping(copy),
        over=copy.over,
        aborted=context.aborted,
    )
    error = await calls.until_seen(stopping)
    if error is not None:
        _cannot_stop(context, copy, error)


def _is_stopping(copy: Copy) -> bool:
    return copy.over.is_set() or (copy.task is not None and copy.task.is_to_stop)


def _cannot_stop(context: RunContext, copy: Copy, error: ApplierError) -> None:
    context.warn(copy.label, f"{copy.identifier} could not be stopped and may still be running: {error}")
    copy.give_up(Verdict(copy.stopping or Outcome.LOST, f"it could not be stopped: {error}"))


@dataclass(frozen=True, slots=True)
class Stopped:
    """What `ecsplan stop` did: `was_over` says that the task had stopped before."""

    arn: str
    cluster: str
    was_over: bool
    task: Task | None


def stop(
    identifier: str,
    *,
    reason: str,
    session: SessionOptions | None = None,
    clock: Clock | None = None,
    gateway: Gateway | None = None,
    trace: Trace | None = None,
) -> Stopped:
    """Ask for a task to stop, and return at once; stopping may take as long as its containers' stopTimeout.

    Args:
        identifier: `CLUSTER::TASK_ARN`, as `apply` prints it.
        reason: Shown as the task's stopped reason.
        session: What the command line says about reaching AWS.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        trace: Called with each request; used only if `gateway` is None.

    Raises:
        UsageError: The identifier does not name a task.
        ApplierError: AWS refused, or was not reachable.
    """
    cluster, arn = read_identifier(identifier)
    way = gateway or SdkGateway(session, trace=trace)
    target = way.target(Aws(region=region_of(arn)))
    if target.region != region_of(arn):
        raise UsageError(f"the task is in {region_of(arn)}, and --region is {target.region}: leave it out")
    loop = Loop(clock or SystemClock(), workers=1)
    return loop.run(_stop(Caller(way, loop, Random()), target, cluster, arn, reason))  # noqa: S311


def read_identifier(identifier: str) -> tuple[str, str]:
    """Return cluster and task ARN of `CLUSTER::TASK_ARN`.

    Raises:
        UsageError: It does not have this form.
    """
    cluster, colons, arn = identifier.partition("::arn:")
    if not colons or not cluster or not _TASK_ARN.fullmatch(f"arn:{arn}"):
        raise UsageError(
            f"{identifier!r} names no task; write CLUSTER::TASK_ARN, as apply prints it,"
            " such as default::arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef"
        )
    return cluster, f"arn:{arn}"


async def _stop(caller: Caller, target: Target, cluster: str, arn: str, reason: str) -> Stopped:
    request = {"cluster": cluster, "task": arn, "reason": reason[:MAX_REASON]}
    answer = await caller.call(target, STOP_TASK, request, ENDING, about=arn)
    raw = member(answer, "task", dict, STOP_TASK.name, {})
    task = read_task(raw)
    return Stopped(arn, cluster, task is not None and task.is_over, task)
