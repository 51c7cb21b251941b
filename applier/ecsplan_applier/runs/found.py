"""A run as it was found: its jobs, what became of each copy, and the tasks that ECS still shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ecsplan.plan.plan import Logs
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.result import JobResult, Outcome, Summary, TaskResult
from ecsplan_applier.outcomes.task import Task

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
        unbegun: The names of jobs that an apply of the run was to carry out, and of which nothing is known.
        began_at: When its first task was asked for or created, by AWS's clock; None where nothing says so.
        ended_at: When its last task stopped; None while it is under way, and where nothing says so.
        now: AWS's time when it was looked at.
    """

    run_id: str
    account: str | None
    jobs: tuple[FoundJob, ...]
    unbegun: tuple[str, ...]
    began_at: float | None
    ended_at: float | None
    now: float

    @property
    def results(self) -> tuple[TaskResult, ...]:
        """All copies of all jobs."""
        return tuple(each for job in self.jobs for each in job.results)

    @property
    def is_over(self) -> bool:
        """Whether every copy of every job that has begun has ended."""
        return all(each.is_over for each in self.jobs)

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

    def to_json(self) -> dict[str, Any]:
        """Return the run with the members of `apply --result`.

        It has no exit status while it is under way, nor where jobs of it have never begun.
        """
        document = self.summary().to_json()
        ended = self.is_over and not self.unbegun
        return {**document, "exit_status": document["exit_status"] if ended else None}
