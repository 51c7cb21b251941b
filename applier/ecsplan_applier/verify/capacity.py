"""Where tasks run: the capacity providers and the container instances of a cluster."""

from collections.abc import Iterator, Sequence
from typing import Final, Self

from ecsplan.terms.bodies import as_mappings, as_text, as_texts, capacity_providers
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_CAPACITY_PROVIDERS
from ecsplan_applier.verify.clusters import cluster_if_known
from ecsplan_applier.verify.finding import Verdict, fails, ok
from ecsplan_applier.verify.questions import Ask, Unanswered, in_batches
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

_BATCH: Final = 100
"""Capacity providers of one DescribeCapacityProviders request (ECS API reference)."""


@dataclass(frozen=True, slots=True)
class AskProvider(Ask[Body | None]):
    """What does DescribeCapacityProviders say of a capacity provider? None: there is none.

    Attributes:
        name: Its name.
        cluster: The cluster that it belongs to, as those of Managed Instances do; None for the account.
    """

    name: str
    cluster: str | None = None

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Body | Unanswered | None]:
        """Return what it says of each, a hundred of a cluster a call; an answer has ten, and more pages."""

        async def described(batch: Sequence[Self]) -> Sequence[Body | None]:
            names, cluster = [each.name for each in batch], batch[0].cluster
            request: Body = {"capacityProviders": names} | ({"cluster": cluster} if cluster else {})
            about = f"capacity provider {names[0]}"
            pages = await asker.pages(batch[0].target, DESCRIBE_CAPACITY_PROVIDERS, request, about)
            operation = DESCRIBE_CAPACITY_PROVIDERS.name
            found = [each for page in pages for each in members(page, "capacityProviders", dict, operation)]
            by_name = {each.get("name"): each for each in found}
            return [by_name.get(name) for name in names]

        clusters = dict.fromkeys(each.cluster for each in asked)
        groups = [[each for each in asked if each.cluster == one] for one in clusters]
        answers = await asker.together(in_batches(asker, group, _BATCH, described) for group in groups)
        found = {
            question: answer
            for group, said in zip(groups, answers, strict=True)
            for question, answer in zip(group, said, strict=True)
        }
        return [found[each] for each in asked]


def _known_of(target: Target, cluster: str, names: Sequence[str], seen: Seen) -> list[Body | None]:
    """Return what DescribeCapacityProviders says of providers that are attached to a cluster.

    Those of Managed Instances belong to their cluster, and are shown to those who name it (ECS API reference,
    DescribeCapacityProviders).
    """
    known = seen.all_of(*(AskProvider(target, each) for each in names))
    missing = [
        AskProvider(target, name, cluster) for name, each in zip(names, known, strict=True) if not each
    ]
    of_cluster = {ask.name: each for ask, each in zip(missing, seen.all_of(*missing), strict=True)}
    return [each or of_cluster.get(name) for name, each in zip(names, known, strict=True)]


@dataclass(frozen=True, slots=True)
class Provider:
    """A capacity provider of a job's strategy.

    Attributes:
        at: Where the manifest names it.
        target: Where AWS is asked about it.
        name: Its name, also where the manifest has its ARN.
        cluster: The cluster of the job.
    """

    at: Location
    target: Target
    name: str
    cluster: str

    @property
    def title(self) -> str:
        """What it is."""
        return f"capacity provider {self.name}"


@dataclass(frozen=True, slots=True)
class Instances:
    """What a job runs on that names no capacity provider and no Fargate.

    Attributes:
        at: Where the manifest says so.
        target: Where AWS is asked about it.
        cluster: The cluster of the job.
        launch_type: `EC2`, `EXTERNAL`, or None where the cluster's default strategy decides.
    """

    at: Location
    target: Target
    cluster: str
    launch_type: str | None

    @property
    def title(self) -> str:
        """What it is."""
        return f"capacity of cluster {self.cluster}"


def cluster_of(job: VerifiedJob) -> str:
    """Return the cluster of a job, by name or ARN (ECS API reference, RunTask: `default` without one)."""
    return job.run.text("cluster") or "default"


def providers_of(job: VerifiedJob) -> tuple[str, ...] | None:
    """Return the capacity providers that a job asks for; None where the cluster's default strategy decides.

    The launch type FARGATE counts as the provider FARGATE, and the other launch types as none.
    """
    named = capacity_providers(job.run.members)
    if named:
        return named
    launch_type = job.run.text("launchType")
    return None if launch_type is None else ("FARGATE",) if launch_type == "FARGATE" else ()


def on_instances(job: VerifiedJob) -> bool | None:
    """Return whether a job asks for container instances; None where its cluster decides."""
    providers = providers_of(job)
    return None if providers is None else FARGATE_PROVIDERS.isdisjoint(providers)


def default_strategy(cluster: Body) -> tuple[str, ...]:
    """Return the capacity providers of a cluster's default strategy."""
    strategy = as_mappings(cluster.get("defaultCapacityProviderStrategy"))
    return tuple(name for each in strategy if (name := as_text(each.get("capacityProvider"))))


def providers(job: VerifiedJob) -> Iterator[Provider]:
    """Yield the capacity providers that the strategy of a job names."""
    for each in job.run.mappings("capacityProviderStrategy"):
        if name := each.text("capacityProvider"):
            at = job.placed.in_run(each.at("capacityProvider"))
            yield Provider(at, job.target, name.rpartition("/")[2], cluster_of(job))


def instances(job: VerifiedJob) -> Iterator[Instances]:
    """Yield the cluster of a job as what it runs on, unless it names capacity providers or Fargate."""
    launch_type = job.run.text("launchType")
    if launch_type != "FARGATE" and not job.run.mappings("capacityProviderStrategy"):
        at = job.placed.in_run("/launchType") if launch_type else job.placed.in_run("/cluster")
        yield Instances(at, job.target, cluster_of(job), launch_type)


def capacity_provider_active(subject: Provider, seen: Seen) -> Iterator[Verdict]:
    """The capacity providers of a strategy are attached to the cluster, and ACTIVE.

    FARGATE and FARGATE_SPOT have to be attached as well.

    Calls: ecs:DescribeClusters, ecs:DescribeCapacityProviders
    Source: ECS API reference, RunTask (capacityProviderStrategy), CapacityProvider (status).
    """
    cluster = cluster_if_known(subject.target, subject.cluster, seen)
    if cluster is None:
        return  # what is wrong with the cluster is said of the cluster
    attached = as_texts(cluster.get("capacityProviders"))
    if subject.name not in attached:
        yield fails(
            f"{subject.title} is not attached to cluster {subject.cluster}",
            help=f"attach it, or name one that the cluster has: {', '.join(attached) or 'it has none'}",
        )
    elif subject.name in FARGATE_PROVIDERS:
        yield ok(f"{subject.title} is attached to cluster {subject.cluster}")
    else:
        (provider,) = _known_of(subject.target, subject.cluster, [subject.name], seen)
        yield _status(subject, provider)


def cluster_capacity(subject: Instances, seen: Seen) -> Iterator[Verdict]:
    """The cluster has container instances for EC2 and EXTERNAL or, without a launch type, a default strategy.

    With the launch type EC2, no instances are started, whatever capacity providers the cluster has. Without a
    launch type, the cluster's default strategy decides; if it has none, the launch type is EC2.

    Calls: ecs:DescribeClusters, ecs:DescribeCapacityProviders
    Source: ECS API reference, RunTask (launchType, capacityProviderStrategy), Cluster
    (registeredContainerInstancesCount); "No Container Instances were found in your cluster."
    (aws/amazon-ecs-cli#1122).
    """
    cluster = cluster_if_known(subject.target, subject.cluster, seen)
    if cluster is None:
        return  # what is wrong with the cluster is said of the cluster
    strategy = default_strategy(cluster) if subject.launch_type is None else ()
    own = [each for each in strategy if each not in FARGATE_PROVIDERS]
    known = _known_of(subject.target, subject.cluster, own, seen)
    inactive = [
        name for name, each in zip(own, known, strict=True) if each is None or _state(each) != "ACTIVE"
    ]
    number = cluster.get("registeredContainerInstancesCount")
    if inactive:
        yield fails(
            f"the default strategy of cluster {subject.cluster} has {inactive[0]}, which is not ACTIVE"
        )
    elif strategy:
        yield ok(f"cluster {subject.cluster} has a default strategy: {', '.join(strategy)}")
    elif isinstance(number, int) and number > 0:
        yield ok(f"cluster {subject.cluster} has {number:,} container instance{'' if number == 1 else 's'}")
    else:
        yield fails(_without_instances(subject), help=_HELP[subject.launch_type is None])


_HELP: Final = {
    False: "register an instance, or name a capacity provider that starts some: `capacity_provider_strategy`",
    True: "give the cluster a default strategy, or write `launch_type: FARGATE`",
}


def _without_instances(subject: Instances) -> str:
    if subject.launch_type is None:
        return f"cluster {subject.cluster} has neither a default strategy nor a container instance"
    return f"cluster {subject.cluster} has no container instance for launch type {subject.launch_type}"


def _status(subject: Provider, provider: Body | None) -> Verdict:
    if provider is None:
        return fails(f"{subject.title} does not exist in {subject.target.region}")
    if _state(provider) != "ACTIVE":
        return fails(f"{subject.title} is {_state(provider)}: it runs no tasks")
    return ok(f"{subject.title} is ACTIVE, and attached to cluster {subject.cluster}")


def _state(provider: Body) -> str:
    return str(provider.get("status"))
