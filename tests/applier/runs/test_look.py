"""Finding a run without its plan: by its tasks in ECS, and by the entries of a ledger."""

from collections.abc import Callable
from typing import Any

from apply_stage import Stage

from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.runs.found import FoundRun
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession

Begin = Callable[..., Stage]


def looked(world: Stage, run_id: str, warnings: list[str] | None = None, **options: Any) -> FoundRun:
    """Return a run as a machine finds it that has not applied it."""
    warn = None if warnings is None else warnings.append
    session = RunSession(
        world.session, gateway=world.gateway, clock=world.clock, workers=0, warn=warn, **options
    )
    return session.run(find_run(session, RunReference(run_id)))


def exits(code: int, at: float = 10) -> list[dict[str, Any]]:
    return [{"at": 1, "status": "RUNNING"}, {"at": at, "status": "STOPPED", "exitCode": code}]


def test_a_run_that_has_ended_is_found_by_its_family(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": exits(3)}]})
    played = world.apply(world.compile("name: etl\nimage: alpine\n"), run_id="nightly")

    found = looked(world, "nightly")

    (result,) = found.results
    assert (result.job, result.outcome, result.exit_code) == ("etl", Outcome.FAILED, 3)
    assert found.to_json()["exit_status"] == played.status == 3
    assert found.account == "000000000000"
