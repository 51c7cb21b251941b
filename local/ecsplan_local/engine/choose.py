"""Create the engine for the name of a runner."""

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
"""The runners that users can choose; tests also have `scripted`."""


class BoundEngine(Engine, Protocol):
    """An engine that receives its world after construction."""

    def bind(self, world: World) -> None:
        """Set the world whose tasks the engine runs."""
        ...


def make_engine(runner: str, clock: Clock, script: Mapping[str, Any] | None) -> BoundEngine:
    """Return the engine for a runner.

    Raises:
        LocalError: The name is not a runner, or the container engine that it names does not work.
    """
    match runner:
        case "scripted":
            return ScriptedEngine(clock, script)
        # `auto` looks for an engine at the first task; a named one must work from the start.
        case "auto":
            return ContainerEngine(lambda loop: ContainerRunner(find_any(), loop.folder))
        case "podman" | "docker":
            program = find_required(runner)
            return ContainerEngine(lambda loop: ContainerRunner(program, loop.folder))
        case "process":
            return ContainerEngine(lambda loop: ProcessRunner(loop.folder))
        case _:
            raise LocalError(f"{runner!r} is not a runner; choose one of {', '.join(RUNNERS)}")
