"""Results: phases from a task's own times, and exit statuses."""

from dataclasses import replace

import pytest

from ecsplan_applier.outcomes.result import (
    JobResult,
    Outcome,
    Phases,
    Summary,
    TaskResult,
    exit_status,
    phases,
)
from ecsplan_applier.outcomes.task import Times

NOTHING = Phases(None, None, None, None)


def times(**known: float) -> Times:
    names = ("created", "pull_started", "pull_stopped", "started", "stopping", "execution_stopped", "stopped")
    return Times(**{name: known.get(name) for name in names})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param({}, NOTHING, id="nothing is known"),
        pytest.param({"created": 0, "pull_started": 9}, Phases(9, None, None, None), id="being pulled"),
        pytest.param(
            {"created": 0, "pull_started": 9, "pull_stopped": 12.5, "started": 13, "execution_stopped": 20}
            | {"stopping": 21, "stopped": 33},
            Phases(9, 3.5, 7, 13),
            id="all",
        ),
        pytest.param({"created": 0, "started": 4, "stopped": 9}, Phases(4, None, 5, None), id="no pull"),
        pytest.param({"created": 0, "stopping": 6, "stopped": 8}, Phases(6, None, None, 2), id="never ran"),
        pytest.param({"created": 5, "started": 3}, Phases(0, None, None, None), id="clocks that disagree"),
    ],
)
def test_phases(known: dict[str, float], expected: Phases) -> None:
    assert phases(times(**known)) == expected


def result(outcome: Outcome, exit_code: int | None = None) -> TaskResult:
    return TaskResult(
        job="hello",
        copy=1,
        label="hello",
        outcome=outcome,
        arn=None,
        cluster="",
        status=None,
        exit_code=exit_code,
        stop_code=None,
        reason=None,
        explanation=None,
        phases=NOTHING,
        over=True,
        attached=False,
    )


@pytest.mark.parametrize(
    ("outcome", "exit_code", "status"),
    [
        pytest.param(Outcome.SUCCEEDED, 0, 0, id="0"),
        pytest.param(Outcome.FAILED, 1, 1, id="1"),
        pytest.param(Outcome.FAILED, 255, 255, id="the last that fits"),
        pytest.param(Outcome.FAILED, 256, 1, id="the first that does not"),
        pytest.param(Outcome.FAILED, -1, 1, id="below 0"),
        pytest.param(Outcome.FAILED, 0, 1, id="0 that is no success"),
        pytest.param(Outcome.SUCCEEDED, 3, 0, id="another code that is one"),
        pytest.param(Outcome.SKIPPED, None, 1, id="skipped"),
        pytest.param(Outcome.INTERRUPTED_BY_AWS, 0, 125, id="interrupted by AWS"),
        pytest.param(Outcome.STALE, None, 122, id="stale"),
        pytest.param(Outcome.OTHER_REQUEST, None, 122, id="run id taken"),
        pytest.param(Outcome.OTHER_RUN, None, 121, id="another run under way"),
        pytest.param(Outcome.TIMEOUT, 143, 124, id="timeout"),
        pytest.param(Outcome.START_TIMEOUT, None, 124, id="start timeout"),
        pytest.param(Outcome.NO_EXIT_CODE, None, 125, id="no exit code"),
        pytest.param(Outcome.REFUSED, None, 125, id="refused"),
        pytest.param(Outcome.LOST, None, 125, id="lost"),
        pytest.param(Outcome.NOT_STARTED, None, 126, id="not started"),
        pytest.param(Outcome.DETACHED, None, 0, id="detached"),
    ],
)
def test_one_task(outcome: Outcome, exit_code: int | None, status: int) -> None:
    assert exit_status([result(outcome, exit_code)], None) == status


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        pytest.param([Outcome.SUCCEEDED, Outcome.SUCCEEDED], 0, id="all well"),
        pytest.param([Outcome.SUCCEEDED, Outcome.FAILED], 1, id="one failed"),
        pytest.param([Outcome.TIMEOUT, Outcome.NOT_STARTED], 1, id="one late, one not started"),
        pytest.param([Outcome.SUCCEEDED, Outcome.OTHER_REQUEST], 122, id="the run id of another request"),
        pytest.param([Outcome.DETACHED, Outcome.DETACHED], 0, id="detached"),
    ],
)
def test_several_tasks(outcomes: list[Outcome], status: int) -> None:
    assert exit_status([result(each, 7) for each in outcomes], None) == status


@pytest.mark.parametrize(("signal", "status"), [(2, 130), (15, 143)])
def test_a_signal_wins(signal: int, status: int) -> None:
    assert exit_status([result(Outcome.SUCCEEDED, 0)], signal) == status


@pytest.mark.parametrize(
    ("outcome", "signal", "status"),
    [
        pytest.param(Outcome.SUCCEEDED, None, 125, id="a success"),
        pytest.param(Outcome.FAILED, None, 125, id="a failure"),
        pytest.param(Outcome.INTERRUPTED, 2, 130, id="after a signal"),
    ],
)
def test_an_end_that_is_not_recorded(outcome: Outcome, signal: int | None, status: int) -> None:
    of = Summary("r", (JobResult("job", "reuse", None, False, (result(outcome, 3),)),), signal, False, 1.0)

    lacking = replace(of, unrecorded=("job",))

    assert lacking.exit_status == lacking.to_json()["exit_status"] == status
    assert lacking.to_json()["unrecorded"] == ["job"]
    assert "unrecorded" not in of.to_json()
