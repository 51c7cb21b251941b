"""`JobNetwork`: the network that the tasks of a job get, with the places of its subnets and groups."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ecsplan.terms.diagnostic import Location
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.observed import Body
from ecsplan.terms.placeholders import placeholders_in
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.verify.capacity import cluster_of, default_strategy, on_instances
from ecsplan_applier.verify.clusters import AskCluster, is_elsewhere
from ecsplan_applier.verify.ec2_questions import AskDefaultGroup, AskSecurityGroup, AskSubnet
from ecsplan_applier.verify.questions import Unanswered
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.start_requirements import Requirement, requirements_of
from ecsplan_applier.verify.verified_job import VerifiedJob

_AWSVPC: Final = "/networkConfiguration/awsvpcConfiguration"


@dataclass(frozen=True, slots=True)
class Part:
    """A subnet or a security group of a job.

    Attributes:
        id: Its id.
        at: Where the manifest names it.
    """

    id: str
    at: Location


@dataclass(frozen=True, slots=True)
class JobNetwork:
    """The network of a job in network mode `awsvpc`.

    Attributes:
        at: Where the manifest names its subnets, or its security groups for a check of these.
        target: Where it is.
        account: The account of the credentials; None where it is not known.
        job: The name of the job.
        subnets: The subnets whose ids are known.
        groups: The security groups whose ids are known.
        has_open_groups: Whether the ids of some security groups are not known.
        is_known: Whether the ids of all its subnets and security groups are known.
        is_public: Whether tasks get a public IPv4 address.
        cluster: The cluster of the job.
        on_instances: Whether the tasks run on container instances; None where the cluster's default strategy
            decides.
        tasks: How many tasks run at a time, at most.
        requirements: What a task must reach to start.
    """

    at: Location
    target: Target
    account: str | None
    job: str
    subnets: tuple[Part, ...]
    groups: tuple[Part, ...]
    has_open_groups: bool
    is_known: bool
    is_public: bool
    cluster: str
    on_instances: bool | None
    tasks: int
    requirements: tuple[Requirement, ...]

    @property
    def title(self) -> str:
        """What it is."""
        return f"network of {self.job}"

    def is_on_instances(self, seen: Seen) -> bool:
        """Return whether the tasks run on container instances, or may do so for all that is known.

        Without a launch type and without a default strategy they do (ECS API reference, RunTask).
        """
        if self.on_instances is not None:
            return self.on_instances
        if is_elsewhere(self.target, self.cluster):
            return True
        cluster = seen.look(AskCluster(self.target, self.cluster))
        if cluster is None or isinstance(cluster, Unanswered):
            return True
        return FARGATE_PROVIDERS.isdisjoint(default_strategy(cluster))

    def is_shared(self, seen: Seen) -> bool:
        """Return whether another account shares one of the subnets, as far as that is known."""
        questions = [AskSubnet(self.target, each.id) for each in self.subnets]
        seen.await_all(*questions)
        found = [each for each in map(seen.look, questions) if each and not isinstance(each, Unanswered)]
        return self.account is not None and any(
            each.get("OwnerId", self.account) != self.account for each in found
        )

    def subnets_seen(self, seen: Seen) -> list[tuple[Part, Body]]:
        """Return the subnets that exist, with what EC2 says of them."""
        bodies = seen.all_of(*(AskSubnet(self.target, each.id) for each in self.subnets))
        return [(part, body) for part, body in zip(self.subnets, bodies, strict=True) if body is not None]

    def groups_seen(self, seen: Seen) -> list[tuple[Part, Body]]:
        """Return the security groups that exist, with what EC2 says of them.

        Without any, ECS uses the default group of the VPC (ECS API reference, AwsVpcConfiguration).
        """
        if not self.groups:
            vpcs = sorted({str(body.get("VpcId")) for _, body in self.subnets_seen(seen)})
            found = seen.all_of(*(AskDefaultGroup(self.target, each) for each in vpcs))
            return [(Part(str(each.get("GroupId")), self.at), each) for each in found if each is not None]
        bodies = seen.all_of(*(AskSecurityGroup(self.target, each.id) for each in self.groups))
        return [(part, body) for part, body in zip(self.groups, bodies, strict=True) if body is not None]


def networks(job: VerifiedJob) -> Iterator[JobNetwork]:
    """Yield the network of a job whose tasks have network interfaces of their own."""
    configuration = job.run.mapping("networkConfiguration").mapping("awsvpcConfiguration")
    if job.definition.text("networkMode") not in {"awsvpc", None} or not configuration.has("subnets"):
        return
    subnets, groups = _parts(job, "subnets"), _parts(job, "securityGroups")
    known = tuple(each for each in subnets if not placeholders_in(each.id))
    known_groups = tuple(each for each in groups if not placeholders_in(each.id))
    yield JobNetwork(
        at=job.placed.in_run(f"{_AWSVPC}/subnets"),
        target=job.target,
        account=job.account,
        job=job.job.name,
        subnets=known,
        groups=known_groups,
        has_open_groups=len(known_groups) < len(groups),
        is_known=(len(known), len(known_groups)) == (len(subnets), len(groups)),
        is_public=configuration.text("assignPublicIp") == "ENABLED",
        cluster=cluster_of(job),
        on_instances=on_instances(job),
        tasks=job.tasks,
        requirements=requirements_of(job),
    )


def group_networks(job: VerifiedJob) -> Iterator[JobNetwork]:
    """Yield the network of a job, at the place of its security groups."""
    for each in networks(job):
        yield replace(each, at=job.placed.in_run(f"{_AWSVPC}/securityGroups"))


def _parts(job: VerifiedJob, name: str) -> tuple[Part, ...]:
    found: dict[str, Part] = {}
    ids = job.run.mapping("networkConfiguration").mapping("awsvpcConfiguration").texts(name)
    for index, each in enumerate(ids):
        found.setdefault(each, Part(each, job.placed.in_run(f"{_AWSVPC}/{name}/{index}")))
    return tuple(found.values())
