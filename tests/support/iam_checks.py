"""What IAM is asked for a call of ecsplan: the actions that AWS authorizes, their resources and keys.

Written from AWS's documentation and apart from ecsplan's own table, which it judges. Sources: service
authorization reference for ECS, ECR, EC2, Systems Manager, CloudFormation, CloudWatch Logs, S3, STS,
EventBridge, EventBridge Scheduler, EFS, IAM, Secrets Manager, Service Quotas and SQS; ECS developer guide,
grant permission to tag resources on creation; CloudWatch Logs API reference, LogGroup.
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
_PREFIXES = {"efs": "elasticfilesystem", "service-quotas": "servicequotas"}
"""The prefixes of actions that are not the names of the services."""
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
    "ecs:ListTaskDefinitionFamilies",
    "ec2:DescribeRouteTables",
    "ec2:DescribeNatGateways",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeNetworkInterfaces",
    "ssm:DescribeParameters",
    "ecr:DescribePullThroughCacheRules",
    "scheduler:ListSchedules",
    "events:ListEventBuses",
    "events:ListRules",
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
    service = call.operation.service
    action = f"{_PREFIXES.get(service, service)}:{call.operation.name}"
    place = _Place(call.target.region, account)
    if call.operation == GET_CALLER_IDENTITY:
        return
    if action in _NAMED:
        for resource in _NAMED[action](call.request):
            is_arn = resource.startswith("arn:")
            yield Check(action, resource if is_arn else place.arn(action.partition(":")[0], resource))
    elif action in _RESOURCES:
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


def _in_repository(action: str) -> Callable[[Any, _Place], Iterator[Check]]:
    def checks(request: Body, place: _Place) -> Iterator[Check]:
        registry = _Place(place.region, request.get("registryId", place.account))
        yield Check(action, registry.arn("ecr", f"repository/{request['repositoryName']}"))

    return checks


def _lists_services(request: Body, place: _Place) -> Iterator[Check]:
    yield Check("ecs:ListServices", "*", place.in_cluster(request))


def _describes_role(request: Body, place: _Place) -> Iterator[Check]:
    yield Check("iam:GetRole", f"arn:aws:iam::{place.account}:role/{request['RoleName']}")


def _finds_queue(request: Body, place: _Place) -> Iterator[Check]:
    owner = _Place(place.region, request["QueueOwnerAWSAccountId"])
    yield Check("sqs:GetQueueUrl", owner.arn("sqs", request["QueueName"]))


def _puts_schedule(action: str) -> Callable[[Any, _Place], Iterator[Check]]:
    """Return what is asked for a schedule that is made: Scheduler gets its role (user guide, setting up)."""

    def checks(request: Body, place: _Place) -> Iterator[Check]:
        yield Check(action, place.arn("scheduler", f"schedule/{request['GroupName']}/{request['Name']}"))
        yield _pass(request["Target"]["RoleArn"], "scheduler.amazonaws.com")

    return checks


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
    "ecs:ListServices": _lists_services,
    "iam:GetRole": _describes_role,
    "sqs:GetQueueUrl": _finds_queue,
    **{f"ecr:{each}": _in_repository(f"ecr:{each}") for each in ("BatchGetImage", "GetDownloadUrlForLayer")},
    **{
        f"scheduler:{each}": _puts_schedule(f"scheduler:{each}")
        for each in ("CreateSchedule", "UpdateSchedule")
    },
    "ssm:GetParameters": _reads_parameters,
    "cloudformation:DescribeStacks": _describes_stack,
    "s3:GetObject": _reads_object,
    "s3:PutObject": _writes_object,
    "s3:ListObjectsV2": _lists_objects,
}
"""Which resources, and with which keys, other actions are authorized."""


def _schedule(request: Body) -> list[str]:
    return [f"schedule/{request['GroupName']}/{request['Name']}"]


def _rule(request: Body) -> list[str]:
    """Return the rule; the ARN of one on the default bus does not name the bus."""
    bus = "" if request["EventBusName"] == "default" else f"{request['EventBusName']}/"
    return [f"rule/{bus}{request['Rule']}"]


def _secret(request: Body) -> list[str]:
    """Return the secret; its ARN ends in six characters that Secrets Manager adds to the name."""
    name = request["SecretId"]
    return [name if name.startswith("arn:") else f"secret:{name}-a1B2c3"]


_NAMED: Mapping[str, Callable[[Any], list[str]]] = {
    "ecs:DescribeClusters": lambda request: [_below("cluster", each) for each in request["clusters"]],
    "ecs:DescribeCapacityProviders": lambda request: [
        _below("capacity-provider", each) for each in request["capacityProviders"]
    ],
    "ecs:DeleteTaskDefinitions": lambda request: list(request["taskDefinitions"]),
    "iam:SimulatePrincipalPolicy": lambda request: [request["PolicySourceArn"]],
    "secretsmanager:DescribeSecret": _secret,
    "servicequotas:GetServiceQuota": lambda request: [f"{request['ServiceCode']}/{request['QuotaCode']}"],
    "elasticfilesystem:DescribeFileSystems": lambda request: [f"file-system/{request['FileSystemId']}"],
    "elasticfilesystem:DescribeMountTargets": lambda request: [f"file-system/{request['FileSystemId']}"],
    "elasticfilesystem:DescribeAccessPoints": lambda request: [f"access-point/{request['AccessPointId']}"],
    "scheduler:GetSchedule": _schedule,
    "scheduler:DeleteSchedule": _schedule,
    "scheduler:GetScheduleGroup": lambda request: [f"schedule-group/{request['Name']}"],
    "scheduler:CreateScheduleGroup": lambda request: [f"schedule-group/{request['Name']}"],
    "events:ListTargetsByRule": _rule,
}
"""The resources of actions that need no keys, by what a request names: ARNs, or what ends them."""


def _below(kind: str, named: str) -> str:
    return named if named.startswith("arn:") else f"{kind}/{named}"
