"""One attempt of a copy of a job, from before its task exists until it is over.

A further attempt of the copy is another `Copy`, which takes the place of this one in its job: whoever still
holds this one sees an attempt that is over. It changes by its own methods only.

A method is one transition between the states of copy_state.py. It raises StateError in a state that has no
such transition: that is a bug of ours, after which apply names every task that may be running.
"""

from dataclasses import replace
from typing import Final, Protocol

from ecsplan.plan.plan import Logs, PlannedJob
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.context import RunContext
from ecsplan_applier.outcomes.events import AttemptEnded, Retried, TaskChanged, TaskEnded, TaskStarted
from ecsplan_applier.outcomes.result import LogPlace, Outcome, TaskResult, phases
from ecsplan_applier.outcomes.task import NO_TIMES, Task
from ecsplan_applier.scheduling.scheduler import Event
from ecsplan_applier.tasks import copy_state
from ecsplan_applier.tasks.copy_state import (
    Abandoned,
    CopyState,
    Detached,
    Followed,
    NotStarted,
    Recalled,
    Requested,
    StopRequest,
    Waiting,
    followed_of,
    has_run,
    is_over,
    stop_of,
)
from ecsplan_applier.tasks.retries import End
from ecsplan_applier.tasks.verdicts import Known, Verdict, end_of, judge


class CopiedJob(Protocol):
    """What a copy needs of its job."""

    @property
    def planned(self) -> PlannedJob:
        """The job as planned."""
        ...

    @property
    def target(self) -> Target:
        """The account and region that it runs in."""
        ...

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def count(self) -> int:
        """How many copies it has."""
        ...

    @property
    def place(self) -> Place:
        """Where its tasks run."""
        ...

    @property
    def essential(self) -> frozenset[str]:
        """Names of the essential containers of its task definition."""
        ...

    @property
    def is_awaited(self) -> bool:
        """Whether other jobs wait for its end."""
        ...

    def cluster_of(self, task: Task) -> str:
        """Return the cluster of a task as messages name it."""
        ...

    def note_state(self, copy: "Copy") -> None:
        """Take that a copy has changed its state."""
        ...

    def worded(self, task: Task | None, text: str) -> str:
        """Return a message of AWS about a task, with secrets masked."""
        ...


class Copy:
    """One attempt of a copy of a job, from before its task exists until it is over.

    Args:
        job: The job.
        number: Which copy, from 1.
        attempt: Which attempt of the copy, from 1.
        earlier: What became of the attempts before it, as far as this apply or the ledger knows.
        since: When it came into being, by the loop's clock; 0 for the one that the apply begins with.
        follows: Whether an attempt of this apply came before it.
    """

    __slots__ = (
        "_begun",
        "_due",
        "_over",
        "_replaced",
        "_reported",
        "_settled",
        "_state",
        "attempt",
        "earlier",
        "follows",
        "job",
        "number",
        "since",
    )

    def __init__(
        self,
        job: CopiedJob,
        number: int,
        attempt: int = 1,
        earlier: tuple[TaskResult, ...] = (),
        since: float = 0.0,
        *,
        follows: bool = False,
    ) -> None:
        self.job: Final = job
        self.number: Final = number
        self.attempt: Final = attempt
        self.earlier: Final = earlier
        self.since: Final = since
        self.follows: Final = follows
        self._state: CopyState = Waiting()
        self._due = 0.0
        self._settled = Event()
        self._begun = Event()
        self._over = Event()
        self._replaced = Event()
        self._reported = False

    @property
    def state(self) -> CopyState:
        """What is known of it."""
        return self._state

    @property
    def settled(self) -> Event:
        """Set when it has a task, or will not get one."""
        return self._settled

    @property
    def begun(self) -> Event:
        """Set when its task has run, or it is over."""
        return self._begun

    @property
    def over(self) -> Event:
        """Set when its task has stopped, or nothing more is expected of it."""
        return self._over

    @property
    def replaced(self) -> Event:
        """Set when the next attempt has taken its place in its job."""
        return self._replaced

    @property
    def reported(self) -> bool:
        """Whether its end was reported: its task has ended and its log was read."""
        return self._reported

    @property
    def changed_at(self) -> float:
        """When the status of its task last changed, by the loop's clock; 0 while it has none."""
        followed = followed_of(self._state)
        return 0.0 if followed is None else followed.changed_at

    @property
    def due(self) -> float:
        """When to look at its task next, by the loop's clock."""
        return self._due

    @property
    def task(self) -> Task | None:
        """What ECS said of its task last, or None while it has none."""
        followed = followed_of(self._state)
        return None if followed is None else followed.task

    @property
    def attached(self) -> bool:
        """Whether an earlier apply with this run id started its task."""
        followed = followed_of(self._state)
        return followed is not None and followed.attached

    @property
    def lacks_task(self) -> bool:
        """Whether it has no task and may still get one."""
        return isinstance(self._state, (Waiting, Requested))

    @property
    def is_recalled(self) -> bool:
        """Whether it ended in an earlier apply of the run, so that what the ledger says is reported."""
        return isinstance(self._state, Recalled)

    @property
    def may_run_unseen(self) -> bool:
        """Whether ECS was asked for a task and has not answered, so that one may run that nobody knows of."""
        match self._state:
            case Requested():
                return True
            case NotStarted(requested=requested):
                return requested
            case _:
                return False

    @property
    def given_up(self) -> Verdict | None:
        """Why nothing more is expected of it although its task has not ended, or None."""
        match self._state:
            case NotStarted(verdict=verdict) | Abandoned(verdict=verdict):
                return verdict
            case _:
                return None

    @property
    def stopping(self) -> Outcome | None:
        """Why this apply has asked ECS to stop its task, or None."""
        stop = stop_of(self._state)
        return None if stop is None else stop.why

    @property
    def label(self) -> str:
        """What it is called in messages."""
        return self.job.name if self.job.count == 1 else f"{self.job.name}/{self.number}"

    @property
    def identifier(self) -> str:
        """What `ecsplan stop` takes; "" while it has no task."""
        task = self.task
        return "" if task is None else f"{self.job.cluster_of(task)}::{task.arn}"

    @property
    def may_have_logged(self) -> bool:
        """Whether its task, which is over, may have written a log: not if it never started."""
        task = self.task
        if task is None or task.never_started or not task.has_run:
            return False
        return not (self.stopping is Outcome.START_TIMEOUT and task.times.started is None)

    def request(self) -> None:
        """ECS is being asked to start its task."""
        self._enter(copy_state.request(self._state))

    def decline(self) -> None:
        """ECS has answered, without a task for it."""
        self._enter(copy_state.decline(self._state))

    def assign(self, context: RunContext, task: Task, *, attached: bool) -> None:
        """Take the task that ECS has started for it, or that an earlier apply had started.

        Args:
            context: The apply.
            task: The task, as ECS has just shown it.
            attached: Whether an earlier apply with this run id started it.
        """
        now = context.now()
        age_s = context.caller.clock.since(self.job.target, task.times.created) if attached else 0.0
        state = copy_state.assign(self._state, Followed(task, attached, now - age_s, now))
        self._due = now
        # Claimed, and reported, before anybody who waits for the copy continues.
        context.claim(task.arn)
        cluster = self.job.cluster_of(task)
        context.emit(TaskStarted(self.label, task.arn, cluster, attached, self.attempt))
        self._enter(state)

    def observe(self, context: RunContext, task: Task) -> None:
        """Take what ECS says of its task now."""
        before, now = self.task, context.now()
        # A task that was attached to has run before this apply: its timeout counts from ECS's timestamp.
        started = task.times.started if self.attached else None
        ran_for_s = context.caller.clock.since(self.job.target, started)
        state = copy_state.observe(self._state, task, now=now, ran_for_s=ran_for_s)
        followed = followed_of(state)
        if followed is not None and (before is None or before.status != task.status):
            seconds = now - followed.launched_at
            context.emit(TaskChanged(self.label, task.arn, task.status, seconds, self.attempt))
        self._enter(state)

    def miss(self, now: float) -> None:
        """Take that DescribeTasks does not show its task."""
        self._enter(copy_state.miss(self._state, now))

    def request_stop(self, why: Outcome, now: float, *, stuck_in: str | None = None) -> bool:
        """Decide to stop its task; the time that it may take to stop counts from now.

        Returns:
            Whether the caller is to send StopTask: not where the decision was taken before, or where there is
            nothing to stop.
        """
        before = self._state
        self._enter(copy_state.request_stop(before, StopRequest(why, now, stuck_in)))
        # The transition returns the very state it was given where there is nothing to decide.
        if self._state is before:
            return False
        self._due = now
        return True

    def send_stop(self, now: float) -> bool:
        """Note that StopTask is being called; return whether to call it, as the task may have ended."""
        self._enter(copy_state.send_stop(self._state, now))
        self._due = now
        return not self._over.is_set()

    def give_up(self, verdict: Verdict) -> None:
        """Expect nothing more of it; of a copy that is over, the first verdict stays."""
        self._enter(copy_state.give_up(self._state, verdict))

    def recall(self, context: RunContext, result: TaskResult) -> None:
        """Take its end from the ledger: an earlier apply of the run has seen it."""
        for each in result.attempts:
            if each.arn is not None:
                context.claim(each.arn)
        earlier = tuple(replace(each, attached=True) for each in result.earlier)
        self._enter(copy_state.recall(self._state, replace(result, attached=True, earlier=earlier)))

    def detach(self) -> None:
        """Leave its task running, which has run; also one that has ended meanwhile, or is out of sight."""
        self._enter(copy_state.detach(self._state))

    def note_replaced(self) -> None:
        """Note that the next attempt has taken its place."""
        self._replaced.set()

    def report(self, context: RunContext) -> None:
        """Report its end, after which the copy gets no further attempt."""
        context.emit(TaskEnded(self.result()))
        self._reported = True

    def report_attempt(self, context: RunContext, pause_s: float) -> None:
        """Report its end, after which the copy is tried again."""
        result, attempts = self.result(), self.job.planned.policy.retry.attempts
        context.emit(AttemptEnded(result))
        context.emit(Retried(self.label, self.attempt + 1, attempts, pause_s, result.cause))
        self._reported = True

    def look_at(self, due: float) -> None:
        """Look at its task next at this time of the loop's clock."""
        self._due = due

    @property
    def log(self) -> LogPlace | None:
        """Where its task writes its log, or None where it has no task, or no log."""
        logs = self.job.planned.watch.logs
        return None if logs is None or self.task is None else self.log_place(logs)

    def log_place(self, logs: Logs) -> LogPlace:
        """Return where its task writes, by the group and prefix of its container's log."""
        task_id = "" if self.task is None else self.task.task_id
        return LogPlace.of(logs, self.job.planned.watch.container, task_id)

    def result(self) -> TaskResult:
        """Return what became of it; where it has no task, with the facts of the attempt before it."""
        if isinstance(self._state, Recalled):
            return self._state.result
        found = self._found()
        if found.arn is not None or not self.earlier:
            return found
        return self.earlier[-1].not_started_again(found)

    def _found(self) -> TaskResult:
        watch = self.job.planned.watch
        task, verdict, stop = self.task, self.judged(), stop_of(self._state)
        container = None if task is None else task.container(watch.container)
        return TaskResult(
            job=self.job.name,
            copy=self.number,
            label=self.label,
            outcome=verdict.outcome,
            arn=None if task is None else task.arn,
            cluster=self.job.place.cluster or "" if task is None else self.job.cluster_of(task),
            status=None if task is None else task.status,
            exit_code=None if container is None or task is None or not task.is_over else container.exit_code,
            stop_code=None if task is None else task.stop_code,
            reason=self.job.worded(task, verdict.reason) or None,
            explanation=verdict.explanation,
            phases=phases(NO_TIMES if task is None else task.times),
            over=task is None or task.is_over,
            attached=self.attached,
            stuck_in=None if stop is None else stop.stuck_in,
            log=self.log,
            attempt=self.attempt,
            earlier=self.earlier,
            succeed_on=self.job.planned.policy.succeed_on,
        )

    def end(self) -> End:
        """Return how it ended, as far as that decides about another attempt; none follows a recalled end."""
        return end_of(self.judged(), self.task, self.job.planned.watch.container, self.stopping)

    def judged(self) -> Verdict:
        """Return the verdict on it, by what is known now."""
        if isinstance(self._state, Recalled):
            result = self._state.result
            return Verdict(result.outcome, result.reason or "", result.explanation)
        stop = stop_of(self._state)
        return judge(
            Known(
                watch=self.job.planned.watch,
                task=self.task,
                essential=self.job.essential,
                requested=self.stopping,
                given_up=self.given_up,
                ran=has_run(self._state),
                asked=self.may_run_unseen,
                detached=isinstance(self._state, Detached),
                stuck_in=None if stop is None else stop.stuck_in,
                run_request=self.job.planned.run_request,
                succeed_on=self.job.planned.policy.succeed_on,
            )
        )

    def _enter(self, state: CopyState) -> None:
        """Be in a state, and wake whoever waits for it; the only place where the state changes."""
        # Events follow from the state, in this one place, so that the two cannot disagree. They are never
        # cleared: a state that sets one is followed only by states that set it, too.
        self._state = state
        if not self.lacks_task:
            self._settled.set()
        over = is_over(state)
        if over or has_run(self._state):
            self._begun.set()
        if over:
            self._over.set()
        self.job.note_state(self)
