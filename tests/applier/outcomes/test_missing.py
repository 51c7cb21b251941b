"""What is missing is named, also where AWS's words do not name it."""

from collections.abc import Callable

import pytest
from apply_stage import Stage

from ecsplan_applier.outcomes.missing_things import concerned

Begin = Callable[..., Stage]
ROLE = "arn:aws:iam::000000000000:role/job"
ROLES = {"executionRoleArn": "arn:aws:iam::1:role/pull", "taskRoleArn": "arn:aws:iam::1:role/job"}
RUN: dict[str, object] = {
    "taskDefinition": "arn:aws:ecs:us-east-1:1:task-definition/hello:1",
    "cluster": "batch",
    "capacityProviderStrategy": [{"capacityProvider": "spot"}, {}],
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]}
    },
    "overrides": {"taskRoleArn": "arn:aws:iam::1:role/job"},
    "platformVersion": "9.9",
}
SECRETS = [{"name": "A", "valueFrom": "/db/password"}]
NOT_FOUND = "Cluster not found."
LOGS = {"options": {"awslogs-group": "/jobs"}, "secretOptions": [{"valueFrom": "arn:secret:splunk"}]}
DEFINITION: dict[str, object] = {
    **ROLES,
    "containerDefinitions": [
        {
            "image": "repo/a:1",
            "secrets": SECRETS,
            "logConfiguration": LOGS,
        },
        {"image": "repo/b:1"},
    ],
    "volumes": [{"efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
}


@pytest.mark.parametrize(
    ("code", "text", "request_body", "expected"),
    [
        ("ClusterNotFoundException", NOT_FOUND, RUN, ["cluster batch"]),
        ("ClusterNotFoundException", "Cluster not found.", {"taskDefinition": "x"}, ["cluster default"]),
        ("ClusterNotFoundException", NOT_FOUND, {"tasks": ["x"], "cluster": "batch"}, ["cluster batch"]),
        ("ClientException", "The referenced cluster was inactive.", RUN, ["cluster batch"]),
        ("X", "No Container Instances were found in your cluster.", RUN, ["cluster batch"]),
        ("InvalidVpcID.NotFound", "The vpc ID does not exist", {"VpcIds": ["vpc-1"]}, ["VPC vpc-1"]),
        (
            "InvalidVpcID.NotFound", "not found", {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]},
            ["VPC vpc-1"],
        ),
        ("AccessDenied", "not authorized to perform: sts:AssumeRole", {"RoleArn": "arn:r"}, ["role arn:r"]),
        ("ClientException", "Role is not valid", RUN, ["role arn:aws:iam::1:role/job"]),
        (
            "ClientException", "Role is not valid", ROLES,
            ["roles arn:aws:iam::1:role/pull, arn:aws:iam::1:role/job"],
        ),
        ("InvalidParameterException", "The subnet ID does not exist", RUN, ["subnets subnet-1, subnet-2"]),
        ("X", "error retrieving security group information", RUN, ["security group sg-1"]),
        ("X", "The specified capacity provider was not found.", RUN, ["capacity provider spot"]),
        ("ClientException", "TaskDefinition not found.", RUN, [f"task definition {RUN['taskDefinition']}"]),
        ("PlatformUnknownException", "does not exist", RUN, ["platform version 9.9"]),
        ("X", "The specified log group does not exist.", {"logGroupName": "/j"}, ["log group /j"]),
        (
            "X", "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
            DEFINITION, ["secrets /db/password, arn:secret:splunk"],
        ),
        ("TaskFailedToStart", "the log group does not exist", DEFINITION, ["log group /jobs"]),
        ("TaskFailedToStart", "EFS: file system does not exist", DEFINITION, ["file system fs-1"]),
        ("X", "ref pull has been retried 5 time(s)", DEFINITION, ["images repo/a:1, repo/b:1"]),
        ("ClusterNotFoundException", "Cluster batch not found.", RUN, []),
        ("ThrottlingException", "Rate exceeded", RUN, []),
        ("ServerException", "try again", DEFINITION, []),
    ],
)  # fmt: skip
def test_what_a_message_is_about(
    code: str, text: str, request_body: dict[str, object], expected: list[str]
) -> None:
    assert list(concerned(code, text, request_body)) == expected


@pytest.mark.parametrize(
    "request_body", [{}, {"containerDefinitions": None, "overrides": None}, {"volumes": [None, {}]}]
)
def test_no_member_has_to_be_there(request_body: dict[str, object]) -> None:
    for text in ("Role is not valid", "secret log group image efs", "subnet capacity provider vpc"):
        assert concerned("X", text, request_body) == ()


def test_many_things_are_counted() -> None:
    request = {
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [f"subnet-{n}" for n in range(9)]}}
    }

    (found,) = concerned("X", "bad subnet", request)

    assert found == "subnets subnet-0, subnet-1, subnet-2, subnet-3, subnet-4 and 4 more"


@pytest.mark.parametrize(
    ("operation", "text", "manifest", "named"),
    [
        ("RunTask", NOT_FOUND, "cluster: batch\n", "(cluster batch)"),
        ("RunTask", NOT_FOUND, "", "(cluster default)"),
        ("RunTask", "Role is not valid", f"task_role_arn: {ROLE}\n", f"(role {ROLE})"),
        ("RegisterTaskDefinition", "Role is not valid", f"execution_role_arn: {ROLE}\n", f"(role {ROLE})"),
    ],
)
def test_an_apply_names_it(stage: Begin, operation: str, text: str, manifest: str, named: str) -> None:
    world = stage()
    plan = world.compile("image: alpine\n" + manifest)
    rule = {
        "operation": operation,
        "action": "error",
        "status": 400,
        "code": "ClientException",
        "message": text,
    }
    world.endpoint.set_faults({"rules": [rule]})

    (task,) = world.apply(plan).summary.tasks

    assert f"ClientException: {text} {named}" in str(task.reason)


def test_aws_text_that_quotes_a_secret_is_masked(stage: Begin) -> None:
    world = stage()
    plan = world.compile("image: alpine\ncommand: [login, --password, s3cret]\nenv: {API_TOKEN: t0k3n}\n")
    rule = {
        "operation": "RunTask",
        "action": "error",
        "status": 400,
        "code": "ClientException",
        "message": 'bad value "t0k3n" in [login, --password, s3cret]\n::error::x',
    }
    world.endpoint.set_faults({"rules": [rule]})

    reason = str(world.apply(plan).summary.tasks[0].reason)

    assert 'bad value "***" in [login, --password, ***]\\n::error::x' in reason
