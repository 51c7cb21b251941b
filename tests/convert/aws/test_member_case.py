"""Member names in the case of ECS's API and in that of other services; names that users chose stay."""

from typing import Any

import pytest

from ecsplan_convert.aws.member_case import (
    CLOUDFORMATION,
    STEP_FUNCTIONS,
    Spellings,
    camel_case,
    pascal_case,
)

ROWS = [
    pytest.param(
        STEP_FUNCTIONS,
        {
            "launchType": "FARGATE",
            "enableECSManagedTags": True,
            "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "ENABLED"}},
        },
        {
            "LaunchType": "FARGATE",
            "EnableECSManagedTags": True,
            "NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED"}},
        },
        id="a request of Step Functions",
    ),
    pytest.param(
        STEP_FUNCTIONS,
        {"overrides": {"containerOverrides": [{"environment": [{"name": "lower", "value": "Upper"}]}]}},
        {"Overrides": {"ContainerOverrides": [{"Environment": [{"Name": "lower", "Value": "Upper"}]}]}},
        id="names and values of variables are values",
    ),
    pytest.param(
        CLOUDFORMATION,
        {
            "containerDefinitions": [
                {
                    "dockerLabels": {"com.example.team": "data"},
                    "logConfiguration": {"options": {"awslogs-group": "x", "mode": "y"}},
                    "linuxParameters": {"tmpfs": [{"mountOptions": ["rw"]}]},
                }
            ],
            "volumes": [
                {
                    "efsVolumeConfiguration": {
                        "fileSystemId": "fs-1",
                        "authorizationConfig": {"iam": "ENABLED"},
                    }
                },
                {"fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-2"}},
                {"dockerVolumeConfiguration": {"driverOpts": {"type": "nfs"}, "labels": {"a": "b"}}},
            ],
        },
        {
            "ContainerDefinitions": [
                {
                    "DockerLabels": {"com.example.team": "data"},
                    "LogConfiguration": {"Options": {"awslogs-group": "x", "mode": "y"}},
                    "LinuxParameters": {"Tmpfs": [{"MountOptions": ["rw"]}]},
                }
            ],
            "Volumes": [
                {
                    "EFSVolumeConfiguration": {
                        "FilesystemId": "fs-1",
                        "AuthorizationConfig": {"IAM": "ENABLED"},
                    }
                },
                {"FSxWindowsFileServerVolumeConfiguration": {"FileSystemId": "fs-2"}},
                {"DockerVolumeConfiguration": {"DriverOpts": {"type": "nfs"}, "Labels": {"a": "b"}}},
            ],
        },
        id="a task definition of CloudFormation, with its maps",
    ),
    pytest.param(STEP_FUNCTIONS, {}, {}, id="nothing"),
]


@pytest.mark.parametrize(("spellings", "ours", "theirs"), ROWS)
def test_both_directions(spellings: Spellings, ours: Any, theirs: Any) -> None:
    assert pascal_case(ours, spellings) == theirs
    assert camel_case(theirs) == ours


@pytest.mark.parametrize(("spellings", "ours", "theirs"), ROWS)
def test_camel_case_leaves_camel_case_as_it_is(spellings: Spellings, ours: Any, theirs: Any) -> None:
    assert camel_case(ours) == ours
