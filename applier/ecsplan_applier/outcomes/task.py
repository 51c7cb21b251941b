"""A task as ECS describes it, read leniently: missing or malformed members are None, not errors."""

from datetime import datetime
from typing import Final

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass

STOPPED: Final = "STOPPED"
BEFORE_RUNNING: Final = frozenset({"PROVISIONING", "PENDING", "ACTIVATING", ""})
"""States of a task that has not run (ECS developer guide, task lifecycle)."""
PLAIN_END: Final = "Essential container in task exited"
"""The stopped reason of a task whose job has ended by itself."""
SOON_RUNNING: Final = frozenset({"PENDING", "ACTIVATING"})


@dataclass(frozen=True, slots=True)
class Container:
    """The members of a container of a task that an apply needs."""

    name: str
    exit_code: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Times:
    """When a task reached its states, in seconds since 1970; None if ECS does not report it."""

    created: float | None
    pull_started: float | None
    pull_stopped: float | None
    started: float | None
    stopping: float | None
    execution_stopped: float | None
    stopped: float | None


NO_TIMES: Final = Times(None, None, None, None, None, None, None)
"""Of a copy without a task."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as an apply sees it.

    Attributes:
        arn: Its ARN.
        cluster: ARN of its cluster, or "".
        definition: ARN of its revision, or "".
        status: `lastStatus`, or "" if ECS does not report it.
        started_by: `startedBy`, or "".
        stop_code: `stopCode`, such as `EssentialContainerExited`, or None.
        stopped_reason: Why it stopped, or None.
        containers: Its containers.
        times: When it reached its states.
        body: The task as it stands in the response.
    """

    arn: str
    cluster: str
    definition: str
    status: str
    started_by: str
    stop_code: str | None
    stopped_reason: str | None
    containers: tuple[Container, ...]
    times: Times
    body: Body

    @property
    def task_id(self) -> str:
        """The last part of the ARN, which is part of the names of log streams."""
        return self.arn.rpartition("/")[2]

    @property
    def is_over(self) -> bool:
        """Whether it has stopped."""
        return self.status == STOPPED

    @property
    def has_run(self) -> bool:
        """Whether it is running or has run; one first seen after its end has run if it has an exit code."""
        if self.status in BEFORE_RUNNING:
            return False
        if self.times.started is not None or self.status == "RUNNING":
            return True
        return any(each.exit_code is not None for each in self.containers)

    @property
    def never_started(self) -> bool:
        """Whether it stopped before any container ran, as far as ECS reports, and so has written no log.

        A task that was stopped while it was waiting to start may still have exit codes.
        """
        if not self.is_over or self.times.started is not None:
            return False
        # StopTask: containers that never ran may have exit codes, so only a finished pull counts.
        if self.stop_code == "UserInitiated":
            return self.times.pull_stopped is None
        return all(each.exit_code is None for each in self.containers)

    @property
    def is_to_stop(self) -> bool:
        """Whether ECS is stopping it or has stopped it."""
        return self.is_over or self.body.get("desiredStatus") == STOPPED

    def container(self, name: str) -> Container | None:
        """Return a container by name, or None."""
        return next((each for each in self.containers if each.name == name), None)


def read_task(raw: object) -> Task | None:
    """Return a task from a response, or None if it does not even have an ARN."""
    body = as_mapping(raw)
    arn = as_text(body.get("taskArn"))
    if arn is None:
        return None
    return Task(
        arn=arn,
        cluster=as_text(body.get("clusterArn")) or "",
        definition=as_text(body.get("taskDefinitionArn")) or "",
        status=as_text(body.get("lastStatus")) or "",
        started_by=as_text(body.get("startedBy")) or "",
        stop_code=as_text(body.get("stopCode")),
        stopped_reason=as_text(body.get("stoppedReason")),
        containers=tuple(map(_container, as_mappings(body.get("containers")))),
        times=Times(
            created=_time(body.get("createdAt")),
            pull_started=_time(body.get("pullStartedAt")),
            pull_stopped=_time(body.get("pullStoppedAt")),
            started=_time(body.get("startedAt")),
            stopping=_time(body.get("stoppingAt")),
            execution_stopped=_time(body.get("executionStoppedAt")),
            stopped=_time(body.get("stoppedAt")),
        ),
        body=body,
    )


def _container(body: Body) -> Container:
    code = body.get("exitCode")
    # bool is a subclass of int, and `true` is not an exit code.
    exit_code = code if isinstance(code, int) and not isinstance(code, bool) else None
    return Container(as_text(body.get("name")) or "", exit_code, as_text(body.get("reason")))


def _time(value: object) -> float | None:
    """Return a timestamp in seconds since 1970: the SDK gives a datetime, the raw protocol a number."""
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
