"""RunTask calls for copies of a job: made with their tokens, repeated safely, and read."""

import re
from collections.abc import Sequence
from typing import Final

from ecsplan.terms.bodies import as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.operations import RUN_TASK
from ecsplan_applier.aws.rate_limits import Guarded, Paired
from ecsplan_applier.aws.retry import CHANGING, RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import AwsError, RunIdTakenError
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.starting.attach import Attach
from ecsplan_applier.starting.counts import token_of
from ecsplan_applier.starting.inactive_revision import is_inactive
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.job_run import JobRun, copies_of
from ecsplan_applier.tasks.run_call import Call
from ecsplan_applier.tasks.run_id import started_by

_CAPACITY: Final = re.compile(
    r"capacity is unavailable|no capacity|reached the limit on the number of vcpus", re.IGNORECASE
)
"""Exceptions that mean what `failures` mean elsewhere: no capacity at the moment."""
_NO_REASON: Final = "ECS started no task and gave no reason"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a RunTask call returned.

    Attributes:
        tasks: The tasks, each with whether it existed before the call.
        reason: Why there are fewer than were asked for, or None.
    """

    tasks: tuple[tuple[Task, bool], ...]
    reason: str | None


class RunCalls:
    """Makes the RunTask calls of a job.

    Args:
        context: The apply.
        job: The job, whose revision is known.
        attach: Knows the tasks of this run that existed before.
        pace: The rate limits of the calls.

    Attributes:
        lost: The error of a call whose answer never came, or None.
        inactive: The error of a call whose revision was deregistered in the meantime, or None.
    """

    def __init__(self, context: ApplyContext, job: JobRun, attach: Attach, pace: Paired) -> None:
        self._context = context
        self._job = job
        self._attach = attach
        self._pace = pace
        self.lost: AwsError | None = None
        self.inactive: AwsError | None = None

    async def make(self, call: Call, asking: Sequence[CopyId]) -> Answer | None:
        """Make one RunTask call; return None if what it did is to be found out after the other batches.

        The call carries a token of its own, which makes each retry of it safe. If an answer accounts for too
        few tasks, the call is made once more before another token could start what the answer left out.
        """
        request, copies = self._request(call), call.copies
        try:
            answer = self._read(await self._call(request, call, asking, token_taken=True), copies)
            if answer.reason == _NO_REASON:
                again = self._read(await self._call(request, call, asking, token_taken=False), copies)
                answer = again if len(again.tasks) >= len(answer.tasks) else answer
        except AwsError as error:
            return await self._after(error, copies)
        return answer

    async def _call(self, request: Body, call: Call, asking: Sequence[CopyId], *, token_taken: bool) -> Body:
        # A call may be repeated for longer than a claim is valid, so that it is renewed in between.
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

    async def _after(self, error: AwsError, copies: int) -> Answer | None:
        """Handle a refusal: attach to what exists, wait for capacity, or raise."""
        # The token was used with another request: its tasks exist, whatever this request says.
        if error.code == "ConflictException":
            found = await self._attach.conflicting(self._job, error)
            reason = _NO_REASON if len(found) < copies else None
            return Answer(tuple((each, True) for each in found[:copies]), reason)
        if is_inactive(error):
            self.inactive = error
            return None
        if error.lost:
            self.lost = error
            return None
        if _CAPACITY.search(error.text):
            return Answer((), error.text)
        raise error

    def _read(self, answer: Body, copies: int) -> Answer:
        raw = members(answer, "tasks", dict, RUN_TASK.name)
        tasks = [task for each in raw if (task := read_task(each)) is not None]
        if len(tasks) < len(raw) or len(tasks) > copies:
            text = f"{len(raw)} tasks for {copies}, {len(tasks)} of them with an ARN"
            # More tasks than copies, or tasks that cannot be named: taken at its word, such an answer would
            # leave tasks running that nobody follows. As a BAD_ANSWER it is asked for again with its token.
            raise AwsError(RUN_TASK.name, AwsError.BAD_ANSWER, text)
        reasons = [_reason(each) for each in members(answer, "failures", dict, RUN_TASK.name)]
        reason = next(iter(reasons), _NO_REASON) if len(tasks) < copies else None
        return Answer(tuple((each, self._attach.unclaimed.existed(each)) for each in tasks), reason)

    def _request(self, call: Call) -> Body:
        context, job = self._context, self._job
        return job.request_of((call.first, call.attempt)).having(
            taskDefinition=job.revision,
            count=call.copies,
            startedBy=started_by(context.run_id),
            clientToken=token_of(context, job, call, count=copies_of(job.planned)),
        )


def starts_nothing(error: AwsError | RunIdTakenError) -> bool:
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
