"""A run between two attempts of a copy: it has not ended as long as a further one may be due."""

from pathlib import Path
from typing import Any

import pytest
from run_world import Region, entry, open_copy, recorded, task, task_arn, unstarted, write_entries

from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.result import Outcome

NOW = 1000.0
"""When sessions look back, as the times of tasks count."""
FAILED = recorded(Outcome.FAILED)


@pytest.mark.parametrize(
    ("copy", "attempts", "tasks", "state"),
    [
        pytest.param(open_copy(asked=980), 2, [task(1, code=5, created=985, stopped=999)], "pending",
                     id="a failure that may be tried again"),
        pytest.param(open_copy(asked=980), 1, [task(1, code=5, created=985, stopped=999)], "failed",
                     id="a failure that is not tried again"),
        pytest.param(open_copy(asked=100), 2, [task(1, code=5, created=105, stopped=NOW - 61)], "failed",
                     id="an apply that has started none in time"),
        pytest.param(open_copy(asked=100), 9, [task(1, code=5, created=105, stopped=NOW - 61)], "pending",
                     id="the pauses of many attempts are longer"),
        pytest.param(open_copy(task_arn=task_arn(1), result=FAILED), 2,
                     [task(1, code=5, created=985, stopped=999)], "failed", id="a recorded end"),
        pytest.param(open_copy(asked=980), 2, [task(1, code=0, created=985, stopped=999)], "succeeded",
                     id="a success"),
        pytest.param(open_copy(1, 2, asked=990, earlier=(FAILED,)), 2,
                     [task(1, code=5), task(2, code=5, created=991, stopped=999)], "failed",
                     id="no attempt is left"),
        pytest.param(open_copy(asked=980), 2,
                     [task(1, code=143, created=985, stopped=999, stopCode="UserInitiated")], "failed",
                     id="a task that somebody stopped"),
    ],
)  # fmt: skip
def test_a_further_attempt_is_due_for_a_while(
    copy: RecordedCopy, attempts: int, tasks: list[dict[str, Any]], state: str, tmp_path: Path
) -> None:
    ledger = write_entries(tmp_path, entry(copy, attempts=attempts))

    run = Region({"batch": tasks}).find(ledger=ledger)

    assert run.state == state
    assert (run.exit_status is None) == (state == "pending")
    assert run.due == (("etl",) if state == "pending" else ())


@pytest.mark.parametrize(
    ("tasks", "state"),
    [
        pytest.param([unstarted(1, created=980, stopped=999)], "pending", id="a start that failed"),
        pytest.param([task(1, code=5, created=980, stopped=999)], "failed", id="another failure"),
        pytest.param([unstarted(1, created=880, stopped=900)], "failed", id="a start that failed long ago"),
    ],
)
def test_without_an_entry_it_is_what_is_tried_again_by_default(
    tasks: list[dict[str, Any]], state: str
) -> None:
    assert Region({"batch": tasks}).find().state == state


def test_a_run_began_with_its_first_attempt(tmp_path: Path) -> None:
    first = open_copy(asked=99.0).asked_at
    copy = open_copy(
        1, 2, asked=140.0, first_asked_at=first, earlier=(FAILED,), result=recorded(number=2, attempt=2)
    )
    ledger = write_entries(tmp_path, entry(copy, attempts=2, jobs=("etl",)))

    run = Region({"batch": []}).find(ledger=ledger)

    assert (run.state, run.began_at) == ("succeeded", first)
