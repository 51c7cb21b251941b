"""The applies that the campaign disturbs: manifests, the lives of their tasks, and what they must print."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/execution"
LINES = ("first", "same", "same", "at the end", "after the end")
"""Lines of a task that logs; two of them have the same timestamp and text."""


def life(exit_code: int) -> list[dict[str, Any]]:
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
        prepared: Whether a revision that says the same is there before, or the one that is linked.
        leaves: Revisions that are ACTIVE at the end, those from before included.
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

    def lines(self, family: str) -> Counter[tuple[str, str]]:
        """Return what must be printed: (label, line) -> how often."""
        return Counter((label, line) for label in self.logging(family) for line in LINES)

    def script(self, family: str) -> dict[str, Any]:
        """Return the fault script's part for the tasks."""
        return {"family": family, "timeline": life(self.exit_code)}


def _job(**keys: Any) -> dict[str, Any]:
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


def _itself(family: str) -> tuple[str, ...]:
    return (family,)


SCENARIOS = (
    Scenario("registers", _registers, 3, 3, 1, 1, _itself, "", 0),
    Scenario("reuses", _reuses, 0, 0, 1, 0, _itself, "same", 1),
    Scenario("twelve", _twelve, 0, 0, 12, 1, lambda _: (), "", 1),
    Scenario("family", _one_family, 0, 0, 2, 2, lambda family: (f"{family}-b",), "", 2),
    Scenario("linked", _linked, 5, 5, 1, 0, _itself, "linked", 1),
)
