"""Stopping tasks: those of an apply, and the one that `ecsplan stop` names."""

import re
from dataclasses import dataclass
from random import Random
from typing import Final

from ecsplan.observed import Aws
from ecsplan_applier.answers import member
from ecsplan_applier.clock import Clock, SystemClock
from ecsplan_applier.errors import ApplierError, AwsError, UsageError
from ecsplan_applier.fleet import Copy
from ecsplan_applier.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.loop import Loop
from ecsplan_applier.observe import region_of
from ecsplan_applier.operations import STOP_TASK
from ecsplan_applier.result import Outcome
from ecsplan_applier.retry import ENDING, Caller
from ecsplan_applier.scene import Scene
from ecsplan_applier.tasks import Task, read_task
from ecsplan_applier.verdicts import Verdict

STOP_S: Final = 150.0
"""How long a task may take to stop: a container has at most 120 s on Fargate after SIGTERM (ECS developer
guide, stopTimeout), and the rest is ECS's own."""

MAX_REASON: Final = 255
"""Characters of a stop reason that ECS shows; it may be up to 1,024 (botocore ecs model, StopTask.reason)."""

_TASK_ARN = re.compile(r"arn:[\w-]+:ecs:[\w-]+:\d{12}:task/.+")
_GONE = re.compile("referenced task was not found|could not find task|not find task", re.IGNORECASE)


async def stop_copy(scene: Scene, copy: Copy, why: Outcome, reason: str) -> None:
    """Ask for a copy's task to stop; the watcher sees when it has.

    A task that cannot be stopped is given up, with a warning that names it.
    """
    if copy.task is None or copy.over.raised or copy.stopping is not None:
        return
    copy.stopping, copy.stop_asked_at = why, scene.now()
    copy.due = scene.now()
    request = copy.job.with_cluster({"task": copy.task.arn, "reason": reason[:MAX_REASON]})
    try:
        await scene.caller.call(
            copy.job.target,
            STOP_TASK,
            request,
            ENDING,
            about=copy.task.arn,
            give_up=scene.leave,
            bucket=scene.bucket(copy.job.target, "stops"),
        )
    except AwsError as error:
        if _GONE.search(error.text):
            return
        _cannot_stop(scene, copy, why, error)
    except ApplierError as error:
        _cannot_stop(scene, copy, why, error)


def _cannot_stop(scene: Scene, copy: Copy, why: Outcome, error: ApplierError) -> None:
    scene.warn(copy.label, f"{copy.identifier} could not be stopped and may still run: {error}")
    copy.give_up(Verdict(why, f"it could not be stopped: {error}"))


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
        trace: Told of each request; only where `gateway` is None.

    Raises:
        UsageError: The identifier is none.
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
            f"{identifier!r} names no task; write CLUSTER::TASK_ARN, as `ecsplan apply` prints it,"
            " such as default::arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef"
        )
    return cluster, f"arn:{arn}"


async def _stop(caller: Caller, target: Target, cluster: str, arn: str, reason: str) -> Stopped:
    request = {"cluster": cluster, "task": arn, "reason": reason[:MAX_REASON]}
    answer = await caller.call(target, STOP_TASK, request, ENDING, about=arn)
    raw = member(answer, "task", dict, STOP_TASK.name, {})
    task = read_task(raw)
    return Stopped(arn, cluster, task is not None and task.is_over, task)
