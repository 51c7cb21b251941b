"""List the runs of a thousand tasks, half of which have stopped: the whole process, and its calls."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from endpoint import served
from jobs import carried_out, compiled, job, life
from results import Findings, Table
from timing import FailedError, Ran, Spread, run
from venvs import ecsplan

TASKS, QUICK_TASKS = 1_000, 120
_ROUNDS, _QUICK_ROUNDS = 7, 2
_REGION = "eu-west-1"
_RUNS = 10
_MAX_CALLS = 22
_MAX_S = 2.0


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how long `ecsplan runs` takes, and how many calls it makes."""
    tasks, rounds = (QUICK_TASKS, _QUICK_ROUNDS) if quick else (TASKS, _ROUNDS)
    lives = [life("stopped", 1.0), life("running", 3600.0)]
    findings = Findings()
    with served(home, {"tasks": lives}) as endpoint:
        jobs: Mapping[str, Mapping[str, object]] = {
            family: job(family, count=tasks // _RUNS // 2) for family in ("stopped", "running")
        }
        plan = compiled(endpoint, jobs, _REGION, endpoint.home / "plan.json")
        for number in range(_RUNS):
            carried_out(endpoint, plan, _REGION, "--detach", "--run-id", f"run-{number}")

        def listed() -> Ran:
            command = [*ecsplan(), "runs", "--format", "json"]
            return run(command, env=endpoint.environment(_REGION), watch=True)

        _check(listed(), tasks)
        endpoint.forget()
        ran = [listed() for _ in range(rounds)]
        calls = Counter(each.operation for each in endpoint.calls(_REGION))
    took = Spread(tuple(each.wall_s for each in ran))
    a_round = calls.total() / rounds
    findings.at_most(
        f"`ecsplan runs` of {tasks:,} tasks, with 20 ms a call",
        f"{took:.2f} s",
        ratio=took.median,
        limit=_MAX_S,
        words=f"at most {_MAX_S:.0f} s",
    )
    findings.at_most(
        f"`ecsplan runs` of {tasks:,} tasks: calls",
        f"{a_round:.0f} calls",
        ratio=a_round,
        limit=_MAX_CALLS,
        words=f"at most {_MAX_CALLS}",
    )
    cpu = Spread(tuple(each.cpu_s for each in ran))
    memory = max(each.tree_mib for each in ran)
    named = ", ".join(f"{count // rounds} {name}" for name, count in sorted(calls.items()))
    row = (f"{tasks:,} tasks of {_RUNS} runs", f"{took:.2f}", f"{cpu:.2f}", f"{memory:.0f}", named)
    head = ("", "wall s", "CPU s", "memory, MiB", "calls")
    findings.tables.append(Table("Looking back: `ecsplan runs`", head, [row]))
    return findings


def _check(ran: Ran, tasks: int) -> None:
    """Check that every task is counted.

    Raises:
        FailedError: Some are not.
    """
    found = json.loads(ran.output)
    counted = sum(sum(each["tasks"].values()) for each in found)
    if (len(found), counted) != (_RUNS, tasks // _RUNS // 2 * 2 * _RUNS):
        raise FailedError(f"{counted} tasks of {len(found)} runs were listed, not {tasks} of {_RUNS}")
