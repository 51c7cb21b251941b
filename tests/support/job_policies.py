"""Plans of several jobs with the policies that tests give them, and the lives of their tasks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from apply_stage import Stage

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import Combination


def jobs_of(stage: Stage, *names: str, **keys: object) -> Plan:
    """Return a compiled plan of equal jobs, each with a family of its own unless the keys say another."""
    return stage.compile(json.dumps({"jobs": {name: {"image": "alpine", **keys} for name in names}}))


def ordered(plan: Plan, after: Mapping[str, Sequence[str]], **every: Any) -> Plan:
    """Return a plan whose jobs start after others, with these members in the policy of every job."""
    return with_policies(
        plan, {job.name: {"after": tuple(after.get(job.name, ())), **every} for job in plan.jobs}
    )


def with_policies(plan: Plan, policies: Mapping[str, Mapping[str, Any]]) -> Plan:
    """Return a plan with these members in the policies of the jobs that are named."""
    jobs = [
        replace(job, policy=replace(job.policy, **policies[job.name])) if job.name in policies else job
        for job in plan.jobs
    ]
    return replace(plan, jobs=tuple(jobs))


def combined(plan: Plan, name: str, *members: str) -> Plan:
    """Return a plan in which some jobs are the combinations of a matrix with this plain name."""
    return with_policies(plan, {each: {"matrix": Combination(name, {"job": each})} for each in members})


def life(family: str, *, seconds: float = 2.0, exit_code: int = 0) -> dict[str, Any]:
    """Return the script of a family's tasks: they run after half a second, and end with an exit code."""
    timeline = [
        {"at": 0.5, "status": "RUNNING"},
        {"at": 0.5 + seconds, "status": "STOPPED", "exitCode": exit_code},
    ]
    return {"family": family, "timeline": timeline}
