"""Roles: they exist in the job's account, and ECS may assume them."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from scripted_aws import Said, denied
from verified_manifests import ACCOUNT, found_by

from ecsplan.terms.observed import AskAccount, AskLinked, Aws, Observed, Revision
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.roles import role_trust, roles

CHECK = Check(role_trust, over=roles)
ARN = f"arn:aws:iam::{ACCOUNT}:role/run"
MANIFEST = f"image: alpine:3\ntask_role_arn: {ARN}\n"
NETWORK = "network_configuration: {subnets: [subnet-1]}\n"
REVISION = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/web:7"
BODY: dict[str, Any] = {
    "taskDefinitionArn": REVISION,
    "family": "web",
    "revision": 7,
    "status": "ACTIVE",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "alpine:3"}],
}
AWS = Aws(region="us-east-1")
MISSING = AwsError("GetRole", "NoSuchEntity", "The role with name run cannot be found.", status=404)


def role(
    service: str = "ecs-tasks.amazonaws.com", condition: dict[str, Any] | None = None, arn: str = ARN
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        **({} if condition is None else {"Condition": condition}),
    }
    return {"Role": {"Arn": arn, "AssumeRolePolicyDocument": {"Statement": [statement]}}}


def encoded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as IAM sends it."""
    document = answer["Role"]["AssumeRolePolicyDocument"]
    return {"Role": {**answer["Role"], "AssumeRolePolicyDocument": quote(json.dumps(document))}}


MAY = "role run exists, and ecs-tasks.amazonaws.com may assume it"
MAY_NOT = "ecs-tasks.amazonaws.com may not assume role run: "
OF_ACCOUNT = {
    "StringEquals": {"aws:SourceAccount": ACCOUNT},
    "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:*"},
}


@pytest.mark.parametrize(
    ("answer", "state", "message"),
    [
        pytest.param(role(), "ok", MAY, id="trusts tasks"),
        pytest.param(encoded(role()), "ok", MAY, id="policy as IAM encodes it"),
        pytest.param(role(condition=OF_ACCOUNT), "ok", MAY, id="documented conditions"),
        pytest.param(
            role("ec2.amazonaws.com"),
            "fails",
            f"{MAY_NOT}its trust policy names ec2.amazonaws.com, not ecs-tasks.amazonaws.com",
            id="trusts another service",
        ),
        pytest.param(
            role(condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),
            "fails",
            f"{MAY_NOT}a condition of its trust policy keeps ecs-tasks.amazonaws.com out: "
            "aws:SourceAccount is 999999999999 (StringEquals)",
            id="another account's tasks",
        ),
        pytest.param(
            role(condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "unknown",
            "role run: its trust policy has a condition that cannot be judged: "
            "aws:SourceIp is 10.0.0.0/8 (IpAddress)",
            id="a condition that only AWS can judge",
        ),
        pytest.param(MISSING, "fails", f"role run does not exist in account {ACCOUNT}", id="missing"),
        pytest.param(
            role(arn=f"arn:aws:iam::{ACCOUNT}:role/batch/run"),
            "fails",
            f"role run is arn:aws:iam::{ACCOUNT}:role/batch/run, not {ARN}",
            id="with a path",
        ),
        pytest.param(
            denied("GetRole", "AccessDenied"), "unknown", "role run: GetRole is denied", id="denied"
        ),
    ],
)
def test_a_role_exists_and_trusts_tasks(answer: Said, state: str, message: str) -> None:
    (found,) = found_by(CHECK, MANIFEST, {"GetRole": answer}).findings

    assert (found.state, found.check, found.message) == (state, "role-trust", message)
    assert (found.location.line, found.location.column) == (2, 16)


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        pytest.param(
            "arn:aws:iam::999999999999:role/run",
            f"role run belongs to account 999999999999, and the job runs in {ACCOUNT}",
            id="of another account",
        ),
        pytest.param(
            f"arn:aws:iam::{ACCOUNT}:instance-profile/run",
            f"arn:aws:iam::{ACCOUNT}:instance-profile/run is not the ARN of a role",
            id="not a role",
        ),
    ],
)
def test_what_the_arn_says_needs_no_call(arn: str, message: str) -> None:
    # Of a linked revision: what a manifest writes is refused before, if it is not the ARN of a role.
    linked = Revision({**BODY, "taskRoleArn": arn})
    observed = Observed({AskLinked(AWS, REVISION): linked, AskAccount(AWS): ACCOUNT})

    found = found_by(CHECK, f"{NETWORK}task_definition_arn: {REVISION}\n", {}, observed=observed)

    assert [(each.state, each.message) for each in found.findings] == [("fails", message)]
    assert found.requests == ()


def test_the_role_of_another_account_is_found_out_where_the_account_is_not_known() -> None:
    manifest = MANIFEST.replace(ACCOUNT, "999999999999")

    (found,) = found_by(CHECK, manifest, {"GetRole": role()}, account=None).findings

    assert found.message == f"role run is {ARN}, not {ARN.replace(ACCOUNT, '999999999999')}"


@pytest.mark.parametrize("name", ["run", "batch/run"])
def test_a_role_by_its_name(name: str) -> None:
    manifest = f"image: alpine:3\ntask_definition: {{taskRoleArn: {name}}}\n"

    found = found_by(CHECK, manifest, {"GetRole": role()})

    assert found.states() == [("role-trust", "ok")]
    assert found.requests == (("GetRole", {"RoleName": "run"}),)


EVERY = f"""\
image: alpine:3
task_definition:
  executionRoleArn: {ARN}-of-definition
  taskRoleArn: {ARN}-task
execution_role_arn: {ARN}-execution
volumes:
  /scratch: {{ebs_gib: 10, role_arn: {ARN}-volume}}
"""


def test_every_role_of_a_job_at_its_place() -> None:
    def answer(request: Any) -> dict[str, Any]:
        service = (
            "ecs.amazonaws.com" if request["RoleName"].endswith("-volume") else "ecs-tasks.amazonaws.com"
        )
        return role(service, arn=f"arn:aws:iam::{ACCOUNT}:role/{request['RoleName']}")

    found = found_by(CHECK, EVERY, {"GetRole": answer}).findings

    assert [(each.location.line, each.message.split(",")[0], each.state) for each in found] == [
        (4, "role run-task exists", "ok"),
        (5, "role run-execution exists", "ok"),
        (7, "role run-volume exists", "ok"),
    ]


def test_shared_roles_are_asked_about_once() -> None:
    jobs = "".join(f"---\nname: j{n}\n{MANIFEST}" for n in range(20))

    found = found_by(CHECK, jobs, {"GetRole": role()})

    assert len(found.requests) == 1
    assert len(found.findings) == 20


def test_credentials_that_are_not_valid_are_an_error() -> None:
    expired = AwsError("GetRole", "ExpiredToken", "The security token is expired", status=403)

    with pytest.raises(AwsError, match="expired"):
        found_by(CHECK, MANIFEST, {"GetRole": expired})
