"""Jobs and copies that wait: an array under the quotas, retries, a chain, a fan-out after one job."""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
from endpoint import Endpoint, launching, served
from jobs import RETRY, carried_out, interruptions, job, life, planned
from results import BOTO3, OWN, Findings
from timing import FailedError, Ran

from ecsplan.plan.plan import read_plan, write_plan

_ARRAY, _QUICK_ARRAY = 1_000, 100
_CHAIN, _QUICK_CHAIN = 20, 4
_FAN, _QUICK_FAN = 500, 60
_JOB_S = 2.0
_FAMILY = "fleet"
_PER_S = 20
"""RunTask calls a second that AWS allows (ECS developer guide, Fargate throttling quotas)."""
_LATE = 1.1
_SLOWER = 1.15
_SHARE = 0.1
"""Share of an array's tasks that AWS takes away, so that they are tried again."""
_RETRYING = 1.2
_MORE_CALLS = 3
"""DescribeTasks calls that one job before a fan-out may add."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how soon waiting jobs and copies start, and how many calls it takes to know that they may."""
    findings, size = Findings(), _QUICK_ARRAY if quick else _ARRAY
    lives = [life("brief", _JOB_S), life(_FAMILY, 6.0)]
    with served(home, {"tasks": lives}) as endpoint:
        plain = _array(findings, endpoint, size)
        _chain(findings, endpoint, _QUICK_CHAIN if quick else _CHAIN)
        _fan_out(findings, endpoint, _QUICK_FAN if quick else _FAN)
        _retried(findings, endpoint, size, lives, plain)
    return findings


def _with(plan: Path, policies: Mapping[str, Mapping[str, Any]]) -> Path:
    """Give jobs of a plan these members of their policy, and return the plan."""
    read = read_plan(plan.read_text(encoding="utf-8"))
    jobs = (replace(each, policy=replace(each.policy, **policies.get(each.name, {}))) for each in read.jobs)
    plan.write_text(write_plan(replace(read, jobs=tuple(jobs))), encoding="utf-8")
    return plan


def _array(findings: Findings, endpoint: Endpoint, size: int) -> Ran:
    """Add the bound of launching an array, and return its apply."""
    region = "us-east-1"
    plan = _with(planned(endpoint, {"array": job(_FAMILY)}, region), {"array": {"array": size}})
    endpoint.forget()
    ran = carried_out(endpoint, plan, region)
    calls = endpoint.calls(region)
    times = [each.time for each in calls if each.operation == "RunTask"]
    launched_s, floor_s = max(times) - ran.began, size / _PER_S
    findings.at_most(
        f"`array: {size}`: launching ends",
        f"{launched_s:.1f} s",
        against=f"floor: {floor_s:.0f} s",
        ratio=launched_s / floor_s,
        limit=_LATE,
        why=launching(calls, ran.began, floor_s),
    )
    return ran


def _retried(
    findings: Findings, endpoint: Endpoint, size: int, lives: list[dict[str, object]], plain: Ran
) -> None:
    """Add the bound of the processor time of an array, some of whose tasks are tried again."""
    region = "us-west-1"
    policy = {"array": {"array": size, "retry": RETRY}}
    plan = _with(planned(endpoint, {"array": job(_FAMILY)}, region), policy)
    # The copies of a family are counted from here on.
    endpoint.set_script({"tasks": [*interruptions(_FAMILY, size, _SHARE), *lives]})
    endpoint.forget()
    ran = carried_out(endpoint, plan, region)
    launched = sum(each.operation == "RunTask" for each in endpoint.calls(region))
    if launched <= size:
        raise FailedError(f"{launched} RunTask calls for {size} tasks: none was tried again")
    findings.at_most(
        f"`array: {size}` with {launched - size} of its tasks tried again, CPU time",
        f"{ran.cpu_s:.2f} s",
        against=f"without retries: {plain.cpu_s:.2f} s",
        ratio=ran.cpu_s / plain.cpu_s,
        limit=_RETRYING,
        why=(
            f"{launched} tasks are launched in place of {size}; for each of them, it takes "
            f"{ran.cpu_s / launched / (plain.cpu_s / size):.2f} x as much."
        ),
    )


def _chain(findings: Findings, endpoint: Endpoint, length: int) -> None:
    region = "us-east-2"
    names = [f"job-{number:02}" for number in range(length)]
    plan = planned(endpoint, {name: job("brief", command=["work", name]) for name in names}, region)
    _with(plan, {later: {"after": (first,)} for first, later in pairwise(names)})
    # Side by side, as both wait for nearly all of their time.
    with ThreadPoolExecutor(1) as beside:
        requests = json.loads(plan.read_text(encoding="utf-8"))["jobs"]
        loop = beside.submit(_by_hand, endpoint, requests, region)
        ours_s = carried_out(endpoint, plan, region).wall_s
        loop_s = loop.result()
    findings.at_most(
        f"a chain of {length} jobs of two seconds",
        f"{ours_s:.1f} s",
        against=f"boto3 loop that polls every second: {loop_s:.1f} s",
        ratio=ours_s / loop_s,
        limit=_SLOWER,
        why=(
            f"beside the {length * _JOB_S:.0f} s in which the jobs run, the process, from its start to its "
            f"end, takes {ours_s - length * _JOB_S:.1f} s, and the loop {loop_s - length * _JOB_S:.1f} s."
        ),
    )
    findings.side_by_side(
        f"a chain of {length} jobs of two seconds, s", {OWN: f"{ours_s:.1f}", BOTO3: f"{loop_s:.1f}"}
    )


def _by_hand(endpoint: Endpoint, jobs: list[dict[str, Any]], region: str) -> float:
    """Run jobs one after the other as a script would, and return how many seconds that takes."""
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
    ecs = boto3.client("ecs", endpoint_url=endpoint.url, region_name=region, **keys)
    family = jobs[0]["task_definition"]["request"]["family"]
    definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    began = time.monotonic()
    for each in jobs:
        request = {**each["run_request"], "taskDefinition": definition["taskDefinitionArn"]}
        (task,) = ecs.run_task(**request)["tasks"]
        while task["lastStatus"] != "STOPPED":
            time.sleep(1)
            (task,) = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"]
    ecs.close()
    return time.monotonic() - began


def _fan_out(findings: Findings, endpoint: Endpoint, width: int) -> None:
    names = [f"job-{number:03}" for number in range(width)]
    jobs = {name: job(_FAMILY, command=["work", name]) for name in names}
    looks, alone = [], 0
    for region, first in (("eu-west-2", False), ("eu-west-3", True)):
        one = {"first": job("brief")} if first else {}
        plan = planned(endpoint, {**one, **jobs}, region)
        endpoint.forget()
        carried_out(endpoint, _with(plan, {name: {"after": ("first",)} for name in names if first}), region)
        operations = [each.operation for each in endpoint.calls(region)]
        looks.append(operations.count("DescribeTasks"))
        # Of the second turn: the launch of `first` comes before the others.
        second = [number for number, each in enumerate(operations) if each == "RunTask"][1]
        alone = operations[:second].count("DescribeTasks")
    findings.at_most(
        f"{width} jobs after one of two seconds: DescribeTasks calls more than without it",
        f"{looks[1]} calls",
        against=f"without: {looks[0]}",
        ratio=looks[1] - looks[0],
        limit=_MORE_CALLS,
        words=f"at most {_MORE_CALLS}",
        why=(
            f"{alone} calls look at the first job alone, before another is launched; the rest are the polls "
            "of the others, whose number depends on how long these take to launch."
        ),
    )
