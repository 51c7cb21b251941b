"""Whether the rules of security groups let a connection through."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Literal

from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass

Network = IPv4Network | IPv6Network
Passage = Literal["open", "closed", "unclear"]
"""`unclear`: a rule names a prefix list, or some of the addresses only."""

HTTPS: Final = 443
NFS: Final = 2049
ANYWHERE: Final[tuple[Network, ...]] = (IPv4Network("0.0.0.0/0"),)
ANYWHERE_IPV6: Final[tuple[Network, ...]] = (IPv6Network("::/0"),)


@dataclass(frozen=True, slots=True)
class Peers:
    """Whom a connection is made with.

    Attributes:
        groups: The ids of the security groups that they have; None where these are not known.
        networks: Their addresses.
        lists: The prefix lists that are known to hold their addresses.
    """

    groups: frozenset[str] | None
    networks: tuple[Network, ...]
    lists: frozenset[str] = frozenset()


def passage_out(groups: Iterable[Body], port: int, peers: Peers) -> Passage:
    """Return whether any of these groups lets a TCP connection out to the peers.

    Rules only allow, and those of all groups add up (VPC user guide, security group rules).
    """
    return _passage(
        [rule for each in groups for rule in as_mappings(each.get("IpPermissionsEgress"))], port, peers
    )


def passage_in(groups: Iterable[Body], port: int, peers: Peers) -> Passage:
    """Return whether any of these groups lets a TCP connection in from the peers.

    AWS gives the default group of a VPC an inbound rule for itself. One with outbound rules alone may be an
    emulator's, so it counts as unclear.
    """
    known = list(groups)
    found = _passage([rule for each in known for rule in as_mappings(each.get("IpPermissions"))], port, peers)
    return "unclear" if found == "closed" and any(_is_made_up(each) for each in known) else found


def networks_of(subnet: Body) -> tuple[Network, ...]:
    """Return the addresses of a subnet that its tasks connect from: IPv4, or IPv6 where it has no other."""
    blocks = [as_text(subnet.get("CidrBlock"))]
    if subnet.get("Ipv6Native") is True:
        associated = as_mappings(subnet.get("Ipv6CidrBlockAssociationSet"))
        blocks = [as_text(each.get("Ipv6CidrBlock")) for each in associated]
    return tuple(network for each in blocks for network in parsed(each))


def _is_made_up(group: Body) -> bool:
    rules = as_mappings(group.get("IpPermissions")), as_mappings(group.get("IpPermissionsEgress"))
    return group.get("GroupName") == "default" and not rules[0] and bool(rules[1])


def _passage(rules: Sequence[Body], port: int, peers: Peers) -> Passage:
    found = {_through(rule, peers) for rule in rules if _has_port(rule, port)}
    return "open" if "open" in found else "unclear" if "unclear" in found else "closed"


def _has_port(rule: Body, port: int) -> bool:
    """Return whether a rule is about a TCP port; protocol -1 is all traffic, whatever ports it names."""
    if str(rule.get("IpProtocol")) == "-1":
        return True
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if str(rule.get("IpProtocol")) not in {"tcp", "6"}:
        return False
    return not isinstance(first, int) or not isinstance(last, int) or first <= port <= last or first == -1


def _through(rule: Body, peers: Peers) -> Passage:
    named = {as_text(each.get("GroupId")) for each in as_mappings(rule.get("UserIdGroupPairs"))}
    ranges = [
        network
        for member, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"))
        for each in as_mappings(rule.get(member))
        for network in parsed(as_text(each.get(name)))
    ]
    lists = {as_text(each.get("PrefixListId")) for each in as_mappings(rule.get("PrefixListIds"))}
    if (peers.groups or frozenset()) & named or peers.lists & lists:
        return "open"
    if peers.networks and all(any(_covers(one, each) for one in ranges) for each in peers.networks):
        return "open"
    touched = any(_overlaps(one, each) for one in ranges for each in peers.networks)
    is_unclear = touched or lists or (named and peers.groups is None)
    return "unclear" if is_unclear else "closed"


def _covers(outer: Network, inner: Network) -> bool:
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _overlaps(one: Network, other: Network) -> bool:
    return _covers(one, other) or _covers(other, one)


def parsed(text: str | None) -> Iterator[Network]:
    """Yield the network that a text is; nothing if it is none."""
    if text is not None:
        try:
            yield ip_network(text, strict=False)
        except ValueError:
            # Not an address: it lets nobody through.
            return
