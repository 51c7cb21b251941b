"""What IAM is asked for a call of ecsplan: the actions that AWS authorizes, their resources and keys.

Written from AWS's documentation and apart from ecsplan's own table, which it judges. Sources: service
authorization reference for ECS, ECR, EC2, Systems Manager, CloudFormation, CloudWatch Logs, S3 and STS; ECS
developer guide, grant permission to tag resources on creation; CloudWatch Logs API reference, LogGroup.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iam_policies import Check

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import (
    DESCRIBE_TASK_DEFINITION,
    GET_CALLER_IDENTITY,
    REGISTER_TASK_DEFINITION,
    Operation,
)

ACCOUNT = "000000000000"
_ROLES = ("executionRoleArn", "taskRoleArn")
ON_EVERYTHING = {
    "ecs:DescribeTaskDefinition",
    "ecs:ListTaskDefinitions",
    "ecs:DeregisterTaskDefinition",
    "ecs:ListClusters",
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
    "cloudformation:ListExports",
    "logs:DescribeLogGroups",
    "ecs:ListTasks",
}
"""Actions that AWS authorizes on no resource; ListTasks names the cluster in a condition key."""


@dataclass(frozen=True)
class Call:
    """A call that was made: where, what, and with which request."""

    target: Target
    operation: Operation
    request: Body


class Recording:
    """A gateway that does what another one does, and keeps the calls and the revisions that were shown.

    Args:
        gateway: Does it.
        revisions: Revisions that were shown before, by ARN.
    """

    def __init__(self, gateway: Gateway, revisions: Mapping[str, Body] | None = None) -> None:
        self._gateway = gateway
        self.calls: list[Call] = []
        self.revisions: dict[str, Body] = {**(revisions or {})}

    def target(self, aws: Aws) -> Target:
        return self._gateway.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self.calls.append(Call(target, operation, request))
        answer = self._gateway.call(target, operation, request)
        if operation in {DESCRIBE_TASK_DEFINITION, REGISTER_TASK_DEFINITION}:
            found = answer["taskDefinition"]
            self.revisions[found["taskDefinitionArn"]] = found
        return answer

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._gateway.unknown(target, operation, request)

    def checks(self, account: str = ACCOUNT) -> Iterator[tuple[Call, Check]]:
        """Yield what IAM is asked for all these calls, each question once for each call that raises it."""
        for call in self.calls:
            yield from ((call, each) for each in checks_of(call, self.revisions, account))


def checks_of(call: Call, revisions: Mapping[str, Body], account: str = ACCOUNT) -> Iterator[Check]:
    """Yield what IAM is asked for a call.

    Args:
        call: The call.
        revisions: Task definitions by ARN: those that RunTask may name.
        account: The account of the credentials.
    """
    action = f"{call.operation.service}:{call.operation.name}"
    place = _Place(call.target.region, account)
    if call.operation == GET_CALLER_IDENTITY:
        return
    if action in _RESOURCES:
        yield from _RESOURCES[action](call.request, place)
    elif action == "ecs:RunTask":
        yield from _runs(call.request, place, revisions)
    elif action == "ecs:RegisterTaskDefinition":
        yield from _registers(call.request, place)
    else:
        assert action in ON_EVERYTHING, action
        yield Check(action)


@dataclass(frozen=True)
class _Place:
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        partition = "aws-cn" if self.region.startswith("cn-") else "aws"
        return f"arn:{partition}:{service}:{self.region}:{self.account}:{resource}"

    def cluster(self, request: Body) -> str:
        named = str(request.get("cluster", "default"))
        return named if named.startswith("arn:") else self.arn("ecs", f"cluster/{named}")

    def in_cluster(self, request: Body) -> dict[str, str]:
        return {"ecs:cluster": self.cluster(request)}

    def task(self, request: Body, named: str) -> str:
        cluster = self.cluster(request).rpartition("/")[2]
        return named if named.startswith("arn:") else self.arn("ecs", f"task/{cluster}/{named}")


def _runs(request: Body, place: _Place, revisions: Mapping[str, Body]) -> Iterator[Check]:
    named, context = request["taskDefinition"], place.in_cluster(request)
    arn = named if named.startswith("arn:") else place.arn("ecs", f"task-definition/{named}")
    yield Check("ecs:RunTask", arn, context)
    # ecsplan asks for a revision that cannot exist to find out whether a token was used.
    for role in (*_roles(revisions.get(arn, {})), *_roles(request.get("overrides", {}))):
        yield _pass(role, "ecs-tasks.amazonaws.com")
    for each in request.get("volumeConfigurations", ()):
        yield _pass(each["managedEBSVolume"]["roleArn"], "ecs.amazonaws.com")
    propagates = request.get("propagateTags", "NONE") != "NONE"
    if request.get("tags") or request.get("enableECSManagedTags") or propagates:
        yield Check("ecs:TagResource", place.task(request, "0123abcd"), {"ecs:CreateAction": "RunTask"})


def _registers(request: Body, place: _Place) -> Iterator[Check]:
    arn = place.arn("ecs", f"task-definition/{request['family']}:*")
    yield Check("ecs:RegisterTaskDefinition", arn)
    for role in _roles(request):
        yield _pass(role, "ecs-tasks.amazonaws.com")
    if request.get("tags"):
        yield Check("ecs:TagResource", arn, {"ecs:CreateAction": "RegisterTaskDefinition"})


def _roles(body: Body) -> list[str]:
    return [body[name] for name in _ROLES if body.get(name)]


def _pass(role: str, service: str) -> Check:
    return Check("iam:PassRole", role, {"iam:PassedToService": service})


def _lists_tasks(request: Body, place: _Place) -> Iterator[Check]:
    yield Check("ecs:ListTasks", "*", place.in_cluster(request))


def _describes_tasks(request: Body, place: _Place) -> Iterator[Check]:
    for each in request["tasks"]:
        yield Check("ecs:DescribeTasks", place.task(request, each), place.in_cluster(request))


def _stops(request: Body, place: _Place) -> Iterator[Check]:
    yield Check("ecs:StopTask", place.task(request, request["task"]), place.in_cluster(request))


def _tags(request: Body, _: _Place) -> Iterator[Check]:
    yield Check("ecs:TagResource", request["resourceArn"])


def _describes_services(request: Body, place: _Place) -> Iterator[Check]:
    cluster = place.cluster(request).rpartition("/")[2]
    for each in request["services"]:
        arn = each if each.startswith("arn:") else place.arn("ecs", f"service/{cluster}/{each}")
        yield Check("ecs:DescribeServices", arn, place.in_cluster(request))


def _reads_log(request: Body, place: _Place) -> Iterator[Check]:
    stream = f"log-group:{request['logGroupName']}:log-stream:{request['logStreamName']}"
    yield Check("logs:GetLogEvents", place.arn("logs", stream))


def _sets_retention(request: Body, place: _Place) -> Iterator[Check]:
    yield Check("logs:PutRetentionPolicy", place.arn("logs", f"log-group:{request['logGroupName']}:*"))


def _reads_parameters(request: Body, place: _Place) -> Iterator[Check]:
    for each in request["Names"]:
        # The sixth part of an ARN, or the name, may end in a version or a label.
        name = ":".join(each.split(":")[:6]) if each.startswith("arn:") else each.partition(":")[0]
        is_arn = name.startswith("arn:")
        yield Check(
            "ssm:GetParameters", name if is_arn else place.arn("ssm", f"parameter/{name.lstrip('/')}")
        )


def _describes_stack(request: Body, place: _Place) -> Iterator[Check]:
    name = request["StackName"]
    is_arn = name.startswith("arn:")
    arn = name if is_arn else place.arn("cloudformation", f"stack/{name}/d0a825a0-e4cd-11ee-a951")
    yield Check("cloudformation:DescribeStacks", arn)


def _gets_images(request: Body, place: _Place) -> Iterator[Check]:
    repository = place.arn("ecr", f"repository/{request['repositoryName']}")
    registry = request.get("registryId", place.account)
    yield Check("ecr:BatchGetImage", repository.replace(f":{place.account}:", f":{registry}:"))


def _object(request: Body) -> str:
    return f"arn:aws:s3:::{request['Bucket']}/{request['Key']}"


def _reads_object(request: Body, _: _Place) -> Iterator[Check]:
    yield Check("s3:GetObject", _object(request))


def _writes_object(request: Body, _: _Place) -> Iterator[Check]:
    yield Check("s3:PutObject", _object(request))
    if "IfMatch" in request:
        yield Check("s3:GetObject", _object(request))


def _lists_objects(request: Body, _: _Place) -> Iterator[Check]:
    yield Check(
        "s3:ListBucket", f"arn:aws:s3:::{request['Bucket']}", {"s3:prefix": request.get("Prefix", "")}
    )


_RESOURCES: Mapping[str, Callable[[Any, _Place], Iterator[Check]]] = {
    "ecs:ListTasks": _lists_tasks,
    "ecs:DescribeTasks": _describes_tasks,
    "ecs:StopTask": _stops,
    "ecs:TagResource": _tags,
    "ecs:DescribeServices": _describes_services,
    "logs:GetLogEvents": _reads_log,
    "logs:PutRetentionPolicy": _sets_retention,
    "ecr:BatchGetImage": _gets_images,
    "ssm:GetParameters": _reads_parameters,
    "cloudformation:DescribeStacks": _describes_stack,
    "s3:GetObject": _reads_object,
    "s3:PutObject": _writes_object,
    "s3:ListObjectsV2": _lists_objects,
}
"""Which resources, and with which keys, other actions are authorized."""
