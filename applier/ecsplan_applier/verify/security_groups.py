"""Security groups: they exist, and let tasks reach what they need to start."""

from collections.abc import Iterator, Sequence

from ecsplan.terms.bodies import as_texts
from ecsplan.terms.observed import Body
from ecsplan.terms.short_texts import listed
from ecsplan_applier.verify.ec2_questions import AskEndpoints, AskRouteTables, AskSubnet
from ecsplan_applier.verify.endpoints import endpoint_groups, serves, serving
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.job_network import JobNetwork
from ecsplan_applier.verify.routes import routed_lists
from ecsplan_applier.verify.security_rules import (
    ANYWHERE,
    ANYWHERE_IPV6,
    HTTPS,
    Passage,
    Peers,
    networks_of,
    passage_out,
)
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.subnets import MAX_NAMED


def security_group_exists(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """The security groups of the job exist in its region and account.

    Calls: ec2:DescribeSecurityGroups
    Source: ECS API reference, RunTask (InvalidParameterException: the security group does not exist).
    """
    if subject.has_open_groups:
        yield unknown(f"security groups of {subject.job} could not be looked up by their names")
    if not subject.groups:
        return
    there = {part for part, _ in subject.groups_seen(seen)}
    for part in subject.groups:
        if part not in there:
            yield fails(
                f"there is no security group {part.id} in {subject.target.region}",
                help="`aws ec2 describe-security-groups` lists them; check id, region and account",
                at=part.at,
            )
    if len(there) == len(subject.groups):
        names = listed((each.id for each in subject.groups), MAX_NAMED)
        yield ok(f"security group {names} exists" if len(there) == 1 else f"security groups {names} exist")


def egress(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """The security groups of a job on Fargate let its tasks connect to TCP port 443, as pulls need.

    A registry with its own port needs that port. Without `security_groups`, the default group of the VPC is
    checked. Rules for prefix lists, groups or some addresses only are sufficient if they lead to endpoints
    for everything that the job needs; otherwise the result is unknown. The network ACLs of the subnets are
    not checked. On container instances, the instance pulls the image, with its own security groups.

    Calls: ec2:DescribeSubnets, ec2:DescribeSecurityGroups, ec2:DescribeVpcEndpoints,
        ec2:DescribeRouteTables, ecs:DescribeClusters
    Source: VPC user guide, security group rules (without outbound rules, no traffic leaves); ECS developer
        guide, task networking for Fargate (all traffic of platform 1.4.0 goes through the task's interface).
    """
    if not subject.is_known or subject.is_on_instances(seen):
        return
    for port in sorted({each.port for each in subject.requirements}):
        yield from _egress_to(port, subject, seen)


def _egress_to(port: int, subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    subnets = [body for _, body in subject.subnets_seen(seen)]
    groups = subject.groups_seen(seen)
    if not subnets or len(groups) < len(subject.groups) or not groups:
        return
    names = listed((part.id for part, _ in groups), MAX_NAMED)
    which = f"security group {names}{'' if subject.groups else ', the default group of the VPC'}"
    what = listed(dict.fromkeys(each.why for each in subject.requirements if each.port == port), MAX_NAMED)
    match _passage([body for _, body in groups], port, subnets):
        case "open":
            yield ok(f"{which}: tasks can connect to port {port}")
        case "unclear" if _reach_endpoints(subject, seen, subnets[0], [body for _, body in groups]):
            yield ok(f"{which}: tasks can connect to the endpoints that the job needs")
        case "unclear":
            yield unknown(
                f"{which}: tasks can connect to port {port} of some addresses only; whether the"
                " registry and the other services that the job needs are among them is not checked"
            )
        case "closed":
            yield fails(
                f"{which}: no outbound rule allows TCP port {port}, which tasks need for {what}",
                help=f"add an outbound rule for TCP {port}, to 0.0.0.0/0 or to the endpoints, or name another"
                " group with `security_groups`",
            )


def _passage(groups: Sequence[Body], port: int, subnets: Sequence[Body]) -> Passage:
    """Return whether groups let tasks out; with IPv6 only, it depends on what they connect to."""
    if all(each.get("Ipv6Native") is True for each in subnets):
        return passage_out(groups, port, Peers(None, ANYWHERE_IPV6))
    found = passage_out(groups, port, Peers(None, ANYWHERE))
    has_ipv6 = any(each.get("Ipv6CidrBlockAssociationSet") for each in subnets)
    if found == "closed" and has_ipv6 and passage_out(groups, port, Peers(None, ANYWHERE_IPV6)) != "closed":
        return "unclear"
    return found


def _reach_endpoints(subject: JobNetwork, seen: Seen, subnet: Body, groups: Sequence[Body]) -> bool:
    """Return whether the rules let tasks connect to an endpoint for everything that they need."""
    if any(each.reach != "service" for each in subject.requirements):
        return False
    vpc = str(subnet.get("VpcId"))
    endpoints = seen.of(AskEndpoints(subject.target, vpc))
    tables = seen.of(AskRouteTables(subject.target, vpc))
    needed = serving(endpoints, subject.requirements)
    inside = {name for each in needed for name in as_texts(each.get("SubnetIds"))}
    seen.await_all(*(AskSubnet(subject.target, each) for each in sorted(inside)))
    return all(
        any(
            passage_out(groups, HTTPS, _peers(each, tables, subject, seen)) == "open"
            for each in needed
            if serves(each, requirement)
        )
        for requirement in subject.requirements
    )


def _peers(endpoint: Body, tables: Sequence[Body], subject: JobNetwork, seen: Seen) -> Peers:
    """Return how rules may name an endpoint: by its groups, its subnets, or the prefix list routed to it."""
    groups = frozenset(each.id for each in endpoint_groups((endpoint,), subject.target))
    names = as_texts(endpoint.get("SubnetIds"))
    subnets = seen.all_of(*(AskSubnet(subject.target, each) for each in names))
    lists = frozenset(routed_lists(tables, str(endpoint.get("VpcEndpointId"))))
    return Peers(groups, tuple(one for each in subnets if each for one in networks_of(each)), lists)
