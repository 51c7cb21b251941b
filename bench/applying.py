"""Apply one job that reuses its revision, compared with a plain boto3 script: processor time and calls."""

import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from endpoint import Endpoint, served
from imports import imports_of
from jobs import carried_out, job, planned, script, subnet
from results import BOTO3, NOT_MEASURED, OWN, Findings, Table
from timing import Ran, Spread, run
from venvs import BENCH, Environment, Missing, environment

_ROUNDS = 7
_REGION = "eu-west-1"
_POLL_S = 1.0
"""Poll interval of both programs."""
_CPU_TIMES = 1.3
_APPLY, _SCRIPT = "ecsplan apply", "plain boto3 script"
_EXPECTED = {"DescribeTaskDefinition": 1, "RunTask": 1, "ListTasks": 1}
"""Calls of an apply that reuses, besides the polls (DescribeTasks); ListTasks is the final check."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return processor time and calls of both programs, run in turns against the same endpoint."""
    with served(home, script()) as endpoint:
        plan = planned(endpoint, {"brief": job("brief", task_watch_poll_interval=_POLL_S)}, _REGION)
        return _compare(endpoint, plan, 2 if quick else _ROUNDS)


def script_of(boto3: Environment) -> list[str]:
    """Return the command of the script, without its arguments."""
    return [boto3.program("python"), str(BENCH / "peers" / "plain_boto3.py")]


def _imported(plan: Path, script: list[str], env: Mapping[str, str]) -> str:
    """Return in words what an apply and the script import."""
    own = [sys.executable, "-c", "from ecsplan_cli.main import main; main()", "apply", str(plan)]
    return imports_of(own, env).explained(imports_of(script, env))


def _compare(endpoint: Endpoint, plan: Path, rounds: int) -> Findings:
    findings, boto3 = Findings(), environment("boto3")
    env, its = endpoint.environment(_REGION), ["brief", subnet(plan), str(_POLL_S)]
    runs: dict[str, list[Ran]] = {_APPLY: [], _SCRIPT: []}
    calls: dict[str, Counter[str]] = {}

    def note(name: str, ran: Ran) -> None:
        runs[name].append(ran)
        calls[name] = Counter(each.operation for each in endpoint.calls(_REGION))
        endpoint.forget()

    # In turns, so that a slow phase of the machine affects both alike.
    for _ in range(rounds):
        endpoint.forget()
        note(_APPLY, carried_out(endpoint, plan, _REGION))
        if not isinstance(boto3, Missing):
            note(_SCRIPT, run([*script_of(boto3), *its], env=env, watch=True))
    cpu = {name: Spread(tuple(each.cpu_s for each in ran)) for name, ran in runs.items() if ran}
    what = "`apply` of one job that reuses its revision, CPU time"
    if isinstance(boto3, Missing):
        findings.not_measured(what, f"at most {_CPU_TIMES}", boto3.reason)
    else:
        own, other = cpu[_APPLY], cpu[_SCRIPT]
        against = f"{_SCRIPT}: {other:.2f} s"
        findings.at_most(
            what,
            f"{own:.2f} s",
            against=against,
            ratio=own.median / other.median,
            limit=_CPU_TIMES,
            why=partial(_imported, plan, [*script_of(boto3), *its], env),
        )
    # Unary plus drops what is zero or negative; polls are unlimited here, since their number is a matter
    # of time.
    others = +(calls[_APPLY] - Counter(_EXPECTED) - Counter(DescribeTasks=10**6))
    named = ", ".join(f"{count} {name}" for name, count in calls[_APPLY].items())
    findings.at_most(
        "`apply` of one job that reuses its revision, API calls",
        named,
        ratio=others.total(),
        limit=0,
        words="0 besides describe, run, the polls and a last look for tasks of the run",
    )
    other_cpu = f"{cpu[_SCRIPT]:.2f}" if _SCRIPT in cpu else NOT_MEASURED
    findings.side_by_side(
        "one job of 1.5 s that reuses its revision, CPU s", {OWN: f"{cpu[_APPLY]:.2f}", BOTO3: other_cpu}
    )
    rows = []
    for name, ran in runs.items():
        if ran:
            wall = Spread(tuple(each.wall_s for each in ran))
            peak = Spread(tuple(each.tree_mib for each in ran))
            made = ", ".join(f"{count} {operation}" for operation, count in calls[name].items())
            rows.append((name, f"{cpu[name]:.2f}", f"{wall:.2f}", f"{peak:.0f}", made))
    head = ("", "CPU seconds", "seconds", "memory, MiB", "calls")
    findings.tables.append(Table("Applying one job of 1.5 s that reuses its revision", head, rows))
    return findings
