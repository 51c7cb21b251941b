"""What the pages of "Manage the AWS account" find in the account."""

import json
import shlex

from page_account import ACCOUNT, REGION, Account

from how_to.definitions import REGISTRY, awslogs, make_roles, register
from how_to.programs import aws_cli

IN_MOTO = frozenset({"iam-rights", "keep-five-revisions"})


def iam_rights(account: Account) -> None:
    make_roles(account, "ci")
    aws_cli(account)


def secrets(account: Account) -> None:
    account.client("secretsmanager").create_secret(
        Name="prod/db", SecretString='{"password": "correct horse"}'
    )
    account.client("ssm").put_parameter(Name="/prod/api-token", Type="SecureString", Value="battery staple")


def tags_and_costs(account: Account) -> None:
    account.shell["GITHUB_SHA"] = "8f4e2c1"


def keep_five_revisions(account: Account) -> None:
    for tag in range(1, 9):
        register(account, "nightly", f"{REGISTRY}/nightly:{tag}")
    definition = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/nightly:2"
    account.client("scheduler").create_schedule(
        Name="month-end",
        ScheduleExpression="cron(0 3 L * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/default",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
            "EcsParameters": {"TaskDefinitionArn": definition},
        },
    )


def definition_from_terraform(account: Account) -> None:
    account.cluster("batch")
    log = awslogs("/ecs/etl", "etl", create=True)
    register(account, "etl", f"{REGISTRY}/etl:7", logConfiguration=log)
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/etl:1"
    output = {"etl_definition": {"sensitive": False, "type": "string", "value": arn}}
    account.program("terraform", f"echo {shlex.quote(json.dumps(output))}")
