"""Whether there is capacity for a task, reported as RunTask does in `failures`."""

from ecsplan_local.ecs.task_record import ENDED, Task
from ecsplan_local.json_types import Body, children, integer, parsed, text
from ecsplan_local.world import World


def _reserved(task: Task, containers: list[Body]) -> tuple[int, int]:
    """Return the CPU units and MiB that a task reserves: its own size, else that of its containers."""
    cpu = int(text(task, "cpu")) or sum(integer(each, "cpu") for each in containers)
    memory = int(text(task, "memory")) or sum(
        integer(each, "memoryReservation", integer(each, "memory")) for each in containers
    )
    return cpu, memory


def placement_failure(world: World, task: Task, definition: Body) -> dict[str, str] | None:
    """Return the failure that RunTask reports if there is no capacity for a task, or None."""
    capacity = world.capacity
    if capacity.cpu_units is None and capacity.memory_mib is None:
        return None
    # Counted afresh each time: the state is shared, so tasks of other endpoints reserve capacity, too.
    used_cpu, used_memory = 0, 0
    for (body,) in world.store.all("SELECT body FROM tasks WHERE status!=?", ENDED):
        other = parsed(body)
        cpu, memory = _reserved(other, children(other, "containers"))
        used_cpu, used_memory = used_cpu + cpu, used_memory + memory
    cpu, memory = _reserved(task, children(definition, "containerDefinitions"))
    if capacity.memory_mib is not None and used_memory + memory > capacity.memory_mib:
        return {"reason": "RESOURCE:MEMORY"}
    if capacity.cpu_units is not None and used_cpu + cpu > capacity.cpu_units:
        return {"reason": "RESOURCE:CPU"}
    return None
