"""Entries of a ledger as an apply writes them, for tests of what reads them."""

from pathlib import Path
from typing import Any

from ecsplan_applier.ledger.entry import Entry, EntryKey, RecordedCopy
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger, Recorded
from ecsplan_applier.outcomes.result import Outcome, Phases, TaskResult
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop

ACCOUNT, REGION = "000000000000", "us-east-1"


def entry(job: str = "hello", *copies: RecordedCopy, run_id: str = "r", **members: Any) -> Entry:
    """Return the entry of a job whose family is its name; of one copy unless others are given."""
    given: dict[str, Any] = {
        "family": job,
        "cluster": None,
        "container": "main",
        "request_digest": "sha256:0",
        "copies": copies or (RecordedCopy(1),),
        "jobs": (job,),
    }
    return Entry(key=EntryKey(ACCOUNT, REGION, run_id, job), **(given | members))


def write(folder: Path, *entries: Entry) -> None:
    """Write entries, in place of those that are there."""
    loop = Loop(SystemClock(), workers=0)
    ledger = Ledger(FolderStore(folder, str(folder), loop))

    async def put(each: Entry) -> Recorded:
        before = await ledger.read(each.key)
        return await ledger.write(each, "" if before is None else before.version)

    for each in entries:
        loop.run(put(each))


def result(job: str, outcome: Outcome, copy: int = 1, **members: Any) -> TaskResult:
    """Return what is recorded as the end of a copy."""
    given: dict[str, Any] = {
        "label": job,
        "arn": None,
        "cluster": "",
        "status": None,
        "exit_code": None,
        "stop_code": None,
        "reason": None,
        "explanation": None,
        "phases": Phases(None, None, None, None),
        "over": True,
        "attached": False,
    }
    return TaskResult(job, copy, outcome=outcome, **(given | members))
