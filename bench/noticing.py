"""Measure how soon the end of a task is noticed, from the calls that the endpoint received."""

import json
import statistics
from collections.abc import Mapping
from pathlib import Path

from endpoint import LATENCY_S, Call, Endpoint, served
from jobs import carried_out, job, life, planned
from results import Findings

_TASKS, _QUICK_TASKS = 32, 8
_POLL_S = 4.0
_SHORTEST_S, _QUICK_SHORTEST_S = 24.0, 16.0
_REGION = "us-east-1"
_INTERVALS, _QUICK_INTERVALS = 3, 1
"""Over how many poll intervals the ends are spread evenly, so that they fall anywhere between two polls."""
_HALF = 0.55
"""Half an interval, plus a margin: calls take time, and the tasks do not start at exactly the same time."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how soon the ends of tasks are noticed if they are spread evenly over poll intervals."""
    findings, count = Findings(), _QUICK_TASKS if quick else _TASKS
    shortest_s = _QUICK_SHORTEST_S if quick else _SHORTEST_S
    spread_s = _POLL_S * (_QUICK_INTERVALS if quick else _INTERVALS)
    lives = {f"long-{number:02}": shortest_s + spread_s * number / count for number in range(count)}
    commands = {name: ["work", name.rpartition("-")[2]] for name in lives}
    timelines = [life("long", seconds, command=commands[name]) for name, seconds in lives.items()]
    jobs = {
        name: job("long", command=command, task_watch_poll_interval=_POLL_S)
        for name, command in commands.items()
    }
    with served(home, {"tasks": timelines}) as endpoint:
        plan = planned(endpoint, jobs, _REGION)
        endpoint.forget()
        result = plan.with_name("result.json")
        carried_out(endpoint, plan, _REGION, "--result", str(result))
        mean_s = statistics.mean(noticed(endpoint, result, _REGION, lives))
    findings.at_most(
        f"noticing the end of tasks of {shortest_s:.0f} s and more, on average",
        f"{mean_s:.2f} s",
        against=f"poll interval: {_POLL_S:.0f} s",
        ratio=mean_s / _POLL_S,
        limit=_HALF,
        words=f"half: at most {_HALF}",
    )
    return findings


def noticed(endpoint: Endpoint, result: Path, region: str, lives: Mapping[str, float]) -> list[float]:
    """Return, for each task of the last apply, the seconds from its end to the call that showed it.

    The last DescribeTasks call that names a task is the one that showed its end; a task begins with the
    effect of its RunTask call, which comes after the endpoint's latency.

    Args:
        endpoint: The endpoint that received the calls.
        result: The file that `apply --result` wrote: one task per job, whose command ends with its number.
        region: The region of the apply.
        lives: Job -> seconds from its RunTask to its end.
    """
    calls = endpoint.calls(region)
    delays = []
    for each in json.loads(result.read_text(encoding="utf-8"))["jobs"]:
        name, arn = each["name"], each["tasks"][0]["task_arn"]
        seen = max(call.time for call in calls if arn in call.parameters.get("tasks", ()))
        # The last one before it: throttled calls are recorded as well.
        began = max(call.time for call in calls if _starts(call, name) and call.time < seen)
        delays.append(seen - (began + LATENCY_S + lives[name]))
    return delays


def _starts(call: Call, name: str) -> bool:
    """Return whether a call starts the task of a job."""
    if call.operation != "RunTask":
        return False
    command: list[str] = call.parameters["overrides"]["containerOverrides"][0]["command"]
    return int(command[-1]) == int(name.rpartition("-")[2])
