"""The checks of schedules at unmodified moto: real requests, and real answers."""

import json
from typing import Any

import boto3
import pytest
from emulator_servers import Emulator
from verified_manifests import ACCOUNT, found_at

from ecsplan_applier.verify.order import CHECKS

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
MANIFEST = f"""\
name: nightly
image: alpine:3
schedule:
  rate: 1 day
  group: jobs
  role_arn: {ROLE}
  dead_letter_arn: arn:aws:sqs:us-east-1:{ACCOUNT}:lost
"""


def client(account: Emulator, service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", endpoint_url=account.url, **KEYS)


def states(account: Emulator) -> dict[str, str]:
    checks = [each for each in CHECKS if each.name.startswith("schedule-")]
    return {each.check: each.state for each in found_at(checks, MANIFEST, account.url).findings}


def make(account: Emulator, *, service: str = "scheduler.amazonaws.com") -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    client(account, "iam").create_role(RoleName="scheduler", AssumeRolePolicyDocument=json.dumps(policy))
    client(account, "sqs").create_queue(QueueName="lost")
    client(account, "scheduler").create_schedule_group(Name="jobs")


EVERYTHING = {
    "schedule-time": "ok",
    "schedule-target": "ok",
    "schedule-own": "ok",
    "schedule-group": "ok",
    "schedule-role-trust": "ok",
    # moto has no policy simulator.
    "schedule-role-permissions": "unknown",
    "schedule-dead-letter-queue": "ok",
}


def test_an_account_with_everything(moto_account: Emulator) -> None:
    make(moto_account)

    assert states(moto_account) == EVERYTHING


def test_an_empty_account(moto_account: Emulator) -> None:
    found = states(moto_account)

    assert {name for name, state in found.items() if state == "fails"} == {
        "schedule-role-trust",
        "schedule-dead-letter-queue",
    }


@pytest.mark.parametrize(
    ("description", "state"),
    [("[ecsplan] job nightly", "ok"), ("somebody's", "fails")],
    ids=["own", "by hand"],
)
def test_a_schedule_of_the_name(moto_account: Emulator, description: str, state: str) -> None:
    make(moto_account)
    client(moto_account, "scheduler").create_schedule(
        Name="nightly",
        GroupName="jobs",
        Description=description,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:lambda:us-east-1:1:function:f", "RoleArn": ROLE},
    )

    assert states(moto_account) == {**EVERYTHING, "schedule-own": state}


def test_a_role_that_trusts_tasks_alone(moto_account: Emulator) -> None:
    make(moto_account, service="ecs-tasks.amazonaws.com")

    assert states(moto_account) == {**EVERYTHING, "schedule-role-trust": "fails"}
