"""Registers, runs and waits for tasks through boto3, for the tests of runners."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_requests import definition, run_request


class Tasks:
    """A client's view of one endpoint."""

    def __init__(self, ecs: Any, ec2: Any, logs: Any) -> None:
        self.ecs = ecs
        self.logs = logs
        self._request = run_request(ec2)

    def register(self, *containers: dict[str, Any], **members: Any) -> None:
        base = definition()["containerDefinitions"][0]
        given = [base | each for each in containers]
        self.ecs.register_task_definition(**definition(containerDefinitions=given, **members))

    def start(self, **members: Any) -> list[str]:
        return [each["taskArn"] for each in self.ecs.run_task(**self._request | members)["tasks"]]

    def run(self, **members: Any) -> str:
        return self.start(**members)[0]

    def describe(self, arn: str) -> dict[str, Any]:
        task: dict[str, Any] = self.ecs.describe_tasks(tasks=[arn])["tasks"][0]
        return task

    def until(self, arn: str, *statuses: str, seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (task := self.describe(arn))["lastStatus"] not in statuses:
            assert time.monotonic() < deadline, task
            time.sleep(0.02)
        return task

    def end(self, arn: str) -> dict[str, Any]:
        return self.until(arn, "STOPPED")

    def run_to_the_end(self, *containers: dict[str, Any], **members: Any) -> dict[str, Any]:
        self.register(*containers, **members)
        return self.end(self.run())

    def lines(self, task: dict[str, Any], container: str = "main") -> list[str]:
        stream = f"prefix/{container}/{task['taskArn'].rpartition('/')[2]}"
        page = self.logs.get_log_events(logGroupName="group", logStreamName=stream, startFromHead=True)
        return [each["message"] for each in page["events"]]

    def wait_for_line(self, arn: str, line: str, container: str = "main") -> None:
        self.until(arn, "RUNNING", "STOPPED")
        deadline = time.monotonic() + 60
        while line not in self.lines({"taskArn": arn}, container):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def exits(task: dict[str, Any]) -> dict[str, int | None]:
    """Return container -> exit code, None for none."""
    return {each["name"]: each.get("exitCode") for each in task["containers"]}


def why(task: dict[str, Any]) -> str:
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
