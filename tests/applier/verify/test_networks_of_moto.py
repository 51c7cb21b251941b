"""Networks and file systems as an endpoint of EC2 and EFS describes them, in the real form of the answers."""

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from emulator_servers import Emulator
from scripted_aws import REGION
from scripted_vpc import manifest
from verified_manifests import Found, found_at

from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.order import CHECKS

PUBLIC_IP = "assign_public_ip: true"


def client(url: str, service: str) -> Any:
    """Return a client of a service of the emulator."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name=REGION, endpoint_url=url, **keys)


@dataclass(frozen=True)
class Vpc:
    """A VPC of the emulator with a public, a private and a closed subnet.

    Attributes:
        url: The emulator.
        id: The VPC.
        public: A subnet with a route to an internet gateway.
        private: A subnet with a route to a NAT gateway in the public one.
        closed: A subnet with the VPC's main route table.
        group: A security group without inbound rules.
        nat: The NAT gateway.
        main: The main route table.
    """

    url: str
    id: str
    public: str
    private: str
    closed: str
    group: str
    nat: str
    main: str

    def found(self, *subnets: str, more: str = "", image: str | None = None) -> Found:
        """Return what all checks about networks and file systems find of a job in these subnets."""
        job = manifest(*subnets, groups=(self.group,), more=more, image=image)
        return found_at(OURS, job, self.url)


NETWORK = ("egress", "free-addresses", "one-vpc", "security-group-exists", "subnet-exists", "way-out")
OURS: list[Check[Any]] = [each for each in CHECKS if each.name in NETWORK or each.name.startswith("efs-")]


@pytest.fixture
def vpc(moto_account: Emulator) -> Vpc:
    ec2 = client(moto_account.url, "ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    public, private, closed = (
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{index}.0/28", AvailabilityZone=f"{REGION}{zone}")[
            "Subnet"
        ]["SubnetId"]
        for index, zone in enumerate("abc")
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    nat = ec2.create_nat_gateway(SubnetId=public, ConnectivityType="public")["NatGateway"]["NatGatewayId"]
    for subnet, target in ((public, {"GatewayId": gateway}), (private, {"NatGatewayId": nat})):
        table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(VpcId=vpc_id, GroupName="tasks", Description="tasks")["GroupId"]
    tables = ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "association.main", "Values": ["true"]}]
    )
    main = tables["RouteTables"][0]["RouteTableId"]
    return Vpc(moto_account.url, vpc_id, public, private, closed, group, nat, main)


def states(found: Found) -> dict[str, set[str]]:
    checks: dict[str, set[str]] = {}
    for name, state in found.states():
        checks.setdefault(name, set()).add(state)
    return checks


def test_a_job_that_starts(vpc: Vpc) -> None:
    assert states(vpc.found(vpc.private)) == {name: {"ok"} for name in NETWORK}
    assert states(vpc.found(vpc.public, more=PUBLIC_IP)) == {name: {"ok"} for name in NETWORK}


def test_subnets_without_a_way_out(vpc: Vpc) -> None:
    found = vpc.found(vpc.public, vpc.closed, vpc.private)

    assert states(found) == {name: {"ok"} for name in NETWORK} | {"way-out": {"ok", "fails"}}
    assert [each.location.line for each in found.findings if each.state == "fails"] == [4, 5]


def test_a_nat_gateway_that_is_deleted(vpc: Vpc) -> None:
    client(vpc.url, "ec2").delete_nat_gateway(NatGatewayId=vpc.nat)

    (one,) = [each for each in vpc.found(vpc.private).findings if each.state != "ok"]

    assert f"NAT gateway {vpc.nat} is deleted" in one.message


def test_endpoints(vpc: Vpc) -> None:
    ec2 = client(vpc.url, "ec2")
    names = {"VpcId": vpc.id, "VpcEndpointType": "Interface", "SubnetIds": [vpc.closed]}
    for service in ("ecr.api", "ecr.dkr"):
        ec2.create_vpc_endpoint(ServiceName=f"com.amazonaws.{REGION}.{service}", **names)
    before = states(vpc.found(vpc.closed))
    service = f"com.amazonaws.{REGION}.s3"
    ec2.create_vpc_endpoint(
        ServiceName=service, VpcId=vpc.id, VpcEndpointType="Gateway", RouteTableIds=[vpc.main]
    )

    assert before["way-out"] == {"fails"}
    assert states(vpc.found(vpc.closed))["way-out"] == {"ok"}
    assert states(vpc.found(vpc.closed, image="alpine:3"))["way-out"] == {"fails"}


def test_things_that_are_not_there(vpc: Vpc) -> None:
    job = manifest("subnet-0123456789abcdef0", vpc.private, groups=("sg-0123456789abcdef0",))

    found = found_at(OURS, job, vpc.url)

    assert [(each.check, each.location.line) for each in found.findings if each.state == "fails"] == [
        ("subnet-exists", 4),
        ("security-group-exists", 6),
    ]


def test_a_security_group_of_another_vpc_that_lets_nothing_out(vpc: Vpc) -> None:
    ec2 = client(vpc.url, "ec2")
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(VpcId=other, GroupName="closed", Description="closed")["GroupId"]
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])

    found = found_at(OURS, manifest(vpc.private, groups=(group,)), vpc.url)

    assert [(each.check, each.location.line) for each in found.findings if each.state == "fails"] == [
        ("egress", 5),
        ("one-vpc", 5),
    ]


def test_more_tasks_than_addresses(vpc: Vpc) -> None:
    # A /28 has 16 addresses, 5 of which AWS keeps.
    fits, full = (states(vpc.found(vpc.private, more=f"array: {tasks}")) for tasks in (11, 12))

    assert (fits["free-addresses"], full["free-addresses"]) == ({"ok"}, {"fails"})


def volume(file_system: str, access_point: str) -> str:
    return (
        "task_definition:\n  volumes:\n    - name: data\n      efsVolumeConfiguration:\n"
        f"        fileSystemId: {file_system}\n        transitEncryption: ENABLED\n"
        f"        authorizationConfig:\n          accessPointId: {access_point}\n"
    )


def test_file_systems(vpc: Vpc) -> None:
    efs, ec2 = client(vpc.url, "efs"), client(vpc.url, "ec2")
    one, other = (efs.create_file_system(CreationToken=each)["FileSystemId"] for each in "ab")
    point = efs.create_access_point(FileSystemId=one, ClientToken="a")["AccessPointId"]
    mount = ec2.create_security_group(VpcId=vpc.id, GroupName="efs", Description="efs")["GroupId"]
    efs.create_mount_target(FileSystemId=one, SubnetId=vpc.private, SecurityGroups=[mount])

    closed = states(vpc.found(vpc.private, more=volume(one, point)))
    from_tasks = [{"GroupId": vpc.group}]
    nfs = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": from_tasks}
    ec2.authorize_security_group_ingress(GroupId=mount, IpPermissions=[nfs])
    good = vpc.found(vpc.private, more=volume(one, point))
    zones = vpc.found(vpc.private, vpc.closed, more=volume(one, point))
    swapped = vpc.found(vpc.private, more=volume(other, point))
    gone = vpc.found(vpc.private, more=volume("fs-0123456789abcdef0", "fsap-0123456789abcdef0"))

    assert closed["efs-port"] == {"fails"}
    assert {state for _, state in good.states()} == {"ok"}
    assert [each.check for each in zones.findings if each.state == "fails"] == ["way-out", "efs-mount-target"]
    assert [each.check for each in swapped.findings if each.state == "fails"] == [
        "efs-mount-target",
        "efs-access-point",
    ]
    assert [each.check for each in gone.findings if each.state == "fails"] == [
        "efs-file-system",
        "efs-access-point",
    ]
