"""Start a job's tasks: idempotent, rate-limited RunTask calls, repeated while capacity is missing."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.operations import RUN_TASK
from ecsplan_applier.aws.rate_limits import Paired
from ecsplan_applier.aws.retry import CHANGING, Patience
from ecsplan_applier.context import Scene
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.scheduling.scheduler import Flag
from ecsplan_applier.tasks.attach import Attach, is_inactive
from ecsplan_applier.tasks.copies import Copy, JobRun, no_capacity
from ecsplan_applier.tasks.counts import MAX_LAUNCHED, token_of
from ecsplan_applier.tasks.run_id import started_by
from ecsplan_applier.tasks.verdicts import Verdict

_CAPACITY: Final = re.compile(
    r"capacity is unavailable|no capacity|reached the limit on the number of vcpus", re.IGNORECASE
)
"""Exceptions that mean what `failures` mean elsewhere: no room at the moment."""
_HOPELESS: Final = re.compile(r"^(ATTRIBUTE|LOCATION|INACTIVE|MISSING)\b|placement constraint", re.IGNORECASE)
"""Reasons of `failures` that no waiting cures (ECS developer guide, API failure reasons)."""
_ROOM: Final = Patience(limit_s=0.0, unreached_s=0.0, first_s=1.0, most_s=15.0)
"""Pauses between attempts while capacity is missing; the start timeout ends them."""
_LISTED_S: Final = 1.0
"""The shortest of these pauses: what a call has started in spite of its answer is listed a moment later."""
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
        self._gate = scene.gate(job.target, job.cluster, job.family)
        self._launches = scene.bucket(job.target, "launches")
        self._pace = Paired(scene.bucket(job.target, "run_calls"), self._launches)
        self._lost: AwsError | None = None
        self._inactive: AwsError | None = None
        self._count = len(job.copies)
        self._unasked = set(range(1, self._count + 1, MAX_LAUNCHED))
        self._all_asked = Flag()

    async def start(self) -> None:
        """Give each copy its task, or the reason why it has none.

        Raises:
            InactiveError: The revision was deregistered in the meantime, and no copy runs with it.
            ApplierError: AWS refused.
        """
        if await self._attach.outlived(self._job):
            return
        count = self._count
        try:
            await self._scene.loop.gather(
                self._counted(first, min(MAX_LAUNCHED, count - first + 1))
                for first in range(1, count + 1, MAX_LAUNCHED)
            )
        except ApplierError:
            # The refusal of one batch is what counts; what the lost ones started is looked for all the same.
            if self._lost is not None:
                with suppress(ApplierError):
                    await self._attach.lost(self._job, self._lost)
            raise
        if self._lost is not None:
            await self._attach.lost(self._job, self._lost)
        if self._inactive is not None:
            await self._attach.finished(self._job, self._inactive)

    async def _counted(self, first: int, copies: int) -> None:
        """Do as `_batch`; when it is over, nobody waits for its first call any longer."""
        try:
            await self._batch(first, copies)
        finally:
            self._heard_of(first)

    def _heard_of(self, batch: int) -> None:
        """Take note that the first call of a batch was answered, or will not be made."""
        self._unasked.discard(batch)
        if not self._unasked:
            self._all_asked.raise_()

    async def _batch(self, first: int, copies: int) -> None:
        """Start `copies` copies from `first` on, with further attempts for those that ECS has no room for.

        Whatever ECS said of an attempt, what it started is looked for before the next one and before it is
        given up: `failures` are no proof that nothing was started.
        """
        batch, deadline, attempt, waits, said = first, 0.0, 0, 0, ""
        while copies:
            attempt += 1
            if (first, copies, attempt) in self._job.unused:
                continue
            await self._launches.take(copies, self._scene.halt)
            await self._pace.take(1, self._scene.halt)
            if self._scene.halt.raised:
                return self._give_up(first, copies, _INTERRUPTED)
            deadline = deadline or self._scene.now() + self._job.planned.watch.start_timeout_s
            token = first, copies, attempt
            answer = await self._ask(*token)
            self._heard_of(batch)
            if answer is None:
                return None
            first, copies = first + len(answer.tasks), copies - len(answer.tasks)
            if not copies or answer.reason is None:
                break
            self._job.doubtful = True
            waits = 0 if answer.tasks else waits + 1
            pause = max(_LISTED_S, self._scene.caller.pause(_ROOM, waits + 1))
            if _HOPELESS.search(answer.reason) or self._scene.now() + pause > deadline:
                with suppress(ApplierError):  # whether more of it runs is looked at once more at the end
                    found = await self._look(first, copies)
                    first, copies = first + found, copies - found
                return self._give_up(first, copies, no_capacity(answer.reason))
            if answer.reason != said:
                said = answer.reason
                self._tell(first, copies, said, deadline)
            await self._scene.loop.sleep(pause, self._scene.halt)
            found = await self._recover(first, copies, token)
            first, copies = first + found, copies - found
            if self._lost is not None:
                return None
        return None

    async def _ask(self, first: int, copies: int, attempt: int) -> _Answer | None:
        """Make an attempt, and give the copies what it has started; None is as of `_run`."""
        await self._gate.enter()
        try:
            self._job.asked = True
            for copy in self._copies(first, copies):
                copy.asked = True
            answer = await self._run(first, copies, attempt)
            if answer is not None:
                self._assign(first, answer)
                started = len(answer.tasks)
                for copy in self._copies(first + started, copies - started):
                    copy.asked = False
            return answer
        finally:
            self._gate.leave()

    async def _recover(self, first: int, copies: int, token: tuple[int, int, int]) -> int:
        """Give copies the tasks that an attempt started although ECS did not say so; return how many.

        The attempt's token is replayed first: ECS answers it with its tasks, also while they cannot be listed
        yet. It may start what there is room for by now, which is the attempt's own as well.

        Raises:
            ApplierError: As of `_look`.
        """
        found = 0
        await self._pace.take(1, self._scene.halt)
        if not self._scene.halt.raised:
            await self._gate.enter()
            try:
                answer = await self._run(*token)
                if answer is None:
                    return 0
                unknown = [each for each in answer.tasks if each[0].arn not in self._scene.claimed]
                self._assign(first, _Answer(tuple(unknown[:copies]), None))
                found = len(unknown[:copies])
            finally:
                self._gate.leave()
        return found + await self._look(first + found, copies - found)

    async def _look(self, first: int, copies: int) -> int:
        """Give copies the tasks of this run that nobody knew of, and return how many there are.

        While a call is under way, what it has started is not known either: the look waits for its answer. Of
        a resumed run, it waits until the tokens of all copies have been replayed, which claims their tasks.

        Raises:
            ApplierError: The tasks could not be looked at, so that nothing may be asked for again.
        """
        if self._scene.leave.raised:
            return 0
        if self._scene.resumed:
            await self._scene.loop.wait(self._all_asked, self._scene.leave)
        await self._gate.close()
        try:
            found = [] if self._lost is not None else await self._attach.unknown(self._job)
            tasks = tuple((each, self._attach.existed(each)) for each in found[:copies])
            self._assign(first, _Answer(tasks, None))
        finally:
            self._gate.open()
        return len(tasks)

    async def _run(self, first: int, copies: int, attempt: int) -> _Answer | None:
        """Make one RunTask call; None where what became of it is to be found out after the other batches.

        The call carries a token of its own, which makes each retry of it safe. An answer that accounts for
        too few tasks is asked for once more, before another token could start again what it has left out.
        """
        request = self._request(first, copies, attempt)
        try:
            answer = self._read(await self._call(request, copies, taken=True), copies)
            if answer.reason == _NO_REASON:
                again = self._read(await self._call(request, copies, taken=False), copies)
                answer = again if len(again.tasks) >= len(answer.tasks) else answer
        except AwsError as error:
            return await self._after(error, copies)
        return answer

    async def _call(self, request: Body, copies: int, *, taken: bool) -> Body:
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
            check=lambda answer: self._read(answer, copies),
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
        if error.lost:
            self._lost = error
            return None
        if _CAPACITY.search(error.text):
            return _Answer((), error.text)
        raise error

    def _read(self, answer: Body, copies: int) -> _Answer:
        raw = members(answer, "tasks", dict, RUN_TASK.name)
        tasks = [task for each in raw if (task := read_task(each)) is not None]
        if len(tasks) < len(raw) or len(tasks) > copies:
            text = f"{len(raw)} tasks for {copies}, {len(tasks)} of them with an ARN"
            raise AwsError(RUN_TASK.name, AwsError.BAD_ANSWER, text)
        reasons = [_reason(each) for each in members(answer, "failures", dict, RUN_TASK.name)]
        reason = next(iter(reasons), _NO_REASON) if len(tasks) < copies else None
        return _Answer(tuple((each, self._attach.existed(each)) for each in tasks), reason)

    def _request(self, first: int, copies: int, attempt: int) -> Body:
        scene, job = self._scene, self._job
        return {
            **job.planned.run_request,
            "taskDefinition": job.revision,
            "count": copies,
            "startedBy": started_by(scene.run_id),
            "clientToken": token_of(scene, job, (first, copies, attempt), count=self._count),
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
