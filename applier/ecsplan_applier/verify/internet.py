"""Whether the default route of a subnet is a way to the internet."""

from typing import Final

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan.terms.short_texts import listed
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.job_network import Part
from ecsplan_applier.verify.routes import DefaultRoute, default_route, other_ways, route_table_of
from ecsplan_applier.verify.subnets import MAX_NAMED

_ADD: Final = "add a default route to a NAT gateway that is available, use another subnet"


@dataclass(frozen=True, slots=True)
class Way:
    """A subnet, and how it is routed.

    Attributes:
        part: The subnet of the job.
        subnet: What EC2 says of it.
        table: Its route table; None where it is not shown, as to an account that a subnet is shared with.
        tables: All route tables of its VPC.
    """

    part: Part
    subnet: Body
    table: Body | None
    tables: tuple[Body, ...]

    @property
    def vpc(self) -> str:
        """The id of the VPC."""
        return str(self.subnet.get("VpcId"))

    @property
    def is_ipv6(self) -> bool:
        """Whether the subnet has IPv6 addresses alone."""
        return self.subnet.get("Ipv6Native") is True

    @property
    def route(self) -> DefaultRoute:
        """Its default route."""
        return default_route(self.table or {}, ipv6=self.is_ipv6)

    @property
    def table_id(self) -> str:
        """The id of its route table."""
        return str((self.table or {}).get("RouteTableId"))


@dataclass(frozen=True, slots=True)
class Tasks:
    """What matters of tasks for their way to the internet.

    Attributes:
        are_public: Whether they get a public IPv4 address.
        on_instances: Whether they run on container instances, where they cannot get one.
        needs_internet: Whether they need something that no endpoint leads to.
    """

    are_public: bool
    on_instances: bool
    needs_internet: bool


def by_internet(way: Way, nat: Body | None, tasks: Tasks) -> Verdict:
    """Return whether the default route is a way out. The message of `ok` names the way alone.

    Args:
        way: The subnet.
        nat: What EC2 says of the NAT gateway that the default route leads to, if it does.
        tasks: What matters of the tasks.
    """
    name, route = way.part.id, way.route
    if way.table is None:
        return unknown(f"{name}: its route table is not shown to this account", at=way.part.at)
    match route.leads:
        case "internet":
            return _by_gateway(way, tasks)
        case "nat":
            return _by_nat(way, nat)
        case "elsewhere":
            return unknown(
                f"{name}: the default route leads to {route.target}; whether there is a way out from there is"
                " not checked",
                at=way.part.at,
            )
        case "gone":
            why = f"its default route leads to {route.target or 'something'}, which is gone (blackhole)"
            return _none(way, why, _ADD)
        case "nowhere":
            return _without_default(way, tasks)


def _by_gateway(way: Way, tasks: Tasks) -> Verdict:
    kind = "egress-only internet gateway" if way.route.target.startswith("eigw-") else "internet gateway"
    gateway = f"{kind} {way.route.target}"
    blocked = as_mapping(way.subnet.get("BlockPublicAccessStates")).get("InternetGatewayBlockMode")
    if blocked == "block-bidirectional":
        text = "exclude the subnet from VPC Block Public Access, use another subnet"
        return _none(way, f"VPC Block Public Access blocks {gateway} in both directions", text)
    if tasks.are_public or way.is_ipv6:
        return ok(gateway)
    if _has_ipv6_way(way):
        return _only_ipv6(way)
    private = "use a private subnet with a default route to a NAT gateway"
    why = f"its default route leads to {gateway}, and tasks get no public IP address"
    return _none(
        way,
        why,
        private
        if tasks.on_instances
        else f"give tasks a public IP address (`assign_public_ip: true`), {private}",
    )


def _by_nat(way: Way, gateway: Body | None) -> Verdict:
    name = f"NAT gateway {way.route.target}"
    if gateway is None:
        # Its route is active, so it exists: it belongs to the account that shares the subnet.
        return unknown(f"{way.part.id}: {name} is not shown to this account", at=way.part.at)
    if gateway.get("State") != "available":
        return _none(way, f"{name} is {gateway.get('State')}", _ADD)
    # A regional NAT gateway is in no subnet, and has a route table of its own.
    subnet = as_text(gateway.get("SubnetId"))
    table = None if subnet is None else route_table_of(subnet, way.tables)
    if table is None:
        return ok(name)
    beyond = default_route(table)
    if gateway.get("ConnectivityType") == "private":
        if beyond.leads == "elsewhere":
            return unknown(
                f"{way.part.id}: {name} is private; whether there is a way out from {beyond.target} is not"
                " checked",
                at=way.part.at,
            )
        return _none(way, f"{name} is private, so it has no way to the internet", _ADD)
    if beyond.leads == "internet":
        return ok(name)
    if beyond.leads == "elsewhere":
        return unknown(
            f"{way.part.id}: {name} is in {subnet}, whose default route leads to {beyond.target}; whether"
            " there is a way out from there is not checked",
            at=way.part.at,
        )
    why = f"{name} is in {subnet}, which has no route to an internet gateway itself"
    return _none(way, why, f"move the NAT gateway to a public subnet, or give {subnet} a route to one")


def _without_default(way: Way, tasks: Tasks) -> Verdict:
    if not way.is_ipv6 and _has_ipv6_way(way):
        return _only_ipv6(way)
    table, are_public = way.table or {}, tasks.are_public or way.is_ipv6
    others = other_ways(table, to_internet=tasks.needs_internet, are_public=are_public)
    if others:
        return unknown(
            f"{way.part.id}: route table {way.table_id} has no default route; whether what the job needs can"
            f" be reached through {listed(others, MAX_NAMED)} is not checked",
            at=way.part.at,
        )
    return _none(way, f"route table {way.table_id} has no default route", _ADD)


def _has_ipv6_way(way: Way) -> bool:
    has_addresses = any(
        as_mapping(each.get("Ipv6CidrBlockState")).get("State", "associated") == "associated"
        for each in as_mappings(way.subnet.get("Ipv6CidrBlockAssociationSet"))
    )
    return has_addresses and default_route(way.table or {}, ipv6=True).leads == "internet"


def _only_ipv6(way: Way) -> Verdict:
    return unknown(
        f"{way.part.id}: tasks have a way out with IPv6 only; whether all that the job needs has IPv6"
        " addresses is not checked",
        at=way.part.at,
    )


def _none(way: Way, why: str, help_text: str) -> Verdict:
    return fails(f"tasks in {way.part.id} have no way out: {why}", help=help_text, at=way.part.at)
