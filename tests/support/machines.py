"""Several machines that apply one run with one ledger, an endpoint that they share, and time that passes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from apply_stage import Played, Stage
from bucket_gateway import BucketGateway
from buckets import Buckets
from killing import killed

from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import RUN_TASK, Operation
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop

HELLO = "image: alpine\ntask_watch_poll_interval: 300\n"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
CHANGES = ("RunTask", "RegisterTaskDefinition", "DeregisterTaskDefinition", "StopTask", "TagResource")


def runs(seconds: float, exit_code: int = 3) -> list[dict[str, Any]]:
    """Return the life of a task that runs for so long."""
    return [{"at": 1, "status": "RUNNING"}, {"at": 1 + seconds, "status": "STOPPED", "exitCode": exit_code}]


SHORT, LONG = runs(1), runs(10 * HOUR)


class Counting:
    """A gateway that remembers all tasks that were ever started."""

    def __init__(self, inner: Gateway) -> None:
        self._inner = inner
        self.arns: set[str] = set()

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = self._inner.call(target, operation, request)
        if operation.name == RUN_TASK.name:
            self.arns |= {str(each["taskArn"]) for each in answer["tasks"]}
        return answer

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


class Machines:
    """An endpoint and a ledger that several machines share, each with a home of its own."""

    def __init__(self, world: Stage) -> None:
        self.world = world
        self.counting = Counting(world.gateway)
        world.gateway = self.counting
        self.ledger: Path | str = world.folder / "ledger"
        self.buckets = Buckets()
        self._homes = 0

    def keep_in_bucket(self) -> None:
        """Keep the ledger in a bucket instead of a folder."""
        self.buckets.make("ledgers")
        self.world.gateway = BucketGateway(self.buckets, self.counting)
        self.ledger = "s3://ledgers/ci"

    @property
    def started(self) -> int:
        return len(self.counting.arns)

    def apply(self, plan: Plan, **options: Any) -> Played:
        """Apply as run `run`, from a machine that has never done so."""
        return self.world.apply(plan, **({"run_id": "run", "ledger": self.ledger} | self._home() | options))

    def killed(self, plan: Plan, operation: str, number: int = 1, *, after: bool = True) -> None:
        killed(self.world, plan, operation, number, after=after, ledger=self.ledger, **self._home())

    def later(self, seconds: float) -> None:
        """Let time pass without anybody applying, and forget what was called until now."""
        self.world.clock.scripted.advance(seconds)
        self.world.endpoint.forget_calls()

    def _home(self) -> dict[str, Path]:
        self._homes += 1
        home = self.world.folder / f"home{self._homes}"
        return {"locks": home / "locks", "state": home / "state"}

    def edit(self, change: Callable[[Entry], Entry], job: str = "hello") -> None:
        """Replace the entry of a job, as an apply would have left it."""
        ledger = Ledger(FolderStore(Path(self.ledger), "ledger"))
        loop = Loop(SystemClock(), workers=0)
        for found in loop.run(ledger.of_run("000000000000", "us-east-1", "run")):
            if found.entry.key.job == job:
                loop.run(ledger.write(change(found.entry), found.version))

    def document(self, job: str = "hello") -> Path:
        (found,) = Path(self.ledger).rglob(f"runs/run/{job}.json")
        return found
