"""Two views of a job made into one: whatever either has recorded, neither an end nor an open copy is lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_applier.ledger.entry import Entry, EntryKey, RecordedCopy
from ecsplan_applier.ledger.merge import merged
from ecsplan_applier.outcomes.result import LogPlace, Outcome, Phases, TaskResult

KEY = EntryKey("111122223333", "us-east-1", "nightly", "load")
LOG = LogPlace("/jobs", "load/main/1", "us-east-1")


def task(
    outcome: Outcome, arn: str | None, attempt: int = 1, earlier: tuple[TaskResult, ...] = ()
) -> TaskResult:
    return TaskResult(
        job="load",
        copy=1,
        label="load",
        outcome=outcome,
        arn=arn,
        cluster="batch",
        status=None if arn is None else "STOPPED",
        exit_code=None,
        stop_code=None,
        reason=None,
        explanation=None,
        phases=Phases(None, None, None, None),
        over=True,
        attached=False,
        attempt=attempt,
        earlier=earlier,
    )


FIRST = task(Outcome.FAILED, "arn:1")
UNASKED = RecordedCopy(1)
ASKED = RecordedCopy(1, asked_at=10.0)
ASKED_LATER = RecordedCopy(1, asked_at=20.0)
RUNNING = RecordedCopy(1, asked_at=20.0, task_arn="arn:1", cluster="batch", log=LOG)
REFUSED = RecordedCopy(1, result=task(Outcome.REFUSED, None))
SKIPPED = RecordedCopy(1, result=task(Outcome.SKIPPED, None))
FAILED = replace(RUNNING, result=FIRST)
DONE = replace(RUNNING, result=task(Outcome.SUCCEEDED, "arn:1"))
DUE = RecordedCopy(1, 2, earlier=(FIRST,))
AGAIN = RecordedCopy(1, 2, asked_at=30.0, earlier=(FIRST,))
AGAIN_UNSEEN = RecordedCopy(1, 2, asked_at=40.0)
AGAIN_DONE = replace(AGAIN, result=task(Outcome.SUCCEEDED, "arn:2", 2, (FIRST,)))
ALL = [
    UNASKED, ASKED, ASKED_LATER, RUNNING, REFUSED, SKIPPED, FAILED, DONE, DUE, AGAIN, AGAIN_UNSEEN, AGAIN_DONE
]  # fmt: skip


def entry(*copies: RecordedCopy, jobs: tuple[str, ...] = ("load",)) -> Entry:
    return Entry(KEY, "load", "batch", "main", "0" * 64, copies, jobs, written_at=1.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(ASKED, UNASKED, ASKED, id="only we have asked"),
        pytest.param(UNASKED, ASKED, ASKED, id="only they have asked"),
        pytest.param(ASKED_LATER, ASKED, ASKED, id="the first time counts, theirs"),
        pytest.param(ASKED, ASKED_LATER, ASKED, id="the first time counts, ours"),
        pytest.param(ASKED, RUNNING, replace(RUNNING, asked_at=10.0), id="they know the task"),
        pytest.param(RUNNING, ASKED, replace(RUNNING, asked_at=10.0), id="we know the task"),
        pytest.param(REFUSED, ASKED, ASKED, id="we were refused where they have asked"),
        pytest.param(ASKED, REFUSED, ASKED, id="they were refused where we have asked"),
        pytest.param(SKIPPED, RUNNING, RUNNING, id="we have skipped what they run"),
        pytest.param(SKIPPED, REFUSED, SKIPPED, id="neither has asked"),
        pytest.param(UNASKED, SKIPPED, SKIPPED, id="only they know why not"),
        pytest.param(RUNNING, FAILED, FAILED, id="they have seen the end"),
        pytest.param(FAILED, RUNNING, FAILED, id="we have seen the end"),
        pytest.param(FAILED, DONE, DONE, id="the end that is recorded stays"),
        pytest.param(AGAIN, FAILED, FAILED, id="also where we went on"),
        pytest.param(RUNNING, AGAIN, AGAIN, id="they are further"),
        pytest.param(AGAIN, RUNNING, AGAIN, id="we are further"),
        pytest.param(DUE, RUNNING, DUE, id="we know that another attempt is due"),
        pytest.param(DUE, AGAIN, AGAIN, id="they have asked for the one that is due"),
        pytest.param(AGAIN_UNSEEN, AGAIN, AGAIN, id="they have seen what came before"),
        pytest.param(DUE, AGAIN_DONE, AGAIN_DONE, id="they have seen the end of that one"),
    ],
)
def test_a_copy(ours: RecordedCopy, theirs: RecordedCopy, expected: RecordedCopy) -> None:
    assert merged(entry(ours), entry(theirs)).copies == (expected,)


@given(st.sampled_from(ALL), st.sampled_from(ALL))
def test_neither_an_end_nor_an_open_copy_is_lost(ours: RecordedCopy, theirs: RecordedCopy) -> None:
    (found,) = merged(entry(ours), entry(theirs)).copies

    if theirs.has_ended:
        assert found == theirs
    elif ours.has_ended:
        assert found == ours
    else:
        assert found.attempt == max(ours.attempt, theirs.attempt)
        assert found.is_open or not any(
            each.is_open for each in (ours, theirs) if each.attempt == found.attempt
        )
    assert merged(entry(found), entry(theirs)).copies == (found,)
    assert merged(entry(ours), entry(found)).copies == (found,)


def test_copies_and_names_of_jobs_that_only_one_knows_are_kept() -> None:
    other = RecordedCopy(2, asked_at=5.0)

    found = merged(entry(ASKED, jobs=("load", "etl")), entry(UNASKED, other, jobs=("extract", "load")))

    assert found == entry(ASKED, other, jobs=("extract", "load", "etl"))


def test_jobs_elsewhere_that_only_one_knows_are_kept() -> None:
    ours, theirs = replace(entry(ASKED), elsewhere={"etl": None}), replace(entry(ASKED), elsewhere={"x": "r"})

    assert merged(ours, theirs).elsewhere == {"etl": None, "x": "r"}
