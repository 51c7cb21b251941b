"""EFS: file systems, mount targets and access points are there, and are reached from the job's subnets."""

from typing import Any

import pytest
from scripted_aws import denied
from scripted_vpc import CLOSED, GROUP, PRIVATE, PUBLIC, VPC, ScriptedVpc, group, manifest, rule, subnet
from verified_manifests import Found, found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.file_systems import (
    access_points,
    efs_access_point,
    efs_file_system,
    file_systems,
)
from ecsplan_applier.verify.mount_targets import efs_mount_target, efs_port

FILE_SYSTEM = Check(efs_file_system, over=file_systems)
MOUNT_TARGET = Check(efs_mount_target, over=file_systems)
PORT = Check(efs_port, over=file_systems)
ACCESS_POINT = Check(efs_access_point, over=access_points)

FS = "fs-0000000a"
POINT = "fsap-0000000a"
VOLUME = f"""task_definition:
  volumes:
    - name: data
      efsVolumeConfiguration:
        fileSystemId: {FS}
        transitEncryption: ENABLED
        authorizationConfig:
          accessPointId: {POINT}
"""
BRIDGE = f"name: etl\nimage: alpine:3\nmemory: 128\nlaunch_type: EC2\n{VOLUME}  networkMode: bridge\n"


NOT_IN_B = f"file system {FS} cannot be mounted in {PRIVATE}: it has no mount target in us-east-1b"


def mount_target(letter: str, **members: Any) -> dict[str, Any]:
    """Return the mount target of a zone, in the subnet of the same letter."""
    return {
        "MountTargetId": f"fsmt-{letter}",
        "FileSystemId": FS,
        "LifeCycleState": "available",
        "AvailabilityZoneId": f"use1-az{ord(letter) - 96}",
        "AvailabilityZoneName": f"us-east-1{letter}",
        "VpcId": VPC,
        "IpAddress": f"10.0.{ord(letter)}.9",
        "NetworkInterfaceId": f"eni-{letter}",
        **members,
    }


def efs(*targets: dict[str, Any], state: str = "available", **point: Any) -> dict[str, Any]:
    """Return what EFS says of a file system with these mount targets and an access point."""
    access_point = {"AccessPointId": POINT, "FileSystemId": FS, "LifeCycleState": "available", **point}
    return {
        "DescribeFileSystems": {"FileSystems": [{"FileSystemId": FS, "LifeCycleState": state}]},
        "DescribeMountTargets": {"MountTargets": list(targets)},
        "DescribeAccessPoints": {"AccessPoints": [access_point]},
    }


def missing(operation: str, code: str) -> dict[str, AwsError]:
    return {operation: AwsError(operation, code, "does not exist", status=404)}


def found(check: Check[Any], says: dict[str, Any], *subnets: str, vpc: ScriptedVpc | None = None) -> Found:
    job = manifest(*(subnets or (PUBLIC,)), more=VOLUME)
    return found_by(check, job, (vpc or ScriptedVpc()).says(**says))


@pytest.mark.parametrize(
    ("says", "state", "message"),
    [
        pytest.param(efs(), "ok", f"file system {FS} is available", id="available"),
        pytest.param(efs(state="updating"), "ok", f"file system {FS} is updating", id="updating"),
        pytest.param(
            efs(state="deleting"),
            "fails",
            f"file system {FS} is deleting: tasks cannot mount it",
            id="going",
        ),
        pytest.param(
            missing("DescribeFileSystems", "FileSystemNotFound"),
            "fails",
            f"there is no file system {FS} in us-east-1",
            id="missing",
        ),
        pytest.param(
            missing("DescribeFileSystems", "BadRequest"),
            "fails",
            f"there is no file system {FS} in us-east-1",
            id="not an id",
        ),
        pytest.param(
            {"DescribeFileSystems": denied("DescribeFileSystems")},
            "unknown",
            f"file system {FS}: DescribeFileSystems is denied",
            id="denied",
        ),
    ],
)
def test_file_system(says: dict[str, Any], state: str, message: str) -> None:
    (one,) = found(FILE_SYSTEM, says).findings

    assert (one.state, one.message) == (state, message)
    assert (one.location.line, one.location.column) == (11, 23)


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        pytest.param(
            efs(mount_target("a"), mount_target("b")),
            [("ok", f"file system {FS} has mount targets in the zones of {PUBLIC}, {PRIVATE}")],
            id="in both zones",
        ),
        pytest.param(
            efs(mount_target("a"), mount_target("c")),
            [
                (
                    "fails",
                    f"{NOT_IN_B}, only in us-east-1a, us-east-1c",
                )
            ],
            id="not in the second zone",
        ),
        pytest.param(
            efs(mount_target("a"), mount_target("b", LifeCycleState="creating")),
            [
                (
                    "fails",
                    f"file system {FS} cannot be mounted in {PRIVATE}: mount target fsmt-b is creating",
                )
            ],
            id="not available yet",
        ),
        pytest.param(
            efs(mount_target("a", AvailabilityZoneName="us-east-1f"), mount_target("b")),
            [("ok", f"file system {FS} has mount targets in the zones of {PUBLIC}, {PRIVATE}")],
            id="the zone has another name in the account of the file system",
        ),
        pytest.param(
            efs(
                mount_target("a", AvailabilityZoneId=None),
                mount_target("b", AvailabilityZoneId=None, AvailabilityZoneName="us-east-1f"),
            ),
            [
                (
                    "fails",
                    f"{NOT_IN_B}, only in us-east-1a, us-east-1f",
                )
            ],
            id="names, where there are no ids of zones",
        ),
        pytest.param(
            efs(), [("fails", f"file system {FS} has no mount targets")], id="without any mount target"
        ),
        pytest.param(missing("DescribeFileSystems", "FileSystemNotFound"), [], id="no file system"),
        pytest.param(
            {**efs(), "DescribeMountTargets": denied("DescribeMountTargets")},
            [("unknown", f"file system {FS}: DescribeMountTargets is denied")],
            id="denied",
        ),
    ],
)
def test_mount_targets(says: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    findings = found(MOUNT_TARGET, says, PUBLIC, PRIVATE).findings

    assert [(each.state, each.message) for each in findings] == expected
    assert {(each.location.line, each.location.column) for each in findings} <= {(12, 23)}


@pytest.mark.parametrize(
    ("owner", "state"), [("999999999999", "unknown"), ("123456789012", "fails")], ids=["shared", "ours"]
)
@pytest.mark.parametrize(
    ("check", "operation", "code"),
    [
        (FILE_SYSTEM, "DescribeFileSystems", "FileSystemNotFound"),
        (ACCESS_POINT, "DescribeAccessPoints", "AccessPointNotFound"),
    ],
    ids=["file system", "access point"],
)
def test_what_may_be_of_the_account_that_shares_the_subnets(
    check: Check[Any], operation: str, code: str, owner: str, state: str
) -> None:
    vpc = ScriptedVpc(subnets=[subnet(PUBLIC, OwnerId=owner)])

    (one,) = found(check, efs() | missing(operation, code), vpc=vpc).findings

    assert one.state == state


def test_subnets_for_which_the_same_is_wrong_are_one_finding() -> None:
    second = "subnet-0000001b"
    vpc = ScriptedVpc(
        subnets=[
            subnet(each, AvailabilityZone=f"us-east-1{zone}", AvailabilityZoneId=f"use1-az{number}")
            for each, zone, number in ((PUBLIC, "a", 1), (PRIVATE, "b", 2), (second, "b", 2))
        ]
    )

    (one,) = found(MOUNT_TARGET, efs(mount_target("a")), PUBLIC, PRIVATE, second, vpc=vpc).findings

    assert one.message.startswith(f"file system {FS} cannot be mounted in {PRIVATE}, {second}: it has no ")


def test_mount_targets_of_another_vpc() -> None:
    says = efs(mount_target("a", VpcId="vpc-2"))

    (one,) = found(MOUNT_TARGET, says, PUBLIC).findings

    assert one.state == "unknown"
    assert "its mount targets are in vpc-2, the subnet is in vpc-0000000a; whether a private" in one.message


def test_mount_targets_are_read_in_pages() -> None:
    first = {"MountTargets": [mount_target("a")], "NextMarker": "2"}
    pages = {None: first, "2": {"MountTargets": [mount_target("b")]}}
    says = {**efs(), "DescribeMountTargets": lambda request: pages[request.get("Marker")]}

    assert found(MOUNT_TARGET, says, PUBLIC, PRIVATE).states() == [("efs-mount-target", "ok")]


@pytest.mark.parametrize(
    ("says", "state"),
    [
        pytest.param(efs(mount_target("a", LifeCycleState="creating"), mount_target("b")), "ok", id="one"),
        pytest.param(efs(mount_target("a", LifeCycleState="creating")), "fails", id="none available"),
        pytest.param(efs(), "fails", id="none"),
    ],
)
def test_in_other_network_modes_one_mount_target_is_enough(says: dict[str, Any], state: str) -> None:
    assert found_by(MOUNT_TARGET, BRIDGE, says).states() == [("efs-mount-target", state)]
    assert found_by(PORT, BRIDGE, says).findings == ()


def nfs(*, into: list[dict[str, Any]], out: list[dict[str, Any]] | None = None) -> ScriptedVpc:
    """Return a VPC with these inbound rules of a mount target, and these outbound rules of the tasks."""
    return ScriptedVpc(
        groups=[group(GROUP, out=[rule()] if out is None else out), group("sg-efs", into=into)],
        interfaces=[{"NetworkInterfaceId": "eni-a", "Groups": [{"GroupId": "sg-efs"}]}],
    )


FROM_TASKS = rule("tcp", (2049, 2049), UserIdGroupPairs=[{"GroupId": GROUP}])
TO_EFS = rule("tcp", (2049, 2049), UserIdGroupPairs=[{"GroupId": "sg-efs"}])
TO_ADDRESS = rule("tcp", (2049, 2049), IpRanges=[{"CidrIp": "10.0.97.9/32"}])
TO_OTHERS = rule("tcp", (443, 443))


@pytest.mark.parametrize(
    ("vpc", "state", "words"),
    [
        pytest.param(nfs(into=[FROM_TASKS]), "ok", "let tasks connect to mount target fsmt-a", id="open"),
        pytest.param(nfs(into=[rule()]), "ok", "let tasks connect", id="open for everybody"),
        pytest.param(nfs(into=[]), "fails", "do not let the tasks in on TCP port 2049", id="closed"),
        pytest.param(
            nfs(into=[rule("tcp", (443, 443))]), "fails", "do not let the tasks in", id="another port"
        ),
        pytest.param(
            nfs(into=[rule("tcp", (2049, 2049), PrefixListIds=[{"PrefixListId": "pl-1"}])]),
            "unknown",
            "is not known",
            id="a prefix list",
        ),
        pytest.param(nfs(into=[FROM_TASKS], out=[TO_EFS]), "ok", "let tasks connect", id="out to the group"),
        pytest.param(nfs(into=[FROM_TASKS], out=[TO_ADDRESS]), "ok", "let tasks connect", id="its address"),
        pytest.param(
            nfs(into=[FROM_TASKS], out=[TO_OTHERS]),
            "fails",
            "do not let them connect to TCP port 2049",
            id="not let out",
        ),
    ],
)
def test_port(vpc: ScriptedVpc, state: str, words: str) -> None:
    (one,) = found(PORT, efs(mount_target("a")), vpc=vpc).findings

    assert one.state == state
    assert words in one.message


def test_a_default_group_without_inbound_rules_may_be_an_emulators() -> None:
    vpc = nfs(into=[])
    vpc.groups[1]["GroupName"] = "default"

    assert found(PORT, efs(mount_target("a")), vpc=vpc).states() == [("efs-port", "unknown")]

    vpc.groups[1]["IpPermissionsEgress"] = []

    assert found(PORT, efs(mount_target("a")), vpc=vpc).states() == [("efs-port", "fails")]


@pytest.mark.parametrize("operation", ["DescribeNetworkInterfaces", "DescribeSecurityGroups"])
def test_port_denied(operation: str) -> None:
    vpc = nfs(into=[FROM_TASKS])
    vpc.denied = {operation: denied(operation)}

    assert found(PORT, efs(mount_target("a")), vpc=vpc).states() == [("efs-port", "unknown")]


@pytest.mark.parametrize(
    ("says", "state", "message"),
    [
        pytest.param(efs(), "ok", f"access point {POINT} belongs to {FS}", id="its own"),
        pytest.param(
            efs(FileSystemId="fs-0000000b"),
            "fails",
            f"access point {POINT} belongs to fs-0000000b, not to {FS}",
            id="of another file system",
        ),
        pytest.param(
            efs(LifeCycleState="deleting"),
            "fails",
            f"access point {POINT} is deleting: tasks cannot mount through it",
            id="going",
        ),
        pytest.param(
            missing("DescribeAccessPoints", "AccessPointNotFound"),
            "fails",
            f"there is no access point {POINT} in us-east-1",
            id="missing",
        ),
        pytest.param(
            {"DescribeAccessPoints": denied("DescribeAccessPoints")},
            "unknown",
            f"access point {POINT}: DescribeAccessPoints is denied",
            id="denied",
        ),
    ],
)
def test_access_point(says: dict[str, Any], state: str, message: str) -> None:
    (one,) = found(ACCESS_POINT, says).findings

    assert (one.state, one.message) == (state, message)
    assert (one.location.line, one.location.column) == (14, 26)


@pytest.mark.parametrize(
    "check", [FILE_SYSTEM, MOUNT_TARGET, PORT, ACCESS_POINT], ids=lambda check: check.name
)
def test_nothing_is_asked_without_a_volume(check: Check[Any]) -> None:
    asked = found_by(check, manifest(PUBLIC, CLOSED), ScriptedVpc(subnets=[subnet(PUBLIC)]).says())

    assert (asked.findings, asked.requests) == ((), ())


@pytest.mark.parametrize(
    "check", [FILE_SYSTEM, MOUNT_TARGET, PORT, ACCESS_POINT], ids=lambda check: check.name
)
def test_an_id_that_is_looked_up_is_left_out(check: Check[Any]) -> None:
    volume = VOLUME.replace(FS, "${ssm:/efs/id}").replace(POINT, "${ssm:/efs/point}")
    job = manifest(PUBLIC, more=f"variables: {{}}\n{volume}")

    assert found_by(check, job, ScriptedVpc().says()).findings == ()
