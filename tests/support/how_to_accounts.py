"""What the pages of docs/how-to/ find in the account when they are read, and on the machine.

`prepare` calls the function that is named after the page, if there is one. A page whose commands need more
than ECS, such as EventBridge Scheduler, IAM or ECR, is followed against moto; `IN_MOTO` names it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

ACCOUNT = "111122223333"
REGION = "eu-west-1"
IN_MOTO: frozenset[str] = frozenset({"nightly"})


@dataclass(frozen=True)
class Account:
    """An account behind an address, and the reader's machine.

    Attributes:
        url: Where AWS is.
        folder: The reader's folder, in which the page begins.
        shell: The variables of the reader's shell.
        programs: A folder on the reader's path.
    """

    url: str
    folder: Path
    shell: dict[str, str]
    programs: Path

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client of the account."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=region, endpoint_url=self.url, **keys)

    def program(self, name: str, script: str = "exit 0") -> None:
        """Put a program on the path, a script for `sh`."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)


def prepare(page: str, account: Account) -> None:
    """Make what a page says is there."""
    function = getattr(sys.modules[__name__], page.replace("-", "_"), None)
    if function is not None:
        function(account)


def image_of_this_commit(account: Account) -> None:
    account.shell["GITHUB_SHA"] = "8f4e2c1"


def beside_a_service(account: Account) -> None:
    ecs, ec2 = account.client("ecs"), account.client("ec2")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web",
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn="ecsTaskExecutionRole",
        containerDefinitions=[
            {
                "name": "web",
                "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/web:41d09ab",
                "environment": [{"name": "DATABASE", "value": "orders"}],
                "logConfiguration": _log("shop", "web"),
            }
        ],
    )
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition="web",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets[:2]}},
    )


def nightly(account: Account) -> None:
    # What belongs to a role that was assumed belongs, in moto, to the account of the role.
    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    keys = account.client("sts").assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
    account.shell["AWS_ACCESS_KEY_ID"] = keys["AccessKeyId"]
    account.shell["AWS_SECRET_ACCESS_KEY"] = keys["SecretAccessKey"]
    account.shell["AWS_SESSION_TOKEN"] = keys["SessionToken"]


def other_arguments(account: Account) -> None:
    account.client("ecs").register_task_definition(
        family="load",
        cpu="1024",
        memory="2048",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn="ecsTaskExecutionRole",
        containerDefinitions=[
            {
                "name": "main",
                "image": "public.ecr.aws/docker/library/alpine:3",
                "logConfiguration": _log("ecsplan", "load"),
            }
        ],
    )


def several_accounts(account: Account) -> None:
    folder = Path(account.shell["HOME"]) / ".aws"
    folder.mkdir()
    keys = f"aws_access_key_id = test\naws_secret_access_key = test\nregion = {REGION}\n"
    (folder / "config").write_text(f"[profile test]\n{keys}", "utf-8")


def _log(group: str, prefix: str) -> dict[str, Any]:
    options = {
        "awslogs-create-group": "true",
        "awslogs-group": group,
        "awslogs-region": REGION,
        "awslogs-stream-prefix": prefix,
    }
    return {"logDriver": "awslogs", "options": options}
