"""Log groups: they exist, or may be created."""

from typing import Any

import pytest
from scripted_aws import Said, denied
from verified_manifests import ACCOUNT, found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.log_groups import log_group_exists, log_groups

CHECK = Check(log_group_exists, over=log_groups)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/run"
MANIFEST = f"""\
image: alpine:3
execution_role_arn: {ROLE}
configure_cloudwatch_logs: true
cloudwatch_logs_options:
  awslogs-group: /jobs/etl
"""
NOT_CREATED = f'{MANIFEST}  awslogs-create-group: "false"\n'
ON_INSTANCES = """\
image: alpine:3
launch_type: EC2
task_definition:
  containerDefinitions:
    - name: main
      logConfiguration:
        logDriver: awslogs
        options: {awslogs-group: /jobs/etl, awslogs-region: eu-west-1, awslogs-create-group: "true"}
"""
GROUP: dict[str, Any] = {"logGroups": [{"logGroupName": "/jobs/etl"}, {"logGroupName": "/jobs/etl2"}]}
NONE: dict[str, Any] = {"logGroups": [{"logGroupName": "/jobs/etl2"}]}
KNOWN: dict[str, Any] = {"Role": {"Arn": ROLE}}


def simulated(decision: str) -> dict[str, Any]:
    return {"EvaluationResults": [{"EvalActionName": "logs:CreateLogGroup", "EvalDecision": decision}]}


@pytest.mark.parametrize(
    ("manifest", "groups", "decision", "state", "message"),
    [
        pytest.param(MANIFEST, GROUP, {}, "ok", "log group /jobs/etl exists in us-east-1", id="there"),
        pytest.param(
            NOT_CREATED,
            NONE,
            {},
            "fails",
            "log group /jobs/etl does not exist in us-east-1",
            id="missing",
        ),
        pytest.param(
            MANIFEST,
            NONE,
            simulated("allowed"),
            "ok",
            "log group /jobs/etl is created when the task starts: role run may do that",
            id="may be created",
        ),
        pytest.param(
            MANIFEST,
            NONE,
            simulated("implicitDeny"),
            "fails",
            "log group /jobs/etl does not exist, and role run may not create it",
            id="may not be created",
        ),
        pytest.param(
            MANIFEST,
            NONE,
            denied("SimulatePrincipalPolicy"),
            "unknown",
            "log group /jobs/etl: SimulatePrincipalPolicy is denied",
            id="no simulator",
        ),
        pytest.param(
            MANIFEST,
            NONE,
            AwsError("SimulatePrincipalPolicy", AwsError.BAD_ANSWER, "an HTML page"),
            "unknown",
            "log group /jobs/etl: this endpoint has no SimulatePrincipalPolicy",
            id="an emulator without a simulator",
        ),
        pytest.param(
            MANIFEST,
            denied("DescribeLogGroups"),
            {},
            "unknown",
            "log group /jobs/etl: DescribeLogGroups is denied",
            id="denied",
        ),
    ],
)
def test_a_log_group_exists_or_may_be_created(
    manifest: str, groups: Said, decision: Said, state: str, message: str
) -> None:
    says = {"DescribeLogGroups": groups, "GetRole": KNOWN, "SimulatePrincipalPolicy": decision}

    (found,) = found_by(CHECK, manifest, says).findings

    assert (found.state, found.check, found.message) == (state, "log-group-exists", message)
    assert (found.location.line, found.location.column) == (5, 18)


def test_the_permission_is_that_for_this_group() -> None:
    says = {"DescribeLogGroups": NONE, "GetRole": KNOWN, "SimulatePrincipalPolicy": simulated("allowed")}

    found = found_by(CHECK, MANIFEST, says)

    assert found.requests[-1] == (
        "SimulatePrincipalPolicy",
        {
            "PolicySourceArn": ROLE,
            "ActionNames": ["logs:CreateLogGroup"],
            "ResourceArns": [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/jobs/etl"],
        },
    )


@pytest.mark.parametrize("role", ["", f"execution_role_arn: {ROLE}\n"], ids=["no role", "a role"])
def test_the_role_of_a_container_instance_is_not_known(role: str) -> None:
    says = {"DescribeLogGroups": NONE, "GetRole": KNOWN, "SimulatePrincipalPolicy": simulated("implicitDeny")}

    (found,) = found_by(CHECK, ON_INSTANCES + role, says).findings

    assert (found.state, found.location.line) == ("unknown", 8)
    assert "created with the role of the container instance" in found.message


def test_of_a_missing_role_only_the_role_is_reported() -> None:
    missing = AwsError("GetRole", "NoSuchEntity", "cannot be found", status=404)

    assert found_by(CHECK, MANIFEST, {"DescribeLogGroups": NONE, "GetRole": missing}).findings == ()


def test_a_container_without_awslogs_has_no_log_group() -> None:
    assert found_by(CHECK, "image: alpine:3\n", {}).findings == ()
