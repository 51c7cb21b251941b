"""Stopping tasks: those of an apply, and the one that `ecsplan stop` names."""

import re
from dataclasses import dataclass
from random import Random
from typing import Final

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.arns import region_of
from ecsplan_applier.aws.answers import member
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.operations import STOP_TASK
from ecsplan_applier.aws.retry import ENDING, Caller, Retrying, RetryPolicy, throttled, transient
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SessionError, UsageError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Loop
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.verdicts import Verdict

STOP_S: Final = 150.0
"""How long a task may take to stop: a container has at most 120 s on Fargate after SIGTERM (ECS developer
guide, stopTimeout), and the rest is ECS's own."""

MAX_REASON: Final = 255
"""Characters of a stop reason that ECS shows; it may be up to 1,024 (botocore ecs model, StopTask.reason)."""

_SEEN_WITHIN_S: Final = 2.5
"""How long after StopTask the task may not yet show that it is to stop, before the call is made again."""
_ANSWER_S: Final = 2.0
"""How long an answer to StopTask is waited for."""
_REFUSED_S: Final = 30.0
"""How long AWS may refuse to stop a task: a refusal may be a proxy's, or that of a policy being changed."""
_AGAIN: Final = RetryPolicy(max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=0.5, max_pause_s=3.0)
"""Pauses before a StopTask call that failed is made again."""

_TASK_ARN = re.compile(r"arn:[\w-]+:ecs:[\w-]+:\d{12}:task/.+")
_GONE = re.compile("referenced task was not found|could not find task|not find task", re.IGNORECASE)


async def send_stops(context: ApplyContext, copy: Copy, reason: str) -> None:
    """Ask for a copy's task to stop, again and again until ECS says of the task that it is to stop.

    An answer to StopTask is not the state: it may have been lost, spoilt, or given by somebody else. What
    counts is what the watcher sees of the task. One that AWS keeps refusing to stop is given up, with a
    warning that names it; the watcher gives up the others.

    Args:
        context: The apply.
        copy: A copy of which it was decided that it is to stop.
        reason: What ECS shows as the task's stopped reason.
    """
    began, task = context.now(), copy.task
    if task is None or not copy.send_stop(began):
        return
    request = copy.job.place.request({"task": task.arn, "reason": reason[:MAX_REASON]})
    # Invariant: since `refused_since`, AWS has refused each try. An answer that was lost in between resets
    # it: it may have been a yes.
    refused_since: float | None = None
    tries = 0
    while True:
        tries += 1
        error = await _send(context, copy, request, began)
        if error is None or _is_passing(error):
            refused_since = None
        elif refused_since is None:
            refused_since = context.now()
        # A success is given time to show; a failure is retried by its own pauses.
        pause = _SEEN_WITHIN_S if error is None else context.caller.pause(_AGAIN, tries)
        await context.loop.wait(copy.over, context.aborted, seconds=pause)
        # What ECS shows of the task decides, whoever asked for it: a stop that others sent counts as well.
        if _is_stopping(copy) or (context.aborted.is_set() and error is None):
            return
        persists = refused_since is not None and context.now() - refused_since >= _REFUSED_S
        if error is not None and (persists or context.aborted.is_set()):
            _cannot_stop(context, copy, error)
            return


async def _send(context: ApplyContext, copy: Copy, request: Body, first: float) -> ApplierError | None:
    """Make one StopTask call, and return what was wrong with its answer, or None.

    A call that takes long is not waited for to its end: the next one does no harm.
    """
    bucket = context.bucket(copy.job.target, "stops")
    await bucket.take(1, copy.over)
    began = context.now()
    # Not by `Caller.call`: it would wait for an answer, and the next call is due before one comes.
    sending = context.loop.create_task(_try(context, copy, request))
    await context.loop.wait(sending.done, copy.over, seconds=_ANSWER_S)
    error = sending.result() if sending.done.is_set() else None
    if isinstance(error, AwsError):
        if throttled(error):
            bucket.throttled()
        # Reported as of the first call: who waits for the task to stop wants to know since when it fails.
        context.report_retry(Retrying(error, began - first, 0.0))
    elif sending.done.is_set():
        bucket.accepted()
    return error


async def _try(context: ApplyContext, copy: Copy, request: Body) -> ApplierError | None:
    try:
        await context.caller.once(copy.job.target, STOP_TASK, request)
    except ApplierError as error:
        if isinstance(error, AwsError):
            error.name_subject(str(request["task"]))
        return error
    return None


def _is_stopping(copy: Copy) -> bool:
    return copy.over.is_set() or (copy.task is not None and copy.task.is_to_stop)


def _is_passing(error: ApplierError) -> bool:
    """Return whether a later try may go better: only AWS's own refusals, and settings, stay."""
    # A task that was started a moment ago may not be known yet to whatever answers StopTask.
    if isinstance(error, AwsError):
        return transient(error) or bool(_GONE.search(error.text))
    return isinstance(error, SessionError) and error.passing


def _cannot_stop(context: ApplyContext, copy: Copy, error: ApplierError) -> None:
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
