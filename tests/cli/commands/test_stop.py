"""`ecsplan stop` as a process: what it says, and its exit status."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Command, Ended

from ecsplan_cli.commands.stop import DEFAULT_REASON
from ecsplan_local import serve

RUNNING = {"at": 0, "status": "RUNNING"}
SLOW = [{"at": 1.0, "status": "STOPPED", "exitCode": 143}]
NEVER: list[dict[str, Any]] = []
JOBS = "image: alpine\nname: etl\ncount: 2\n---\nimage: alpine\nname: report\n"

Run = tuple[Command, list[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Return a function that leaves a run of three tasks running, and gives their identifiers."""
    started = []

    def begin(on_stop: list[dict[str, Any]], *rules: dict[str, Any]) -> Run:
        script = {"tasks": [{"timeline": [RUNNING], "on_stop": on_stop}]}
        endpoint = serve(runner="scripted", faults=script, record=True)
        started.append(endpoint)
        here = Command(endpoint, tmp_path)
        here.compile(JOBS)
        done = here.run("apply", "plan.json", "--detach", "--run-id", "nightly", "--result", "result.json")
        assert done.status == 0, done
        if rules:
            endpoint.set_faults({"rules": list(rules)} | script)
        endpoint.forget_calls()
        return here, sorted(done.out.split())

    yield begin
    for each in started:
        each.close()


def test_a_run_is_stopped_task_by_task(run: Callable[..., Run]) -> None:
    here, identifiers = run(NEVER)

    done = here.run("stop", "nightly")

    assert (done.status, done.out) == (0, "")
    assert done.err.splitlines()[-1] == "3 tasks of the run nightly are being stopped"
    shown = [each.partition(": ")[2] for each in done.err.splitlines()[:-1]]
    assert sorted(shown) == [f"{each} is being stopped" for each in identifiers]
    labels = sorted(each.partition(": ")[0] for each in done.err.splitlines()[:-1])
    assert labels == ["etl/1", "etl/2", "report"]
    assert {each.parameters["reason"] for each in here.endpoint.calls("StopTask")} == {DEFAULT_REASON}


def test_it_waits_for_the_end(run: Callable[..., Run]) -> None:
    here, identifiers = run(SLOW)

    done = here.run("stop", "result.json", "--wait", "--reason", "enough")

    assert (done.status, done.out) == (0, "")
    assert [each for each in identifiers if f"{each} has stopped, exit 143" not in done.err] == []
    assert done.err.splitlines()[-1] == "all 3 tasks have stopped"
    again = here.run("stop", "nightly")
    assert (again.status, again.err) == (0, "no task of the run nightly is running: it has ended\n")


def test_an_interrupt_ends_the_wait(run: Callable[..., Run]) -> None:
    here, _ = run(NEVER)
    process = here.start("stop", "nightly", "--wait")
    try:
        while len(here.endpoint.calls("StopTask")) < 3:
            time.sleep(0.05)
        described = len(here.endpoint.calls("DescribeTasks"))
        # It waits once it has looked at the tasks twice more: after the stops, and for their end.
        while len(here.endpoint.calls("DescribeTasks")) < described + 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.close()

    assert process.wait() == 130


@pytest.mark.parametrize(
    "arguments", [pytest.param((), id="said"), pytest.param(("--quiet",), id="said in spite of --quiet")]
)
def test_what_could_not_be_stopped(run: Callable[..., Run], arguments: tuple[str, ...]) -> None:
    denied = {"operation": "StopTask", "action": "error", "code": "AccessDeniedException", "message": "no"}
    here, identifiers = run(NEVER, denied)

    done = here.run("stop", "nightly", *arguments)

    assert (done.status, done.out) == (125, "")
    for each in identifiers:
        assert f"{each} could not be stopped and may still be running: " in done.err
    assert done.err.splitlines()[-1] == "error: 3 tasks of the run nightly could not be stopped"


def test_quiet(run: Callable[..., Run]) -> None:
    here, _ = run(NEVER)

    assert here.run("stop", "nightly", "--quiet") == Ended(0, "", "")


def test_one_task_by_what_apply_prints(run: Callable[..., Run]) -> None:
    here, identifiers = run(NEVER)

    done = here.run("stop", identifiers[0])

    assert (done.status, done.err) == (0, f"{identifiers[0]} is being stopped\n")
    assert {each.operation for each in here.endpoint.calls()} == {"StopTask"}


def test_an_unknown_run(run: Callable[..., Run]) -> None:
    here, _ = run(NEVER)

    done = here.run("stop", "nihgtly")

    assert done.status == 125
    assert "the run nihgtly is not known; looked at:\n  cluster default" in done.err
    assert "`ecsplan runs --all`" in done.err
    assert here.endpoint.calls("StopTask") == ()
