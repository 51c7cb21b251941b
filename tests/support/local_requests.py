"""Requests that the endpoint's tests start from, each of them valid."""

import copy
from typing import Any

from botocore.client import BaseClient

LOGGED: dict[str, Any] = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "group",
        "awslogs-create-group": "true",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "prefix",
    },
}

FARGATE: dict[str, object] = {
    "family": "hello",
    "cpu": "256",
    "memory": "512",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "containerDefinitions": [
        {"name": "main", "image": "example.test/main", "command": ["true"], "logConfiguration": LOGGED}
    ],
}


def definition(**members: object) -> dict[str, Any]:
    """Return a valid RegisterTaskDefinition request with some members replaced."""
    return copy.deepcopy(FARGATE) | members


def run_request(ec2: BaseClient, **members: object) -> dict[str, object]:
    """Return a valid RunTask request for FARGATE with some members replaced."""
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    return {
        "taskDefinition": "hello",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}},
    } | members
