"""A second signal: right after the first one it is the same one, later it ends the apply at once."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Command
from campaign.corruptions import GENERAL
from campaign.proxy import Order, Proxy
from campaign.sample import seeded
from campaign.scenarios import LINES
from campaign.test_interrupted_and_corrupted import SIGNALS
from campaign.transcript import names
from campaign.world import look_at

from ecsplan_local import Endpoint, serve

MANIFEST = (
    "image: alpine\nconfigure_cloudwatch_logs: true\ntask_watch_poll_interval: 0.5\n"
    "execution_role_arn: arn:aws:iam::000000000000:role/execution\n"
)
WORKING = [{"at": 0.2, "status": "PENDING"}, {"at": 0.4, "status": "RUNNING", "log": list(LINES)}]
SLOWLY = [{"at": 2.5, "log": "stopping"}, {"at": 2.6, "status": "STOPPED", "exitCode": 143}]
PHASES = {
    "starting": ("RunTask", 1),
    "pending": ("DescribeTasks", 1),
    "running": ("GetLogEvents", 2),
}
SOON_S, LATER_S = 0.02, 1.5
"""Seconds between two signals that count as one, and between two that do not."""


@dataclass
class RunningCommand:
    """An endpoint behind a proxy, and a command that reaches it through the proxy."""

    endpoint: Endpoint
    proxy: Proxy
    command: Command


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[list[dict[str, object]]], RunningCommand]]:
    """Return a function that starts an endpoint whose task does this once it is asked to stop."""
    started: list[RunningCommand] = []

    def make(on_stop: list[dict[str, object]]) -> RunningCommand:
        endpoint = serve(
            runner="scripted", faults={"tasks": [{"timeline": WORKING, "on_stop": on_stop}]}, record=True
        )
        command = Command(endpoint, tmp_path)
        command.compile(MANIFEST)
        endpoint.forget_calls()
        proxy = Proxy(endpoint, endpoint.clock.now)
        command.env["AWS_ENDPOINT_URL"] = proxy.url
        started.append(RunningCommand(endpoint, proxy, command))
        return started[-1]

    yield make
    for each in started:
        each.proxy.close()
        each.endpoint.close()


class Struck:
    """An apply as a process that gets a signal when a phase has come, and answers corrupted from then on."""

    def __init__(
        self, running: RunningCommand, phase: str, number: int, order: Order, *, twice: bool
    ) -> None:
        self._known = threading.Event()
        self._number = number
        self.lines: list[str] = []

        def strike(_: object) -> None:
            assert self._known.wait(60)
            running.proxy.reset(order)
            os.kill(self.process.pid, number)
            if twice:
                time.sleep(SOON_S)
                self.again()

        running.endpoint.before(*PHASES[phase], strike)
        out = running.command.folder / "out"
        with out.open("wb") as file:
            self.process = running.command.start("apply", "plan.json", "--run-id", "struck", stdout=file)
        self.out = out
        self._known.set()

    def read(self, until: str = "") -> str:
        """Return what it prints to stderr up to a line that holds a text, or to the end."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.decode())
            if until and until in self.lines[-1]:
                break
        return "".join(self.lines)

    def again(self) -> None:
        """Send the signal again, to its whole group as `timeout` does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, self._number)

    def end(self) -> int:
        """Return its exit status."""
        status = self.process.wait(timeout=100)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        pytest.param("starting", signal.SIGINT, id="starting, SIGINT"),
        pytest.param("pending", signal.SIGTERM, id="pending, SIGTERM"),
        pytest.param("running", signal.SIGHUP, id="running, SIGHUP"),
        pytest.param("running", signal.SIGTERM, id="running, SIGTERM"),
    ],
)
def test_second_signal_at_once_is_the_same_one(begin: Any, phase: str, number: signal.Signals) -> None:
    """It stops the task and waits for it, with an answer corrupted on the way."""
    running = begin(SLOWLY)
    draw = seeded("twice", phase, number.name)
    corruption = draw.choice(GENERAL)
    order = Order(
        corruption, draw.choice(("StopTask", "DescribeTasks", "GetLogEvents")), 1, corruption.effects[0]
    )
    struck = Struck(running, phase, number, order, twice=True)

    said = struck.read()

    assert struck.end() == SIGNALS[number], said
    assert "Traceback" not in said
    found = look_at(running.endpoint, "hello")
    assert [each["lastStatus"] for each in found.tasks] == ["STOPPED"], said
    assert struck.out.read_text(encoding="utf-8").splitlines() in ([*LINES, "stopping"], ["stopping"]), said


@pytest.mark.parametrize("number", SIGNALS, ids=lambda each: each.name)
def test_second_signal_later_ends_at_once(begin: Any, number: signal.Signals) -> None:
    """The task does not stop; it is named, with the command that resumes."""
    running = begin([])
    corruption = seeded("later", number.name).choice(GENERAL)
    order = Order(corruption, "DescribeTasks", 1, corruption.effects[0])
    struck = Struck(running, "running", number, order, twice=False)

    struck.read(until=f"{number.name}: stopping")
    time.sleep(LATER_S)
    struck.again()
    said = struck.read()

    assert struck.end() == SIGNALS[number], said
    assert "Traceback" not in said
    (left,) = look_at(running.endpoint, "hello").running
    assert names(said.partition(" again: ")[2], left), said
    assert "ecsplan apply plan.json --run-id struck" in said
