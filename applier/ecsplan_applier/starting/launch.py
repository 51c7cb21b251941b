"""Start one attempt of some copies of a job: idempotent, paced RunTask calls, repeated without capacity."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.rate_limits import Paired
from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, RunIdTakenError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.scheduling.scheduler import Event
from ecsplan_applier.starting.attach import Attach
from ecsplan_applier.starting.counts import first_calls
from ecsplan_applier.starting.inactive_revision import InactiveError
from ecsplan_applier.starting.other_requests import refuse_beside
from ecsplan_applier.starting.record import Record
from ecsplan_applier.starting.run_calls import Answer, RunCalls, starts_nothing
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.run_call import Call
from ecsplan_applier.tasks.verdicts import INTERRUPTED, Verdict, no_capacity

_HOPELESS: Final = re.compile(r"^(ATTRIBUTE|LOCATION|INACTIVE|MISSING)\b|placement constraint", re.IGNORECASE)
"""Reasons of `failures` that waiting does not cure (ECS developer guide, API failure reasons)."""
_WHILE_NO_CAPACITY: Final = RetryPolicy(
    max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=1.0, max_pause_s=15.0
)
"""Pauses between attempts while capacity is missing; the start timeout ends them."""
_LISTED_S: Final = 1.0
"""The shortest of these pauses: what a call has started despite its answer is listed a moment later."""
_TAKEN: Final = "its task {} was taken for that of another copy"


@dataclass(slots=True)
class _Batch:
    """How far the calls for some copies have come.

    Invariant: copies before `first` have their tasks, and the `copies` from `first` on lack them. Each call
    has a token of its own, made of these two numbers, its own and the attempt's, so that an apply that
    resumes the run makes the same calls in the same order, and ECS answers them with the tasks that exist.

    Attributes:
        first: The first copy that lacks its task.
        copies: How many follow, with this one.
        number: The number of the last call.
        deadline: When the start timeout has passed; 0 before the first call.
        waits: How many calls in a row started nothing.
        reported: The reason for missing capacity that was reported last.
    """

    first: int
    copies: int
    number: int
    deadline: float = 0.0
    waits: int = 0
    reported: str = ""

    def next_call(self, attempt: int) -> Call:
        """Return the next call for what is missing."""
        self.number += 1
        return Call(self.first, self.copies, self.number, attempt)

    def end_at(self, deadline: float) -> None:
        """Note when the start timeout passes, at the first call."""
        self.deadline = self.deadline or deadline

    def found(self, tasks: int) -> None:
        """Note that the first of the copies have got their tasks."""
        self.first, self.copies = self.first + tasks, self.copies - tasks

    def count_wait(self, *, in_vain: bool) -> None:
        """Note that a call has started nothing, or too little."""
        self.waits = self.waits + 1 if in_vain else 0

    def is_news(self, reason: str) -> bool:
        """Return whether a reason differs from the last one reported, and keep it as that."""
        known, self.reported = self.reported, reason
        return reason != known


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
        self._calls = RunCalls(context, job, attach, self._pace)
        self._attempt = attempt
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
        self._looked_beside = not context.resumed or not attach.existing.identifies(job)

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
            if self._calls.lost is not None:
                with suppress(ApplierError):
                    await self._find_lost(self._calls.lost)
            raise
        if self._calls.lost is not None:
            await self._find_lost(self._calls.lost)
        if self._calls.inactive is not None:
            await self._attach_to_inactive(self._calls.inactive)

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
        """Do what `_start_batch` does; once it is over, nobody waits for its first call any longer."""
        try:
            await self._start_batch(call)
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

    async def _start_batch(self, begin: Call) -> None:
        """Start the copies of a call, with further calls while ECS has no capacity.

        Whatever ECS answered, what a call has started is looked for before the next call and before the
        copies are given up: `failures` do not prove that nothing was started.
        """
        batch = _Batch(begin.first, begin.copies, begin.number - 1)
        if not await self._may_ask(batch):
            return None
        await self._record.asking(self._lacking_of(batch))
        is_first = True
        while batch.copies:
            call = batch.next_call(self._attempt)
            if call in self._job.earlier.unused:
                # The earlier apply skipped this call (its copies were started by later ones): made now, it
                # would start them again.
                continue
            await self._await_turn(call)
            if self._context.cancelled.is_set():
                return self._give_up(batch, INTERRUPTED)
            # However long the copies have waited, it is now that the token must still be known.
            if is_first and await self._is_forgotten(begin):
                return await self._without_forgotten(begin)
            is_first = False
            # The start timeout counts from the first call, not from the wait for the rate limit before it.
            batch.end_at(self._context.now() + self._job.planned.watch.start_timeout_s)
            answer = await self._ask(call)
            self._heard_of(begin.first)
            if answer is None:
                self._stuck.set()
                return None
            if self._job.slots is not None and not all(existed for _, existed in answer.tasks):
                await self._refuse_beside()
            batch.found(len(answer.tasks))
            if not batch.copies or answer.reason is None:
                return None
            batch.count_wait(in_vain=not answer.tasks)
            if not await self._wait_for_capacity(batch, call, answer.reason):
                return None
        return None

    async def _await_turn(self, call: Call) -> None:
        """Wait until the rate limits allow a call, and the family is still this run's."""
        await self._launches.take(call.copies, self._context.cancelled)
        await self._pace.take(1, self._context.cancelled)
        # Last of all that may take time: the claim of another run may be only seconds old.
        await self._job.may_ask(self._ids(call))

    async def _wait_for_capacity(self, batch: _Batch, call: Call, reason: str) -> bool:
        """Wait until copies that ECS has just had no capacity for may be asked for again.

        Returns:
            Whether they may; otherwise they are given up, or what calls have started is not known.
        """
        self._job.note_short_answer()
        pause = max(_LISTED_S, self._context.caller.pause(_WHILE_NO_CAPACITY, batch.waits + 1))
        if _HOPELESS.search(reason) or self._context.now() + pause > batch.deadline:
            # Strays are looked for at the end of the apply as well, so that a failure here loses nothing.
            with suppress(ApplierError):
                batch.found(await self._look(batch.first, batch.copies))
            self._give_up(batch, no_capacity(reason))
            return False
        if batch.is_news(reason):
            self._report_no_capacity(batch)
        await self._context.loop.sleep(pause, self._context.cancelled)
        batch.found(await self._recover(batch, call))
        # Nothing may be asked for under a new token while what an old one started is not known.
        return self._calls.lost is None

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
                await self._start_batch(call)

    async def _may_ask(self, batch: _Batch) -> bool:
        """Wait until copies may be asked for; return whether they lack tasks and nothing is in the way.

        Where not all may run at a time, each waits for one of the others to end. Nothing more is asked for
        once a call was refused, or what it did is not known.
        """
        slots, cancelled = self._job.slots, self._context.cancelled
        asking = self._copies(batch.first, batch.copies)
        # Those of an array may have got their tasks without a call.
        if not any(map(self._lacks, asking)):
            return False
        if slots is None:
            return True
        # Whoever looks for tasks does not wait for this call: what is known of the run has its copy already.
        self._heard_of(batch.first)
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
            await refuse_beside(self._context, self._attach.existing, self._job)

    async def _ask(self, call: Call) -> Answer | None:
        """Make a call, and give the copies the tasks that it has started; None as in `RunCalls.make`."""
        # Shared with the other calls; `_look` excludes them all, as the tasks of a call under way are
        # nobody's yet.
        await self._lock.acquire_shared()
        try:
            self._job.note_asked()
            asking = self._lacking_of(call)
            for copy in asking:
                copy.request()
            try:
                answer = await self._calls.make(call, self._ids(call))
            except (AwsError, RunIdTakenError) as error:
                if starts_nothing(error):
                    _decline(asking)
                raise
            if answer is not None:
                self._assign(call.first, answer)
                _decline(asking)
            return answer
        finally:
            self._lock.release_shared()

    async def _recover(self, batch: _Batch, call: Call) -> int:
        """Give copies the tasks that a call started although ECS did not say so; return how many.

        The call's token is replayed first: ECS answers it with its tasks, even while they cannot be listed
        yet. It may also start what there is capacity for by now, which belongs to the call as well.

        Raises:
            OtherRunError: Another run has claimed the family.
            ApplierError: As of `_look`.
        """
        found = 0
        await self._pace.take(1, self._context.cancelled)
        await self._job.may_ask(self._ids(batch))
        if not self._context.cancelled.is_set():
            await self._lock.acquire_shared()
            try:
                answer = await self._calls.make(call, self._ids(call))
                if answer is None:
                    return 0
                unknown = [each for each in answer.tasks if not self._context.is_claimed(each[0].arn)]
                self._assign(batch.first, Answer(tuple(unknown[: batch.copies]), None))
                found = len(unknown[: batch.copies])
            finally:
                self._lock.release_shared()
        return found + await self._look(batch.first + found, batch.copies - found)

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
            # After a lost answer, unclaimed tasks may be those of the lost call; `Attach.lost` shares them.
            is_known = self._calls.lost is None
            found = await self._attach.unclaimed.unknown(self._job, attempt=self._attempt) if is_known else []
            wanted = {(each.number, self._attempt) for each in self._copies(first, copies)}
            found = await self._attach.unclaimed.in_order(self._job, found, range(first, first + copies))
            found = [each for each in found if self._attach.unclaimed.may_be(self._job, wanted, each)]
            tasks = tuple((each, self._attach.unclaimed.existed(each)) for each in found[:copies])
            self._assign(first, Answer(tasks, None))
        finally:
            self._lock.release_exclusive()
        return len(tasks)

    def _assign(self, first: int, answer: Answer) -> None:
        for copy, (task, existed) in zip(self._copies(first, len(answer.tasks)), answer.tasks, strict=True):
            # A batch that was begun with a revision, and is launched again with the next, is answered with
            # the tasks that its copies have already.
            if not self._lacks(copy):
                continue
            if self._context.is_claimed(task.arn):
                copy.give_up(Verdict(Outcome.LOST, _TAKEN.format(task.arn)))
            else:
                copy.assign(self._context, task, attached=existed)

    def _give_up(self, batch: _Batch, verdict: Verdict) -> None:
        for copy in self._lacking_of(batch):
            copy.give_up(verdict)

    def _copies(self, first: int, copies: int) -> tuple[Copy, ...]:
        return self._all_copies[first - 1 : first - 1 + copies]

    def _ids(self, asked: Call | _Batch) -> list[CopyId]:
        """Return which tasks a call may start: of those of its copies that lack them."""
        return [(each.number, self._attempt) for each in self._lacking_of(asked)]

    def _lacks(self, copy: Copy) -> bool:
        """Return whether a copy lacks its task for the attempt that is started here."""
        return copy.lacks_task and copy.attempt == self._attempt

    def _lacking(self) -> list[Copy]:
        """Return the copies of its batches that have no task and have not been given up."""
        return [copy for batch in self._batches for copy in self._lacking_of(batch)]

    def _lacking_of(self, asked: Call | _Batch) -> list[Copy]:
        """Return those of the copies of a call or a batch."""
        return [copy for copy in self._copies(asked.first, asked.copies) if self._lacks(copy)]

    def _report_no_capacity(self, batch: _Batch) -> None:
        alone = batch.copies == 1
        label = self._copies(batch.first, 1)[0].label if alone else self._job.name
        tasks, left_s = "1 task" if alone else f"{batch.copies} tasks", batch.deadline - self._context.now()
        self._context.note(
            label, f"no capacity for {tasks} ({batch.reported}); retrying for another {left_s:.0f} s"
        )


def _decline(copies: Sequence[Copy]) -> None:
    for copy in copies:
        if copy.lacks_task:
            copy.decline()
