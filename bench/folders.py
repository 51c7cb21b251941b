"""Compile a folder of ten thousand manifests: one core against two, and the memory used."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from results import Findings, Table
from timing import Ran, Spread, run
from venvs import BENCH, clean_environment, ecsplan

MANIFESTS, QUICK_MANIFESTS = 10_000, 400
_ROUNDS = 2
_SPEED_UP = 1.7
_PLAN_TIMES, _PLAN_PLUS_MIB = 3, 100


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the time on one core and on two, whether the plans are equal, and the peak memory."""
    findings = Findings()
    count = QUICK_MANIFESTS if quick else MANIFESTS
    # The cores that this process may use, which in a container are fewer than the machine has.
    cores = sorted(os.sched_getaffinity(0))[:2]
    folder = home / "manifests"
    write_manifests(folder, count)
    runs: dict[int, list[Ran]] = {1: [], 2: []}
    plans = {each: home / f"plan-{each}.json" for each in runs}
    env = clean_environment(home)
    for _ in range(1 if quick else _ROUNDS):
        for each in sorted({1, len(cores)}):
            command = [*ecsplan(), "compile", "--offline", str(folder), "-o", str(plans[each])]
            runs[each].append(run(command, env=env, cores=cores[:each], watch=True))
    _report(findings, runs, plans, count, partial(_halves_s, folder, home, cores))
    return findings


def _halves_s(folder: Path, home: Path, cores: list[int]) -> float:
    """Return the seconds of two compilations that share nothing: half of the folder on each of two cores."""
    teams = sorted(map(str, folder.iterdir()))

    def compiled(core: int) -> float:
        half = teams[core::2]
        command = [*ecsplan(), "compile", "--offline", *half, "-o", str(home / f"half-{core}.json")]
        return run(command, env=clean_environment(home), cores=[cores[core]]).wall_s

    with ThreadPoolExecutor(2) as both:
        return max(both.map(compiled, range(2)))


def _report(
    findings: Findings,
    runs: dict[int, list[Ran]],
    plans: dict[int, Path],
    count: int,
    halves_s: Callable[[], float],
) -> None:
    seconds = {each: Spread(tuple(ran.wall_s for ran in took)) for each, took in runs.items() if took}
    plan_mib = plans[1].stat().st_size / 1024**2
    what = f"{count:,} manifests, two cores"
    if 2 in seconds:
        findings.at_least(
            what,
            f"{seconds[2]:.1f} s",
            against=f"one core: {seconds[1]:.1f} s",
            ratio=seconds[1].median / seconds[2].median,
            limit=_SPEED_UP,
            words=f"at least {_SPEED_UP} x as fast",
            why=lambda: _what_two_cores_give(seconds[1].median, halves_s()),
        )
    else:
        findings.not_measured(what, f"at least {_SPEED_UP} x as fast as on one", "one core only")
    # The maximum, not the median: a single run that exceeds the limit would be killed in practice.
    peaks = {each: max(ran.tree_mib for ran in runs[each]) for each in seconds}
    limit_mib = _PLAN_TIMES * plan_mib + _PLAN_PLUS_MIB
    findings.at_most(
        f"{count:,} manifests, peak memory of all processes",
        f"{max(peaks.values()):.0f} MiB",
        against=f"3 x a plan of {plan_mib:.0f} MiB + 100 MiB: {limit_mib:.0f} MiB",
        ratio=max(peaks.values()) / limit_mib,
        limit=1.0,
    )
    cpu = {each: Spread(tuple(ran.cpu_s for ran in runs[each])) for each in seconds}
    rows = [(str(each), f"{seconds[each]:.2f}", f"{cpu[each]:.2f}", f"{peaks[each]:.0f}") for each in seconds]
    # Parallel compilation must not change a byte of the plan.
    same = len(seconds) < 2 or plans[1].read_bytes() == plans[2].read_bytes()
    note = (
        f"A plan of {plan_mib:.1f} MiB; the same bytes on one core and on two: {'yes' if same else '**no**'}."
    )
    head = ("cores", "seconds", "CPU seconds", "peak memory, MiB")
    findings.tables.append(Table(f"A folder of {count:,} manifests", head, rows, note))


def _what_two_cores_give(one_s: float, halves_s: float) -> str:
    return (
        "two separate compilations of half of the folder each, side by side, each with a core of its own and "
        f"one process, take {halves_s:.1f} s, which is {one_s / halves_s:.2f} x as fast as one core. This is "
        "what the two cores of the machine give to processes that have nothing to do with each other."
    )


def write_manifests(folder: Path, count: int) -> None:
    """Write manifests of 60 lines, each with its own job and family, in folders of a hundred."""
    text = (BENCH / "nightly.yaml").read_text(encoding="utf-8")
    for number in range(count):
        path = folder / f"team-{number // 100:03}" / f"export-{number:05}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("nightly-export", f"nightly-export-{number:05}"), encoding="utf-8")
