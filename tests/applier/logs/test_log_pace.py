"""How fast logs are read: at most half of what the account may in the region, or as the user says."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import LOGGING, Command, Stage
from log_timelines import RUNNING, ended

from ecsplan_applier.aws.rate_limits import Limits, log_reads, log_reads_in
from ecsplan_applier.logs.reader import SETTLES_S
from ecsplan_applier.outcomes.events import LogLines

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


NINE = [RUNNING, {"at": 1.1, "log": "at work"}, ended(9)]
SHORT_OF_CALLS = 2.5
"""Calls a second at which twenty streams take eight seconds to be read once."""
ROUNDING_S = 1e-3


def seconds_of(world: Stage, operation: str) -> list[float]:
    """Return when an operation was called, in seconds since the first task was asked for."""
    began = world.endpoint.calls("RunTask")[0].time
    return [each.time - began for each in world.endpoint.calls(operation)]


def reads_of(world: Stage) -> dict[str, list[float]]:
    """Return when each stream was read, in seconds since the first task was asked for."""
    reads: dict[str, list[float]] = {}
    calls = world.endpoint.calls("GetLogEvents")
    for each, at in zip(calls, seconds_of(world, "GetLogEvents"), strict=True):
        reads.setdefault(each.parameters["logStreamName"], []).append(at)
    return reads


@pytest.mark.parametrize(
    ("steps", "at_the_end"),
    [
        pytest.param(NINE, 2, id="quiet at the end: two reads that find nothing"),
        pytest.param([*NINE[:2], {"at": 8.95, "log": "done"}, NINE[2]], 3, id="a last line, and two reads"),
    ],
)
@pytest.mark.parametrize(("copies", "while_it_runs"), [(1, 4), (3, 4), (20, 5), (60, 3)])
def test_how_often_a_job_of_nine_seconds_is_read(
    stage: Callable[..., Stage],
    copies: int,
    while_it_runs: int,
    steps: list[dict[str, Any]],
    at_the_end: int,
) -> None:
    world = stage({"tasks": [{"timeline": steps}]})

    played = world.apply(world.compile(LOGGING + f"count: {copies}\n"))

    # The tasks stop together, and the last poll has seen it.
    seen, reads = seconds_of(world, "DescribeTasks")[-1], reads_of(world)
    assert len(reads) == copies
    for times in reads.values():
        after = [each for each in times if each >= seen]
        # A read just before the poll may have found the last line.
        assert len(after) in {2, at_the_end}
        assert len(times) - len(after) <= while_it_runs
        assert after[-1] - seen >= SETTLES_S - ROUNDING_S
    # The calls of all of them come as fast as they may, and nothing else is waited for.
    last = max(each for times in reads.values() for each in times)
    assert last - seen <= max(SETTLES_S + 0.3, copies * at_the_end / 9.8)
    assert len(played.lines) == copies * (at_the_end - 1)


def test_logs_of_tasks_that_are_over_go_first(stage: Callable[..., Stage]) -> None:
    talking = [RUNNING, *({"at": 2 + n / 2, "log": f"{n}"} for n in range(80)), ended(45)]
    brief = [RUNNING, {"at": 2, "log": "brief"}, ended(9)]
    world = stage({"tasks": [{"copy": 20, "timeline": brief}, {"timeline": talking}]})
    limits = Limits(log_reads=log_reads(SHORT_OF_CALLS))

    played = world.apply(world.compile(LOGGING + "count: 20\n"), limits=limits)

    times = next(each for each in reads_of(world).values() if max(each) < 30)
    assert sum(each > 9 for each in times) in {2, 3}
    # Noticed within a second, then a read as soon as there is a call, and another two seconds later.
    assert max(times) <= 9 + 1 + 2 + 2 / SHORT_OF_CALLS
    assert Counter(played.lines)["brief"] == 1


def lags(world: Stage, limits: Limits, copies: int) -> dict[str, float]:
    """Return the longest time that a line of each copy took; a line says when it is written."""
    found: dict[str, float] = {}
    for event in world.events(world.compile(LOGGING + f"count: {copies}\n"), limits=limits):
        if isinstance(event, LogLines):
            now = world.clock.now() - world.endpoint.calls("RunTask")[0].time
            lag = max(now - float(line) for line in event.lines)
            found[event.label] = max(lag, found.get(event.label, 0.0))
    return found


def says(*times: float) -> list[dict[str, Any]]:
    """Return the timeline of a task that runs for two minutes and writes when it does, at these times."""
    return [RUNNING, *({"at": each, "log": f"{each}"} for each in times), ended(120)]


BUSY = says(*(2.0 + n for n in range(110)))
QUIET = says(60.5, 90.5)


@pytest.mark.parametrize(
    ("busy", "quiet", "busy_s", "quiet_s"),
    [
        pytest.param(1, 0, 2, 0, id="one that is busy"),
        pytest.param(0, 1, 0, 6, id="one that is quiet"),
        pytest.param(3, 3, 2.5, 6, id="a few"),
        pytest.param(1, 60, 7, 17, id="a busy one among quiet ones"),
        pytest.param(40, 1, 9, 12, id="a quiet one among busy ones"),
        pytest.param(40, 40, 14, 22, id="more than the calls allow"),
    ],
)
def test_no_stream_is_left_out(
    stage: Callable[..., Stage], busy: int, quiet: int, busy_s: float, quiet_s: float
) -> None:
    world = stage({"tasks": [*({"copy": 1 + n, "timeline": BUSY} for n in range(busy)), {"timeline": QUIET}]})

    found = lags(world, Limits(), busy + quiet)

    assert len(found) == busy + quiet
    by_copy = [found[label] for label in sorted(found, key=lambda each: int(each.partition("/")[2] or 1))]
    assert max(by_copy[:busy], default=0) <= busy_s
    assert max(by_copy[busy:], default=0) <= quiet_s


LATE = [
    RUNNING,
    {"at": 2, "log": "z"},
    ended(9),
    {"at": 10.2, "log": "older", "timestamp": 1},
    {"at": 10.4, "log": "newer"},
]


@pytest.mark.parametrize("copies", [1, 8, 20, 60])
def test_no_late_line_is_lost_however_many_tasks_end_together(
    stage: Callable[..., Stage], copies: int
) -> None:
    world = stage({"tasks": [{"timeline": LATE}]})

    played = world.apply(world.compile(LOGGING + f"count: {copies}\n"))

    assert Counter(played.lines) == Counter({"z": copies, "older": copies, "newer": copies})


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
