"""Quotas of Fargate: how many vCPUs may run at a time."""

from collections.abc import Iterator, Sequence
from typing import Final, Self

from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.fargate import FARGATE_PROVIDERS, cpu_units
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_SERVICE_QUOTA
from ecsplan_applier.verify.capacity import cluster_of, default_strategy, providers_of
from ecsplan_applier.verify.clusters import cluster_if_known
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, found_or_none
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

QUOTAS: Final = {"FARGATE": "L-3032A538", "FARGATE_SPOT": "L-36FBB829"}
"""Capacity provider -> code of its quota, in vCPUs of an account and region: `Fargate On-Demand vCPU resource
count` and `Fargate Spot vCPU resource count` (AWS General Reference, Amazon ECS endpoints and quotas)."""
_UNITS: Final = 1024
"""CPU units of a vCPU."""


@dataclass(frozen=True, slots=True)
class AskQuota(Ask[float | None]):
    """How large is a quota of Fargate? None: Service Quotas does not know it.

    Attributes:
        code: Its code.
    """

    code: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[float | Unanswered | None]:
        """Return the applied value of each; Service Quotas has no call for several."""

        async def value(question: Self) -> float | None:
            request = {"ServiceCode": "fargate", "QuotaCode": question.code}
            asking = asker.call(question.target, GET_SERVICE_QUOTA, request, f"quota {question.code}")
            answer = await found_or_none(asking, "NoSuchResourceException")
            found = as_mapping(answer).get("Quota")
            number = as_mapping(found).get("Value")
            return float(number) if isinstance(number, int | float) else None

        return await each_answered(asker, [value(each) for each in asked])


@dataclass(frozen=True, slots=True)
class FargateTasks:
    """The tasks of a job that may run at a time.

    Attributes:
        at: Where the manifest says how large a task is, else how many there are.
        target: Where AWS is asked about it.
        name: The name of the job.
        cluster: Its cluster.
        providers: The capacity providers that it names; None where the cluster's strategy decides.
        tasks: How many tasks run at a time, at most.
        units: The CPU units of a task.
    """

    at: Location
    target: Target
    name: str
    cluster: str
    providers: tuple[str, ...] | None
    tasks: int
    units: int

    @property
    def vcpus(self) -> float:
        """The vCPUs of all of them."""
        return self.tasks * self.units / _UNITS

    @property
    def title(self) -> str:
        """What it is."""
        return f"vCPUs of {self.name}"


def fargate_tasks(job: VerifiedJob) -> Iterator[FargateTasks]:
    """Yield the tasks of a job that runs, or may run, on Fargate."""
    overrides = job.run.mapping("overrides")
    overridden = overrides.text("cpu")
    units = cpu_units(overridden or job.definition.text("cpu"))
    at = job.placed.in_run(overrides.at("cpu")) if overridden else job.placed.in_definition("/cpu")
    providers = providers_of(job)
    if units is not None and (providers is None or FARGATE_PROVIDERS.intersection(providers)):
        yield FargateTasks(at, job.target, job.job.name, cluster_of(job), providers, job.tasks, units)


def fargate_quota(subject: FargateTasks, seen: Seen) -> Iterator[Verdict]:
    """The vCPUs of the tasks that run at a time fit into the account's quota of Fargate, or Fargate Spot.

    The use by other tasks of the account is not known. If a strategy names both, the quotas are added.

    Calls: servicequotas:GetServiceQuota, ecs:DescribeClusters
    Source: ECS developer guide, AWS Fargate service quotas; Service Quotas API reference, GetServiceQuota.
    """
    kinds = [each for each in QUOTAS if each in _providers(subject, seen)]
    if not kinds:
        return
    values = seen.all_of(*(AskQuota(subject.target, QUOTAS[each]) for each in kinds))
    quota = " and ".join(f"{each} ({QUOTAS[each]})" for each in kinds)
    known = [each for each in values if each is not None]
    if len(known) < len(values):
        yield unknown(f"Service Quotas does not know the quota of {quota} in {subject.target.region}")
        return
    need = f"{_number(subject.vcpus)} vCPU for {_counted(subject.tasks)} at a time"
    has = f"the quota of {quota} is {_number(sum(known))} vCPU"
    if subject.vcpus > sum(known):
        yield fails(
            f"{subject.name} needs {need}, and {has}",
            help="ask for a higher quota in Service Quotas, or run fewer at a time: `max_parallel`, `count`",
        )
    else:
        yield ok(f"{subject.name} needs {need}, and {has}; what else runs there is not seen")


def _providers(subject: FargateTasks, seen: Seen) -> tuple[str, ...]:
    if subject.providers is not None:
        return subject.providers
    cluster = cluster_if_known(subject.target, subject.cluster, seen)
    return () if cluster is None else default_strategy(cluster)


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _counted(tasks: int) -> str:
    return f"{tasks:,} task{'' if tasks == 1 else 's'}"
