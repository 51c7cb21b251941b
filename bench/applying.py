"""Apply one job that reuses its revision, compared with a plain boto3 script: processor time and calls."""

import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from endpoint import Endpoint, served
from imports import imports_of
from jobs import carried_out, job, planned, script, subnet
from results import BOTO3, NOT_MEASURED, OWN, Findings, Reason, Table
from timing import Ran, Spread, run
from venvs import BENCH, Environment, Missing, environment

_ROUNDS = 7
_REGION = "eu-west-1"
_POLL_S = 1.0
"""Poll interval of both programs."""
_CPU_TIMES = 1.3
_APPLY, _SCRIPT = "ecsplan apply", "plain boto3 script"
_CPU = "`apply` of one job that reuses its revision, CPU time"
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
    if isinstance(boto3, Missing):
        findings.not_measured(_CPU, f"at most {_CPU_TIMES}", boto3.reason)
    else:
        _cpu_bound(findings, cpu, partial(_imported, plan, [*script_of(boto3), *its], env))
    _calls_bound(findings, calls[_APPLY])
    other_cpu = f"{cpu[_SCRIPT]:.2f}" if _SCRIPT in cpu else NOT_MEASURED
    findings.side_by_side(
        "one job of 1.5 s that reuses its revision, CPU s", {OWN: f"{cpu[_APPLY]:.2f}", BOTO3: other_cpu}
    )
    findings.tables.append(_table(runs, cpu, calls))
    return findings


def _cpu_bound(findings: Findings, cpu: Mapping[str, Spread], why: Reason) -> None:
    own, other = cpu[_APPLY], cpu[_SCRIPT]
    findings.at_most(
        _CPU,
        f"{own:.2f} s",
        against=f"{_SCRIPT}: {other:.2f} s",
        ratio=own.median / other.median,
        limit=_CPU_TIMES,
        why=why,
    )


def _calls_bound(findings: Findings, calls: Counter[str]) -> None:
    # Unary plus drops what is zero or negative; polls are unlimited here, since their number is a matter
    # of time.
    others = +(calls - Counter(_EXPECTED) - Counter(DescribeTasks=10**6))
    findings.at_most(
        "`apply` of one job that reuses its revision, API calls",
        ", ".join(f"{count} {name}" for name, count in calls.items()),
        ratio=others.total(),
        limit=0,
        words="0 besides describe, run, the polls and a last look for tasks of the run",
    )


def _table(
    runs: Mapping[str, list[Ran]], cpu: Mapping[str, Spread], calls: Mapping[str, Counter[str]]
) -> Table:
    rows = []
    for name, took in cpu.items():
        wall = Spread(tuple(each.wall_s for each in runs[name]))
        peak = Spread(tuple(each.tree_mib for each in runs[name]))
        made = ", ".join(f"{count} {operation}" for operation, count in calls[name].items())
        rows.append((name, f"{took:.2f}", f"{wall:.2f}", f"{peak:.0f}", made))
    head = ("", "CPU seconds", "seconds", "memory, MiB", "calls")
    return Table("Applying one job of 1.5 s that reuses its revision", head, rows)
