"""Start one attempt of some copies of a job: idempotent, paced RunTask calls, repeated without capacity."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ecsplan.terms.bodies import as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.operations import RUN_TASK
from ecsplan_applier.aws.rate_limits import Guarded, Paired
from ecsplan_applier.aws.retry import CHANGING, RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, RunIdTakenError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.scheduling.scheduler import Event
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.attach import Attach, InactiveError, is_inactive
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.counts import first_calls, token_of
from ecsplan_applier.tasks.job_run import Call, JobRun, copies_of, no_capacity
from ecsplan_applier.tasks.record import Record
from ecsplan_applier.tasks.run_id import started_by
from ecsplan_applier.tasks.verdicts import INTERRUPTED, Verdict

_CAPACITY: Final = re.compile(
    r"capacity is unavailable|no capacity|reached the limit on the number of vcpus", re.IGNORECASE
)
"""Exceptions that mean what `failures` mean elsewhere: no capacity at the moment."""
_HOPELESS: Final = re.compile(r"^(ATTRIBUTE|LOCATION|INACTIVE|MISSING)\b|placement constraint", re.IGNORECASE)
"""Reasons of `failures` that waiting does not cure (ECS developer guide, API failure reasons)."""
_WHILE_NO_CAPACITY: Final = RetryPolicy(
    max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=1.0, max_pause_s=15.0
)
"""Pauses between attempts while capacity is missing; the start timeout ends them."""
_LISTED_S: Final = 1.0
"""The shortest of these pauses: what a call has started despite its answer is listed a moment later."""
_NO_REASON: Final = "ECS started no task and gave no reason"
_TAKEN: Final = "its task {} was taken for that of another copy"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a RunTask call returned.

    Attributes:
        tasks: The tasks, each with whether it existed before the call.
        reason: Why there are fewer than were asked for, or None.
    """

    tasks: tuple[tuple[Task, bool], ...]
    reason: str | None


class Launch:
    """Starts one attempt of those copies of a job that lack a task for it.

    First attempts are started in batches of up to ten copies, side by side. Within a batch the tasks that
    exist are those of its first copies: a batch is always described by the first copy that lacks a task and
    how many follow it. A further attempt is a batch of its own: which copies are tried again together depends
    on when their tasks ended, and no token may depend on that.

    Args:
        context: The apply.
        job: The job, whose revision is known.
        attach: Knows the tasks of this run that existed before.
        record: Records what is asked for before it is.
        attempt: Which attempt of the copies to start.
        only: The copies to start; None: all that lack this attempt.
    """

    def __init__(
        self,
        context: ApplyContext,
        job: JobRun,
        attach: Attach,
        record: Record,
        *,
        attempt: int = 1,
        only: Sequence[Copy] | None = None,
    ) -> None:
        self._context = context
        self._job = job
        self._attach = attach
        self._record = record
        self._lock = context.launch_lock(job.target, job.place.cluster, job.family)
        self._launches = context.bucket(job.target, "launches")
        self._pace = Paired(context.bucket(job.target, "run_calls"), self._launches)
        self._lost: AwsError | None = None
        self._inactive: AwsError | None = None
        self._attempt = attempt
        self._count = copies_of(job.planned)
        # Held from here on: a copy whose attempt has ended is replaced in its job by its next attempt, which
        # is not to be started here.
        self._all_copies = job.copies
        # After a revision turned out to be INACTIVE, the job is launched once more with another one. Batches
        # that are settled stay as they are: their tokens belong to the old revision, and ECS would refuse
        # them.
        wanted = {each.number for each in (self._all_copies if only is None else only) if self._lacks(each)}
        calls = (
            first_calls(job) if attempt == 1 else (Call(each, 1, attempt=attempt) for each in sorted(wanted))
        )
        self._batches = tuple(
            each for each in calls if not wanted.isdisjoint(range(each.first, each.first + each.copies))
        )
        self._unasked = {each.first for each in self._batches}
        self._all_asked = Event()
        self._stuck = Event()
        # Only what an earlier apply has left can be beside.
        self._looked_beside = not context.resumed or not attach.identifies(job)

    async def start(self) -> None:
        """Give each copy its task, or the reason why it has none.

        Raises:
            InactiveError: The revision was deregistered in the meantime, and no copy runs with it.
            ApplierError: AWS refused.
        """
        if self._attempt == 1 and await self._attach.outlived(self._job):
            return
        await self._attach.known(self._job, self._lacking())
        if self._attempt == 1:
            await self._attach.reserve(self._job)
        try:
            await self._context.loop.gather(self._counted(batch) for batch in self._batches)
        except ApplierError:
            # The refusal of one batch decides the outcome. What calls with lost answers have started is
            # looked for all the same: left alone, it would run without anybody knowing of it.
            if self._lost is not None:
                with suppress(ApplierError):
                    await self._find_lost(self._lost)
            raise
        if self._lost is not None:
            await self._find_lost(self._lost)
        if self._inactive is not None:
            await self._attach_to_inactive(self._inactive)

    async def _attach_to_inactive(self, error: AwsError) -> None:
        """Attach to what an apply of this run has started with a revision that was deregistered afterwards.

        Raises:
            InactiveError: There is no such task.
        """
        if self._attempt == 1:
            await self._attach.finished(self._job, error)
            return
        for copy in self._lacking():
            task = await self._attach.later(self._job, copy)
            if task is None:
                raise InactiveError(error.operation, error.code, error.text, status=error.status) from error
            copy.assign(self._context, task, attached=True)

    async def _find_lost(self, error: AwsError) -> None:
        """Give copies the tasks of calls whose answers never came."""
        # While other calls are under way, nobody knows whose an unknown task is.
        await self._lock.acquire_exclusive()
        try:
            await self._attach.lost(self._job, self._lacking(), error)
        finally:
            self._lock.release_exclusive()

    async def _counted(self, call: Call) -> None:
        """Do what `_batch` does; once it is over, nobody waits for its first call any longer."""
        try:
            await self._batch(call)
        except ApplierError:
            self._stuck.set()
            raise
        finally:
            self._heard_of(call.first)

    def _heard_of(self, batch: int) -> None:
        """Note that the first call of a batch was answered, or will not be made."""
        self._unasked.discard(batch)
        if not self._unasked:
            self._all_asked.set()

    async def _batch(self, begin: Call) -> None:
        """Start the copies of a call, with further calls while ECS has no capacity.

        Whatever ECS answered, what a call has started is looked for before the next call and before the
        copies are given up: `failures` do not prove that nothing was started.
        """
        # Invariant: copies before `first` have their tasks, and the `copies` from `first` on lack them. Each
        # call has a token of its own, made of these two numbers, its own and the attempt's, so that an apply
        # that resumes the run makes the same calls in the same order, and ECS answers them with the tasks
        # that exist.
        first, copies, number = begin.first, begin.copies, begin.number - 1
        batch, deadline, waits, said, is_first = first, 0.0, 0, "", True
        if not await self._may_ask(first, copies):
            return None
        await self._record.asking([each for each in self._copies(first, copies) if self._lacks(each)])
        while copies:
            number += 1
            call = Call(first, copies, number, self._attempt)
            if call in self._job.unused:
                # The earlier apply skipped this call (its copies were started by later ones): made now, it
                # would start them again.
                continue
            await self._launches.take(copies, self._context.cancelled)
            await self._pace.take(1, self._context.cancelled)
            # Last of all that may take time: the claim of another run may be only seconds old.
            await self._job.may_ask(self._ids(first, copies))
            if self._context.cancelled.is_set():
                return self._give_up(first, copies, INTERRUPTED)
            # However long the copies have waited, it is now that the token must still be known.
            if is_first and await self._is_forgotten(begin):
                return await self._without_forgotten(begin)
            is_first = False
            # The start timeout counts from the first call, not from the wait for the rate limit before it.
            deadline = deadline or self._context.now() + self._job.planned.watch.start_timeout_s
            answer = await self._ask(call)
            self._heard_of(batch)
            if answer is None:
                self._stuck.set()
                return None
            if self._job.slots is not None and not all(existed for _, existed in answer.tasks):
                await self._refuse_beside()
            first, copies = first + len(answer.tasks), copies - len(answer.tasks)
            if not copies or answer.reason is None:
                break
            self._job.note_short_answer()
            waits = 0 if answer.tasks else waits + 1
            pause = max(_LISTED_S, self._context.caller.pause(_WHILE_NO_CAPACITY, waits + 1))
            if _HOPELESS.search(answer.reason) or self._context.now() + pause > deadline:
                # Strays are looked for at the end of the apply as well, so that a failure here loses nothing.
                with suppress(ApplierError):
                    found = await self._look(first, copies)
                    first, copies = first + found, copies - found
                return self._give_up(first, copies, no_capacity(answer.reason))
            if answer.reason != said:
                said = answer.reason
                self._report_no_capacity(first, copies, said, deadline)
            await self._context.loop.sleep(pause, self._context.cancelled)
            found = await self._recover(first, copies, call)
            first, copies = first + found, copies - found
            if self._lost is not None:
                # Nothing may be asked for under a new token while what an old one started is not known.
                return None
        return None

    async def _is_forgotten(self, begin: Call) -> bool:
        """Return whether a call must not be made, as ECS may have forgotten it; then settle its copies."""
        lacking = self._lacking_of(begin)
        if not lacking:
            return True
        if not self._attach.has_forgotten(self._job, lacking):
            return False
        # While other calls are under way, nobody knows whose an unknown task is.
        await self._lock.acquire_exclusive()
        try:
            await self._attach.forgotten(self._job, lacking)
        finally:
            self._lock.release_exclusive()
        return True

    async def _without_forgotten(self, begin: Call) -> None:
        """Start those copies of a call of which no task was ever asked for."""
        if self._attempt == 1:
            copies = range(begin.first, begin.first + begin.copies)
            for call in [each for each in first_calls(self._job) if each.first in copies]:
                await self._batch(call)

    async def _may_ask(self, first: int, copies: int) -> bool:
        """Wait until copies may be asked for; return whether they lack tasks and nothing is in the way.

        Where not all may run at a time, each waits for one of the others to end. Nothing more is asked for
        once a call was refused, or what it did is not known.
        """
        slots, cancelled = self._job.slots, self._context.cancelled
        asking = self._copies(first, copies)
        # Those of an array may have got their tasks without a call.
        if not any(map(self._lacks, asking)):
            return False
        if slots is None:
            return True
        # Whoever looks for tasks does not wait for this call: what is known of the run has its copy already.
        self._heard_of(first)
        return await slots.take(self._context.loop, asking[0], cancelled, self._stuck) or cancelled.is_set()

    async def _refuse_beside(self) -> None:
        """Refuse, with the first task that is new, to start copies of which the run has tasks already.

        Copies are asked for in their order, and what is known of the run has its copy before: tasks that are
        left over belong to another request. Starting copies one after the other may take days, after which
        it would be too late to take them back.

        Raises:
            RunIdTakenError: There are such tasks.
        """
        if not self._looked_beside:
            self._looked_beside = True
            await self._attach.refuse_beside(self._job)

    async def _ask(self, call: Call) -> _Answer | None:
        """Make a call, and give the copies the tasks that it has started; None as in `_run`."""
        # Shared with the other calls; `_look` excludes them all, as the tasks of a call under way are
        # nobody's yet.
        await self._lock.acquire_shared()
        try:
            self._job.note_asked()
            asking = [copy for copy in self._copies(call.first, call.copies) if self._lacks(copy)]
            for copy in asking:
                copy.request()
            try:
                answer = await self._run(call)
            except (AwsError, RunIdTakenError) as error:
                if _starts_nothing(error):
                    _decline(asking)
                raise
            if answer is not None:
                self._assign(call.first, answer)
                _decline(asking)
            return answer
        finally:
            self._lock.release_shared()

    async def _recover(self, first: int, copies: int, call: Call) -> int:
        """Give copies the tasks that a call started although ECS did not say so; return how many.

        The call's token is replayed first: ECS answers it with its tasks, even while they cannot be listed
        yet. It may also start what there is capacity for by now, which belongs to the call as well.

        Raises:
            OtherRunError: Another run has claimed the family.
            ApplierError: As of `_look`.
        """
        found = 0
        await self._pace.take(1, self._context.cancelled)
        await self._job.may_ask(self._ids(first, copies))
        if not self._context.cancelled.is_set():
            await self._lock.acquire_shared()
            try:
                answer = await self._run(call)
                if answer is None:
                    return 0
                unknown = [each for each in answer.tasks if not self._context.is_claimed(each[0].arn)]
                self._assign(first, _Answer(tuple(unknown[:copies]), None))
                found = len(unknown[:copies])
            finally:
                self._lock.release_shared()
        return found + await self._look(first + found, copies - found)

    async def _look(self, first: int, copies: int) -> int:
        """Give copies the tasks of this run that no copy has, and return how many there are.

        While a call is under way, what it has started is not known either: the look waits for its answer. In
        a resumed run it waits until the tokens of all copies have been replayed, which claims their tasks.

        Raises:
            ApplierError: The tasks could not be looked at, so that nothing may be asked for again.
        """
        if self._context.aborted.is_set():
            return 0
        if self._context.resumed:
            await self._context.loop.wait(self._all_asked, self._context.aborted)
        await self._lock.acquire_exclusive()
        try:
            # After a lost answer, unclaimed tasks may be those of the lost call: `Attach.lost` shares them
            # out.
            found = (
                [] if self._lost is not None else await self._attach.unknown(self._job, attempt=self._attempt)
            )
            wanted = {(each.number, self._attempt) for each in self._copies(first, copies)}
            found = await self._attach.in_order(self._job, found, range(first, first + copies))
            found = [each for each in found if self._attach.may_be(self._job, wanted, each)]
            tasks = tuple((each, self._attach.existed(each)) for each in found[:copies])
            self._assign(first, _Answer(tasks, None))
        finally:
            self._lock.release_exclusive()
        return len(tasks)

    async def _run(self, call: Call) -> _Answer | None:
        """Make one RunTask call; return None if what it did is to be found out after the other batches.

        The call carries a token of its own, which makes each retry of it safe. If an answer accounts for too
        few tasks, the call is made once more before another token could start what the answer left out.
        """
        request, copies = self._request(call), call.copies
        try:
            answer = self._read(await self._call(request, call, token_taken=True), copies)
            if answer.reason == _NO_REASON:
                again = self._read(await self._call(request, call, token_taken=False), copies)
                answer = again if len(again.tasks) >= len(answer.tasks) else answer
        except AwsError as error:
            return await self._after(error, copies)
        return answer

    async def _call(self, request: Body, call: Call, *, token_taken: bool) -> Body:
        # A call may be repeated for longer than a claim is valid, so that it is renewed in between.
        asking = self._ids(call.first, call.copies)
        limit_s = max(CHANGING.max_elapsed_s, self._job.planned.watch.start_timeout_s)
        return await self._context.caller.call(
            self._job.target,
            RUN_TASK,
            request,
            RetryPolicy(limit_s, CHANGING.max_unreachable_s),
            about=f"job {self._job.name}",
            cancel=self._context.cancelled,
            bucket=Guarded(self._pace, lambda: self._job.may_ask(asking)),
            token_taken=token_taken,
            until_outcome_known=True,
            check=lambda answer: self._read(answer, call.copies),
        )

    async def _after(self, error: AwsError, copies: int) -> _Answer | None:
        """Handle a refusal: attach to what exists, wait for capacity, or raise."""
        # The token was used with another request: its tasks exist, whatever this request says.
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
            # More tasks than copies, or tasks that cannot be named: taken at its word, such an answer would
            # leave tasks running that nobody follows. As a BAD_ANSWER it is asked for again with its token.
            raise AwsError(RUN_TASK.name, AwsError.BAD_ANSWER, text)
        reasons = [_reason(each) for each in members(answer, "failures", dict, RUN_TASK.name)]
        reason = next(iter(reasons), _NO_REASON) if len(tasks) < copies else None
        return _Answer(tuple((each, self._attach.existed(each)) for each in tasks), reason)

    def _request(self, call: Call) -> Body:
        context, job = self._context, self._job
        return job.request_of((call.first, call.attempt)).having(
            taskDefinition=job.revision,
            count=call.copies,
            startedBy=started_by(context.run_id),
            clientToken=token_of(context, job, call, count=self._count),
        )

    def _assign(self, first: int, answer: _Answer) -> None:
        for copy, (task, existed) in zip(self._copies(first, len(answer.tasks)), answer.tasks, strict=True):
            # A batch that was begun with a revision, and is launched again with the next, is answered with
            # the tasks that its copies have already.
            if not self._lacks(copy):
                continue
            if self._context.is_claimed(task.arn):
                copy.give_up(Verdict(Outcome.LOST, _TAKEN.format(task.arn)))
            else:
                copy.assign(self._context, task, attached=existed)

    def _give_up(self, first: int, copies: int, verdict: Verdict) -> None:
        for copy in self._copies(first, copies):
            if self._lacks(copy):
                copy.give_up(verdict)

    def _copies(self, first: int, copies: int) -> tuple[Copy, ...]:
        return self._all_copies[first - 1 : first - 1 + copies]

    def _ids(self, first: int, copies: int) -> list[CopyId]:
        """Return which tasks a call may start: of those of its copies that lack them."""
        asking = self._copies(first, copies)
        return [(each.number, self._attempt) for each in asking if self._lacks(each)]

    def _lacks(self, copy: Copy) -> bool:
        """Return whether a copy lacks its task for the attempt that is started here."""
        return copy.lacks_task and copy.attempt == self._attempt

    def _lacking(self) -> list[Copy]:
        """Return the copies of its batches that have no task and have not been given up."""
        return [copy for batch in self._batches for copy in self._lacking_of(batch)]

    def _lacking_of(self, call: Call) -> list[Copy]:
        """Return those of the copies of a call."""
        return [copy for copy in self._copies(call.first, call.copies) if self._lacks(copy)]

    def _report_no_capacity(self, first: int, copies: int, reason: str, deadline: float) -> None:
        label = self._copies(first, copies)[0].label if copies == 1 else self._job.name
        left_s, tasks = deadline - self._context.now(), "1 task" if copies == 1 else f"{copies} tasks"
        self._context.note(label, f"no capacity for {tasks} ({reason}); retrying for another {left_s:.0f} s")


def _decline(copies: Sequence[Copy]) -> None:
    for copy in copies:
        if copy.lacks_task:
            copy.decline()


def _starts_nothing(error: AwsError | RunIdTakenError) -> bool:
    """Return whether a refusal of RunTask says that the call has started nothing.

    A token that conflicts has started tasks, unless they turn out to be those of another request.
    """
    if isinstance(error, RunIdTakenError):
        return True
    return error.operation == RUN_TASK.name and error.code != "ConflictException" and not error.lost


def _reason(failure: Body) -> str:
    """Return the reason of one of RunTask's `failures`, with its detail."""
    reason, detail = as_text(failure.get("reason")) or "no reason given", as_text(failure.get("detail"))
    return reason if detail is None else f"{reason} ({detail})"
