"""Registers, runs and waits for tasks through boto3, for the tests of runners."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from botocore.client import BaseClient
from local_requests import definition, run_request

from ecsplan_local import Endpoint, ScriptedClock

Document: TypeAlias = Mapping[str, Any]
"""A container of a definition, or a task as DescribeTasks shows it."""


class Tasks:
    """A client's view of one endpoint."""

    def __init__(self, ecs: BaseClient, ec2: BaseClient, logs: BaseClient) -> None:
        self.ecs = ecs
        self.logs = logs
        self._request = run_request(ec2)

    def register(self, *containers: Document, **members: object) -> None:
        base = definition()["containerDefinitions"][0]
        given = [{**base, **each} for each in containers]
        self.ecs.register_task_definition(**definition(containerDefinitions=given, **members))

    def start(self, **members: object) -> list[str]:
        return [each["taskArn"] for each in self.ecs.run_task(**self._request | members)["tasks"]]

    def run(self, **members: object) -> str:
        return self.start(**members)[0]

    def describe(self, arn: str) -> Document:
        task: Document = self.ecs.describe_tasks(tasks=[arn])["tasks"][0]
        return task

    def until(self, arn: str, *statuses: str, seconds: float = 60) -> Document:
        deadline = time.monotonic() + seconds
        while (task := self.describe(arn))["lastStatus"] not in statuses:
            assert time.monotonic() < deadline, task
            time.sleep(0.02)
        return task

    def end(self, arn: str) -> Document:
        return self.until(arn, "STOPPED")

    def run_to_the_end(self, *containers: Document, **members: object) -> Document:
        self.register(*containers, **members)
        return self.end(self.run())

    def lines(self, task: Document, container: str = "main") -> list[str]:
        stream = f"prefix/{container}/{task['taskArn'].rpartition('/')[2]}"
        page = self.logs.get_log_events(logGroupName="group", logStreamName=stream, startFromHead=True)
        return [each["message"] for each in page["events"]]

    def wait_for_line(self, arn: str, line: str, container: str = "main") -> None:
        self.until(arn, "RUNNING", "STOPPED")
        deadline = time.monotonic() + 60
        while line not in self.lines({"taskArn": arn}, container):
            assert time.monotonic() < deadline
            time.sleep(0.02)


MakeEndpoint: TypeAlias = Callable[..., Endpoint]
"""The fixture `start`."""
MakeClient: TypeAlias = Callable[..., BaseClient]
"""The fixture `client`; the SDK's clients have no types."""
MakeTasks: TypeAlias = Callable[..., Tasks]
"""The fixture `tasks`."""
MakeProcess: TypeAlias = Callable[..., tuple[subprocess.Popen[str], Tasks]]
"""The fixture `other`."""
Post: TypeAlias = Callable[..., tuple[int, Any]]
"""The fixture `post`."""


def advance(endpoint: Endpoint, seconds: float) -> None:
    """Move the scripted clock of an endpoint on."""
    assert isinstance(endpoint.clock, ScriptedClock)
    endpoint.clock.advance(seconds)


def exits(task: Document) -> dict[str, int | None]:
    """Return container -> exit code, None for none."""
    return {each["name"]: each.get("exitCode") for each in task["containers"]}


def why(task: Document) -> str:
    """Return stop code and reason."""
    return f"{task.get('stopCode')}: {task.get('stoppedReason')}"


def is_gone(pid: int) -> bool:
    """Return whether a process has ended."""
    try:
        return "zombie" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
