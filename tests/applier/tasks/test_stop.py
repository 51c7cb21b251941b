"""`stop`: one StopTask for the task that an identifier names, with a reason that ECS shows whole."""

from collections.abc import Callable

import pytest
from apply_stage import Stage

from ecsplan_applier.tasks.stop import Stopped, stop

Begin = Callable[..., Stage]

TIMELINE = [{"at": 1, "status": "RUNNING"}, {"at": 300, "status": "STOPPED", "exitCode": 0}]


def started(world: Stage) -> str:
    """Start a task that runs on, and return what apply prints of it."""
    world.apply(world.compile("image: alpine\n"), detach=True)
    (task,) = world.tasks()
    return f"default::{task['taskArn']}"


def stopped(world: Stage, identifier: str, reason: str) -> Stopped:
    return stop(identifier, reason=reason, gateway=world.gateway)


@pytest.mark.parametrize(("length", "sent"), [(255, 255), (256, 255)], ids=["the longest", "one longer"])
def test_a_reason_is_as_long_as_ecs_shows(stage: Begin, length: int, sent: int) -> None:
    world = stage({"tasks": [{"timeline": TIMELINE}]})
    identifier = started(world)

    done = stopped(world, identifier, "r" * length)

    assert f"{done.cluster}::{done.arn}" == identifier
    (call,) = world.endpoint.calls("StopTask")
    assert call.parameters == {"cluster": "default", "task": done.arn, "reason": "r" * sent}


def test_a_task_that_is_over_is_said_to_be(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": TIMELINE}]})
    identifier = started(world)

    running = stopped(world, identifier, "enough")
    world.clock.scripted.advance(600)
    over = stopped(world, identifier, "enough")

    assert (running.was_over, over.was_over) == (False, True)
