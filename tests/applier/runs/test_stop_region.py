"""`stop` in a region that a test writes down: the ledger, several clusters, ARNs of the old format."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from run_world import RUN, Region, entry, open_copy, recorded, task, task_arn, write_entries

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, UnknownRunError, UsageError
from ecsplan_applier.runs.stop.stop_run import stop_target
from ecsplan_applier.runs.stop.stopped import StoppedRun
from ecsplan_applier.runs.stop.target import read_target

OLD_ARN = "arn:aws:ecs:eu-west-1:111122223333:task/0f9de17a-6465-404e-8b1b-2356dc13c2f8"


@dataclass
class Stoppable(Region):
    """A region whose tasks can be stopped.

    Attributes:
        fails_after: So many calls succeed; None: all.
        regions: The regions in which StopTask was called.
    """

    fails_after: int | None = None
    regions: list[str] = field(default_factory=list)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if self.fails_after is not None and len(self.requests) >= self.fails_after:
            raise AwsError(operation.name, "AccessDeniedException", "not today", status=400)
        if operation.name != "StopTask":
            return super().call(target, operation, request)
        self.requests.append((operation.name, request))
        self.regions.append(target.region)
        for tasks in self.clusters.values():
            for each in tasks:
                if each["taskArn"] == request["task"]:
                    assert isinstance(each, dict)
                    each |= {"desiredStatus": "STOPPED", "stoppedReason": request["reason"]}
                    return {"task": each}
        raise AwsError(
            "StopTask", "InvalidParameterException", "The referenced task was not found.", status=400
        )

    def stop(self, named: str = RUN, warnings: list[str] | None = None, **options: Any) -> StoppedRun:
        session = self.session(warnings, **options)
        target = read_target(named, options.get("cluster"))
        return session.run(stop_target(session, target, "enough", lambda _: None))


def stopped(region: Region) -> list[str]:
    tasks = [each for found in region.clusters.values() for each in found]
    return sorted(each["taskArn"] for each in tasks if each.get("stoppedReason") == "enough")


def running(number: int = 1, **members: Any) -> RecordedCopy:
    return open_copy(task_arn=task_arn(number), cluster="batch", **members)


def ended() -> RecordedCopy:
    return running(result=recorded())


def test_jobs_that_have_not_begun_are_named(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path / "ledger", entry(running(), jobs=("etl", "load", "report")))
    region = Stoppable({"batch": [task(1)]})

    done = region.stop(ledger=ledger)

    assert [(each.label, each.identifier) for each in done.tasks] == [("etl", f"batch::{task_arn(1)}")]
    assert (done.starting, done.unsettled) == (("load", "report"), None)


def test_a_copy_that_was_asked_for_and_has_no_task_may_still_start(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path / "ledger", entry(open_copy(asked=999.0)))
    region = Stoppable({"batch": []})

    done = region.stop(ledger=ledger)

    assert (done.tasks, done.starting) == ((), ("etl",))


def test_a_copy_that_may_be_tried_again_may_still_start(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path / "ledger", entry(running(asked=980.0), open_copy(2), attempts=2))
    region = Stoppable({"batch": [task(1, code=5, created=985, stopped=999)]})

    done = region.stop(ledger=ledger)

    assert (done.tasks, "etl/1" in done.starting) == ((), True)


def test_a_task_is_stopped_that_runs_on_though_the_ledger_saw_the_run_end(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path / "ledger", entry(ended(), jobs=("etl",)))
    region = Stoppable({"batch": [task(1, code=0), task(2)]})

    done = region.stop(ledger=ledger)

    assert stopped(region) == [task_arn(2)]
    assert (len(done.tasks), done.starting, done.unsettled) == (1, (), None)


def test_a_run_that_has_ended_by_what_the_ledger_and_ecs_know(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path / "ledger", entry(ended(), jobs=("etl",)))
    region = Stoppable({"batch": []})

    done = region.stop(ledger=ledger)

    assert (done.tasks, done.starting, done.unsettled) == ((), (), None)
    assert "StopTask" not in region.calls


def test_a_run_has_not_ended_that_may_run_in_a_cluster_that_refuses(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path / "ledger", entry(running(), cluster="batch"))
    region = Stoppable({"batch": [task(1)], "spare": []}, refused={"batch": "AccessDeniedException"})

    done = region.stop(ledger=ledger)

    assert done.tasks == ()
    assert "etl: its end is not recorded, and not every cluster could be" in str(done.unsettled)


def test_a_run_of_another_cluster_is_not_known_in_the_named_one(tmp_path: Path) -> None:
    ledger = write_entries(tmp_path / "ledger", entry(running(), cluster="batch"))
    region = Stoppable({"batch": [task(1)], "spare": []})

    with pytest.raises(UnknownRunError, match="which has it in cluster batch"):
        region.stop(ledger=ledger, cluster="spare")

    assert "StopTask" not in region.calls


def test_every_cluster_is_searched_and_one_that_refuses_is_a_warning() -> None:
    clusters = {"a": [task(1, cluster="a")], "b": [task(2, cluster="b")], "c": [task(3, cluster="c")]}
    region = Stoppable(clusters, refused={"b": "AccessDeniedException"})
    warnings: list[str] = []

    done = region.stop(warnings=warnings)

    assert (
        sorted(each.arn for each in done.tasks)
        == stopped(region)
        == [
            task_arn(1, "a"),
            task_arn(3, "c"),
        ]
    )
    assert len([each for each in warnings if "cluster b" in each]) == 1


def test_only_the_named_cluster_is_searched() -> None:
    region = Stoppable({"a": [task(1, cluster="a")], "b": [task(2, cluster="b")]})

    region.stop(cluster="b")

    assert stopped(region) == [task_arn(2, "b")]
    assert "ListClusters" not in region.calls


def test_a_run_that_cannot_be_looked_at_again_is_stopped_nevertheless() -> None:
    region = Stoppable({"batch": [task(1)]})
    region.stop()
    calls_until_stopped = region.calls.index("StopTask") + 1
    again = Stoppable({"batch": [task(1)]}, fails_after=calls_until_stopped)

    done = again.stop()

    assert stopped(again) == [task_arn(1)]
    assert done.failed == ()
    assert "whether the run has started further tasks is not known" in str(done.unsettled)


def test_an_arn_of_the_old_format_is_searched_for() -> None:
    region = Stoppable({"a": [task(1, cluster="a")], "b": [task(2, cluster="b") | {"taskArn": OLD_ARN}]})

    done = region.stop(OLD_ARN)

    assert stopped(region) == [OLD_ARN]
    assert [each.identifier for each in done.tasks] == [f"b::{OLD_ARN}"]


@pytest.mark.parametrize("named", ["{arn}", "batch::{arn}"], ids=["ARN", "CLUSTER::TASK_ARN"])
def test_the_region_is_that_of_the_arn(named: str) -> None:
    arn = "arn:aws:ecs:ap-south-1:111122223333:task/batch/" + "0" * 31 + "7"
    region = Stoppable({"batch": [task(7) | {"taskArn": arn}]})

    region.stop(named.format(arn=arn))

    assert region.regions == ["ap-south-1"]


def test_a_hundred_tasks_are_asked_once_each() -> None:
    region = Stoppable({"batch": [task(number) for number in range(250)]})

    done = region.stop()

    assert len(done.tasks) == 250
    assert region.calls.count("StopTask") == 250
    assert done.unsettled is None


@pytest.mark.parametrize(
    ("named", "kind", "message"),
    [
        pytest.param("0" * 32, ApplierError, "not known|not today", id="an id"),
        pytest.param(OLD_ARN, ApplierError, "ListClusters.*not today", id="an ARN of the old format"),
        pytest.param(RUN, ApplierError, "ListClusters.*not today", id="a run"),
        pytest.param("c::d", UsageError, "names no task", id="nothing"),
    ],
)
def test_clusters_that_cannot_be_listed(named: str, kind: type[ApplierError], message: str) -> None:
    region = Stoppable({"batch": [task(1)]}, refused={"ListClusters": "AccessDeniedException"})

    with pytest.raises(kind, match=message):
        region.stop(named)
