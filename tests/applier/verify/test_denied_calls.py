"""One denied call at a time: what rests on it is unknown, and everything else is found as before."""

import inspect
from typing import Any

import pytest
from image_manifests import image, in_ecr
from scripted_aws import denied
from scripted_registries import ScriptedRegistries
from scripted_vpc import CLOSED, GROUP, PRIVATE, VPC, ScriptedVpc, group, manifest, rule
from verified_manifests import ACCOUNT, Found, found_by

from ecsplan_applier.verify.order import CHECKS

ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"
OURS = [each for each in CHECKS if not each.name.startswith("schedule-")]
CALLS = {each.name: inspect.getdoc(each.judge) or "" for each in OURS}
MORE = """\
cluster: batch
launch_type: FARGATE_SPOT
secrets:
  KEY: arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf
  TOKEN: /jobs/token
configure_cloudwatch_logs: true
cloudwatch_logs_options: {awslogs-group: /jobs}
task_definition:
  containerDefinitions:
    - {name: etl, environmentFiles: [{type: s3, value: "arn:aws:s3:::settings/x.env"}]}
  volumes:
    - name: data
      efsVolumeConfiguration:
        fileSystemId: fs-0000000a
        transitEncryption: ENABLED
        authorizationConfig: {accessPointId: fsap-0000000a}
"""
MANIFEST = manifest(PRIVATE, CLOSED, more=MORE)
IMAGE, BLOBS = image("linux/amd64")


def mount_target(zone: int, letter: str) -> dict[str, str]:
    return {
        "MountTargetId": f"fsmt-{letter}",
        "FileSystemId": "fs-0000000a",
        "LifeCycleState": "available",
        "AvailabilityZoneId": f"use1-az{zone}",
        "VpcId": VPC,
        "IpAddress": f"10.0.{zone}.9",
        "NetworkInterfaceId": f"eni-{letter}",
    }


SAYS: dict[str, Any] = ScriptedVpc(
    groups=[group(GROUP, into=[rule()])],
    interfaces=[{"NetworkInterfaceId": f"eni-{each}", "Groups": [{"GroupId": GROUP}]} for each in "bc"],
).says(
    DescribeClusters={
        "clusters": [{"clusterName": "batch", "status": "ACTIVE", "capacityProviders": ["FARGATE_SPOT"]}]
    },
    GetRole={
        "Role": {
            "Arn": ROLE,
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ]
            },
        }
    },
    SimulatePrincipalPolicy={"EvaluationResults": [{"EvalDecision": "allowed"}]},
    GetServiceQuota={"Quota": {"Value": 6.0}},
    DescribeSecret={"ARN": "x", "VersionIdsToStages": {"v": ["AWSCURRENT"]}},
    DescribeParameters={"Parameters": [{"Name": "/jobs/token", "Type": "String"}]},
    DescribeLogGroups={"logGroups": []},
    ListObjectsV2={"Contents": [{"Key": "x.env"}]},
    BatchGetImage={"images": [in_ecr(IMAGE, "1")]},
    GetDownloadUrlForLayer={"downloadUrl": "https://bucket.example/x"},
    DescribeFileSystems={"FileSystems": [{"FileSystemId": "fs-0000000a", "LifeCycleState": "available"}]},
    DescribeMountTargets={"MountTargets": [mount_target(2, "b"), mount_target(3, "c")]},
    DescribeAccessPoints={
        "AccessPoints": [
            {"AccessPointId": "fsap-0000000a", "FileSystemId": "fs-0000000a", "LifeCycleState": "available"}
        ]
    },
)


def found(says: dict[str, Any]) -> Found:
    return found_by(OURS, MANIFEST, says, registries=ScriptedRegistries({}, BLOBS))


def by_check(done: Found) -> dict[str, list[str]]:
    return {name: [each.state for each in done.findings if each.check == name] for name in CALLS}


def test_all_of_these_calls_are_made() -> None:
    done = found(SAYS)
    states = by_check(done)

    assert {name for name, _ in done.requests} == SAYS.keys()
    assert {name for name in states if not states[name]} == {"cluster-capacity", "linked-definition-active"}
    assert {name for name in states if set(states[name]) != {"ok"} and states[name]} == {"way-out"}
    assert sorted(states["way-out"]) == ["fails", "ok"]


@pytest.mark.parametrize("operation", sorted(SAYS))
def test_one_call_is_denied(operation: str) -> None:
    before = by_check(found(SAYS))

    after = by_check(found(SAYS | {operation: denied(operation)}))

    changed = {name for name in CALLS if after[name] != before[name]}
    action = {"ListObjectsV2": "ListBucket"}.get(operation, operation)
    assert changed, "what it would have said is unknown"
    assert all(f":{action}" in CALLS[name] for name in changed)
    assert all("unknown" in after[name] for name in changed - {"image-platform"})
    assert all(after[name].count("fails") <= before[name].count("fails") for name in changed)
