"""Starts whose answers are lost: what they started is found, stopped after a signal, and claimed once."""

import signal
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.context import Interrupt
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SessionError
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
TASK = {
    "timeline": [{"at": 1, "status": "RUNNING"}, {"at": 900, "status": "STOPPED", "exitCode": 0}],
    "on_stop": [{"at": 1, "status": "STOPPED", "exitCode": 143}],
}
LOST = {"operation": "RunTask", "action": "reset-after", "calls": "1-1000"}
"""More answers than any retry policy waits for."""
ENDING = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]


def foreign(world: Stage) -> str:
    """Start a task of another run, and return its ARN."""
    played = world.apply(world.compile("image: busybox\n", file="foreign.yaml"), detach=True)
    return str(played.summary.tasks[0].arn)


class Losing:
    """A gateway that spoils RunTask calls: `spoil` gets the request, and makes the call or does not."""

    def __init__(self, world: Stage, spoil: Callable[[Callable[[], Body], Body], Body]) -> None:
        self._inner = world.gateway
        self._spoil = spoil

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation.name != "RunTask":
            return self._inner.call(target, operation, request)
        return self._spoil(lambda: self._inner.call(target, operation, request), request)


def test_a_start_that_is_lost_for_good_is_stopped_after_a_signal(stage: Begin) -> None:
    world = stage({"tasks": [TASK], "rules": [LOST]})
    plan = world.compile(HELLO)
    interrupt = Interrupt()
    world.endpoint.after("RunTask", 1, lambda _: interrupt.send(signal.SIGINT))

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 130
    assert [each["lastStatus"] for each in world.tasks()] == ["STOPPED"]
    assert len(world.calls("StopTask")) == 1
    assert [each.arn for each in played.summary.tasks] == [each["taskArn"] for each in world.tasks()]


def test_a_start_whose_answer_is_garbled_is_stopped_after_a_signal(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(HELLO)
    interrupt = Interrupt()

    def garbled(call: Callable[[], Body], _: Body) -> Body:
        if not interrupt.count:
            interrupt.send(signal.SIGINT)
        return {**call(), "tasks": "none"}

    played = world.apply(plan, interrupt=interrupt, gateway=Losing(world, garbled))

    assert played.status == 130
    assert [each["lastStatus"] for each in world.tasks()] == ["STOPPED"]
    assert len(world.calls("StopTask")) == 1


def test_a_start_that_must_become_known_is_asked_for_with_pauses_after_a_signal(stage: Begin) -> None:
    down = {"operation": "RunTask", "action": "error", "calls": "1-2000"}
    world = stage({"tasks": [TASK], "rules": [down]})
    plan = world.compile(HELLO)
    interrupt = Interrupt()
    world.endpoint.before("RunTask", 1, lambda _: interrupt.send(signal.SIGINT))

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 130
    assert len(world.calls("RunTask")) < 100


def test_a_second_signal_says_which_starts_are_not_known(stage: Begin) -> None:
    world = stage({"tasks": [TASK], "rules": [LOST]})
    plan = world.compile(HELLO)
    interrupt = Interrupt()
    for number in (1, 6):
        world.endpoint.after("RunTask", number, lambda _: interrupt.send(signal.SIGINT))

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 130
    assert "it may be running; apply again with this run id" in (played.summary.tasks[0].reason or "")


def test_what_a_lost_call_started_is_found_although_another_one_is_refused(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(HELLO + "count: 12\ntask_timeout_seconds: 5\n")

    def spoil(call: Callable[[], Body], request: Body) -> Body:
        if request["count"] == 2:
            raise AwsError("RunTask", "AccessDeniedException", "not any more")
        call()
        raise AwsError("RunTask", AwsError.NO_ANSWER, "the connection was closed")

    played = world.apply(plan, gateway=Losing(world, spoil))

    named = {each.arn for each in played.summary.tasks if each.arn is not None}
    assert named == {each["taskArn"] for each in world.tasks()}
    assert len(named) == 10
    assert all("AccessDeniedException" in (each.reason or "") for each in played.summary.tasks[10:])


@pytest.mark.parametrize("lost", [pytest.param(True, id="lost"), pytest.param(False, id="not made")])
def test_a_run_id_that_is_taken_is_reported_although_another_batch_is_lost(stage: Begin, lost: bool) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(HELLO + "count: 12\ntask_timeout_seconds: 5\n")
    other = foreign(world)

    def spoil(call: Callable[[], Body], request: Body) -> Body:
        if request["count"] == 2:
            raise AwsError("RunTask", "ConflictException", "token in use", resource_ids=[other])
        if lost:
            call()
        raise AwsError("RunTask", AwsError.NO_ANSWER, "the connection was closed")

    played = world.apply(plan, gateway=Losing(world, spoil))

    assert {each.outcome for each in played.summary.tasks} == {Outcome.OTHER_REQUEST}
    assert other in (played.summary.tasks[-1].reason or "")
    assert len(world.calls("StopTask")) == len(world.tasks()) - 1 == (10 if lost else 0)


def test_what_an_earlier_apply_started_is_not_stopped_with_a_lost_batch(stage: Begin) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(HELLO + "count: 12\ntask_timeout_seconds: 5\n")
    other = foreign(world)

    def refusing(call: Callable[[], Body], request: Body) -> Body:
        if request["count"] == 2:
            raise AwsError("RunTask", "AccessDeniedException", "not these")
        return call()

    world.apply(plan, gateway=Losing(world, refusing), run_id="run", detach=True)
    world.clock.scripted.advance(60)

    def spoil(call: Callable[[], Body], request: Body) -> Body:
        if request["count"] == 1:  # of a revision that cannot exist: whether its token is known
            return call()
        if request["count"] == 2:
            raise AwsError("RunTask", "ConflictException", "token in use", resource_ids=[other])
        raise AwsError("RunTask", AwsError.NO_ANSWER, "the connection was closed")

    played = world.apply(plan, gateway=Losing(world, spoil), run_id="run")

    assert len([each for each in played.summary.tasks if each.attached]) == 10
    assert not any("another request" in str(each.get("stoppedReason")) for each in world.tasks())


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(AwsError("RunTask", AwsError.NOT_REACHED, "no connection"), id="not reached"),
        pytest.param(AwsError("RunTask", "ExpiredTokenException", "it has expired"), id="expired"),
        pytest.param(SessionError("RunTask: signed out\n  help: sign in", passing=True), id="signed out"),
        pytest.param(SessionError("RunTask: no credentials"), id="no credentials"),
    ],
)
def test_a_lost_start_is_found_whatever_becomes_of_the_next_try(stage: Begin, last: ApplierError) -> None:
    world = stage({"tasks": [{"timeline": ENDING}]})
    plan = world.compile(HELLO)
    tries: list[Body] = []

    def spoil(call: Callable[[], Body], request: Body) -> Body:
        tries.append(request)
        if len(tries) == 1:
            call()
            raise AwsError("RunTask", AwsError.NO_ANSWER, "the connection was closed")
        raise last

    played = world.apply(plan, gateway=Losing(world, spoil))

    assert [each.arn for each in played.summary.tasks] == [each["taskArn"] for each in world.tasks()]
    assert played.status == 0


def test_a_lost_start_that_cannot_be_looked_for_is_reported_as_lost(stage: Begin) -> None:
    world = stage({"tasks": [TASK], "rules": [{"operation": "ListTasks", "action": "error", "code": "Nope"}]})
    plan = world.compile(HELLO)
    tries: list[Body] = []

    def spoil(call: Callable[[], Body], request: Body) -> Body:
        tries.append(request)
        if len(tries) == 1:
            call()
            raise AwsError("RunTask", AwsError.NO_ANSWER, "the connection was closed")
        raise AwsError("RunTask", "ExpiredTokenException", "it has expired")

    played = world.apply(plan, gateway=Losing(world, spoil))

    reason = played.summary.tasks[0].reason or ""
    assert played.status == 125
    assert "RunTask of job hello: NoAnswer: the connection was closed" in reason
    assert "tried again: ExpiredTokenException: it has expired" in reason


def test_a_try_after_a_lost_one_that_finds_no_capacity_waits_for_it(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": ENDING}]})
    plan = world.compile(HELLO)
    tries: list[Body] = []

    def spoil(call: Callable[[], Body], request: Body) -> Body:
        tries.append(request)
        match len(tries):
            case 1:
                raise AwsError("RunTask", "ServerException", "internal", status=500)
            case 2:
                raise AwsError("RunTask", "ClientException", "Capacity is unavailable at this time")
            case _:
                return call()

    assert world.apply(plan, gateway=Losing(world, spoil)).status == 0


def test_a_job_does_not_claim_what_was_started_for_its_twin(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": ENDING}]})
    plan = world.compile("defaults: {image: alpine, family: twins}\njobs: {one: {}, two: {}}\n")
    first: list[Any] = []

    def spoil(call: Callable[[], Body], request: Body) -> Body:
        first.append(request["clientToken"])
        if request["clientToken"] == first[0]:
            raise AwsError("RunTask", AwsError.NO_ANSWER, "the connection was closed")
        return call()

    played = world.apply(plan, gateway=Losing(world, spoil))

    started = [each for each in played.summary.tasks if each.arn is not None]
    assert len(world.tasks()) == 1
    assert [each.outcome for each in started] == [Outcome.SUCCEEDED]
    assert played.status == 1


def test_twins_that_outlived_their_tokens_are_attached_to_one_by_one(stage: Begin) -> None:
    steps = [{"at": 1, "status": "RUNNING"}, {"at": 24 * 3600.0, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"timeline": steps}]})
    plan = world.compile("defaults: {image: alpine, family: twins}\njobs: {one: {}, two: {}}\n")
    world.apply(plan, run_id="run", detach=True)
    world.clock.scripted.advance(23.5 * 3600)

    played = world.apply(plan, run_id="run")

    assert {each.arn for each in played.summary.tasks} == {each["taskArn"] for each in world.tasks()}
    assert played.status == 0


@pytest.mark.parametrize("number", [pytest.param(1, id="while starting"), pytest.param(2, id="later")])
def test_a_signal_between_two_launches_stops_all_that_runs(stage: Begin, number: int) -> None:
    world = stage({"tasks": [TASK]})
    plan = world.compile(HELLO + "count: 25\n")
    interrupt = Interrupt()
    world.endpoint.after("RunTask", number, lambda _: interrupt.send(signal.SIGTERM))

    played = world.apply(plan, interrupt=interrupt)

    assert played.status == 143
    assert {each["lastStatus"] for each in world.tasks()} == {"STOPPED"}
    assert played.summary.left_running == ()
