"""Launch a thousand tasks under AWS's published quotas: as one job with many copies, and as many jobs."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from endpoint import Endpoint, launching, served
from jobs import carried_out, job, planned, script
from results import Findings, Table
from timing import FailedError, Ran

TASKS, QUICK_TASKS = 1_000, 160
_FAMILY = "fleet"
_LATE = 1.1
"""How long launching may take, as a multiple of the minimum that the quotas allow."""
_BURST, _PER_S = 100, 20
"""AWS's quota for launches on Fargate: tasks at once, and tasks per second after that."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A way to request many tasks.

    Attributes:
        name: Its name in the tables.
        region: A region of its own, so that its quotas are unused.
        jobs: The jobs of the manifest.
        floor_s: The shortest time from the first call to the last that the quotas allow.
        most_calls: The limit of RunTask calls per task.
    """

    name: str
    region: str
    jobs: Mapping[str, Mapping[str, object]]
    floor_s: float
    most_calls: float


def shapes(tasks: int) -> list[Shape]:
    """Return both shapes; RunTask starts ten copies per call, so many jobs hit the quota of calls as well."""
    many = {f"job-{number:04}": job(_FAMILY, command=["work", str(number)]) for number in range(tasks)}
    return [
        Shape(
            f"{tasks:,} tasks as one job with `count: {tasks}`",
            "us-east-1",
            {"copies": job(_FAMILY, count=tasks)},
            (tasks - _BURST) / _PER_S,
            0.15,
        ),
        Shape(f"{tasks:,} tasks as {tasks:,} jobs", "us-east-2", many, tasks / _PER_S, 1.1),
    ]


def measure(home: Path, *, quick: bool) -> Findings:
    """Return when launching ends, how many calls it takes, and what the user sees of throttling."""
    findings = Findings()
    rows = []
    tasks = QUICK_TASKS if quick else TASKS
    with served(home, script()) as endpoint:
        for shape in shapes(tasks):
            plan = planned(endpoint, shape.jobs, shape.region)
            # The calls of the preparation do not count.
            endpoint.forget()
            result = plan.with_name("result.json")
            ran = carried_out(endpoint, plan, shape.region, "--result", str(result))
            rows.append(_report(findings, endpoint, shape, ran, tasks))
            _all_done(result, tasks)
    head = ("", "floor, s", "launched after, s", "ended, s", "CPU s", "memory, MiB", "calls")
    note = "Launched: from the start of the process to its last RunTask call. Memory: at the peak."
    findings.tables.append(Table("Many tasks at once", head, rows, note))
    return findings


def _report(findings: Findings, endpoint: Endpoint, shape: Shape, ran: Ran, tasks: int) -> tuple[str, ...]:
    calls = endpoint.calls(shape.region)
    launched_s = max(each.time for each in calls if each.operation == "RunTask") - ran.began
    counts = Counter(each.operation for each in calls)
    findings.at_most(
        f"{shape.name}: launching ends",
        f"{launched_s:.1f} s",
        against=f"floor: {shape.floor_s:.0f} s",
        ratio=launched_s / shape.floor_s,
        limit=_LATE,
        why=launching(calls, ran.began, shape.floor_s),
    )
    # Throttled calls count as well: retrying too early is a cost.
    a_task = counts["RunTask"] / tasks
    findings.at_most(
        f"{shape.name}: RunTask calls a task",
        f"{counts['RunTask']} calls",
        ratio=a_task,
        limit=shape.most_calls,
    )
    # Retries are expected; a message about them is not.
    shown = len(re.findall(r"throttl|rate exceeded", ran.errors, re.IGNORECASE))
    findings.at_most(
        f"{shape.name}: throttling errors that reach the user", str(shown), ratio=shown, limit=0, words="none"
    )
    named = ", ".join(f"{count} {name}" for name, count in counts.items())
    figures = f"{shape.floor_s:.0f}", f"{launched_s:.1f}", f"{ran.wall_s:.1f}", f"{ran.cpu_s:.1f}"
    return shape.name, *figures, f"{ran.tree_mib:.0f}", named


def _all_done(result: Path, tasks: int) -> None:
    """Check that every task ended with exit code 0.

    Raises:
        FailedError: At least one did not.
    """
    jobs = json.loads(result.read_text(encoding="utf-8"))["jobs"]
    good = [each for one in jobs for each in one["tasks"] if each["exit_code"] == 0]
    if len(good) != tasks:
        raise FailedError(f"{len(good)} of {tasks} tasks ended with exit code 0")
