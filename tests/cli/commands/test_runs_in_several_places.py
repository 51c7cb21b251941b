"""Runs with jobs in several regions and accounts: all that look back by the run id see what the apply did."""

import json
from typing import Any

import pytest
from aws_world import Aws

REGIONS = """
matrix: {region: [us-east-1, eu-west-1]}
aws: {region: "${matrix.region}"}
name: etl
image: alpine
"""
ACCOUNTS = """
defaults: {image: alpine}
jobs:
  own: {}
  their: {aws: {assume_role_arn: "arn:aws:iam::444455556666:role/deploy"}}
"""
RUNNING = {"at": 0.2, "status": "RUNNING"}
LASTS = {"tasks": [{"timeline": [RUNNING], "on_stop": [{"at": 0.1, "status": "STOPPED", "exitCode": 143}]}]}
ENDS = {"tasks": [{"timeline": [RUNNING, {"at": 0.6, "status": "STOPPED", "exitCode": 0}]}]}


def applied(aws: Aws, manifest: str, lives: dict[str, Any], *options: str) -> None:
    aws.endpoint.set_faults(lives)
    aws.write("jobs.yaml", manifest)
    assert aws.run("compile", "jobs.yaml", "-o", "plan.json").exit_code == 0
    done = aws.run("apply", "plan.json", "--run-id", "ci/7", *options)
    assert done.exit_code == 0, done.stderr


def test_a_run_in_two_regions_is_one_run(aws: Aws) -> None:
    applied(aws, REGIONS, ENDS)

    status = aws.run("status", "ci/7", "--format", "json")
    waited = aws.run("wait", "ci/7")

    found = json.loads(status.stdout)
    assert (found["exit_status"], [len(each["tasks"]) for each in found["jobs"]]) == (0, [1, 1])
    assert (waited.exit_code, "2 of 2 tasks succeeded" in waited.stderr) == (0, True)


def test_a_run_in_two_regions_is_stopped_in_both(aws: Aws) -> None:
    applied(aws, REGIONS, LASTS, "--detach")

    done = aws.run("stop", "ci/7", "--wait")

    assert done.exit_code == 0, done.stderr
    for region in ("us-east-1", "eu-west-1"):
        ecs = aws.client(region=region)
        (arn,) = ecs.list_tasks(desiredStatus="STOPPED")["taskArns"]
        assert ecs.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] == "STOPPED"


@pytest.mark.parametrize("command", ["status", "logs", "wait", "stop"])
@pytest.mark.parametrize(
    ("regions", "named"),
    [
        pytest.param(["eu-west-1"], "region eu-west-1", id="one"),
        pytest.param(["sa-east-1", "eu-west-1"], "regions eu-west-1, sa-east-1", id="several"),
    ],
)
def test_a_run_that_is_in_another_region_says_in_which(
    aws: Aws, command: str, regions: list[str], named: str
) -> None:
    applied(aws, REGIONS.replace("us-east-1, eu-west-1", ", ".join(regions)), ENDS)

    done = aws.run(command, "ci/7", "--region", "us-east-1")
    known = aws.run("status", "ci/7", "--region", "eu-west-1")

    assert (done.exit_code, known.exit_code) == (125, 0)
    assert "the run ci/7 is not known; looked at:" in done.stderr
    *_, ledger, remedy = done.stderr.splitlines()
    assert ledger.endswith(f", which has it in {named}")
    assert remedy == "  help: `ecsplan status ci/7 --region eu-west-1` shows it"


def test_a_run_that_is_nowhere_names_no_region(aws: Aws) -> None:
    applied(aws, REGIONS, ENDS)

    done = aws.run("status", "ci/8", "--region", "us-east-1")

    assert done.exit_code == 125
    assert "which has it in" not in done.stderr
    assert "  help: `ecsplan runs --all --region us-east-1` lists the known runs; " in done.stderr


@pytest.mark.parametrize(
    ("manifest", "options", "elsewhere"),
    [
        pytest.param(REGIONS, ("--region", "us-east-1"), "etl[region=eu-west-1]", id="region"),
        pytest.param(ACCOUNTS, (), "their", id="account"),
    ],
)
def test_jobs_that_cannot_be_looked_at_are_not_said_to_have_never_begun(
    aws: Aws, manifest: str, options: tuple[str, ...], elsewhere: str
) -> None:
    applied(aws, manifest, ENDS)

    status = aws.run("status", "ci/7", *options)
    waited = aws.run("wait", "ci/7", *options)
    listed = json.loads(aws.run("runs", "--format", "json", *options).stdout)

    assert status.stdout.startswith("run ci/7: succeeded")
    assert "not begun" not in status.stdout
    warning = "warning: run ci/7 has jobs in other accounts, or in regions that are not looked at: "
    assert f"{warning}{elsewhere}\n" == status.stderr
    assert waited.stderr.count(f"{warning}{elsewhere}\n") == 1
    assert (waited.exit_code, "1 of 1 task succeeded" in waited.stderr) == (0, True)
    assert [each["state"] for each in listed] == ["succeeded"]
