"""What became of an apply: each task with its phases, the exit status, and what is left behind."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from ecsplan.plan.plan import Logs
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.outcomes.explanation import Explanation
from ecsplan_applier.outcomes.task import Times

SIGNALLED: Final = 128
"""A process that ends by a signal has this plus the signal's number as its exit status (POSIX shells)."""
SEVERAL_FAILED: Final = 1


class Outcome(StrEnum):
    """What became of one copy of a job; the exit status that each has for a single task is in `STATUS`.

    PENDING and RUNNING are seen only by those that look at a run while it is under way.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NO_EXIT_CODE = "no exit code"
    NOT_STARTED = "not started"
    START_TIMEOUT = "not started in time"
    TIMEOUT = "timed out"
    REFUSED = "refused"
    SKIPPED = "skipped"
    LOST = "lost sight of"
    STALE = "stale"
    OTHER_REQUEST = "run id taken"
    OTHER_RUN = "another run under way"
    INTERRUPTED = "interrupted"
    INTERRUPTED_BY_AWS = "interrupted by AWS"
    DETACHED = "left running"
    PENDING = "pending"
    RUNNING = "running"


STATUS: Final[dict[Outcome, int]] = {
    Outcome.SUCCEEDED: 0,
    Outcome.FAILED: 1,
    Outcome.NO_EXIT_CODE: 125,
    Outcome.NOT_STARTED: 126,
    Outcome.START_TIMEOUT: 124,
    Outcome.TIMEOUT: 124,
    Outcome.REFUSED: 125,
    Outcome.SKIPPED: 1,
    Outcome.LOST: 125,
    Outcome.STALE: 122,
    Outcome.OTHER_REQUEST: 122,
    Outcome.OTHER_RUN: 121,
    Outcome.INTERRUPTED: 130,
    Outcome.INTERRUPTED_BY_AWS: 125,
    Outcome.DETACHED: 0,
    Outcome.PENDING: 0,
    Outcome.RUNNING: 0,
}
"""The exit status of an apply of a single task; FAILED has the container's exit code if one byte holds it."""

_ALSO_OF_SEVERAL: Final = (Outcome.OTHER_REQUEST, Outcome.OTHER_RUN)
"""Outcomes that have their exit status whatever became of other tasks."""


@dataclass(frozen=True, slots=True)
class Phases:
    """How long a task took, in seconds, by its own timestamps; None where ECS does not say."""

    provisioning_s: float | None
    image_pull_s: float | None
    running_s: float | None
    stopping_s: float | None


def phases(times: Times) -> Phases:
    """Return the phases of a task.

    A task on a container instance that has its image has no pull; one that never ran has no running.
    """
    return Phases(
        provisioning_s=_between(
            times.created, times.pull_started, times.started, times.stopping, times.stopped
        ),
        image_pull_s=_between(times.pull_started, times.pull_stopped),
        running_s=_between(times.started, times.execution_stopped, times.stopping, times.stopped),
        stopping_s=None
        if times.stopped is None
        else _between(times.execution_stopped or times.stopping, times.stopped),
    )


def _between(start: float | None, *ends: float | None) -> float | None:
    """Return the seconds from `start` to the first of `ends` that is known."""
    end = next((each for each in ends if each is not None), None)
    return None if start is None or end is None else round(max(0.0, end - start), 3)


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where in CloudWatch Logs the job's container of a task writes."""

    group: str
    stream: str
    region: str

    @classmethod
    def of(cls, logs: Logs, container: str, task_id: str) -> "LogPlace":
        """Return where a container of a task writes, by the group and prefix of its log.

        The awslogs driver names a stream PREFIX/CONTAINER/TASK_ID (ECS developer guide, awslogs).
        """
        return cls(logs.group, f"{logs.stream_prefix}/{container}/{task_id}", logs.region)

    def to_json(self) -> dict[str, str]:
        """Return the place as `--result` and the ledger write it."""
        return {"group": self.group, "stream": self.stream, "region": self.region}


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of one copy of a job.

    Attributes:
        job: Name of the job.
        copy: Which copy, from 1.
        label: What it is called in messages: `name`, or `name/2` of several copies.
        outcome: What became of it.
        arn: The task's ARN, or None where none was started.
        cluster: The cluster as the request names it, else its ARN, else "".
        status: The task's last known state, or None.
        exit_code: Exit code of the job's container, or None.
        stop_code: ECS's stop code, or None.
        reason: Why it stopped or was not started, or None.
        explanation: What the reason means, or None.
        phases: How long it took.
        over: Whether it is known that nothing of it runs.
        attached: Whether an earlier apply with the same run id had started it.
        stuck_in: The state in which it was when the start timeout had passed, or None.
        log: Where its log is, or None where it has none.
        attempt: Which attempt of the copy it is, from 1.
        earlier: The attempts before this one, the first one first.
        succeed_on: The exit codes that count as success.
        unstarted: Whether there was to be one more attempt, which was not started. Outcome, reason and
            explanation are then those of this attempt, the facts of its task those of the last one.
    """

    job: str
    copy: int
    label: str
    outcome: Outcome
    arn: str | None
    cluster: str
    status: str | None
    exit_code: int | None
    stop_code: str | None
    reason: str | None
    explanation: Explanation | None
    phases: Phases
    over: bool
    attached: bool
    stuck_in: str | None = None
    log: LogPlace | None = None
    attempt: int = 1
    earlier: tuple["TaskResult", ...] = ()
    unstarted: bool = False
    succeed_on: tuple[int, ...] = SUCCESS

    @property
    def identifier(self) -> str | None:
        """What `ecsplan stop` takes: `CLUSTER::TASK_ARN`."""
        return None if self.arn is None else f"{self.cluster}::{self.arn}"

    @property
    def cause(self) -> str:
        """Why the task did not succeed, in a few words."""
        match self.outcome:
            case Outcome.FAILED:
                return f"exit code {self.exit_code}"
            case Outcome.INTERRUPTED_BY_AWS:
                return self.stop_code or str(self.outcome)
            case Outcome.NOT_STARTED | Outcome.NO_EXIT_CODE:
                return self.reason or self.stop_code or str(self.outcome)
            case outcome:
                return str(outcome)

    @property
    def attempts(self) -> tuple["TaskResult", ...]:
        """The tasks that were started for the copy, the first one first."""
        return self.earlier if self.arn is None or self.unstarted else (*self.earlier, self)

    def not_started_again(self, verdict: "TaskResult") -> "TaskResult":
        """Return this last attempt with what became of the one after it, which has no task."""
        return replace(
            self,
            outcome=verdict.outcome,
            reason=verdict.reason,
            explanation=verdict.explanation,
            attempt=verdict.attempt,
            earlier=(*self.earlier, self),
            unstarted=True,
        )

    def to_json(self) -> dict[str, object]:
        """Return the task as `--result` writes it; -1 stands for an exit code that is not known."""
        return {
            "copy": self.copy,
            "label": self.label,
            **self._facts(),
            "attempts": [{"attempt": each.attempt, **each._facts()} for each in self.attempts],
        }

    def _facts(self) -> dict[str, object]:
        """Return what is written of a task and of each of its attempts."""
        why, log = self.explanation, self.log
        return {
            "outcome": str(self.outcome),
            "task_arn": self.arn,
            "cluster": self.cluster or None,
            "status": self.status,
            "exit_code": -1 if self.exit_code is None else self.exit_code,
            "stop_code": self.stop_code,
            "reason": self.reason,
            "meaning": None if why is None else why.meaning,
            "remedy": None if why is None else why.remedy,
            "explanation": None if why is None else why.name,
            "attached": self.attached,
            "phases": {
                "provisioning_seconds": self.phases.provisioning_s,
                "image_pull_seconds": self.phases.image_pull_s,
                "running_seconds": self.phases.running_s,
                "stopping_seconds": self.phases.stopping_s,
            },
            "log": None if log is None else log.to_json(),
        }


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of a job.

    Attributes:
        job: Its name.
        action: `reuse`, `register`, or None where it did not come to that.
        revision: ARN of the revision that was run, or None.
        deregistered: Whether that revision was deregistered again.
        tasks: Its copies.
    """

    job: str
    action: str | None
    revision: str | None
    deregistered: bool
    tasks: tuple[TaskResult, ...]

    def to_json(self) -> dict[str, object]:
        """Return the job as `--result` writes it."""
        return {
            "name": self.job,
            "task_definition": {
                "action": self.action,
                "arn": self.revision,
                "deregistered": self.deregistered,
            },
            "tasks": [each.to_json() for each in self.tasks],
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of an apply.

    Attributes:
        run_id: Its run id.
        jobs: Its jobs in the order of the plan.
        signal: The signal that interrupted it, or None.
        detached: Whether it ended with its tasks left running on purpose.
        seconds: How long it took.
        failure: The unexpected error that it ended with, or None.
        strays: `CLUSTER::TASK_ARN` of tasks that are running under the run id and belong to no copy.
        unrecorded: The names of the jobs that have ended and whose ends the ledger lacks.
        ledger: The ledger as the user names it, or None where the apply has none.
    """

    run_id: str
    jobs: tuple[JobResult, ...]
    signal: int | None
    detached: bool
    seconds: float
    failure: str | None = None
    strays: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()
    ledger: str | None = None

    @property
    def tasks(self) -> tuple[TaskResult, ...]:
        """All tasks of all jobs."""
        return tuple(task for job in self.jobs for task in job.tasks)

    @property
    def left_running(self) -> tuple[TaskResult, ...]:
        """Tasks of which it is not known that they are over."""
        return tuple(each for each in self.tasks if each.arn is not None and not each.over)

    @property
    def exit_status(self) -> int:
        """What the command ends with (docs/exit-status.md)."""
        if self.failure is not None or (self.unrecorded and self.signal is None):
            return STATUS[Outcome.LOST]
        return exit_status(self.tasks, self.signal)

    def to_json(self) -> dict[str, object]:
        """Return the summary as `--result` writes it."""
        return {
            "run_id": self.run_id,
            "exit_status": self.exit_status,
            "signal": self.signal,
            "detached": self.detached,
            "seconds": round(self.seconds, 3),
            "jobs": [each.to_json() for each in self.jobs],
            "left_running": [*(each.identifier for each in self.left_running), *self.strays],
            **({"unrecorded": list(self.unrecorded)} if self.unrecorded else {}),
            **({} if self.failure is None else {"error": self.failure}),
        }


def refusal_json(run_id: str | None, exit_status: int, error: str) -> dict[str, object]:
    """Return what `--result` writes of an apply that was refused before it changed anything."""
    return {
        "run_id": run_id,
        "exit_status": exit_status,
        "signal": None,
        "detached": False,
        "seconds": 0.0,
        "jobs": [],
        "left_running": [],
        "error": error,
    }


def exit_status(tasks: Sequence[TaskResult], signal: int | None) -> int:
    """Return the exit status of an apply of these tasks (docs/exit-status.md)."""
    if signal is not None:
        return SIGNALLED + signal
    if len(tasks) == 1:
        return _single(tasks[0])
    for outcome in _ALSO_OF_SEVERAL:
        if any(each.outcome is outcome for each in tasks):
            return STATUS[outcome]
    return SEVERAL_FAILED if any(STATUS[each.outcome] for each in tasks) else 0


def _single(task: TaskResult) -> int:
    if task.outcome is Outcome.FAILED and task.exit_code is not None and 0 < task.exit_code <= 255:
        return task.exit_code
    return STATUS[task.outcome]
