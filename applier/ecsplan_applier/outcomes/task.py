"""A task as ECS describes it, read leniently: missing or malformed members are None, not errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ecsplan.terms.observed import Body

STOPPED: Final = "STOPPED"
BEFORE_RUNNING: Final = frozenset({"PROVISIONING", "PENDING", "ACTIVATING", ""})
"""States of a task that has not run (ECS developer guide, task lifecycle)."""
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


def read_task(raw: Any) -> Task | None:
    """Return a task from a response, or None if it does not even have an ARN."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("taskArn"), str) or not raw["taskArn"]:
        return None
    containers = raw.get("containers")
    return Task(
        arn=raw["taskArn"],
        cluster=_text(raw, "clusterArn") or "",
        definition=_text(raw, "taskDefinitionArn") or "",
        status=_text(raw, "lastStatus") or "",
        started_by=_text(raw, "startedBy") or "",
        stop_code=_text(raw, "stopCode"),
        stopped_reason=_text(raw, "stoppedReason"),
        containers=tuple(
            _container(each)
            for each in (containers if isinstance(containers, list) else ())
            if isinstance(each, Mapping)
        ),
        times=Times(
            created=_time(raw, "createdAt"),
            pull_started=_time(raw, "pullStartedAt"),
            pull_stopped=_time(raw, "pullStoppedAt"),
            started=_time(raw, "startedAt"),
            stopping=_time(raw, "stoppingAt"),
            execution_stopped=_time(raw, "executionStoppedAt"),
            stopped=_time(raw, "stoppedAt"),
        ),
        body=raw,
    )


def _container(raw: Mapping[str, Any]) -> Container:
    code = raw.get("exitCode")
    # bool is a subclass of int, and `true` is not an exit code.
    whole = isinstance(code, int) and not isinstance(code, bool)
    return Container(_text(raw, "name") or "", code if whole else None, _text(raw, "reason"))


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return value if isinstance(value, str) and value else None


def _time(raw: Mapping[str, Any], name: str) -> float | None:
    value = raw.get(name)
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
