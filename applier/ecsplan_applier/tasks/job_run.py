"""One job of an apply: the revision that it runs, its copies, and what ECS was asked for it.

It changes by its own methods only, one for each transition.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal, Protocol

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import array_environment
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.sealed_request import SealedRequest
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.ledger.ledger import Recorded
from ecsplan_applier.outcomes.result import JobResult, TaskResult
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.scheduling.locking import Slots
from ecsplan_applier.tasks.array_member import CopyId, array_member
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.copy_state import StateError
from ecsplan_applier.tasks.earlier_tasks import EarlierTasks
from ecsplan_applier.tasks.task_messages import TaskMessages
from ecsplan_applier.tasks.verdicts import Verdict, essential_containers


@dataclass(frozen=True, slots=True)
class SettledRevision:
    """The revision that a job runs.

    Attributes:
        arn: Its ARN.
        action: Whether it existed before, or was registered.
        made_by_run: Whether this run has registered it, this apply or an earlier one.
        deregistered: Whether it was deregistered afterwards.
    """

    arn: str
    action: Literal["reuse", "register"]
    made_by_run: bool
    deregistered: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a job may start.

    Attributes:
        since: Since when, by the loop's clock; 0 for the whole apply.
        held: Whether it waits for other jobs of the plan.
        waits_for: What else it waits for, in words; "" for nothing but its tasks.
    """

    since: float = 0.0
    held: bool = False
    waits_for: str = ""


class StartGuard(Protocol):
    """What is asked before tasks of a job are asked for, where other runs may claim its family."""

    async def keep(self, job: "JobRun", asking: Iterable[CopyId]) -> None:
        """Agree to tasks being asked for now.

        Raises:
            OtherRunError: Another run has the claim.
            ApplierError: AWS could not be asked.
        """
        ...

    def note_stop(self, stopped_at: float | None) -> None:
        """Note when the task of a copy stopped that is tried again, in seconds since 1970."""
        ...


class JobRun:
    """One job of an apply.

    Args:
        planned: The job as planned.
        target: Where it runs.
        values: The values of sensitive variables, by the placeholders that stand for them in the plan.

    Attributes:
        target: Where it runs.
        earlier: What is known of the tasks that earlier applies of the run have started of it.
    """

    def __init__(
        self, planned: PlannedJob, target: Target, values: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.target: Final = target
        self.earlier: Final = EarlierTasks()
        self._planned = planned
        self._values = values
        self._settled: SettledRevision | None = None
        self._inactive = False
        self._asked = False
        self._fell_short = False
        self._all_asked = False
        self._messages: TaskMessages | None = None
        self._turn = Turn()
        self._is_awaited = False
        self._guard: StartGuard | None = None
        self._recorded: Recorded | None = None
        self._recorded_copies: Mapping[int, RecordedCopy] = MappingProxyType({})
        limit, count = planned.policy.max_parallel, copies_of(planned)
        self._slots = None if limit is None or limit >= count else Slots(limit)
        self._copies = tuple(Copy(self, number) for number in range(1, count + 1))

    @property
    def planned(self) -> PlannedJob:
        """The job as planned, or as decided again."""
        return self._planned

    @property
    def run_request(self) -> SealedRequest:
        """The plan's RunTask request; sent, it has the values of sensitive variables."""
        return SealedRequest(self._planned.run_request, self._values)

    @property
    def array(self) -> int | None:
        """How many copies there are, each of which knows its number; None where it is no array."""
        return self._planned.policy.array

    @property
    def slots(self) -> Slots | None:
        """What each of its tasks takes one of, where not all may run at a time."""
        return self._slots

    def request_of(self, copy: CopyId, count: int | None = None) -> SealedRequest:
        """Return the request for an attempt of a copy; `count` is another number of copies of an array."""
        if self.array is None:
            return self.run_request
        number, attempt = copy
        variables = array_environment(number - 1, count or self.array, attempt)
        return self.run_request.with_environment(self._planned.watch.container, variables)

    def copy_of(self, task: Task) -> CopyId | None:
        """Return which attempt of which copy a task of the run is; None where that is not known."""
        if self.array is None:
            return self.earlier.copy_of(task.arn)
        member = array_member(task, self._planned.watch.container)
        return None if member is None or member.count != self.array else member.copy

    @property
    def name(self) -> str:
        """The job's name."""
        return self._planned.name

    @property
    def family(self) -> str:
        """The family of its task definition."""
        return self._planned.definition.family

    @property
    def copies(self) -> tuple[Copy, ...]:
        """Its copies."""
        return self._copies

    @property
    def count(self) -> int:
        """How many copies it has."""
        return len(self._copies)

    @property
    def revision(self) -> str | None:
        """ARN of the revision to run, or None until it is settled."""
        return None if self._settled is None else self._settled.arn

    @property
    def made_revision(self) -> bool:
        """Whether this run has registered its revision."""
        return self._settled is not None and self._settled.made_by_run

    @property
    def deregistered(self) -> bool:
        """Whether its revision was deregistered after its tasks had ended."""
        return self._settled is not None and self._settled.deregistered

    @property
    def inactive(self) -> bool:
        """Whether its revision is known to be INACTIVE: its tasks were started by an earlier apply."""
        return self._inactive

    @property
    def asked(self) -> bool:
        """Whether ECS was asked to start any of its tasks."""
        return self._asked

    @property
    def fell_short(self) -> bool:
        """Whether an answer of RunTask had fewer tasks than were asked for."""
        return self._fell_short

    @property
    def is_awaited(self) -> bool:
        """Whether other jobs wait for its end."""
        return self._is_awaited

    @property
    def recorded(self) -> Recorded | None:
        """The ledger's entry of it, as it was before this apply wrote any; None where there was none."""
        return self._recorded

    @property
    def has_begun(self) -> bool:
        """Whether an earlier apply of the run has asked for tasks of it, as the ledger says."""
        return self._recorded is not None and self._recorded.entry.has_begun

    @property
    def is_over(self) -> bool:
        """Whether nothing is expected of any of its copies, as where all of them ended in earlier applies."""
        return all(each.over.is_set() for each in self._copies)

    @property
    def turn(self) -> Turn:
        """Whether it may start, and since when."""
        return self._turn

    @property
    def all_asked(self) -> bool:
        """Whether the first call for each copy was made, which claims what earlier applies have started."""
        return self._all_asked

    @property
    def essential(self) -> frozenset[str]:
        """Names of the essential containers of its task definition."""
        return essential_containers(self._planned.definition.request)

    @property
    def cluster(self) -> str | None:
        """The cluster as the request names it; None is the account's default."""
        cluster = self._planned.run_request.get("cluster")
        return cluster if isinstance(cluster, str) else None

    @property
    def place(self) -> Place:
        """Where its tasks run."""
        return Place(self.target, self.cluster)

    def cluster_of(self, task: Task) -> str:
        """Return the cluster of a task as the request names it, else its ARN."""
        return self.cluster or task.cluster or "default"

    def decide_again(self, planned: PlannedJob) -> None:
        """Replace the plan's decisions by new ones, before anything depends on them.

        Its policy stays: other jobs, which are not decided again with it, depend on that.
        """
        if self._settled is not None:
            raise StateError(f"{self.name}: decided again after its revision was settled")
        self._planned = replace(planned, policy=self._planned.policy)
        self._messages = None
        if copies_of(planned) != len(self._copies):  # the plan has left open how many, for a lookup
            self._copies = tuple(Copy(self, number) for number in range(1, copies_of(planned) + 1))

    def recorded_copy(self, number: int) -> RecordedCopy | None:
        """Return what the ledger said of a copy before this apply; None where it did not know the copy."""
        return self._recorded_copies.get(number)

    def expect_copies(self, count: int) -> None:
        """Have so many copies, as the ledger says of a job whose plan leaves open how many there are."""
        if count != len(self._copies):
            self._copies = tuple(Copy(self, number) for number in range(1, count + 1))

    def note_awaited(self) -> None:
        """Note that other jobs wait for its end."""
        self._is_awaited = True

    def note_recorded(self, recorded: Recorded) -> None:
        """Note what the ledger holds of it, written by an earlier apply of the run or by another machine."""
        self._recorded = recorded
        copies = recorded.entry.copies
        self._recorded_copies = MappingProxyType({each.copy: each for each in copies})

    def guard_starts(self, guard: StartGuard) -> None:
        """Have `guard` asked before any task of it is asked for."""
        self._guard = guard

    async def may_ask(self, asking: Iterable[CopyId]) -> None:
        """Make sure that tasks of it may be asked for now, as other runs may claim its family.

        Raises:
            OtherRunError: Another run has the claim.
            ApplierError: AWS could not be asked.
        """
        if self._guard is not None:
            await self._guard.keep(self, asking)

    def take_turn(self, turn: Turn) -> None:
        """Note that it waits for something, or no longer does."""
        self._turn = turn

    def expect_inactive(self) -> None:
        """Note that the revision it is about to use is INACTIVE."""
        self._inactive = True

    def reuse(self, arn: str, *, made_by_run: bool) -> None:
        """Settle on a revision that exists; `made_by_run` as of `SettledRevision`."""
        self._settle(SettledRevision(arn, "reuse", made_by_run))

    def register(self, arn: str) -> None:
        """Settle on a revision that was registered for it just now."""
        self._settle(SettledRevision(arn, "register", made_by_run=True))

    def unsettle(self) -> None:
        """Drop a revision that others have deregistered, so that it gets another one."""
        self._settled, self._inactive = None, False

    def note_deregistered(self) -> None:
        """Note that its revision was deregistered."""
        if self._settled is None:
            raise StateError(f"{self.name}: deregistered without a revision")
        self._settled = replace(self._settled, deregistered=True)

    def note_asked(self) -> None:
        """Note that ECS is being asked to start tasks of it: from here on, some may run."""
        self._asked = True

    def note_short_answer(self) -> None:
        """Note that an answer of RunTask had fewer tasks than were asked for."""
        self._fell_short = True

    def note_state(self, copy: Copy) -> None:
        """Count the tasks that run, where not all may run at a time."""
        if self._slots is None:
            return
        if copy.over.is_set():
            self._slots.leave(copy)
        elif copy.task is not None:
            self._slots.occupy(copy)
            self._slots.leave(copy.task.arn)

    def note_all_asked(self) -> None:
        """Note that the first call for each copy was made."""
        self._all_asked = True

    def begin_attempt(self, copy: Copy, now: float) -> Copy:
        """Return the next attempt of a copy, which takes its place; its last one is over."""
        ended = copy.task is not None and copy.over.is_set()
        if self._copies[copy.number - 1] is not copy or not ended:
            raise StateError(
                f"{copy.label}: attempt {copy.attempt + 1} before attempt {copy.attempt} is over"
            )
        if self._guard is not None and copy.task is not None:
            self._guard.note_stop(copy.task.times.stopped)
        following = self._replace(
            Copy(self, copy.number, copy.attempt + 1, copy.result().attempts, now, follows=True)
        )
        copy.note_replaced()
        return following

    def resume_at(self, number: int, attempt: int, earlier: tuple[TaskResult, ...] = ()) -> Copy:
        """Have a copy begin with an attempt that the run has reached, as ECS need not show those before.

        Args:
            number: Which copy.
            attempt: The attempt.
            earlier: What the ledger says of those before it.
        """
        if not self._copies[number - 1].lacks_task:
            raise StateError(f"{self.name}: attempt {attempt} of a copy that has a task, or needs none")
        attached = tuple(replace(each, attached=True) for each in earlier if each.attempt < attempt)
        return self._replace(Copy(self, number, attempt, attached))

    def _replace(self, copy: Copy) -> Copy:
        before, after = self._copies[: copy.number - 1], self._copies[copy.number :]
        self._copies = (*before, copy, *after)
        return copy

    def add_copy(self) -> Copy:
        """Return one more copy, for a task that exists although nobody asked for it."""
        copy = Copy(self, len(self._copies) + 1)
        self._copies = (*self._copies, copy)
        return copy

    def worded(self, task: Task | None, text: str) -> str:
        """Return a message of AWS about a task, with the resource it is about named and secrets masked."""
        if self._messages is None:
            requests = self._planned.definition.request, self._planned.run_request
            self._messages = TaskMessages(*requests, self.run_request.secrets)
        return self._messages.of(task, text)

    def give_up(self, verdict: Verdict) -> None:
        """Give up all copies that have no task, but for those that wait for a further attempt."""
        for each in self._copies:
            if each.lacks_task and not each.follows:
                each.give_up(verdict)

    def result(self) -> JobResult:
        """Return what became of it."""
        tasks, settled = tuple(each.result() for each in self._copies), self._settled
        action = None if settled is None else settled.action
        return JobResult(self.name, action, self.revision, self.deregistered, tasks)

    def _settle(self, revision: SettledRevision) -> None:
        if self._settled is not None:
            raise StateError(f"{self.name}: {revision.arn} beside {self._settled.arn}")
        self._settled = revision


def copies_of(planned: PlannedJob) -> int:
    """Return how many copies a job has; a plan's request may leave the number out."""
    if planned.policy.array is not None:
        return planned.policy.array
    count = planned.run_request.get("count", 1)
    return count if isinstance(count, int) and count > 0 else 1
