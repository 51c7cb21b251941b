"""What is recorded of copies follows from what is known now, and is made anew only where that has changed."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from compiled_jobs import compiled
from pass_counts import counted

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.recording.copy_records import CopyRecords
from ecsplan_applier.recording.recorded_copy import recorded_copy
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.verdicts import Verdict

NOW = 10_000.0
COPIES = 4
CONTEXT: Any = SimpleNamespace(
    now=lambda: 20.0,
    claim=lambda _: None,
    emit=lambda _: None,
    caller=SimpleNamespace(clock=SimpleNamespace(since=lambda *_: 0.0, now=lambda _: NOW)),
)
THEIRS = [RecordedCopy(number, asked_at=5.0, first_asked_at=5.0) for number in range(1, COPIES + 1)]
Act = Callable[[JobRun, CopyRecords], None]


def task(number: int, status: str) -> Task:
    arn = f"arn:aws:ecs:us-east-1:000000000000:task/default/{number:016}"
    found = read_task({"taskArn": arn, "lastStatus": status, "createdAt": 9_000.0})
    assert found is not None
    return found


def new() -> JobRun:
    result = compiled({"image": "alpine", "count": COPIES})
    assert result.plan is not None
    job = JobRun(result.plan.jobs[0], Target("us-east-1", None, None, None))
    for copy in job.copies[:2]:
        copy.request()
        copy.assign(CONTEXT, task(copy.number, "RUNNING"), attached=False)
    return job


def ended(job: JobRun, records: CopyRecords) -> None:
    del records
    job.copies[0].observe(CONTEXT, task(1, "STOPPED"))


def over(job: JobRun, records: CopyRecords) -> None:
    ended(job, records)
    records.note_over(job.copies[0])


def tried_again(job: JobRun, records: CopyRecords) -> None:
    ended(job, records)
    following = job.begin_attempt(job.copies[0], 30.0)
    records.note_asked([following])


def refused(job: JobRun, records: CopyRecords) -> None:
    job.copies[3].give_up(Verdict(Outcome.REFUSED, "because"))
    records.note_over(job.copies[3])


def refused_and_shared(job: JobRun, records: CopyRecords) -> None:
    refused(job, records)
    records.note_shared()


CHANGES: dict[str, tuple[Act, int]] = {
    "nothing": (lambda *_: None, 0),
    "seen to run": (lambda job, _: job.copies[0].observe(CONTEXT, task(1, "RUNNING")), 1),
    "requested": (lambda job, _: job.copies[2].request(), 1),
    "asked for": (lambda job, records: records.note_asked(job.copies[2:3]), 1),
    "ended": (ended, 1),
    "over": (over, 0),
    "tried again": (tried_again, 1),
    "refused": (refused, 0),
    "recorded by others": (lambda _, records: records.take(THEIRS), COPIES),
    "shared with others": (lambda _, records: records.note_shared(), COPIES),
    "refused, and shared with others": (refused_and_shared, COPIES - 1),
}
"""What happens, and how many copies are made anew by the next write."""


@pytest.mark.parametrize(("act", "anew"), CHANGES.values(), ids=CHANGES)
def test_only_what_has_changed_is_made_anew(act: Act, anew: int) -> None:
    kept, fresh = (begun() for _ in range(2))

    kept[1].of_all()
    for each in (kept, fresh):
        act(*each)
    with counted({"made": recorded_copy}) as counts:
        found = kept[1].of_all()

    assert found == fresh[1].of_all()
    assert counts["made"] == anew


def begun() -> tuple[JobRun, CopyRecords]:
    """Return a job of which two copies were asked for, and run."""
    job = new()
    records = CopyRecords(CONTEXT, job)
    records.note_asked(job.copies[:2])
    return job, records


def test_copies_that_are_over_and_were_not_noted() -> None:
    job, records = begun()
    ended(job, records)

    records.note_all_over()

    assert [(each.copy, each.has_ended) for each in records.ends] == [(1, True)]
    assert not records.are_over


def test_what_others_have_asked_for_counts_as_asked() -> None:
    job, records = begun()

    asked = [records.is_asked(each) for each in job.copies]
    records.take(replace(each, attempt=2) if each.copy == 4 else each for each in THEIRS)

    assert asked == [True, True, False, False]
    assert [records.is_asked(each) for each in job.copies] == [True, True, True, False]
