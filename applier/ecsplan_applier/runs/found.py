"""A run as it was found: its jobs, what became of each copy, and the tasks that ECS still shows."""

from collections.abc import Collection, Iterator
from typing import Any, Final, Literal, TypeAlias

from ecsplan.plan.plan import Logs
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.result import STATUS, JobResult, Outcome, Summary, TaskResult
from ecsplan_applier.outcomes.task import Task

RunState: TypeAlias = Literal[
    "running", "pending", "succeeded", "failed", "interrupted", "unknown", "incomplete"
]
"""What became of a run in a word. `unknown`: nobody has seen the end of a task. `incomplete`: jobs have never
begun, and the others have succeeded."""

UNDER_WAY: Final = frozenset({Outcome.PENDING, Outcome.RUNNING})
"""Outcomes of a copy that has not ended."""


@dataclass(frozen=True, slots=True)
class FoundJob:
    """A job of a run.

    Attributes:
        name: Its name, by the ledger or a result file; else the family of its tasks.
        family: The family of its task definition, or "" where that is not known.
        place: Where its tasks run.
        container: The job's container, or "" where that is not known.
        logs: Where the job's container logs, by the definition; None where it logs elsewhere, or where no
            definition was looked at. `TaskResult.log` has the place of each task, the recorded ones', too.
        entry: What the ledger has of it, or None.
        results: Its copies, by their number, each with its last attempt and the earlier ones.
        tasks: All tasks of it that ECS shows, oldest first.
        succeed_on: The exit codes that count as success.
        revision: ARN of the revision that it ran, or None.
    """

    name: str
    family: str
    place: Place
    container: str
    logs: Logs | None
    entry: Entry | None
    results: tuple[TaskResult, ...]
    tasks: tuple[Task, ...]
    succeed_on: tuple[int, ...] = SUCCESS
    revision: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether every copy has ended."""
        return all(each.outcome not in UNDER_WAY for each in self.results)

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that have not stopped."""
        return tuple(each for each in self.tasks if not each.is_over)

    def task(self, arn: str | None) -> Task | None:
        """Return a task that ECS shows, or None."""
        return next((each for each in self.tasks if each.arn == arn), None)


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run.

    Attributes:
        run_id: Its id.
        account: The account of its tasks, or None where nothing shows it.
        jobs: Its jobs that have begun, in the order of the plan where that is known.
        unbegun: The names of jobs that an apply of the run was to carry out where it was looked for, and of
            which nothing is known.
        began_at: When its first task was asked for or created, by AWS's clock; None where nothing says so.
        ended_at: When its last task stopped; None while it is under way, and where nothing says so.
        now: AWS's time when it was looked at.
        unseen: The labels of copies whose ends are not known, and whose tasks may run where nobody looked.
        due: The labels of copies whose last task has stopped, and of which a further attempt may be due.
        elsewhere: The names of its jobs in other accounts, and in regions that were not looked at.
    """

    run_id: str
    account: str | None
    jobs: tuple[FoundJob, ...]
    unbegun: tuple[str, ...]
    began_at: float | None
    ended_at: float | None
    now: float
    unseen: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def results(self) -> tuple[TaskResult, ...]:
        """All copies of all jobs."""
        return tuple(each for job in self.jobs for each in job.results)

    @property
    def is_over(self) -> bool:
        """Whether every copy of every job that has begun has ended, and no further attempt is due."""
        return not self.due and all(each.is_over for each in self.jobs)

    @property
    def state(self) -> RunState:
        """What became of it in a word."""
        outcomes = {each.outcome for each in self.results}
        if not self.is_over:
            return "running" if Outcome.RUNNING in outcomes else "pending"
        bad = {each for each in outcomes if STATUS[each]}
        if not bad:
            return "incomplete" if self.unbegun else "succeeded"
        if Outcome.INTERRUPTED in bad:
            return "interrupted"
        return "unknown" if bad == {Outcome.LOST} else "failed"

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far; 0 where nothing says since when."""
        if self.began_at is None:
            return 0.0
        end = self.now if not self.is_over else self.ended_at
        return 0.0 if end is None else max(0.0, end - self.began_at)

    @property
    def running(self) -> Iterator[tuple[FoundJob, Task]]:
        """The tasks that have not stopped, with their jobs."""
        return ((job, task) for job in self.jobs for task in job.running)

    def summary(self) -> Summary:
        """Return the run as the end of an apply shows it, with the exit status of that apply."""
        jobs = (JobResult(each.name, None, each.revision, False, each.results) for each in self.jobs)
        unbegun = (JobResult(each, None, None, False, ()) for each in self.unbegun)
        return Summary(self.run_id, (*jobs, *unbegun), None, False, self.seconds)

    @property
    def exit_status(self) -> int | None:
        """The exit status of an apply of it; None while it is under way, and while jobs have not begun.

        Jobs elsewhere have no part in it.
        """
        return self.summary().exit_status if self.is_over and not self.unbegun else None

    def to_json(self) -> dict[str, Any]:
        """Return the run with the members of `apply --result`, and its exit status where it has one."""
        return {**self.summary().to_json(), "exit_status": self.exit_status}


def found_run(
    run_id: str,
    jobs: tuple[FoundJob, ...],
    *,
    account: str | None,
    now: float,
    regions: Collection[str],
    unseen: tuple[str, ...] = (),
) -> FoundRun:
    """Return a run of its jobs; `regions` are those that were looked at."""
    known = {each.name for each in jobs}
    entries = [job.entry for job in jobs if job.entry is not None]
    planned = dict.fromkeys(name for each in entries for name in each.jobs)
    here = {name for each in entries for name in each.jobs_in(regions)}
    began = [at for job in jobs for at in _beginnings(job)]
    ended = [at for job in jobs for at in _ends(job)]
    return FoundRun(
        run_id=run_id,
        account=account,
        jobs=jobs,
        unbegun=tuple(each for each in planned if each in here - known),
        began_at=min(began, default=None),
        ended_at=max(ended, default=None) if all(job.is_over for job in jobs) else None,
        now=now,
        unseen=unseen,
        elsewhere=tuple(each for each in planned if each not in here | known),
    )


def _beginnings(job: FoundJob) -> Iterator[float]:
    yield from (each.times.created for each in job.tasks if each.times.created is not None)
    if job.entry is not None:
        for each in job.entry.copies:
            at = each.asked_at if each.first_asked_at is None else each.first_asked_at
            yield from () if at is None else (at,)


def _ends(job: FoundJob) -> Iterator[float]:
    yield from (each.times.stopped for each in job.tasks if each.times.stopped is not None)
    if job.entry is not None and not job.tasks:
        stopped = [each.stopped_at for each in job.entry.copies if each.task_arn is not None]
        known = [each for each in stopped if each is not None]
        # A task whose end nobody dated had stopped when it was recorded.
        yield max(known) if known and len(known) == len(stopped) else job.entry.written_at
