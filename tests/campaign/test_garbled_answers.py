"""AWS answers that are not as documented: never a traceback, never a task that nobody knows of."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from campaign.scenarios import LINES, SCENARIOS, Scenario
from campaign.test_faults import undisturbed
from campaign.world import World

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import SdkGateway, Target
from ecsplan_applier.aws.operations import Operation

ODD: tuple[Any, ...] = (None, "", "UNKNOWN", 0, -1, 2**70, True, [], {}, [None], [[]], ["x"], {"x": 1}, 1.5)
"""What stands where something else should."""
MUTANTS = 25
"""Garbled answers of one test."""


class Garbled:
    """A gateway that alters the answer of one call."""

    def __init__(
        self, gateway: SdkGateway, operation: str, number: int, alter: Callable[[Body], Any]
    ) -> None:
        self._gateway = gateway
        self._operation = operation
        self._number = number
        self._alter = alter
        self._count = 0

    def target(self, aws: Aws) -> Target:
        return self._gateway.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = self._gateway.call(target, operation, request)
        if operation.name != self._operation:
            return answer
        self._count += 1
        altered: Body = self._alter(copy.deepcopy(dict(answer))) if self._count == self._number else answer
        return altered


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each member and item of an answer."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if key != "ResponseMetadata":
            yield (*path, key)
            yield from places(inner, (*path, key))


def mutant(draw: random.Random) -> Callable[[Body], object]:
    """Return what removes, replaces or doubles one member or item of an answer, anywhere in it."""

    def alter(answer: Body) -> object:
        found = list(places(answer))
        if not found:
            return answer
        # Members near the top matter most; a drawn depth gives them their share.
        depth = draw.randint(1, max(len(each) for each in found))
        *way, last = draw.choice([each for each in found if len(each) == depth])
        inside: Any = answer
        for key in way:
            inside = inside[key]
        match draw.randrange(3):
            case 0:
                del inside[last]
            case 1 if isinstance(inside, list):
                inside.append(copy.deepcopy(inside[last]))
            case _:
                inside[last] = copy.deepcopy(draw.choice(ODD))
        return answer

    return alter


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("scenario", SCENARIOS[:4], ids=lambda each: each.name)
def test_one_answer_is_garbled(world: World, scenario: Scenario, part: int) -> None:
    calls = undisturbed(world, scenario)
    draw = random.Random(f"{scenario.name} {part}")

    for _ in range(MUTANTS):
        operation, number = draw.choice(calls)
        check(world, scenario, operation, number, mutant(draw))


def odd_events(answer: Body) -> Body:
    odd = [{"timestamp": [], "message": {}}, {"timestamp": None}, {}]
    return {**answer, "events": [*odd, *answer["events"]]}


def garbled_twice(answer: Body) -> Body:
    return {**answer, "tasks": [*answer["tasks"], *answer["tasks"]]}


def no_tasks(answer: Body) -> Body:
    return {"tasks": [], "failures": []}


@pytest.mark.parametrize(
    ("operation", "number", "alter"),
    [
        pytest.param("GetLogEvents", 2, odd_events, id="events of other types"),
        pytest.param("RunTask", 1, garbled_twice, id="more tasks than asked for"),
        pytest.param("RunTask", 1, no_tasks, id="neither tasks nor failures"),
        pytest.param("DescribeTasks", 2, no_tasks, id="a task that is not described"),
        pytest.param("RegisterTaskDefinition", 1, lambda _: {}, id="nothing registered"),
    ],
)
def test_garbled_as_seen(world: World, operation: str, number: int, alter: Callable[[Body], object]) -> None:
    check(world, SCENARIOS[0], operation, number, alter)


def check(
    world: World, scenario: Scenario, operation: str, number: int, alter: Callable[[Body], object]
) -> None:
    """Carry a scenario out with one garbled answer: no exception of another kind, and no task forgotten."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family)
    seen: list[str] = []

    def show(answer: Body) -> object:
        altered = alter(answer)
        seen.append(json.dumps(altered, default=str))
        return altered

    played = world.apply(plan, family, gateway=Garbled(world.gateway(), operation, number, show))

    found = world.found(family)
    context = f"{operation} {number}: {seen}\n{played.text}"
    forgotten = [arn for arn in found.running if arn not in played.text]
    assert not forgotten, context
    assert len(found.tasks) <= scenario.slots, context
    assert len(found.active) + len(found.inactive) <= scenario.documents + bool(scenario.prepared), context
    assert played.status in {scenario.status, 0, 1, 122, 124, 125, 126}, context
    if played.status == 0:
        assert len(found.tasks) == scenario.slots, context
    assert {line for _, line in played.lines} <= {*LINES, *map(str, ODD), ""}, context
