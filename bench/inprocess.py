"""Compile within one process, by the length of a manifest and by the number of jobs in a file."""

import gc
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import decide
from profiled import more_than
from results import Findings, Table
from timing import run
from venvs import BENCH, clean_environment

from ecsplan import compile_manifest, write_plan
from ecsplan.yaml.values import read_mapping
from ecsplan_cli.start import GARBAGE_THRESHOLDS

Took = tuple[float, float]
"""Milliseconds of a call, and how many of these the garbage collector took."""
Pair = tuple[Took, Took]
"""Two things measured together."""

LINES = (60, 120, 240, 480, 960)
JOBS, QUICK_JOBS = (1, 10, 100, 1_000, 10_000), (1, 10, 100)
_LIMIT_MS = 3.0
_ROUNDS = 3
_LONG_MS = 5_000
_NOTE = """\
Processor time of the fastest of several calls. The jobs in one file share defaults of nearly sixty lines
and have four lines of their own."""
_EXPANDING = 1.05
_NOISE = 1.1
"""The factor by which two measurements of the same thing may differ and still count as equal."""


def longer(manifest: str, lines: int) -> str:
    """Return a manifest extended to a number of lines by environment variables of the last container."""
    head, marker, tail = manifest.partition("          value: https://api.example.com\n")
    missing = lines - len(manifest.splitlines())
    more = "".join(f"        - {{name: NAME_{each:04}, value: value of {each}}}\n" for each in range(missing))
    return head + marker + more + tail


def many(manifest: str, jobs: int) -> str:
    """Return a manifest with a number of jobs: the given one as their defaults, and four lines for each.

    Written out in full, ten thousand jobs would exceed the limit of 10 MiB for a manifest.
    """
    body = [line for line in manifest.splitlines() if not line.startswith(("#", "name:", "family:"))]
    defaults = "".join(f"  {line}\n" for line in body)
    each = "  nightly-export-{0:05}:\n    command: [export, '{0}']\n    env:\n      SHARD: {0}\n"
    return f"defaults:\n{defaults}jobs:\n" + "".join(each.format(number) for number in range(jobs))


def with_variables(manifest: str) -> tuple[str, str, str]:
    """Return ten declarations, the manifest that refers to them in its `env`, and the one with the values."""
    names = [f"v{each}" for each in range(10)]
    head, marker, tail = manifest.partition("env:\n")
    declared = "variables:\n" + "".join(f"  {name}: {{default: value-of-{name}}}\n" for name in names)
    expanded = "".join(f"  {name.upper()}: ${{{name}}}\n" for name in names)
    written = "".join(f"  {name.upper()}: value-of-{name}\n" for name in names)
    return declared, head + marker + expanded + tail, head + marker + written + tail


def best_ms(call: Callable[[], object], least_s: float) -> float:
    """Return the processor time of the fastest call; calls are repeated for `least_s` seconds."""
    took: list[float] = []
    end = time.process_time() + least_s
    while not took or time.process_time() < end:
        took.append(_took_ms(call))
    return min(took)


def _took_ms(call: Callable[[], object]) -> float:
    begin = time.process_time()
    call()
    return (time.process_time() - begin) * 1000


def side_by_side_ms(one: Callable[[], object], other: Callable[[], object], least_s: float) -> Pair:
    """Return the mean time of each function, called in two processes that share one core.

    The scheduler alternates between them within milliseconds, so changes in the speed of the core, as in
    virtual machines, affect both alike. `one` is called for `least_s` seconds, at least once; `other` for as
    long as that takes.
    """
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    read, write = os.pipe()
    # A fork rather than a new process: both start from the same warm caches.
    if not (child := os.fork()):
        end = time.process_time() + least_s
        took = _mean(one, lambda: time.process_time() >= end)
        os.write(write, json.dumps(took).encode())
        # Without the cleanup of the interpreter, which belongs to the parent process.
        os._exit(0)
    os.close(write)
    beside = _mean(other, lambda: os.waitpid(child, os.WNOHANG) != (0, 0))
    with os.fdopen(read) as pipe:
        mean_ms, collecting_ms = json.load(pipe)
    os.sched_setaffinity(0, allowed)
    return (mean_ms, collecting_ms), beside


def _mean(call: Callable[[], object], is_over: Callable[[], bool]) -> Took:
    with _collecting() as collected_ms:
        took = [_took_ms(call)]
        while not is_over():
            took.append(_took_ms(call))
    return sum(took) / len(took), sum(collected_ms) / len(took)


@contextmanager
def _collecting() -> Iterator[list[float]]:
    """Collect the milliseconds of processor time that the garbage collector takes."""
    took_ms: list[float] = []
    began: list[float] = []

    def note(phase: str, _: object) -> None:
        if phase == "start":
            began.append(time.process_time())
        elif began:
            took_ms.append((time.process_time() - began.pop()) * 1000)

    gc.callbacks.append(note)
    try:
        yield took_ms
    finally:
        gc.callbacks.remove(note)


def compile_once(text: str) -> str:
    """Compile a manifest and return its plan as text, as the command does."""
    plan = compile_manifest(text, file="bench.yaml").plan
    if plan is None:
        raise ValueError("the manifest of the benchmark is invalid")
    return write_plan(plan)


def figures(*, quick: bool) -> dict[str, Any]:
    """Return (lines, ms) and (jobs, ms) pairs, and the times of the largest inputs beside smaller ones.

    Intended for a fresh process.
    """
    # As the command does, which is what users run; Python by itself looks for garbage more often.
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    manifest = (BENCH / "nightly.yaml").read_text(encoding="utf-8")
    # Once unmeasured: the first call loads schemas and lazily imported modules.
    compile_once(manifest)
    by_lines = {lines: partial(compile_once, longer(manifest, lines)) for lines in LINES}
    by_jobs = {jobs: partial(compile_once, many(manifest, jobs)) for jobs in (QUICK_JOBS if quick else JOBS)}
    least_s = 0.1 if quick else 0.5
    declared, expanded, written = with_variables(manifest)
    most = max(by_jobs)
    shared = {jobs: partial(compile_once, declared + many(expanded, jobs)) for jobs in (100, most)}
    one = partial(compile_once, declared + expanded)

    def without_expansion() -> None:
        compile_once(written)
        read_mapping(declared, file="bench.yaml")

    return {
        "lines": _in_turns(by_lines, least_s),
        "jobs": _in_turns(by_jobs, least_s),
        "lines beside": side_by_side_ms(by_lines[960], by_lines[480], least_s * 10),
        "variables beside": side_by_side_ms(one, without_expansion, least_s * 10),
        "variables profiled": more_than(one, without_expansion),
        "values beside": side_by_side_ms(one, partial(compile_once, written), least_s * 10),
        "shared beside": side_by_side_ms(shared[most], shared[100], least_s * 10),
        "jobs beside": side_by_side_ms(by_jobs[max(by_jobs)], by_jobs[100], least_s * 10),
    }


def _in_turns(calls: Mapping[int, Callable[[], object]], least_s: float) -> list[tuple[int, float]]:
    found: dict[int, float] = {}
    for _ in range(_ROUNDS):
        for size, call in calls.items():
            # A call that takes seconds is measured once: a disturbance is a small part of it.
            if found.get(size, 0) < _LONG_MS:
                found[size] = min(best_ms(call, least_s), found.get(size, math.inf))
    return list(found.items())


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the time to compile within one process, and the time to decide."""
    findings = Findings()
    # A fresh process, so that earlier parts of the benchmark leave no garbage to collect.
    command = [sys.executable, __file__, *(["--quick"] if quick else [])]
    found = json.loads(run(command, env=clean_environment(home), cwd=BENCH).output)
    lines, jobs = found["lines"], found["jobs"]
    shortest, first_ms = lines[0]
    what = f"in-process compile of one {shortest}-line manifest"
    findings.at_most(what, f"{first_ms:.2f} ms", ratio=first_ms, limit=_LIMIT_MS, words="under 3 ms")
    (long_ms, _), (half_ms, _) = found["lines beside"]
    findings.at_most(
        "in-process compile of one manifest of 960 lines, per line",
        f"{long_ms * 1000 / 960:.1f} µs",
        against=f"480 lines: {half_ms * 1000 / 480:.1f} µs",
        ratio=long_ms / half_ms / 2,
        limit=_NOISE,
        words=f"linear: at most {_NOISE}",
    )
    (expanded_ms, _), (written_ms, _) = found["variables beside"]
    findings.at_most(
        "expanding ten variables of a manifest",
        f"{expanded_ms - written_ms:.2f} ms",
        against=f"reading the same lines and compiling the values: {written_ms:.2f} ms",
        ratio=expanded_ms / written_ms,
        limit=_EXPANDING,
        words=f"at most {_EXPANDING - 1:.0%} more",
        why=found["variables profiled"],
    )
    if not quick:
        most = jobs[-1][0]
        _per_job(findings, f"{most:,} jobs that share ten variables, per job", most, found["shared beside"])
        _per_job(findings, f"{most:,} jobs in one file, per job", most, found["jobs beside"])
    _tables(findings, lines, jobs, found["values beside"])
    return findings


def _per_job(findings: Findings, what: str, most: int, beside: Pair) -> None:
    """Add the bound of what a job among many may cost, compared with one among a hundred."""
    (many_ms, many_collecting_ms), (few_ms, few_collecting_ms) = beside
    without = ((many_ms - many_collecting_ms) / most) / ((few_ms - few_collecting_ms) / 100)
    findings.at_most(
        what,
        f"{many_ms / most:.2f} ms",
        against=f"100 jobs: {few_ms / 100:.2f} ms",
        ratio=(many_ms / most) / (few_ms / 100),
        limit=_NOISE,
        words=f"no worse: at most {_NOISE}",
        why=(
            f"the garbage collector takes {many_collecting_ms / most:.2f} ms of a job among {most:,} and "
            f"{few_collecting_ms / 100:.2f} ms of one among 100; without it the ratio is {without:.3g}"
        ),
    )


def _tables(
    findings: Findings, lines: list[tuple[float, float]], jobs: list[tuple[float, float]], variables: Pair
) -> None:
    findings.curves["one manifest, by its lines"] = [(size, ms / 1000) for size, ms in lines]
    findings.curves["one file, by its jobs"] = [(size, ms / 1000) for size, ms in jobs]
    rows = [(f"{size:,} lines", f"{ms:.2f}", f"{ms * 1000 / size:.1f} µs a line") for size, ms in lines]
    rows += [(f"{size:,} jobs", f"{ms:.2f}", f"{ms / size:.2f} ms a job") for size, ms in jobs]
    (declared_ms, _), (written_ms, _) = variables
    more = f"{declared_ms / written_ms - 1:.0%} more than with the values written in: {written_ms:.2f} ms"
    rows.append(("ten variables, declared and used", f"{declared_ms:.2f}", more))
    findings.tables.append(Table("Compiling in one process", ("a manifest with", "ms", ""), rows, _NOTE))
    decisions = list(decide.measure())
    findings.curves["a decision to reuse, by containers"] = [
        (each["containers"], each["reuse_ms"] / 1000) for each in decisions
    ]
    findings.tables.append(
        Table(
            "Deciding: reuse or register",
            ("containers", "request, KiB", "equal, so reuse: ms", "one variable differs, so register: ms"),
            [
                (
                    f"{each['containers']:.0f}",
                    f"{each['kib']:.1f}",
                    f"{each['reuse_ms']:.3f}",
                    f"{each['register_ms']:.2f}",
                )
                for each in decisions
            ],
        )
    )


if __name__ == "__main__":
    print(json.dumps(figures(quick="--quick" in sys.argv[1:])))
