"""Mount targets: tasks reach their EFS file systems from each subnet."""

from collections.abc import Iterator, Sequence
from typing import Final

from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.short_texts import listed
from ecsplan_applier.verify.ec2_questions import AskInterface, AskSecurityGroup
from ecsplan_applier.verify.efs_questions import AskFileSystem, AskMountTargets
from ecsplan_applier.verify.file_systems import FileSystem
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.security_rules import NFS, Peers, networks_of, passage_in, passage_out
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.subnets import MAX_NAMED

_HOSTED_ZONE: Final = (
    "whether a private hosted zone leads there, and a connection of the VPCs, is not checked"
)


def efs_mount_target(subject: FileSystem, seen: Seen) -> Iterator[Verdict]:
    """Each EFS file system has a mount target in the Availability Zone of each subnet, in the same VPC.

    The DNS name of a file system resolves to the mount target in the task's zone; a One Zone file system has
    one in a single zone. Whether it can be mounted from another VPC is unknown: its name has to be in a
    private hosted zone there. In network modes other than `awsvpc`, the subnets are those of the container
    instances, and one mount target is enough.

    Calls: elasticfilesystem:DescribeFileSystems, elasticfilesystem:DescribeMountTargets, ec2:DescribeSubnets
    Source: EFS user guide, mounting with a DNS name (a mount target in the zone of the client) and mounting
        One Zone file systems, and mounting from another VPC; ECS developer guide, Amazon EFS volume
        considerations.
    """
    if seen.of(AskFileSystem(subject.target, subject.id)) is None:
        return
    mounted = seen.of(AskMountTargets(subject.target, subject.id))
    if not mounted:
        yield fails(
            f"{subject.title} has no mount targets",
            help="create one in each Availability Zone of the job's subnets",
        )
        return
    subnets = [] if subject.network is None else subject.network.subnets_seen(seen)
    elsewhere = {part.id for part, subnet in subnets if not any(_is_in_vpc(each, subnet) for each in mounted)}
    problems: dict[tuple[str, bool], list[str]] = {}
    for part, subnet in subnets:
        if problem := _problem(_target_for(subnet, mounted), subnet, mounted):
            problems.setdefault((problem, part.id in elsewhere), []).append(part.id)
    for (problem, is_elsewhere), there in problems.items():
        if is_elsewhere:
            yield unknown(f"{subject.title} in {', '.join(there)}: {problem}; {_HOSTED_ZONE}")
        else:
            yield fails(
                f"{subject.title} cannot be mounted in {', '.join(there)}: {problem}",
                help="create a mount target in that zone, or use only subnets in zones that have one",
            )
    if subnets and not problems:
        names = listed((part.id for part, _ in subnets), MAX_NAMED)
        yield ok(f"{subject.title} has mount targets in the zones of {names}")
    elif subject.network is None:
        yield _any_available(subject, mounted)


def efs_port(subject: FileSystem, seen: Seen) -> Iterator[Verdict]:
    """The security groups of tasks on Fargate and of mount targets let NFS connections (TCP 2049) through.

    Container instances mount file systems with their own security groups, which are not known.

    Calls: elasticfilesystem:DescribeFileSystems, elasticfilesystem:DescribeMountTargets,
        ec2:DescribeSubnets, ec2:DescribeSecurityGroups, ec2:DescribeNetworkInterfaces, ecs:DescribeClusters
    Source: EFS user guide, using VPC security groups (port 2049 inbound for mount targets, outbound for
        clients).
    """
    network = subject.network
    if network is None or not network.is_known or network.is_on_instances(seen):
        return
    if seen.of(AskFileSystem(subject.target, subject.id)) is None:
        return
    mounted = seen.of(AskMountTargets(subject.target, subject.id))
    pairs = [(subnet, _target_for(subnet, mounted)) for _, subnet in network.subnets_seen(seen)]
    used = [(subnet, found) for subnet, found in pairs if found is not None and _is_available(found)]
    tasks = network.groups_seen(seen)
    if not used or not tasks:
        return
    ids = [str(found.get("NetworkInterfaceId")) for _, found in used]
    interfaces = seen.all_of(*(AskInterface(subject.target, each) for each in ids))
    named = [_groups_of(each) for each in interfaces]
    seen.await_all(*(AskSecurityGroup(subject.target, one) for each in named for one in each))
    for (subnet, target), names in zip(used, named, strict=True):
        groups = seen.all_of(*(AskSecurityGroup(subject.target, each) for each in names))
        yield _port(subject, target, subnet, [each for each in groups if each], [body for _, body in tasks])


def _is_available(target: Body) -> bool:
    return target.get("LifeCycleState") in {"available", "updating"}


def _target_for(subnet: Body, mounted: Sequence[Body]) -> Body | None:
    """Return the mount target of the zone and VPC of a subnet."""
    return next((each for each in mounted if _is_in_zone(each, subnet) and _is_in_vpc(each, subnet)), None)


def _is_in_zone(target: Body, subnet: Body) -> bool:
    # Ids of zones are the same in all accounts, their names are not (EC2 user guide, Availability Zones).
    ids = as_text(target.get("AvailabilityZoneId")), as_text(subnet.get("AvailabilityZoneId"))
    if None not in ids:
        return ids[0] == ids[1]
    return as_text(target.get("AvailabilityZoneName")) == as_text(subnet.get("AvailabilityZone"))


def _is_in_vpc(target: Body, subnet: Body) -> bool:
    return as_text(target.get("VpcId")) in {None, as_text(subnet.get("VpcId"))}


def _problem(target: Body | None, subnet: Body, mounted: Sequence[Body]) -> str:
    if target is None and not any(_is_in_vpc(each, subnet) for each in mounted):
        return f"its mount targets are in {mounted[0].get('VpcId')}, the subnet is in {subnet.get('VpcId')}"
    if target is None:
        zones = sorted({str(each.get("AvailabilityZoneName")) for each in mounted})
        return f"it has no mount target in {subnet.get('AvailabilityZone')}, only in {', '.join(zones)}"
    if not _is_available(target):
        return f"mount target {target.get('MountTargetId')} is {target.get('LifeCycleState')}"
    return ""


def _any_available(subject: FileSystem, mounted: Sequence[Body]) -> Verdict:
    if any(_is_available(each) for each in mounted):
        return ok(f"{subject.title} has mount targets that are available")
    return fails(f"none of the mount targets of {subject.title} is available")


def _groups_of(interface: Body | None) -> tuple[str, ...]:
    groups = () if interface is None else as_mappings(interface.get("Groups"))
    return tuple(found for each in groups if (found := as_text(each.get("GroupId"))))


def _port(
    subject: FileSystem, target: Body, subnet: Body, groups: Sequence[Body], tasks: Sequence[Body]
) -> Verdict:
    """Return whether tasks in a subnet connect to a mount target."""
    name = f"mount target {target.get('MountTargetId')} of {subject.title}"
    address = {"CidrBlock": target.get("IpAddress")}
    inside = passage_in(groups, NFS, Peers(_ids(tasks), networks_of(subnet))) if groups else "unclear"
    outside = passage_out(tasks, NFS, Peers(_ids(groups), networks_of(address)))
    if inside == "closed":
        return fails(
            f"the security groups of {name} do not let the tasks in on TCP port 2049",
            help=f"add an inbound rule for TCP 2049 from {listed(sorted(_ids(tasks)), MAX_NAMED)}",
        )
    if outside == "closed":
        return fails(
            f"the security groups of the tasks do not let them connect to TCP port 2049 of {name}",
            help="add an outbound rule for TCP 2049",
        )
    if "unclear" in {inside, outside}:
        return unknown(f"whether security groups let tasks connect to {name} is not known")
    return ok(f"security groups let tasks connect to {name}")


def _ids(groups: Sequence[Body]) -> frozenset[str]:
    return frozenset(str(each.get("GroupId")) for each in groups)
