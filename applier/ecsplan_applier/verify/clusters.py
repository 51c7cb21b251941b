"""Clusters."""

from collections.abc import Iterator, Sequence
from typing import Final, Self

from ecsplan.terms.diagnostic import Location
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import region_of
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_CLUSTERS
from ecsplan_applier.verify.finding import Verdict, fails, ok
from ecsplan_applier.verify.questions import Ask, Unanswered, in_batches
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

_BATCH: Final = 100
"""Clusters of one DescribeClusters request (ECS API reference)."""


@dataclass(frozen=True, slots=True)
class AskCluster(Ask[Body | None]):
    """What does DescribeClusters say of a cluster? None: there is none.

    Attributes:
        cluster: Its name or ARN.
    """

    cluster: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Body | Unanswered | None]:
        """Return what DescribeClusters says of each, a hundred a call."""

        async def described(batch: Sequence[Self]) -> Sequence[Body | None]:
            names = [each.cluster for each in batch]
            answer = await asker.call(
                batch[0].target, DESCRIBE_CLUSTERS, {"clusters": names}, f"cluster {names[0]}"
            )
            found = members(answer, "clusters", dict, DESCRIBE_CLUSTERS.name)
            return [next((each for each in found if _is_named(each, name)), None) for name in names]

        return await in_batches(asker, asked, _BATCH, described)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster of a job, by name or ARN; `default` where the job names none."""

    at: Location
    target: Target
    name: str

    @property
    def title(self) -> str:
        """What it is."""
        return f"cluster {self.name}"


def clusters(job: VerifiedJob) -> Iterator[Cluster]:
    """Yield the cluster of a job."""
    yield Cluster(job.placed.in_run("/cluster"), job.target, job.run.text("cluster") or "default")


def cluster_if_known(target: Target, name: str, seen: Seen) -> Body | None:
    """Return what DescribeClusters says of a cluster; None where there is none in this region."""
    return None if is_elsewhere(target, name) else seen.of(AskCluster(target, name))


def cluster_active(subject: Cluster, seen: Seen) -> Iterator[Verdict]:
    """The cluster exists and is ACTIVE.

    Calls: ecs:DescribeClusters
    Source: ECS API reference, Cluster (status); RunTask, ClusterNotFoundException.
    """
    cluster = cluster_if_known(subject.target, subject.name, seen)
    if is_elsewhere(subject.target, subject.name):
        region = region_of(subject.name)
        yield fails(
            f"{subject.title} is in {region}, and the job runs in {subject.target.region}",
            help="use the same region for both",
        )
    elif cluster is None:
        yield fails(
            f"{subject.title} does not exist in {subject.target.region}",
            help="`aws ecs list-clusters` lists them; check the name, the region and the account",
        )
    elif cluster.get("status") != "ACTIVE":
        yield fails(f"{subject.title} is {cluster.get('status')}: it starts no tasks")
    else:
        yield ok(f"{subject.title} is ACTIVE")


def is_elsewhere(target: Target, name: str) -> bool:
    """Return whether a cluster is in another region than the job; its ARN alone says so."""
    return region_of(name) not in {None, target.region}


def _is_named(cluster: Body, name: str) -> bool:
    return name in {cluster.get("clusterArn"), cluster.get("clusterName")}
