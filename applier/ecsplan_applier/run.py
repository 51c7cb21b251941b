"""From a revision to tasks: RunTask with tokens that start nothing twice, paced, again while tasks lack."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from ecsplan.observed import Body
from ecsplan_applier.answers import members
from ecsplan_applier.attach import Attach, is_inactive
from ecsplan_applier.errors import ApplierError, AwsError
from ecsplan_applier.fleet import Copy, JobRun, no_capacity
from ecsplan_applier.limits import Paired
from ecsplan_applier.operations import RUN_TASK
from ecsplan_applier.result import Outcome
from ecsplan_applier.retry import CHANGING, Patience
from ecsplan_applier.run_ids import client_token, started_by
from ecsplan_applier.scene import Scene
from ecsplan_applier.tasks import Task, read_task
from ecsplan_applier.verdicts import Verdict

MOST_LAUNCHED: Final = 10
"""Tasks of one RunTask call (botocore ecs model, RunTask.count)."""

_CAPACITY: Final = re.compile(
    r"capacity is unavailable|no capacity|reached the limit on the number of vcpus", re.IGNORECASE
)
"""Exceptions that mean what `failures` mean elsewhere: no room at the moment."""
_HOPELESS: Final = re.compile(r"^(ATTRIBUTE|LOCATION|INACTIVE|MISSING)\b|placement constraint", re.IGNORECASE)
"""Reasons of `failures` that no waiting cures (ECS developer guide, API failure reasons)."""
_ROOM: Final = Patience(limit_s=0.0, unreached_s=0.0, first_s=1.0, most_s=15.0)
"""Pauses between attempts while there is no room; the start timeout ends them."""
_NO_REASON: Final = "ECS started no task and gave no reason"
_INTERRUPTED: Final = Verdict(Outcome.INTERRUPTED, "interrupted before it was started")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a RunTask call brought.

    Attributes:
        tasks: The tasks, and of each whether it was there before.
        reason: Why there are fewer than asked for, or None.
    """

    tasks: tuple[tuple[Task, bool], ...]
    reason: str | None


class Launch:
    """Starts what is missing of one job.

    Args:
        scene: The apply.
        job: The job, whose revision is known.
        attach: Knows the tasks of this run that were there before.
    """

    def __init__(self, scene: Scene, job: JobRun, attach: Attach) -> None:
        self._scene = scene
        self._job = job
        self._attach = attach
        self._launches = scene.bucket(job.target, "launches")
        self._pace = Paired(scene.bucket(job.target, "run_calls"), self._launches)
        self._lost: AwsError | None = None
        self._inactive: AwsError | None = None

    async def start(self) -> None:
        """Give each copy its task, or the reason why it has none.

        Raises:
            InactiveError: The revision was deregistered in the meantime, and no copy runs with it.
            ApplierError: AWS refused.
        """
        if await self._attach.outlived(self._job):
            return
        count = len(self._job.copies)
        began = self._scene.loop.clock.now()
        try:
            await self._scene.loop.gather(
                self._batch(first, min(MOST_LAUNCHED, count - first + 1))
                for first in range(1, count + 1, MOST_LAUNCHED)
            )
        except ApplierError:
            # The refusal of one batch is what counts; what the lost ones started is looked for all the same.
            if self._lost is not None:
                with suppress(ApplierError):
                    await self._attach.lost(self._job, self._lost, began)
            raise
        if self._lost is not None:
            await self._attach.lost(self._job, self._lost, began)
        if self._inactive is not None:
            await self._attach.finished(self._job, self._inactive)

    async def _batch(self, first: int, copies: int) -> None:
        """Start `copies` copies from `first` on, with further attempts for those that ECS has no room for."""
        deadline, attempt, waits, said = 0.0, 0, 0, ""
        while copies:
            attempt += 1
            await self._launches.take(copies, self._scene.halt)
            await self._pace.take(1, self._scene.halt)
            if self._scene.halt.raised:
                return self._give_up(first, copies, _INTERRUPTED)
            deadline = deadline or self._scene.now() + self._job.planned.watch.start_timeout_s
            for copy in self._copies(first, copies):
                copy.asked = True
            answer = await self._run(first, copies, attempt)
            if answer is None:
                return None
            self._assign(first, answer)
            first, copies = first + len(answer.tasks), copies - len(answer.tasks)
            for copy in self._copies(first, copies):
                copy.asked = False
            if not copies or answer.reason is None:
                break
            waits = 0 if answer.tasks else waits + 1
            pause = self._scene.caller.pause(_ROOM, waits + 1)
            if _HOPELESS.search(answer.reason) or self._scene.now() + pause > deadline:
                return self._give_up(first, copies, no_capacity(answer.reason))
            if answer.reason != said:
                said = answer.reason
                self._tell(first, copies, said, deadline)
            await self._scene.loop.sleep(pause, self._scene.halt)
        return None

    async def _run(self, first: int, copies: int, attempt: int) -> _Answer | None:
        """Make one RunTask call; None where what became of it is to be found out after the other batches.

        The call carries a token of its own, which makes each retry of it safe. An answer that accounts for
        too few tasks is asked for once more, before another token could start again what it has left out.
        """
        request, began = self._request(first, copies, attempt), self._scene.loop.clock.now()
        try:
            answer = self._read(await self._call(request, taken=True), copies, began)
            if answer.reason == _NO_REASON:
                again = self._read(await self._call(request, taken=False), copies, began)
                answer = again if len(again.tasks) >= len(answer.tasks) else answer
        except AwsError as error:
            return await self._after(error, copies)
        return answer

    async def _call(self, request: Body, *, taken: bool) -> Body:
        limit_s = max(CHANGING.limit_s, self._job.planned.watch.start_timeout_s)
        return await self._scene.caller.call(
            self._job.target,
            RUN_TASK,
            request,
            Patience(limit_s, CHANGING.unreached_s),
            about=f"job {self._job.name}",
            give_up=self._scene.halt,
            bucket=self._pace,
            taken=taken,
            sure=True,
        )

    async def _after(self, error: AwsError, copies: int) -> _Answer | None:
        """Make the best of a refusal: attach to what exists, wait for room, or raise."""
        if error.code == "ConflictException":
            found = await self._attach.conflicting(self._job, error)
            reason = _NO_REASON if len(found) < copies else None
            return _Answer(tuple((each, True) for each in found[:copies]), reason)
        if is_inactive(error):
            self._inactive = error
            return None
        if error.lost or error.code == AwsError.BAD_ANSWER:
            self._lost = error
            return None
        if _CAPACITY.search(error.text):
            return _Answer((), error.text)
        raise error

    def _read(self, answer: Body, copies: int, began: float) -> _Answer:
        raw = members(answer, "tasks", dict, RUN_TASK.name)
        tasks = [task for each in raw if (task := read_task(each)) is not None]
        if len(tasks) < len(raw) or len(tasks) > copies:
            text = f"{len(raw)} tasks for {copies}, {len(tasks)} of them with an ARN"
            raise AwsError(RUN_TASK.name, AwsError.BAD_ANSWER, text)
        reasons = [_reason(each) for each in members(answer, "failures", dict, RUN_TASK.name)]
        reason = next(iter(reasons), _NO_REASON) if len(tasks) < copies else None
        return _Answer(tuple((each, self._attach.existed(each, began)) for each in tasks), reason)

    def _request(self, first: int, copies: int, attempt: int) -> Body:
        scene, job = self._scene, self._job
        return {
            **job.planned.run_request,
            "taskDefinition": job.revision,
            "count": copies,
            "startedBy": started_by(scene.run_id),
            "clientToken": client_token(scene.run_id, job.name, first, copies, attempt),
        }

    def _assign(self, first: int, answer: _Answer) -> None:
        for copy, (task, existed) in zip(self._copies(first, len(answer.tasks)), answer.tasks, strict=True):
            copy.assign(self._scene, task, attached=existed)

    def _give_up(self, first: int, copies: int, verdict: Verdict) -> None:
        for copy in self._copies(first, copies):
            copy.give_up(verdict)

    def _copies(self, first: int, copies: int) -> tuple[Copy, ...]:
        return self._job.copies[first - 1 : first - 1 + copies]

    def _tell(self, first: int, copies: int, reason: str, deadline: float) -> None:
        label = self._copies(first, copies)[0].label if copies == 1 else self._job.name
        left = deadline - self._scene.now()
        self._scene.note(label, f"no room for {copies}: {reason}; trying for {left:.0f} s more")


def _reason(failure: Mapping[str, Any]) -> str:
    """Return the reason of one of RunTask's `failures`, with its detail."""
    reason, detail = failure.get("reason"), failure.get("detail")
    text = reason if isinstance(reason, str) and reason else "no reason given"
    return f"{text} ({detail})" if isinstance(detail, str) and detail else text
