"""Tasks as ECS describes them: what is of another type than the service model says counts as not said."""

from datetime import UTC, datetime

import pytest

from ecsplan_applier.outcomes.task import Task, read_task

ARN = "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef"


def read(**members: object) -> Task:
    task = read_task({"taskArn": ARN, **members})
    assert task is not None
    return task


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"exitCode": 0}, 0, id="success"),
        pytest.param({"exitCode": 137}, 137, id="killed"),
        pytest.param({}, None, id="nothing"),
        pytest.param({"exitCode": None}, None, id="null"),
        pytest.param({"exitCode": "3"}, None, id="text"),
        pytest.param({"exitCode": 3.0}, None, id="fraction"),
        pytest.param({"exitCode": True}, None, id="flag"),
    ],
)
def test_an_exit_code_is_a_whole_number(said: dict[str, object], expected: int | None) -> None:
    task = read(lastStatus="STOPPED", containers=[{"name": "main", **said}])

    main = task.container("main")

    assert main is not None
    assert (main.exit_code, task.has_run) == (expected, expected is not None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), 1_767_225_600.0, id="read by the SDK"),
        pytest.param(1_767_225_600, 1_767_225_600.0, id="seconds"),
        pytest.param("2026-01-01", None, id="text"),
        pytest.param(True, None, id="flag"),
        pytest.param(None, None, id="null"),
    ],
)
def test_a_time_is_seconds(said: object, expected: float | None) -> None:
    assert read(startedAt=said).times.started == expected


@pytest.mark.parametrize(
    "raw",
    [None, [], "task", {}, {"taskArn": ""}, {"taskArn": 7}],
    ids=["null", "list", "text", "empty", "an empty ARN", "a number for an ARN"],
)
def test_what_has_no_arn_is_no_task(raw: object) -> None:
    assert read_task(raw) is None
