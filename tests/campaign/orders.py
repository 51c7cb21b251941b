"""Applies whose jobs and copies wait: for other jobs, for other runs, and for each other; and their laws."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaign.judge import Verdict
from campaign.table import DOUBLED, LOST, SURVIVED
from campaign.world import Found, Played, World
from job_policies import with_policies

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import Retry
from ecsplan_applier.aws.operations import REGISTER_TASK_DEFINITION, RUN_TASK

AGAIN = Retry(3, frozenset({"failure"}), written=True)
OTHER = "ecsplan/another-run"


@dataclass(frozen=True)
class Waits:
    """An apply of jobs of one family.

    Attributes:
        name: Names its tests and families.
        policies: The members of each job's policy.
        status: What it ends with.
        tasks: How many tasks each job takes; a job that is skipped takes none.
        ends: How the tasks of a job end, in the order in which they are started: exit codes; then 0.
        counts: The `count` of jobs that have one.
        beside: Whether a task of another run is running when it begins.
    """

    name: str
    policies: Mapping[str, Mapping[str, Any]]
    status: int
    tasks: Mapping[str, int]
    ends: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    beside: bool = False

    def plan(self, world: World, family: str) -> Plan:
        """Return its plan for a family; where another run is to be under way, its task is started."""
        keys = {"image": "alpine", "family": family, "task_watch_poll_interval": 2}
        jobs = {
            name: {**keys, "command": [name], "count": self.counts.get(name, 1)}
            if "array" not in self.policies[name]
            else {**keys, "command": [name]}
            for name in self.policies
        }
        plan = world.compile(json.dumps({"jobs": jobs}))
        if self.beside:
            job = plan.jobs[0]
            world.endpoint.set_faults({"tasks": [{"family": family, "timeline": _life(20.05, 0)}]})
            definition = world.ask(REGISTER_TASK_DEFINITION, **job.definition.request)["taskDefinition"]
            arn = definition["taskDefinitionArn"]
            world.ask(RUN_TASK, **{**job.run_request, "taskDefinition": arn, "startedBy": OTHER})
            plan = world.compile(json.dumps({"jobs": jobs}))
        return with_policies(plan, self.policies)

    def script(self, world: World, family: str, *rules: dict[str, Any]) -> None:
        """Put the lives of its tasks and rules in force; calls and tasks are counted from here on."""
        tasks = [
            {"family": family, "copy": number, "timeline": _life(3.05, code)}
            for codes in self.ends.values()
            for number, code in enumerate(codes, start=1)
        ]
        world.endpoint.forget_calls()
        rest = {"family": family, "timeline": _life(3.05, 0)}
        world.endpoint.set_faults({"rules": list(rules), "tasks": [*tasks, rest]})

    def judge(self, played: Played, found: Found) -> Verdict:
        """Return the verdict on an apply, the last of its run."""
        return judge_waits(self, played, found)

    def judge_signalled(self, played: Played, found: Found, *, started: int) -> Verdict:
        """Return the verdict on one that got a signal, after which it made `started` calls of RunTask."""
        broken, ours = law_broken(self, found), [each["taskArn"] for each in own(found)]
        running = [each for each in found.running if each in ours]
        if started or broken or running:
            return Verdict(DOUBLED, f"{started} calls after the signal; {broken}; {running}\n{played.text}")
        return Verdict(SURVIVED if played.status == 143 and listed(played, found) else LOST, played.text)


def _life(at: float, exit_code: int) -> list[dict[str, Any]]:
    return [{"at": 1.05, "status": "RUNNING"}, {"at": at, "status": "STOPPED", "exitCode": exit_code}]


PIPELINE = Waits(
    "pipeline",
    {"extract": {}, "load": {"after": ("extract",)}, "report": {"after": ("extract", "load")}},
    0,
    {"extract": 1, "load": 1, "report": 1},
)
SKIPS = Waits(
    "skips",
    {"extract": {}, "load": {"after": ("extract",)}, "report": {"after": ("load",)}},
    1,
    {"extract": 1},
    ends={"extract": (3,)},
)
ARRAY = Waits(
    "array", {"etl": {"array": 4, "max_parallel": 2, "retry": AGAIN}}, 0, {"etl": 5}, ends={"etl": (1,)}
)
LIMITED = {"etl": {"max_parallel": 2, "retry": AGAIN}}
COUNTED = Waits("counted", LIMITED, 0, {"etl": 5}, ends={"etl": (1,)}, counts={"etl": 4})
BESIDE = Waits("beside", {"etl": {"concurrency": "wait"}}, 0, {"etl": 1}, beside=True)
WAITS = (PIPELINE, SKIPS, ARRAY, COUNTED, BESIDE)


def judge_waits(waits: Waits, played: Played, found: Found) -> Verdict:
    """Return the verdict on an apply, the last of its run.

    Args:
        waits: What was applied.
        played: How it ended.
        found: What is there afterwards.
    """
    broken = law_broken(waits, found)
    if broken:
        return Verdict(DOUBLED, f"{broken}\n{played.text}")
    if played.crash or played.error is not None or played.status != waits.status:
        return Verdict(LOST, f"ended with {played.status}\n{played.text}{played.crash}")
    count = sum(waits.tasks.values())
    ours = own(found)
    if len(ours) != count or not listed(played, found):
        return Verdict(LOST, f"{len(ours)} tasks, not {count}, or not those of the summary\n{played.text}")
    return Verdict(SURVIVED)


def own(found: Found) -> list[dict[str, Any]]:
    """Return the tasks of the run."""
    return [each for each in found.tasks if each.get("startedBy") != OTHER]


def listed(played: Played, found: Found) -> bool:
    """Return whether the summary lists the tasks that there are, each once."""
    tasks = () if played.summary is None else played.summary.tasks
    known = [each.arn for task in tasks for each in task.attempts]
    return sorted(map(str, known)) == sorted(each["taskArn"] for each in own(found))


def law_broken(waits: Waits, found: Found) -> str:
    """Return which law does not hold: so many tasks of each job, in order, and only so many at a time."""
    by_job: dict[str, list[dict[str, Any]]] = {}
    for task in own(found):
        (override,) = task["overrides"]["containerOverrides"]
        by_job.setdefault(override["command"][0], []).append(task)
    for name, tasks in by_job.items():
        if len(tasks) > waits.tasks.get(name, 0):
            return f"{len(tasks)} tasks of {name}"
        policy = waits.policies[name]
        if most_at_a_time(tasks) > policy.get("max_parallel", len(tasks)):
            return f"{most_at_a_time(tasks)} tasks of {name} at a time"
        before = [task for first in policy.get("after", ()) for task in by_job.get(first, [])]
        before += [task for task in found.tasks if task.get("startedBy") == OTHER]
        if any("stoppedAt" not in each or each["stoppedAt"] > _first(tasks) for each in before):
            return f"{name} was started before what it waits for had ended"
    return ""


def most_at_a_time(tasks: list[dict[str, Any]]) -> int:
    """Return how many of these tasks there were at a time, from RunTask to STOPPED."""
    changes = [(each["createdAt"], 1) for each in tasks]
    changes += [(each["stoppedAt"], -1) for each in tasks if "stoppedAt" in each]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


def _first(tasks: list[dict[str, Any]]) -> datetime:
    first: datetime = min(each["createdAt"] for each in tasks)
    return first
