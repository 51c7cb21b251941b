"""The applies that the campaign disturbs: manifests, the lives of their tasks, and what they must print."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/execution"
LINES = ("first", "same", "same", "at the end", "after the end")
"""Lines of a task that logs; two of them have the same timestamp and text."""


def life(exit_code: int) -> list[dict[str, object]]:
    """Return the timeline of a task that logs while it runs and once more after it has stopped.

    Nothing happens at a time at which an apply may look: every undisturbed apply makes the same calls.
    """
    return [
        {"at": 1.05, "status": "PENDING"},
        {"at": 2.05, "status": "RUNNING", "log": "first"},
        {"at": 3.05, "log": ["same", "same"], "timestamp": [3.0, 3.0]},
        {"at": 5.05, "log": "at the end"},
        {"at": 5.05, "status": "STOPPED", "exitCode": exit_code},
        {"at": 5.25, "log": "after the end", "timestamp": 4.9},
    ]


def overrun(exit_code: int) -> list[dict[str, object]]:
    """Return the timeline of a task that logs and does not end by itself."""
    del exit_code
    return [
        {"at": 1.05, "status": "PENDING"},
        {"at": 2.05, "status": "RUNNING", "log": "first"},
        {"at": 3.05, "log": ["same", "same"], "timestamp": [3.0, 3.0]},
    ]


def stopped(exit_code: int) -> list[dict[str, object]]:
    """Return what a task does once it is asked to stop: it logs, ends, and its last line comes late.

    A job that catches SIGTERM may well exit 0 with its work undone.
    """
    return [
        {"at": 0.55, "log": "at the end"},
        {"at": 0.55, "status": "STOPPED", "exitCode": exit_code},
        {"at": 0.75, "log": "after the end"},
    ]


@dataclass(frozen=True)
class Scenario:
    """An apply to disturb.

    Attributes:
        name: Names its tests.
        manifest: Family -> manifest.
        exit_code: Of every task.
        status: What the undisturbed apply ends with.
        slots: Tasks that must exist at the end.
        documents: Revisions that it registers, at most one a document.
        logging: Labels of the copies that log, by family.
        prepared: Which revision is there before: the `same`, one that is `linked`, the same but `untagged`.
        leaves: Revisions that are ACTIVE at the end, those from before included.
        timeline: Exit code -> the life of each task.
        offline: Whether its plan is compiled without looking at AWS.
    """

    name: str
    manifest: Callable[[str], str]
    exit_code: int
    status: int
    slots: int
    documents: int
    logging: Callable[[str], tuple[str, ...]]
    prepared: str
    leaves: int
    timeline: Callable[[int], list[dict[str, Any]]] = life
    offline: bool = False

    def lines(self, family: str) -> Counter[tuple[str, str]]:
        """Return what must be printed: (label, line) -> how often."""
        return Counter((label, line) for label in self.logging(family) for line in LINES)

    def script(self, family: str) -> dict[str, Any]:
        """Return the fault script's part for the tasks."""
        script = {"family": family, "timeline": self.timeline(self.exit_code)}
        return script | ({} if self.timeline is life else {"on_stop": stopped(self.exit_code)})


def _job(**keys: object) -> dict[str, object]:
    return {"image": "alpine", "execution_role_arn": ROLE, "task_watch_poll_interval": 2, **keys}


def _registers(family: str) -> str:
    keys = {"configure_cloudwatch_logs": True, "auto_deregister_task_definition": True}
    return json.dumps(_job(name=family, **keys))


def _reuses(family: str) -> str:
    return json.dumps(_job(name=family, configure_cloudwatch_logs=True, command=["work"]))


def _twelve(family: str) -> str:
    return json.dumps(_job(name=family, count=12))


def _one_family(family: str) -> str:
    jobs = {
        f"{family}-a": _job(family=family, image="alpine:1"),
        f"{family}-b": _job(family=family, image="alpine:2", configure_cloudwatch_logs=True),
    }
    return json.dumps({"jobs": jobs})


def _linked(family: str) -> str:
    keys = {"name": family, "task_definition_arn": f"{family}:1", "env": {"MODE": "fast"}}
    return json.dumps({**keys, "task_watch_poll_interval": 2})


def _overruns(family: str) -> str:
    return json.dumps(_job(name=family, configure_cloudwatch_logs=True, task_timeout_seconds=5.5))


def _tagged(family: str) -> str:
    keys = {"task_definition": {"tags": [{"key": "team", "value": "data"}]}, "labels": {"stage": "test"}}
    return json.dumps(_job(name=family, aws={"account_id": "000000000000"}, **keys))


def _offline(family: str) -> str:
    return json.dumps(_job(name=family, configure_cloudwatch_logs=True))


def _itself(family: str) -> tuple[str, ...]:
    return (family,)


SCENARIOS = (
    Scenario("registers", _registers, 3, 3, 1, 1, _itself, "", 0),
    Scenario("reuses", _reuses, 0, 0, 1, 0, _itself, "same", 1),
    Scenario("twelve", _twelve, 0, 0, 12, 1, lambda _: (), "", 1),
    Scenario("family", _one_family, 0, 0, 2, 2, lambda family: (f"{family}-b",), "", 2),
    Scenario("linked", _linked, 5, 5, 1, 0, _itself, "linked", 1),
)
"""The applies of which every call is disturbed in every way, and killed."""

MORE_SCENARIOS = (
    Scenario("overruns", _overruns, 0, 124, 1, 1, _itself, "", 1, overrun),
    Scenario("tagged", _tagged, 0, 0, 1, 0, lambda _: (), "untagged", 1),
    Scenario("offline", _offline, 4, 4, 1, 1, _itself, "", 1, offline=True),
)
"""Applies that make calls which those above do not: StopTask, TagResource, GetCallerIdentity, EC2's."""
