"""Apply on one machine, kill -9, ECS forgets, apply on another: as processes, by what the user sees.

A second endpoint, which knows no tasks, stands for an ECS that has forgotten them.
"""

import json
import re
import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Command, Ended

Begin = Callable[..., Command]

QUIET = "image: alpine\n"
RUNNING = {"at": 0.05, "status": "RUNNING"}
FAILS: dict[str, Any] = {"tasks": [{"timeline": [RUNNING, {"at": 0.2, "status": "STOPPED", "exitCode": 3}]}]}
ENDLESS: dict[str, Any] = {"tasks": [{"timeline": [RUNNING]}]}
RUN = ("apply", "plan.json", "--run-id", "nightly/1")
FORGOTTEN = "ECS shows no task of it, and may have forgotten it; nothing was started"


def applied(world: Command, *options: str, home: str) -> Ended:
    """Apply the run from a home of its own."""
    return world.run(*RUN, *options, env={"XDG_STATE_HOME": str(world.folder / home)})


def killed(world: Command, *options: str) -> None:
    """Apply the run, and kill the process when its task was started."""
    process = world.start(*RUN, *options)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if b"started task" in line:
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        process.close()


def age(ledger: Path, seconds: float) -> None:
    """Let the run have been begun so much earlier."""
    for path in ledger.rglob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        for copy in document.get("copies", []):
            copy["asked_at"] -= seconds
        path.write_text(json.dumps(document), encoding="utf-8")


def of_job(path: Path) -> list[Any]:
    """Return the tasks of a result, but for who has started them."""
    tasks = json.loads(path.read_text(encoding="utf-8"))["jobs"][0]["tasks"]
    for each in tasks:
        for one in (each, *each["attempts"]):
            del one["attached"]
    return list(tasks)


def test_a_result_is_reported_on_another_machine_when_ecs_has_forgotten_it(command: Begin) -> None:
    here, there = command(FAILS), command(FAILS)
    here.compile(QUIET)
    first = applied(here, "--ledger", "shared", "--result", "first.json", home="one")

    again = applied(there, "--ledger", "shared", "--result", "again.json", home="two")

    assert (first.status, again.status) == (3, 3)
    assert re.search(r"^hello: ended .* ago; reported from the ledger$", again.err, re.MULTILINE)
    assert "exited with 3" in again.err
    assert of_job(here.folder / "again.json") == of_job(here.folder / "first.json")
    assert not there.endpoint.calls()


@pytest.mark.parametrize("only", [(), ("--only", "hello")])
def test_what_was_killed_and_forgotten_is_refused_with_the_way_to_go_on(
    command: Begin, only: tuple[str, ...]
) -> None:
    here, there = command(ENDLESS), command(FAILS)
    here.compile(QUIET)
    options = (*only, "--ledger", "shared")
    killed(here, *options)
    age(here.folder / "shared", 7200.0)

    refused = applied(there, *options, "--result", "result.json", home="two")

    assert refused.status == 125
    assert FORGOTTEN in refused.err
    assert "hello: a task was asked for at " in refused.err
    assert "`ecsplan status nightly/1 --region us-east-1 --ledger shared`" in refused.err
    assert [each.operation for each in there.endpoint.calls() if each.operation == "RunTask"] == []
    assert FORGOTTEN in json.loads((here.folder / "result.json").read_text(encoding="utf-8"))["error"]
    (shown,) = re.findall(r"^  to carry it out as a new run: ecsplan (.*)$", refused.err, re.MULTILINE)
    assert shlex.split(shown) == ["apply", "plan.json", *options]
    assert there.run(*shlex.split(shown)).status == 3


def test_what_was_killed_within_the_hour_goes_on(command: Begin) -> None:
    here = command({"tasks": [{"timeline": [RUNNING, {"at": 3, "status": "STOPPED", "exitCode": 3}]}]})
    here.compile(QUIET)
    killed(here, "--ledger", "shared")
    age(here.folder / "shared", 1800.0)

    again = applied(here, "--ledger", "shared", home="two")

    assert again.status == 3
    assert "attached to task" in again.err
    assert len([each for each in here.endpoint.calls() if each.operation == "RunTask"]) == 2


def test_the_first_lines_say_that_nothing_is_known_and_how_to_resume(command: Begin) -> None:
    here = command(FAILS)
    here.compile(QUIET)

    ended = applied(here, "--ledger", "shared", home="one")

    assert "to resume: ecsplan apply plan.json --run-id nightly/1 --ledger shared\n" in ended.err
    (line,) = [each for each in ended.err.splitlines() if "run nightly/1 is new" in each]
    assert "--ledger" in line
