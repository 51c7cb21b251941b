"""The runs of a region: what is listed, in which order, what of them is said, and with how many calls."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from run_world import BEGAN, Region, entry, open_copy, recorded, task, task_arn, write_entries

from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.runs.found import FoundRun
from ecsplan_applier.runs.listing import list_runs

ENDED = open_copy(asked=10.0, task_arn=task_arn(1), result=recorded())


def listed(
    world: Region, warnings: list[str] | None = None, *, remembered: bool = False, **options: Any
) -> list[FoundRun]:
    session = world.session(warnings, **options)
    return session.run(list_runs(session, remembered=remembered))


def shown(runs: list[FoundRun]) -> list[tuple[str, str, int]]:
    """Return run id, state and number of tasks."""
    return [(each.run_id, each.state, len(each.results)) for each in runs]


def test_runs_are_listed_from_all_clusters_the_newest_first() -> None:
    world = Region(
        {
            "batch": [
                task(1, run_id="old", code=0),
                task(2, run_id="new", created=300),
                task(3, run_id=None),
            ],
            "spare": [
                task(4, run_id="mid/dle", cluster="spare", created=200, code=1),
                task(5, run_id="new", cluster="spare", created=310, code=0),
            ],
        }
    )

    assert shown(listed(world)) == [("new", "running", 2), ("mid/dle", "failed", 1), ("old", "succeeded", 1)]


@pytest.mark.parametrize(
    ("tasks", "state"),
    [
        pytest.param([task(1)], "running", id="running"),
        pytest.param([task(1, lastStatus="PROVISIONING")], "pending", id="pending"),
        pytest.param([task(1, code=1), task(2)], "running", id="one has failed and another one runs"),
        pytest.param([task(1, code=0), task(2, code=0)], "succeeded", id="succeeded"),
        pytest.param([task(1, code=0), task(2, code=1)], "failed", id="one of them failed"),
        pytest.param(
            [task(1, code=0, stopCode="SpotInterruption", stoppedReason="Your Spot Task was interrupted.")],
            "failed",
            id="taken away",
        ),
        pytest.param(
            [task(1, code=143, stopCode="UserInitiated", stoppedReason="ecsplan was interrupted")],
            "interrupted",
            id="interrupted, with an exit code of its own",
        ),
        pytest.param(
            [task(1, code=0, stopCode="UserInitiated", stoppedReason="ecsplan was interrupted")],
            "interrupted",
            id="interrupted",
        ),
    ],
)
def test_the_state_of_a_run(tasks: list[dict[str, Any]], state: str) -> None:
    assert [each.state for each in listed(Region({"batch": tasks}))] == [state]


def test_the_ledger_names_the_jobs_of_what_ecs_shows(tmp_path: Path) -> None:
    ledger = write_entries(
        tmp_path, entry(open_copy(), job="load", succeed_on=(0, 9)), entry(ENDED, run_id="past")
    )

    (run,) = listed(Region({"batch": [task(1, code=9)]}), ledger=ledger)

    assert (run.run_id, run.state, [each.name for each in run.jobs]) == ("nightly", "succeeded", ["load"])


RECORDED_AT = BEGAN + 3000.0
"""When the ends of tasks were recorded that had stopped long before: the apply was resumed late."""


@pytest.mark.parametrize(
    ("stopped", "seconds"),
    [
        pytest.param([30.0], 20.0, id="dated"),
        pytest.param([30.0, 45.0], 35.0, id="the last of several"),
        pytest.param([None], 2990.0, id="not dated"),
        pytest.param([30.0, None], 2990.0, id="one of them not dated"),
    ],
)
def test_how_long_a_run_took_that_only_the_ledger_remembers(
    tmp_path: Path, stopped: list[float | None], seconds: float
) -> None:
    copies = [
        replace(
            open_copy(number, asked=10.0, task_arn=task_arn(number), result=recorded(copy=number)),
            stopped_at=None if at is None else BEGAN + at,
        )
        for number, at in enumerate(stopped, 1)
    ]
    ledger = write_entries(tmp_path, entry(*copies, written_at=RECORDED_AT))

    (run,) = listed(Region({"batch": []}), remembered=True, ledger=ledger)

    assert run.seconds == seconds


def test_all_lists_what_only_the_ledger_remembers(tmp_path: Path) -> None:
    failed = open_copy(asked=20.0, result=recorded(Outcome.FAILED))
    ledger = write_entries(
        tmp_path,
        entry(ENDED, run_id="past"),
        entry(failed, run_id="later", job="a"),
        entry(ENDED, run_id="later", job="b"),
        entry(ENDED, run_id="elsewhere", account="444455556666"),
    )
    world = Region({"batch": [task(1, created=50)]})

    runs = listed(world, ledger=ledger, remembered=True)

    assert shown(runs) == [("nightly", "running", 1), ("later", "failed", 2), ("past", "succeeded", 1)]


@pytest.mark.parametrize("cluster", ["batch", "arn:aws:ecs:eu-west-1:111122223333:cluster/batch"])
def test_one_cluster_is_listed(cluster: str, tmp_path: Path) -> None:
    ledger = write_entries(
        tmp_path, entry(ENDED, run_id="past"), entry(ENDED, run_id="there", cluster="spare", job="x")
    )
    world = Region({"batch": [task(1)], "spare": [task(2, run_id="other", cluster="spare")]})

    runs = listed(world, cluster=cluster, ledger=ledger, remembered=True)

    assert [each.run_id for each in runs] == ["nightly", "past"]


def test_nothing_is_an_empty_list() -> None:
    assert listed(Region({"batch": [task(1, run_id=None)]})) == []
    assert listed(Region({})) == []


def test_a_cluster_that_is_refused_is_named_and_the_others_are_listed() -> None:
    warnings: list[str] = []
    world = Region({"batch": [task(1)], "spare": []}, refused={"spare": "AccessDeniedException"})

    assert shown(listed(world, warnings)) == [("nightly", "running", 1)]
    assert ["cluster spare" in each for each in warnings] == [True]


@pytest.mark.parametrize("refused", ["ListClusters", "ListTasks"])
def test_nothing_that_could_be_looked_at_is_an_error(refused: str, tmp_path: Path) -> None:
    world = Region({"batch": [task(1)]}, refused={refused: "AccessDeniedException"})
    ledger = write_entries(tmp_path, entry(ENDED, run_id="past"))
    warnings: list[str] = []

    with pytest.raises(ApplierError, match=refused):
        listed(world, ledger=ledger)
    assert shown(listed(world, warnings, ledger=ledger, remembered=True)) == [("past", "succeeded", 1)]
    assert refused in warnings[0]


@pytest.mark.parametrize("refused", ["ListClusters", "ListTasks"])
@pytest.mark.parametrize("account", ["known", "GetCallerIdentity"])
def test_a_ledger_without_runs_does_not_stand_for_an_ecs_that_cannot_be_asked(
    refused: str, account: str, tmp_path: Path
) -> None:
    refusals = {refused: "AccessDeniedException", account: "AccessDenied"}

    with pytest.raises(ApplierError, match=refused):
        listed(Region({"batch": []}, refused=refusals), ledger=tmp_path, remembered=True)


def test_neither_ecs_nor_the_ledger_could_be_looked_at(tmp_path: Path) -> None:
    refused = dict.fromkeys(("ListClusters", "GetCallerIdentity"), "AccessDeniedException")
    ledger = write_entries(tmp_path, entry(ENDED, run_id="past"))

    with pytest.raises(ApplierError, match="ListClusters"):
        listed(Region({}, refused=refused), ledger=ledger, remembered=True)


def test_a_torn_document_leaves_the_others(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path, entry(ENDED, run_id="past"), entry(ENDED, run_id="torn"))
    (torn,) = (ledger / "111122223333/eu-west-1/runs/torn").glob("*.json")
    torn.write_text("{", "utf-8")
    warnings: list[str] = []

    runs = listed(Region({"batch": [task(1, run_id="torn")]}), warnings, ledger=ledger, remembered=True)

    assert [each.run_id for each in runs] == ["torn", "past"]
    assert str(torn) in warnings[0]


@pytest.mark.parametrize("running", [0, 1, 50, 400, 999, 1000])
def test_a_thousand_tasks_take_at_most_22_calls(running: int) -> None:
    tasks = [task(n, run_id=f"run-{n % 97}", code=None if n < running else n % 2) for n in range(1000)]
    world = Region({"batch": tasks})

    runs = listed(world)

    assert sum(len(each.results) for each in runs) == 1000
    assert len(world.calls) <= 22
    assert Counter(world.calls)["DescribeTasks"] == 10
    assert not {"GetCallerIdentity", "DescribeTaskDefinition"} & {*world.calls}


def test_a_definition_is_described_only_where_it_has_to_say_which_container_counts() -> None:
    containers = [{"name": "aside", "exitCode": 0}, {"name": "main", "exitCode": 3}]
    definition = {"containerDefinitions": [{"name": "aside", "essential": False}, {"name": "main"}]}
    tasks = [task(1, code=0, containers=containers), task(2, run_id="b", family="b", code=0)]
    world = Region({"batch": tasks}, {"etl": definition})

    states = {each.run_id: each.state for each in listed(world)}

    assert states == {"nightly": "failed", "b": "succeeded"}
    assert world.calls.count("DescribeTaskDefinition") == 1
