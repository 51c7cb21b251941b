"""Whether a task fits beside those that run, as `failures` of RunTask report it."""

import json
from typing import Any

from ecsplan_local.ecs.task_record import ENDED, Task
from ecsplan_local.world import World


def _reserved(task: Task, containers: list[dict[str, Any]]) -> tuple[int, int]:
    """Return CPU units and MiB that a task reserves: its own size, else its containers'."""
    cpu = int(task["cpu"]) or sum(int(each.get("cpu", 0)) for each in containers)
    memory = int(task["memory"]) or sum(
        int(each.get("memoryReservation", each.get("memory", 0))) for each in containers
    )
    return cpu, memory


def place(world: World, task: Task, definition: dict[str, Any]) -> dict[str, str] | None:
    """Return the failure that RunTask reports for a task that does not fit, or None."""
    capacity = world.capacity
    if capacity.cpu_units is None and capacity.memory_mib is None:
        return None
    used_cpu, used_memory = 0, 0
    for (body,) in world.store.all("SELECT body FROM tasks WHERE status!=?", ENDED):
        other = json.loads(body)
        cpu, memory = _reserved(other, other["containers"])
        used_cpu, used_memory = used_cpu + cpu, used_memory + memory
    cpu, memory = _reserved(task, definition["containerDefinitions"])
    if capacity.memory_mib is not None and used_memory + memory > capacity.memory_mib:
        return {"reason": "RESOURCE:MEMORY"}
    if capacity.cpu_units is not None and used_cpu + cpu > capacity.cpu_units:
        return {"reason": "RESOURCE:CPU"}
    return None
