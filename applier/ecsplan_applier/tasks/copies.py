"""The jobs of one apply and the copies of their tasks, with what is known of each so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ecsplan.plan.plan import PlannedJob
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.context import Scene
from ecsplan_applier.outcomes.events import TaskChanged, TaskStarted
from ecsplan_applier.outcomes.own_stops import FAILED_TO_START
from ecsplan_applier.outcomes.result import JobResult, Outcome, TaskResult, phases
from ecsplan_applier.outcomes.task import BEFORE_RUNNING, Task, Times
from ecsplan_applier.scheduling.scheduler import Flag
from ecsplan_applier.tasks.verdicts import Known, Verdict, judge

_NO_TIMES: Final = Times(None, None, None, None, None, None, None)
_PLAIN_END: Final = "Essential container in task exited"
"""What ECS says where a task simply ended."""


@dataclass(slots=True, eq=False)
class Copy:
    """One copy of a job, from before its task exists until after its log is read.

    Attributes:
        job: The job.
        number: Which copy, from 1.
        task: What ECS said last, or None while there is no task.
        attached: Whether an earlier apply with this run id started it.
        launched_at: When it was started, by the loop's clock; earlier for one that was attached to.
        changed_at: When its state last changed, by the loop's clock.
        running_since: When it was first seen to have run, by the loop's clock.
        due: When to look at it next.
        missing_since: Since when DescribeTasks says MISSING, or None.
        stopping: Why it was asked to stop, or None.
        stop_asked_at: When.
        stuck_in: The state in which it was when the start timeout had passed, or None.
        verdict: Why there is no task, or why it was given up.
        detached: Whether it is left running on purpose.
        asked: Whether ECS is being asked to start it, so that it may run although there is no answer.
        settled: Raised when it has a task, or will not get one.
        begun: Raised when it has run, or is over.
        over: Raised when its task has stopped, or is given up.
        ended: Raised when its log is read, too.
    """

    job: "JobRun"
    number: int
    task: Task | None = None
    attached: bool = False
    launched_at: float = 0.0
    changed_at: float = 0.0
    running_since: float | None = None
    due: float = 0.0
    missing_since: float | None = None
    stopping: Outcome | None = None
    stop_asked_at: float | None = None
    stuck_in: str | None = None
    verdict: Verdict | None = None
    detached: bool = False
    asked: bool = False
    settled: Flag = field(default_factory=Flag)
    begun: Flag = field(default_factory=Flag)
    over: Flag = field(default_factory=Flag)
    ended: Flag = field(default_factory=Flag)

    @property
    def label(self) -> str:
        """What it is called in messages."""
        return self.job.name if len(self.job.copies) == 1 else f"{self.job.name}/{self.number}"

    @property
    def identifier(self) -> str:
        """What `ecsplan stop` takes."""
        return "" if self.task is None else f"{self.job.cluster_of(self.task)}::{self.task.arn}"

    @property
    def may_have_logged(self) -> bool:
        """Whether its task, which is over, may have written a log: not if it never started."""
        task = self.task
        if task is None or task.never_started or not task.has_run:
            return False
        stopped_early = self.stopping is Outcome.START_TIMEOUT and task.times.started is None
        return not stopped_early

    def give_up(self, verdict: Verdict) -> None:
        """Stop expecting anything of it."""
        if self.verdict is None and not self.over.raised:
            self.verdict = verdict
        for each in (self.settled, self.begun, self.over):
            each.raise_()

    def assign(self, scene: Scene, task: Task, *, attached: bool) -> None:
        """Take the task that ECS started for this copy, or that an earlier apply had started."""
        now = scene.now()
        age = 0.0
        if attached:
            age = scene.caller.clock.since(self.job.target, task.times.created)
        self.task, self.attached = task, attached
        scene.claimed.add(task.arn)
        self.launched_at, self.changed_at, self.due = now - age, now, now
        scene.emit(TaskStarted(self.label, task.arn, self.job.cluster_of(task), attached))
        self.settled.raise_()

    def saw(self, scene: Scene, task: Task) -> None:
        """Take what ECS says of the task."""
        before, self.task, self.missing_since = self.task, task, None
        now = scene.now()
        if before is None or before.status != task.status or self.running_since is None:
            self._changed(scene, before, task, now)
        if task.is_over:
            self.begun.raise_()
            self.over.raise_()

    def _changed(self, scene: Scene, before: Task | None, task: Task, now: float) -> None:
        if before is None or before.status != task.status:
            self.changed_at = now
            scene.emit(TaskChanged(self.label, task.arn, task.status, now - self.launched_at))
        if task.status not in BEFORE_RUNNING and self.running_since is None:
            started = task.times.started if self.attached else None
            ago = scene.caller.clock.since(self.job.target, started)
            self.running_since = now - ago
            self.begun.raise_()

    def result(self) -> TaskResult:
        """Return what became of it."""
        task, verdict = self.task, self.judged()
        container = None if task is None else task.container(self.job.planned.watch.container)
        return TaskResult(
            job=self.job.name,
            copy=self.number,
            label=self.label,
            outcome=verdict.outcome,
            arn=None if task is None else task.arn,
            cluster=self.job.cluster or "" if task is None else self.job.cluster_of(task),
            status=None if task is None else task.status,
            exit_code=None if container is None or task is None or not task.is_over else container.exit_code,
            stop_code=None if task is None else task.stop_code,
            reason=self.job.worded(task, verdict.reason) or None,
            explanation=verdict.explanation,
            phases=phases(_NO_TIMES if task is None else task.times),
            over=task is None or task.is_over,
            attached=self.attached,
            stuck_in=self.stuck_in,
        )

    def judged(self) -> Verdict:
        """Return the verdict on it, by what is known now."""
        return judge(
            Known(
                watch=self.job.planned.watch,
                task=self.task,
                essential=self.job.essential,
                requested=self.stopping,
                given_up=self.verdict,
                ran=self.running_since is not None,
                asked=self.asked,
                detached=self.detached,
                stuck_in=self.stuck_in,
                run_request=self.job.planned.run_request,
            )
        )


@dataclass(slots=True, eq=False)
class JobRun:
    """One job of an apply.

    Attributes:
        planned: The job as planned, or as decided again.
        target: Where it runs.
        copies: Its copies.
        action: `reuse` or `register` once that is carried out.
        revision: ARN of the revision to run, once it is known.
        registered: Whether this run has registered it.
        inactive: Whether it is known to be INACTIVE: its tasks ran in an earlier apply of this run.
        deregistered: Whether it was deregistered.
        asked: Whether ECS was asked to start any of its tasks.
        doubtful: Whether an answer said that fewer tasks were started than were asked for.
        unused: First copy, copies and attempt of RunTask calls that an earlier apply of the run did not make,
            although it made later ones.
    """

    planned: PlannedJob
    target: Target
    copies: tuple[Copy, ...] = ()
    action: str | None = None
    revision: str | None = None
    registered: bool = False
    inactive: bool = False
    deregistered: bool = False
    asked: bool = False
    doubtful: bool = False
    unused: frozenset[tuple[int, int, int]] = frozenset()
    _secrets: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The job's name."""
        return self.planned.name

    @property
    def family(self) -> str:
        """The family of its task definition."""
        return self.planned.definition.family

    @property
    def essential(self) -> frozenset[str]:
        """Names of the essential containers of its task definition: all but those that say otherwise."""
        containers = self.planned.definition.request.get("containerDefinitions")
        return frozenset(
            str(each.get("name"))
            for each in (containers if isinstance(containers, (list, tuple)) else ())
            if isinstance(each, Mapping) and each.get("essential") is not False
        )

    @property
    def cluster(self) -> str | None:
        """The cluster as the request names it; None is the account's default."""
        cluster = self.planned.run_request.get("cluster")
        return cluster if isinstance(cluster, str) else None

    def cluster_of(self, task: Task) -> str:
        """Return the cluster of a task as the request names it, else its ARN."""
        return self.cluster or task.cluster or "default"

    def with_cluster(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a request about tasks of this job, with the cluster if it is not the default one."""
        return request if self.cluster is None else {"cluster": self.cluster, **request}

    def add_copy(self) -> Copy:
        """Return one copy more, for a task that exists although nobody asked for it."""
        copy = Copy(self, len(self.copies) + 1)
        self.copies = (*self.copies, copy)
        return copy

    def worded(self, task: Task | None, text: str) -> str:
        """Return AWS's words about a task with the things named that they are about, and secrets masked.

        AWS may quote a command, and leave out which secret it did not find.
        """
        if text in {"", _PLAIN_END}:
            return text
        from ecsplan.terms.secrecy import mask_text  # noqa: PLC0415 - most tasks end without words
        from ecsplan_applier.outcomes.aws_words import concealed, secrets_of  # noqa: PLC0415
        from ecsplan_applier.outcomes.missing_things import concerned, with_concerned  # noqa: PLC0415

        requests = self.planned.definition.request, self.planned.run_request
        if task is not None and task.stop_code == FAILED_TO_START:
            text = with_concerned(text, concerned(task.stop_code, text, *requests))
        if self._secrets is None:
            self._secrets = secrets_of(*requests)
        return concealed(mask_text(text), self._secrets)

    def give_up(self, verdict: Verdict) -> None:
        """Give up all copies that have no task."""
        for each in self.copies:
            if each.task is None:
                each.give_up(verdict)

    def result(self) -> JobResult:
        """Return what became of it."""
        tasks = tuple(each.result() for each in self.copies)
        return JobResult(self.name, self.action, self.revision, self.deregistered, tasks)


def job_run(planned: PlannedJob, target: Target) -> JobRun:
    """Return a job that is about to be carried out."""
    job = JobRun(planned, target)
    job.copies = tuple(Copy(job, number) for number in range(1, copies_of(planned) + 1))
    return job


def copies_of(planned: PlannedJob) -> int:
    """Return how many tasks a job asks for; a plan's request may leave it out."""
    count = planned.run_request.get("count", 1)
    return count if isinstance(count, int) and count > 0 else 1


def no_capacity(reason: str) -> Verdict:
    """Return the verdict on a copy that ECS had no room for until the start timeout."""
    from ecsplan_applier.outcomes.explain import explain_failure  # noqa: PLC0415 - a table that most applies never need

    return Verdict(Outcome.NOT_STARTED, reason, explain_failure(reason))
