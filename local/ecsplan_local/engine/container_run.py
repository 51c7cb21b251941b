"""How far a container of a running task has come."""

import time
from dataclasses import dataclass, field
from enum import Enum

from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.health import Health
from ecsplan_local.engine.loop import Process
from ecsplan_local.engine.output import LineLog

_LAST_OUTPUT_BYTES = 4096
"""How much of the last output is kept to say why a container or a pull failed."""


class Phase(Enum):
    """How far a container has come."""

    WAITING = 1
    STARTING = 2
    RUNNING = 3
    ENDED = 4


@dataclass(slots=True)
class Running:
    """A container of a task, with what is known of it so far.

    Args:
        preparing: What has to end before the container is launched.
        process: The container, or what stands for it.
        began: When it was last started, by the monotonic clock.
        held: Output so far that may be the engine's own words, or None once it is known not to be.
        said: What the runner's `aftermath` has printed.
    """

    container: Container
    phase: Phase = Phase.WAITING
    preparing: Process | None = None
    process: Process | None = None
    log: LineLog | None = None
    health: Health | None = None
    code: int | None = None
    asked_to_stop: bool = False
    began: float = 0.0
    last_output: bytes = field(default=b"")
    held: bytes | None = None
    said: bytes = b""

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.name

    def waits_for(self, name: str) -> bool:
        """Return whether this container depends on another one."""
        return any(each.container == name for each in self.container.depends_on)

    def may_restart(self, code: int) -> bool:
        """Return whether the restart policy has a container that exited with `code` started again.

        It must have run for the attempt period (botocore ecs model, ContainerRestartPolicy).
        """
        policy = self.container.definition.get("restartPolicy", {})
        ran_s = time.monotonic() - self.began
        return (
            bool(policy.get("enabled"))
            and code not in policy.get("ignoredExitCodes", [])
            and ran_s >= policy.get("restartAttemptPeriod", 300)
        )

    def keep(self, data: bytes) -> None:
        """Remember the last output."""
        self.last_output = (self.last_output + data)[-_LAST_OUTPUT_BYTES:]

    def last_words(self) -> str:
        """Return the last output as text."""
        return self.last_output.decode("utf-8", "replace").strip()
