"""Following logs: every event once, the first and the last included, whatever the stream does."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import LOGGING, Stage
from log_timelines import RUNNING, TIMELINES, ended

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation

Begin = Callable[..., Stage]


class Garbling:
    """A gateway whose answers to GetLogEvents are garbled, but for one in so many."""

    def __init__(self, world: Stage, every: int) -> None:
        self._inner = world.gateway
        self._every = every
        self._number = 0

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer: Body = self._inner.call(target, operation, request)
        if operation.name != "GetLogEvents":
            return answer
        self._number += 1
        return answer if self._number % self._every == 0 else {**answer, "events": "none"}


@pytest.mark.parametrize(("timeline", "expected"), TIMELINES)
def test_every_event_once(stage: Begin, timeline: list[object], expected: list[str]) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})

    played = world.apply(world.compile(LOGGING))

    assert Counter(played.lines) == Counter(expected)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([], id="undisturbed"),
        pytest.param([{"action": "throttle", "probability": 0.5}], id="throttled"),
        pytest.param([{"action": "error", "probability": 0.3}], id="500"),
        pytest.param([{"action": "reset-before", "probability": 0.3}], id="reset before the effect"),
        pytest.param([{"action": "reset-after", "probability": 0.3}], id="reset after the effect"),
    ],
)
def test_twenty_five_thousand_lines_in_bursts(stage: Begin, rules: list[dict[str, object]]) -> None:
    steps: list[dict[str, Any]] = [RUNNING]
    written: list[str] = []
    for burst in range(10):
        lines = [f"line {number % 400} of burst {burst // 2}" for number in range(2500)]
        # Half of the bursts share their timestamps with the one before, one comes from the past.
        stamp = 2.0 if burst == 7 else 3.0 + burst // 2
        steps.append({"at": 3 + burst, "log": lines, "timestamp": [stamp] * 2500})
        written += lines
    world = stage(
        {
            "tasks": [{"timeline": [*steps, ended(14)]}],
            "rules": [{"operation": "GetLogEvents", **each} for each in rules],
        }
    )

    played = world.apply(world.compile(LOGGING))

    assert played.status == 0
    assert Counter(played.lines) == Counter(written)


def test_lines_of_a_burst_keep_their_order(stage: Begin) -> None:
    lines = [f"{number}" for number in range(12_000)]
    steps = [RUNNING, {"at": 2, "log": lines, "timestamp": [2 + n / 1e6 for n in range(12_000)]}, ended(9)]
    world = stage({"tasks": [{"timeline": steps}]})

    assert world.apply(world.compile(LOGGING)).lines == lines


def test_a_few_large_pages_do_not_take_a_poll_each(stage: Begin) -> None:
    lines = [f"{number}:{'x' * 100_000}" for number in range(60)]
    steps = [RUNNING, {"at": 2, "log": lines, "timestamp": [2] * 60}, ended(4)]
    world = stage({"tasks": [{"timeline": steps}]})

    played = world.apply(world.compile(LOGGING))

    assert Counter(played.lines) == Counter(lines)
    assert world.clock.waited_s < 15


def test_reading_begins_before_the_task_runs(stage: Begin) -> None:
    steps = [
        {"at": 1, "status": "PENDING"},
        {"at": 3, "log": "pulled"},
        {"at": 30, "status": "RUNNING"},
        ended(40),
    ]
    world = stage({"tasks": [{"timeline": steps}]})

    world.apply(world.compile(LOGGING))

    first = world.endpoint.calls("GetLogEvents")[0].time - world.endpoint.calls("RunTask")[0].time
    assert first < 10


def test_the_log_of_a_task_that_is_stopped_is_printed(stage: Begin) -> None:
    steps = [RUNNING, {"at": 2, "log": "working"}]
    stop = [{"at": 0, "log": "bye"}, {"at": 1, "status": "STOPPED", "exitCode": 143}]
    world = stage({"tasks": [{"timeline": steps, "on_stop": stop}]})

    played = world.apply(world.compile(LOGGING + "task_timeout_seconds: 20\n"))

    assert played.lines == ["working", "bye"]


def test_the_region_is_that_of_the_log_options(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(3)]}]})

    world.apply(world.compile(LOGGING + "cloudwatch_logs_options: {awslogs-region: eu-west-1}\n"))

    assert {each.region for each in world.endpoint.calls("GetLogEvents")} == {"eu-west-1"}
    assert {each.region for each in world.endpoint.calls("DescribeTasks")} == {"us-east-1"}


def test_a_log_that_may_not_be_read_is_a_warning(stage: Begin) -> None:
    denied = {"operation": "GetLogEvents", "action": "error", "code": "AccessDeniedException"}
    world = stage({"tasks": [{"timeline": [RUNNING, ended(3, 5)]}], "rules": [denied]})

    played = world.apply(world.compile(LOGGING + "count: 3\n"))

    assert [each.exit_code for each in played.summary.tasks] == [5, 5, 5]
    assert len(played.warned) == 1
    assert "can no longer be read: GetLogEvents of stream" in played.warned[0]


def test_output_that_is_asked_for_and_cannot_be_had_is_a_warning(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(3)]}]})
    manifest = (
        "image: alpine\nstream_output: true\nconfigure_cloudwatch_logs: false\n"
        "task_definition: {containerDefinitions: [{name: main, logConfiguration: {logDriver: splunk,"
        " options: {splunk-url: 'https://splunk', splunk-token: none}}}]}\n"
    )

    played = world.apply(world.compile(manifest))

    assert played.status == 0
    assert any("the log cannot be shown" in each for each in played.warned)
    assert world.calls("GetLogEvents") == []


def test_nothing_is_read_where_nothing_is_to_be_printed(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, {"at": 2, "log": "x"}, ended(3)]}]})

    played = world.apply(world.compile(LOGGING + "stream_output: false\n"))

    assert played.lines == []
    assert world.calls("GetLogEvents") == []


def test_a_bounded_number_of_streams_is_read_and_none_is_left_out(stage: Begin) -> None:
    steps = [RUNNING, {"at": 2, "log": ["a", "b"], "timestamp": 2}, ended(12)]
    world = stage({"tasks": [{"timeline": steps}]})

    played = world.apply(world.compile(LOGGING + "count: 40\n"))

    assert Counter(played.lines) == {"a": 40, "b": 40}


def test_a_stream_that_stays_away_is_waited_for_ten_seconds(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, ended(3), {"at": 100, "stream": True}]}]})

    played = world.apply(world.compile(LOGGING))

    last = max(each.time for each in world.endpoint.calls("GetLogEvents"))
    stopped = next(each.time for each in reversed(world.endpoint.calls("DescribeTasks")))
    assert played.status == 0
    assert 8 < last - stopped < 11.5


def test_an_event_from_the_future_hides_none_after_it(stage: Begin) -> None:
    lines = [f"{number}" for number in range(50_100)]
    steps = [
        RUNNING,
        {"at": 2, "log": "too early", "timestamp": 9000.0},
        {"at": 5, "log": lines, "timestamp": [3.0] * len(lines)},
        {"at": 9, "log": "later", "timestamp": 9.0},
        ended(12),
    ]
    world = stage({"tasks": [{"timeline": steps}]})

    played = world.apply(world.compile(LOGGING))

    assert Counter(played.lines) == Counter(["too early", *lines, "later"])


def test_garbled_answers_end_no_log(stage: Begin) -> None:
    steps = [RUNNING, *({"at": 2 + number, "log": f"{number}"} for number in range(9)), ended(12)]
    world = stage({"tasks": [{"timeline": steps}]})
    gateway = Garbling(world, every=3)

    played = world.apply(world.compile(LOGGING), gateway=gateway)

    assert Counter(played.lines) == Counter(f"{number}" for number in range(9))
    assert played.warned == []
