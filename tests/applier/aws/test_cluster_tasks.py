"""Listing and describing a cluster's tasks: all pages, a hundred at a time, and no apply context needed."""

from typing import Any

import pytest

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.cluster_tasks import (
    Place,
    TaskFilter,
    describe_tasks,
    find_tasks,
    list_task_arns,
)
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_TASKS, LIST_TASKS, Operation
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop

TARGET = Target("us-east-1", None, None, None)
PLACE = Place(TARGET, "batch")
PAGE = 100


def arn(number: int) -> str:
    return f"arn:aws:ecs:us-east-1:000000000000:task/batch/{number:032x}"


class Cluster:
    """A gateway to a cluster with numbered tasks; some are listed and can no longer be described."""

    def __init__(self, tasks: int, gone: frozenset[int] = frozenset(), error: AwsError | None = None) -> None:
        self.arns = [arn(number) for number in range(tasks)]
        self.gone = {arn(number) for number in gone}
        self.error = error
        self.requests: list[tuple[str, Body]] = []

    def target(self, aws: Aws) -> Target:
        del aws
        return TARGET

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        assert target is TARGET
        self.requests.append((operation.name, request))
        if self.error is not None:
            raise self.error
        if operation is LIST_TASKS:
            begin = int(request.get("nextToken", 0))
            more = {"nextToken": str(begin + PAGE)} if begin + PAGE < len(self.arns) else {}
            return {"taskArns": self.arns[begin : begin + PAGE], **more}
        assert operation is DESCRIBE_TASKS
        asked = request["tasks"]
        shown = [
            {"taskArn": each, "lastStatus": "RUNNING"} for each in reversed(asked) if each not in self.gone
        ]
        missing = [{"arn": each, "reason": "MISSING"} for each in asked if each in self.gone]
        return {"tasks": shown, "failures": missing}

    def caller(self) -> Caller:
        return Caller(self, Loop(SystemClock(), workers=0))

    def asked(self, name: str) -> list[Body]:
        return [request for operation, request in self.requests if operation == name]


@pytest.mark.parametrize(
    ("tasks", "pages"),
    [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)],
    ids=["none", "one", "a page", "one more", "several pages"],
)
def test_all_pages_are_listed(tasks: int, pages: int) -> None:
    cluster = Cluster(tasks)
    caller = cluster.caller()

    found = caller.loop.run(list_task_arns(caller, PLACE, TaskFilter(started_by="ecsplan/a")))

    assert found == cluster.arns
    assert len(cluster.asked("ListTasks")) == pages


@pytest.mark.parametrize(
    ("wanted", "members"),
    [
        pytest.param(TaskFilter(), {}, id="no filter"),
        pytest.param(TaskFilter(started_by="ecsplan/a"), {"startedBy": "ecsplan/a"}, id="startedBy"),
        pytest.param(TaskFilter(family="etl"), {"family": "etl"}, id="family"),
        pytest.param(
            TaskFilter(family="etl", desired_status="STOPPED"),
            {"family": "etl", "desiredStatus": "STOPPED"},
            id="stopped of a family",
        ),
    ],
)
@pytest.mark.parametrize(
    ("place", "cluster_member"),
    [
        pytest.param(PLACE, {"cluster": "batch"}, id="named"),
        pytest.param(Place(TARGET, None), {}, id="default"),
    ],
)
def test_what_is_asked(
    wanted: TaskFilter, members: Body, place: Place, cluster_member: dict[str, Any]
) -> None:
    cluster = Cluster(1)
    caller = cluster.caller()

    caller.loop.run(find_tasks(caller, place, wanted))

    assert cluster.asked("ListTasks") == [{**cluster_member, **members}]
    assert cluster.asked("DescribeTasks") == [{**cluster_member, "tasks": [arn(0)], "include": ["TAGS"]}]


@pytest.mark.parametrize(("tasks", "calls"), [(0, 0), (100, 1), (101, 2), (300, 3)])
def test_a_hundred_tasks_are_described_with_a_call(tasks: int, calls: int) -> None:
    cluster = Cluster(tasks)
    caller = cluster.caller()

    found = caller.loop.run(describe_tasks(caller, PLACE, cluster.arns, tags=False))

    assert [each.arn for each in found] == cluster.arns
    assert len(cluster.asked("DescribeTasks")) == calls
    assert all("include" not in each and len(each["tasks"]) <= 100 for each in cluster.asked("DescribeTasks"))


def test_tasks_that_ecs_no_longer_shows_are_left_out() -> None:
    cluster = Cluster(4, gone=frozenset({1, 2}))
    caller = cluster.caller()

    found = caller.loop.run(find_tasks(caller, PLACE, TaskFilter()))

    assert [each.arn for each in found] == [arn(0), arn(3)]


def test_tasks_that_are_skipped_are_not_described() -> None:
    cluster = Cluster(3)
    caller = cluster.caller()

    found = caller.loop.run(find_tasks(caller, PLACE, TaskFilter(), skip=lambda each: each == arn(1)))

    assert [each.arn for each in found] == [arn(0), arn(2)]
    assert cluster.asked("DescribeTasks")[0]["tasks"] == [arn(0), arn(2)]


def test_as_many_pages_are_read_as_are_wanted() -> None:
    cluster = Cluster(500)
    caller = cluster.caller()

    found = caller.loop.run(list_task_arns(caller, PLACE, TaskFilter(), max_pages=2))

    assert found == cluster.arns[:200]


def test_a_cluster_that_does_not_exist_has_no_tasks() -> None:
    cluster = Cluster(0, error=AwsError("ListTasks", "ClusterNotFoundException", "Cluster not found."))
    caller = cluster.caller()

    assert caller.loop.run(find_tasks(caller, PLACE, TaskFilter())) == []


def test_a_refusal_names_what_was_listed() -> None:
    error = AwsError("ListTasks", "AccessDeniedException", "no", status=400)
    caller = Cluster(0, error=error).caller()

    with pytest.raises(AwsError, match="ListTasks of family etl: AccessDeniedException"):
        caller.loop.run(list_task_arns(caller, PLACE, TaskFilter(family="etl")))
