"""Rules about volumes: mounts, kinds, file systems, and EBS volumes that are configured at launch."""

from typing import Any

import pytest
from rule_rows import EC2, FARGATE, REMOVED, ROLE, found, spoiled

VOLUME = "td/volumes/0"
EFS = f"{VOLUME}/efsVolumeConfiguration"
S3 = f"{VOLUME}/s3filesVolumeConfiguration"
EBS = "volume_configurations/0/managedEBSVolume"


def efs(**members: object) -> dict[str, object]:
    """Return the change that makes the volume one on EFS."""
    return {EFS: {"fileSystemId": "fs-1", **members}}


def ebs(**members: object) -> dict[str, object]:
    """Return the change that makes the volume one on EBS, configured at launch."""
    volume = {"roleArn": ROLE, "sizeInGiB": 200, **members}
    return {
        f"{VOLUME}/configuredAtLaunch": True,
        "volume_configurations": [{"name": "scratch", "managedEBSVolume": volume}],
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {f"{VOLUME}/name": "data"},
            [("mount-without-volume", "main/mountPoints/0/sourceVolume")],
            id="mount of an unknown volume",
        ),
        pytest.param(
            {"td/volumes": REMOVED},
            [("mount-without-volume", "main/mountPoints/0/sourceVolume")],
            id="mount without volumes",
        ),
        pytest.param(
            {f"{VOLUME}/nmae": "a"},
            [("unknown-key", f"{VOLUME}/nmae")],
            id="a volume with a slip is a volume",
        ),
        pytest.param(
            {"td/volumes": "scratch"}, [("wrong-type", "td/volumes")], id="volumes that are refused are there"
        ),
        pytest.param(
            {"main/mountPoints/1": {"sourceVolume": "scratch", "containerPath": "/scratch"}},
            [("duplicate-mount?", "main/mountPoints/1/containerPath")],
            id="two mounts at one path",
        ),
        pytest.param(
            {"main/mountPoints/1": {"sourceVolume": "scratch", "containerPath": "/more"}},
            [],
            id="two mounts of one",
        ),
        pytest.param(
            {"td/volumes/1": {"efsVolumeConfiguration": {"fileSystemId": "fs-1"}}},
            [("volume-name-missing?", "td/volumes/1")],
            id="EFS without a name",
        ),
        pytest.param({"td/volumes/1": {"host": {}}}, [], id="a folder without a name"),
        pytest.param(
            {**efs(), f"{VOLUME}/s3filesVolumeConfiguration": {"fileSystemArn": "arn:aws:s3files:r:1:fs"}},
            [("volume-kinds", S3)],
            id="two kinds",
        ),
        pytest.param({**efs(), f"{VOLUME}/host": {}}, [], id="an empty kind is none"),
        pytest.param(efs(rootDirectory="/srv"), [], id="EFS with a root"),
        pytest.param(
            efs(authorizationConfig={"iam": "ENABLED"}),
            [("efs-transit-encryption", EFS)],
            id="IAM without encryption",
        ),
        pytest.param(
            efs(authorizationConfig={"accessPointId": "fsap-1"}, transitEncryption="DISABLED"),
            [("efs-transit-encryption", f"{EFS}/transitEncryption")],
            id="access point with encryption off",
        ),
        pytest.param(efs(authorizationConfig={"iam": "DISABLED"}), [], id="IAM off needs no encryption"),
        pytest.param(
            efs(authorizationConfig={"iam": "ENABLED"}, transitEncryption=1),
            [("wrong-type", f"{EFS}/transitEncryption")],
            id="encryption that is refused",
        ),
        pytest.param(
            efs(authorizationConfig={"accessPointId": "a"}, transitEncryption="ENABLED", rootDirectory="/"),
            [],
            id="access point with the root",
        ),
        pytest.param(
            efs(
                authorizationConfig={"accessPointId": "a"}, transitEncryption="ENABLED", rootDirectory="/srv"
            ),
            [("access-point-root", f"{EFS}/rootDirectory")],
            id="access point with another root",
        ),
        pytest.param(
            {S3: {"fileSystemArn": "arn:a", "accessPointArn": "arn:b", "rootDirectory": "/srv"}},
            [("access-point-root?", f"{S3}/rootDirectory")],
            id="access point of S3 with another root",
        ),
        pytest.param(
            {
                **efs(authorizationConfig={"iam": "ENABLED"}, transitEncryption="ENABLED"),
                "task_role_arn": REMOVED,
            },
            [("efs-task-role?", f"{EFS}/authorizationConfig/iam")],
            id="IAM without a task role",
        ),
        pytest.param(
            {S3: {"fileSystemArn": "arn:a"}, "task_role_arn": REMOVED},
            [("files-task-role?", S3)],
            id="S3 Files without a task role",
        ),
        pytest.param(
            {S3: {"fileSystemArn": "arn:a"}, "task_role_arn": REMOVED, "td/taskRoleArn": ROLE},
            [],
            id="the task role of the definition",
        ),
    ],
)
def test_volumes(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(ebs(), [], id="a size"),
        pytest.param(ebs(sizeInGiB=REMOVED), None, id="neither size nor snapshot"),
        pytest.param(
            {f"{VOLUME}/configuredAtLaunch": True},
            [("launch-volume-missing?", f"{VOLUME}/configuredAtLaunch")],
            id="not configured",
        ),
        pytest.param(
            {**ebs(), f"{VOLUME}/configuredAtLaunch": False},
            [("launch-volume-unknown", "volume_configurations/0/name")],
            id="not left to the run",
        ),
        pytest.param(ebs(volumeType="gp3", sizeInGiB=16384), [], id="the largest"),
        pytest.param(
            ebs(volumeType="gp3", sizeInGiB=16385), [("ebs-size?", f"{EBS}/sizeInGiB")], id="too large"
        ),
        pytest.param(ebs(volumeType="st1", sizeInGiB=125), [], id="the smallest st1"),
        pytest.param(
            ebs(volumeType="st1", sizeInGiB=124), [("ebs-size?", f"{EBS}/sizeInGiB")], id="too small for st1"
        ),
        pytest.param(ebs(volumeType="io2", iops=100), [], id="the least iops"),
        pytest.param(ebs(volumeType="io1", iops=64000), [], id="the most iops of io1"),
        pytest.param(
            ebs(volumeType="io1", iops=64001), [("ebs-iops?", f"{EBS}/iops")], id="too many for io1"
        ),
        pytest.param(ebs(volumeType="io1"), [("ebs-iops?", EBS)], id="io1 without iops"),
        pytest.param(ebs(volumeType="gp3", iops=2999), [("ebs-iops?", f"{EBS}/iops")], id="too few for gp3"),
        pytest.param(ebs(volumeType="gp3", iops=3000), [], id="the least of gp3"),
        pytest.param(ebs(volumeType="sc1", iops=3000), [("ebs-iops", f"{EBS}/iops")], id="sc1 with iops"),
        pytest.param(ebs(volumeType="gp2", iops=3000), [("ebs-iops", f"{EBS}/iops")], id="gp2 with iops"),
        pytest.param(ebs(volumeType="gp3", throughput=1000), [], id="the most throughput"),
        pytest.param(ebs(volumeType="gp3", throughput=1001), [], id="more: AWS has raised it since"),
        pytest.param(
            ebs(volumeType="gp2", throughput=250), [("ebs-throughput", f"{EBS}/throughput")], id="of gp2"
        ),
        pytest.param(
            ebs(volumeInitializationRate=100),
            [("ebs-initialization-rate?", f"{EBS}/volumeInitializationRate")],
            id="rate without snapshot",
        ),
        pytest.param(ebs(volumeInitializationRate=100, snapshotId="snap-1"), [], id="rate with snapshot"),
        pytest.param(
            ebs(volumeType="standard"),
            [("ebs-magnetic-on-fargate?", f"{EBS}/volumeType")],
            id="magnetic on Fargate",
        ),
        pytest.param(
            ebs(tagSpecifications=[{"resourceType": "volume", "tags": [{"key": "AmazonECSCreated"}]}]),
            [("ebs-tag-reserved?", f"{EBS}/tagSpecifications/0/tags/0/key")],
            id="reserved tag",
        ),
        pytest.param(
            {
                **ebs(),
                "td/volumes/1": {"name": "more", "configuredAtLaunch": True},
                "volume_configurations": [
                    {"name": name, "managedEBSVolume": {"roleArn": ROLE, "snapshotId": "snap-1"}}
                    for name in ("scratch", "more")
                ],
            },
            [("launch-volume-count?", "td/volumes/1/configuredAtLaunch")],
            id="two at launch",
        ),
    ],
)
def test_volumes_at_launch(changes: dict[str, Any], expected: list[tuple[str, str]] | None) -> None:
    if expected is None:
        del changes["volume_configurations"][0]["managedEBSVolume"]["sizeInGiB"]
        expected = [("ebs-size", EBS)]

    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("docker", "expected"),
    [
        pytest.param({"scope": "shared", "autoprovision": True}, [], id="shared"),
        pytest.param(
            {"scope": "task", "autoprovision": True},
            [("docker-volume-autoprovision?", f"{VOLUME}/dockerVolumeConfiguration/autoprovision")],
            id="of the task",
        ),
        pytest.param(
            {"autoprovision": False},
            [("docker-volume-autoprovision?", f"{VOLUME}/dockerVolumeConfiguration/autoprovision")],
            id="of the task by default",
        ),
    ],
)
def test_docker_volumes(docker: dict[str, object], expected: list[tuple[str, str]]) -> None:
    volumes = [{"name": "data", "dockerVolumeConfiguration": docker}]

    assert found(spoiled(EC2, {"td/volumes": volumes})) == expected


def test_an_empty_docker_volume_is_a_kind_of_its_own() -> None:
    volumes = [{"name": "data", "dockerVolumeConfiguration": {}, "host": {"sourcePath": "/srv"}}]

    assert found(spoiled(EC2, {"td/volumes": volumes})) == [("volume-kinds", f"{VOLUME}/host")]
