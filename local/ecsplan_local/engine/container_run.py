"""The state of one container of a running task."""

import time
from dataclasses import dataclass, field
from enum import Enum

from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.health import Health
from ecsplan_local.engine.loop import Process
from ecsplan_local.engine.output import LineLog
from ecsplan_local.json_types import child, flag, integer, items

_LAST_OUTPUT_BYTES = 4096
"""How much of the last output is kept, to explain why a container or a pull failed."""


class Phase(Enum):
    """The phase of a container."""

    WAITING = 1
    STARTING = 2
    RUNNING = 3
    ENDED = 4


@dataclass(slots=True)
class Running:
    """A container of a task and its state.

    Args:
        preparing: The process that must end before the container is launched, such as a pull.
        process: The container's process, or the engine's client that stands for it.
        began: When it was last started, by the monotonic clock.
        held: Output so far that may be an engine error, or None once it is known to be the container's.
        inspection: The output of the runner's `inspection`.
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
    inspection: bytes = b""

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.name

    def waits_for(self, name: str) -> bool:
        """Return whether this container depends on another one."""
        return any(each.container == name for each in self.container.depends_on)

    def may_restart(self, code: int) -> bool:
        """Return whether the restart policy restarts a container that exited with `code`.

        It must have run for the attempt period (botocore ecs model, ContainerRestartPolicy).
        """
        policy = child(self.container.definition, "restartPolicy")
        # The wall clock may be a test's, and may jump.
        ran_s = time.monotonic() - self.began
        return (
            flag(policy, "enabled")
            and code not in items(policy, "ignoredExitCodes")
            and ran_s >= integer(policy, "restartAttemptPeriod", 300)
        )

    def keep_output(self, data: bytes) -> None:
        """Keep the end of the output."""
        self.last_output = (self.last_output + data)[-_LAST_OUTPUT_BYTES:]

    def last_output_text(self) -> str:
        """Return the end of the output as text."""
        return self.last_output.decode("utf-8", "replace").strip()
