"""Registering: once for each document, whatever happens to the answer, and alone in its family."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Played, Stage

from ecsplan_applier.aws.gateway import SdkGateway
from ecsplan_applier.machine.locks import Locks
from ecsplan_applier.outcomes.events import TaskStarted
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]
ENDING = {"tasks": [{"timeline": EXITS}]}


def of_register(**fault: object) -> dict[str, object]:
    return {**ENDING, "rules": [{"operation": "RegisterTaskDefinition", "calls": "1", **fault}]}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "throttle", "calls": "1-4"}, id="throttled"),
        pytest.param({"action": "error", "calls": "1-2"}, id="500"),
        pytest.param({"action": "reset-before"}, id="reset before the effect"),
        pytest.param({"action": "reset-after"}, id="reset after the effect"),
        pytest.param({"action": "reset-after", "calls": "every"}, id="every answer lost"),
        pytest.param(
            {
                "action": "error",
                "code": "ClientException",
                "message": "Too many concurrent attempts to create a new revision of the specified family.",
                "calls": "1-3",
            },
            id="too many at once",
        ),
    ],
)
def test_one_revision_whatever_happens_to_the_call(stage: Begin, fault: dict[str, object]) -> None:
    world = stage(of_register(**fault))

    played = world.apply(world.compile(HELLO))

    assert played.status == 0
    assert world.revisions() == [1]


def test_a_refused_registration_names_family_and_reason(stage: Begin) -> None:
    refused = {"action": "error", "code": "ClientException", "message": "Invalid 'cpu' setting for task."}
    world = stage(of_register(**refused))

    played = world.apply(world.compile(HELLO))

    task = played.summary.tasks[0]
    assert (played.status, task.outcome) == (125, Outcome.REFUSED)
    assert "RegisterTaskDefinition of family hello: ClientException: Invalid 'cpu'" in (task.reason or "")


def test_registrations_of_one_family_come_in_turn_and_of_different_families_side_by_side(
    stage: Begin,
) -> None:
    world = stage(ENDING)
    jobs = "".join(
        f"  job-{number}: {{image: 'i-{number}', family: {'one' if number < 5 else f'family-{number}'}}}\n"
        for number in range(10)
    )

    played = world.apply(world.compile(f"jobs:\n{jobs}"))

    assert played.status == 0
    assert sorted(world.revisions("one")) == [1, 2, 3, 4, 5]


def test_a_revision_that_another_apply_registers_meanwhile_is_reused(stage: Begin) -> None:
    world = stage(ENDING)
    world.register()
    plan = world.compile(HELLO)
    world.endpoint.forget_calls()
    meanwhile: list[Played] = []
    other = SdkGateway(world.session)
    # The other apply begins and ends between this one's look at the family and its turn to register.
    world.endpoint.after(
        "DescribeTaskDefinition", 1, lambda _: meanwhile.append(world.apply(plan, gateway=other))
    )

    played = world.apply(plan)

    assert (played.status, meanwhile[0].status) == (0, 0)
    assert world.revisions() == [1, 2]
    assert len(world.tasks()) == 2


def test_two_documents_registered_meanwhile_both_run(stage: Begin) -> None:
    world = stage(ENDING)
    world.register()
    plan, other_plan = world.compile(HELLO), world.compile("image: busybox\n")
    world.endpoint.forget_calls()
    meanwhile: list[Played] = []
    other = SdkGateway(world.session)
    world.endpoint.after(
        "DescribeTaskDefinition", 1, lambda _: meanwhile.append(world.apply(other_plan, gateway=other))
    )

    played = world.apply(plan)

    assert (played.status, meanwhile[0].status) == (0, 0)
    assert world.revisions() == [1, 2, 3]


def test_a_revision_deregistered_before_its_task_was_started_is_registered_again(stage: Begin) -> None:
    world = stage(ENDING)
    plan = world.compile(HELLO)
    world.endpoint.before("RunTask", 1, lambda _: world.deregister("hello:1"))

    played = world.apply(plan)

    assert played.status == 0
    assert world.revisions() == [2]


@pytest.mark.parametrize(
    ("rules", "outcomes"),
    [
        pytest.param([], {Outcome.SUCCEEDED: 12}, id="the others were started"),
        pytest.param(
            [{"action": "failures", "reason": "ATTRIBUTE", "calls": "1"}],
            {Outcome.NOT_STARTED: 10, Outcome.SUCCEEDED: 2},
            id="the others were given up",
        ),
        pytest.param(
            [{"action": "failures", "reason": "RESOURCE:CPU", "calls": "1", "count": 3}],
            {Outcome.SUCCEEDED: 12},
            id="some of the others were started",
        ),
    ],
)
def test_a_revision_deregistered_between_two_launches_is_replaced_for_the_copies_that_lack_a_task(
    stage: Begin, rules: list[dict[str, Any]], outcomes: dict[Outcome, int]
) -> None:
    world = stage({**ENDING, "rules": [{"operation": "RunTask", **each} for each in rules]})
    world.endpoint.before("RunTask", 2, lambda _: world.deregister("hello:1"))

    played = world.apply(world.compile(HELLO + "count: 12\n"))

    started = played.of(TaskStarted)
    assert Counter(each.outcome for each in played.summary.tasks) == outcomes
    assert world.revisions() == [2]
    # Each copy has one task of its own, which was reported once and is not taken for an earlier apply's.
    assert len(started) == len({each.label for each in started}) == len({each.arn for each in started})
    assert sorted(each.arn for each in started) == sorted(each["taskArn"] for each in world.tasks())
    assert not any(each.attached for each in started)


def test_a_planned_revision_deregistered_before_its_task_was_started_is_stale(stage: Begin) -> None:
    world = stage(ENDING)
    world.apply(world.compile(HELLO))
    plan = world.compile(HELLO)
    world.endpoint.forget_calls()
    world.endpoint.before("RunTask", 1, lambda _: world.deregister("hello:1"))

    played = world.apply(plan)

    assert (played.status, played.summary.tasks[0].outcome) == (122, Outcome.STALE)
    assert world.revisions() == []


def test_a_revision_that_another_apply_of_this_machine_uses_is_not_deregistered(
    stage: Begin, tmp_path: Path
) -> None:
    world = stage(ENDING)
    other = Locks(tmp_path / "locks")
    plan = world.compile(HELLO + "auto_deregister_task_definition: true\n")
    arn = "arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1"
    world.endpoint.after("RunTask", 1, lambda _: other.hold(arn))

    played = world.apply(plan)

    assert world.revisions() == [1]
    assert any("another apply on this machine uses it" in each for each in played.warned)
    other.close()


def test_one_process_has_a_family_at_a_time(tmp_path: Path) -> None:
    loop = Loop(SystemClock(), workers=0)
    one, two = Locks(tmp_path), Locks(tmp_path)
    order: list[str] = []

    async def first() -> None:
        lock = await one.family(loop, "us-east-1", "hello")
        order.append("first has it")
        await loop.sleep(0.1)
        order.append("first lets go")
        lock.release()

    async def second() -> None:
        await loop.sleep(0.02)
        lock = await two.family(loop, "us-east-1", "hello")
        order.append("second has it")
        assert lock.held
        lock.release()

    async def both() -> None:
        await loop.gather([first(), second()])

    loop.run(both())

    assert order == ["first has it", "first lets go", "second has it"]


def test_different_families_do_not_wait_for_one_another(tmp_path: Path) -> None:
    loop = Loop(SystemClock(), workers=0)
    one, two = Locks(tmp_path), Locks(tmp_path)

    async def both() -> tuple[bool, bool]:
        held = await one.family(loop, "us-east-1", "hello"), await two.family(loop, "us-east-1", "other")
        for each in held:
            each.release()
        return held[0].held, held[1].held

    assert loop.run(both()) == (True, True)


def test_a_lease_ends_with_its_owner(tmp_path: Path) -> None:
    one, two = Locks(tmp_path), Locks(tmp_path)
    one.hold("arn:1")

    assert two.others_hold("arn:1")
    assert not two.others_hold("arn:2")
    assert not one.others_hold("arn:1")
    one.close()
    assert not two.others_hold("arn:1")


def test_a_folder_that_cannot_be_made_locks_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    locks = Locks(tmp_path / "file" / "below")
    loop = Loop(SystemClock(), workers=0)

    locks.hold("arn:1")

    assert not locks.usable
    assert not locks.others_hold("arn:1")
    assert not loop.run(locks.family(loop, "us-east-1", "hello")).held
