"""The account and the machine of somebody who reads a page of the documentation."""

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

ACCOUNT = "111122223333"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    """An account behind an address, and the reader's machine.

    Attributes:
        url: Where AWS is.
        folder: The reader's folder, in which the page begins.
        shell: The variables of the reader's shell.
        programs: A folder on the reader's path.
        endings: What is closed, and looked at, once the page has been read.
    """

    url: str
    folder: Path
    shell: dict[str, str]
    programs: Path
    endings: ExitStack = field(default_factory=ExitStack)

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client of the account."""
        return _client(self.url, service, region, self.shell)

    def program(self, name: str, script: str = "exit 0") -> None:
        """Put a program on the path, a script for `sh`."""
        path = self.programs / name
        path.unlink(missing_ok=True)  # a link is not written through
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)

    def cluster(self, name: str) -> None:
        """Make a cluster."""
        self.client("ecs").create_cluster(clusterName=name)

    def apply(self, manifest: str, run_id: str, *options: str) -> None:
        """Run jobs before the page begins, and wait for them unless `--detach` is given."""
        path = self.folder.parent / f"{run_id}.yaml"
        path.write_text(manifest, "utf-8")
        plan = self.ecsplan("compile", path.name).stdout
        self.ecsplan("apply", "-", "--run-id", run_id, *options, given=plan)

    def ecsplan(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command beside the reader's folder."""
        return subprocess.run(
            [str(self.programs / "ecsplan"), *arguments],
            cwd=self.folder.parent,
            env=self.shell,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def _client(url: str, service: str, region: str, shell: Mapping[str, str]) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=shell["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=shell["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=shell.get("AWS_SESSION_TOKEN"),
    )


def credentials_in_moto(url: str, shell: Mapping[str, str]) -> dict[str, str]:
    """Return credentials with which moto takes its caller for one of the reader's account."""
    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    assumed = _client(url, "sts", REGION, shell).assume_role(RoleArn=role, RoleSessionName="reader")
    return {
        "AWS_ACCESS_KEY_ID": assumed["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["Credentials"]["SessionToken"],
    }
