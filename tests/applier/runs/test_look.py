"""Finding a run without its plan: in the clusters of a region, and in a ledger."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Stage
from job_policies import jobs_of
from run_world import (
    RUN,
    Region,
    cluster_arn,
    entry,
    open_copy,
    recorded,
    rows,
    task,
    task_arn,
    write_entries,
)

from ecsplan_applier.ledger.entry import KEPT_BY_ECS_S, Entry, RecordedCopy
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, UnknownRunError
from ecsplan_applier.outcomes.events import Event, TaskChanged, TaskStarted
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.runs.found import FoundRun
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import ResultJob, RunReference
from ecsplan_applier.runs.session import RunSession

OPEN = open_copy()
ENDED = open_copy(task_arn=task_arn(1), result=recorded())
TWO_CONTAINERS = {
    "containerDefinitions": [
        {"name": "aside", "essential": False},
        {
            "name": "etl",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/g",
                    "awslogs-stream-prefix": "p",
                    "awslogs-region": "eu-west-1",
                },
            },
        },
    ]
}


@pytest.mark.parametrize(
    ("copy", "refused", "expected"),
    [
        pytest.param(open_copy(asked=1000.0 - KEPT_BY_ECS_S), {}, "ECS has forgotten it", id="an hour ago"),
        pytest.param(open_copy(task_arn=task_arn(1)), {}, "no longer shows it", id="its task is not shown"),
        pytest.param(OPEN, {"spare": "AccessDeniedException"}, "not every cluster", id="not all looked at"),
    ],
)  # fmt: skip
def test_a_task_whose_end_nobody_has_seen_is_lost(
    copy: RecordedCopy, refused: Mapping[str, str], expected: str, tmp_path: Path
) -> None:
    ledger = write_entries(tmp_path, entry(copy))

    (result,) = Region({"batch": [], "spare": []}, refused=refused).find(ledger=ledger).results

    assert result.outcome is Outcome.LOST
    assert expected in (result.reason or "")


@pytest.mark.parametrize(
    ("copy", "asked"),
    [
        pytest.param(open_copy(asked=1000.5 - KEPT_BY_ECS_S), "an hour", id="asked for within the hour"),
        pytest.param(open_copy(asked=950.0, task_arn=task_arn(1)), "a minute", id="not visible yet"),
    ],
)
def test_a_task_that_may_still_be_shown_is_not(copy: RecordedCopy, asked: str, tmp_path: Path) -> None:
    (result,) = Region({"batch": []}).find(ledger=write_entries(tmp_path, entry(copy))).results

    assert result.outcome is Outcome.PENDING, asked


def test_the_ecs_is_not_asked_for_what_the_ledger_knows_whole(tmp_path: Path) -> None:
    world = Region({"batch": [task(1, code=0)]}, refused={"batch": "AccessDeniedException"})

    found = world.find(ledger=write_entries(tmp_path, entry(ENDED, jobs=("etl",))))

    assert found.state == "succeeded"
    assert world.calls == ["ListClusters"]


@pytest.mark.parametrize("refused", [{}, {"batch": "AccessDeniedException"}])
def test_tasks_that_are_recorded_are_shown_to_those_who_want_them(
    refused: Mapping[str, str], tmp_path: Path
) -> None:
    warnings: list[str] = []
    world = Region({"batch": [task(1, code=0)]}, {"etl": TWO_CONTAINERS}, refused=refused)
    session = world.session(warnings, ledger=write_entries(tmp_path, entry(ENDED, jobs=("etl",))))

    found = session.run(find_run(session, RunReference(RUN), whole=True))

    assert [len(each.tasks) for each in found.jobs] == [0 if refused else 1]
    assert found.state == "succeeded"
    assert ["cluster batch could not be looked at" in each for each in warnings] == [True] * len(refused)


def test_jobs_that_have_not_begun_are_named_in_the_order_of_the_plan(tmp_path: Path) -> None:
    jobs = ("extract", "load", "report")
    entries = [entry(OPEN, job="load", family="load", jobs=jobs), entry(ENDED, job="extract", jobs=jobs)]

    found = Region({"batch": []}).find(ledger=write_entries(tmp_path, *entries))

    assert [each.name for each in found.jobs] == ["extract", "load"]
    assert found.unbegun == ("report",)
    assert found.exit_status is None
    assert [each["name"] for each in found.to_json()["jobs"]] == list(jobs)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ClusterNotFoundException"])
def test_a_cluster_that_cannot_be_looked_at_is_named(code: str) -> None:
    warnings: list[str] = []
    world = Region({"spare": [], "batch": [task(1, code=0)]}, refused={"spare": code})

    assert rows(world.find(warnings=warnings)) == [("etl", "succeeded", ("1",))]
    (warning,) = warnings
    assert "cluster spare could not be looked at" in warning
    assert code in warning


@pytest.mark.parametrize("refused", ["ListClusters", "ListTasks"])
def test_nothing_that_could_be_looked_at_is_an_error(refused: str) -> None:
    with pytest.raises(ApplierError, match=refused) as caught:
        Region({"batch": [], "spare": []}, refused={refused: "AccessDeniedException"}).find()

    assert caught.value.exit_status == 125
    assert ("--cluster" in str(caught.value)) is (refused == "ListClusters")


def test_the_ledger_still_knows_a_run_where_ecs_may_not_be_asked(tmp_path: Path) -> None:
    warnings: list[str] = []
    ledger = write_entries(tmp_path, entry(ENDED), entry(OPEN, job="load"))
    world = Region({"batch": []}, refused={"ListClusters": "AccessDeniedException"})

    assert world.find(warnings=warnings, ledger=ledger).state == "unknown"
    assert "the clusters of eu-west-1 could not be listed" in warnings[0]


@pytest.mark.parametrize("named", ["batch", cluster_arn("batch")])
def test_one_cluster_is_looked_at(named: str) -> None:
    world = Region({"spare": [task(1, cluster="spare")], "batch": [task(2)]})

    assert rows(world.find(cluster=named)) == [("etl", "running", ("2",))]
    assert "ListClusters" not in world.calls


@pytest.mark.parametrize("entries", [(entry(ENDED),), (entry(OPEN), entry(ENDED, job="load"))])
def test_what_the_ledger_has_of_another_cluster_is_another_run(
    entries: tuple[Entry, ...], tmp_path: Path
) -> None:
    ledger = write_entries(tmp_path, *entries)
    world = Region({"batch": [], "spare": []})

    assert world.find(ledger=ledger, cluster=cluster_arn("batch")).jobs
    with pytest.raises(UnknownRunError, match=f"the ledger {tmp_path}, which has it in cluster batch$"):
        world.find(ledger=ledger, cluster="spare")


def test_a_cluster_that_there_is_not_is_an_error() -> None:
    with pytest.raises(AwsError, match="ClusterNotFound"):
        Region({"batch": [task(1)]}).find(cluster="btach")


def test_all_clusters_of_a_region_with_many_pages_are_looked_at() -> None:
    clusters = {f"c{number}": [task(number, cluster=f"c{number}")] for number in (7, 130, 249)}
    world = Region({f"c{number}": clusters.get(f"c{number}", []) for number in range(250)})

    assert len(rows(world.find())) == 3
    assert world.calls.count("ListClusters") == 3


@pytest.mark.parametrize(
    ("clusters", "options", "sts"),
    [
        pytest.param({"batch": []}, {}, False, id="the clusters' ARNs"),
        pytest.param({"batch": [task(9)]}, {"cluster": "batch"}, False, id="the tasks' ARNs"),
        pytest.param({"batch": []}, {"cluster": cluster_arn("batch")}, False, id="the cluster's ARN"),
        pytest.param({"batch": []}, {"cluster": "batch"}, True, id="nothing shows it"),
        pytest.param({}, {}, True, id="no clusters"),
    ],
)  # fmt: skip
def test_the_account_is_asked_only_where_nothing_shows_it(
    clusters: dict[str, Any], options: dict[str, Any], sts: bool, tmp_path: Path
) -> None:
    world = Region(clusters)
    ledger = write_entries(tmp_path, entry(ENDED, job="load", family="load"))

    assert world.find(ledger=ledger, **options).account == "111122223333"
    assert ("GetCallerIdentity" in world.calls) is sts


def test_a_ledger_that_needs_an_account_which_cannot_be_asked_is_named(tmp_path: Path) -> None:
    warnings: list[str] = []
    world = Region({"batch": []}, refused={"GetCallerIdentity": "AccessDenied"})

    with pytest.raises(UnknownRunError) as caught:
        world.find(warnings=warnings, cluster="batch", ledger=write_entries(tmp_path, entry(ENDED)))

    assert f"the ledger {tmp_path} was not looked at: the account" in warnings[0]
    assert f"not the ledger {tmp_path}: the account" in str(caught.value)


def test_runs_of_one_id_in_two_accounts_are_two_runs(tmp_path: Path) -> None:
    other = "444455556666"
    ledger = write_entries(tmp_path, entry(ENDED), entry(ENDED, job="load", account=other))

    assert [each.name for each in Region({"batch": []}).find(ledger=ledger).jobs] == ["etl"]
    assert [each.name for each in Region({"batch": []}, account=other).find(ledger=ledger).jobs] == ["load"]


def test_an_unknown_run_is_reported_with_what_was_looked_at(tmp_path: Path) -> None:
    world = Region({"batch": [task(1, run_id="other")], "spare": []})

    with pytest.raises(UnknownRunError) as caught:
        world.find("nightly", ledger=tmp_path / "ledger")

    shown = "running tasks, and those that stopped within the last hour"
    assert caught.value.exit_status == 125
    assert str(caught.value).splitlines() == [
        "the run nightly is not known; looked at:",
        f"  clusters batch, spare of eu-west-1 in account 111122223333: {shown}",
        f"  the ledger {tmp_path / 'ledger'}",
    ]


def test_a_torn_document_of_the_run_is_an_error(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path, entry(ENDED))
    (document,) = ledger.rglob("*.json")
    document.write_text(document.read_text("utf-8")[:100], "utf-8")

    with pytest.raises(ApplierError, match=document.name):
        Region({"batch": [task(1)]}).find(ledger=ledger)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        pytest.param(TWO_CONTAINERS, ("failed", 3, f"p/etl/{1:032x}"), id="the essential one"),
        pytest.param(
            {"containerDefinitions": [*reversed(TWO_CONTAINERS["containerDefinitions"])]},
            ("failed", 3, f"p/etl/{1:032x}"),
            id="in another order",
        ),
        pytest.param({"containerDefinitions": [{"name": "aside"}]}, ("succeeded", 0, None), id="only one"),
    ],
)  # fmt: skip
def test_the_definition_says_which_container_is_the_jobs(
    definition: dict[str, Any], expected: tuple[str, int, str | None]
) -> None:
    containers = [{"name": "aside", "exitCode": 0}, {"name": "etl", "exitCode": 3}]
    world = Region({"batch": [task(1, code=0, containers=containers)]}, {"etl": definition})

    (result,) = world.find().results

    log = None if result.log is None else result.log.stream
    assert (str(result.outcome), result.exit_code, log) == expected


def test_a_definition_that_may_not_be_described_is_a_warning() -> None:
    warnings: list[str] = []
    world = Region({"batch": [task(1, code=0)]}, refused={"DescribeTaskDefinition": "AccessDeniedException"})

    assert rows(world.find(warnings=warnings)) == [("etl", "succeeded", ("1",))]
    assert "task definitions could not be looked at" in warnings[0]


def test_a_secret_of_a_task_stays_out_of_its_reason() -> None:
    shown = task(
        1,
        code=1,
        stoppedReason="cannot log in with hunter2-hunter2",
        variables={"DB_PASSWORD": "hunter2-hunter2"},
    )

    (result,) = Region({"batch": [shown]}).find().results

    assert "hunter2" not in str(result.to_json())


def of_file(*jobs: tuple[str, RecordedCopy], named: str = "result.json") -> RunReference:
    return RunReference(RUN, tuple(ResultJob(name, None, (copy,)) for name, copy in jobs), named)


def test_a_result_file_names_the_jobs_of_tasks() -> None:
    world = Region({"batch": [task(1, code=4), task(2, family="load")]})
    left = RecordedCopy(1, task_arn=task_arn(1), cluster="batch")

    assert rows(world.find(of_file(("nightly load", left)))) == [
        ("nightly load", "failed", ("1",)),
        ("load", "running", ("2",)),
    ]


def test_a_result_file_is_known_when_nobody_else_knows_the_run() -> None:
    ended = RecordedCopy(1, task_arn=task_arn(1), result=recorded())

    found = Region({"batch": []}).find(of_file(("etl", ended)))

    assert rows(found) == [("etl", "succeeded", ("1",))]
    assert found.exit_status == 0


def test_a_run_that_left_its_regions_in_a_file_is_looked_for_in_all_of_them() -> None:
    west = RecordedCopy(1, task_arn=task_arn(1), result=recorded())
    east_arn = task_arn(2).replace("eu-west-1", "us-east-1")
    east = RecordedCopy(1, task_arn=east_arn, result=recorded(arn=east_arn))
    world = Region({"batch": []})

    found = world.find(of_file(("west", west), ("east", east)))

    assert [(each.name, each.place.target.region) for each in found.jobs] == [
        ("west", "eu-west-1"),
        ("east", "us-east-1"),
    ]
    assert world.calls.count("ListClusters") == 2


def test_a_file_of_another_account_or_region_is_reported() -> None:
    ended = RecordedCopy(1, task_arn=task_arn(1), result=recorded())
    warnings: list[str] = []

    world = Region({"batch": []}, account="444455556666")
    world.find(of_file(("etl", ended)), warnings)
    world.find(of_file(("etl", ended)), warnings, cluster="arn:aws:ecs:us-east-1:111122223333:cluster/batch")

    assert warnings == [
        "the tasks of result.json are in account 111122223333, and these credentials are for 444455556666",
        "the tasks of result.json are in eu-west-1, and us-east-1 is looked at",
    ]


def test_a_call_that_keeps_failing_is_reported_once() -> None:
    warnings: list[str] = []

    with pytest.raises(AwsError, match="ThrottlingException"):
        Region({"batch": []}, refused={"ListTasks": "ThrottlingException"}).find(warnings=warnings)

    assert warnings == ["ListTasks keeps failing (ThrottlingException); still trying"]


Begin = Callable[..., Stage]


def looked(world: Stage, run_id: str, **options: Any) -> FoundRun:
    """Return a run as a machine finds it that has not applied it."""
    session = RunSession(world.session, gateway=world.gateway, clock=world.clock, workers=0, **options)
    return session.run(find_run(session, RunReference(run_id)))


def exits(code: int, at: float = 10) -> list[dict[str, Any]]:
    return [{"at": 1, "status": "RUNNING"}, {"at": at, "status": "STOPPED", "exitCode": code}]


@pytest.mark.parametrize("codes", [(0,), (3,), (0, 0), (0, 5), (300,)])
def test_another_machine_sees_what_the_apply_has_seen(stage: Begin, codes: tuple[int, ...]) -> None:
    names = [f"job-{number}" for number, _ in enumerate(codes)]
    lives = [{"family": name, "timeline": exits(code)} for name, code in zip(names, codes, strict=True)]
    world = stage({"tasks": lives})
    played = world.apply(jobs_of(world, *names), run_id="nightly")
    world.endpoint.forget_calls()

    found = looked(world, "nightly")

    assert found.exit_status == played.status
    assert {each["name"]: each["tasks"][0]["outcome"] for each in found.to_json()["jobs"]} == {
        each.job: str(each.outcome) for each in played.summary.tasks
    }
    assert all(each.startswith(("List", "Describe", "Get")) for each in world.calls())


MATRIX = """
variables: {token: {sensitive: true}}
name: load
image: alpine
matrix: {region: [eu, us, ap]}
array: 2
env: {REGION: "${matrix.region}", TOKEN: "of-${token}"}
"""


def test_jobs_of_one_family_are_told_apart_by_what_their_tasks_show(stage: Begin, tmp_path: Path) -> None:
    """While they run, nothing but the overrides of a task says which job of a matrix it is."""
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "RUNNING"}]}]})
    given = {"run_id": "now", "ledger": tmp_path / "ledger", "variables": {"token": "s3cret-s3cret"}}
    started: dict[str, str] = {}
    running = 0
    for event in world.events(world.compile(MATRIX), **given):
        if isinstance(event, TaskStarted):
            started[event.label] = event.arn
        running += isinstance(event, TaskChanged) and event.status == "RUNNING"
        if running == 6:
            break

    found = looked(world, "now", ledger=tmp_path / "ledger")

    entries = [job.entry for job in found.jobs if job.entry is not None]
    assert [copy.task_arn for each in entries for copy in each.copies] == [None] * 6
    assert [each.hidden for each in entries] == [("TOKEN",)] * 3
    assert {each.label: each.arn for each in found.results} == started
    assert len(started) == 6


@pytest.mark.parametrize("code", [0, 4])
def test_a_run_is_known_when_ecs_has_forgotten_it(stage: Begin, code: int, tmp_path: Path) -> None:
    world = stage({"tasks": [{"timeline": exits(code)}]})
    plan = world.compile(
        "jobs: {extract: {image: alpine, array: 2}, load: {image: alpine, after: [extract]}}"
    )
    played = world.apply(plan, run_id="nightly", ledger=tmp_path)
    world.clock.scripted.advance(2 * KEPT_BY_ECS_S)

    found = looked(world, "nightly", ledger=tmp_path)

    assert world.tasks() == []
    assert found.exit_status == played.status
    assert found.results == played.summary.tasks
    assert [each.name for each in found.jobs] == ["extract", "load"]


@pytest.mark.parametrize(("kind", "state"), [(TaskStarted, "pending"), (TaskChanged, "running")])
def test_a_run_is_seen_while_it_is_under_way(stage: Begin, kind: type[Event], state: str) -> None:
    world = stage({"tasks": [{"timeline": exits(0, at=1000)}]})
    events = world.events(world.compile("name: etl\nimage: alpine\n"), run_id="now")
    next(event for event in events if isinstance(event, kind))

    found = looked(world, "now")

    assert found.state == state
    assert found.to_json()["exit_status"] is None
    assert found.to_json()["left_running"] == [f"{found.jobs[0].tasks[0].cluster}::{found.results[0].arn}"]
