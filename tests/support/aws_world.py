"""`Aws`: an embedded ECS over HTTP, and `ecsplan` run against it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from click.testing import CliRunner, Result

from ecsplan_cli.main import group
from ecsplan_local import Endpoint

REGION = "us-east-1"

WEB: dict[str, object] = {
    "family": "web",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {"name": "app", "image": "example.test/web:1", "environment": [{"name": "MODE", "value": "slow"}]},
        {"name": "proxy", "image": "example.test/proxy:1", "essential": False},
    ],
    "tags": [{"key": "team", "value": "web"}],
}
"""A definition that somebody else registers."""


@dataclass
class Aws:
    """An embedded ECS, clients that know nothing of ecsplan, and the command in an empty folder."""

    endpoint: Endpoint
    folder: Path
    clients: list[Any] = field(default_factory=list)

    def client(self, service: str = "ecs", region: str = REGION) -> Any:
        """Return a boto3 client of the endpoint."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        made = boto3.client(service, region_name=region, endpoint_url=self.endpoint.url, **keys)
        self.clients.append(made)
        return made

    def write(self, name: str, text: str) -> str:
        """Write a file into the folder and return its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def run(self, *arguments: str, stdin: str | None = None, **environment: str | None) -> Result:
        """Run the command with the endpoint in the SDK's environment; a None removes a variable."""
        return CliRunner().invoke(group, arguments, input=stdin, env=environment)

    def compiled(self, *arguments: str, **environment: str | None) -> dict[str, Any]:
        """Return the plan of `ecsplan compile`, which must succeed."""
        done = self.run("compile", *arguments, **environment)
        assert done.exit_code == 0, done.stderr
        plan: dict[str, Any] = json.loads(done.stdout)
        return plan

    def register(self, job: dict[str, Any]) -> str:
        """Register the request of a job of a plan, as an applier would, and return its ARN."""
        answer = self.client(region=job["aws"]["region"]).register_task_definition(
            **job["task_definition"]["request"]
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def operations(self) -> list[str]:
        """Return the names of the calls so far, in the order of the alphabet, and forget them."""
        found = sorted(each.operation for each in self.endpoint.calls())
        self.endpoint.forget_calls()
        return found


def definition(plan: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """Return the task definition of a job of a plan."""
    found: dict[str, Any] = plan["jobs"][number]["task_definition"]
    return found


def decided(plan: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Return job -> action and revision."""
    return {
        each["name"]: (each["task_definition"]["action"], each["task_definition"]["arn"])
        for each in plan["jobs"]
    }
