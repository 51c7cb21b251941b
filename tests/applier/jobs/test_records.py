"""What an apply records of its jobs: before anything is asked for, when it ended, and if the ledger fails."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from apply_stage import Played, Stage
from job_policies import jobs_of, life, ordered
from scripted_ledger import DOWN, Fault, MemoryStore

from ecsplan_applier.context import Interrupt
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.outcomes.events import AttemptEnded, TaskChanged, TaskStarted
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]
CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource")
HELLO = "image: alpine\n"
AGAIN = HELLO + "retry: {attempts: 3, on: [failure]}\n"


def ends(at: float = 3.0, **end: Any) -> dict[str, Any]:
    """Return a fault script by which each task runs and ends like this."""
    return {"tasks": [{"timeline": [{"at": 1, "status": "RUNNING"}, {"at": at, "status": "STOPPED", **end}]}]}


SPOT = {"stopCode": "SpotInterruption", "stoppedReason": "Your Spot Task was interrupted.", "exitCode": 143}
NO_IMAGE = {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: not found"}
DENIED = {"calls": [{"operation": "RunTask", "every": 1, "error": "AccessDeniedException"}]}
KINDS: dict[str, tuple[str, dict[str, Any], Outcome, int]] = {
    "succeeded": (HELLO, ends(exitCode=0), Outcome.SUCCEEDED, 0),
    "failed": (HELLO, ends(exitCode=3), Outcome.FAILED, 3),
    "interrupted by AWS": (HELLO + "retry: {attempts: 1}\n", ends(**SPOT), Outcome.INTERRUPTED_BY_AWS, 125),
    "not started": (HELLO + "retry: {attempts: 1}\n", ends(1.0, **NO_IMAGE), Outcome.NOT_STARTED, 126),
    "timed out": (HELLO + "task_timeout_seconds: 10\n", ends(9000.0), Outcome.TIMEOUT, 124),
}
"""Kinds of ends: a manifest, what its tasks do, and what becomes of them."""


def store_of(world: Stage, *faults: Fault, **options: Any) -> MemoryStore:
    return MemoryStore(world.clock, list(faults), **options)


def played(world: Stage, manifest: str, store: MemoryStore, **options: Any) -> Played:
    return world.apply(world.compile(manifest), ledger=store.ledger, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_job_is_written_before_it_is_started_and_when_it_ended(stage: Begin, kind: str) -> None:
    manifest, script, outcome, status = KINDS[kind]
    world = stage(script)
    store = store_of(world)
    seen: list[list[str]] = []
    store.meanwhile = lambda *_: seen.append(world.calls(*CHANGING))

    ended = played(world, manifest, store)

    assert ended.status == status
    assert store.calls == [("write", key) for key in store.documents for _ in range(2)]
    assert seen[0] == []
    before, after = store.versions
    assert before.copies[0].is_open
    assert before.copies[0].task_arn is None
    assert after.copies[0].has_ended
    assert after.copies[0].result is not None
    assert after.copies[0].result.to_json() == ended.summary.tasks[0].to_json()
    assert after.copies[0].result.outcome is outcome
    assert after.copies[0].asked_at == before.copies[0].asked_at
