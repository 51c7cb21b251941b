"""Another apply of the same run at the same time: each follows the attempts that the tokens name."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from apply_stage import Played, Stage
from job_policies import jobs_of, with_policies

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import Retry
from ecsplan_applier.aws.operations import RUN_TASK
from ecsplan_applier.outcomes.events import Retried, TaskStarted
from ecsplan_applier.tasks.run_id import client_token

Begin = Callable[..., Stage]
SPOT = [
    {"at": 1, "status": "RUNNING"},
    {
        "at": 3,
        "status": "STOPPED",
        "stopCode": "SpotInterruption",
        "stoppedReason": "Your Spot Task was interrupted.",
    },
]
DONE = [{"at": 1, "status": "RUNNING"}, {"at": 30, "status": "STOPPED", "exitCode": 0}]
AGAIN = Retry(4, frozenset({"interruption"}), written=True)
TAKEN_AWAY: dict[str, Any] = {
    "tasks": [{"copy": 1, "timeline": SPOT}, {"copy": 2, "timeline": SPOT}, {"timeline": DONE}]
}


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("copy", [1, 2])
@pytest.mark.parametrize("short", [False, True])
def test_an_attempt_of_one_copy_is_not_taken_for_that_of_another(
    stage: Begin, copy: int, seed: int, short: bool
) -> None:
    rules = [{"action": "failures", "calls": "1", "count": 1}] if short else []
    world = stage({**TAKEN_AWAY, "rules": rules})
    plan = with_policies(jobs_of(world, "etl", count=2), {"etl": {"retry": AGAIN}})
    elsewhere: list[str] = []
    played = Played()
    for event in world.events(plan, run_id="same", random=Random(seed)):
        played.events.append(event)
        if isinstance(event, Retried) and event.label == f"etl/{copy}" and not elsewhere:
            elsewhere.append(started_elsewhere(world, copy))

    attempts = [each.arn for task in played.summary.tasks for each in task.attempts]
    assert len(set(attempts)) == 4
    assert set(attempts) == {each["taskArn"] for each in world.tasks()}
    assert {each.copy: each.arn for each in played.summary.tasks}[copy] == elsewhere[0]
    assert played.status == 0


def started_elsewhere(world: Stage, copy: int) -> str:
    """Start the second attempt of a copy, as another machine would, and return its task."""
    asked = [each.parameters for each in world.endpoint.calls() if each.operation == "RunTask"]
    token = client_token("same", "etl", copy, 1, 1, attempt=2)
    answer = world.ask(RUN_TASK, **{**asked[0], "count": 1, "clientToken": token})
    return str(answer["tasks"][0]["taskArn"])


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("retry", [True, False])
def test_copies_keep_their_places_where_the_first_call_found_no_capacity(
    stage: Begin, number: int, retry: bool
) -> None:
    """Copies that changed places would be tried again with each other's tokens."""
    failing = {"copy": 4, "timeline": [DONE[0], {"at": 3, "status": "STOPPED", "exitCode": 3}]}
    world = stage({"tasks": [failing, {"timeline": DONE}], "rules": [{"action": "failures", "calls": "1-2"}]})
    policy = {"retry": Retry(4, frozenset({"failure"}), written=True)} if retry else {}
    plan = with_policies(jobs_of(world, "etl", count=8), {"etl": policy})
    places: dict[str, tuple[int, int]] = {}
    for again in range(2):
        followed(world, plan, places, until=number, home=str(again))
    status = followed(world, plan, places, until=None, home="last")

    assert len(places) == len(world.tasks()) == (9 if retry else 8)
    assert status == (0 if retry else 1)


def followed(
    world: Stage, plan: Plan, places: dict[str, tuple[int, int]], *, until: int | None, home: str
) -> int | None:
    """Apply, until a call of DescribeTasks if given, and check that no task changes its place.

    Returns:
        The exit status, or None where it was not carried out to its end.
    """
    made: list[int] = []
    world.endpoint.forget_calls()
    if until is not None:
        world.endpoint.after("DescribeTasks", until, lambda _: made.append(1))
    played = Played()
    for event in world.events(plan, run_id="same", state=world.folder / home):
        played.events.append(event)
        if isinstance(event, TaskStarted):
            place = (int(event.label.partition("/")[2]), event.attempt)
            assert places.setdefault(event.arn, place) == place
        if made:
            return None
    return played.status
