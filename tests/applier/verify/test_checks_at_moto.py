"""All checks at an endpoint with IAM, Secrets Manager, Systems Manager, S3 and logs: moto's."""

import json
from typing import Any

import boto3
import pytest
from emulator_servers import Emulator
from verified_manifests import ACCOUNT, found_at

from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.order import CHECKS

OWN = (
    "capacity-provider-active",
    "cluster-active",
    "environment-file-exists",
    "log-group-exists",
    "role-trust",
    "secret-exists",
)
MANIFEST = f"""\
image: alpine:3
cluster: batch
launch_type: FARGATE_SPOT
execution_role_arn: arn:aws:iam::{ACCOUNT}:role/service/run
secrets: {{A: "arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db:key::", B: /app/b}}
configure_cloudwatch_logs: true
network_configuration: {{subnets: [subnet-1]}}
task_definition:
  containerDefinitions:
    - name: main
      environmentFiles: [{{type: s3, value: "arn:aws:s3:::settings/prod.env"}}]
"""


def client(emulator: Emulator, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name="us-east-1", endpoint_url=emulator.url, **keys)


def furnish(emulator: Emulator) -> None:
    """Make everything that the manifest names."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    client(emulator, "ecs").create_cluster(clusterName="batch", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    client(emulator, "iam").create_role(
        RoleName="run", Path="/service/", AssumeRolePolicyDocument=json.dumps({"Statement": [statement]})
    )
    client(emulator, "secretsmanager").create_secret(Name="db", SecretString="{}")
    client(emulator, "ssm").put_parameter(Name="/app/b", Value="x", Type="SecureString")
    client(emulator, "logs").create_log_group(logGroupName="ecsplan")
    client(emulator, "s3").create_bucket(Bucket="settings")
    client(emulator, "s3").put_object(Bucket="settings", Key="prod.env", Body=b"")


def checks() -> list[Check[Any]]:
    return [each for each in CHECKS if each.name in OWN]


@pytest.mark.parametrize("state", ["fails", "ok"])
def test_an_account_with_nothing_and_one_with_everything(moto_account: Emulator, state: str) -> None:
    if state == "ok":
        furnish(moto_account)

    found = found_at(checks(), MANIFEST, moto_account.url)

    expected = {(name, state) for name in OWN}
    if state == "fails":
        # What belongs to a cluster or to a role that is not there is said of that alone.
        expected -= {("capacity-provider-active", state), ("log-group-exists", state)}
    assert set(found.states()) == expected
