"""`logs --follow`: what is there and what comes after it, each line once, until the run has ended."""

from collections import Counter
from collections.abc import Callable

import pytest
from apply_stage import LOGGING, Stage
from found_logs import log_events, shown
from killing import killed_at_event
from log_timelines import RUNNING, TIMELINES, ended

from ecsplan_applier.outcomes.events import Event, LogLines, TaskChanged, TaskStarted
from ecsplan_applier.runs.follow.read_logs import LogLinesBatch

Begin = Callable[..., Stage]

ROLE = "execution_role_arn: arn:aws:iam::000000000000:role/execution\n"


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        *TIMELINES,
        pytest.param(
            [RUNNING, {"at": 2, "log": ["a"] * 5, "timestamp": [2] * 5}, ended(300)],
            ["a"] * 5,
            id="equal lines at one time, long before the end",
        ),
        pytest.param(
            [RUNNING, {"at": 100, "stream": True, "log": ["late", "later"]}, ended(200)],
            ["late", "later"],
            id="the stream appears late",
        ),
        pytest.param(
            [RUNNING, *({"at": at, "log": f"{at}"} for at in range(2, 300, 7)), ended(301)],
            [f"{at}" for at in range(2, 300, 7)],
            id="lines all the time",
        ),
    ],
)
@pytest.mark.parametrize("kind", [TaskStarted, TaskChanged], ids=["from the start", "while it runs"])
def test_every_line_once(
    stage: Begin, timeline: list[object], expected: list[str], kind: type[Event]
) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    killed_at_event(world, LOGGING, kind)

    found = shown(world, "r", follow=True)

    assert Counter(found.lines) == Counter(expected)
    assert (found.said, found.error) == ([], None)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        pytest.param(None, ["1", "2", "3", "late", "4"], id="all"),
        pytest.param(2, ["2", "3", "late", "4"], id="the last two, and new ones"),
        pytest.param(0, ["late", "4"], id="new ones only"),
        pytest.param(9, ["1", "2", "3", "late", "4"], id="more than there are"),
    ],
)
def test_a_tail_is_followed(stage: Begin, tail: int | None, expected: list[str]) -> None:
    timeline = [
        RUNNING,
        {"at": 2, "log": ["1", "2", "3"], "timestamp": [2, 2, 2.5]},
        {"at": 80, "log": ["late"], "timestamp": 2.6},
        {"at": 100, "log": "4"},
        ended(120),
    ]
    world = stage({"tasks": [{"timeline": timeline}]})
    killed_at_event(world, LOGGING, LogLines)

    assert shown(world, "r", follow=True, tail=tail).lines == expected


def test_a_job_that_starts_later_is_followed(stage: Begin) -> None:
    world = stage(
        {
            "tasks": [
                {"family": "a", "timeline": [RUNNING, {"at": 2, "log": "from a"}, ended(100)]},
                {"family": "b", "timeline": [RUNNING, {"at": 2, "log": "from b"}, ended(100)]},
            ]
        }
    )
    defaults = f"  image: alpine\n  configure_cloudwatch_logs: true\n  {ROLE}"
    plan = world.compile(f"defaults:\n{defaults}jobs:\n  a: {{}}\n  b: {{}}\n")
    world.apply(plan, run_id="r", only=["a"], detach=True)
    lines: list[tuple[str, str]] = []

    for event in log_events(world, "r", follow=True):
        if not isinstance(event, LogLinesBatch):
            continue
        if not lines:
            world.apply(plan, run_id="r", only=["b"], detach=True)
        lines += [(label, each) for label, messages in event.pieces for each in messages]

    assert lines == [("a", "from a"), ("b", "from b")]


def test_a_run_that_has_ended_is_not_waited_for(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING, {"at": 2, "log": "one"}, ended(3)]}]})
    world.apply(world.compile(LOGGING), run_id="r")
    world.clock.scripted.advance(600)
    before = world.clock.waited_s

    assert shown(world, "r", follow=True).lines == ["one"]
    assert world.clock.waited_s == before


def test_logs_that_must_not_be_read_are_not_followed(stage: Begin) -> None:
    denied = {"operation": "GetLogEvents", "action": "error", "code": "AccessDeniedException"}
    world = stage({"tasks": [{"timeline": [RUNNING, {"at": 2, "log": "one"}, ended(500)]}]})
    killed_at_event(world, LOGGING, TaskChanged)
    world.endpoint.set_faults({"rules": [denied], "tasks": [{"timeline": []}]})
    before = world.clock.waited_s

    found = shown(world, "r", follow=True)

    assert found.error is not None
    assert found.error.exit_status == 125
    assert world.clock.waited_s - before < 60


def test_a_log_that_must_not_be_read_does_not_keep_others_from_being_followed(stage: Begin) -> None:
    world = stage(
        {"tasks": [{"timeline": [RUNNING, {"at": 2, "log": "1"}, {"at": 90, "log": "2"}, ended(99)]}]}
    )
    played = world.apply(world.compile(LOGGING + "count: 2\n"), run_id="r", detach=True)
    place = played.summary.tasks[0].log
    assert place is not None
    denied = {"operation": "GetLogEvents", "action": "error", "code": "AccessDeniedException"}
    world.endpoint.set_faults({"rules": [denied | {"where": {"logStreamName": place.stream}}]})

    found = shown(world, "r", follow=True)

    assert [each.partition(" | ")[2] for each in found.lines] == ["1", "2"]
    assert found.error is not None
