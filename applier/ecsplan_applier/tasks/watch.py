"""Watching tasks: a hundred with one call, none that is over, and often while a change is near."""

import math
from collections.abc import Iterable
from typing import Final

from ecsplan_applier.aws.cluster_tasks import MAX_DESCRIBED, Place, chunks, describe_tasks
from ecsplan_applier.aws.retry import WATCHING, transient
from ecsplan_applier.context import RunContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.outcomes.own_stop_reasons import NOT_RUNNING, STILL_RUNNING
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import SOON_RUNNING, Task
from ecsplan_applier.scheduling.scheduler import Event
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.copy_state import (
    Abandoned,
    CopyState,
    Detached,
    Ended,
    NotStarted,
    Recalled,
    Requested,
    Running,
    Starting,
    Stopping,
    Waiting,
    followed_of,
)
from ecsplan_applier.tasks.stop import STOP_S, send_stops
from ecsplan_applier.tasks.verdicts import Verdict

QUICK_S: Final = 0.8
"""The pause between polls while a task may end any moment: a short job's end is seen within a second."""
AWAITED_QUICK_S: Final = 1.0
"""The same of a job that others wait for. In a chain of short jobs, what is noticed late adds up: with whole
seconds, it is never later than by the loop that people write by hand, whatever the length of the jobs."""
EMBEDDED_QUICK_S: Final = 0.2
"""The same where polls go to the embedded ECS, which has no quota to spare."""
QUICK_FOR_S: Final = 12.0
"""How long polls stay quick after a task was started, began to run, or was asked to stop."""
PULLING_QUICK_FOR_S: Final = 60.0
"""The same while the image is pulled: the job begins any moment."""
GROWTH: Final = 0.35
"""After that, the pause is this part of the time since the last change, up to the job's poll interval."""
SLACK: Final = 0.25
"""Tasks that are due within this part of their pause are asked for in the same call."""
MISSING_S: Final = 60.0
"""How long DescribeTasks may not know a task, before it counts as gone: it is eventually consistent (ECS API
reference, RunTask), and shows stopped tasks for about an hour."""
ANSWER_S: Final = 5.0
"""How long an answer under way is waited for before a limit is acted upon: a task that has ended just in time
is not stopped."""
REFUSED_S: Final = 60.0
"""How long AWS may refuse to describe the tasks, before they are given up: a refusal may be a proxy's, or
that of a policy being changed."""


class Watcher:
    """Looks at the tasks of one cluster until all are over.

    Args:
        context: The apply.
        place: Account, region and cluster.
    """

    def __init__(self, context: RunContext, place: Place) -> None:
        self._context = context
        self._place = place
        self._copies: dict[str, Copy] = {}
        self._asked: dict[str, float] = {}
        self._more = Event()
        self._sleeps_until = math.inf
        self._closed = False
        self._refused_since: float | None = None

    def add(self, copy: Copy) -> None:
        """Watch a copy, which has a task; RunTask has just said how a task is that it started.

        Looking at each right after its start would cost tasks that start one by one a call each.
        """
        if copy.task is not None:
            # Of a task that was attached to, the state may be as old as the listing that found it.
            if not copy.attached:
                copy.look_at(self._next(copy, self._context.now()))
            self._copies[copy.task.arn] = copy
            self._wake_for([copy])

    def wake(self) -> None:
        """Look again at when which task is due."""
        more, self._more = self._more, Event()
        more.set()

    def _wake_for(self, copies: Iterable[Copy]) -> None:
        """Look again at when which task is due, if one of these is over, or due before the next look.

        A look goes through all tasks: one for each answer would cost the square of the number of tasks.
        """
        if any(each.over.is_set() or each.due < self._sleeps_until for each in copies):
            self.wake()

    def close(self) -> None:
        """Expect no more copies."""
        self._closed = True
        self.wake()

    async def watch(self) -> None:
        """Look at the tasks until all are over, or until nothing is waited for."""
        while not self._context.aborted.is_set():
            now = self._context.now()
            # Invariant: each copy in `_copies` is either asked for right now (`_asked`), or waits for its
            # `due`. So the next moment at which anything can happen is the smallest `_due`, and the loop may
            # sleep until then.
            self._check_overdue(now)
            # After the limits: a task that these have just given up needs no look any more.
            self._drop_over()
            if not self._copies:
                if self._closed:
                    return
                self._sleeps_until = math.inf
                await self._context.loop.wait(self._more, self._context.aborted)
                continue
            due = min(self._due(copy) for copy in self._copies.values())
            if due > now:
                self._sleeps_until = due
                await self._context.loop.wait(
                    self._more, self._context.aborted, seconds=None if due == math.inf else due - now
                )
                continue
            self._look(now)

    def _due(self, copy: Copy) -> float:
        """Return when to look at a task; while it is asked for, when its time is over and the answer overdue.

        A call that takes long, or is made again for minutes, holds up neither other tasks nor a limit.
        """
        asked_at = None if copy.task is None else self._asked.get(copy.task.arn)
        return copy.due if asked_at is None else max(asked_at + ANSWER_S, _limit_while_asked(copy))

    def _check_overdue(self, now: float) -> None:
        """Act on the limits of tasks for which an answer is overdue."""
        for arn in self._asked.keys() & self._copies.keys():
            if self._due(self._copies[arn]) <= now:
                self._check_limits(self._copies[arn], now)

    def _drop_over(self) -> None:
        for arn in [arn for arn, copy in self._copies.items() if copy.over.is_set()]:
            del self._copies[arn]

    def _look(self, now: float) -> None:
        """Ask for all that is due, and fill the calls up with what is due soon."""
        free = (copy for arn, copy in self._copies.items() if arn not in self._asked)
        waiting = sorted(free, key=lambda each: each.due)
        # Tasks that are due a little later come along: their next calls then fall together as well.
        count = sum(each.due <= now + SLACK * self._pause(each, now) for each in waiting)
        # Rounded up to whole calls: a call costs the same for one task as for a hundred.
        count = min(len(waiting), -(-count // MAX_DESCRIBED) * MAX_DESCRIBED)
        asked = [each for each in waiting[:count] if each.task is not None]
        for group in chunks(asked):
            chunk = list(group)
            arns = [each.task.arn for each in chunk if each.task is not None]
            self._asked.update(dict.fromkeys(arns, now))
            # In the background: a call that hangs must not keep the other tasks of the cluster from being
            # seen.
            self._context.loop.create_task(self._ask(chunk, arns), background=True)

    async def _ask(self, chunk: list[Copy], arns: list[str]) -> None:
        await self._describe(chunk, arns)
        # Also after a failure: tasks that stayed in `_asked` would never be asked for again.
        for arn in arns:
            del self._asked[arn]
        self._wake_for(chunk)

    async def _describe(self, chunk: list[Copy], arns: list[str]) -> None:
        try:
            tasks = await describe_tasks(
                self._context.caller,
                self._place,
                arns,
                WATCHING,
                tags=False,
                cancel=self._context.aborted,
                bucket=self._context.bucket(self._place.target, "descriptions"),
            )
        except ApplierError as error:
            self._failed(chunk, error)
            return
        self._refused_since = None
        # One answer is enough: what refused the calls before it has been put right.
        found = {each.arn: each for each in tasks}
        for arn, copy in zip(arns, chunk, strict=True):
            self._take(copy, found.get(arn))

    def _failed(self, chunk: list[Copy], error: ApplierError) -> None:
        """Give up the tasks whose state cannot be read; after a single refusal, ask again."""
        now = self._context.now()
        # A transient failure that comes here has lasted as long as WATCHING says: it is final.
        if isinstance(error, AwsError) and not transient(error):
            self._refused_since = now if self._refused_since is None else self._refused_since
            if now - self._refused_since < REFUSED_S:
                for copy in chunk:
                    if _limit_while_asked(copy) <= now:
                        self._check_limits(copy, now)
                    copy.look_at(now + self._pause(copy, now))
                return
        for copy in chunk:
            if self._context.aborted.is_set():
                continue
            # What was decided before stays the outcome: a task that was asked to stop for its timeout has
            # timed out.
            reason = f"its state can no longer be read, and it may still be running: {error}"
            copy.give_up(Verdict(copy.stopping or Outcome.LOST, reason))

    def _take(self, copy: Copy, task: Task | None) -> None:
        """Take what ECS says of a task, or that it does not show it; ignore one that was given up."""
        # It was given up while the call was under way, and its result has been reported.
        if copy.over.is_set():
            return
        now = self._context.now()
        if task is None:
            self._missing(copy, now)
        else:
            copy.observe(self._context, task)
        if not copy.over.is_set():
            self._check_limits(copy, now)
            copy.look_at(self._next(copy, now))

    def _missing(self, copy: Copy, now: float) -> None:
        copy.miss(now)
        followed = followed_of(copy.state)
        since = None if followed is None else followed.missing_since
        if since is not None and now - since > MISSING_S:
            reason = "ECS no longer knows the task (MISSING); its exit code can no longer be read"
            copy.give_up(Verdict(Outcome.LOST, reason))

    def _check_limits(self, copy: Copy, now: float) -> None:
        """Stop a task that takes too long to start, to end, or to stop."""
        limit = _limit(copy)
        if now < limit:
            return
        watch = copy.job.planned.watch
        match copy.state:
            case Starting(followed=followed):
                status = followed.task.status
                self._stop(copy, Outcome.START_TIMEOUT, NOT_RUNNING, watch.start_timeout_s, stuck_in=status)
            case Running() if watch.timeout_s is not None:
                self._stop(copy, Outcome.TIMEOUT, STILL_RUNNING, watch.timeout_s)
            case Stopping():
                reason = f"it had not stopped {STOP_S:.0f} s after it was asked to"
                copy.give_up(Verdict(copy.stopping or Outcome.LOST, reason))
            case Running() | Waiting() | Requested() | NotStarted() | Recalled():
                pass
            case Ended() | Abandoned() | Detached():
                pass

    def _stop(
        self, copy: Copy, why: Outcome, what: str, limit_s: float, *, stuck_in: str | None = None
    ) -> None:
        if not copy.request_stop(why, self._context.now(), stuck_in=stuck_in):
            return
        reason = f"{what} {limit_s:g} s"
        self._context.note(copy.label, f"{reason.removeprefix('ecsplan: ')}; stopping it")
        self._context.loop.create_task(send_stops(self._context, copy, reason), background=True)

    def _next(self, copy: Copy, now: float) -> float:
        """Return when to look at a task next: after its pause, or when one of its limits is reached."""
        # A limit in the past was acted on just now; the next look is for the effect.
        due, limit = now + self._pause(copy, now), _limit(copy)
        return min(due, limit) if limit > now else due

    def _pause(self, copy: Copy, now: float) -> float:
        """Return the pause before a task is looked at again."""
        interval = copy.job.planned.watch.poll_interval_s
        since = now - _last_change(copy.state)
        soon = copy.task is not None and copy.task.status in SOON_RUNNING
        quick_for = PULLING_QUICK_FOR_S if soon else QUICK_FOR_S
        quick = AWAITED_QUICK_S if copy.job.is_awaited else QUICK_S
        if self._context.is_embedded:
            quick = EMBEDDED_QUICK_S
        if since < quick_for:
            return min(interval, quick)
        return min(interval, max(quick, GROWTH * (since - quick_for + quick)))


def _last_change(state: CopyState) -> float:
    """Return when something last happened to a task, by the loop's clock."""
    match state:
        case Waiting() | Requested() | NotStarted() | Recalled():
            return 0.0
        case (
            Starting(followed=followed)
            | Ended(followed=followed)
            | Abandoned(followed=followed)
            | Detached(followed=followed)
        ):
            return followed.changed_at
        case Running(followed=followed, since=since):
            return max(followed.changed_at, since)
        case Stopping(followed=followed, stop=stop):
            return max(followed.changed_at, stop.at)


def _limit(copy: Copy) -> float:
    """Return when something is to be decided about a task, by the loop's clock; infinity for never."""
    watch = copy.job.planned.watch
    match copy.state:
        case Starting(followed=followed):
            return followed.launched_at + watch.start_timeout_s
        case Running(since=since):
            return math.inf if watch.timeout_s is None else since + watch.timeout_s
        case Stopping(stop=stop):
            return stop.at + STOP_S
        case Waiting() | Requested() | NotStarted() | Recalled() | Ended() | Abandoned() | Detached():
            return math.inf


def _limit_while_asked(copy: Copy) -> float:
    """Return when something is to be decided about a task although its state cannot be read.

    Whether it runs is not known then, so that the start timeout does not count.
    """
    return math.inf if isinstance(copy.state, Starting) else _limit(copy)


class Watchers:
    """The watchers of an apply, one for each cluster."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._watchers: dict[Place, Watcher] = {}

    def add(self, copy: Copy) -> None:
        """Watch a copy that has a task, if it is not over."""
        place = copy.job.place
        if place not in self._watchers:
            self._watchers[place] = Watcher(self._context, place)
            self._context.loop.create_task(self._watchers[place].watch(), background=True)
        self._watchers[place].add(copy)

    def wake(self) -> None:
        """Have all of them look again at when which task is due."""
        for each in self._watchers.values():
            each.wake()

    def close(self) -> None:
        """Expect no more copies."""
        for each in self._watchers.values():
            each.close()
