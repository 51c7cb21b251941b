"""What the pages of "… look after the account" find in the account."""

import json
import shlex

from page_account import ACCOUNT, REGION, Account

from how_to.definitions import REGISTRY, awslogs, make_roles, register

IN_MOTO = frozenset({"iam-rights", "keep-five-revisions"})
_AWS_CLI = """
import sys
from pathlib import Path

import boto3

region, service, operation, *words = sys.argv[1:]
given = {}
for name, value in zip(words[::2], words[1::2], strict=True):
    member = "".join(each.capitalize() for each in name.removeprefix("--").split("-"))
    given[member] = Path(value.removeprefix("file://")).read_text() if value.startswith("file://") else value
client = boto3.client(service, region_name=region)
getattr(client, operation.replace("-", "_"))(**given)
"""


def iam_rights(account: Account) -> None:
    make_roles(account, "ci")
    _aws_cli(account)


def secrets(account: Account) -> None:
    account.client("secretsmanager").create_secret(
        Name="prod/db", SecretString='{"password": "correct horse"}'
    )
    account.client("ssm").put_parameter(Name="/prod/api-token", Type="SecureString", Value="battery staple")


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


def _aws_cli(account: Account) -> None:
    """Put an `aws` on the path that makes the call it is told to, as far as options have texts or files."""
    script = account.programs / "aws.py"
    script.write_text(_AWS_CLI, "utf-8")
    account.program("aws", f'exec python {script} {REGION} "$@"')
