"""`ecsplan iam` as a user runs it: what it prints, what it says beside, and how it ends."""

import json
import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from click.testing import CliRunner, Result
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import write_plan
from ecsplan_applier.aws.gateway import SdkGateway
from ecsplan_cli.main import group

PAGE = (ROOT / "docs" / "permissions.md").read_text("utf-8")
ROLE = "arn:aws:iam::111122223333:role"
ETL = "name: etl\nimage: alpine:3\naws: {region: eu-west-1, account_id: '111122223333'}\n"
TASKS = "arn:aws:ecs:eu-west-1:111122223333:task/default/*"


@pytest.fixture
def here(bare: Path) -> Path:
    (bare / "job.yaml").write_text(ETL, "utf-8")
    return bare


def iam(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(group, ["iam", *arguments], input=stdin, env=environment)


def policy(*arguments: str, stdin: str | None = None, **environment: str) -> dict[str, Any]:
    done = iam(*arguments, stdin=stdin, **environment)
    assert (done.exit_code, done.stderr) == (0, "")
    # Moto refuses what IAM refuses with MalformedPolicyDocument.
    IAMPolicyDocumentValidator(done.stdout).validate()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def actions(found: dict[str, Any]) -> set[str]:
    listed = [each["Action"] for each in found["Statement"]]
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


def on(found: dict[str, Any], action: str) -> Any:
    (statement,) = (each for each in found["Statement"] if action in each["Action"])
    return statement["Resource"]


@pytest.mark.usefixtures("here")
def test_the_page_shows_what_is_printed() -> None:
    (manifest,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    Path("job.yaml").write_text(manifest, "utf-8")
    CliRunner().invoke(group, ["compile", "--offline", "job.yaml", "-o", "plan.json"])

    printed = iam("plan.json").stdout

    assert f"results in this policy:\n\n<!-- policy: example -->\n\n```json\n{printed}```" in PAGE
    assert iam("job.yaml").stdout == printed


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("purpose", "has", "lacks"),
    [
        pytest.param("compile", {"ecs:DescribeTaskDefinition"}, {"ecs:RunTask"}, id="compile"),
        pytest.param("apply", {"ecs:RunTask", "ecs:DescribeTaskDefinition"}, {"s3:GetObject"}, id="apply"),
        pytest.param("all", {"ecs:RunTask", "ec2:DescribeSubnets"}, {"logs:GetLogEvents"}, id="all"),
    ],
)
def test_what_it_is_for(purpose: str, has: set[str], lacks: set[str]) -> None:
    found = actions(policy("job.yaml", "--for", purpose))

    assert has <= found
    assert not lacks & found


@pytest.mark.usefixtures("here")
def test_a_plan_on_standard_input_needs_no_call() -> None:
    plan = CliRunner().invoke(group, ["compile", "--offline", "job.yaml"]).stdout

    assert policy("-", stdin=plan) == policy("job.yaml")


@pytest.mark.usefixtures("here")
def test_nothing_is_called() -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PROFILE": "missing", "AWS_MAX_ATTEMPTS": "1"}

    assert policy("job.yaml", **nowhere) == policy("job.yaml")


@pytest.mark.usefixtures("here")
def test_there_is_no_way_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a gateway nor a session of the SDK, which would look for credentials, is made."""

    def refuse(*arguments: object, **members: object) -> None:
        raise AssertionError("there is no way to AWS")

    Path("job.yaml").write_text(
        f"variables: {{}}\n{ETL}pin_image: true\nenv: {{A: '${{ssm:/a}}'}}\n", "utf-8"
    )
    CliRunner().invoke(group, ["compile", "--offline", "job.yaml", "-o", "plan.json"])
    for each in (SdkGateway, Session, socket.socket):
        monkeypatch.setattr(each, "__init__", refuse)

    assert policy("plan.json", "--ledger", "s3://b1b/p") == policy("job.yaml", "--ledger", "s3://b1b/p")


@pytest.mark.usefixtures("here")
def test_a_plan_for_the_embedded_ecs() -> None:
    plan = compile_manifest(ETL, file="job.yaml").plan
    assert plan is not None
    local = replace(plan, jobs=tuple(replace(each, account="000000000000") for each in plan.jobs))
    Path("plan.json").write_text(write_plan(local), "utf-8")

    assert "etl: compiled with --local: the account 000000000000" in iam("plan.json").stderr


@pytest.mark.usefixtures("here")
def test_what_is_not_known_is_any() -> None:
    Path("job.yaml").write_text("name: etl\nimage: alpine:3\n", "utf-8")

    assert on(policy("job.yaml"), "ecs:StopTask") == "arn:aws:ecs:*:*:task/default/*"
    assert on(policy("job.yaml", "--region", "cn-north-1"), "ecs:StopTask").startswith(
        "arn:aws-cn:ecs:cn-north-1:*:"
    )
    CliRunner().invoke(group, ["compile", "--offline", "job.yaml", "-o", "plan.json"])
    assert on(policy("plan.json", AWS_REGION="us-gov-west-1"), "ecs:StopTask").startswith(
        "arn:aws-us-gov:ecs:us-gov-west-1:*:"
    )


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("ledger", "documents", "condition"),
    [
        pytest.param("s3://b1b/p/q", "arn:aws:s3:::b1b/p/q/*", {"s3:prefix": "p/q/*"}, id="a prefix"),
        pytest.param("s3://b1b", "arn:aws:s3:::b1b/*", None, id="a whole bucket"),
        pytest.param("s3://b1b/a*", "arn:aws:s3:::b1b/a${*}/*", {"s3:prefix": "a${*}/*"}, id="an asterisk"),
    ],
)
def test_a_ledger_in_s3(ledger: str, documents: str, condition: dict[str, str] | None) -> None:
    found = policy("job.yaml", "--ledger", ledger)

    assert found == policy("job.yaml", ECSPLAN_LEDGER=ledger)
    assert on(found, "s3:PutObject") == on(found, "s3:GetObject") == documents
    (listing,) = (each for each in found["Statement"] if each["Action"] == "s3:ListBucket")
    assert listing["Resource"] == "arn:aws:s3:::b1b"
    assert listing.get("Condition") == (None if condition is None else {"StringLike": condition})
    assert not {
        each for each in actions(policy("job.yaml", "--ledger", ledger, "--for", "compile")) if "s3:" in each
    }


@pytest.mark.usefixtures("here")
def test_a_ledger_in_a_folder_needs_nothing() -> None:
    assert policy("job.yaml", "--ledger", "runs") == policy("job.yaml")


@pytest.mark.usefixtures("here")
def test_explained() -> None:
    Path("job.yaml").write_text(f"---\n{ETL}---\n{ETL.replace('etl', 'load')}cluster: batch\n", "utf-8")

    done = iam("job.yaml", "--explain")

    assert (done.exit_code, done.stderr) == (0, "")
    assert (
        f"\nEcsDescribeStop\n  on {TASKS.replace('default', 'batch')}\n  on {TASKS}\n"
        "  ecs:DescribeTasks: DescribeTasks of apply, for jobs etl, load\n"
        "  ecs:StopTask: StopTask of apply, for jobs etl, load\n"
    ) in done.stdout
    assert "DescribeTaskDefinition of compile and apply, for jobs etl, load\n" in done.stdout
    assert (
        "  if ecs:cluster is arn:aws:ecs:eu-west-1:111122223333:cluster/batch\n"
        "  ecs:RunTask: RunTask of apply, for job load\n"
    ) in done.stdout


@pytest.mark.usefixtures("here")
def test_sixty_jobs_explained() -> None:
    """Jobs stand in the order of the manifest, however their resources are grouped."""
    jobs = "".join(f"  job-{each:02}: {{cluster: c{each % 3}}}\n" for each in range(60))
    Path("job.yaml").write_text(f"defaults: {{image: 'alpine:3'}}\njobs:\n{jobs}", "utf-8")

    shown = iam("job.yaml", "--explain").stdout

    first = ", ".join(f"job-{each:02}" for each in range(10))
    assert f"  ecs:StopTask: StopTask of apply, for jobs {first} and 50 more\n" in shown
    clusters = "\n    or ".join(f"arn:aws:ecs:*:*:cluster/c{each}" for each in range(3))
    assert f"\n  if ecs:cluster is {clusters}\n  ecs:ListTasks: ListTasks of apply" in shown


@pytest.mark.usefixtures("here")
def test_one_policy_for_two_partitions() -> None:
    china = "{name: far, image: alpine, aws: {region: cn-north-1, account_id: '111122223333'}}\n"
    Path("job.yaml").write_text(f"---\n{ETL}---\n{china}", "utf-8")

    assert "one policy for the partitions aws, aws-cn: IAM accepts only ARNs" in iam("job.yaml").stderr


@pytest.mark.usefixtures("here")
def test_a_job_with_a_schedule() -> None:
    Path("job.yaml").write_text(f"{ETL}schedule: {{rate: 1 day, role_arn: '{ROLE}/s'}}\n", "utf-8")

    done = iam("job.yaml")

    assert done.stderr == (
        "note: etl: `ecsplan schedule` needs more than this policy; `ecsplan docs permissions` lists it\n"
    )
    assert iam("job.yaml", "--quiet").stderr == ""


ASSUMES = f"{{name: other, image: alpine, aws: {{region: eu-west-1, assume_role_arn: '{ROLE}/deploy'}}}}\n"


@pytest.mark.usefixtures("here")
def test_jobs_that_assume_a_role() -> None:
    Path("job.yaml").write_text(f"---\n{ETL}---\n{ASSUMES}", "utf-8")

    done = iam("job.yaml", "--ledger", "s3://b1b/p")
    of_role = policy("job.yaml", "--ledger", "s3://b1b/p", "--role", f"{ROLE}/deploy")

    caller = json.loads(done.stdout)
    assert on(caller, "sts:AssumeRole") == f"{ROLE}/deploy"
    assert on(caller, "ecs:RunTask") == "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:*"
    assert on(of_role, "ecs:RunTask") == "arn:aws:ecs:eu-west-1:111122223333:task-definition/other:*"
    assert "s3:PutObject" in actions(caller)
    assert not {"s3:PutObject", "sts:AssumeRole"} & actions(of_role)
    assert done.stderr == (
        f"warning: other: the calls made as {ROLE}/deploy are not in this policy; for its own policy, run"
        f" `ecsplan iam … --role {ROLE}/deploy`\n"
    )
    assert iam("job.yaml", "--quiet").stderr == ""


@pytest.mark.usefixtures("here")
def test_a_policy_that_is_too_large_comes_in_parts() -> None:
    jobs = "".join(f"  job-with-a-long-name-{each:03}: {{}}\n" for each in range(100))
    Path("job.yaml").write_text(f"defaults: {{image: 'alpine:3'}}\njobs:\n{jobs}", "utf-8")

    done = iam("job.yaml")
    found = [json.loads(iam("job.yaml", "--part", str(each)).stdout) for each in (1, 2, 3, 4)]

    assert done.stderr.endswith("attach it in 4 parts, printed by `--part 1` to `--part 4`\n")
    assert [len(json.dumps(each, separators=(",", ":"))) <= 6144 for each in found] == [True] * 4
    assert set().union(*map(actions, found)) == actions(json.loads(done.stdout))
    beyond = iam("job.yaml", "--part", "5")
    assert (beyond.exit_code, "--part 5: the policy has 4 parts" in beyond.stderr) == (2, True)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        pytest.param(["missing.yaml"], 1, "missing.yaml", id="no such manifest"),
        pytest.param(["wrong.yaml"], 1, "unknown key 'imag'", id="a wrong manifest"),
        pytest.param(["wrong.json"], 123, "this is JSON, but not a plan", id="not a plan"),
        pytest.param(["job.yaml", "--for", "prune"], 2, "'prune' is not one of", id="another purpose"),
        pytest.param(["job.yaml", "--role", "x"], 2, "no job assumes a role", id="no role"),
        pytest.param(
            ["job.yaml", "--ledger", "s3://B"], 2, "S3 has no bucket of such a name", id="no bucket"
        ),
        pytest.param(
            ["plan.json", "--region", "eu-west-1"], 2, "already have a region", id="regions of a plan"
        ),
        pytest.param(["plan.json", "--set", "cpu=256"], 2, "already compiled", id="settings with a plan"),
        pytest.param(["empty.yaml"], 1, "empty", id="no job"),
    ],
)
def test_bad_input(arguments: list[str], status: int, message: str) -> None:
    Path("wrong.yaml").write_text("name: x\nimag: alpine\n", "utf-8")
    Path("wrong.json").write_text('{"digest": "sha256:0"}', "utf-8")
    Path("empty.yaml").write_text("", "utf-8")
    CliRunner().invoke(group, ["compile", "--offline", "job.yaml", "-o", "plan.json"])

    done = iam(*arguments)

    assert (done.exit_code, done.stdout) == (status, "")
    assert message in done.stderr


def test_other_words_lead_to_it() -> None:
    for word in ("policy", "permissions"):
        assert "`ecsplan iam plan.json`" in CliRunner().invoke(group, [word]).stderr
