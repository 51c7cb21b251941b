"""Waiting for a run that another machine has applied: it ends as the apply would, and changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Played, Stage
from found_logs import session_of

from ecsplan_applier.outcomes.events import Event, TaskEnded, TaskStarted
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.wait_for import wait_for

Begin = Callable[..., Stage]

IMAGE = "name: etl\nimage: alpine\n"


def runs(until: float, code: int = 0, **members: object) -> list[dict[str, Any]]:
    return [{"at": 1, "status": "RUNNING"}, {"at": until, "status": "STOPPED", "exitCode": code, **members}]


def waited(world: Stage, run_id: str = "r", **options: Any) -> Played:
    """Return what a wait of another machine has shown."""
    return Played(list(wait_for(session_of(world, **options), RunReference(run_id))))


def killed(world: Stage, manifest: str, kind: type[Event] = TaskStarted, **options: Any) -> None:
    """Begin an apply, and let its process end at once when the first event of a kind comes."""
    for event in world.events(world.compile(manifest), run_id="r", **options):
        if isinstance(event, kind):
            return
    raise AssertionError("no such event")


@pytest.mark.parametrize(
    ("manifest", "timeline", "status"),
    [
        pytest.param(IMAGE, runs(100), 0, id="success"),
        pytest.param(IMAGE, runs(100, 7), 7, id="the job's exit code"),
        pytest.param(IMAGE, runs(100, 256), 1, id="a code that is no exit status"),
        pytest.param(IMAGE + "count: 2\n", runs(100, 7), 1, id="several tasks"),
        pytest.param(
            IMAGE, runs(100, 143, stopCode="SpotInterruption", stoppedReason="Your Spot Task"), 125, id="Spot"
        ),
        pytest.param(
            IMAGE,
            [{"at": 50, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "no role"}],
            126,
            id="not started",
        ),
    ],
)
def test_it_exits_like_the_apply(
    stage: Begin, manifest: str, timeline: list[dict[str, Any]], status: int
) -> None:
    world = stage({"tasks": [{"timeline": timeline}]})
    killed(world, manifest)

    played = waited(world)

    assert played.status == status
    assert len(played.of(TaskEnded)) == len(played.summary.tasks)
