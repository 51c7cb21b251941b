"""A gateway to the embedded ECS that also answers for services it does not have: what is named is there."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions, Target
from ecsplan_applier.aws.operations import (
    DESCRIBE_SUBNETS,
    DESCRIBE_TASK_DEFINITION,
    REGISTER_TASK_DEFINITION,
    RUN_TASK,
    Operation,
)

VPC = "vpc-0123456789abcdef0"
SUBNETS = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")
ROLE = "arn:aws:iam::000000000000:role/of-the-service"
LINKED: Body = {
    "containerDefinitions": [
        {
            "name": "app",
            "image": "alpine",
            "essential": True,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "of-others",
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "app",
                },
            },
        }
    ],
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": ROLE,
}
"""What others have registered."""
ECR = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
OF_ECR = "of-ecr"
"""The family of a definition whose image is in ECR."""
_ECS = "arn:aws:ecs:us-east-1:000000000000"
_NAMED = {"/linked": "linked", "/service": f"{_ECS}:service/shop/web", "/image": f"{ECR}/etl:1"}
"""Parameters that hold names."""
_TAGS = [{"Key": "Name", "Value": "main"}, {"Key": "tier", "Value": "private"}]

_WITH_IMAGE_OF_ECR: Body = {
    **LINKED,
    "containerDefinitions": [{**LINKED["containerDefinitions"][0], "image": f"{ECR}/etl:2"}],
}


class AnsweringAws:
    """Answers for EC2, Systems Manager, CloudFormation and services of ECS; ECS itself is the embedded one.

    Jobs reach it whatever role they assume, and their tasks run in its own subnets.

    Args:
        url: The endpoint of the embedded ECS.
        linked: Revisions that others have registered, as `family:revision`, or the family alone.
    """

    def __init__(self, url: str, linked: Iterable[str]) -> None:
        keys = ("local", "local")
        self._gateway = SdkGateway(SessionOptions(endpoint_url=url, static_credentials=keys), connections=1)
        self._linked = {
            name: int(number or 1) for name, _, number in (each.partition(":") for each in linked)
        }

    def target(self, aws: Aws) -> Target:
        return Target(aws.region or "us-east-1", aws.profile, aws.assume_role_arn, None)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        make = _ANSWERS.get(operation.name)
        if make is not None:
            return make(request)
        if operation == DESCRIBE_TASK_DEFINITION:
            self._register(target, str(request["taskDefinition"]).rpartition("/")[2].partition(":")[0])
        if operation == RUN_TASK and "networkConfiguration" in request:
            request = {**request, "networkConfiguration": {"awsvpcConfiguration": self._network(target)}}
        return self._gateway.call(self._reached(target), operation, request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._gateway.unknown(self._reached(target), operation, request)

    def _reached(self, target: Target) -> Target:
        return self._gateway.target(Aws(region=target.region))

    def _network(self, target: Target) -> Body:
        found = self._gateway.call(self._reached(target), DESCRIBE_SUBNETS, {})["Subnets"]
        return {"subnets": [each["SubnetId"] for each in found], "assignPublicIp": "ENABLED"}

    def _register(self, target: Target, family: str) -> None:
        for _ in range(self._linked.pop(family, 0)):
            definition = {"family": family, **(_WITH_IMAGE_OF_ECR if family == OF_ECR else LINKED)}
            self._gateway.call(self._reached(target), REGISTER_TASK_DEFINITION, definition)


def _parameters(request: Body) -> Body:
    found = []
    for each in request["Names"]:
        is_list = "subnets" in each
        value = ",".join(SUBNETS) if is_list else _NAMED.get(each, "3")
        found.append({"Name": each, "Type": "StringList" if is_list else "String", "Value": value})
    return {"Parameters": found}


def _stacks(request: Body) -> Body:
    names = ("ReportBucket", "Bucket", "Cluster", "Role")
    outputs = [{"OutputKey": each, "OutputValue": f"{each.lower()}-of-stack"} for each in names]
    return {
        "Stacks": [{"StackName": request["StackName"], "StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]
    }


def _exports(_: Body) -> Body:
    return {
        "Exports": [{"Name": f"{each}-JobGroup", "Value": "sg-0123456789abcdef0"} for each in ("prod", "dev")]
    }


def _vpcs(_: Body) -> Body:
    return {"Vpcs": [{"VpcId": VPC, "Tags": _TAGS}]}


def _subnets(_: Body) -> Body:
    zone = {"VpcId": VPC, "AvailabilityZone": "us-east-1a", "Tags": _TAGS}
    return {"Subnets": [{"SubnetId": each, **zone} for each in SUBNETS]}


def _groups(request: Body) -> Body:
    names = [name for each in request["Filters"] if each["Name"] == "group-name" for name in each["Values"]]
    return {"SecurityGroups": [{"GroupName": each, "GroupId": f"sg-{each}"} for each in names]}


def _services(request: Body) -> Body:
    network = {
        "subnets": list(SUBNETS),
        "securityGroups": ["sg-0123456789abcdef0"],
        "assignPublicIp": "DISABLED",
    }
    cluster = str(request.get("cluster", "default")).rpartition("/")[2]
    return {
        "services": [
            {
                "serviceName": each.rpartition("/")[2],
                "serviceArn": f"{_ECS}:service/{cluster}/{each.rpartition('/')[2]}",
                "status": "ACTIVE",
                "taskDefinition": f"{_ECS}:task-definition/linked:1",
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": network},
            }
            for each in request["services"]
        ]
    }


def _images(request: Body) -> Body:
    body = {"schemaVersion": 2, "config": {"digest": f"sha256:{'c' * 64}"}, "layers": []}
    return {
        "images": [
            {
                "imageId": {"imageDigest": f"sha256:{'a' * 64}", **each},
                "imageManifest": json.dumps(body),
                "imageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json",
            }
            for each in request["imageIds"]
        ]
    }


_ANSWERS: Mapping[str, Callable[[Any], Body]] = {
    "GetParameters": _parameters,
    "DescribeStacks": _stacks,
    "ListExports": _exports,
    "DescribeVpcs": _vpcs,
    "DescribeSubnets": _subnets,
    "DescribeSecurityGroups": _groups,
    "DescribeServices": _services,
    "BatchGetImage": _images,
}
