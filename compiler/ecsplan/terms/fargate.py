"""The task sizes of Fargate as tables with their sources, and the units that sizes are written in."""

import re
from collections.abc import Mapping
from types import MappingProxyType

FARGATE_MEMORY_MIB = MappingProxyType(
    {
        256: (512, 1024, 2048),
        512: tuple(range(1024, 4096 + 1, 1024)),
        1024: tuple(range(2048, 8192 + 1, 1024)),
        2048: tuple(range(4096, 16384 + 1, 1024)),
        4096: tuple(range(8192, 30720 + 1, 1024)),
        8192: tuple(range(16384, 61440 + 1, 4096)),
        16384: tuple(range(32768, 122880 + 1, 8192)),
    }
)
"""CPU units -> memory sizes in MiB sold with them (botocore ecs model, RegisterTaskDefinition.memory)."""

WINDOWS_MIN_CPU = 1024
"""The minimum CPU units of a Windows task on Fargate (botocore ecs model, RegisterTaskDefinition.cpu)."""

FARGATE_PROVIDERS = frozenset({"FARGATE", "FARGATE_SPOT"})
"""The capacity providers that run tasks on Fargate."""

CPU_UNITS = MappingProxyType({"": 1, "vcpu": 1024, "vcpus": 1024})
"""CPU units in each unit that a task's `cpu` is written in, in lower case (botocore ecs model)."""

MEMORY_UNITS = MappingProxyType({"": 1, "mb": 1, "mib": 1, "gb": 1024, "gib": 1024})
"""MiB in each unit that a task's `memory` is written in, in lower case; AWS's GB has 1,024 MiB."""

# With at most 15 digits, a float neither overflows nor rounds the whole part. The grammar of
# `decision.spelling` differs on purpose: it compares spellings, and does not judge whether one is a size.
_SIZE = re.compile(
    r"\s*(?P<number>\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})\s*(?P<unit>[a-z]*)\s*", re.IGNORECASE | re.ASCII
)


def cpu_units(text: object) -> int | None:
    """Return the CPU units, 1024 to the vCPU, of `256`, `"256"` or `"N vCPU"`; None for anything else."""
    return _whole(text, CPU_UNITS)


def memory_mib(text: object) -> int | None:
    """Return the MiB of `512`, `"512"` or `"N GB"`, AWS's GB being 1,024 MiB; None for anything else."""
    return _whole(text, MEMORY_UNITS)


def _whole(text: object, units: Mapping[str, int]) -> int | None:
    if isinstance(text, bool):
        return None
    match = _SIZE.fullmatch(str(text)) if isinstance(text, int | str) else None
    factor = units.get(match["unit"].lower()) if match else None
    if match is None or factor is None:
        return None
    amount = float(match["number"]) * factor
    return int(amount) if amount == int(amount) and amount > 0 else None
