"""The commands that `ecsplan export --to aws-cli` prints, run by the AWS CLI as a shell reads them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aws_world import Aws
from environments import environment
from places import TESTS

PINS = TESTS / "local" / "constraints-awscli.txt"
SERVICE_ROLE = "arn:aws:iam::000000000000:role/task"
JOB = f"""\
name: etl
image: alpine:3
command: [echo, "it's ü"]
env: {{MODE: fast, EMPTY: ""}}
labels: {{team: data}}
task_role_arn: {SERVICE_ROLE}
cpu: 256
memory: 512
"""
COPIES = "name: many\nimage: alpine:3\ncount: 12\n"
LINKED = "name: linked\ntask_definition_arn: web\ncontainer_name: app\ncommand: [migrate]\n"


@pytest.fixture
def path_with_aws() -> str:
    """Return a PATH on which `aws` is the AWS CLI."""
    try:
        folder = environment("awscli", PINS)
    except (AssertionError, OSError, subprocess.SubprocessError) as reason:
        pytest.skip(f"the AWS CLI cannot be installed: {str(reason).strip().rpartition(chr(10))[2]}")
    return f"{folder}:{os.environ['PATH']}"


def carried_out(commands: str, path: str) -> None:
    """Run commands as a shell script, to its end."""
    environment = {**os.environ, "PATH": path, "AWS_PAGER": "", "LC_ALL": "C"}
    done = subprocess.run(
        ["sh", "-e"],
        input=commands,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr


def asked(aws: Aws, operation: str) -> list[dict[str, Any]]:
    """Return what the embedded ECS was asked for, but for the token that the SDK adds."""
    calls = [json.loads(json.dumps(each.parameters)) for each in aws.endpoint.calls(operation)]
    return [{name: value for name, value in each.items() if name != "clientToken"} for each in calls]


@pytest.mark.parametrize("folder", ["out", "my folder/it's"])
def test_the_printed_commands_make_the_two_requests(aws: Aws, path_with_aws: str, folder: str) -> None:
    job = aws.compiled(aws.write("job.yaml", JOB))["jobs"][0]

    printed = aws.run("export", "job.yaml", "--to", "aws-cli", "-o", folder)
    carried_out(printed.stdout, path_with_aws)

    assert asked(aws, "RegisterTaskDefinition") == [job["task_definition"]["request"]]
    expected = {**job["run_request"], "taskDefinition": "etl"}
    del expected["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    assert asked(aws, "RunTask") == [expected]


def test_many_copies_are_all_started(aws: Aws, path_with_aws: str) -> None:
    printed = aws.run("export", aws.write("job.yaml", COPIES), "--to", "aws-cli", "-o", "out")

    carried_out(printed.stdout, path_with_aws)

    assert [each["count"] for each in asked(aws, "RunTask")] == [10, 2]


def test_a_linked_definition_runs_as_it_is(aws: Aws, path_with_aws: str) -> None:
    aws.client().register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "alpine:3"}],
    )
    aws.endpoint.forget_calls()
    printed = aws.run("export", aws.write("job.yaml", LINKED), "--to", "aws-cli", "-o", "out")

    carried_out(printed.stdout, path_with_aws)

    assert asked(aws, "RegisterTaskDefinition") == []
    assert [each["taskDefinition"] for each in asked(aws, "RunTask")] == ["web"]
    assert [each.name for each in Path("out").iterdir()] == ["run-task.json"]
