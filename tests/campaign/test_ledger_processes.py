"""Real processes on machines with homes of their own, killed with SIGKILL, over one ledger, hours apart."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apply_stage import Command
from bucket_endpoint import BucketEndpoint
from buckets import Buckets
from campaign.ledgers import KINDS, Kind
from campaign.world import BUCKET, look_at

from ecsplan_local import Endpoint, serve

MANIFEST = "image: alpine\nname: pay\ntask_watch_poll_interval: 0.2\n"
LIFE = [{"at": 0.1, "status": "RUNNING"}, {"at": 1.0, "status": "STOPPED", "exitCode": 3}]
_SOON_S = 120.0
_CORRECTED_S = 3500.0


class TwoTimes:
    """An hour before the machine's time at first, and then an hour after it.

    Processes have the machine's clock, and correct it by up to an hour by what AWS's answers say.
    """

    def __init__(self) -> None:
        self.ahead_s = -_CORRECTED_S

    def now(self) -> float:
        return time.time() + self.ahead_s

    def called(self, operation: str) -> None:
        pass


class Machines:
    """Machines with homes of their own, one account, and one ledger."""

    def __init__(self, endpoint: Endpoint, clock: TwoTimes, folder: Path, ledger: str, s3: str) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self._folder = folder
        self._ledger = ledger
        self._s3 = s3
        compiling = self.machine("compiling")
        compiling.write("pay.yaml", MANIFEST)
        ended = compiling.run("compile", "pay.yaml", "-o", "plan.json")
        assert ended.status == 0, ended.err
        self._plan = os.fspath(compiling.folder / "plan.json")

    def machine(self, name: str) -> Command:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        made = Command(self.endpoint, folder)
        made.env |= {"ECSPLAN_LEDGER": self._ledger, "AWS_ENDPOINT_URL_S3": self._s3}
        return made

    def apply(self, name: str) -> tuple[int, str, int | None]:
        """Apply the run on a machine; return the exit status, stderr, and the exit code in the result."""
        machine = self.machine(name)
        ended = machine.run("apply", self._plan, "--run-id", "pay-1", "--result", "result.json")
        file = machine.folder / "result.json"
        assert file.exists(), ended.err
        result = json.loads(file.read_text(encoding="utf-8"))
        codes = [task["exit_code"] for job in result["jobs"] for task in job["tasks"]]
        return ended.status, ended.err, next(iter(codes), None)

    def killed(self, name: str, operation: str) -> None:
        """Begin the run on a machine, and kill it right after a call of ECS."""
        process = self.machine(name).start("apply", self._plan, "--run-id", "pay-1")
        deadline = time.monotonic() + _SOON_S
        while not self.endpoint.calls(operation) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=_SOON_S)
        assert process.wait(_SOON_S) == -signal.SIGKILL

    def forget(self) -> None:
        """Let so much time pass that ECS forgets the run."""
        self.clock.ahead_s = _CORRECTED_S
        self.endpoint.forget_calls()

    def started(self) -> int:
        """Return how many calls of RunTask there were since ECS has forgotten the run."""
        return len(self.endpoint.calls("RunTask"))


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Callable[[Kind], Machines]]:
    clock, buckets = TwoTimes(), Buckets()
    buckets.make(BUCKET)
    faults = {"tasks": [{"family": "pay", "timeline": LIFE}]}
    with (
        serve(runner="scripted", clock=clock, faults=faults, record=True) as endpoint,
        BucketEndpoint(buckets) as s3,
    ):

        def make(kind: Kind) -> Machines:
            ledger = f"s3://{BUCKET}/runs" if kind == "s3" else str(tmp_path / "ledger")
            return Machines(endpoint, clock, tmp_path, ledger, s3.url)

        yield make


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_is_taken_up_at_once_and_reported_hours_later(
    machines: Callable[[Kind], Machines], kind: Kind
) -> None:
    them = machines(kind)

    them.killed("one", "RunTask")
    second = them.apply("two")
    tasks = len(look_at(them.endpoint, "pay").tasks)
    them.forget()
    third = them.apply("three")

    assert (second[0], second[2], tasks) == (3, 3, 1), second[1]
    assert (third[0], third[2], them.started()) == (3, 3, 0), third[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_that_ecs_has_forgotten_is_not_started_again(
    machines: Callable[[Kind], Machines], kind: Kind
) -> None:
    them = machines(kind)

    them.killed("one", "RunTask")
    them.forget()
    status, said, _ = them.apply("two")

    assert (status, them.started()) == (125, 0), said
    assert "--run-id" in said
    assert "Traceback" not in said
    assert look_at(them.endpoint, "pay").tasks == ()
