"""What the ledger and ECS have of a run, put together: jobs, copies, attempts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from run_world import (
    RUN,
    Region,
    Row,
    entry,
    open_copy,
    recorded,
    rows,
    task,
    task_arn,
    unstarted,
    write_entries,
)

from ecsplan_applier.ledger.entry import Entry, RecordedCopy
from ecsplan_applier.outcomes.result import Outcome


def array(number: int, count: int, attempt: int = 1) -> dict[str, str]:
    return {
        "ECSPLAN_INDEX": str(number - 1),
        "ECSPLAN_COUNT": str(count),
        "ECSPLAN_ATTEMPT": str(attempt),
    }


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param([task(1, code=0)], [("etl", "succeeded", ("1",))], id="one that succeeded"),
        pytest.param([task(1, code=7)], [("etl", "failed", ("1",))], id="one that failed"),
        pytest.param([task(1)], [("etl", "running", ("1",))], id="one that runs"),
        pytest.param(
            [task(1, lastStatus="PENDING")], [("etl", "pending", ("1",))], id="one that is to run"
        ),
        pytest.param(
            [task(1, lastStatus="DEACTIVATING", desiredStatus="STOPPED")],
            [("etl", "running", ("1",))],
            id="one that is being stopped, which ECS lists as stopped",
        ),
        pytest.param(
            [task(1, run_id="other", code=1), task(2, run_id=None), task(3, code=0)],
            [("etl", "succeeded", ("3",))],
            id="beside tasks of others",
        ),
        pytest.param(
            [task(1, run_id=f"{RUN}/2"), task(2, code=0)],
            [("etl", "succeeded", ("2",))],
            id="beside a run whose id begins alike",
        ),
        pytest.param(
            [task(1, code=0), task(2, family="load", code=1)],
            [("etl", "succeeded", ("1",)), ("load", "failed", ("2",))],
            id="a job for each family",
        ),
        pytest.param(
            [task(1, code=0), task(2, code=1)],
            [("etl/1", "succeeded", ("1",)), ("etl/2", "failed", ("2",))],
            id="copies",
        ),
        pytest.param(
            [task(1, code=3, created=100), task(2, code=0, created=200)],
            [("etl/1", "failed", ("1",)), ("etl/2", "succeeded", ("2",))],
            id="one after the other: nothing shows that it is tried again",
        ),
        pytest.param(
            [unstarted(1), task(2, code=0, created=112)],
            [("etl", "succeeded", ("1", "2"))],
            id="a start that is tried again by default",
        ),
        pytest.param(
            [unstarted(1), task(2, code=0, created=105)],
            [("etl/1", "not started", ("1",)), ("etl/2", "succeeded", ("2",))],
            id="two at the same time, one of which did not start",
        ),
        pytest.param(
            [unstarted(1), unstarted(2, created=112, stopped=120), unstarted(3, created=130, stopped=140),
             task(4, code=0, created=150)],
            [("etl/1", "not started", ("1", "2", "3")), ("etl/2", "succeeded", ("4",))],
            id="no more attempts than there are by default",
        ),
        pytest.param(
            [task(n, code=n % 2, variables=array(n, 4)) for n in (3, 1, 2)],
            [("etl/1", "failed", ("1",)), ("etl/2", "succeeded", ("2",)), ("etl/3", "failed", ("3",))],
            id="an array, of which one copy is not shown",
        ),
        pytest.param(
            [task(1, code=5, variables=array(2, 3)), task(2, code=0, created=300, variables=array(2, 3, 2))],
            [("etl/2", "succeeded", ("1", "2"))],
            id="attempts of a copy of an array",
        ),
    ],
)  # fmt: skip
def test_tasks_without_an_entry_are_told_apart(tasks: list[dict[str, Any]], expected: list[Row]) -> None:
    assert rows(Region({"batch": tasks}).find()) == expected


OPEN = open_copy()
ENDED = open_copy(task_arn=task_arn(1), result=recorded())
THREE = tuple(map(open_copy, (1, 2, 3)))
AGAIN = open_copy(1, 2, asked=140.0, earlier=(recorded(Outcome.FAILED),))
SKIPPED = recorded(Outcome.SKIPPED, arn=None, status=None, exit_code=None)


@pytest.mark.parametrize(
    ("entries", "tasks", "expected"),
    [
        pytest.param([entry(ENDED)], [], [("etl", "succeeded", ("1",))], id="ended, and forgotten by ECS"),
        pytest.param(
            [entry(ENDED)], [task(1, code=9)], [("etl", "succeeded", ("1",))], id="a recorded end stays"
        ),
        pytest.param(
            [entry(OPEN, succeed_on=(0, 9))], [task(1, code=9)], [("etl", "succeeded", ("1",))],
            id="what counts as success is recorded",
        ),
        pytest.param([entry(OPEN)], [task(1)], [("etl", "running", ("1",))], id="open, and running"),
        pytest.param(
            [entry(replace(OPEN, task_arn=task_arn(1)))], [task(1, code=3)], [("etl", "failed", ("1",))],
            id="what ECS shows is newer than an open entry",
        ),
        pytest.param([entry(OPEN)], [], [("etl", "pending", ())], id="asked for a moment ago"),
        pytest.param(
            [entry(OPEN, job="load")], [task(1, code=0)], [("load", "succeeded", ("1",))],
            id="the family of a job that has another name",
        ),
        pytest.param(
            [entry(OPEN, cluster="other")], [task(1, code=0)],
            [("etl", "pending", ()), ("etl", "succeeded", ("1",))],
            id="the same family in another cluster",
        ),
        pytest.param(
            [entry(OPEN, job="a"), entry(replace(OPEN, task_arn=task_arn(1)), job="b")],
            [task(1, code=1), task(2, code=0)],
            [("a", "succeeded", ("2",)), ("b", "failed", ("1",))],
            id="of two jobs of a family, the one that has no task yet",
        ),
        pytest.param(
            [entry(*THREE[:2], job="a"), entry(*THREE, job="b")],
            [task(n, code=0, variables=array(n, 3)) for n in (1, 2, 3)],
            [("a/1", "pending", ()), ("a/2", "pending", ()),
             *((f"b/{n}", "succeeded", (str(n),)) for n in (1, 2, 3))],
            id="of two jobs of a family, the array of so many copies",
        ),
        pytest.param(
            [entry(OPEN, replace(OPEN, copy=2))], [task(1, code=0), task(2, code=1)],
            [("etl/1", "succeeded", ("1",)), ("etl/2", "failed", ("2",))],
            id="copies",
        ),
        pytest.param(
            [entry(OPEN, attempts=3)], [task(1, code=3), task(2, created=150)],
            [("etl", "running", ("1", "2"))],
            id="a further attempt that is not recorded yet",
        ),
        pytest.param(
            [entry(AGAIN)],
            [task(1, code=3), task(2, code=0, created=150)],
            [("etl", "succeeded", ("1", "2"))],
            id="an attempt that was reached",
        ),
        pytest.param(
            [entry(AGAIN)], [task(1, code=3)],
            [("etl", "pending", ("1",))],
            id="a further attempt that has no task yet",
        ),
        pytest.param(
            [entry(ENDED), entry(OPEN, job="load", family="load")],
            [task(1, code=0), task(2, code=0, created=150)],
            [("etl", "succeeded", ("1",)), ("etl/2", "succeeded", ("2",)), ("load", "pending", ())],
            id="a task more than was ever recorded",
        ),
        pytest.param(
            [entry(RecordedCopy(1, result=SKIPPED))], [],
            [("etl", "skipped", ())],
            id="skipped",
        ),
        pytest.param(
            [entry(OPEN, RecordedCopy(2))], [task(1)],
            [("etl/1", "running", ("1",)), ("etl/2", "pending", ())],
            id="a copy that waits for its turn",
        ),
    ],
)  # fmt: skip
def test_the_ledger_and_ecs_are_read_together(
    entries: list[Entry], tasks: list[dict[str, Any]], expected: list[Row], tmp_path: Path
) -> None:
    ledger = write_entries(tmp_path / "ledger", *entries)

    found = Region({"batch": [*tasks, task(90, run_id="other")]}).find(ledger=ledger)

    assert rows(found) == expected
