"""What readers of several pages find in the account: task definitions, roles of tasks, and images."""

import hashlib
import json
from typing import Any

from page_account import ACCOUNT, REGION, Account

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
_EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole"


def awslogs(group: str, prefix: str, *, create: bool = False) -> dict[str, Any]:
    """Return a `logConfiguration` for CloudWatch Logs."""
    created = {"awslogs-create-group": "true"} if create else {}
    options = {"awslogs-group": group, "awslogs-region": REGION, "awslogs-stream-prefix": prefix}
    return {"logDriver": "awslogs", "options": {**created, **options}}


ETL = {
    "family": "etl",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "512",
    "memory": "1024",
    "executionRoleArn": _EXECUTION_ROLE,
    "containerDefinitions": [
        {
            "name": "app",
            "image": f"{REGISTRY}/etl:1.4.0",
            "command": ["echo", "loading"],
            "logConfiguration": awslogs("/ecs/etl", "etl"),
        }
    ],
}
"""A task definition that was registered with the AWS CLI."""


def register(account: Account, family: str, image: str, **container: Any) -> None:
    """Register a task definition for Fargate with one container."""
    account.client("ecs").register_task_definition(
        family=family,
        containerDefinitions=[{"name": "main", "image": image, "essential": True, **container}],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="1024",
        memory="2048",
        executionRoleArn=_EXECUTION_ROLE,
    )


def make_roles(account: Account, *names: str) -> None:
    """Make roles that ECS may assume for tasks."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    for name in names:
        account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))


def image_of_ecr(repository: str, tag: str, content: str) -> dict[str, str]:
    """Return what puts an image into a repository of ECR, for PutImage; its digest is that of the content."""
    index = {
        "schemaVersion": 2,
        "manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}],
        "annotations": {"content": content},
    }
    manifest = json.dumps(index)
    return {
        "repositoryName": repository,
        "imageTag": tag,
        "imageManifest": manifest,
        "imageDigest": f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}",
        "imageManifestMediaType": _INDEX,
    }
