"""Sizes of tasks: amounts of memory as other tools write them, and the sizes of Fargate that hold them."""

import math
import re
from fractions import Fraction
from typing import Final

from ecsplan.terms.fargate import FARGATE_MEMORY_MIB
from ecsplan.terms.records import dataclass

DEFAULT_CPU_UNITS: Final = 1024
DEFAULT_MEMORY_MIB: Final = 2048
"""The size of a job whose manifest says nothing of it (contract of the keys `cpu` and `memory`)."""

_BYTES: Final = re.compile(r"(\d{1,15}(?:\.\d{1,15})?) ?([bkmgt]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
_POWERS: Final = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Size:
    """A size that Fargate sells: CPU units, 1024 to the vCPU, and memory in MiB."""

    cpu_units: int
    memory_mib: int


def fargate_size(cpu_units: Fraction | None, memory_mib: Fraction | None) -> Size | None:
    """Return the smallest size of Fargate that holds what is asked for.

    Args:
        cpu_units: CPU units; None where nothing is said, for which the default of a manifest stands.
        memory_mib: Memory in MiB; None likewise.

    Returns:
        The size; None where none is as large.
    """
    least_cpu = DEFAULT_CPU_UNITS if cpu_units is None else cpu_units
    least_memory = DEFAULT_MEMORY_MIB if memory_mib is None else memory_mib
    fitting = (
        Size(cpu, memory)
        for cpu, sold in FARGATE_MEMORY_MIB.items()
        if cpu >= least_cpu
        for memory in sold
        if memory >= least_memory
    )
    return next(fitting, None)


def vcpus(value: object) -> Fraction | None:
    """Return a number of CPUs above 0, `0.5` or `"0.5"`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _NUMBER.fullmatch(
        value.strip() if isinstance(value, str) else f"{value:f}".rstrip("0").rstrip(".")
    )
    return Fraction(match[0]) or None if match else None


def mebibytes(value: object) -> Fraction | None:
    """Return an amount of memory in MiB as Docker reads it: bytes, or a text such as `512m` or `1.5gb`.

    Docker's units are powers of 1024 (docs.docker.com, Compose file reference, "Specifying byte values").

    Returns:
        The MiB; None where the value is no such amount, or 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value)
    match = _BYTES.fullmatch(str(value).strip())
    if match is None:
        return None
    return Fraction(match[1]) * 1024 ** _POWERS[match[2].lower()] / 1024**2 or None
