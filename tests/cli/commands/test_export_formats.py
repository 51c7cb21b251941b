"""`ecsplan export` to the formats that are one document: what is written, and what it says about the rest."""

import json
from pathlib import Path

import pytest
from aws_world import Aws
from click.testing import CliRunner, Result

from ecsplan_cli.main import group

HELLO = "name: hello\nimage: alpine:3\ncommand: [echo, hello world]\nretry: {attempts: 2}\n"
LINKED = "name: linked\ntask_definition_arn: web:7\n"


def export(to: str, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["export", "--to", to, *arguments])


@pytest.mark.parametrize(
    ("form", "member"),
    [
        pytest.param("terraform", "resource", id="terraform"),
        pytest.param("cloudformation", "Resources", id="cloudformation"),
        pytest.param("step-functions", "States", id="step-functions"),
        pytest.param("eventbridge", "EcsParameters", id="eventbridge"),
    ],
)
def test_a_document_and_its_notes(bare: Path, form: str, member: str) -> None:
    (bare / "job.yaml").write_text(HELLO, "utf-8")

    done = export(form, "--offline", "job.yaml", "-o", "out.json")

    assert (done.exit_code, done.stdout) == (0, "")
    assert member in json.loads((bare / "out.json").read_text("utf-8"))
    assert "warning: hello: `retry`: " in done.stderr
    assert ("<subnets of the default VPC>" in done.stderr) == (form in {"step-functions", "eventbridge"})


def test_aws_says_which_account_and_which_revision(aws: Aws) -> None:
    aws.write("job.yaml", HELLO)

    done = export("eventbridge", "job.yaml")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["Arn"] == "arn:aws:ecs:us-east-1:000000000000:cluster/default"
    assert "`TaskDefinitionArn` is marked `<registered at apply>`" in done.stderr


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        pytest.param(
            "eventbridge",
            "jobs:\n" + "".join(f"  j{each}: {{image: alpine}}\n" for each in range(6)),
            "--to eventbridge takes at most 5 jobs, but there are 6: j0, j1, j2",
            id="more targets than a rule has",
        ),
        pytest.param(
            "cloudformation",
            LINKED,
            "--to cloudformation: there is no task definition to write: each job runs one that exists, as it "
            "is; use a format that describes runs: aws-cli, step-functions or eventbridge",
            id="no definition",
        ),
    ],
)
def test_what_a_format_cannot_hold(bare: Path, form: str, text: str, said: str) -> None:
    (bare / "job.yaml").write_text(text, "utf-8")

    done = export(form, "--offline", "job.yaml", "-o", "out.json")

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (bare / "out.json").exists()
