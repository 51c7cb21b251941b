"""Rules about CPU and memory: what Fargate sells, and what the containers take of the task's share."""

from collections.abc import Iterator

from ecsplan.diagnostic import Diagnostic, Location, error, warning
from ecsplan.draft import Draft
from ecsplan.fargate import FARGATE_MEMORY_MIB, WINDOWS_LEAST_CPU, cpu_units, memory_mib
from ecsplan.rules.capacity import is_for, is_windows
from ecsplan.rules.parts import Part, containers_of, definition_of, named, run_of

DOCKER_LEAST_MIB = 6
"""MiB that Docker 20.10 and later reserve at least (botocore ecs model, ContainerDefinition.memory)."""

TASK_CPU_UNITS = range(128, 196608 + 1)
"""CPU units of a task that is not on Fargate (botocore ecs model, RegisterTaskDefinition.cpu)."""

_FEW = 4
"""Sizes that a message lists one by one; more are told as a range."""


def fargate_cpu(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate sells CPU in fixed sizes.

    Source: botocore ecs model, RegisterTaskDefinition.memory.

    Example:
        image: alpine
        cpu: 300
    """
    if not is_for(draft, "FARGATE"):
        return
    sizes = ", ".join(map(str, FARGATE_MEMORY_MIB))
    for cpu, _ in _sizes(draft):
        if cpu is not None and cpu not in FARGATE_MEMORY_MIB:
            message = f"Fargate has no size of {cpu} CPU units"
            yield error("fargate-cpu", _where(draft, "cpu"), message, help=f"use one of {sizes}")


def fargate_memory(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate sells, with each CPU size, memory in fixed sizes.

    Source: botocore ecs model, RegisterTaskDefinition.memory.

    Example:
        image: alpine
        cpu: 256
        memory: 3072
    """
    if not is_for(draft, "FARGATE"):
        return
    for cpu, memory in _sizes(draft):
        if memory is None:
            continue
        sold = FARGATE_MEMORY_MIB.get(cpu, ()) if cpu is not None else _all_sizes()
        if sold and memory not in sold:
            of_cpu = f" for {_vcpu(cpu)}" if cpu is not None else ""
            yield error(
                "fargate-memory",
                _where(draft, "memory", otherwise="cpu"),
                f"{_gigabytes(memory)} is not a valid memory size{of_cpu} on Fargate",
                help=f"with cpu {cpu}, choose {_choice(sold)} MiB" if cpu is not None else "",
            )


def fargate_windows_cpu(draft: Draft) -> Iterator[Diagnostic]:
    """A Windows task on Fargate has at least one vCPU.

    Source: botocore ecs model, RegisterTaskDefinition.memory.

    Example:
        image: mcr.microsoft.com/windows/nanoserver:ltsc2022
        cpu: 512
        runtime_platform: {operatingSystemFamily: WINDOWS_SERVER_2022_CORE}
    """
    if not (is_for(draft, "FARGATE") and is_windows(draft)):
        return
    for cpu, _ in _sizes(draft):
        if cpu is not None and cpu in FARGATE_MEMORY_MIB and cpu < WINDOWS_LEAST_CPU:
            yield error(
                "fargate-windows-cpu",
                _where(draft, "cpu"),
                f"{_vcpu(cpu)} is too little for a Windows task on Fargate",
                help=f"use at least {WINDOWS_LEAST_CPU} CPU units",
            )


def task_cpu(draft: Draft) -> Iterator[Diagnostic]:
    """A task that is not on Fargate has between 128 and 196608 CPU units.

    Source: botocore ecs model, RegisterTaskDefinition.cpu.

    Example:
        image: alpine
        launch_type: EC2
        task_definition: {cpu: "64"}
    """
    if is_for(draft, "FARGATE"):
        return
    for cpu, _ in _sizes(draft):
        if cpu is not None and cpu not in TASK_CPU_UNITS:
            bounds = f"between {TASK_CPU_UNITS[0]} and {TASK_CPU_UNITS[-1]} CPU units"
            yield error(
                "task-cpu", _where(draft, "cpu"), f"a task cannot have {cpu} CPU units", help=f"use {bounds}"
            )


def container_cpu_sum(draft: Draft) -> Iterator[Diagnostic]:
    """The containers of a Fargate task reserve no more CPU than the task has.

    Source: botocore ecs model, ContainerDefinition.cpu.

    Example:
        image: alpine
        cpu: 256
        memory: 512
        task_definition:
          containerDefinitions:
            - {name: main, cpu: 128}
            - {name: proxy, image: envoy, cpu: 192, essential: false}
    """
    if not is_for(draft, "FARGATE"):
        return
    task = _effective(draft, "cpu")
    reserved = [(each, each.number("cpu") or 0) for each in containers_of(draft)]
    total = sum(amount for _, amount in reserved)
    if task is not None and total > task:
        largest, _ = max(reserved, key=lambda each: each[1])
        yield error(
            "container-cpu-sum",
            draft.in_definition(largest.at("cpu")),
            f"the containers reserve {total} CPU units; the task has {task}",
            help="lower the containers' cpu, or raise the task's",
        )


def container_memory_sum(draft: Draft) -> Iterator[Diagnostic]:
    """The containers reserve no more memory than the task has.

    A container reserves its `memoryReservation`, else its `memory`.
    Source: botocore ecs model, ContainerDefinition.memory and memoryReservation.

    Example:
        image: alpine
        cpu: 256
        memory: 512
        task_definition:
          containerDefinitions:
            - {name: main, memory: 384}
            - {name: proxy, image: envoy, memory: 256, essential: false}
    """
    task = _effective(draft, "memory")
    reserved = [
        (each, member, each.number(member) or 0)
        for each in containers_of(draft)
        for member in ("memoryReservation" if each.number("memoryReservation") else "memory",)
    ]
    total = sum(amount for _, _, amount in reserved)
    if task is not None and total > task:
        largest, member, _ = max(reserved, key=lambda each: each[2])
        yield error(
            "container-memory-sum",
            draft.in_definition(largest.at(member)),
            f"the containers reserve {total} MiB; the task has {task} MiB",
            help="lower the containers' memory, or raise the task's",
        )


def container_memory_missing(draft: Draft) -> Iterator[Diagnostic]:
    """Without a size of the task, each container says how much memory it gets.

    Source: botocore ecs model, ContainerDefinition.memoryReservation.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, memory: 256}
            - {name: proxy, image: envoy, essential: false}
    """
    if not draft.known or is_for(draft, "FARGATE") or definition_of(draft).has("memory"):
        return
    for each in containers_of(draft):
        place = draft.in_definition(each.pointer)
        if each.has("memory") or each.has("memoryReservation") or draft.job.spoiled(place.pointer):
            continue
        yield error(
            "container-memory-missing",
            place,
            f"{named(each)} has neither memory nor memoryReservation, and the task has no memory",
            help="give it `memory: 128`, in MiB, or the task a `memory`",
        )


def memory_reservation(draft: Draft) -> Iterator[Diagnostic]:
    """A container reserves no more memory than it may use.

    Source: botocore ecs model, ContainerDefinition.memory.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, memory: 256, memoryReservation: 512}
    """
    for each in containers_of(draft):
        hard, soft = each.number("memory"), each.number("memoryReservation")
        if hard is not None and soft is not None and hard < soft:
            yield error(
                "memory-reservation",
                draft.in_definition(each.at("memoryReservation")),
                f"{named(each)} reserves {soft} MiB of memory and may use {hard} MiB",
                help="make memory the larger of the two",
            )


def container_memory_least(draft: Draft) -> Iterator[Diagnostic]:
    """A container gets at least 6 MiB of memory, which recent versions of Docker reserve for it.

    Source: botocore ecs model, ContainerDefinition.memory.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, memory: 5}
    """
    for each in containers_of(draft):
        for member in ("memory", "memoryReservation"):
            amount = each.number(member)
            if amount is not None and amount < DOCKER_LEAST_MIB:
                yield warning(
                    "container-memory-least",
                    draft.in_definition(each.at(member)),
                    f"Docker reserves {DOCKER_LEAST_MIB} MiB for a container; {named(each)} has {amount} MiB",
                    help=f"use {DOCKER_LEAST_MIB} MiB or more",
                )


def _sizes(draft: Draft) -> tuple[tuple[int | None, int | None], ...]:
    """Return the CPU units and MiB that are registered, and those that run, each pair once."""
    overrides = run_of(draft).part("overrides")
    registered = _size_of(definition_of(draft))
    override = _size_of(overrides)
    running = override[0] or registered[0], override[1] or registered[1]
    return tuple(dict.fromkeys((registered, running)))


def _size_of(part: Part) -> tuple[int | None, int | None]:
    return cpu_units(part.members.get("cpu")), memory_mib(part.members.get("memory"))


def _effective(draft: Draft, name: str) -> int | None:
    cpu, memory = _sizes(draft)[-1]
    return cpu if name == "cpu" else memory


def _where(draft: Draft, name: str, *, otherwise: str | None = None) -> Location:
    """Return where a size is written: for the run, for the definition, or where the other size is."""
    for each in (name, otherwise):
        if each is None:
            continue
        if run_of(draft).part("overrides").has(each):
            return draft.in_run(f"/overrides/{each}")
        place = draft.in_definition(f"/{each}")
        if draft.job.says(each) or each in draft.job.task_definition or "customizations" in place.pointer:
            return place
    return draft.in_definition(f"/{name}")


def _all_sizes() -> tuple[int, ...]:
    return tuple(sorted({size for sizes in FARGATE_MEMORY_MIB.values() for size in sizes}))


def _vcpu(units: int) -> str:
    return f"{units / 1024:g} vCPU" if units % 256 == 0 else f"{units} CPU units"


def _gigabytes(mib: int) -> str:
    return f"{mib / 1024:g} GB" if mib % 512 == 0 else f"{mib} MiB"


def _choice(sizes: tuple[int, ...]) -> str:
    if len(sizes) > _FEW:
        return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
    return f"{', '.join(map(str, sizes[:-1]))} or {sizes[-1]}"
