"""Jobs of a run in other regions are looked for where the ledger says; those of other accounts are named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from run_world import REGION, RUN, Region, cluster_arn, entry, open_copy, recorded, task_arn, write_entries

from ecsplan.terms.observed import Aws
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.runs.listing import list_runs

EAST = "us-east-1"
JOBS = ("west", "east")


class OfCommandLine(Region):
    """A region that the command line names: it wins over all others."""

    def target(self, aws: Aws) -> Target:
        return super().target(replace(aws, region=REGION))


def ended(job: str, region: str = REGION, outcome: Outcome = Outcome.SUCCEEDED, **members: Any) -> Entry:
    """Return the entry of a job of two that has ended."""
    arn = task_arn(1).replace(REGION, region)
    copy = open_copy(task_arn=arn, result=recorded(outcome, job=job, label=job, arn=arn))
    return entry(copy, job=job, family=job, region=region, jobs=JOBS, **members)


WEST = ended("west", elsewhere={"east": EAST})


def test_a_run_in_two_regions_is_found_in_both_by_its_id(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path, WEST, ended("east", EAST, elsewhere={"west": REGION}))
    world = Region({"batch": []})

    found = world.find(ledger=ledger)

    assert [(each.name, each.place.target.region) for each in found.jobs] == [
        ("west", REGION),
        ("east", EAST),
    ]
    assert (found.state, found.exit_status, found.unbegun, found.elsewhere) == ("succeeded", 0, (), ())
    # The ledger has the ends of all jobs of each region, so that no task is asked for.
    assert set(world.calls) <= {"ListClusters", "GetCallerIdentity"}


@pytest.mark.parametrize(
    ("outcome", "state", "status"),
    [
        pytest.param(Outcome.FAILED, "failed", 1, id="it has failed"),
        pytest.param(None, "incomplete", None, id="it has not begun"),
    ],
)
def test_what_became_of_the_other_region_counts(
    outcome: Outcome | None, state: str, status: int | None, tmp_path: Path
) -> None:
    others = [] if outcome is None else [ended("east", EAST, outcome, elsewhere={"west": REGION})]

    found = Region({"batch": []}).find(ledger=write_entries(tmp_path, WEST, *others))

    assert (found.state, found.exit_status) == (state, status)
    assert found.unbegun == (("east",) if outcome is None else ())


@pytest.mark.parametrize(
    ("world", "place", "options"),
    [
        pytest.param(OfCommandLine({"batch": []}), EAST, {}, id="a region that is not looked at"),
        pytest.param(Region({"batch": []}), EAST, {"cluster": cluster_arn("batch")}, id="one cluster"),
        pytest.param(Region({"batch": []}), None, {}, id="another account"),
    ],
)
def test_jobs_that_cannot_be_seen_are_named_and_have_no_part_in_the_state(
    world: Region, place: str | None, options: dict[str, Any], tmp_path: Path
) -> None:
    ledger = write_entries(tmp_path, ended("west", elsewhere={"east": place}))

    warnings: list[str] = []
    found = world.find(warnings=warnings, ledger=ledger, **options)

    assert (found.state, found.exit_status, found.unbegun) == ("succeeded", 0, ())
    assert found.elsewhere == ("east",)
    assert warnings == [
        f"run {RUN} has jobs in other accounts, or in regions that are not looked at: east",
    ]


def test_of_many_jobs_elsewhere_some_are_named(tmp_path: Path) -> None:
    names = [f"job-{number}" for number in range(5)]
    members: dict[str, Any] = {"jobs": ("west", *names), "elsewhere": dict.fromkeys(names)}
    ledger = write_entries(tmp_path, replace(WEST, **members))
    warnings: list[str] = []

    Region({"batch": []}).find(warnings=warnings, ledger=ledger)

    assert [each.partition(": ")[2] for each in warnings] == ["job-0, job-1, job-2 and 2 more"]


def test_the_list_of_a_region_is_about_its_own_jobs(tmp_path: Path) -> None:
    session = Region({"batch": []}).session(ledger=write_entries(tmp_path, WEST))

    (found,) = session.run(list_runs(session, remembered=True))

    assert (found.state, [each.name for each in found.jobs], found.unbegun) == ("succeeded", ["west"], ())
