"""`log_retention`: set on the groups that a run has made, or on any, once, and never an error of the run."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from apply_stage import LOGGING, Stage
from job_policies import life, ordered, with_policies

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import LogRetention

Begin = Callable[..., Stage]
KEPT = LogRetention(14)
ALWAYS = LogRetention(14, always=True)
LOG_CALLS = ("DescribeLogGroups", "PutRetentionPolicy")
START_FAILS = [{"at": 1, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "no"}]


@pytest.fixture
def logs() -> Iterator[Callable[[Stage], Any]]:
    """Return a function that gives a client of CloudWatch Logs, which knows nothing of ecsplan."""
    made: list[Any] = []

    def client(world: Stage) -> Any:
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        made.append(boto3.client("logs", endpoint_url=world.endpoint.url, region_name="us-east-1", **keys))
        return made[-1]

    yield client
    for each in made:
        each.close()


def planned(world: Stage, retention: LogRetention | None, *names: str) -> Plan:
    """Return a plan of jobs that log to one group, by default of one job."""
    keys = {"image": "alpine", "configure_cloudwatch_logs": True}
    role = {"execution_role_arn": "arn:aws:iam::000000000000:role/execution"}
    options = {"cloudwatch_logs_options": {"awslogs-group": "jobs"}}
    jobs = {name: {**keys, **role, **options} for name in names or ("etl",)}
    return ordered(world.compile(json.dumps({"jobs": jobs})), {}, log_retention=retention)


def groups(client: Any) -> dict[str, int | None]:
    return {
        each["logGroupName"]: each.get("retentionInDays")
        for each in client.describe_log_groups()["logGroups"]
    }


@pytest.mark.parametrize(
    ("before", "retention", "expected", "calls"),
    [
        pytest.param((), KEPT, {"jobs": 14}, [*LOG_CALLS], id="made by the run"),
        pytest.param(("jobs",), KEPT, {"jobs": None}, ["DescribeLogGroups"], id="there before"),
        pytest.param(
            ("jobs-2",), KEPT, {"jobs": 14, "jobs-2": None}, [*LOG_CALLS], id="another that begins the same"
        ),
        pytest.param(("jobs",), ALWAYS, {"jobs": 14}, ["PutRetentionPolicy"], id="always"),
        pytest.param((), ALWAYS, {"jobs": 14}, ["PutRetentionPolicy"], id="always, and made by the run"),
        pytest.param((), None, {"jobs": None}, [], id="not asked for"),
    ],
)
def test_whose_groups(  # noqa: PLR0917 - a table's columns
    stage: Begin,
    logs: Callable[[Stage], Any],
    before: tuple[str, ...],
    retention: LogRetention | None,
    expected: dict[str, int | None],
    calls: list[str],
) -> None:
    world = stage()
    client = logs(world)
    for each in before:
        client.create_log_group(logGroupName=each)
    plan = planned(world, retention)
    world.endpoint.forget_calls()

    played = world.apply(plan)

    assert played.status == 0
    assert played.warned == []
    assert world.calls(*LOG_CALLS) == calls
    assert groups(client) == expected


def test_a_group_is_set_once(stage: Begin, logs: Callable[[Stage], Any]) -> None:
    world = stage({"tasks": [life(each, seconds=5) for each in "abc"]})
    plan = with_policies(planned(world, KEPT, "a", "b", "c"), {"c": {"after": ("a",)}})
    world.endpoint.forget_calls()

    assert world.apply(plan).status == 0
    assert world.calls(*LOG_CALLS) == [*LOG_CALLS]
    assert groups(logs(world)) == {"jobs": 14}


def test_a_group_is_set_while_the_job_runs(stage: Begin) -> None:
    """A job may run for days, and its apply be killed before it ends."""
    world = stage({"tasks": [life("etl", seconds=1000)]})
    plan = planned(world, KEPT)
    at: list[float] = []
    world.endpoint.after("PutRetentionPolicy", 1, lambda _: at.append(world.clock.now()))

    world.apply(plan)

    assert at[0] < world.tasks()[0]["startedAt"].timestamp() + 10


def test_a_detached_apply_sets_it(stage: Begin, logs: Callable[[Stage], Any]) -> None:
    world = stage({"tasks": [life("etl", seconds=1000)]})

    world.apply(planned(world, KEPT), detach=True)

    assert groups(logs(world)) == {"jobs": 14}


@pytest.mark.parametrize(
    ("made_before", "expected"),
    [
        pytest.param(False, {"jobs": 14}, id="made by the run"),
        pytest.param(True, {"jobs": None}, id="there before"),
    ],
)
def test_a_resumed_run_sets_what_it_has_made(
    stage: Begin, logs: Callable[[Stage], Any], made_before: bool, expected: dict[str, int | None]
) -> None:
    world = stage({"tasks": [life("etl", seconds=1000)]})
    client = logs(world)
    if made_before:
        client.create_log_group(logGroupName="jobs")
        world.clock.scripted.advance(60)
    # What a killed apply leaves: its task runs, its group is there, and has no retention.
    world.apply(planned(world, None), run_id="same", detach=True)
    world.clock.scripted.advance(60)

    world.apply(planned(world, KEPT), run_id="same", state=world.folder / "elsewhere")

    assert groups(client) == expected


def test_a_task_that_never_ran_has_made_no_group(stage: Begin) -> None:
    world = stage({"tasks": [{"family": "etl", "timeline": START_FAILS}]})

    played = world.apply(planned(world, KEPT))

    assert world.calls("PutRetentionPolicy") == []
    assert played.warned == []


def test_jobs_without_a_log_ask_nothing(stage: Begin) -> None:
    world = stage()
    plan = ordered(world.compile("name: etl\nimage: alpine\n"), {}, log_retention=KEPT)

    assert world.apply(plan).status == 0
    assert world.calls(*LOG_CALLS) == []


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        pytest.param("DescribeLogGroups", "whether it exists is unknown", id="look"),
        pytest.param("PutRetentionPolicy", "the retention of jobs is not set", id="set"),
    ],
)
@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"action": "error", "code": "AccessDeniedException"}, id="denied"),
        pytest.param({"action": "error"}, id="500"),
        pytest.param({"action": "reset-before"}, id="unreachable"),
        pytest.param({"action": "throttle"}, id="throttled"),
    ],
)
def test_failures_are_warnings(stage: Begin, operation: str, words: str, action: dict[str, str]) -> None:
    world = stage({"rules": [{"operation": operation, **action}]})

    played = world.apply(planned(world, KEPT))

    assert played.status == 0
    assert len(played.warned) == 1
    assert words in played.warned[0]
    assert played.summary.seconds < 40


def test_a_group_that_shows_late_is_waited_for(stage: Begin, logs: Callable[[Stage], Any]) -> None:
    missing = {"operation": "PutRetentionPolicy", "action": "error", "code": "ResourceNotFoundException"}
    world = stage({"rules": [{**missing, "calls": "1-2"}]})

    played = world.apply(planned(world, KEPT))

    assert played.warned == []
    assert groups(logs(world)) == {"jobs": 14}


def test_the_log_of_a_single_manifest(stage: Begin) -> None:
    world = stage()
    plan = with_policies(world.compile(LOGGING), {"hello": {"log_retention": KEPT}})

    assert world.apply(plan).status == 0
    assert world.calls(*LOG_CALLS) == [*LOG_CALLS]
