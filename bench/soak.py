"""Run two thousand jobs while one call in twenty fails and AWS takes one task in twenty away.

All must complete, and no attempt may be made twice.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from endpoint import Endpoint, served
from jobs import RETRY, carried_out, interruptions, job, planned, script
from results import Findings, Table

from ecsplan.plan.plan import read_plan, write_plan

JOBS, QUICK_JOBS = 2_000, 100
FAULTS = ("throttle", "error", "reset-before", "reset-after")
SHARE = 0.05
"""Share of calls that fail, for every operation."""
_FAMILY, _REGION = "brief", "us-east-1"
_RUN_ID = "soak"
_DESCRIBED = 100


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how many jobs completed, were lost, and were started twice."""
    findings, count = Findings(), QUICK_JOBS if quick else JOBS
    jobs = {f"job-{number:04}": job(_FAMILY, command=["work", str(number)]) for number in range(count)}
    rules = [{"operation": "*", "action": each, "probability": SHARE / len(FAULTS)} for each in FAULTS]
    with served(home, script()) as endpoint:
        plan = planned(endpoint, jobs, _REGION)
        retried(plan)
        endpoint.forget()
        lives = script()
        tasks = [*interruptions(_FAMILY, 2 * count, SHARE), *lives["tasks"]]
        endpoint.set_script({**lives, "seed": 7, "rules": rules, "tasks": tasks})
        result = plan.with_name("result.json")
        ran = carried_out(endpoint, plan, _REGION, "--run-id", _RUN_ID, "--result", str(result))
        calls = len(endpoint.calls(_REGION))
        # Without faults again: the check itself must see everything.
        endpoint.set_script(script())
        started, taken = started_tasks(endpoint)
    ended = [each for one in json.loads(result.read_text(encoding="utf-8"))["jobs"] for each in one["tasks"]]
    done = sum(each["outcome"] == "succeeded" for each in ended)
    # Counted on the endpoint rather than in the result, which could itself be wrong: a task for each time
    # that AWS took one away, and one more.
    lost = sum(started[str(number)] == 0 for number in range(count))
    doubled = sum(started[str(number)] > 1 + taken[str(number)] for number in range(count))
    findings.at_least(f"soak of {count:,} jobs: done", f"{done:,}", ratio=done / count, limit=1, words="all")
    findings.at_most("soak: lost", str(lost), ratio=lost, limit=0, words="none")
    findings.at_most("soak: started twice", str(doubled), ratio=doubled, limit=0, words="none")
    again = f"{taken.total():,}"
    row = (
        f"{calls:,}",
        f"{SHARE:.0%}",
        again,
        f"{ran.wall_s:.0f}",
        f"{ran.cpu_s:.0f}",
        f"{ran.tree_mib:.0f}",
    )
    head = ("calls", "of them spoilt, about", "tasks taken away", "seconds", "CPU s", "memory, MiB")
    findings.tables.append(Table(f"Soak: {count:,} jobs with faults", head, [row]))
    return findings


def retried(plan: Path) -> None:
    """Have the jobs of a plan tried again where AWS takes a task away."""
    made = read_plan(plan.read_text(encoding="utf-8"))
    jobs = (replace(each, policy=replace(each.policy, retry=RETRY)) for each in made.jobs)
    plan.write_text(write_plan(replace(made, jobs=tuple(jobs))), encoding="utf-8")


def started_tasks(endpoint: Endpoint) -> tuple[Counter[str], Counter[str]]:
    """Return how many tasks the run has started, and how many AWS took away, by their commands' last word."""
    found: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for status in ("RUNNING", "STOPPED"):
        arns = _pages(endpoint, {"desiredStatus": status})
        for first in range(0, len(arns), _DESCRIBED):
            answer = endpoint.ask(_REGION, "DescribeTasks", {"tasks": arns[first : first + _DESCRIBED]})
            for task in answer["tasks"]:
                if task["startedBy"] == f"ecsplan/{_RUN_ID}":
                    name = task["overrides"]["containerOverrides"][0]["command"][-1]
                    found[name] += 1
                    taken[name] += task.get("stopCode") == "SpotInterruption"
    return found, taken


def _pages(endpoint: Endpoint, request: Mapping[str, object]) -> list[str]:
    arns: list[str] = []
    while True:
        page = endpoint.ask(_REGION, "ListTasks", request)
        arns += page["taskArns"]
        if "nextToken" not in page:
            return arns
        request = {**request, "nextToken": page["nextToken"]}
