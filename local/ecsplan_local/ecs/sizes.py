"""Task sizes: their units, and the combinations that Fargate offers."""

import re

FARGATE_MEMORY_MIB: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
"""CPU units -> valid memory sizes in MiB (botocore ecs model, RegisterTaskDefinition.memory)."""

_CPU = re.compile(r"(\d*\.?\d+)\s*vcpu", re.IGNORECASE)
_MEMORY = re.compile(r"(\d*\.?\d+)\s*gb", re.IGNORECASE)


def cpu_units(text: str) -> int | None:
    """Return the CPU units of `256` or `.25 vCPU`, or None if ECS does not accept the spelling."""
    if text.isascii() and text.isdecimal():
        return int(text)
    found = _CPU.fullmatch(text.strip())
    return round(float(found.group(1)) * 1024) if found else None


def memory_mib(text: str) -> int | None:
    """Return the MiB of `512` or `0.5 GB`, or None if ECS does not accept the spelling."""
    if text.isascii() and text.isdecimal():
        return int(text)
    found = _MEMORY.fullmatch(text.strip())
    return round(float(found.group(1)) * 1024) if found else None
