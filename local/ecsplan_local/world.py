"""What the operations work on: state, time, engine, faults and the settings of one endpoint."""

from dataclasses import dataclass
from typing import Any, Protocol

from ecsplan_local.clock import Clock
from ecsplan_local.faults.faults import Faults
from ecsplan_local.store import Store


class Engine(Protocol):
    """Carries tasks from PROVISIONING to STOPPED: by a script, or by running containers."""

    def ready(self) -> None:
        """Make sure that tasks can be run; raises ServiceError where they cannot."""
        ...

    def launch(self, realm: str, task: dict[str, Any], definition: dict[str, Any]) -> None:
        """Take over a task that has just been recorded as PROVISIONING."""
        ...

    def stop(self, arn: str) -> None:
        """Stop a task whose stop code and reason are recorded already."""
        ...

    def settle(self) -> None:
        """Record what is due by the clock; called before each call is carried out."""
        ...

    def close(self) -> None:
        """Stop everything that runs, and return when it has stopped."""
        ...


@dataclass(frozen=True, slots=True)
class Capacity:
    """What all running tasks together may reserve; None is without limit.

    Args:
        cpu_units: CPU units, 1024 to the vCPU.
        memory_mib: Memory in MiB.
    """

    cpu_units: int | None = None
    memory_mib: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """One endpoint's state and settings.

    Args:
        owner: Names this endpoint in the state, so that others know whose tasks are whose.
    """

    store: Store
    clock: Clock
    engine: Engine
    faults: Faults
    capacity: Capacity
    owner: str
