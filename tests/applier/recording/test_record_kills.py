"""Kills at every write of the ledger and every RunTask: no task is ever asked for that no entry knows."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from apply_stage import Stage
from recorded_jobs import DONE, FAILS, HELLO, lives, store_of
from scripted_ledger import MemoryStore

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import RUN_TASK, Operation

Begin = Callable[..., Stage]
# What a killed apply was about to do is never begun.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning"
)
AGAIN = "retry: {attempts: 3, on: [failure]}\n"
JOBS = {
    "one task": HELLO,
    "one task, tried again": HELLO + AGAIN,
    "copies, tried again": HELLO + "count: 3\n" + AGAIN,
    "an array, one at a time": HELLO + "array: 3\nmax_parallel: 1\n" + AGAIN,
    "copies, two at a time": HELLO + "count: 4\nmax_parallel: 2\n" + AGAIN,
}


class Killed(BaseException):
    """The process is gone."""


class Spied:
    """A gateway by which an apply is killed at one of its RunTask calls.

    Args:
        gateway: The way to the endpoint.
        at: Called before each RunTask with its request, and after it with None.
    """

    def __init__(self, gateway: Gateway, at: Callable[[Body | None], None]) -> None:
        self._gateway = gateway
        self._at = at

    def target(self, aws: Aws) -> Target:
        return self._gateway.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation is not RUN_TASK:
            return self._gateway.call(target, operation, request)
        self._at(request)
        answer = self._gateway.call(target, operation, request)
        self._at(None)
        return answer


def attempts_known(store: MemoryStore) -> int:
    """Return how many attempts of copies the ledger knows to have been asked for."""
    copies = [copy for each in store.entries for copy in each.copies]
    known = [len(each.earlier) + (each.is_open or each.has_ended) for each in copies]
    return sum(known)


@pytest.mark.parametrize("job", JOBS)
def test_nothing_is_asked_for_that_the_ledger_does_not_know(stage: Begin, job: str) -> None:
    world = stage(lives(FAILS, FAILS, DONE))
    store, asked, tokens = store_of(world), 0, set[object]()

    def compare(request: Body | None) -> None:
        nonlocal asked
        if request is not None and request["clientToken"] not in tokens:
            tokens.add(request["clientToken"])
            asked += int(request["count"])
            assert asked <= attempts_known(store)

    ended = world.apply(world.compile(JOBS[job]), ledger=store.ledger, gateway=Spied(world.gateway, compare))

    assert ended.summary.failure is None
    assert asked == len(world.tasks()) == attempts_known(store)


def points(world: Stage, job: str, store: MemoryStore) -> int:
    """Return at how many points an apply of a job can be killed here."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1

    store.meanwhile, store.after = count, count
    world.apply(world.compile(JOBS[job]), ledger=store.ledger, gateway=Spied(world.gateway, count))
    return seen


@pytest.mark.parametrize("job", JOBS)
def test_wherever_it_is_killed_each_attempt_is_made_once(stage: Begin, job: str) -> None:
    script = lives(FAILS, FAILS, DONE)
    first = stage(script)
    number = points(first, job, store_of(first))
    assert number >= 6

    for point in range(number):
        killed_at(stage(script), job, point)


def killed_at(world: Stage, job: str, point: int) -> None:
    """Kill an apply at a point, apply again with its run id, and compare what has run with the ledger."""
    plan, store, left = world.compile(JOBS[job]), store_of(world), point

    def kill(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    store.meanwhile, store.after = kill, kill
    with pytest.raises(Killed):
        world.apply(plan, ledger=store.ledger, run_id="r", gateway=Spied(world.gateway, kill))
    store.meanwhile = store.after = None
    started = len(world.tasks())
    assert started <= attempts_known(store), point

    ended = world.apply(plan, ledger=store.ledger, run_id="r")

    arns = [each.arn for task in ended.summary.tasks for each in task.attempts]
    assert ended.status == (3 if job == "one task" else 0), (point, ended.said)
    assert len(set(arns)) == len(arns), point
    assert sorted(map(str, arns)) == sorted(each["taskArn"] for each in world.tasks()), point
    assert attempts_known(store) == len(arns), point
    assert all(each.has_ended for each in store.entries), point
    assert all(count == 1 for count in Counter(map(which, world.tasks())).values()), point


def which(task: Mapping[str, Any]) -> object:
    """Return which attempt of which copy of an array a task is; of other jobs, which task."""
    environment = task["overrides"]["containerOverrides"][0].get("environment", [])
    found = {each["name"]: each["value"] for each in environment}
    return (found["ECSPLAN_INDEX"], found["ECSPLAN_ATTEMPT"]) if found else task["taskArn"]
