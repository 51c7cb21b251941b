"""The workload on the endpoint: families with scripted tasks, manifests for them, and ecsplan's commands."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

from endpoint import Endpoint
from timing import Ran, run
from venvs import ecsplan

from ecsplan.terms.run_policy import Retry

RETRY = Retry(5, frozenset({"interruption"}), written=True)
"""What has a job tried again where AWS takes its task away."""
LIVES: dict[str, float] = {"brief": 1.5, "nine": 9.0, "fleet": 6.0}
"""Family -> seconds from RunTask to STOPPED."""
STARTS_S = 0.5
"""Seconds from RunTask to RUNNING; image pulls are not part of the comparison."""


def life(family: str, seconds: float, **match: object) -> dict[str, object]:
    """Return the timeline of a task that prints a line and stops with exit code 0 after `seconds`."""
    timeline = [
        {"at": STARTS_S / 2, "status": "PENDING"},
        {"at": STARTS_S, "status": "RUNNING", "log": "at work"},
        {"at": seconds, "status": "STOPPED", "exitCode": 0},
    ]
    return {"family": family, **match, "timeline": timeline}


def script() -> dict[str, list[dict[str, object]]]:
    """Return the fault script, which defines how long tasks of each family run."""
    return {"tasks": [life(family, seconds) for family, seconds in LIVES.items()]}


def interruptions(family: str, tasks: int, share: float) -> list[dict[str, object]]:
    """Return the timelines of tasks that AWS takes away: a share of so many, drawn with a fixed seed."""
    draw = Random(7)
    end = {"status": "STOPPED", "exitCode": 143, "stopCode": "SpotInterruption"}
    timeline = [{"at": 1, "status": "RUNNING"}, {"at": 2, **end}]
    numbers = [number for number in range(1, tasks + 1) if draw.random() < share]
    return [{"family": family, "copy": number, "timeline": timeline} for number in numbers]


def job(family: str, *, logs: bool = False, **keys: object) -> dict[str, object]:
    """Return a job for a manifest; jobs of one family need the same definition."""
    logging = {"configure_cloudwatch_logs": True} if logs else {}
    # The same stream prefix for all job names, so that the jobs share a definition.
    options = {"cloudwatch_logs_options": {"awslogs-stream-prefix": family}} if logs else {}
    return {
        "image": "public.ecr.aws/docker/library/alpine:3",
        "family": family,
        "execution_role_arn": "arn:aws:iam::000000000000:role/bench",
        "command": ["work"],
        **logging,
        **options,
        **keys,
    }


def planned(endpoint: Endpoint, jobs: Mapping[str, Mapping[str, object]], region: str) -> Path:
    """Compile jobs against the endpoint and return the path of the plan.

    One job of each family runs first, so that all of them reuse its revision.
    """
    folder = endpoint.home / region
    folder.mkdir(exist_ok=True)
    families = {each["family"]: (name, each) for name, each in jobs.items()}
    first = {name: {**each, "count": 1} for name, each in families.values()}
    carried_out(endpoint, compiled(endpoint, first, region, folder / "first.json"), region, "--detach")
    plan = compiled(endpoint, jobs, region, folder / "plan.json")
    document = json.loads(plan.read_text(encoding="utf-8"))
    if any(each["task_definition"]["action"] != "reuse" for each in document["jobs"]):
        raise ValueError("the jobs of the benchmark must reuse their revision")
    return plan


def compiled(endpoint: Endpoint, jobs: Mapping[str, Mapping[str, object]], region: str, plan: Path) -> Path:
    """Compile jobs and return the path of the plan."""
    manifest = plan.with_suffix(".yaml")
    manifest.write_text(json.dumps({"jobs": jobs}), encoding="utf-8")
    run([*ecsplan(), "compile", str(manifest), "-o", str(plan)], env=endpoint.environment(region))
    return plan


def carried_out(endpoint: Endpoint, plan: Path, region: str, *options: str) -> Ran:
    """Apply a plan with `ecsplan apply`."""
    command = [*ecsplan(), "apply", str(plan), *options]
    return run(command, env=endpoint.environment(region), watch=True)


def subnet(plan: Path) -> str:
    """Return a subnet that exists on the endpoint, for scripts that need one."""
    request = json.loads(plan.read_text(encoding="utf-8"))["jobs"][0]["run_request"]
    first: str = request["networkConfiguration"]["awsvpcConfiguration"]["subnets"][0]
    return first
