"""`reuse: recent`: definitions that share a family find their revisions again, in any order."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan.terms.observed import AskRecent, Aws, Body
from ecsplan_applier.aws.operations import LIST_TASK_DEFINITIONS, Operation
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import StalePlanError
from ecsplan_applier.outcomes.events import Registered, Reused

Begin = Callable[..., Stage]

EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]
HERE = Aws()


@pytest.fixture
def world(stage: Begin) -> Stage:
    return stage({"tasks": [{"timeline": EXITS}]})


def manifest(number: int, reuse: str = "recent") -> str:
    return f"name: job{number}\nfamily: hello\nreuse: {reuse}\nimage: alpine:{number}\n"


def history(documents: int, length: int, seed: int) -> list[int]:
    """Return an order in which each of the documents occurs at least once."""
    draw = random.Random(seed)
    order = [*range(documents), *(draw.randrange(documents) for _ in range(length - documents))]
    draw.shuffle(order)
    return order


@pytest.mark.parametrize(("documents", "seed"), [(1, 1), (2, 2), (3, 3), (3, 4), (5, 5), (10, 6), (10, 7)])
def test_any_order_of_documents_makes_one_revision_each(world: Stage, documents: int, seed: int) -> None:
    for number in history(documents, 3 * documents, seed):
        world.apply(world.compile(manifest(number)))

    assert len(world.revisions()) == documents


@pytest.mark.parametrize("seed", [1, 2])
def test_documents_of_one_plan_make_one_revision_each(world: Stage, seed: int) -> None:
    for _ in range(2):
        order = random.Random(seed).sample(range(4), 4)
        world.apply(world.compile("---\n".join(manifest(each) for each in order)))

    assert len(world.revisions()) == 4


def test_offline_plans_find_recent_revisions_when_they_are_applied(world: Stage) -> None:
    for number in (1, 2, 1, 2):
        world.apply(world.compile(manifest(number), offline=True))

    assert world.revisions() == [1, 2]


def test_by_default_only_the_newest_revision_counts(world: Stage) -> None:
    for number in (1, 2, 1):
        world.apply(world.compile(manifest(number, "latest")))

    assert world.revisions() == [1, 2, 3]


def test_the_plan_names_the_revision_and_the_newest_one(world: Stage) -> None:
    for number in (1, 2):
        world.apply(world.compile(manifest(number)))

    definition = world.compile(manifest(1)).jobs[0].definition

    assert getattr(definition.decision, "arn", "").endswith("hello:1")
    assert str(definition.latest).endswith("hello:2")


def test_an_eleventh_revision_is_out_of_sight(world: Stage) -> None:
    for number in range(11):
        world.apply(world.compile(manifest(number)))

    assert world.compile(manifest(1)).jobs[0].definition.decision.action == "reuse"
    assert world.compile(manifest(0)).jobs[0].definition.decision.action == "register"


def test_a_recent_revision_that_is_no_longer_active_is_not_reused(world: Stage) -> None:
    for number in (1, 2):
        world.apply(world.compile(manifest(number)))
    plan = world.compile(manifest(1))
    world.deregister(str(getattr(plan.jobs[0].definition.decision, "arn", "")))

    with pytest.raises(StalePlanError):
        world.apply(plan)
    assert world.compile(manifest(1)).jobs[0].definition.decision.action == "register"


def test_what_was_registered_since_is_reused_though_it_is_not_the_newest(world: Stage) -> None:
    plan = world.compile(manifest(1))
    for number in (1, 2):
        world.apply(world.compile(manifest(number)))

    played = world.apply(plan)

    assert [each.arn.rpartition(":")[2] for each in played.of(Reused)] == ["1"]
    assert played.of(Registered) == []


def test_something_else_registered_since_makes_the_plan_stale(world: Stage) -> None:
    plan = world.compile(manifest(1))
    world.register()

    with pytest.raises(StalePlanError):
        world.apply(plan)
    assert world.apply(plan, refresh=True).status == 0


def test_recent_revisions_are_asked_for_only_where_the_newest_differs(world: Stage) -> None:
    world.apply(world.compile(manifest(1)))
    world.endpoint.forget_calls()

    world.compile(manifest(1))
    assert world.calls("ListTaskDefinitions") == []
    world.compile(manifest(2))
    assert world.calls("ListTaskDefinitions") == ["ListTaskDefinitions"]


class Listing:
    """A gateway that lists revisions in pages, in the order that the test wants, with another family's."""

    def __init__(self, world: Stage, *, size: int, newest_first: bool) -> None:
        self._world = world
        self._size = size
        self._newest_first = newest_first
        self.pages = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.gateway, name)

    def call(self, target: Any, operation: Operation, request: Body) -> Body:
        if operation is not LIST_TASK_DEFINITIONS:
            return self._world.gateway.call(target, operation, request)
        self.pages += 1
        answer: Mapping[str, Any] = self._world.gateway.call(target, operation, {"familyPrefix": "hello"})
        arns = [
            each for arn in answer["taskDefinitionArns"] for each in (arn, arn.replace("hello:", "hello-2:"))
        ]
        arns = arns[::-1] if self._newest_first else arns
        start = int(request.get("nextToken", "0"))
        page = {"taskDefinitionArns": arns[start : start + self._size]}
        return page | ({"nextToken": str(start + self._size)} if start + self._size < len(arns) else {})


@pytest.mark.parametrize(("newest_first", "pages"), [(True, 5), (False, 6)])
def test_pages_are_read_until_there_are_ten(world: Stage, newest_first: bool, pages: int) -> None:
    for number in range(12):
        world.register(containerDefinitions=[{"name": "main", "image": f"i:{number}", "memory": 64}])
    gateway = Listing(world, size=4, newest_first=newest_first)

    (found,) = (
        Observer(gateway=gateway, clock=world.clock, workers=0).answer([AskRecent(HERE, "hello")]).values()
    )

    assert isinstance(found, tuple)
    assert [getattr(each, "arn", "").rpartition(":")[2] for each in found] == [
        str(each) for each in range(12, 2, -1)
    ]
    assert gateway.pages == pages


def test_a_family_without_revisions_has_no_recent_ones(world: Stage) -> None:
    found = Observer(gateway=world.gateway, clock=world.clock, workers=0).answer([AskRecent(HERE, "hello")])

    assert found == {AskRecent(HERE, "hello"): ()}
