"""How tasks end, through a whole apply: interruptions by AWS, and what other containers of the task did."""

from collections.abc import Callable

import pytest
from apply_stage import LOGGING, Stage

from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

QUIET = "image: alpine\n"
RUNNING = {"at": 1, "status": "RUNNING"}
SIDECAR = (
    "image: alpine\ncontainer_name: main\n"
    "task_definition: {containerDefinitions: [{name: main}, {name: proxy, image: proxy, essential: %s}]}\n"
)


def cut_short(code: int | None, stop_code: str, reason: str) -> dict[str, object]:
    end = {"at": 2, "status": "STOPPED", "stopCode": stop_code, "stoppedReason": reason}
    return {"timeline": [RUNNING, end if code is None else {**end, "exitCode": code}]}


SPOT = ("SpotInterruption", "Your Spot Task was interrupted.")
HOST = ("TerminationNotice", "Host EC2 (instance i-0123456789abcdef0) stopped.")


@pytest.mark.parametrize("code", [0, 143, None])
@pytest.mark.parametrize("said", [SPOT, HOST], ids=["spot", "host"])
def test_a_task_that_aws_ended_is_125_however_often_it_is_looked_at(
    stage: Begin, code: int | None, said: tuple[str, str]
) -> None:
    world = stage({"tasks": [cut_short(code, *said)]})
    plan = world.compile(LOGGING)

    applies = [world.apply(plan, run_id="run"), world.apply(plan, run_id="run")]

    assert [each.status for each in applies] == [125, 125]
    for played in applies:
        (task,) = played.summary.tasks
        shown = task.to_json()
        assert (shown["outcome"], shown["exit_code"]) == ("interrupted by AWS", -1 if code is None else code)
        assert (shown["stop_code"], shown["reason"]) == said
    assert len(world.tasks()) == 1


def test_one_of_several_that_aws_ended_has_not_succeeded(stage: Begin) -> None:
    well = {"timeline": [RUNNING, {"at": 2, "status": "STOPPED", "exitCode": 0}]}
    world = stage({"tasks": [{"copy": 1, **cut_short(0, *SPOT)}, well]})

    played = world.apply(world.compile(QUIET + "count: 2\n"))

    assert played.status == 1
    assert [each.outcome for each in played.summary.tasks] == [
        Outcome.INTERRUPTED_BY_AWS,
        Outcome.SUCCEEDED,
    ]


def test_detach_reports_a_task_that_aws_has_ended(stage: Begin) -> None:
    end = {"at": 0, "status": "STOPPED", "exitCode": 0, "stopCode": SPOT[0], "stoppedReason": SPOT[1]}
    world = stage({"tasks": [{"timeline": [end]}]})

    played = world.apply(world.compile(QUIET), detach=True)

    assert (played.status, played.summary.tasks[0].outcome) == (125, Outcome.INTERRUPTED_BY_AWS)


@pytest.mark.parametrize(
    ("essential", "warned"),
    [
        pytest.param(
            "true",
            ["the job succeeded, and another essential container of its task did not: proxy exited with 3"],
            id="essential",
        ),
        pytest.param("false", [], id="not essential"),
    ],
)
@pytest.mark.parametrize("linked", [False, True], ids=["own definition", "linked definition"])
def test_a_sidecar_that_failed_is_a_warning(
    stage: Begin, essential: str, warned: list[str], linked: bool
) -> None:
    steps = [
        RUNNING,
        {"at": 2, "exit": 3, "container": "proxy"},
        {"at": 3, "status": "STOPPED", "exitCode": 0},
    ]
    world = stage({"tasks": [{"timeline": steps}]})
    manifest = SIDECAR % essential
    if linked:
        world.register(
            cpu="1024",
            memory="2048",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            containerDefinitions=[
                {"name": "main", "image": "alpine"},
                {"name": "proxy", "image": "proxy", "essential": essential == "true"},
            ],
        )
        manifest = "task_definition_arn: hello\ncontainer_name: main\n"
    plan = world.compile(manifest)

    played = world.apply(plan)

    assert played.status == 0
    assert played.warned == warned


def test_the_state_that_a_start_was_stuck_in_is_kept(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "PENDING"}]}]})

    played = world.apply(world.compile(QUIET + "task_start_timeout_seconds: 10\n"))

    (task,) = played.summary.tasks
    assert (task.outcome, task.status, task.stuck_in) == (Outcome.START_TIMEOUT, "STOPPED", "PENDING")
