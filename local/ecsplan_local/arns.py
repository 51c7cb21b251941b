"""ARNs and IDs in the formats that ECS uses."""

import uuid

from ecsplan_local.protocol.wire import Call


def new_id() -> str:
    """Return a new task ID: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def ecs_arn(realm: str, resource: str) -> str:
    """Return `arn:aws:ecs:REGION:ACCOUNT:RESOURCE`."""
    account, _, region = realm.partition("/")
    return f"arn:aws:ecs:{region}:{account}:{resource}"


def cluster_arn(realm: str, name: str) -> str:
    """Return the ARN of a cluster."""
    return ecs_arn(realm, f"cluster/{name}")


def definition_arn(realm: str, family: str, revision: int) -> str:
    """Return the ARN of a revision of a task definition."""
    return ecs_arn(realm, f"task-definition/{family}:{revision}")


def task_arn(realm: str, cluster: str, task_id: str) -> str:
    """Return the ARN of a task in the long format, which includes its cluster."""
    return ecs_arn(realm, f"task/{cluster}/{task_id}")


def service_arn(realm: str, cluster: str, name: str) -> str:
    """Return the ARN of a service in the long format, which includes its cluster."""
    return ecs_arn(realm, f"service/{cluster}/{name}")


def role_arn(realm: str, role: str) -> str:
    """Return the ARN of a role given by name or ARN; ECS completes a bare name ([T5] in docs/local.md)."""
    account = realm.partition("/")[0]
    return role if role.startswith("arn:") or not role else f"arn:aws:iam::{account}:role/{role}"


def caller_arn(call: Call) -> str:
    """Return the ARN of the caller; the endpoint has one user in each account."""
    return f"arn:aws:iam::{call.account}:user/local"
