"""Entries survive being written and read, whatever became of the tasks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pass_counts import counted
from scripted_aws import JumpingClock

from ecsplan.schema.files import bundled_schema_text
from ecsplan_applier.ledger.documents import document_text
from ecsplan_applier.ledger.entry import KEPT_BY_ECS_S, Entry, EntryKey, RecordedCopy, read_entry
from ecsplan_applier.ledger.entry_text import EntryText
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.store import Document
from ecsplan_applier.outcomes.explanation import Explanation
from ecsplan_applier.outcomes.result import LogPlace, Outcome, Phases, TaskResult
from ecsplan_applier.scheduling.scheduler import Event, Loop

PUBLISHED = Draft202012Validator(json.loads(bundled_schema_text("ledger-entry")))
ARN = "arn:aws:ecs:us-east-1:111122223333:task/batch/0123456789abcdef0123456789abcdef"
KEY = EntryKey("111122223333", "us-east-1", "nightly/2026-11-29", "Load & check")
PLACE = LogPlace("/jobs", "etl/main/0123456789abcdef0123456789abcdef", "us-east-1")
ENDED = TaskResult(
    job=KEY.job,
    copy=1,
    label=KEY.job,
    outcome=Outcome.FAILED,
    arn=ARN,
    cluster="batch",
    status="STOPPED",
    exit_code=3,
    stop_code="EssentialContainerExited",
    reason="Essential container in task exited",
    explanation=Explanation("name", "meaning", "remedy"),
    phases=Phases(1.5, None, 2.0, 0.25),
    over=True,
    attached=False,
    log=PLACE,
    succeed_on=(0, 4),
)
FURTHER = replace(ENDED, arn=f"{ARN}2", attempt=2, earlier=(ENDED,), outcome=Outcome.SUCCEEDED, exit_code=4)
NOT_AGAIN = ENDED.not_started_again(replace(ENDED, arn=None, attempt=2, outcome=Outcome.INTERRUPTED))
UNSTARTED = replace(ENDED, outcome=Outcome.NOT_STARTED, exit_code=None, stop_code="TaskFailedToStart")
NO_CAPACITY = UNSTARTED.not_started_again(replace(UNSTARTED, arn=None, attempt=2, reason="RESOURCE:CPU"))
NOT_TRIED = ENDED.not_started_again(replace(ENDED, arn=None, attempt=2))
CODELESS = replace(ENDED, exit_code=None, outcome=Outcome.NO_EXIT_CODE, explanation=None, log=None)
COPIES = {
    "not asked for": RecordedCopy(1),
    "asked for": RecordedCopy(1, asked_at=1764400000.5),
    "running": RecordedCopy(1, asked_at=1.0, task_arn=ARN, cluster="batch", log=PLACE),
    "tried again": RecordedCopy(1, 2, asked_at=2.0, earlier=(ENDED,)),
    "failed": RecordedCopy(1, asked_at=1.0, task_arn=ARN, cluster="batch", log=PLACE, result=ENDED),
    "dated end": RecordedCopy(1, asked_at=1.0, task_arn=ARN, result=ENDED, stopped_at=1764400009.25),
    "further attempt": RecordedCopy(1, 2, asked_at=2.0, earlier=(ENDED,), result=FURTHER),
    "interrupted between two attempts": RecordedCopy(1, 2, earlier=(ENDED,), result=NOT_AGAIN),
    "no capacity for a further attempt": RecordedCopy(1, 2, earlier=(UNSTARTED,), result=NO_CAPACITY),
    "left with the last attempt's end": RecordedCopy(1, 2, earlier=(ENDED,), result=NOT_TRIED),
    "no exit code": RecordedCopy(1, asked_at=1.0, result=CODELESS),
}


def entry(*copies: RecordedCopy) -> Entry:
    return Entry(KEY, "load", "batch", "main", "0" * 64, copies, ("extract", KEY.job), (0, 4), 3, 5.25)


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_an_entry_is_read_as_it_was_written(copy: RecordedCopy) -> None:
    written = entry(copy, RecordedCopy(2))

    assert read_entry(json.loads(json.dumps(written.to_json()))) == written


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_an_entry_passes_the_schema_that_is_published(copy: RecordedCopy) -> None:
    document = json.loads(json.dumps(entry(copy, RecordedCopy(2)).to_json()))

    assert PUBLISHED.is_valid(document)
    assert not PUBLISHED.is_valid({**document, "copies": [{}]})


OPEN = tuple(RecordedCopy(number, asked_at=1.0) for number in range(1, 6))
FIRST = entry(*OPEN)


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_the_text_of_an_entry_is_that_of_its_json(copy: RecordedCopy) -> None:
    written = entry(copy, RecordedCopy(2))

    assert EntryText().of(written) == document_text(written.to_json())


@pytest.mark.parametrize(
    ("second", "anew"),
    [
        pytest.param(replace(FIRST, written_at=9.5), 0, id="the same copies, later"),
        pytest.param(
            replace(FIRST, jobs=("Düsseldorf",), elsewhere={"Düsseldorf": None}), 0, id="other jobs"
        ),
        pytest.param(FIRST.with_copy(RecordedCopy(3, 2, asked_at=2.0)), 1, id="a further attempt"),
        pytest.param(FIRST.with_copy(RecordedCopy(5)), 1, id="a copy that was not started"),
        pytest.param(entry(*OPEN, RecordedCopy(6)), 1, id="one more copy"),
        pytest.param(entry(*OPEN[:2]), 0, id="fewer copies"),
        pytest.param(entry(*reversed(OPEN)), 0, id="another order"),
        pytest.param(entry(*(replace(each, asked_at=3.0) for each in OPEN)), 5, id="all copies"),
    ],
)
def test_what_has_changed_since_the_last_entry_is_made_anew(second: Entry, anew: int) -> None:
    text = EntryText()
    texts = [text.of(FIRST)]

    with counted({"copy": RecordedCopy.to_json}) as made:
        texts.append(text.of(second))
    texts.append(text.of(FIRST))

    assert texts == [document_text(each.to_json()) for each in (FIRST, second, FIRST)]
    assert made["copy"] == anew


@pytest.mark.parametrize("places", [{}, {"extract": "eu-west-1"}, {"extract": None}], ids=str)
def test_an_entry_says_which_jobs_of_its_run_are_elsewhere(places: dict[str, str | None]) -> None:
    written = replace(entry(RecordedCopy(1)), elsewhere=places)
    document = json.loads(json.dumps(written.to_json()))

    assert read_entry(document) == written
    assert PUBLISHED.is_valid(document)
    assert not PUBLISHED.is_valid({**document, "elsewhere": {"extract": 1}})
    assert ("elsewhere" in document) == bool(places)
    assert written.jobs_in({KEY.region}) == ((KEY.job,) if places else ("extract", KEY.job))


def test_a_copy_has_ended_once_a_task_of_it_has_stopped_for_good() -> None:
    ended = {name for name, copy in COPIES.items() if read_entry(entry(copy).to_json()).copies[0].has_ended}

    assert ended == {"failed", "dated end", "further attempt", "no exit code"}


def test_a_run_id_belongs_to_a_request_once_a_task_was_asked_for() -> None:
    begun = {name for name, copy in COPIES.items() if entry(copy, RecordedCopy(2)).has_begun}

    assert begun == set(COPIES) - {"not asked for"}


def test_only_what_was_asked_for_and_has_no_end_is_ever_forgotten() -> None:
    long_after = 1764400000.5 + KEPT_BY_ECS_S
    forgotten = {name for name, copy in COPIES.items() if copy.is_forgotten(long_after)}

    assert forgotten == {"asked for", "running", "tried again"}
    assert not COPIES["asked for"].is_forgotten(long_after - 1)


def test_one_copy_is_replaced_by_what_is_known_of_it_now() -> None:
    changed = entry(RecordedCopy(1), RecordedCopy(2)).with_copy(RecordedCopy(2, asked_at=1.0))

    assert changed.copies == (RecordedCopy(1), RecordedCopy(2, asked_at=1.0))


def test_the_entries_of_a_run_are_read_at_the_same_time(tmp_path: Path) -> None:
    """A run may have thousands of jobs, and a bucket takes its time for each of them."""
    loop = Loop(JumpingClock(), workers=0)
    waiting: list[str] = []
    all_asked = Event()

    class Slow(FolderStore):
        async def read(self, key: str) -> Document | None:
            waiting.append(key)
            if len(waiting) == 3:
                all_asked.set()
            await loop.wait(all_asked, seconds=60)
            assert all_asked.is_set(), f"the others are not asked for beside {key}"
            return await super().read(key)

    ledger = Ledger(Slow(tmp_path, "ledger", loop), loop)
    for job in ("c", "a", "b"):
        loop.run(ledger.write(replace(entry(RecordedCopy(1)), key=replace(KEY, job=job))))

    found = loop.run(ledger.of_run(KEY.account, KEY.region, KEY.run_id))

    assert [each.entry.key.job for each in found] == ["a", "b", "c"]
