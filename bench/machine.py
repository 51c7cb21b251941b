"""Facts about the machine that affect the figures, without its name."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from venvs import versions

from ecsplan.version import __version__


def facts() -> Iterator[tuple[str, str]]:
    """Yield names and values: processor, memory, system, Python, and the compared versions."""
    yield "cores", str(len(os.sched_getaffinity(0)))
    yield "processor", f"{_field('/proc/cpuinfo', 'model name')}, {platform.machine()}"
    yield "memory", f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.0f} GiB"
    yield "system", f"{platform.system()} {platform.release().partition('-')[0]}"
    yield "Python", f"{platform.python_implementation()} {platform.python_version()}"
    yield "ecsplan", __version__
    yield "peers", ", ".join(f"{name} {version}" for name, version in versions().items())
    yield "load when the run began", "{:.1f} processes (1 minute)".format(*LOAD_AT_START)


def _field(file: str, name: str) -> str:
    """Return a field of a table in /proc, or `unknown`."""
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "0" if file == "/proc/meminfo" else "unknown"


# Read at import, before the benchmark itself loads the machine.
LOAD_AT_START = os.getloadavg()
"""Load averages at the start of the benchmark; figures from a busy machine mean little."""
