"""How far a run has come with a job, by the tokens that ECS knows, and whether it asked for as many copies.

Ten tasks may be all that a run of ten copies asked for, or what a run of twelve had started when it was
killed; two tasks of one copy may be two attempts. The tasks do not show it. The tokens do: each belongs to
one number of copies and one attempt, and ECS refuses one that it knows when it comes with another request.
So the tokens are sent to ECS with a revision that cannot exist: such a request starts nothing, and the answer
says whether the token is known, and which tasks it has started.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.operations import RUN_TASK
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.job_run import JobRun, copies_of
from ecsplan_applier.tasks.retries import is_retryable
from ecsplan_applier.tasks.run_call import Call
from ecsplan_applier.tasks.run_id import client_token, started_by
from ecsplan_applier.tasks.verdicts import judge_ended

MAX_LAUNCHED: Final = 10
"""Tasks of one RunTask call (botocore ecs model, RunTask.count)."""
_NO_REVISION: Final = 2**31 - 1
"""A number that no family reaches: a new revision has the next one."""
_MAX_CALLS: Final = 20
"""Calls for the same copies that fit into a start timeout, with their pauses."""
_OTHER_COUNTS: Final = 10
"""Numbers of copies, from the number of tasks on, that an earlier request is looked for with."""


def batch_size(job: JobRun, attempt: int = 1) -> int:
    """Return how many copies of a job one call starts at most.

    Copies that differ, or that wait for each other's end, are started one by one: what a token stands for
    then depends neither on which of them run nor on how many may.
    """
    together = attempt == 1 and job.array is None and job.slots is None
    return MAX_LAUNCHED if together else 1


def token_of(context: ApplyContext, job: JobRun, call: Call, *, count: int) -> str:
    """Return the token of a RunTask call for a job of `count` copies."""
    # A copy of an array is asked for with the number of copies, by which ECS knows another request.
    several = count if count > MAX_LAUNCHED and job.array is None else None
    return client_token(
        context.run_id,
        job.name,
        call.first,
        call.copies,
        call.number,
        attempt=call.attempt,
        all_copies=several,
    )


def first_calls(job: JobRun) -> Iterator[Call]:
    """Yield the first call for each batch of first attempts that a job's copies are asked for in.

    ECS may have forgotten the call that has started copies which have ended, as the ledger says: made again,
    it would start them again. So copies that were never started are asked for by a call of their own, as if
    the one before had started all copies before them. An apply that resumes the run after that finds the same
    calls: copies that were asked for together have the same time in the ledger.
    """
    size, count = batch_size(job), copies_of(job.planned)
    for first in range(1, count + 1, size):
        yield from _first_call(job, Call(first, min(size, count - first + 1)))


def _first_call(job: JobRun, whole: Call) -> Iterator[Call]:
    """Yield the call that a batch of a job goes on with, where any of its copies lacks a task."""
    numbers = range(whole.first, whole.first + whole.copies)
    known = {each: job.recorded_copy(each) for each in numbers}
    if not any(each is not None and each.was_started for each in known.values()):
        yield whole
        return
    lacking = [
        each for each in numbers if job.copies[each - 1].lacks_task and job.copies[each - 1].attempt == 1
    ]
    asked = [each for each in lacking if (found := known[each]) is not None and found.is_open]
    if asked:
        first = asked[0]
        at = _first_asked_at(known[first])
        while first > whole.first and _first_asked_at(known[first - 1]) == at:
            first -= 1
    else:
        # Those that a call has started come first, so that whatever lacks a task now follows them.
        first = numbers.stop
        while first - 1 in lacking:
            first -= 1
    if first < numbers.stop:
        yield whole if first == whole.first else Call(first, numbers.stop - first, 2)


def _first_asked_at(copy: RecordedCopy | None) -> float | None:
    return None if copy is None else copy.first_asked_at


@dataclass(slots=True)
class _Batch:
    """How far the calls for the first attempts of some copies are known to have come.

    Attributes:
        first: The first of the copies of which it is not known.
        copies: How many follow, with this one.
        number: The number of the first call.
    """

    first: int
    copies: int
    number: int = 1
    is_known: bool = False
    tasks: dict[int, str] = field(default_factory=dict)
    unused: list[Call] = field(default_factory=list)
    misses: list[Call] = field(default_factory=list)

    def took(self, arns: tuple[str, ...]) -> None:
        """Go on after a call that ECS knows."""
        self.is_known = True
        self.unused += self.misses
        self.misses = []
        self.tasks.update(enumerate(arns, start=self.first))
        self.first, self.copies = self.first + len(arns), self.copies - len(arns)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come with a job, as far as ECS knows its tokens.

    Attributes:
        answered: Whether ECS knows any of its tokens; if not, it may be that ECS does not say.
        changed: Whether tasks of the run were started for another number of copies.
        later: The calls of further attempts, by the ARNs of their tasks.
        begins: The attempts that copies begin with of which ECS shows a later attempt and not the first.
        forgotten: Other copies that were started by the same first call as one of these, which ECS does not
            know any more.
        known: Which attempts of which copies tasks are, by their ARNs.
    """

    answered: bool
    changed: bool
    later: Mapping[str, Call]
    begins: Mapping[int, int]
    forgotten: frozenset[int]
    known: Mapping[str, CopyId]


class Counts:
    """Compares the tasks of a run with the tokens of a job.

    Args:
        context: The apply.
        job: The job.
    """

    def __init__(self, context: ApplyContext, job: JobRun) -> None:
        self._context = context
        self._job = job
        self._retry = job.planned.policy.retry

    async def further(self, attempts: Iterable[CopyId]) -> dict[str, CopyId]:
        """Return those of some further attempts that ECS knows, by the ARNs of their tasks.

        Raises:
            ApplierError: AWS could not be asked.
        """
        asked = tuple(attempts)
        calls = await self._context.loop.gather(self._last_call(*each) for each in asked)
        return {found[1]: each for each, found in zip(asked, calls, strict=True) if found is not None}

    async def own(self, tasks: Sequence[Task]) -> Collection[str]:
        """Return the ARNs of the tasks that the tokens of the job have started.

        Args:
            tasks: The tasks of the run that do what the job asks for, of which other jobs may have some.

        Raises:
            ApplierError: AWS could not be asked.
        """
        return (await self.progress(tasks, brief=True)).known.keys()

    async def progress(self, tasks: Sequence[Task], *, again: int = 0, brief: bool = False) -> Progress:
        """Return how far the run has come with the job.

        Calls of an earlier apply that ECS does not know, although it knows later ones, are marked as unused:
        making them now would start their copies again. Where ECS does not say which tokens it knows,
        nothing is marked.

        Args:
            tasks: The tasks of the run that do what the job asks for.
            again: How many of them ended in a way that is tried again.
            brief: Whether to go on with some copies only while their calls are known: many tasks may be those
                of other jobs, which no call of this one explains.

        Raises:
            ApplierError: AWS could not be asked.
        """
        # Invariant: `left` are the tasks that no token known so far has started. The count is unchanged
        # exactly if the tokens of this number of copies account for all of them.
        left = {each.arn for each in tasks}
        batches = [_Batch(each.first, each.copies, each.number) for each in first_calls(self._job)]
        if brief:
            await self._ask_own(batches, left)
        elif await self._ask_first(batches, left, len(tasks), again):
            return Progress(answered=True, changed=True, later={}, begins={}, forgotten=frozenset(), known={})
        shown = {each.arn: each for each in tasks}
        later = await self._ask_later(batches, left, shown)
        answered = bool(later) or any(each.is_known for each in batches)
        self._job.earlier.skip_calls(frozenset(call for each in batches for call in each.unused))
        begins = dict(_begins(batches, later, shown.keys()))
        unknown = (range(each.first, each.first + each.copies) for each in batches if not each.is_known)
        forgotten = chain.from_iterable(copies for copies in unknown if not begins.keys().isdisjoint(copies))
        return Progress(
            answered,
            answered and bool(left),
            later,
            begins,
            frozenset(forgotten) - begins.keys(),
            {arn: (copy, 1) for each in batches for copy, arn in each.tasks.items()}
            | {arn: (call.first, call.attempt) for arn, call in later.items()},
        )

    async def _ask_first(self, batches: Sequence[_Batch], left: set[str], tasks: int, again: int) -> bool:
        """Ask for the calls of first attempts; return whether the run has asked for another number."""
        for number in range(1, _MAX_CALLS + 1):
            open_ones = [each for each in batches if each.copies > 0]
            calls = [Call(each.first, each.copies, each.number + number - 1) for each in open_ones]
            known = await self._context.loop.gather(map(self._known, calls))
            for batch, call, arns in zip(open_ones, calls, known, strict=True):
                if arns is None:
                    batch.misses.append(call)
                else:
                    batch.took(arns)
                    left -= set(arns)
            # Everything is explained; later calls would only ask for tokens that were never used.
            if not left:
                return False
            if number > 1:
                continue
            # No first call is known at all: before further calls are tried, other numbers of copies are.
            answered = any(each.is_known for each in batches)
            if not answered and await self._other_count(tasks, again):
                return True
            # As many tasks as copies: ECS has forgotten the calls, or does not say which it knows.
            if not answered and tasks == len(self._job.copies):
                return False
        return False

    async def _ask_own(self, batches: Sequence[_Batch], left: set[str]) -> None:
        """Ask for the calls of first attempts, of each batch until one is not known."""
        open_ones, number = list(batches), 1
        while open_ones and number <= _MAX_CALLS:
            calls = [Call(each.first, each.copies, each.number + number - 1) for each in open_ones]
            known = await self._context.loop.gather(map(self._known, calls))
            for batch, arns in zip(open_ones, known, strict=True):
                if arns is not None:
                    batch.took(arns)
                    left -= set(arns)
            answered = zip(open_ones, known, strict=True)
            open_ones = [each for each, arns in answered if arns is not None and each.copies > 0]
            number += 1

    async def _ask_later(
        self, batches: Sequence[_Batch], left: set[str], tasks: Mapping[str, Task]
    ) -> dict[str, Call]:
        """Return the calls of further attempts that are known, as long as there are tasks to be explained."""
        last: dict[int, str | None] = dict.fromkeys(range(1, len(self._job.copies) + 1))
        last.update({copy: arn for batch in batches for copy, arn in batch.tasks.items()})
        found: dict[str, Call] = {}
        for attempt in range(2, self._retry.attempts + 1):
            if not left:
                break
            asked = [
                copy
                for copy, arn in last.items()
                if not self._job.copies[copy - 1].is_recalled
                and (arn is None or self._may_go_on(tasks.get(arn)))
            ]
            calls = await self._context.loop.gather(self._last_call(copy, attempt) for copy in asked)
            for copy, answer in zip(asked, calls, strict=True):
                if answer is not None:
                    call, last[copy] = answer
                    found[answer[1]] = call
                    left.discard(answer[1])
        return found

    def _may_go_on(self, task: Task | None) -> bool:
        """Return whether an attempt may have been followed by another; one that ECS does not list may."""
        if task is None:
            return True
        return task.is_over and is_retryable(judge_ended(task, self._job.planned), self._retry)

    async def _last_call(self, copy: int, attempt: int) -> tuple[Call, str] | None:
        """Return the call that has started a further attempt, and its task; None where there is none."""
        for number in range(1, _MAX_CALLS + 1):
            call = Call(copy, 1, number, attempt)
            arns = await self._known(call)
            if arns is None:
                return None
            if arns:
                return call, arns[0]
        return None

    async def _known(self, call: Call) -> tuple[str, ...] | None:
        token = token_of(self._context, self._job, call, count=len(self._job.copies))
        return await self._tasks_of(token)

    async def _other_count(self, tasks: int, again: int) -> bool:
        """Return whether the run has asked for another number of copies, of which so many tasks exist.

        Those that were tried again may each have been followed by another one.
        """
        for count in range(max(1, tasks - min(again, _OTHER_COUNTS)), tasks + _OTHER_COUNTS):
            if count == len(self._job.copies):
                continue
            token = token_of(
                self._context, self._job, Call(1, min(batch_size(self._job), count)), count=count
            )
            if await self._tasks_of(token) is not None:
                return True
        return False

    async def _tasks_of(self, token: str) -> tuple[str, ...] | None:
        """Return the tasks that a token has started; None where ECS does not know it, or does not say."""
        context, job = self._context, self._job
        request = job.run_request.having(
            # ECS looks up the token before the revision: a known one conflicts, an unknown one starts
            # nothing.
            taskDefinition=f"{job.family}:{_NO_REVISION}",
            count=1,
            startedBy=started_by(context.run_id),
            clientToken=token,
        )
        try:
            await context.caller.call(
                job.target,
                RUN_TASK,
                request,
                about=f"job {job.name}",
                cancel=context.cancelled,
                bucket=context.bucket(job.target, "run_calls"),
            )
        except AwsError as error:
            if error.code == "ConflictException":
                return error.resource_ids
            if error.lost:
                raise
        return None


def _begins(
    batches: Sequence[_Batch], later: Mapping[str, Call], shown: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Yield copies that were tried again and whose first attempt ECS does not show, and where to begin.

    That is the first of the attempts that ECS shows without a gap up to the last one.
    """
    attempts: dict[int, dict[int, str]] = {}
    for arn, call in later.items():
        attempts.setdefault(call.first, {})[call.attempt] = arn
    for batch in batches:
        for copy, arn in batch.tasks.items():
            attempts.setdefault(copy, {})[1] = arn
    for copy, known in sorted(attempts.items()):
        begin = max(known)
        while known.get(begin - 1) in shown:
            begin -= 1
        if begin > 1:
            yield copy, begin
