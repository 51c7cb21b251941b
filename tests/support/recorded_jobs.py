"""Jobs that are applied with a ledger in memory: kinds of ends, and what is recorded of them."""

from typing import Any

from apply_stage import Played, Stage
from scripted_ledger import MemoryStore

from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.result import Outcome

HELLO = "image: alpine\n"
ONCE = HELLO + "retry: {attempts: 1}\n"
LOGGING = (
    HELLO + "configure_cloudwatch_logs: true\nexecution_role_arn: arn:aws:iam::000000000000:role/execution\n"
)


def ends(at: float = 3.0, **end: Any) -> list[dict[str, Any]]:
    """Return the life of a task that runs and ends like this."""
    return [{"at": 1, "status": "RUNNING"}, {"at": at, "status": "STOPPED", **end}]


def lives(*timelines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a fault script: the first task lives by the first timeline, and so on; others by the last."""
    tasks: list[dict[str, Any]] = [
        {"copy": number, "timeline": each} for number, each in enumerate(timelines, start=1)
    ]
    return {"tasks": [*tasks, {"timeline": timelines[-1]}], **more}


def refusing(**rule: Any) -> dict[str, Any]:
    return {"rules": [{"operation": "RunTask", **rule}]}


DONE, FAILS, ENDLESS = ends(exitCode=0), ends(exitCode=3), [{"at": 1, "status": "RUNNING"}]
SPOT = ends(stopCode="SpotInterruption", stoppedReason="Your Spot Task was interrupted.", exitCode=143)
NO_IMAGE = [
    {"at": 1, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "CannotPull: not found"}
]
ENDS: dict[str, tuple[str, dict[str, Any], Outcome, int]] = {
    "succeeded": (HELLO, lives(DONE), Outcome.SUCCEEDED, 0),
    "failed": (LOGGING, lives(FAILS), Outcome.FAILED, 3),
    "interrupted by AWS": (ONCE, lives(SPOT), Outcome.INTERRUPTED_BY_AWS, 125),
    "not started": (ONCE, lives(NO_IMAGE), Outcome.NOT_STARTED, 126),
    "not started in time": (ONCE + "task_start_timeout_seconds: 5\n", lives([]), Outcome.START_TIMEOUT, 124),
    "timed out": (HELLO + "task_timeout_seconds: 10\n", lives(ENDLESS), Outcome.TIMEOUT, 124),
}
"""Kinds of ends: a manifest, what its tasks do, and what becomes of them."""


def store_of(world: Stage, *faults: Any, **options: Any) -> MemoryStore:
    return MemoryStore(world.clock, list(faults), **options)


def played(world: Stage, manifest: str, store: MemoryStore, **options: Any) -> Played:
    return world.apply(world.compile(manifest), ledger=store.ledger, **options)


def open_copies(entry: Entry) -> list[int]:
    return [each.copy for each in entry.copies if each.is_open]


def ended_copies(entry: Entry) -> list[int]:
    return [each.copy for each in entry.copies if each.has_ended]
