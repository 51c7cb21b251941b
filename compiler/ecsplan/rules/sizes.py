"""Rules about the size of a task: the sizes of Fargate, and the limits on instances."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import is_key_reported, is_reported
from ecsplan.rules.capacity import is_for, is_windows
from ecsplan.rules.views import definition_of, run_of
from ecsplan.terms.diagnostic import Diagnostic, Location, error, error_if_refused
from ecsplan.terms.fargate import FARGATE_MEMORY_MIB, WINDOWS_MIN_CPU, cpu_units, memory_mib
from ecsplan.terms.records import dataclass

TASK_CPU_UNITS = range(128, 196608 + 1)
"""CPU units of a task that is not on Fargate (botocore ecs model, RegisterTaskDefinition.cpu)."""

_MAX_LISTED = 4
"""Sizes that a message lists individually; more are given as a range."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a task.

    Attributes:
        cpu: CPU units, 1024 to the vCPU; None where it has none.
        memory: Memory in MiB; None where it has none.
        is_run: Whether the run request overrides one of them.
    """

    cpu: int | None
    memory: int | None
    is_run: bool = False


def fargate_cpu(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate sells CPU in fixed sizes, and a task definition for it has one.

    Refused: RegisterTaskDefinition and RunTask ("No Fargate configuration exists for given values."; ECS
    developer guide, invalid CPU or memory value; without a size "Fargate requires that 'cpu' be defined at
    the task level.").
    Source: botocore ecs model, RegisterTaskDefinition.memory.

    Example:
        image: alpine
        cpu: 300
    """
    if not is_for(draft, "FARGATE"):
        return
    sold = ", ".join(map(str, FARGATE_MEMORY_MIB))
    yield from _without(draft, "cpu")
    for size in sizes(draft):
        if size.cpu is not None and size.cpu not in FARGATE_MEMORY_MIB:
            message = f"Fargate has no size of {size.cpu} CPU units"
            yield error("fargate-cpu", _where(draft, size, "cpu"), message, help=f"use one of {sold}")


def fargate_memory(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate sells memory in fixed sizes for each CPU size, and a task definition for it has one.

    Refused: RegisterTaskDefinition and RunTask ("No Fargate configuration exists for given values."; ECS
    developer guide, invalid CPU or memory value; without a size "Fargate requires that 'memory' be defined at
    the task level.").
    Source: botocore ecs model, RegisterTaskDefinition.memory.

    Example:
        image: alpine
        cpu: 256
        memory: 3072
    """
    if not is_for(draft, "FARGATE"):
        return
    yield from _without(draft, "memory")
    for size in sizes(draft):
        cpu, memory = size.cpu, size.memory
        if memory is None:
            continue
        # With a CPU size that Fargate does not sell, which `fargate_cpu` reports, no memory size is right or
        # wrong. Without a CPU size, the memory must be sold with some size.
        sold = FARGATE_MEMORY_MIB.get(cpu, ()) if cpu is not None else _all_sizes()
        if sold and memory not in sold:
            of_cpu = f" for {_vcpu(cpu)}" if cpu is not None else ""
            yield error(
                "fargate-memory",
                _where(draft, size, "memory", otherwise="cpu"),
                f"{_gigabytes(memory)} is not a valid memory size{of_cpu} on Fargate",
                help="" if cpu is None else f"with cpu {cpu}, choose {_choice(sold, in_gb=_is_in_gb(draft))}",
            )


def _without(draft: Draft, name: str) -> Iterator[Diagnostic]:
    """Report that a patch removes a size, which is the only way to have a definition for Fargate without."""
    definition = definition_of(draft)
    if (
        draft.is_patched(definition.at(name))
        and not definition.has(name)
        and "FARGATE" in definition.texts("requiresCompatibilities")
        and not is_reported(draft, definition, name)
    ):
        place = draft.in_definition(definition.at(name))
        message = f"a task definition for Fargate has a {name} size, but the patch removes it"
        yield error(f"fargate-{name}", place, message, help=f"set it with `{name}` in the manifest")


def fargate_windows_cpu(draft: Draft) -> Iterator[Diagnostic]:
    """A Windows task on Fargate has at least one vCPU.

    Refused: RegisterTaskDefinition ("No Fargate configuration exists for given values.";
    badmintoncryer/cdk-preflight pf-ecs-fargate-windows-cpu-under-1vcpu, deployed on AWS).
    Source: botocore ecs model, RegisterTaskDefinition.memory.

    Example:
        image: mcr.microsoft.com/windows/nanoserver:ltsc2022
        cpu: 512
        runtime_platform: {operatingSystemFamily: WINDOWS_SERVER_2022_CORE}
    """
    if not (is_for(draft, "FARGATE") and is_windows(draft)):
        return
    for size in sizes(draft):
        cpu = size.cpu
        if cpu is not None and cpu in FARGATE_MEMORY_MIB and cpu < WINDOWS_MIN_CPU:
            yield error(
                "fargate-windows-cpu",
                _where(draft, size, "cpu"),
                f"{_vcpu(cpu)} is too little for a Windows task on Fargate",
                help=f"use at least {WINDOWS_MIN_CPU} CPU units",
            )


def task_cpu(draft: Draft) -> Iterator[Diagnostic]:
    """A task that is not on Fargate has between 128 and 196608 CPU units.

    Refused: RegisterTaskDefinition ("Invalid 'cpu' setting for task."; ECS developer guide, invalid CPU or
    memory value). Above the range it is a warning: AWS has raised that bound before.
    Source: botocore ecs model, RegisterTaskDefinition.cpu.

    Example:
        image: alpine
        launch_type: EC2
        task_definition: {cpu: "64"}
    """
    if is_for(draft, "FARGATE"):
        return
    for size in sizes(draft):
        if size.cpu is not None and size.cpu not in TASK_CPU_UNITS:
            message = f"a task cannot have {size.cpu} CPU units"
            bounds = f"use {TASK_CPU_UNITS[0]} to {TASK_CPU_UNITS[-1]} CPU units"
            is_less = size.cpu < TASK_CPU_UNITS[0]
            place = _where(draft, size, "cpu")
            yield error_if_refused("task-cpu", place, message, refused=is_less, help=bounds)


def sizes(draft: Draft) -> tuple[Size, ...]:
    """Return the size that is registered, and the one that is run, if the run request overrides it."""
    registered = _registered(draft)
    override = _size_of(run_of(draft).mapping("overrides"))
    running = Size(override.cpu or registered.cpu, override.memory or registered.memory, is_run=True)
    same = (running.cpu, running.memory) == (registered.cpu, registered.memory)
    return (registered,) if same else (registered, running)


def _registered(draft: Draft) -> Size:
    """Return the size that is registered, None for a refused value."""
    # A refused value was replaced by the default, which is not what was meant.
    definition = definition_of(draft)
    size = _size_of(definition)

    def is_refused(name: str) -> bool:
        if is_key_reported(draft, name):
            return True
        return not draft.job.says(name) and is_reported(draft, definition, name)

    return Size(None if is_refused("cpu") else size.cpu, None if is_refused("memory") else size.memory)


def _size_of(part: View) -> Size:
    return Size(cpu_units(part.members.get("cpu")), memory_mib(part.members.get("memory")))


def _where(draft: Draft, size: Size, name: str, *, otherwise: str | None = None) -> Location:
    """Return the place of a size, or of `otherwise` where the size itself is a default."""
    # A default is written nowhere; the message is then best placed at the size that it does not go with.
    for each in (name, otherwise):
        if each is None:
            continue
        if size.is_run and run_of(draft).mapping("overrides").has(each):
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


def _choice(sizes: tuple[int, ...], *, in_gb: bool) -> str:
    """Return memory sizes to choose from, in the unit of the manifest, the other in parentheses."""
    if len(sizes) > _MAX_LISTED:
        first, last, step = sizes[0], sizes[-1], sizes[1] - sizes[0]
        if in_gb:
            return (
                f"{first / 1024:g} to {last / 1024:g} GB in steps of {step / 1024:g} ({first} to {last} MiB)"
            )
        return f"{first} to {last} in steps of {step} MiB"
    shown = [f"{each / 1024:g} GB ({each} MiB)" if in_gb else str(each) for each in sizes]
    return f"{', '.join(shown[:-1])} or {shown[-1]}{'' if in_gb else ' MiB'}"


def _is_in_gb(draft: Draft) -> bool:
    """Return whether the manifest gives the memory in GB."""
    written = draft.job.written
    text = written.text_of("/memory") or written.text_of("/task_definition/memory") or ""
    return text.rstrip().upper().endswith("GB")
