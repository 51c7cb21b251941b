"""Applies against an endpoint with scripted tasks: in this process, with its own clock, and as a command.

A `Stage` runs `apply` with its calls inline and over real HTTP; the clock jumps from one pause to the next,
and the endpoint lives by the same clock. A `Command` runs `ecsplan` as a process, in real time.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import Any

import processes
from forked import Process
from inline_gateway import InlineGateway
from processes import LIMIT_S

from ecsplan.compile import begin, read_jobs, with_answers
from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body, Observed
from ecsplan_applier.apply_plan import apply
from ecsplan_applier.aws.gateway import Gateway, SessionOptions
from ecsplan_applier.aws.operations import (
    DEREGISTER_TASK_DEFINITION,
    DESCRIBE_TASKS,
    LIST_TASK_DEFINITIONS,
    LIST_TASKS,
    REGISTER_TASK_DEFINITION,
    Operation,
)
from ecsplan_applier.observing.observe_jobs import observe
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.events import Event, Finished, LogLines, Noted, Warned
from ecsplan_applier.outcomes.result import Summary
from ecsplan_local import Endpoint, ScriptedClock

LOGGING = (
    "image: alpine\nconfigure_cloudwatch_logs: true\n"
    "execution_role_arn: arn:aws:iam::000000000000:role/execution\n"
)
"""A manifest whose log is printed."""


class OwnedClock:
    """A time that only moves when somebody waits; the endpoint lives by it, too."""

    def __init__(self, scripted: ScriptedClock) -> None:
        self.scripted = scripted
        self.waited_s = 0.0

    def now(self) -> float:
        return self.scripted.now()

    def elapsed(self) -> float:
        return self.scripted.now()

    def wait(self, mail: "SimpleQueue[Any]", seconds: float | None) -> Any:
        if not mail.empty():
            return mail.get_nowait()
        assert seconds is not None, "the apply waits for something that nobody will bring about"
        self.scripted.advance(seconds)
        self.waited_s += seconds
        return None


@dataclass
class Played:
    """An apply that has ended: its events, in order."""

    events: list[Event] = field(default_factory=list)

    @property
    def summary(self) -> Summary:
        last = self.events[-1]
        assert isinstance(last, Finished)
        return last.summary

    @property
    def status(self) -> int:
        return self.summary.exit_status

    @property
    def lines(self) -> list[str]:
        return [line for each in self.events if isinstance(each, LogLines) for line in each.lines]

    @property
    def said(self) -> list[str]:
        return [each.message for each in self.events if isinstance(each, (Noted, Warned))]

    @property
    def warned(self) -> list[str]:
        return [each.message for each in self.events if isinstance(each, Warned)]

    def of(self, kind: type[Any]) -> list[Any]:
        return [each for each in self.events if isinstance(each, kind)]


class Stage:
    """An endpoint, a clock, and applies against it in this process."""

    def __init__(self, endpoint: Endpoint, clock: ScriptedClock, folder: Path) -> None:
        self.endpoint = endpoint
        self.clock = OwnedClock(clock)
        self.folder = folder
        self.session = SessionOptions(
            endpoint_url=endpoint.url,
            default_region="us-east-1",
            static_credentials=("local", "local"),
            call_timeout_s=5.0,
        )
        self.gateway: Gateway = InlineGateway(endpoint, self.session)

    def compile(self, manifest: str, *, file: str = "hello.yaml", offline: bool = False) -> Plan:
        jobs = read_jobs(manifest, file=file)
        compilation = begin(jobs, None if offline else Observed())
        observer = Observer(clock=self.clock, gateway=self.gateway, workers=0)
        compiled = observe(compilation, with_answers, observer).result()
        assert compiled.plan is not None, compiled.diagnostics
        return compiled.plan

    def events(self, plan: Plan, **options: Any) -> Iterator[Event]:
        given: dict[str, Any] = {
            "gateway": self.gateway,
            "session": self.session,
            "clock": self.clock,
            "random": Random(7),
            "workers": 0,
            "locks": self.folder / "locks",
            "state": self.folder / "state",
        }
        return apply(plan, **(given | options))

    def apply(self, plan: Plan, **options: Any) -> Played:
        played = Played()
        for event in self.events(plan, **options):
            played.events.append(event)
        return played

    def calls(self, *operations: str) -> list[str]:
        return [
            each.operation for each in self.endpoint.calls() if not operations or each.operation in operations
        ]

    def ask(self, operation: Operation, **request: object) -> Body:
        """Make a call of the endpoint's, past the applier."""
        return self.gateway.call(self.gateway.target(Aws()), operation, request)

    def revisions(self, family: str = "hello", status: str = "ACTIVE") -> list[int]:
        """Return the numbers of a family's revisions with a status."""
        arns = self.ask(LIST_TASK_DEFINITIONS, familyPrefix=family, status=status)["taskDefinitionArns"]
        return [int(each.rpartition(":")[2]) for each in arns]

    def tasks(self) -> list[dict[str, Any]]:
        """Return all tasks that exist, whatever their state."""
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in self.ask(LIST_TASKS, desiredStatus=status)["taskArns"]
        ]
        return list(self.ask(DESCRIBE_TASKS, tasks=arns)["tasks"]) if arns else []

    def ask_past_faults(self) -> list[dict[str, Any]]:
        """Return all tasks after taking the faults back."""
        self.endpoint.set_faults({})
        return self.tasks()

    def register(self, **request: Any) -> str:
        """Register a revision, as somebody else would, and return its ARN."""
        given = {
            "family": "hello",
            "containerDefinitions": [{"name": "main", "image": "other", "memory": 64}],
        }
        answer = self.ask(REGISTER_TASK_DEFINITION, **(given | request))
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def deregister(self, arn: str) -> None:
        """Deregister a revision, as somebody else would."""
        self.ask(DEREGISTER_TASK_DEFINITION, taskDefinition=arn)


@dataclass
class Ended:
    """A process that has ended."""

    status: int
    out: str
    err: str


class Command:
    """`ecsplan` as a process, against an endpoint in this one."""

    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        self.endpoint = endpoint
        self.folder = folder
        keep = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "ECSPLAN_", "GITHUB_", "XDG_"))
        }
        self.env = {
            **keep,
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(folder / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
        }

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def start(self, *arguments: str, **options: Any) -> Process:
        """Start `ecsplan`; the options are those of `processes.start`."""
        return processes.start(
            *arguments,
            cwd=self.folder,
            env=self.env | options.pop("env", {}),
            stdin=options.pop("stdin", None),
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.PIPE),
            **options,
        )

    def spawn(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start `ecsplan` as it is installed, for what a locale or Python's own variables decide."""
        env = self.env | options.pop("env", {})
        return subprocess.Popen([processes.SCRIPT, *arguments], cwd=self.folder, env=env, **options)

    def run(self, *arguments: str, text: bytes | None = None, **options: Any) -> Ended:
        process = self.start(*arguments, stdin=None if text is None else subprocess.PIPE, **options)
        try:
            out, err = process.communicate(text, timeout=LIMIT_S)
        finally:
            process.close()
        return Ended(process.wait(), out.decode(), err.decode())

    def compile(self, manifest: str, name: str = "hello") -> None:
        """Compile a manifest to plan.json."""
        self.write(f"{name}.yaml", manifest)
        ended = self.run("compile", f"{name}.yaml", "-o", "plan.json")
        assert ended.status == 0, ended
