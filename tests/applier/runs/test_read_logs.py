"""The logs of a run, read without its plan: which lines, in which order, and what is said of others."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import LOGGING, Stage
from found_logs import shown

from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.runs.read_logs import Since

Begin = Callable[..., Stage]

ROLE = "execution_role_arn: arn:aws:iam::000000000000:role/execution\n"
DELETE_GROUP = Operation("logs", "DeleteLogGroup", "delete_log_group")


def prints(*lines: str, at: float = 2, code: int = 0, stamp: object = None) -> list[dict[str, Any]]:
    """Return the timeline of a task that prints lines, at a time or at one each, and ends."""
    return [
        {"at": 1, "status": "RUNNING"},
        {"at": at, "log": list(lines), **({} if stamp is None else {"timestamp": stamp})},
        {"at": at + 1, "status": "STOPPED", "exitCode": code},
    ]


def two_jobs() -> str:
    defaults = f"  image: alpine\n  configure_cloudwatch_logs: true\n  {ROLE}"
    return f"defaults:\n{defaults}jobs:\n  a: {{}}\n  b: {{}}\n"


def test_the_log_of_one_task_is_unchanged(stage: Begin) -> None:
    lines = ["one", "", " two\t", "größer\u2028日本", "three\nfour"]
    world = stage({"tasks": [{"timeline": prints(*lines, code=3)}]})
    world.apply(world.compile(LOGGING), run_id="r")

    found = shown(world, "r")

    assert (found.lines, found.said, found.error) == (lines, [], None)


def test_jobs_are_interleaved_by_time(stage: Begin) -> None:
    world = stage(
        {
            "tasks": [
                {"family": "a", "timeline": prints("1", "3", "5", "5+", stamp=[2, 2.2, 2.4, 2.4])},
                {"family": "b", "timeline": prints("2", "4", "6", "6", stamp=[2.1, 2.3, 2.5, 2.5])},
            ]
        }
    )
    world.apply(world.compile(two_jobs()), run_id="r")

    expected = ["a | 1", "b | 2", "a | 3", "b | 4", "a | 5", "a | 5+", "b | 6", "b | 6"]
    assert shown(world, "r").lines == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({}, ["1", "2", "3", "4", "5"], id="all"),
        pytest.param({"tail": 2}, ["4", "5"], id="the last two"),
        pytest.param({"tail": 0}, [], id="none"),
        pytest.param({"tail": 99}, ["1", "2", "3", "4", "5"], id="more than there are"),
        pytest.param({"since": Since(ago_s=100.0)}, ["4", "5"], id="since some time ago"),
        pytest.param({"since": Since(ago_s=1e9)}, ["1", "2", "3", "4", "5"], id="since long ago"),
        pytest.param({"since": Since(ago_s=1.0)}, [], id="since a moment ago"),
        pytest.param({"since": Since(ago_s=100.0), "tail": 1}, ["5"], id="both, the tail is shorter"),
        pytest.param({"since": Since(ago_s=100.0), "tail": 4}, ["4", "5"], id="both, the time is later"),
    ],
)
def test_which_lines(stage: Begin, request_: dict[str, Any], expected: list[str]) -> None:
    timeline = [
        {"at": 1, "status": "RUNNING"},
        {"at": 2, "log": ["1", "2", "3"]},
        {"at": 500, "log": ["4", "5"]},
        {"at": 510, "status": "STOPPED", "exitCode": 0},
    ]
    world = stage({"tasks": [{"timeline": timeline}]})
    world.apply(world.compile(LOGGING), run_id="r")

    assert shown(world, "r", **request_).lines == expected
