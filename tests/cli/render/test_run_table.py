"""The table of runs and the lines about one, at every width and of every state."""

from dataclasses import replace
from typing import Any

import pytest
from run_world import Region, task, task_arn, unstarted

from ecsplan_applier.runs.found import FoundRun
from ecsplan_applier.runs.listing import list_runs
from ecsplan_cli.render.apply.style import Style
from ecsplan_cli.render.columns import columns_of
from ecsplan_cli.render.runs.status_lines import Showing, status_lines
from ecsplan_cli.render.runs.table import table_lines


def listed(*tasks: dict[str, Any]) -> list[FoundRun]:
    world = Region({"batch": tasks})
    session = world.session()
    return session.run(list_runs(session))


LONG = "github-actions/organisation/repository/1234567890/attempt-12"
RUNS = listed(
    *(task(n, run_id="750304645aee05a7", family=f"nightly-load-of-partition-{n}", code=0) for n in range(9)),
    task(20, run_id=LONG, family="etl", code=1),
    task(21, run_id="7", family="ünïcødé", code=0),
)


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_the_table_fits_the_terminal(columns: int) -> None:
    lines = list(table_lines(RUNS, columns=columns))

    assert max(map(columns_of, lines)) <= columns
    assert LONG in lines
    assert any("750304645aee05a7" in line for line in lines)


def test_off_a_terminal_each_run_is_a_whole_line() -> None:
    lines = list(table_lines(RUNS, columns=None))

    assert len(lines) == 1 + len(RUNS)
    assert all(f"nightly-load-of-partition-{n}" in "".join(lines) for n in range(9))


SINCE = "began 2027-01-15 07:45:00 UTC, has run for 15 min 0 s"
CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/batch"


def lines_of(*tasks: dict[str, Any], **style: bool) -> list[str]:
    (run,) = listed(*tasks)
    return list(status_lines(run, Showing(Style(**style), links=False)))


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param(
            [task(1, code=0)],
            [
                "run nightly: succeeded, began 2027-01-15 07:45:00 UTC, ran for 20 s",
                "ok etl  exit 0  15 s  00000000",
            ],
            id="succeeded",
        ),
        pytest.param(
            [task(1, code=0, family="a"), task(2, family="b"), task(3, family="c", lastStatus="PENDING")],
            [
                f"run nightly: running (1 succeeded, 1 running, 1 pending), {SINCE}",
                "ok a  exit 0          15 s  00000000",
                ".. b  RUNNING  14 min 55 s  00000000",
                ".. c  PENDING  14 min 55 s  00000000",
                "",
                "not stopped:",
                *(
                    f"  {CLUSTER}::{task_arn(n)}"
                    for n in (2, 3)
                ),
            ],
            id="running",
        ),
        pytest.param(
            [task(1, code=0), task(2), task(3)],
            [
                f"run nightly: running (1 succeeded, 2 running), {SINCE}",
                ".. etl  1 succeeded, 2 running  14 min 55 s",
                "  etl/2: RUNNING, 14 min 55 s, 00000000",
                "  etl/3: RUNNING, 14 min 55 s, 00000000",
            ],
            id="copies",
        ),
        pytest.param(
            [task(1, desiredStatus="STOPPED", lastStatus="DEACTIVATING", stoppedReason="Stopped by user")],
            [
                f"run nightly: running, {SINCE}",
                ".. etl  DEACTIVATING  14 min 55 s  00000000",
                "  Stopped by user",
            ],
            id="being stopped",
        ),
    ],
)  # fmt: skip
def test_the_lines_about_a_run(tasks: list[dict[str, Any]], expected: list[str]) -> None:
    assert lines_of(*tasks)[: len(expected)] == expected


def test_a_terminal_has_symbols_and_colours() -> None:
    lines = lines_of(task(1, code=0, family="a"), task(2, family="b"), colour=True, symbols=True)

    assert [line[:7] for line in lines[1:3]] == ["\x1b[32m✓\x1b", "\x1b[36m•\x1b"]


def test_many_copies_under_way_are_counted() -> None:
    lines = lines_of(*(task(n) for n in range(50)))

    assert "  and 30 more tasks under way" in lines
    assert lines[-1] == "  and 30 more tasks; --format json names all"


def test_a_run_between_two_attempts_has_not_ended() -> None:
    first, *lines = lines_of(unstarted(1, created=980.0, stopped=999.0))

    assert first == "run nightly: pending, began 2027-01-15 07:59:40 UTC, has run for 20 s"
    assert "a further attempt may be due: etl" in lines


def test_a_run_without_times_has_none() -> None:
    (run,) = listed(task(1, code=0))
    bare = replace(run, began_at=None, ended_at=None)

    assert next(status_lines(bare, Showing(Style()))) == "run nightly: succeeded"
    assert list(table_lines([bare], columns=None))[1].split() == [
        "nightly",
        "succeeded",
        "1",
        "-",
        "-",
        "etl",
    ]
