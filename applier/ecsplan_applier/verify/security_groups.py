"""Security groups: they exist, and let tasks reach what they need to start."""

from collections.abc import Iterator

from ecsplan.terms.short_texts import listed
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.job_network import JobNetwork
from ecsplan_applier.verify.security_rules import ANYWHERE, ANYWHERE_IPV6, HTTPS, Peers, passage_out
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.subnets import MAX_NAMED


def security_group_exists(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """The security groups of the job exist in its region and account.

    Calls: ec2:DescribeSecurityGroups
    Source: ECS API reference, RunTask (InvalidParameterException: the security group does not exist).
    """
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
        yield ok(f"security groups {listed((each.id for each in subject.groups), MAX_NAMED)} exist")


def egress(subject: JobNetwork, seen: Seen) -> Iterator[Verdict]:
    """The security groups of a job on Fargate let its tasks connect to TCP port 443, as pulls need.

    Without `security_groups`, these are the default group of the VPC. Rules that name prefix lists, groups or
    some addresses only are not compared with what the job needs: whether they suffice is unknown. The
    network ACLs of the subnets are not checked. On container instances the instance pulls the image, with
    security groups of its own.

    Calls: ec2:DescribeSubnets, ec2:DescribeSecurityGroups
    Source: VPC user guide, security group rules (without outbound rules, no traffic leaves); ECS developer
        guide, task networking for Fargate (all traffic of platform 1.4.0 goes through the task's interface).
    """
    if subject.on_instances or not subject.is_known:
        return
    subnets = [body for _, body in subject.subnets_seen(seen)]
    groups = subject.groups_seen(seen)
    if not subnets or len(groups) < len(subject.groups) or not groups:
        return
    is_ipv6 = all(each.get("Ipv6Native") is True for each in subnets)
    names = listed((part.id for part, _ in groups), MAX_NAMED)
    which = names if subject.groups else f"{names}, the default group of the VPC"
    to = Peers(None, ANYWHERE_IPV6 if is_ipv6 else ANYWHERE)
    match passage_out((body for _, body in groups), HTTPS, to):
        case "open":
            yield ok(f"security group {which}: tasks can connect to port 443")
        case "unclear":
            yield unknown(
                f"security group {which}: tasks can connect to port 443 of some addresses only; whether the"
                " registry and the other services that the job needs are among them is not checked"
            )
        case "closed":
            yield fails(
                f"security group {which}: no outbound rule allows TCP port 443, so tasks can pull no image",
                help="add an outbound rule for TCP 443, to 0.0.0.0/0 or to the endpoints, or name another"
                " group with `security_groups`",
            )
