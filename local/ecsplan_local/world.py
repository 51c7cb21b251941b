"""Everything that operations use: the state, clock, engine, faults and settings of one endpoint."""

from dataclasses import dataclass
from typing import Protocol

from ecsplan_local.clock import Clock
from ecsplan_local.faults.faults import Faults
from ecsplan_local.json_types import Body, Record
from ecsplan_local.store import Store


class Engine(Protocol):
    """Takes tasks from PROVISIONING to STOPPED, by a script or by running containers."""

    def ready(self) -> None:
        """Ensure that tasks can be run; raises ServiceError if they cannot."""
        ...

    def launch(self, realm: str, task: Record, definition: Body) -> None:
        """Start a task that was just recorded as PROVISIONING."""
        ...

    def stop(self, arn: str) -> None:
        """Stop a task whose stop code and reason are already recorded."""
        ...

    def settle(self) -> None:
        """Record what is due according to the clock; called before each call is executed."""
        ...

    def close(self) -> None:
        """Stop all tasks and return once they have stopped."""
        ...


@dataclass(frozen=True, slots=True)
class Capacity:
    """What all running tasks together may reserve; None means no limit.

    Args:
        cpu_units: CPU units, 1024 to the vCPU.
        memory_mib: Memory in MiB.
    """

    cpu_units: int | None = None
    memory_mib: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """The state and settings of one endpoint.

    Args:
        owner: Identifies this endpoint in the state as the owner of its tasks.
        keeps_output: Whether the output of containers without a log stream of their own is kept, too.
    """

    store: Store
    clock: Clock
    engine: Engine
    faults: Faults
    capacity: Capacity
    owner: str
    keeps_output: bool = False
