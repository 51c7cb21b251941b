"""Watching tasks: a hundred in one call, none that is over, quickly where something is about to happen."""

import math
from collections.abc import Iterable
from typing import Final

from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.operations import DESCRIBE_TASKS
from ecsplan_applier.aws.retry import WATCHING, transient
from ecsplan_applier.context import Scene
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.outcomes.own_stops import NOT_RUNNING, STILL_RUNNING
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import SOON_RUNNING, Task, read_task
from ecsplan_applier.scheduling.scheduler import Flag
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.existing import MAX_DESCRIBED, Place, place_of
from ecsplan_applier.tasks.stop import STOP_S, stop_copy
from ecsplan_applier.tasks.verdicts import Verdict

QUICK_S: Final = 0.8
"""The pause between polls while a task may end any moment: a short job's end is seen within a second."""
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
        scene: The apply.
        place: Account, region and cluster.
    """

    def __init__(self, scene: Scene, place: Place) -> None:
        self._scene = scene
        self._target, self._cluster = place
        self._copies: dict[str, Copy] = {}
        self._asked: dict[str, float] = {}
        self._more = Flag()
        self._sleeps_until = math.inf
        self._closed = False
        self._refused_since: float | None = None

    def add(self, copy: Copy) -> None:
        """Watch a copy, which has a task; RunTask has just said how a task is that it started.

        Looking at each right after its start would cost a fleet that starts one by one a call a task.
        """
        if copy.task is not None:
            if not copy.attached:
                copy.due = self._next(copy, self._scene.now())
            self._copies[copy.task.arn] = copy
            self._wake_for([copy])

    def wake(self) -> None:
        """Look again at when which task is due."""
        more, self._more = self._more, Flag()
        more.raise_()

    def _wake_for(self, copies: Iterable[Copy]) -> None:
        """Look again at when which task is due, if one of these is over, or due before the next look.

        A look goes through all tasks: one for each answer would cost a large fleet the square of its size.
        """
        if any(each.over.raised or each.due < self._sleeps_until for each in copies):
            self.wake()

    def close(self) -> None:
        """Expect no more copies."""
        self._closed = True
        self.wake()

    async def watch(self) -> None:
        """Look at the tasks until all are over, or until nobody waits any longer."""
        while not self._scene.leave.raised:
            now = self._scene.now()
            self._check_overdue(now)
            self._drop_over()
            if not self._copies:
                if self._closed:
                    return
                self._sleeps_until = math.inf
                await self._scene.loop.wait(self._more, self._scene.leave)
                continue
            due = min(self._due(copy) for copy in self._copies.values())
            if due > now:
                self._sleeps_until = due
                await self._scene.loop.wait(
                    self._more, self._scene.leave, seconds=None if due == math.inf else due - now
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
        """Act on the limits of tasks whose state does not come."""
        for arn in self._asked.keys() & self._copies.keys():
            if self._due(self._copies[arn]) <= now:
                self._check_limits(self._copies[arn], now)

    def _drop_over(self) -> None:
        for arn in [arn for arn, copy in self._copies.items() if copy.over.raised]:
            del self._copies[arn]

    def _look(self, now: float) -> None:
        """Ask for all that is due, and fill the calls up with what is due soon."""
        free = (copy for arn, copy in self._copies.items() if arn not in self._asked)
        waiting = sorted(free, key=lambda each: each.due)
        count = sum(each.due <= now + SLACK * self._pause(each, now) for each in waiting)
        count = min(len(waiting), -(-count // MAX_DESCRIBED) * MAX_DESCRIBED)
        asked = [each for each in waiting[:count] if each.task is not None]
        chunks = [asked[index : index + MAX_DESCRIBED] for index in range(0, len(asked), MAX_DESCRIBED)]
        for chunk in chunks:
            arns = [each.task.arn for each in chunk if each.task is not None]
            self._asked.update(dict.fromkeys(arns, now))
            self._scene.loop.spawn(self._ask(chunk, arns), alone=True)

    async def _ask(self, chunk: list[Copy], arns: list[str]) -> None:
        await self._describe(chunk, arns)
        for arn in arns:
            del self._asked[arn]
        self._wake_for(chunk)

    async def _describe(self, chunk: list[Copy], arns: list[str]) -> None:
        request = {"tasks": arns} if self._cluster is None else {"cluster": self._cluster, "tasks": arns}
        try:
            answer = await self._scene.caller.call(
                self._target,
                DESCRIBE_TASKS,
                request,
                WATCHING,
                give_up=self._scene.leave,
                bucket=self._scene.bucket(self._target, "descriptions"),
            )
            found = self._read(answer)
        except ApplierError as error:
            self._failed(chunk, error)
            return
        self._refused_since = None
        for arn, copy in zip(arns, chunk, strict=True):
            self._take(copy, found.get(arn))

    def _read(self, answer: object) -> dict[str, Task]:
        raw = members(answer, "tasks", dict, DESCRIBE_TASKS.name) if isinstance(answer, dict) else []
        tasks = (read_task(each) for each in raw)
        return {each.arn: each for each in tasks if each is not None}

    def _failed(self, chunk: list[Copy], error: ApplierError) -> None:
        """Give up the tasks whose state cannot be read; after one refusal the next answer may be better."""
        now = self._scene.now()
        if isinstance(error, AwsError) and not transient(error):
            self._refused_since = now if self._refused_since is None else self._refused_since
            if now - self._refused_since < REFUSED_S:
                for copy in chunk:
                    if _limit_while_asked(copy) <= now:
                        self._check_limits(copy, now)
                    copy.due = now + self._pause(copy, now)
                return
        for copy in chunk:
            if self._scene.leave.raised:
                continue
            reason = f"its state can no longer be read, and it may still be running: {error}"
            copy.give_up(Verdict(copy.stopping or Outcome.LOST, reason))

    def _take(self, copy: Copy, task: Task | None) -> None:
        """Take what ECS says of a task, or that it says nothing; of one that was given up, nothing counts."""
        if copy.over.raised:
            return
        now = self._scene.now()
        if task is None:
            self._missing(copy, now)
        else:
            copy.saw(self._scene, task)
        if not copy.over.raised:
            self._check_limits(copy, now)
            copy.due = self._next(copy, now)

    def _missing(self, copy: Copy, now: float) -> None:
        copy.missing_since = copy.missing_since or now
        if now - copy.missing_since > MISSING_S:
            reason = "ECS does not know the task (any more): MISSING; its exit code cannot be had"
            copy.give_up(Verdict(Outcome.LOST, reason))

    def _check_limits(self, copy: Copy, now: float) -> None:
        """Stop a task that takes too long to start, to end, or to stop."""
        watch = copy.job.planned.watch
        if copy.stop_asked_at is not None:
            if now >= copy.stop_asked_at + STOP_S:
                reason = f"it had not stopped {STOP_S:.0f} s after it was asked to"
                copy.give_up(Verdict(copy.stopping or Outcome.LOST, reason))
        elif copy.running_since is None and now >= copy.launched_at + watch.start_timeout_s:
            self._stop(copy, Outcome.START_TIMEOUT, NOT_RUNNING, watch.start_timeout_s)
        else:
            self._check_timeout(copy, now)

    def _check_timeout(self, copy: Copy, now: float) -> None:
        """Stop a task that has run for too long, unless it was asked to stop."""
        timeout_s, since = copy.job.planned.watch.timeout_s, copy.running_since
        if timeout_s is None or since is None or copy.stop_asked_at is not None:
            return
        if now >= since + timeout_s:
            self._stop(copy, Outcome.TIMEOUT, STILL_RUNNING, timeout_s)

    def _stop(self, copy: Copy, why: Outcome, what: str, limit_s: float) -> None:
        copy.stop_asked_at = self._scene.now()
        if why is Outcome.START_TIMEOUT and copy.task is not None:
            copy.stuck_in = copy.task.status
        reason = f"{what} {limit_s:g} s"
        self._scene.note(copy.label, f"{reason.removeprefix('ecsplan: ')}; stopping it")
        self._scene.loop.spawn(stop_copy(self._scene, copy, why, reason), alone=True)

    def _next(self, copy: Copy, now: float) -> float:
        """Return when to look at a task next: after its pause, or when one of its limits is reached."""
        due = now + self._pause(copy, now)
        for limit in _limits(copy):
            if limit > now:
                due = min(due, limit)
        return due

    def _pause(self, copy: Copy, now: float) -> float:
        """Return the pause before a task is looked at again."""
        interval = copy.job.planned.watch.poll_interval_s
        since = now - max(copy.changed_at, copy.running_since or 0.0, copy.stop_asked_at or 0.0)
        soon = copy.task is not None and copy.task.status in SOON_RUNNING
        quick_for = PULLING_QUICK_FOR_S if soon else QUICK_FOR_S
        if since < quick_for:
            return min(interval, QUICK_S)
        return min(interval, max(QUICK_S, GROWTH * (since - quick_for + QUICK_S)))


def _limits(copy: Copy) -> Iterable[float]:
    """Yield the times at which something is to be decided about a task."""
    watch = copy.job.planned.watch
    if copy.stop_asked_at is not None:
        yield copy.stop_asked_at + STOP_S
    elif copy.running_since is None:
        yield copy.launched_at + watch.start_timeout_s
    elif watch.timeout_s is not None:
        yield copy.running_since + watch.timeout_s


def _limit_while_asked(copy: Copy) -> float:
    """Return when something is to be decided about a task although its state cannot be had.

    Whether it runs is not known then: the start timeout is none of these limits.
    """
    begun = copy.running_since is not None or copy.stop_asked_at is not None
    return min(_limits(copy), default=math.inf) if begun else math.inf


class Watchers:
    """The watchers of an apply, one for each cluster."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._watchers: dict[Place, Watcher] = {}

    def add(self, copy: Copy) -> None:
        """Watch a copy that has a task, if it is not over."""
        place = place_of(copy.job)
        if place not in self._watchers:
            self._watchers[place] = Watcher(self._scene, place)
            self._scene.loop.spawn(self._watchers[place].watch(), alone=True)
        self._watchers[place].add(copy)

    def wake(self) -> None:
        """Have all of them look again at when which task is due."""
        for each in self._watchers.values():
            each.wake()

    def close(self) -> None:
        """Expect no more copies."""
        for each in self._watchers.values():
            each.close()
