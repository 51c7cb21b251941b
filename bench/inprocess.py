"""Compiling within one process, by the length of a manifest and by the number of jobs in a file."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import decide
from results import Findings, Table
from timing import run
from venvs import BENCH, clean_environment

from ecsplan import compile_manifest, write_plan

LINES = (60, 120, 240, 480, 960)
JOBS, QUICK_JOBS = (1, 10, 100, 1_000, 10_000), (1, 10, 100)
_LIMIT_MS = 3.0
_NOTE = """\
Processor time, the fastest of several calls. Jobs in one file share defaults of nearly sixty lines, and have
four lines of their own."""
_NOISE = 1.1
"""What two measurements of the same thing may differ by and still count as equal."""


def longer(manifest: str, lines: int) -> str:
    """Return a manifest with so many lines: the last container gets more environment variables."""
    head, marker, tail = manifest.partition("          value: https://api.example.com\n")
    missing = lines - len(manifest.splitlines())
    more = "".join(f"        - {{name: NAME_{each:04}, value: value of {each}}}\n" for each in range(missing))
    return head + marker + more + tail


def many(manifest: str, jobs: int) -> str:
    """Return one manifest with so many jobs: the given one as their defaults, and four lines for each.

    Written out in full, ten thousand would be more than the 10 MiB that a manifest may have.
    """
    body = [line for line in manifest.splitlines() if not line.startswith(("#", "name:", "family:"))]
    defaults = "".join(f"  {line}\n" for line in body)
    each = "  nightly-export-{0:05}:\n    command: [export, '{0}']\n    env:\n      SHARD: {0}\n"
    return f"defaults:\n{defaults}jobs:\n" + "".join(each.format(number) for number in range(jobs))


def best_ms(call: Callable[[], object], least_s: float, least_calls: int = 3) -> float:
    """Return the processor time of the fastest of the calls that fit into some seconds."""
    took: list[float] = []
    end = time.process_time() + least_s
    while len(took) < least_calls or time.process_time() < end:
        begin = time.process_time()
        call()
        took.append(time.process_time() - begin)
    return min(took) * 1000


def compile_once(text: str) -> str:
    """Compile a manifest and write its plan, as the command does."""
    plan = compile_manifest(text, file="bench.yaml").plan
    if plan is None:
        raise ValueError("the manifest of the benchmark is wrong")
    return write_plan(plan)


def figures(*, quick: bool) -> dict[str, list[tuple[float, float]]]:
    """Return (lines, ms) and (jobs, ms) pairs; meant for a fresh process."""
    manifest = (BENCH / "nightly.yaml").read_text(encoding="utf-8")
    compile_once(manifest)
    least_s = 0.2 if quick else 1.0
    return {
        "lines": [
            (lines, best_ms(partial(compile_once, longer(manifest, lines)), least_s)) for lines in LINES
        ],
        "jobs": [
            (jobs, best_ms(partial(compile_once, many(manifest, jobs)), least_s, 2 if jobs > 1000 else 3))
            for jobs in (QUICK_JOBS if quick else JOBS)
        ],
    }


def measure(home: Path, *, quick: bool) -> Findings:
    """Return what compiling takes within one process, and what deciding takes."""
    findings = Findings()
    command = [sys.executable, __file__, *(["--quick"] if quick else [])]
    found = json.loads(run(command, env=clean_environment(home), cwd=BENCH).output)
    lines, jobs = found["lines"], found["jobs"]
    (shortest, first_ms), (longest, last_ms) = lines[0], lines[-1]
    what = f"in-process compile of one {shortest}-line manifest"
    findings.at_most(what, f"{first_ms:.2f} ms", ratio=first_ms, limit=_LIMIT_MS, words="under 3 ms")
    (half, half_ms) = lines[-2]
    growth = (last_ms / longest) / (half_ms / half)
    findings.at_most(
        f"the same with {longest} lines, per line",
        f"{last_ms * 1000 / longest:.1f} µs",
        against=f"{half} lines: {half_ms * 1000 / half:.1f} µs",
        ratio=growth,
        limit=_NOISE,
        words=f"linear: at most {_NOISE}",
    )
    many_jobs, many_ms = jobs[-1]
    some_jobs, some_ms = next(each for each in jobs if each[0] == 100)
    if many_jobs > some_jobs:
        findings.at_most(
            f"{many_jobs:,} jobs in one file, per job",
            f"{many_ms / many_jobs:.2f} ms",
            against=f"{some_jobs} jobs: {some_ms / some_jobs:.2f} ms",
            ratio=(many_ms / many_jobs) / (some_ms / some_jobs),
            limit=_NOISE,
            words=f"no worse: at most {_NOISE}",
        )
    _tables(findings, lines, jobs)
    return findings


def _tables(findings: Findings, lines: list[tuple[float, float]], jobs: list[tuple[float, float]]) -> None:
    findings.curves["one manifest, by its lines"] = [(size, ms / 1000) for size, ms in lines]
    findings.curves["one file, by its jobs"] = [(size, ms / 1000) for size, ms in jobs]
    rows = [(f"{size:,} lines", f"{ms:.2f}", f"{ms * 1000 / size:.1f} µs a line") for size, ms in lines]
    rows += [(f"{size:,} jobs", f"{ms:.2f}", f"{ms / size:.2f} ms a job") for size, ms in jobs]
    findings.tables.append(
        Table(
            "Compiling in one process", ("a manifest with", "ms", ""), rows, "The fastest of several calls."
        )
    )
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
