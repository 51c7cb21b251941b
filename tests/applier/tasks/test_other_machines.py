"""Another apply of the same run at the same time: each follows the attempts that the tokens name."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from apply_stage import Played, Stage
from job_policies import jobs_of, with_policies

from ecsplan.terms.run_policy import Retry
from ecsplan_applier.aws.operations import RUN_TASK
from ecsplan_applier.outcomes.events import Retried
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
