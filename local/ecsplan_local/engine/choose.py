"""The choice of what carries tasks out, by the name of a runner."""

from collections.abc import Mapping
from typing import Any, Protocol

from ecsplan_local.clock import Clock
from ecsplan_local.engine.detect import find_any, find_required
from ecsplan_local.engine.engine import ContainerEngine
from ecsplan_local.engine.runner_containers import ContainerRunner
from ecsplan_local.engine.runner_process import ProcessRunner
from ecsplan_local.engine.scripted import ScriptedEngine
from ecsplan_local.errors import LocalError
from ecsplan_local.world import Engine, World

RUNNERS = ("auto", "podman", "docker", "process")
"""What users may ask for; tests also have `scripted`."""


class BoundEngine(Engine, Protocol):
    """An engine that is told its world once that is made."""

    def bind(self, world: World) -> None:
        """Take the world whose tasks are carried out."""
        ...


def make_engine(runner: str, clock: Clock, script: Mapping[str, Any] | None) -> BoundEngine:
    """Return the engine for a runner.

    Raises:
        LocalError: There is no runner of this name, or the engine that was asked for does not work.
    """
    match runner:
        case "scripted":
            return ScriptedEngine(clock, script)
        case "auto":
            return ContainerEngine(lambda loop: ContainerRunner(find_any(), loop.folder))
        case "podman" | "docker":
            program = find_required(runner)
            return ContainerEngine(lambda loop: ContainerRunner(program, loop.folder))
        case "process":
            return ContainerEngine(lambda loop: ProcessRunner(loop.folder))
        case _:
            raise LocalError(f"there is no runner {runner!r}; choose one of {', '.join(RUNNERS)}")
