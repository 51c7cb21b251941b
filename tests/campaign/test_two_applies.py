"""Two applies of two plans for one family at the same time: both finish, and neither pulls the rug away."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from apply_stage import Command
from campaign.world import look_at

from ecsplan_local import Recorded, ScriptedClock, serve

ROLE = "arn:aws:iam::000000000000:role/execution"
LIFE = [{"at": 0.2, "status": "RUNNING", "log": "worked"}, {"at": 1.0, "status": "STOPPED", "exitCode": 0}]
ROUNDS = 3


def manifest(**keys: object) -> str:
    given = {
        "family": "shared",
        "image": "alpine",
        "execution_role_arn": ROLE,
        "configure_cloudwatch_logs": True,
    }
    return json.dumps(given | {"task_watch_poll_interval": 0.5} | keys)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    endpoint = serve(runner="scripted", faults={"tasks": [{"timeline": LIFE}]}, record=True)
    yield Command(endpoint, tmp_path)
    endpoint.close()


def together(command: Command, *plans: str) -> list[tuple[int, str, str]]:
    """Apply plans at the same time; return status, stdout and stderr of each."""
    processes = [command.start("apply", each) for each in plans]
    ended = [each.communicate(timeout=120) for each in processes]
    return [
        (process.wait(), out.decode(), err.decode())
        for process, (out, err) in zip(processes, ended, strict=True)
    ]


def planned(command: Command, stem: str, **keys: object) -> str:
    command.write(f"{stem}.yaml", manifest(**keys))
    ended = command.run("compile", f"{stem}.yaml", "-o", f"{stem}.json")
    assert ended.status == 0, ended.err
    return f"{stem}.json"


@pytest.mark.parametrize("deregister", [False, True], ids=["kept", "deregistered"])
def test_the_same_document(command: Command, deregister: bool) -> None:
    keys = {"name": "same", "auto_deregister_task_definition": deregister}
    plans = [planned(command, f"plan{number}", **keys) for number in range(ROUNDS)]

    ended = together(command, *plans)

    found = look_at(command.endpoint, "shared")
    assert [(status, out) for status, out, _ in ended] == [(0, "worked\n")] * ROUNDS, ended
    assert len(found.tasks) == ROUNDS
    assert {each["lastStatus"] for each in found.tasks} == {"STOPPED"}
    if not deregister:
        assert found.active == (1,)
        assert found.inactive == ()


@pytest.mark.parametrize("deregister", [False, True], ids=["kept", "deregistered"])
def test_two_documents(command: Command, deregister: bool) -> None:
    """The second apply finds its plan stale, or registers; neither runs the other's document."""
    plans = [
        planned(command, name, name=name, image=name, auto_deregister_task_definition=deregister)
        for name in ("one", "two")
    ]

    ended = together(command, *plans)

    found = look_at(command.endpoint, "shared")
    statuses = [status for status, _, _ in ended]
    assert set(statuses) <= {0, 122}, ended
    assert 0 in statuses
    assert len(found.active) + len(found.inactive) == len(found.tasks) == statuses.count(0)
    images = sorted(each["containers"][0]["image"] for each in found.tasks)
    assert images == sorted(
        name for name, status in zip(("one", "two"), statuses, strict=True) if status == 0
    )
    if deregister:
        assert found.active == ()


def test_two_documents_observed_before_either_is_registered(command: Command) -> None:
    """Both have found their plan fresh when the first registers: both finish, one revision each."""
    plans = [planned(command, name, name=name, image=name) for name in ("one", "two")]
    command.endpoint.forget_calls()
    both = threading.Barrier(2)

    def meet(_: Recorded) -> None:
        both.wait(60)

    for number in (1, 2):
        command.endpoint.before("DescribeTaskDefinition", number, meet)

    ended = together(command, *plans)

    found = look_at(command.endpoint, "shared")
    assert [status for status, _, _ in ended] == [0, 0], ended
    assert found.active == (1, 2)
    assert sorted(each["containers"][0]["image"] for each in found.tasks) == ["one", "two"]


def test_a_revision_that_another_apply_uses_stays(tmp_path: Path) -> None:
    """The one that registered it ends first; the other, which reuses it, still runs."""
    clock = ScriptedClock()
    lives = [
        {"copy": copy, "timeline": [LIFE[0], {"at": at, "status": "STOPPED", "exitCode": 0}]}
        for copy, at in ((1, 1.0), (2, 9.0))
    ]
    with serve(runner="scripted", faults={"tasks": lives}, clock=clock) as endpoint:
        command = Command(endpoint, tmp_path)
        first = planned(command, "first", name="same", auto_deregister_task_definition=True)
        running = threading.Event()
        endpoint.after("RunTask", 1, lambda _: running.set())
        endpoint.after("RunTask", 2, lambda _: clock.advance(5.0))
        one = command.start("apply", first)
        assert running.wait(60)
        second = planned(command, "second", name="same", auto_deregister_task_definition=True)
        two = command.start("apply", second)
        _, said = one.communicate(timeout=60)
        clock.advance(5.0)
        _, other = two.communicate(timeout=60)

        assert (one.returncode, two.returncode) == (0, 0), said.decode() + other.decode()
        assert "stays ACTIVE" in said.decode()
        assert look_at(endpoint, "shared").active == (1,)
