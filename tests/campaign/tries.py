"""Applies whose copies are tried again: their tasks' lives, and the verdict on a disturbed one."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from campaign.judge import Verdict
from campaign.scenarios import ROLE
from campaign.table import DOUBLED, LOST, SURVIVED
from campaign.world import Found, Played, World

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import Cause, Retry, RunPolicy
from ecsplan_applier.outcomes.result import TaskResult

_RUNS = {"at": 1.05, "status": "RUNNING"}
Life = list[dict[str, Any]]


def life(line: str, at: float = 4.05, **end: Any) -> Life:
    """Return a task that runs, logs a line, and ends like this."""
    return [_RUNS, {"at": 2.05, "log": line}, {"at": at, "status": "STOPPED", **end}]


def spot(line: str) -> Life:
    """Return a task that AWS ends while it runs; its job catches SIGTERM and exits 0."""
    reason = "Your Spot Task was interrupted."
    return life(line, stopCode="SpotInterruption", stoppedReason=reason, exitCode=0)


def spot_at(status: str) -> Life:
    """Return a task that AWS ends in a phase before it runs."""
    end = {"stopCode": "SpotInterruption", "stoppedReason": "Your Spot Task was interrupted."}
    return [{"at": 1.05, "status": status}, {"at": 2.05, "status": "STOPPED", **end}]


NO_INTERFACE: Life = [
    {
        "at": 1.05,
        "status": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "Timeout waiting for network interface provisioning to complete.",
    }
]
ENDLESS: Life = [_RUNS, {"at": 2.05, "log": "endless"}]


def with_retries(plan: Plan, causes: tuple[Cause, ...]) -> Plan:
    """Return a plan whose jobs get five attempts."""
    policy = RunPolicy(retry=Retry(5, frozenset(causes), written=True))
    return replace(plan, jobs=tuple(replace(each, policy=policy) for each in plan.jobs))


@dataclass(frozen=True)
class Tries:
    """An apply whose copies are tried again.

    Attributes:
        name: Names its tests and families.
        lives: What the tasks do, in the order in which they are started; it takes all of them.
        causes: What is tried again.
        status: What it ends with.
        lines: Lines that must be printed, once each.
        count: Copies.
        keys: Further keys of the manifest.
        rules: What disturbs it always.
    """

    name: str
    lives: tuple[Life, ...]
    causes: tuple[Cause, ...]
    status: int
    lines: tuple[str, ...]
    count: int = 1
    keys: Mapping[str, object] = field(default_factory=dict)
    rules: tuple[dict[str, Any], ...] = ()

    def plan(self, world: World, family: str) -> Plan:
        """Return its plan for a family."""
        logs = {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE, "task_watch_poll_interval": 2}
        keys = {"name": family, "image": "alpine", "count": self.count, **logs, **self.keys}
        return with_retries(world.compile(json.dumps(keys)), self.causes)

    def script(self, world: World, family: str, *rules: dict[str, Any]) -> None:
        """Put its tasks and rules in force; calls and tasks are counted from here on."""
        tasks = [
            {"family": family, "copy": number, "timeline": each}
            for number, each in enumerate(self.lives, start=1)
        ]
        world.endpoint.forget_calls()
        world.endpoint.set_faults({"rules": [*self.rules, *rules], "tasks": tasks})

    def judge(self, played: Played, found: Found) -> Verdict:
        """Return the verdict on an apply, the last of its run."""
        return judge_tries(self, played, found)

    def judge_signalled(self, played: Played, found: Found, *, started: int) -> Verdict:
        """Return the verdict on one that got a signal, after which it made `started` calls of RunTask."""
        if started or found.running or len(found.tasks) > len(self.lives):
            return Verdict(DOUBLED, f"{started} calls after the signal; {found.running} run\n{played.text}")
        attempts = {each.arn for copy in attempts_of(played) for each in copy}
        known = played.summary is not None and attempts == {each["taskArn"] for each in found.tasks}
        return Verdict(SURVIVED if played.status == 143 and known else LOST, played.text)


UNSHOWN = {"configure_cloudwatch_logs": False}
"""Keys of a job whose log is not shown, which saves most of its calls."""
INTERRUPTED = Tries(
    "interrupted",
    (spot("one"), spot("two"), life("three", exitCode=3)),
    ("interruption",),
    3,
    ("one", "two", "three"),
    keys={"auto_deregister_task_definition": True},
)
COPIES = Tries(
    "copies",
    (life("a", exitCode=0), spot("b"), spot("c"), life("d", exitCode=0)),
    ("interruption",),
    0,
    (),
    count=2,
    keys=UNSHOWN,
)
STARTS = Tries("starts", (NO_INTERFACE, NO_INTERFACE, life("x", exitCode=0)), ("start",), 0, ("x",))
OVERRUNS = Tries(
    "overruns",
    (ENDLESS, life("x", exitCode=0)),
    ("timeout",),
    0,
    (),
    keys={"task_timeout_seconds": 5.5, **UNSHOWN},
)
STUCK = Tries(
    "stuck",
    ([], life("x", exitCode=0)),
    ("start",),
    0,
    (),
    keys={"task_start_timeout_seconds": 8, **UNSHOWN},
)
TRIES = (INTERRUPTED, COPIES, STARTS, OVERRUNS, STUCK)


def attempts_of(played: Played) -> list[tuple[TaskResult, ...]]:
    """Return the attempts of each copy."""
    return [] if played.summary is None else [each.attempts for each in played.summary.tasks]


def judge_tries(tries: Tries, played: Played, found: Found, *, seen: Counter[str] | None = None) -> Verdict:
    """Return the verdict on an apply, the last of its run.

    Args:
        tries: What was applied.
        played: How it ended.
        found: What is there afterwards.
        seen: Lines that must be printed; None: all.
    """
    wanted = Counter(tries.lines) if seen is None else seen
    doubled = _doubled(tries, played, found)
    if doubled:
        return Verdict(DOUBLED, f"{doubled}\n{played.text}")
    if played.crash or played.error is not None or played.status != tries.status:
        return Verdict(LOST, f"ended with {played.status}\n{played.text}{played.crash}")
    attempts = attempts_of(played)
    known = [each.arn for copy in attempts for each in copy]
    if sorted(map(str, known)) != sorted(each["taskArn"] for each in found.tasks):
        return Verdict(LOST, f"{len(found.tasks)} tasks, and the summary lists {known}\n{played.text}")
    if [[each.attempt for each in copy] for copy in attempts] != [
        list(range(1, len(copy) + 1)) for copy in attempts
    ]:
        return Verdict(LOST, f"attempts are not numbered one by one\n{played.text}")
    printed = Counter(line for (_, line), times in played.lines.items() for _ in range(times))
    return Verdict(SURVIVED) if printed == wanted else Verdict(LOST, f"printed {printed}, not {wanted}")


def _doubled(tries: Tries, played: Played, found: Found) -> str:
    """Return which law is broken: one task an attempt, and no attempt while the one before it runs."""
    if len(found.tasks) > len(tries.lives):
        return f"{len(found.tasks)} tasks for {len(tries.lives)} attempts"
    tasks = {each["taskArn"]: each for each in found.tasks}
    for copy in attempts_of(played):
        for before, after in pairwise(tasks[each.arn] for each in copy if each.arn in tasks):
            if before.get("stoppedAt") is None or before["stoppedAt"] > after["createdAt"]:
                return f"{after['taskArn']} was started while {before['taskArn']} ran"
    return ""
