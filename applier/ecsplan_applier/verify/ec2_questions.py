"""What checks ask of EC2: subnets, security groups, route tables, NAT gateways, endpoints, interfaces."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Self, TypeVar

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


@dataclass(frozen=True, slots=True)
class _AskOne(Ask[Body | None]):
    """What does EC2 say of a resource? None: there is none in this account and region, or no longer.

    Attributes:
        BY: How it is found.
        id: What it is found by.
    """

    BY: ClassVar[_By]
    id: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Found]:
        """Return the resource that each question names, 200 a call."""

        async def described(batch: Sequence[Self]) -> Sequence[Body | None]:
            there = {each.get(cls.BY.member): each for each in await _filtered(asker, batch, _id_of, cls.BY)}
            return [there.get(each.id) for each in batch]

        return await in_batches(asker, asked, MAX_VALUES, described)


def _id_of(question: _AskOne) -> str:
    return question.id


@dataclass(frozen=True, slots=True)
class AskSubnet(_AskOne):
    """What does DescribeSubnets say of a subnet?"""

    BY = _By(SUBNETS, "SubnetId", "subnet-id")


@dataclass(frozen=True, slots=True)
class AskSecurityGroup(_AskOne):
    """What does DescribeSecurityGroups say of a group?"""

    BY = _By(SECURITY_GROUPS, "GroupId", "group-id")


@dataclass(frozen=True, slots=True)
class AskDefaultGroup(_AskOne):
    """What does DescribeSecurityGroups say of the default group of a VPC, by the id of the VPC?

    Every VPC has it, and it cannot be deleted (VPC user guide, default security groups).
    """

    BY = _By(SECURITY_GROUPS, "VpcId", "vpc-id", ({"Name": "group-name", "Values": ["default"]},))


@dataclass(frozen=True, slots=True)
class AskNatGateway(_AskOne):
    """What does DescribeNatGateways say of a NAT gateway?"""

    BY = _By(NAT_GATEWAYS, "NatGatewayId", "nat-gateway-id")


@dataclass(frozen=True, slots=True)
class AskInterface(_AskOne):
    """What does DescribeNetworkInterfaces say of a network interface?"""

    BY = _By(NETWORK_INTERFACES, "NetworkInterfaceId", "network-interface-id")


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
