"""One endpoint for many disturbed applies, each in a family of its own, and what each leaves behind."""

import itertools
import json
import shutil
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, TypeVar

from buckets import Buckets
from campaign.clocks import JumpingClock, SharedTime
from campaign.proxy import Proxy
from campaign.scenarios import ROLE, Scenario
from inline_gateway import InlineGateway

from ecsplan.compile import begin, read_jobs, with_answers
from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Observed
from ecsplan_applier.apply_plan import apply
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions
from ecsplan_applier.aws.operations import (
    DESCRIBE_TASKS,
    LIST_TASK_DEFINITIONS,
    LIST_TASKS,
    REGISTER_TASK_DEFINITION,
    STOP_TASK,
    Operation,
)
from ecsplan_applier.observing.observe_jobs import observe
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import Event, Finished, LogLines, Noted, Warned
from ecsplan_applier.outcomes.result import Summary
from ecsplan_applier.scheduling.clock import Clock
from ecsplan_local import Endpoint, serve

T = TypeVar("T")
HASTY_S = 0.3
"""The call timeout of applies of which a call is late."""
LATE_S = 0.45
"""How late it is."""
PATIENT_S = 20.0
"""The call timeout of all others."""
BUCKET = "ledger"
"""The bucket that ledgers in S3 are kept in."""
_DISTANCE_S = 3700.0
"""Between two families: by then ECS has forgotten the tasks of the one before, as it does after an hour."""


@dataclass
class Played:
    """An apply that has ended: its events, or the error that it ended with.

    Attributes:
        events: What it yielded.
        error: What it raised, if that is an error of the applier's.
        crash: The traceback of any other exception, where `World.apply` was asked to keep it.
    """

    events: list[Event] = field(default_factory=list)
    error: ApplierError | None = None
    crash: str = ""

    @property
    def summary(self) -> Summary | None:
        last = self.events[-1] if self.events else None
        return last.summary if isinstance(last, Finished) else None

    @property
    def status(self) -> int:
        if self.error is not None:
            return self.error.exit_status
        if self.crash:
            return 1
        assert self.summary is not None
        return self.summary.exit_status

    @property
    def lines(self) -> Counter[tuple[str, str]]:
        logs = [each for each in self.events if isinstance(each, LogLines)]
        return Counter((each.label, line) for each in logs for line in each.lines)

    @property
    def arns(self) -> list[str | None]:
        return [] if self.summary is None else [each.arn for each in self.summary.tasks]

    @property
    def text(self) -> str:
        """All that it says besides the log."""
        said = [each.message for each in self.events if isinstance(each, (Noted, Warned))]
        if self.error is not None:
            said.append(str(self.error))
        if self.summary is not None:
            said.append(json.dumps(self.summary.to_json()))
        return "\n".join(said)

    @property
    def warned(self) -> list[str]:
        return [each.message for each in self.events if isinstance(each, Warned)]


@dataclass(frozen=True)
class Found:
    """What the endpoint holds of one family: tasks, and numbers of its revisions."""

    tasks: tuple[dict[str, Any], ...]
    active: tuple[int, ...]
    inactive: tuple[int, ...]

    @property
    def running(self) -> list[str]:
        return [each["taskArn"] for each in self.tasks if each["lastStatus"] != "STOPPED"]


def look(gateway: Gateway, family: str) -> Found:
    """Return what an endpoint holds of a family."""

    def ask(operation: Operation, **request: Any) -> Any:
        return gateway.call(gateway.target(Aws()), operation, request)

    def revisions(status: str) -> tuple[int, ...]:
        listed = ask(LIST_TASK_DEFINITIONS, familyPrefix=family, status=status)["taskDefinitionArns"]
        return tuple(int(each.rpartition(":")[2]) for each in listed if f"/{family}:" in each)

    arns: list[str] = []
    for status in ("RUNNING", "STOPPED"):
        arns += ask(LIST_TASKS, family=family, desiredStatus=status)["taskArns"]
    tasks = ask(DESCRIBE_TASKS, tasks=arns)["tasks"] if arns else []
    return Found(tuple(tasks), revisions("ACTIVE"), revisions("INACTIVE"))


def look_at(endpoint: Endpoint, family: str) -> Found:
    """Return what an endpoint of its own holds of a family."""
    keys = ("local", "local")
    return look(SdkGateway(SessionOptions("us-east-1", None, None, endpoint.url, keys)), family)


class _Crashes:
    """Keeps the traceback of an exception that is not the applier's, so that what it left can be judged."""

    def __init__(self, played: Played) -> None:
        self._played = played

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._played.crash = "".join(traceback.format_exception(error, limit=-4))
        return True


class World:
    """An endpoint, the time, and applies in this process, with their calls inline and over HTTP."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledgers = folder / "ledgers"
        self.ledgers.mkdir()
        self.clock_file = folder / "time"
        self.time = SharedTime(self.clock_file)
        self.clock = JumpingClock(self.time)
        self.endpoint: Endpoint = serve(runner="scripted", clock=self.time, record=True)
        self.proxy = Proxy(self.endpoint, self.time.now, hold_s=LATE_S)
        self.buckets = Buckets(now=self.time.now)
        self.buckets.make(BUCKET)
        self._numbers = itertools.count(1)
        self._gateways: dict[tuple[float, str], SdkGateway] = {}
        self._calls: dict[str, tuple[tuple[str, int], ...]] = {}
        self._found: dict[object, Any] = {}

    def once(self, key: object, find: Callable[[], T]) -> T:
        """Return what `find` returned when it was first asked for under this key."""
        if key not in self._found:
            self._found[key] = find()
        found: T = self._found[key]
        return found

    def session(self, call_timeout_s: float = PATIENT_S, url: str = "") -> SessionOptions:
        return SessionOptions(
            region="us-east-1",
            endpoint_url=url or self.endpoint.url,
            static_credentials=("local", "local"),
            call_timeout_s=call_timeout_s,
        )

    def gateway(self, call_timeout_s: float = PATIENT_S, url: str = "") -> SdkGateway:
        """Return a gateway to the endpoint, or to `url`."""
        key = (call_timeout_s, url)
        if key not in self._gateways:
            session = self.session(call_timeout_s, url)
            self._gateways[key] = (
                SdkGateway(session, connections=1)
                if url or call_timeout_s < PATIENT_S
                else InlineGateway(self.endpoint, session)
            )
        return self._gateways[key]

    def ask(self, operation: Operation, **request: Any) -> dict[str, Any]:
        gateway = self.gateway()
        return dict(gateway.call(gateway.target(Aws()), operation, request))

    def stop(self, arn: str) -> None:
        """Stop a task as somebody else would."""
        self.ask(STOP_TASK, task=arn)

    def fresh_family(self, stem: str) -> str:
        """Return a family that nothing has been done with, some time after all that was done before."""
        self.time.advance(_DISTANCE_S)
        return f"{stem}{next(self._numbers):04d}"

    def compile(self, manifest: str, gateway: Gateway | None = None, *, offline: bool = False) -> Plan:
        jobs = read_jobs(manifest, file="manifest.yaml")
        observer = Observer(clock=self.clock, gateway=gateway or self.gateway(), workers=0)
        compilation = begin(jobs, None if offline else Observed())
        compiled = observe(compilation, with_answers, observer).result()
        assert compiled.plan is not None, compiled.diagnostics
        return compiled.plan

    def prepare(self, scenario: Scenario, family: str) -> Plan:
        """Make what there is before a scenario's apply, and return its plan."""
        self.endpoint.set_faults({})
        if scenario.prepared == "linked":
            options = {"awslogs-group": "linked", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "l"}
            logging = {"logDriver": "awslogs", "options": {**options, "awslogs-create-group": "true"}}
            container = {"name": "main", "image": "alpine", "essential": True, "logConfiguration": logging}
            self.ask(
                REGISTER_TASK_DEFINITION,
                family=family,
                containerDefinitions=[container],
                requiresCompatibilities=["FARGATE"],
                networkMode="awsvpc",
                cpu="256",
                memory="512",
                executionRoleArn=ROLE,
            )
        elif scenario.prepared:
            request = dict(self.compile(scenario.manifest(family)).jobs[0].definition.request)
            if scenario.prepared == "untagged":
                del request["tags"]
            self.ask(REGISTER_TASK_DEFINITION, **request)
        return self.compile(scenario.manifest(family), offline=scenario.offline)

    def script(self, scenario: Scenario, family: str, *rules: dict[str, Any]) -> None:
        """Put a scenario's tasks and rules in force; calls are counted from here on."""
        self.endpoint.forget_calls()
        self.endpoint.set_faults({"rules": list(rules), "tasks": [scenario.script(family)]})

    def events(
        self,
        plan: Plan,
        run_id: str | None,
        *,
        machine: str = "one",
        call_timeout_s: float = PATIENT_S,
        gateway: Gateway | None = None,
        clock: Clock | None = None,
        random_seed: int = 7,
        **options: Any,
    ) -> Iterator[Event]:
        return apply(
            plan,
            run_id=run_id,
            session=self.session(call_timeout_s),
            gateway=gateway or self.gateway(call_timeout_s),
            clock=clock or self.clock,
            random=Random(random_seed),
            workers=0,
            locks=self.folder / machine / "locks",
            state=self.folder / machine / "state",
            **options,
        )

    def apply(self, plan: Plan, run_id: str | None, **options: Any) -> Played:
        played = Played()
        try:
            for event in self.events(plan, run_id, **options):
                played.events.append(event)
        except ApplierError as error:
            played.error = error
        return played

    def apply_by_proxy(
        self,
        plan: Plan,
        run_id: str,
        *,
        call_timeout_s: float = PATIENT_S,
        around: Callable[[Gateway], Gateway] | None = None,
        **options: Any,
    ) -> Played:
        """Apply with each call to ECS going through the proxy; any exception is kept in `crash`.

        Args:
            plan: The plan.
            run_id: The run.
            call_timeout_s: How long one call may take.
            around: Makes the apply's gateway of the one that goes through the proxy.
            **options: As those of `events`.
        """
        gateway: Gateway = self.gateway(call_timeout_s, self.proxy.url)
        gateway = gateway if around is None else around(gateway)
        played = Played()
        with _Crashes(played):
            try:
                for event in self.events(
                    plan, run_id, gateway=gateway, call_timeout_s=call_timeout_s, **options
                ):
                    played.events.append(event)
            except ApplierError as error:
                played.error = error
        return played

    def calls_of(self, scenario: Scenario) -> tuple[tuple[str, int], ...]:
        """Return the calls of an undisturbed apply: each operation, and its number of that kind.

        A process that an earlier test has killed may have a call on its way, which the endpoint counts as
        well: only what two applies in a row agree on are an apply's own calls.
        """
        if scenario.name not in self._calls:
            last, calls = None, self._undisturbed(scenario)
            while calls != last:
                last, calls = calls, self._undisturbed(scenario)
            self._calls[scenario.name] = calls
        return self._calls[scenario.name]

    def _undisturbed(self, scenario: Scenario) -> tuple[tuple[str, int], ...]:
        """Carry a scenario out, and return the calls that the endpoint has seen meanwhile."""
        family = self.fresh_family(scenario.name)
        plan = self.prepare(scenario, family)
        self.script(scenario, family)
        played = self.apply(plan, family)
        assert played.status == scenario.status, played.text
        counts: Counter[str] = Counter()
        calls = []
        for each in self.endpoint.calls():
            counts[each.operation] += 1
            calls.append((each.operation, counts[each.operation]))
        return tuple(calls)

    def found(self, family: str) -> Found:
        """Return what there is of a family; by no fault that is in force."""
        self.endpoint.set_faults({})
        return look(self.gateway(), family)

    @contextmanager
    def one_late_call(self, operation: str, number: int) -> Iterator[None]:
        """Have waiting take real time until this call was executed; in the end it was, or was refused.

        Whether it is refused depends on what the apply has done by then: a family that is looked for late may
        be there.
        """
        executed = threading.Event()

        def begin(_: object) -> None:
            self.clock.late = executed

        self.endpoint.before(operation, number, begin)
        self.endpoint.executed(operation, number, lambda _: executed.set())
        try:
            yield
            assert self.clock.late is not None, "the call was never made"
            assert executed.wait(PATIENT_S), f"call {number} of {operation} was never executed"
        finally:
            self.clock.late = None

    def close(self) -> None:
        self.proxy.close()
        self.endpoint.close()
        self.time.close()
        shutil.rmtree(self.folder, ignore_errors=True)
