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
IN_MOTO: frozenset[str] = frozenset()


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
