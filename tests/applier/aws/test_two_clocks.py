"""AWS's clock and this machine's differ: no limit depends on it, and nothing new is taken for old."""

from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from apply_stage import OwnedClock, Stage

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.clock_offset import AwsClock
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.events import TaskStarted

Begin = Callable[..., Stage]

HERE = Target("us-east-1", None, None, None)
SKEWS = [-290.0, -70.0, 0.0, 4.0, 70.0, 200.0, 290.0]
LIFE = [{"at": 3, "status": "RUNNING"}, {"at": 50, "status": "STOPPED", "exitCode": 3}]
FOREVER = [{"at": 3, "status": "RUNNING"}]


class Skewed(OwnedClock):
    """A clock of this machine that is ahead of AWS's."""

    def __init__(self, world: Stage, ahead_s: float) -> None:
        super().__init__(world.clock.scripted)
        self._ahead_s = ahead_s

    def now(self) -> float:
        return super().now() + self._ahead_s


class Dated:
    """A gateway whose answers have other `Date` headers, or none."""

    def __init__(self, world: Stage, date: Callable[[str, int], str | None]) -> None:
        self._inner = world.gateway
        self._date = date
        self._number = 0

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = self._inner.call(target, operation, request)
        metadata = answer["ResponseMetadata"]
        self._number += 1
        date = self._date(metadata["HTTPHeaders"]["date"], self._number)
        headers = {"date": date} if date is not None else {}
        return {**answer, "ResponseMetadata": {**metadata, "HTTPHeaders": headers}}


@pytest.mark.parametrize("ahead_s", SKEWS)
@pytest.mark.parametrize("run_id", ["run", None], ids=["run id", "no run id"])
@pytest.mark.parametrize(
    "limits",
    ["", "task_start_timeout_seconds: 5\n", "task_timeout_seconds: 60\n"],
    ids=["none", "start", "end"],
)
def test_a_new_task_has_all_of_its_time(
    stage: Begin, ahead_s: float, run_id: str | None, limits: str
) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    plan = world.compile("image: alpine\n" + limits)

    played = world.apply(plan, run_id=run_id, clock=Skewed(world, ahead_s))

    assert played.status == 3
    assert [each.attached for each in played.of(TaskStarted)] == [False]


@pytest.mark.parametrize("ahead_s", SKEWS)
def test_an_old_task_has_the_rest_of_its_time(stage: Begin, ahead_s: float) -> None:
    world = stage({"tasks": [{"timeline": FOREVER}]})
    plan = world.compile("image: alpine\ntask_timeout_seconds: 100\n")
    world.apply(plan, run_id="run", detach=True)
    world.clock.scripted.advance(60)

    played = world.apply(plan, run_id="run", clock=Skewed(world, ahead_s))

    task = world.tasks()[0]
    assert (played.status, [each.attached for each in played.of(TaskStarted)]) == (124, [True])
    assert (task["stoppedAt"] - task["startedAt"]).total_seconds() == pytest.approx(100, abs=8)


@pytest.mark.parametrize("ahead_s", [-290.0, 290.0])
@pytest.mark.parametrize(
    "date",
    [
        pytest.param(lambda date, number: date if number < 3 else None, id="none any more"),
        pytest.param(lambda date, number: date if number < 3 else "", id="empty"),
        pytest.param(lambda date, number: date if number < 3 else "soon", id="a word"),
        pytest.param(lambda date, number: date if number < 3 else formatdate(0), id="1970"),
        pytest.param(
            lambda date, number: date if number < 3 else "Fri, 99 Foo 2027 99:99:99 GMT", id="no date"
        ),
        pytest.param(
            lambda date, number: date if number < 3 else "Fri, 31 Dec 99999 10:00:00 GMT", id="far off"
        ),
        pytest.param(lambda date, _: date.replace("GMT", "-0000"), id="another zone"),
        pytest.param(lambda date, _: date.partition(", ")[2], id="no weekday"),
        pytest.param(lambda date, _: date.lower(), id="lower case"),
    ],
)
def test_odd_dates_change_nothing(stage: Begin, ahead_s: float, date: Any) -> None:
    world = stage({"tasks": [{"timeline": FOREVER}]})
    plan = world.compile("image: alpine\ntask_timeout_seconds: 100\n")
    world.apply(plan, run_id="run", detach=True)
    world.clock.scripted.advance(60)

    played = world.apply(plan, run_id="run", clock=Skewed(world, ahead_s), gateway=Dated(world, date))

    task = world.tasks()[0]
    assert played.status == 124
    assert (task["stoppedAt"] - task["startedAt"]).total_seconds() == pytest.approx(100, abs=8)


def test_without_any_date_the_clocks_are_taken_for_the_same(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    gateway = Dated(world, lambda *_: None)

    played = world.apply(
        world.compile("image: alpine\n"), run_id="run", clock=Skewed(world, 200), gateway=gateway
    )

    assert played.status == 3


@pytest.mark.parametrize("metadata", [None, 5, {}, {"HTTPHeaders": None}, {"HTTPHeaders": {"date": 7}}])
def test_an_answer_without_a_readable_date_keeps_the_offset(stage: Begin, metadata: object) -> None:
    local = OwnedClock(stage().clock.scripted)
    clock = AwsClock(local)
    date = formatdate(local.now() + 60, usegmt=True)
    clock.observe(HERE, {"ResponseMetadata": {"HTTPHeaders": {"date": date}}})

    clock.observe(HERE, {"ResponseMetadata": metadata})

    assert clock.now(HERE) - local.now() == pytest.approx(60, abs=1)
    assert clock.now(HERE.in_region("eu-west-1")) == local.now()
