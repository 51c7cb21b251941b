"""Connectivity of subnets: whether tasks reach the registry and the services that they need to start."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ecsplan.terms.short_texts import listed
from ecsplan_applier.verify.ec2_questions import AskEndpoints, AskNatGateway, AskRouteTables
from ecsplan_applier.verify.endpoints import (
    Lack,
    Origin,
    beyond_endpoints,
    endpoint_groups,
    lack_of,
    serving,
    words_of,
)
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.internet import Tasks, Way, by_internet
from ecsplan_applier.verify.job_network import JobNetwork
from ecsplan_applier.verify.questions import Unanswered
from ecsplan_applier.verify.routes import route_table_of
from ecsplan_applier.verify.security_rules import Peers, networks_of
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.subnets import MAX_NAMED

_SUBNETS: Final = "{subnets}"
"""Stands for subnets of which the same is said at the same place."""


def way_out(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """Tasks in each subnet reach the registry of their image, and the services that secrets and logs need.

    They do so if the default route of the subnet's route table leads to an internet gateway and tasks have a
    public IP address, or to a NAT gateway in a public subnet. Otherwise the VPC needs the endpoints for this
    job: ecr.api, ecr.dkr and s3 for an image in ECR, logs for `awslogs`, secretsmanager and ssm for secrets.
    No endpoint leads to other registries. If a default route leads elsewhere (a transit gateway, a network
    interface, a firewall, a VPN or peering connection), the result is unknown. It is also unknown for a
    subnet without a route to the internet if tasks run on container instances, which pull images, read
    secrets and send logs through their own network. Not checked are network ACLs, policies of endpoints, the
    DNS settings of the VPC, and endpoints for ECS Exec.

    Calls: ec2:DescribeSubnets, ec2:DescribeRouteTables, ec2:DescribeNatGateways, ec2:DescribeVpcEndpoints,
        ec2:DescribeSecurityGroups, ecs:DescribeClusters
    Source: ECS developer guide, task networking for Fargate and for EC2 (no public addresses on container
        instances); VPC user guide, internet gateways, NAT gateways, route tables, and block public access;
        ECR user guide, Amazon ECR interface VPC endpoints.
    """
    subject = replace(subject, on_instances=subject.is_on_instances(seen))
    ways = _ways(subject, seen)
    nat = [each.route.target for each in ways if each.route.leads == "nat"]
    seen.await_all(*(AskNatGateway(subject.target, each) for each in nat))
    verdicts = [_by_internet(each, subject, seen) for each in ways]
    closed = [way for way, verdict in zip(ways, verdicts, strict=True) if verdict.state != "ok"]
    _await_endpoints(closed, subject, seen)
    through: dict[str, list[str]] = {}
    without: dict[Verdict, list[str]] = {}
    for way, verdict in zip(ways, verdicts, strict=True):
        final = verdict if verdict.state == "ok" else _by_endpoints(way, verdict, subject, seen)
        if final.state == "ok":
            through.setdefault(final.message, []).append(way.part.id)
        else:
            said = _of_instances(final) if subject.on_instances else final
            without.setdefault(_of_subnets(said, way.part.id, _SUBNETS), []).append(way.part.id)
    for verdict, names in without.items():
        yield _of_subnets(verdict, _SUBNETS, ", ".join(names))
    if through:
        words = "; ".join(f"{listed(names, MAX_NAMED)} through {how}" for how, names in through.items())
        yield ok(f"tasks have a way out: {words}")


def _of_subnets(verdict: Verdict, subnet: str, others: str) -> Verdict:
    """Return what is said of a subnet, said of others: the first name in the message is its own."""
    return replace(verdict, message=verdict.message.replace(subnet, others, 1))


def _of_instances(verdict: Verdict) -> Verdict:
    """Return what a subnet without a way out means where container instances do what takes one."""
    if verdict.state != "fails":
        return verdict
    return unknown(
        f"{verdict.message}; container instances, which pull images, have a network of their own",
        help=verdict.help,
        at=verdict.at,
    )


def _ways(subject: JobNetwork, seen: Seen) -> list[Way]:
    subnets = subject.subnets_seen(seen)
    vpcs = sorted({str(body.get("VpcId")) for _, body in subnets})
    tables = seen.all_of(*(AskRouteTables(subject.target, each) for each in vpcs))
    in_vpc = dict(zip(vpcs, tables, strict=True))
    return [
        Way(part, body, route_table_of(part.id, in_vpc[vpc]), in_vpc[vpc])
        for part, body in subnets
        for vpc in (str(body.get("VpcId")),)
    ]


def _by_internet(way: Way, subject: JobNetwork, seen: Seen) -> Verdict:
    tasks = Tasks(subject.is_public, subject.on_instances is True, _needs_internet(subject))
    if way.route.leads != "nat":
        return by_internet(way, None, tasks)
    nat = seen.look(AskNatGateway(subject.target, way.route.target))
    if isinstance(nat, Unanswered):
        message = f"{way.part.id}: whether NAT gateway {way.route.target} is available is not known"
        return unknown(f"{message}: {nat.reason}", at=way.part.at)
    return by_internet(way, nat, tasks)


def _await_endpoints(closed: Sequence[Way], subject: JobNetwork, seen: Seen) -> None:
    """Have everything asked, for all subnets together, that their endpoints are judged by."""
    if _needs_internet(subject):
        return
    questions = [AskEndpoints(subject.target, each) for each in sorted({each.vpc for each in closed})]
    seen.await_all(*questions)
    found = [each for each in map(seen.look, questions) if not isinstance(each, Unanswered)]
    needed = [one for each in found for one in serving(each, subject.requirements)]
    seen.await_all(*endpoint_groups(needed, subject.target))


def _by_endpoints(way: Way, verdict: Verdict, subject: JobNetwork, seen: Seen) -> Verdict:
    """Return whether endpoints make up for the default route, of which `verdict` is said."""
    if not _needs_internet(subject):
        endpoints = seen.look(AskEndpoints(subject.target, way.vpc))
        if isinstance(endpoints, Unanswered):
            why = f"the endpoints are not known: {endpoints.reason}"
            return unknown(f"{verdict.message}; {why}", at=way.part.at)
    lacks = _lacks(way, subject, seen)
    if not lacks:
        services = dict.fromkeys(each.name for each in subject.requirements)
        return ok(f"the endpoints {', '.join(services)}")
    if verdict.state == "unknown":
        return verdict
    certain = [each for each in lacks if each.is_certain]
    is_shared = subject.account is not None and way.subnet.get("OwnerId", subject.account) != subject.account
    if is_shared and not _needs_internet(subject):
        shared = f"endpoints of {way.vpc}, which another account shares, are not shown to this one"
        return unknown(f"{verdict.message}; {shared}", at=way.part.at)
    message = f"{verdict.message}; {words_of(certain or lacks, way.vpc)}"
    if not certain:
        return unknown(message, at=way.part.at)
    return fails(message, help=f"{verdict.help}, {_help(subject)}", at=way.part.at)


def _needs_internet(subject: JobNetwork) -> bool:
    """Return whether the tasks need something that no endpoint leads to."""
    return any(each.reach == "internet" for each in subject.requirements)


def _lacks(way: Way, subject: JobNetwork, seen: Seen) -> list[Lack]:
    if _needs_internet(subject):
        return [beyond_endpoints(each) for each in subject.requirements if each.reach == "internet"]
    groups = frozenset(part.id for part, _ in subject.groups_seen(seen))
    # Container instances pull images, and have security groups of their own.
    is_known = subject.is_known and not subject.on_instances
    tasks = Peers(groups if is_known else None, networks_of(way.subnet))
    origin = Origin(subject.target, way.vpc, way.table_id, tasks)
    endpoints = seen.of(AskEndpoints(subject.target, way.vpc))
    found = (lack_of(each, endpoints, origin, seen) for each in subject.requirements)
    return [each for each in found if each is not None]


def _help(subject: JobNetwork) -> str:
    """Return how endpoints can be the way out."""
    if _needs_internet(subject):
        return "or copy the image to ECR and add endpoints"
    services = dict.fromkeys(each.name for each in subject.requirements if each.reach == "service")
    return f"or let endpoints lead to all that the job needs: {', '.join(services)}"
