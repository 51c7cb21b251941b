"""Subnets: they exist, are in one VPC, and have addresses for the tasks."""

from collections.abc import Iterator
from typing import Final

from ecsplan.terms.bodies import as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.short_texts import listed
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.job_network import JobNetwork, Part
from ecsplan_applier.verify.seen import Seen

MAX_NAMED: Final = 6
"""Subnets or groups that one message names."""


def subnet_exists(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """The subnets of the job exist in its region and account, and are available.

    Calls: ec2:DescribeSubnets
    Source: ECS API reference, RunTask (InvalidParameterException: the subnet ID does not exist); EC2 API
        reference, Subnet (state).
    """
    if not subject.subnets:
        yield unknown(f"the subnets of {subject.job} could not be looked up")
    found = subject.subnets_seen(seen)
    there = {part for part, _ in found}
    for part in subject.subnets:
        if part not in there:
            yield fails(
                f"there is no subnet {part.id} in {subject.target.region}",
                help="`aws ec2 describe-subnets` lists them; check the id, the region and the account",
                at=part.at,
            )
    for part, body in found:
        # A missing state is an emulator's.
        if body.get("State", "available") != "available":
            yield fails(f"subnet {part.id} is {body['State']}: no task can start in it", at=part.at)
    if there and all(body.get("State", "available") == "available" for _, body in found):
        yield ok(f"{_subnets(found)} {'exists' if len(found) == 1 else 'exist'}")


def one_vpc(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """The subnets and the security groups of the job are in one VPC.

    Calls: ec2:DescribeSubnets, ec2:DescribeSecurityGroups
    Source: ECS API reference, AwsVpcConfiguration (all specified subnets, and all specified security groups,
        must be from the same VPC).
    """
    subnets = subject.subnets_seen(seen)
    if not subnets:
        return
    first, vpc = subnets[0][0], _vpc(subnets[0][1])
    others = [(part, body) for part, body in subnets if _vpc(body) != vpc]
    for part, body in others:
        yield fails(
            f"subnet {part.id} is in {_vpc(body)}, but {first.id} is in {vpc}",
            help="name subnets of one VPC",
            at=part.at,
        )
    groups = subject.groups_seen(seen) if subject.groups else []
    strangers = [(part, body) for part, body in groups if _vpc(body) != vpc]
    for part, body in strangers:
        yield fails(
            f"security group {part.id} is in {_vpc(body)}, but the subnets are in {vpc}",
            help=f"name a security group of {vpc}",
            at=part.at,
        )
    is_whole = len(subnets) == len(subject.subnets) and len(groups) == len(subject.groups)
    if is_whole and not others and not strangers:
        yield ok(f"{'subnets and security groups are' if groups else 'the subnets are'} in {vpc}")


def free_addresses(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """The subnets of the job have a free IPv4 address for each of its tasks that run at a time.

    Only the tasks of this job are counted, not other jobs and services that may take addresses in the
    meantime. Subnets with IPv6 addresses only do not run out of addresses.

    Calls: ec2:DescribeSubnets
    Source: ECS developer guide, task networking (each task has a network interface with a primary private
        address); EC2 API reference, Subnet (AvailableIpAddressCount: unused private IPv4 addresses).
    """
    subnets = subject.subnets_seen(seen)
    counts = [body.get("AvailableIpAddressCount") for _, body in subnets]
    is_endless = any(body.get("Ipv6Native") is True for _, body in subnets)
    if not subnets or is_endless or not subject.is_known or len(subnets) < len(subject.subnets):
        return
    if not all(isinstance(each, int) for each in counts):
        return
    free = sum(each for each in counts if isinstance(each, int))
    what = f"{_subnets(subnets)} {'has' if len(subnets) == 1 else 'have'} {free} free"
    tasks = f"{subject.tasks} {'task' if subject.tasks == 1 else 'tasks'}"
    if free >= subject.tasks:
        yield ok(f"{what} addresses for {tasks}")
        return
    few = ", or limit how many tasks run at a time with `max_parallel`" if subject.tasks > 1 else ""
    yield fails(
        f"{what} {'address' if free == 1 else 'addresses'}, but {tasks} of {subject.job} run at a time",
        help=f"add a subnet with free addresses, release addresses that are not needed any more{few}",
    )


def _subnets(found: list[tuple[Part, Body]]) -> str:
    return f"{'subnet' if len(found) == 1 else 'subnets'} {listed((part.id for part, _ in found), MAX_NAMED)}"


def _vpc(body: Body) -> str:
    return as_text(body.get("VpcId")) or "a VPC that is not named"
