"""StopTask calls, made again and again until ECS says of the task that it is to stop."""

import math
import re
from collections.abc import Callable
from dataclasses import field
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.operations import STOP_TASK
from ecsplan_applier.aws.rate_limits import RateLimit
from ecsplan_applier.aws.retry import Caller, Retrying, RetryPolicy, throttled, transient
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SessionError
from ecsplan_applier.scheduling.scheduler import Event

MAX_REASON: Final = 255
"""Characters of a stop reason that ECS shows; it may be up to 1,024 (botocore ecs model, StopTask.reason)."""

_SEEN_WITHIN_S: Final = 2.5
"""How long after StopTask the task may not yet show that it is to stop, before the call is made again."""
_ANSWER_S: Final = 2.0
"""How long an answer to StopTask is waited for."""
_AGAIN: Final = RetryPolicy(max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=0.5, max_pause_s=3.0)
"""Pauses before a StopTask call that failed is made again."""
_NO_CLUSTER: Final = "ClusterNotFoundException"
_GONE = re.compile("referenced task was not found|could not find task|not find task", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StopLimits:
    """How long a stop is asked for in vain.

    Attributes:
        refused_s: How long AWS may refuse: a refusal may be a proxy's, or that of a policy being changed.
        failing_s: How long calls may fail without a refusal, throttled or lost.
        missing_s: How long ECS may not know the task; one that has just been started is not known at once.
    """

    refused_s: float
    failing_s: float = math.inf
    missing_s: float = math.inf


def _ignore(_: Body) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Stopping:
    """One task that is to stop.

    Attributes:
        place: Where it is.
        task: Its ARN or id.
        reason: What ECS shows as its stopped reason.
        is_stopping: Says whether ECS has been seen to stop it, whoever asked for that.
        over: Set when it has stopped, or when nothing more is to be asked for.
        aborted: Set when nothing more is to be waited for.
        answered: Called with each answer to StopTask.
    """

    place: Place
    task: str
    reason: str
    is_stopping: Callable[[], bool]
    over: Event = field(default_factory=Event)
    aborted: Event = field(default_factory=Event)
    answered: Callable[[Body], None] = _ignore

    def request(self) -> Body:
        """Return the StopTask request."""
        return self.place.request({"task": self.task, "reason": self.reason[:MAX_REASON]})


@dataclass(frozen=True, slots=True)
class StopCalls:
    """How StopTask is called.

    Attributes:
        caller: Makes the calls.
        bucket: Limits their rate.
        limits: For how long.
        report: Called with each call that AWS refused or that was lost.
    """

    caller: Caller
    bucket: RateLimit
    limits: StopLimits
    report: Callable[[Retrying], None]

    async def until_seen(self, stopping: Stopping) -> ApplierError | None:
        """Ask for a task to stop until ECS is seen to stop it; return why it was given up, or None.

        An answer to StopTask is not the state: it may have been lost, spoilt, or given by somebody else.
        """
        loop = self.caller.loop
        began, request = loop.clock.elapsed(), stopping.request()
        # Invariant: since `refused_since`, AWS has refused each try. An answer that was lost in between
        # resets it: it may have been a yes.
        refused_since: float | None = None
        tries = 0
        while True:
            tries += 1
            error = await self._send(stopping, request, began)
            now = loop.clock.elapsed()
            if error is None or _is_passing(error):
                refused_since = None
            elif refused_since is None:
                refused_since = now
            # A success is given time to show; a failure is retried by its own pauses.
            pause = _SEEN_WITHIN_S if error is None else self.caller.pause(_AGAIN, tries)
            await loop.wait(stopping.over, stopping.aborted, seconds=pause)
            # What ECS shows of the task decides, whoever asked for it: a stop that others sent counts, too.
            aborted = stopping.aborted.is_set()
            if stopping.is_stopping() or (aborted and error is None):
                return None
            if error is not None and (aborted or self._persists(error, refused_since, began)):
                return error

    def _persists(self, error: ApplierError, refused_since: float | None, began: float) -> bool:
        """Return whether calls have failed for so long that they are given up."""
        now, limits = self.caller.loop.clock.elapsed(), self.limits
        refused = refused_since is not None and now - refused_since >= limits.refused_s
        missing = _is_missing(error) and now - began >= limits.missing_s
        return refused or missing or now - began >= limits.failing_s

    async def _send(self, stopping: Stopping, request: Body, first: float) -> ApplierError | None:
        """Make one StopTask call, and return what was wrong with its answer, or None.

        A call that takes long is not waited for to its end: the next one does no harm.
        """
        loop = self.caller.loop
        await self.bucket.take(1, stopping.over)
        began = loop.clock.elapsed()
        # Not by `Caller.call`: it would wait for an answer, and the next call is due before one comes.
        sending = loop.create_task(self._try(stopping, request))
        await loop.wait(sending.done, stopping.over, seconds=_ANSWER_S)
        error = sending.result() if sending.done.is_set() else None
        if isinstance(error, AwsError):
            if throttled(error):
                self.bucket.throttled()
            # Reported as of the first call: who waits for the task to stop wants to know since when it fails.
            self.report(Retrying(error, began - first, 0.0))
        elif sending.done.is_set():
            self.bucket.accepted()
        return error

    async def _try(self, stopping: Stopping, request: Body) -> ApplierError | None:
        try:
            answer = await self.caller.once(stopping.place.target, STOP_TASK, request)
        except ApplierError as error:
            if isinstance(error, AwsError):
                error.name_subject(stopping.task)
            return error
        stopping.answered(answer)
        return None


def _is_missing(error: ApplierError) -> bool:
    """Return whether ECS says that it does not know the task, or not even its cluster."""
    return _is_unknown(error) or (isinstance(error, AwsError) and error.code == _NO_CLUSTER)


def _is_unknown(error: ApplierError) -> bool:
    return isinstance(error, AwsError) and bool(_GONE.search(error.text))


def _is_passing(error: ApplierError) -> bool:
    """Return whether a later try may go better: only AWS's own refusals, and settings, stay."""
    # A task that was started a moment ago may not be known yet to whatever answers StopTask.
    if isinstance(error, AwsError):
        return transient(error) or _is_unknown(error)
    return isinstance(error, SessionError) and error.passing
