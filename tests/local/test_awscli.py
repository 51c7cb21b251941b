"""The AWS CLI, which knows nothing of ecsplan, registers, runs, waits, describes and reads logs."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from environments import environment
from local_requests import definition
from local_tasks import MakeEndpoint
from places import TESTS

from ecsplan_local import Endpoint

PINS = TESTS / "local" / "constraints-awscli.txt"


def version_2() -> str:
    """Return version 2 of the AWS CLI if it is installed; it is on no package index of Python's."""
    for folder in os.get_exec_path():
        program = shutil.which("aws", path=folder)
        if program:
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
            if (said.stdout + said.stderr).startswith("aws-cli/2."):
                return program
    return pytest.skip("version 2 of the AWS CLI is not installed (.ci/awscli-setup installs it)")


class Cli:
    """Runs `aws` against an endpoint, with an environment of its own."""

    def __init__(self, program: str, home: Path, endpoint: Endpoint, *options: str) -> None:
        self._command = [program, *options]
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
        }

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--output", "json"))


@pytest.fixture(params=["version 1", "version 2"])
def aws(request: pytest.FixtureRequest, start: MakeEndpoint, tmp_path: Path) -> Cli:
    endpoint = start(runner="process")
    if request.param == "version 2":
        # Debian's is older than AWS_ENDPOINT_URL.
        return Cli(version_2(), tmp_path, endpoint, "--endpoint-url", endpoint.url)
    return Cli(str(environment("awscli", PINS) / "aws"), tmp_path, endpoint)


@pytest.fixture
def ended(aws: Cli, tmp_path: Path) -> dict[str, object]:
    """Return a task that the CLI has registered, started and waited for."""
    request = definition()
    request["containerDefinitions"][0]["command"] = ["sh", "-c", "echo hello from the task; exit 3"]
    (tmp_path / "definition.json").write_text(json.dumps(request))
    aws("ecs", "register-task-definition", "--cli-input-json", f"file://{tmp_path}/definition.json")
    subnet = aws.json("ec2", "describe-subnets", "--filters", "Name=default-for-az,Values=true")["Subnets"][0]
    network = f"awsvpcConfiguration={{subnets=[{subnet['SubnetId']}]}}"
    started = aws.json(
        *("ecs", "run-task", "--task-definition", "hello", "--launch-type", "FARGATE"),
        *("--network-configuration", network),
    )
    arn = started["tasks"][0]["taskArn"]
    aws("ecs", "wait", "tasks-stopped", "--tasks", arn)
    task: dict[str, Any] = aws.json("ecs", "describe-tasks", "--tasks", arn)["tasks"][0]
    return task


def test_runs_a_task_and_reads_its_log(aws: Cli, ended: dict[str, Any]) -> None:
    stream = f"prefix/main/{ended['taskArn'].rpartition('/')[2]}"
    events = aws.json("logs", "get-log-events", "--log-group-name", "group", "--log-stream-name", stream)[
        "events"
    ]
    found = aws.json(
        "logs", "filter-log-events", "--log-group-name", "group", "--interleaved", "--start-time", "0"
    )

    assert [ended["lastStatus"], ended["containers"][0]["exitCode"]] == ["STOPPED", 3]
    assert [each["message"] for each in events] == ["hello from the task"]
    assert [each["message"] for each in found["events"]] == ["hello from the task"]
    assert aws.json("sts", "get-caller-identity")["Account"] == "000000000000"

    if "aws-cli/2." in aws("--version"):
        lines = aws("logs", "tail", "group", "--since", "1h", "--format", "short").splitlines()
        assert [line.split(" ", 1)[1] for line in lines] == ["hello from the task"]


def test_keeps_services(aws: Cli, tmp_path: Path) -> None:
    (tmp_path / "definition.json").write_text(json.dumps(definition()))
    aws("ecs", "register-task-definition", "--cli-input-json", f"file://{tmp_path}/definition.json")
    subnet = aws.json("ec2", "describe-subnets")["Subnets"][0]["SubnetId"]
    aws(
        *("ecs", "create-service", "--service-name", "web", "--task-definition", "hello"),
        *("--desired-count", "0", "--launch-type", "FARGATE"),
        *("--network-configuration", f"awsvpcConfiguration={{subnets=[{subnet}]}}"),
    )

    aws("ecs", "update-service", "--service", "web", "--platform-version", "1.4.0")
    found = aws.json("ecs", "describe-services", "--services", "web", "none")
    listed = aws.json("ecs", "list-services")["serviceArns"]
    aws("ecs", "delete-service", "--service", "web", "--force")
    aws("ecs", "wait", "services-inactive", "--services", "web")

    assert [each["platformVersion"] for each in found["services"]] == ["1.4.0"]
    assert [each["reason"] for each in found["failures"]] == ["MISSING"]
    assert listed == [found["services"][0]["serviceArn"]]
