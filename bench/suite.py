"""The time of the test suite: `make test`, and `make test-fast`. A part of its own, as it takes minutes."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from results import Findings, Table
from timing import Ran, run
from venvs import ROOT

_LIMIT_S = 3600.0
_TARGETS = {"test": (360.0, "at most 6 minutes"), "test-fast": (60.0, "under 60 s")}
_QUICK_TESTS = "tests/test_layers.py"


def measure(_: Path, *, quick: bool) -> Findings:
    """Return how long the targets of the Makefile take; with `quick`, of one module of tests."""
    findings, rows = Findings(), []
    of = f" of {_QUICK_TESTS}" if quick else ""
    for target, (limit_s, words) in _TARGETS.items():
        command = ["make", "-C", str(ROOT), target, *([f"TESTS={_QUICK_TESTS}"] if quick else [])]
        # The caller's environment, as for anybody who types it, except for what `make` hands down.
        env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        ran = run(command, env=env, limit_s=_LIMIT_S)
        tests = _passed(ran.output)
        findings.at_most(
            f"`make {target}`{of}",
            f"{ran.wall_s:.0f} s",
            against=f"{tests:,} tests",
            ratio=ran.wall_s,
            limit=limit_s,
            words=f"{words}, on two cores",
            why=_reason(ran, tests),
        )
        rows.append((f"`make {target}`{of}", f"{tests:,}", f"{ran.wall_s:.0f}", f"{ran.cpu_s:.0f}"))
    head = ("", "tests passed", "seconds", "CPU seconds")
    findings.tables.append(Table("The test suite", head, rows))
    return findings


def _passed(output: str) -> int:
    """Return how many tests passed, from pytest's last line."""
    found = re.findall(r"(\d+) passed", output)
    if not found:
        raise ValueError("pytest does not say how many tests passed")
    return int(found[-1])


def _reason(ran: Ran, tests: int) -> Callable[[], str]:
    def reason() -> str:
        cores = len(os.sched_getaffinity(0))
        return (
            f"the {tests:,} tests take {ran.cpu_s:.0f} s of processor time, so that {cores} cores need "
            f"{ran.cpu_s / cores:.0f} s if none of them ever waits."
        )

    return reason
