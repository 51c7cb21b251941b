"""EFS file systems and access points that tasks mount: they exist and are available."""

from collections.abc import Iterator
from typing import Final

from ecsplan.terms.diagnostic import Location
from ecsplan.terms.placeholders import placeholders_in
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.verify.efs_questions import AskAccessPoint, AskFileSystem
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.job_network import JobNetwork, networks
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob


@dataclass(frozen=True, slots=True)
class FileSystem:
    """An EFS volume of a job.

    Attributes:
        at: Where the manifest names its file system.
        target: Where it is.
        id: The id of the file system.
        network: Where the job mounts it from; None where its tasks have no network interfaces of their own.
    """

    at: Location
    target: Target
    id: str
    network: JobNetwork | None

    @property
    def title(self) -> str:
        """What it is."""
        return f"file system {self.id}"


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """An access point through which a job mounts a file system.

    Attributes:
        at: Where the manifest names it.
        target: Where it is.
        id: Its id.
        file_system: The id of the file system that the volume names.
        network: Where the job mounts it from; None where its tasks have no network interfaces of their own.
    """

    at: Location
    target: Target
    id: str
    file_system: str
    network: JobNetwork | None

    @property
    def title(self) -> str:
        """What it is."""
        return f"access point {self.id}"


def file_systems(job: VerifiedJob) -> Iterator[FileSystem]:
    """Yield the EFS volumes of a job."""
    network = next(networks(job), None)
    for volume in job.definition.mappings("volumes"):
        efs = volume.mapping("efsVolumeConfiguration")
        found = efs.text("fileSystemId")
        if found and not placeholders_in(found):
            at = job.placed.in_definition(child(efs.pointer, "fileSystemId"))
            yield FileSystem(at, job.target, found, network)


def access_points(job: VerifiedJob) -> Iterator[AccessPoint]:
    """Yield the access points of the EFS volumes of a job."""
    network = next(networks(job), None)
    for volume in job.definition.mappings("volumes"):
        efs = volume.mapping("efsVolumeConfiguration")
        authorization = efs.mapping("authorizationConfig")
        found, file_system = authorization.text("accessPointId"), efs.text("fileSystemId")
        if found and file_system and not placeholders_in(found + file_system):
            at = job.placed.in_definition(authorization.at("accessPointId"))
            yield AccessPoint(at, job.target, found, file_system, network)


_NOT_OURS: Final = "is not one of this account; it may be one of the account that shares the subnets"


def _may_be_shared(subject: FileSystem | AccessPoint, seen: Seen) -> bool:
    return subject.network is not None and subject.network.is_shared(seen)


def efs_file_system(subject: FileSystem, seen: Seen) -> Iterator[Verdict]:
    """Each EFS file system exists in the job's region and account, and is available.

    If another account shares the subnets, the file system may belong to that account; this is unknown. FSx
    volumes are not checked.

    Calls: elasticfilesystem:DescribeFileSystems, ec2:DescribeSubnets
    Source: EFS user guide, mounting from another account in the same VPC; EFS API reference,
        DescribeFileSystems (FileSystemNotFound), FileSystemDescription
        (LifeCycleState).
    """
    file_system = seen.of(AskFileSystem(subject.target, subject.id))
    if file_system is None and _may_be_shared(subject, seen):
        yield unknown(f"{subject.title} {_NOT_OURS}")
    elif file_system is None:
        yield fails(
            f"there is no {subject.title} in {subject.target.region}",
            help="`aws efs describe-file-systems` lists them; check the id, the region and the account",
        )
    elif file_system.get("LifeCycleState") not in {"available", "updating"}:
        yield fails(f"{subject.title} is {file_system.get('LifeCycleState')}: tasks cannot mount it")
    else:
        yield ok(f"{subject.title} is {file_system.get('LifeCycleState')}")


def efs_access_point(subject: AccessPoint, seen: Seen) -> Iterator[Verdict]:
    """Each EFS access point exists, is available, and belongs to the file system of its volume.

    If another account shares the subnets, the access point may belong to that account; this is unknown.

    Calls: elasticfilesystem:DescribeAccessPoints, ec2:DescribeSubnets
    Source: EFS API reference, DescribeAccessPoints (AccessPointNotFound), AccessPointDescription
        (FileSystemId, LifeCycleState); ECS API reference, EFSAuthorizationConfig (accessPointId).
    """
    point = seen.of(AskAccessPoint(subject.target, subject.id))
    if point is None and _may_be_shared(subject, seen):
        yield unknown(f"{subject.title} {_NOT_OURS}")
    elif point is None:
        yield fails(
            f"there is no {subject.title} in {subject.target.region}",
            help="`aws efs describe-access-points` lists them; check the id, the region and the account",
        )
    elif point.get("FileSystemId") != subject.file_system:
        yield fails(
            f"{subject.title} belongs to {point.get('FileSystemId')}, not to {subject.file_system}",
            help=f"name an access point of {subject.file_system}, or the file system of the access point",
        )
    elif point.get("LifeCycleState") not in {"available", "updating"}:
        yield fails(f"{subject.title} is {point.get('LifeCycleState')}: tasks cannot mount through it")
    else:
        yield ok(f"{subject.title} belongs to {subject.file_system}")
