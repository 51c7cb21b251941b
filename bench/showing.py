"""What it costs to show an apply, as a part of its processor time: in a log, and on a terminal."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from endpoint import Endpoint, served
from jobs import job, planned, script
from results import Findings
from timing import FailedError, Spread
from venvs import BENCH

_ROUNDS = 3
_JOBS, _QUICK_JOBS = 40, 4
_REGION = "eu-central-1"
_SHARE = 0.03


def measure(home: Path, *, quick: bool) -> Findings:
    """Return which part of an apply's processor time goes into rendering."""
    findings, count = Findings(), _QUICK_JOBS if quick else _JOBS
    jobs = {f"brief-{number}": job("brief", logs=True) for number in range(count)}
    with served(home, script()) as endpoint:
        plan = planned(endpoint, jobs, _REGION)
        for where, terminal in (("in a log", False), ("on a terminal", True)):
            rounds = range(1 if quick else _ROUNDS)
            share = Spread(tuple(_share(endpoint, plan, terminal=terminal) for _ in rounds))
            findings.at_most(
                f"showing an `apply` of {count} jobs {where}, part of its CPU time",
                f"{100 * share.median:.2f} %",
                ratio=share.median,
                limit=_SHARE,
                words=f"at most {100 * _SHARE:.0f} %",
            )
    return findings


def _share(endpoint: Endpoint, plan: Path, *, terminal: bool) -> float:
    """Return rendering's part of an apply, whose stderr is a terminal or a file."""
    figures = plan.with_name("rendered.json")
    env = {**endpoint.environment(_REGION), "RENDERED_TO": str(figures), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, str(BENCH / "count_rendering.py"), "apply", str(plan)]
    status = _on_terminal(command, env) if terminal else _in_log(command, env)
    if status:
        raise FailedError(f"{command[-1]} ended with {status}")
    counted = json.loads(figures.read_text(encoding="utf-8"))
    return float(counted["rendering_s"] / counted["all_s"])


def _in_log(command: list[str], env: dict[str, str]) -> int:
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        return subprocess.run(command, env=env, stdout=nowhere, stderr=nowhere, check=False).returncode


def _on_terminal(command: list[str], env: dict[str, str]) -> int:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        while os.read(ours, 65536):
            pass
    except OSError:  # Linux says so when the last writer is gone
        pass
    os.close(ours)
    return process.wait()
