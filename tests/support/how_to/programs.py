"""Programs on the path of readers that stand for real ones."""

from page_account import REGION, Account

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


def aws_cli(account: Account) -> None:
    """Put an `aws` on the path that makes the call it is told to, as far as options have texts or files."""
    script = account.programs / "aws.py"
    script.write_text(_AWS_CLI, "utf-8")
    account.program("aws", f'exec python {script} {REGION} "$@"')
