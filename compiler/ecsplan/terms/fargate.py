"""The task sizes of Fargate as tables with their sources, and the units that sizes are written in."""

import re
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

# With at most 15 digits, a float neither overflows nor rounds the whole part.
_CPU = re.compile(
    r"\s*(?P<number>\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})\s*(?P<unit>vcpus?)?\s*", re.IGNORECASE | re.ASCII
)
_MEMORY = re.compile(
    r"\s*(?P<number>\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})\s*(?P<unit>gb|gib|mb|mib)?\s*",
    re.IGNORECASE | re.ASCII,
)


def cpu_units(text: object) -> int | None:
    """Return the CPU units, 1024 to the vCPU, of `256`, `"256"` or `"N vCPU"`; None for anything else."""
    return _whole(text, _CPU, 1024)


def memory_mib(text: object) -> int | None:
    """Return the MiB of `512`, `"512"` or `"N GB"`, AWS's GB being 1,024 MiB; None for anything else."""
    return _whole(text, _MEMORY, 1024)


def _whole(text: object, pattern: re.Pattern[str], factor: int) -> int | None:
    if isinstance(text, bool):
        return None
    match = pattern.fullmatch(str(text)) if isinstance(text, int | str) else None
    if match is None:
        return None
    unit = (match["unit"] or "").lower()
    amount = float(match["number"]) * (factor if unit not in {"", "mb", "mib"} else 1)
    return int(amount) if amount == int(amount) and amount > 0 else None
