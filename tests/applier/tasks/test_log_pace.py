"""How fast logs are read: at most half of what the account may in the region, or as the user says."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import LOGGING, Command, Stage

from ecsplan_applier.aws.rate_limits import Limits, log_reads, log_reads_in

RUNNING = {"at": 1, "status": "RUNNING"}
TALKING = [
    RUNNING,
    *({"at": 2 + second, "log": f"{second}"} for second in range(40)),
    {"at": 42, "status": "STOPPED", "exitCode": 0},
]
QUOTAS = {"us-west-2": 10, "eu-west-1": 10, "eu-central-1": 10, "us-east-1": 25, "eu-west-3": 30}
"""GetLogEvents calls a second (CloudWatch Logs endpoints and quotas)."""


@pytest.mark.parametrize("region", QUOTAS)
def test_half_of_the_quota_at_most(region: str) -> None:
    assert log_reads_in(region).per_s <= QUOTAS[region] / 2
    assert Limits().rate("log_reads", region) == log_reads_in(region)


def test_a_region_that_is_not_named_has_the_usual_quota() -> None:
    assert log_reads_in("ap-nowhere-9") == log_reads_in("us-east-1")


def most_in_a_second(times: list[float]) -> int:
    """Return the most calls within any second."""
    return max(sum(start <= each < start + 1 for each in times) for start in times)


@pytest.mark.parametrize(
    ("region", "limits", "most"),
    [
        pytest.param("us-east-1", Limits(), 12.5, id="25 calls a second"),
        pytest.param("eu-west-1", Limits(), 5, id="10 calls a second"),
        pytest.param("us-east-1", Limits(log_reads=log_reads(2)), 2, id="as the user says"),
    ],
)
def test_many_logs_leave_the_others_their_share(
    stage: Callable[..., Stage], region: str, limits: Limits, most: float
) -> None:
    world = stage({"tasks": [{"timeline": TALKING}]})
    options = f"cloudwatch_logs_options: {{awslogs-region: {region}}}\n"

    played = world.apply(world.compile(LOGGING + options + "count: 30\n"), limits=limits)

    times = [each.time for each in world.endpoint.calls("GetLogEvents")]
    assert most_in_a_second(times) <= most + 1
    assert len(played.lines) == 30 * 40
    assert played.warned == []


@pytest.mark.parametrize("copies", [1, 3])
def test_a_very_low_pace_loses_no_line(stage: Callable[..., Stage], copies: int) -> None:
    steps = [RUNNING, *TALKING[1:6], {"at": 7, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"timeline": steps}]})

    played = world.apply(
        world.compile(LOGGING + f"count: {copies}\n"), limits=Limits(log_reads=log_reads(0.1))
    )

    assert len(played.lines) == 5 * copies
    assert played.warned == []


@pytest.mark.parametrize(
    ("value", "status"),
    [
        pytest.param("3", 0, id="a number"),
        pytest.param("0.5", 0, id="a fraction"),
        pytest.param("0", 2, id="nothing"),
        pytest.param("-1", 2, id="below nothing"),
        pytest.param("fast", 2, id="no number"),
    ],
)
def test_the_setting(command: Callable[..., Command], value: str, status: int) -> None:
    here: Any = command({"tasks": [{"timeline": [{"at": 0.1, "status": "STOPPED", "exitCode": 0}]}]})
    here.compile("image: alpine\n")

    done = here.run("apply", "plan.json", env={"ECSPLAN_LOG_READS_PER_SECOND": value})

    assert done.status == status, done.err
    assert (status == 0) != ("ECSPLAN_LOG_READS_PER_SECOND must be a number above 0" in done.err)
