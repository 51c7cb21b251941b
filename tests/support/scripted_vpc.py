"""A VPC whose parts a test writes down: what the operations of EC2 say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecsplan_applier.outcomes.errors import AwsError

VPC = "vpc-0000000a"
PUBLIC = "subnet-0000000a"
"""A subnet whose default route leads to an internet gateway."""
PRIVATE = "subnet-0000000b"
"""A subnet whose default route leads to a NAT gateway in the public one."""
CLOSED = "subnet-0000000c"
"""A subnet without a default route."""
GROUP = "sg-0000000a"

Part = dict[str, Any]


def subnet(name: str, **members: Any) -> Part:
    """Return a subnet, in a zone and with addresses of its own."""
    letter = name[-1]
    return {
        "SubnetId": name,
        "VpcId": VPC,
        "State": "available",
        "CidrBlock": f"10.0.{ord(letter)}.0/24",
        "AvailabilityZone": f"us-east-1{letter}",
        "AvailabilityZoneId": f"use1-az{ord(letter) - 96}",
        "AvailableIpAddressCount": 5,
        "OwnerId": "123456789012",
        **members,
    }


def table(name: str, subnets: Sequence[str], *routes: Part, main: bool = False) -> Part:
    """Return a route table with a local route and these."""
    associations: list[Part] = [
        {"SubnetId": each, "AssociationState": {"State": "associated"}} for each in subnets
    ]
    if main:
        associations.append({"Main": True, "AssociationState": {"State": "associated"}})
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    return {"RouteTableId": name, "VpcId": VPC, "Associations": associations, "Routes": [local, *routes]}


def default(target: str, member: str = "GatewayId", state: str = "active") -> Part:
    """Return a default route."""
    return {"DestinationCidrBlock": "0.0.0.0/0", member: target, "State": state}


def default_ipv6(target: str, member: str = "GatewayId") -> Part:
    """Return a default route for IPv6."""
    return {"DestinationIpv6CidrBlock": "::/0", member: target, "State": "active"}


def rule(protocol: str = "-1", ports: tuple[int, int] | None = None, **members: Any) -> Part:
    """Return a rule of a security group; without members it is about all IPv4 addresses."""
    found = {"IpProtocol": protocol, **(members or {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]})}
    return found if ports is None else {**found, "FromPort": ports[0], "ToPort": ports[1]}


def group(name: str, *, out: Sequence[Part] = (rule(),), into: Sequence[Part] = (), **members: Any) -> Part:
    """Return a security group."""
    rules = {"IpPermissionsEgress": list(out), "IpPermissions": list(into)}
    return {"GroupId": name, "VpcId": VPC, "GroupName": name, **rules, **members}


def interface_endpoint(service: str, **members: Any) -> Part:
    """Return an interface endpoint that is available, without security groups."""
    return {
        "VpcEndpointId": f"vpce-{service}",
        "VpcEndpointType": "Interface",
        "VpcId": VPC,
        "ServiceName": f"com.amazonaws.us-east-1.{service}",
        "State": "available",
        "PrivateDnsEnabled": True,
        **members,
    }


def gateway_endpoint(*tables: str, **members: Any) -> Part:
    """Return a gateway endpoint for S3 that is associated with these route tables."""
    kind = {"VpcEndpointType": "Gateway", "PrivateDnsEnabled": False, "RouteTableIds": list(tables)}
    return interface_endpoint("s3", **{**kind, **members})


@dataclass
class ScriptedVpc:
    """What EC2 says of a VPC with a public, a private and a closed subnet.

    Attributes:
        subnets: The subnets.
        groups: The security groups.
        tables: The route tables.
        gateways: The NAT gateways.
        endpoints: The endpoints.
        interfaces: The network interfaces.
        denied: Operations that are not allowed, with their errors.
    """

    subnets: list[Part] = field(default_factory=lambda: [subnet(each) for each in (PUBLIC, PRIVATE, CLOSED)])
    groups: list[Part] = field(default_factory=lambda: [group(GROUP)])
    tables: list[Part] = field(
        default_factory=lambda: [
            table("rtb-main", (), main=True),
            table("rtb-public", (PUBLIC,), default("igw-1")),
            table("rtb-private", (PRIVATE,), default("nat-1", "NatGatewayId")),
        ]
    )
    gateways: list[Part] = field(
        default_factory=lambda: [
            {"NatGatewayId": "nat-1", "State": "available", "SubnetId": PUBLIC, "ConnectivityType": "public"}
        ]
    )
    endpoints: list[Part] = field(default_factory=list)
    interfaces: list[Part] = field(default_factory=list)
    denied: Mapping[str, AwsError] = field(default_factory=dict)

    def says(self, **others: Any) -> dict[str, Any]:
        """Return what the operations answer; a test gives those that are not EC2's by their names."""
        return {
            "DescribeSubnets": {"Subnets": self.subnets},
            "DescribeSecurityGroups": {"SecurityGroups": self.groups},
            "DescribeRouteTables": {"RouteTables": self.tables},
            "DescribeNatGateways": {"NatGateways": self.gateways},
            "DescribeVpcEndpoints": {"VpcEndpoints": self.endpoints},
            "DescribeNetworkInterfaces": {"NetworkInterfaces": self.interfaces},
            **others,
            **self.denied,
        }


def manifest(
    *subnets: str, groups: Sequence[str] = (GROUP,), more: str = "", image: str | None = None
) -> str:
    """Return a job in these subnets; line 4 names the first one, and the line after the last the groups."""
    lines = [
        "name: etl",
        f"image: {image or '123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:1'}",
        "subnets:",
        *(f"  - {each}" for each in subnets),
    ]
    if groups:
        lines.append(f"security_groups: [{', '.join(groups)}]")
    role = "execution_role_arn: arn:aws:iam::123456789012:role/execution"
    return "\n".join((*lines, role, more, ""))
