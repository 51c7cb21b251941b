"""`--local` and AWS are two accounts: a plan for one of them is refused with the other."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from aws_world import Aws

from ecsplan.plan.plan import read_plan, write_plan

JOB = "name: hello\nimage: alpine\ncommand: [echo, hi]\n"
LOCAL = ("--local", "--state", "own.sqlite3")


def test_a_local_plan_without_local(aws: Aws) -> None:
    plan = aws.compiled(aws.write("job.yaml", JOB), *LOCAL)
    aws.write("plan.json", json.dumps(plan))
    assert plan["jobs"][0]["account"] == "000000000000"

    denied = {"action": "error", "status": 403, "code": "AccessDenied", "message": "no"}
    operations = ("DescribeTaskDefinition", "GetCallerIdentity")
    aws.endpoint.set_faults({"rules": [{"operation": each, **denied} for each in operations]})

    done = aws.run("apply", "plan.json")

    assert (done.exit_code, done.stdout) == (122, "")
    assert "the plan is for account 000000000000" in done.stderr
    assert "is the embedded ECS: add --local" in done.stderr


def test_a_local_plan_without_local_nor_credentials(bare: Path) -> None:
    world = Aws(None, bare)  # type: ignore[arg-type] # no endpoint is needed
    world.write("plan.json", json.dumps(world.compiled(world.write("job.yaml", JOB), *LOCAL)))

    done = world.run("apply", "plan.json", AWS_REGION="us-east-1")

    assert done.exit_code == 122
    assert "is the embedded ECS: add --local" in done.stderr


def test_a_plan_for_aws_with_local(aws: Aws) -> None:
    plan = read_plan(json.dumps(aws.compiled(aws.write("job.yaml", JOB))))
    jobs = tuple(replace(each, account="111122223333") for each in plan.jobs)
    aws.write("plan.json", write_plan(replace(plan, jobs=jobs)))

    done = aws.run("apply", "plan.json", *LOCAL, "--runner", "process")

    assert (done.exit_code, done.stdout) == (122, "")
    assert "omit --local" in done.stderr


@pytest.mark.parametrize("command", ["compile", "diff"])
def test_a_warning_where_sts_cannot_be_asked(aws: Aws, command: str) -> None:
    rule = {"operation": "GetCallerIdentity", "action": "error", "code": "AccessDenied", "message": "no"}
    aws.endpoint.set_faults({"rules": [rule]})
    manifest = aws.write("job.yaml", JOB)

    done = aws.run(command, manifest)

    assert done.exit_code == 0
    assert done.stderr.count("warning: the account of these credentials is unknown") == 1
    assert aws.run(command, manifest, "--quiet").stderr == ""
