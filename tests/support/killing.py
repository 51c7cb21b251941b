"""An apply that dies at a call or an event, as after kill -9."""

from contextlib import suppress
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.events import Event, TaskStarted


class Killed(BaseException):
    """The process is gone, as after kill -9."""


class Killing:
    """A gateway that dies right before or right after a call has its effect."""

    def __init__(self, world: Stage, operation: str, number: int = 1, *, after: bool = True) -> None:
        self._inner = world.gateway
        self._operation = operation
        self._left = number
        self._after = after
        self._is_dead = False

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        # Whatever is under way when a process is killed makes no further call.
        if self._is_dead:
            raise Killed
        self._left -= operation.name == self._operation
        if self._left or operation.name != self._operation:
            return self._inner.call(target, operation, request)
        self._is_dead = True
        if self._after:
            with suppress(AwsError):
                self._inner.call(target, operation, request)
        raise Killed

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


def killed(
    world: Stage, plan: Any, operation: str, number: int = 1, *, after: bool = True, **options: Any
) -> None:
    """Apply as run `run`, and die at a call."""
    gateway = Killing(world, operation, number, after=after)
    with pytest.raises(Killed):
        world.apply(plan, run_id="run", gateway=gateway, **options)


def killed_at_event(world: Stage, manifest: str, kind: type[Event] = TaskStarted, **options: Any) -> None:
    """Begin an apply as run `r`, and let its process end at once when the first event of a kind comes."""
    for event in world.events(world.compile(manifest), run_id="r", **options):
        if isinstance(event, kind):
            return
    raise AssertionError("no such event")
