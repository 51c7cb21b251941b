"""Where the default route of a subnet leads."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.verify.security_rules import parsed

_EVERYTHING: Final = {"DestinationCidrBlock": "0.0.0.0/0", "DestinationIpv6CidrBlock": "::/0"}
_TARGETS: Final = (
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "OdbNetworkArn",
    "GatewayId",
)
"""The members of a route that name its target (EC2 API reference, Route)."""

Leads: TypeAlias = Literal["internet", "nat", "elsewhere", "gone", "nowhere"]


@dataclass(frozen=True, slots=True)
class DefaultRoute:
    """Where the traffic of a subnet goes that is for none of the networks which its route table names.

    Attributes:
        leads: To an internet gateway, a NAT gateway, something else, something that is not there any more, or
            nowhere: there is no such route.
        target: The id of what it leads to, or "".
    """

    leads: Leads
    target: str = ""


def route_table_of(subnet: str, tables: Iterable[Body]) -> Body | None:
    """Return the route table of a subnet: the one associated with it, else the main one of its VPC.

    Source: VPC user guide, subnet route tables (main route table).
    """
    main = None
    for table in tables:
        for each in as_mappings(table.get("Associations")):
            if as_mapping(each.get("AssociationState")).get("State", "associated") != "associated":
                continue
            if each.get("SubnetId") == subnet:
                return table
            if each.get("Main") is True and not each.get("SubnetId"):
                main = table
    return main


def default_route(table: Body, *, ipv6: bool = False) -> DefaultRoute:
    """Return the default route of a route table, for IPv4 or for IPv6.

    A route whose target was deleted or detached stays in the table as a `blackhole`.

    Source: VPC user guide, route tables and routing options; EC2 API reference, Route (state).
    """
    member = "DestinationIpv6CidrBlock" if ipv6 else "DestinationCidrBlock"
    for route in _routes(table):
        if route.get(member) == _EVERYTHING[member]:
            target = target_of(route)
            return DefaultRoute("gone" if route.get("State") == "blackhole" else _leads(target), target)
    return DefaultRoute("nowhere")


def other_ways(table: Body, *, to_internet: bool, are_public: bool) -> Sequence[str]:
    """Return what the routes to other networks lead to, without duplicates.

    Local routes, and those of gateway endpoints, are for this VPC and for one service. Which networks a
    prefix list has is not known.

    Args:
        table: The route table.
        to_internet: Whether only addresses of the internet matter. If not, private networks are counted as
            well: endpoints that several VPCs share may be in one of them.
        are_public: Whether tasks have public IP addresses, as routes to an internet gateway need.
    """
    found = [
        target_of(each)
        for each in _routes(table)
        if each.get("State") != "blackhole" and _is_elsewhere(each, to_internet=to_internet)
    ]
    return [each for each in dict.fromkeys(found) if each and each != "local" and _is_way(each, are_public)]


def routed_lists(tables: Iterable[Body], endpoint: str) -> Iterator[str]:
    """Yield the prefix lists whose addresses are routed to a gateway endpoint."""
    for table in tables:
        for route in _routes(table):
            found = as_text(route.get("DestinationPrefixListId"))
            if found is not None and target_of(route) == endpoint:
                yield found


def _is_way(target: str, are_public: bool) -> bool:
    return are_public or _leads(target) != "internet"


def _is_elsewhere(route: Body, *, to_internet: bool) -> bool:
    if as_text(route.get("DestinationPrefixListId")) is not None:
        return not target_of(route).startswith("vpce-")
    destinations = [found for member in _EVERYTHING if (found := as_text(route.get(member))) is not None]
    if not destinations or any(each in _EVERYTHING.values() for each in destinations):
        return False
    return not to_internet or any(not one.is_private for each in destinations for one in parsed(each))


def target_of(route: Body) -> str:
    """Return the id of what a route leads to."""
    return next((found for name in _TARGETS if (found := as_text(route.get(name)))), "")


def _routes(table: Body) -> tuple[Body, ...]:
    return as_mappings(table.get("Routes"))


def _leads(target: str) -> Leads:
    if target.startswith(("igw-", "eigw-")):
        return "internet"
    return "nat" if target.startswith("nat-") else "elsewhere"
