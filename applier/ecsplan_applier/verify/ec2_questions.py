"""What checks ask of EC2: subnets, security groups, route tables, NAT gateways, endpoints, interfaces."""

from collections.abc import Callable, Sequence
from typing import Final, Self, TypeVar

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.filtered import (
    MAX_VALUES,
    NAT_GATEWAYS,
    NETWORK_INTERFACES,
    ROUTE_TABLES,
    SECURITY_GROUPS,
    SUBNETS,
    VPC_ENDPOINTS,
    Resources,
    filtered,
)
from ecsplan_applier.verify.questions import Ask, Unanswered, in_batches

Found = Body | Unanswered | None
Listed = tuple[Body, ...] | Unanswered

Q = TypeVar("Q", bound=Ask[Body | None] | Ask[tuple[Body, ...]])


@dataclass(frozen=True, slots=True)
class _By:
    """How a kind of resource is found.

    Attributes:
        kind: The kind.
        member: The member of a resource that a question names.
        filter: The filter of that member.
        also: Other filters.
    """

    kind: Resources
    member: str
    filter: str
    also: tuple[Body, ...] = ()


_SUBNET: Final = _By(SUBNETS, "SubnetId", "subnet-id")
_GROUP: Final = _By(SECURITY_GROUPS, "GroupId", "group-id")
_NAT_GATEWAY: Final = _By(NAT_GATEWAYS, "NatGatewayId", "nat-gateway-id")
_INTERFACE: Final = _By(NETWORK_INTERFACES, "NetworkInterfaceId", "network-interface-id")
_DEFAULT_GROUP: Final = _By(
    SECURITY_GROUPS, "VpcId", "vpc-id", ({"Name": "group-name", "Values": ["default"]},)
)
"""The group that every VPC has and that cannot be deleted (VPC user guide, default security groups)."""


@dataclass(frozen=True, slots=True)
class AskSubnet(Ask[Body | None]):
    """What does DescribeSubnets say of a subnet? None: there is none in this account and region.

    Attributes:
        subnet: Its id.
    """

    subnet: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Found]:
        """Return each subnet, 200 a call."""
        return await _by_id(asker, asked, lambda each: each.subnet, _SUBNET)


@dataclass(frozen=True, slots=True)
class AskSecurityGroup(Ask[Body | None]):
    """What does DescribeSecurityGroups say of a group? None: there is none in this account and region.

    Attributes:
        group: Its id.
    """

    group: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Found]:
        """Return each group, 200 a call."""
        return await _by_id(asker, asked, lambda each: each.group, _GROUP)


@dataclass(frozen=True, slots=True)
class AskDefaultGroup(Ask[Body | None]):
    """What does DescribeSecurityGroups say of the default group of a VPC?

    Attributes:
        vpc: The id of the VPC.
    """

    vpc: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Found]:
        """Return the default group of each VPC, 200 a call."""
        return await _by_id(asker, asked, lambda each: each.vpc, _DEFAULT_GROUP)


@dataclass(frozen=True, slots=True)
class AskNatGateway(Ask[Body | None]):
    """What does DescribeNatGateways say of a NAT gateway? None: there is none, or it is long deleted.

    Attributes:
        gateway: Its id.
    """

    gateway: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Found]:
        """Return each gateway, 200 a call."""
        return await _by_id(asker, asked, lambda each: each.gateway, _NAT_GATEWAY)


@dataclass(frozen=True, slots=True)
class AskInterface(Ask[Body | None]):
    """What does DescribeNetworkInterfaces say of a network interface? None: there is none.

    Attributes:
        interface: Its id.
    """

    interface: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Found]:
        """Return each interface, 200 a call."""
        return await _by_id(asker, asked, lambda each: each.interface, _INTERFACE)


@dataclass(frozen=True, slots=True)
class AskRouteTables(Ask[tuple[Body, ...]]):
    """Which route tables does a VPC have?

    Attributes:
        vpc: The id of the VPC.
    """

    vpc: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Listed]:
        """Return the route tables of each VPC, 200 VPCs a call."""
        return await _of_vpc(asker, asked, lambda each: each.vpc, ROUTE_TABLES)


@dataclass(frozen=True, slots=True)
class AskEndpoints(Ask[tuple[Body, ...]]):
    """Which endpoints does a VPC have?

    Attributes:
        vpc: The id of the VPC.
    """

    vpc: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Listed]:
        """Return the endpoints of each VPC, 200 VPCs a call."""
        return await _of_vpc(asker, asked, lambda each: each.vpc, VPC_ENDPOINTS)


async def _by_id(asker: Asker, asked: Sequence[Q], id_of: Callable[[Q], str], by: _By) -> list[Found]:
    """Return the resource that each question names."""

    async def described(batch: Sequence[Q]) -> Sequence[Body | None]:
        there = {each.get(by.member): each for each in await _filtered(asker, batch, id_of, by)}
        return [there.get(id_of(each)) for each in batch]

    return await in_batches(asker, asked, MAX_VALUES, described)


async def _of_vpc(
    asker: Asker, asked: Sequence[Q], vpc_of: Callable[[Q], str], kind: Resources
) -> list[Listed]:
    """Return the resources that are in the VPC of each question."""

    async def described(batch: Sequence[Q]) -> Sequence[tuple[Body, ...]]:
        found = await _filtered(asker, batch, vpc_of, _By(kind, "VpcId", "vpc-id"))
        return [tuple(one for one in found if one.get("VpcId") == vpc_of(each)) for each in batch]

    return await in_batches(asker, asked, MAX_VALUES, described)


async def _filtered(asker: Asker, batch: Sequence[Q], value_of: Callable[[Q], str], by: _By) -> list[Body]:
    values = sorted({value_of(each) for each in batch})
    about = f"{by.kind.items} {values[0]}"
    return await filtered(asker, batch[0].target, by.kind, by.filter, values, about=about, also=by.also)
