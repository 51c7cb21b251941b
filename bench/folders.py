"""A folder of ten thousand manifests: one core against two, and the memory that it takes."""

import os
from pathlib import Path

from environments import BENCH, clean_environment, ecsplan
from results import Findings, Table
from timing import Ran, Spread, run

MANIFESTS, QUICK_MANIFESTS = 10_000, 400
_ROUNDS = 2
_SPEED_UP = 1.7
_PLAN_TIMES, _PLAN_PLUS_MIB = 3, 100


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the time on one core and on two, in turns, the plans' equality, and the peak memory."""
    findings = Findings()
    count = QUICK_MANIFESTS if quick else MANIFESTS
    cores = min(2, len(os.sched_getaffinity(0)))
    folder = home / "manifests"
    write_manifests(folder, count)
    runs: dict[int, list[Ran]] = {1: [], 2: []}
    plans = {each: home / f"plan-{each}.json" for each in runs}
    for _ in range(1 if quick else _ROUNDS):
        for each in (1, cores):
            command = [*ecsplan(), "compile", "--offline", str(folder), "-o", str(plans[each])]
            runs[each].append(run(command, env=clean_environment(home), cores=each, watch=True))
    one = Spread(tuple(each.wall_s for each in runs[1]))
    plan_mib = plans[1].stat().st_size / 1024**2
    what = f"{count:,} manifests, two cores"
    if cores < 2:
        findings.not_measured(what, f"at least {_SPEED_UP} x as fast as on one", "one core only")
    else:
        two = Spread(tuple(each.wall_s for each in runs[2]))
        findings.at_least(
            what, f"{two:.1f} s", f"one core: {one:.1f} s", one.median / two.median, _SPEED_UP,
            f"at least {_SPEED_UP} x as fast",
        )  # fmt: skip
    peak_mib = max(each.tree_mib for each in (*runs[1], *runs[2]))
    limit_mib = _PLAN_TIMES * plan_mib + _PLAN_PLUS_MIB
    findings.at_most(
        "the same, peak memory of all processes", f"{peak_mib:.0f} MiB", f"a plan of {plan_mib:.0f} MiB",
        peak_mib / limit_mib, 1.0, f"at most 1 of 3 x the plan + 100 MiB = {limit_mib:.0f} MiB",
    )  # fmt: skip
    same = cores < 2 or plans[1].read_bytes() == plans[2].read_bytes()
    rows = [
        (f"{each}", f"{Spread(tuple(r.wall_s for r in ran)):.2f}", f"{Spread(tuple(r.cpu_s for r in ran)):.2f}",
         f"{max(r.tree_mib for r in ran):.0f}")
        for each, ran in runs.items() if ran
    ]  # fmt: skip
    note = f"A plan of {plan_mib:.1f} MiB; byte for byte the same on one core and two: {'yes' if same else 'NO'}."
    head = ("cores", "seconds", "CPU seconds", "peak memory, MiB")
    findings.tables.append(Table(f"A folder of {count:,} manifests", head, rows, note))
    return findings


def write_manifests(folder: Path, count: int) -> None:
    """Write so many manifests of 60 lines, each a job and family of its own, in folders of a hundred."""
    text = (BENCH / "nightly.yaml").read_text(encoding="utf-8")
    for number in range(count):
        path = folder / f"team-{number // 100:03}" / f"export-{number:05}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("nightly-export", f"nightly-export-{number:05}"), encoding="utf-8")
