"""Whether the tasks of a run were started for as many copies as a job asks for now.

Ten tasks may be all that a run of ten copies asked for, or what a run of twelve had started when it was
killed. The tasks do not show it. The tokens do: each belongs to one number of copies, and ECS refuses one
that it knows when it comes with another request. So the tokens are sent to ECS with a revision that cannot
exist: such a request starts nothing, and the answer says whether the token is known.
"""

from dataclasses import dataclass, field
from typing import Final

from ecsplan_applier.aws.operations import RUN_TASK
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.tasks.job_run import Call, JobRun
from ecsplan_applier.tasks.run_id import client_token, started_by

MAX_LAUNCHED: Final = 10
"""Tasks of one RunTask call (botocore ecs model, RunTask.count)."""
_NO_REVISION: Final = 2**31 - 1
"""A number that no family reaches: a new revision has the next one."""
_MAX_ATTEMPTS: Final = 20
"""Calls for the same copies that fit into a start timeout, with their pauses."""
_OTHER_COUNTS: Final = 10
"""Numbers of copies, from the number of tasks on, that an earlier request is looked for with."""


def batch_size(attempt: int) -> int:
    """Return how many copies one call starts at most."""
    return MAX_LAUNCHED if attempt == 1 else 1


def token_of(context: ApplyContext, job: JobRun, call: Call, *, count: int) -> str:
    """Return the token of a RunTask call for a job of `count` copies."""
    several = count if count > MAX_LAUNCHED else None
    return client_token(
        context.run_id,
        job.name,
        call.first,
        call.copies,
        call.number,
        attempt=call.attempt,
        all_copies=several,
    )


@dataclass(slots=True)
class _Batch:
    """How far the calls for some copies are known to have come."""

    first: int
    copies: int
    next: int = 1
    unused: list[Call] = field(default_factory=list)
    misses: list[Call] = field(default_factory=list)

    def took(self, arns: tuple[str, ...]) -> None:
        """Go on after a call that ECS knows."""
        self.unused += self.misses
        self.misses = []
        self.first, self.copies = self.first + len(arns), self.copies - len(arns)


class Counts:
    """Compares the tasks of a run with the tokens of a job.

    Args:
        context: The apply.
        job: The job.
    """

    def __init__(self, context: ApplyContext, job: JobRun) -> None:
        self._context = context
        self._job = job

    async def are_changed(self, tasks: list[Task]) -> bool:
        """Return whether tasks of the run were started for another number of copies.

        Calls of an earlier apply that ECS does not know, although it knows later ones, are marked as unused:
        making them now would start their copies again. Where ECS does not say which tokens it knows,
        nothing is marked.

        Raises:
            ApplierError: AWS could not be asked.
        """
        # Invariant: `left` are the tasks that no token known so far has started. The count is unchanged
        # exactly if the tokens of this number of copies account for all of them.
        left = {each.arn for each in tasks}
        batches = [
            _Batch(first, min(MAX_LAUNCHED, len(self._job.copies) - first + 1))
            for first in range(1, len(self._job.copies) + 1, MAX_LAUNCHED)
        ]
        answered = False
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            open_ones = [each for each in batches if each.copies > 0]
            known = await self._context.loop.gather(self._known(each, attempt) for each in open_ones)
            for batch, arns in zip(open_ones, known, strict=True):
                if arns is None:
                    batch.misses.append(Call(batch.first, batch.copies, attempt))
                else:
                    answered = True
                    batch.took(arns)
                    left -= set(arns)
            # Everything is explained; later attempts would only ask for tokens that were never used.
            if not left:
                break
            # No first call is known at all: before further attempts are tried, other numbers of copies are.
            if attempt == 1 and not answered and await self._other_count(len(tasks)):
                return True
        self._job.skip_calls(frozenset(call for each in batches for call in each.unused))
        return answered and bool(left)

    async def _known(self, batch: _Batch, attempt: int) -> tuple[str, ...] | None:
        count = len(self._job.copies)
        token = token_of(self._context, self._job, Call(batch.first, batch.copies, attempt), count=count)
        return await self._tasks_of(token)

    async def _other_count(self, tasks: int) -> bool:
        """Return whether the run has asked for another number of copies, of which so many tasks exist."""
        for count in range(tasks, tasks + _OTHER_COUNTS):
            if count == len(self._job.copies):
                continue
            token = token_of(self._context, self._job, Call(1, min(MAX_LAUNCHED, count)), count=count)
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
