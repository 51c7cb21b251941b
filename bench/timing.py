"""Measure processes from outside, and the medians and ranges of repeated measurements."""

import contextlib
import os
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 600.0
"""A measured process that takes longer is killed and counts as failed."""
_SAMPLE_S = 0.05


@dataclass(frozen=True, slots=True)
class Spread:
    """Repeated measurements of one thing."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __format__(self, spec: str) -> str:
        """Return `median (minimum-maximum)`, each in the given number format."""
        low, high = min(self.values), max(self.values)
        if len(self.values) == 1:
            return format(low, spec)
        return f"{self.median:{spec}} ({low:{spec}}-{high:{spec}})"


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that has ended.

    Attributes:
        wall_s: Seconds from start to end.
        cpu_s: User and system seconds of the process and the children that it waited for.
        tree_mib: Peak memory of the process and its children together, with shared pages counted once (PSS);
            0 if it was not watched.
        status: Exit status, negative for a signal.
        output: Its standard output.
        errors: Its standard error.
        began: Start, in seconds since 1970.
        ended: End, in seconds since 1970.
    """

    wall_s: float
    cpu_s: float
    tree_mib: float
    status: int
    output: str
    errors: str
    began: float
    ended: float


class FailedError(Exception):
    """A measured process failed; the message contains its output."""


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    cores: Collection[int] | None = None,
    watch: bool = False,
    accept: Sequence[int] = (0,),
    limit_s: float = LIMIT_S,
) -> Ran:
    """Run a process to its end and return its measurements.

    Args:
        command: Program and arguments.
        env: Its complete environment.
        cwd: Its working directory.
        cores: The cores that it may use, by their numbers; None means all.
        watch: Whether to watch the memory of the process and its children together.
        accept: Exit statuses that do not count as failure.
        limit_s: Seconds after which it is killed.

    Raises:
        FailedError: The process ended with another exit status.
    """
    # Files rather than pipes: a pipe that fills up would stop the process while it is measured.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began, begin = time.time(), time.perf_counter()
        process = subprocess.Popen(
            list(command), env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            start_new_session=True,
        )  # fmt: skip
        if cores is not None:
            os.sched_setaffinity(process.pid, cores)
        memory = _Memory(process.pid) if watch else None
        killer = threading.Timer(limit_s, end_group, (process.pid,))
        killer.start()
        try:
            # wait4 gives the usage of this child alone; getrusage would add up all children.
            _, code, usage = os.wait4(process.pid, 0)
            wall_s, ended = time.perf_counter() - begin, time.time()
            process.returncode = os.waitstatus_to_exitcode(code)
        finally:
            killer.cancel()
            if process.returncode is None:
                end_group(process.pid)
            tree_mib = memory.peak() if memory else 0.0
        out.seek(0)
        err.seek(0)
        ran = Ran(
            wall_s, usage.ru_utime + usage.ru_stime, tree_mib, process.returncode,
            out.read().decode(errors="replace"), err.read().decode(errors="replace"), began, ended,
        )  # fmt: skip
    if ran.status not in accept:
        raise FailedError(f"{Path(command[0]).name} ended with {ran.status}: {ran.errors.strip()[-600:]}")
    return ran


def end_group(group: int) -> None:
    """Kill a process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def interleave(
    measures: Mapping[str, Callable[[], float]], rounds: int, *, warm: bool = True
) -> dict[str, Spread]:
    """Return the spread of each measure, taken in turns so that a slow phase of the machine affects all.

    Args:
        measures: Name -> a function that measures once.
        rounds: Number of turns.
        warm: Whether to run each once unmeasured first, so that files are cached and bytecode is written.
    """
    values: dict[str, list[float]] = {name: [] for name in measures}
    # Turn -1 is the warm-up.
    for turn in range(-1 if warm else 0, rounds):
        for name, measure in measures.items():
            value = measure()
            if turn >= 0:
                values[name].append(value)
    return {name: Spread(tuple(each)) for name, each in values.items()}


class _Memory:
    """Samples the memory of a process and its descendants in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak_kib = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_S):
            self._peak_kib = max(self._peak_kib, sum(_pss_kib(each) for each in descendants(self._pid)))

    def peak(self) -> float:
        """Stop sampling and return the peak in MiB."""
        self._done.set()
        self._thread.join()
        return self._peak_kib / 1024


def descendants(pid: int) -> list[int]:
    """Return a process and its running descendants."""
    found = [pid]
    # The list grows while it is iterated: that visits the whole tree.
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found.extend(int(child) for child in (task / "children").read_text().split())
    return found


def memory_mib(pid: int) -> float:
    """Return the memory of a process and its running descendants together, in MiB."""
    return sum(_pss_kib(each) for each in descendants(pid)) / 1024


def _pss_kib(pid: int) -> int:
    """Return the proportional set size of a process: its own pages, and its share of shared pages."""
    # The process may have ended since it was found.
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
