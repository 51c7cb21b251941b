"""What a job takes from the ECS service that it runs like: defaults that lie under the job's own keys.

A service gives its task definition, which the job is linked to, its network configuration, its launch type or
capacity provider strategy, and its platform version. Its tags, its volumes, the options for tags and for ECS
Exec and everything about deployments and load balancers concern the service alone.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from ecsplan.job.network_keys import KEYS as NETWORK_KEYS
from ecsplan.job.network_keys import network_keys_of
from ecsplan.job.spec import JobSpec
from ecsplan.terms.bodies import as_mapping, as_mappings, as_text, as_texts
from ecsplan.terms.json_types import Document, Json, mappings, optional_text
from ecsplan.terms.observed import AskService, Observed, Service
from ecsplan.terms.placeholders import of_service
from ecsplan.terms.records import dataclass

DEFINITION: Final = "task_definition_arn"
LAUNCH_TYPE: Final = "launch_type"
STRATEGY: Final = "capacity_provider_strategy"
PLATFORM: Final = "platform_version"

_INSTEAD_OF: Final[Mapping[str, tuple[str, ...]]] = {
    **{key: (key, "vpc_id", "network_configuration") for key in NETWORK_KEYS},
    **dict.fromkeys((LAUNCH_TYPE, STRATEGY), (LAUNCH_TYPE, STRATEGY)),
    PLATFORM: (PLATFORM,),
    "cluster": ("cluster",),
    DEFINITION: (),
}
"""What a service gives, by the key that says the same in a manifest -> the job's keys that override it."""

_ARN = re.compile(
    r"arn:[^:]+:ecs:(?P<region>[^:]+):(?P<account>[0-9]{12}):service/((?P<cluster>[^/]+)/)?(?P<name>[^/]+)"
)

_WRITTEN_REGION = re.compile(r"arn:[^:]+:ecs:(?P<region>[a-z0-9-]+):")
"""The beginning of an ARN whose region is known, whatever else is looked up."""


@dataclass(frozen=True, slots=True)
class ServiceName:
    """What a manifest says of where a service is: all but the name only where it gives an ARN.

    Attributes:
        name: The service's name.
        cluster: The name of its cluster; None also for an ARN in the old format, which has none.
        region: Its region.
        account: Its account.
    """

    name: str
    cluster: str | None = None
    region: str | None = None
    account: str | None = None


def service_name(reference: str) -> ServiceName:
    """Return what a name or an ARN of a service says."""
    found = _ARN.fullmatch(reference)
    if found is None:
        return ServiceName(reference)
    return ServiceName(found["name"], found["cluster"], found["region"], found["account"])


def service_question(job: JobSpec) -> AskService | None:
    """Return the question for the service that a job runs like, or None where it is like none."""
    return None if job.service is None else AskService(job.aws, job.cluster, job.service)


def like_service(job: JobSpec, service: Service | None) -> JobSpec:
    """Return the job with what it takes from its service laid under its own keys; one without stays as it is.

    Idempotent: what the job took before is replaced.

    Args:
        job: The job.
        service: The service; None while AWS was not asked: placeholders stand for what it gives.
    """
    if job.service is None:
        return job
    where = service_name(job.service)
    gives = _unseen(where.name) if service is None else given_by(service)
    gives = gives if where.cluster is None else {**gives, "cluster": where.cluster}
    taken = {key: value for key, value in gives.items() if not is_own(job, key)}
    job = _in_network(_launched(job, taken), taken, as_texts(gives.get("subnets")))
    # A platform version is one of Fargate: a job that runs elsewhere than its service does not take it.
    if not job.on_fargate:
        taken.pop(PLATFORM, None)
    return replace(
        _with_options(job, taken),
        linked=optional_text(taken, DEFINITION),
        taken=frozenset(taken),
        awaits_service=service is None,
    )


def where_service_is(job: JobSpec) -> JobSpec:
    """Return a job that names no region in the one of its service, if an ARN says which that is.

    That goes for a region that is written. One that is looked up comes too late: the lookup was asked in the
    job's region.
    """
    written = _WRITTEN_REGION.match(job.service or "")
    return job if job.aws.region is not None or written is None else job.in_region(written["region"])


def service_elsewhere(job: JobSpec, observed: Observed) -> ServiceName | None:
    """Return where a service is, if its ARN was looked up and names another region than the session's."""
    here = observed.region(job.aws) if job.aws.region is None else None
    there = service_name(job.service or "")
    return there if None not in {here, there.region} and there.region != here else None


def liked(job: JobSpec, observed: Observed) -> JobSpec:
    """Return the job with what it takes from its service, as far as AWS has said what that is."""
    question = service_question(job)
    return job if question is None else like_service(job, observed.service(question))


def taken_from(job: JobSpec, service: Service) -> dict[str, Json]:
    """Return what a job takes from its service, by the keys that would override it, and the service's ARN."""
    keys = like_service(job, service).taken
    taken = {key: _sorted(value) for key, value in given_by(service).items() if key in keys}
    return {"arn": as_text(service.body.get("serviceArn")), **taken}


def given_by(service: Service) -> dict[str, Json]:
    """Return what a service gives to a job, by the keys of a manifest that would say the same."""
    return {key: value for key, value in _given(service.body) if value is not None and value != ()}


def is_own(job: JobSpec, key: str) -> bool:
    """Return whether the job itself says what a key says, so that the service's value is not taken.

    A value that was refused and reported counts: it is the job's own all the same.
    """
    return any(job.says(each) or job.spoiled(f"/{each}") for each in _INSTEAD_OF[key])


def takes_network(job: JobSpec) -> bool:
    """Return whether the job takes its network, or a part of it, from its service."""
    return not job.taken.isdisjoint(NETWORK_KEYS)


def _given(body: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    # The answer is AWS's: what has another type than documented counts as absent.
    yield DEFINITION, as_text(body.get("taskDefinition"))
    network = as_mapping(as_mapping(body.get("networkConfiguration")).get("awsvpcConfiguration"))
    if network:
        yield "subnets", as_texts(network.get("subnets"))
        yield "security_groups", as_texts(network.get("securityGroups"))
        yield "assign_public_ip", network.get("assignPublicIp") == "ENABLED"
    strategy = as_mappings(body.get("capacityProviderStrategy"))
    # A service has one of the two. An emulator may return the other as well, which RunTask refuses.
    yield (STRATEGY, strategy) if strategy else (LAUNCH_TYPE, as_text(body.get("launchType")))
    yield PLATFORM, as_text(body.get("platformVersion"))


def _unseen(name: str) -> dict[str, Json]:
    """Return what stands for what a service gives, as far as a request has a place for it."""
    return {
        DEFINITION: of_service("task definition", name),
        "subnets": (of_service("subnets", name),),
        "security_groups": (of_service("security groups", name),),
    }


def _launched(job: JobSpec, taken: Document) -> JobSpec:
    """Return the job with the launch type or the strategy that it takes, unless it has its own."""
    if is_own(job, LAUNCH_TYPE):
        return job
    return replace(
        job, launch_type=optional_text(taken, LAUNCH_TYPE), strategy=tuple(mappings(taken, STRATEGY))
    )


def _in_network(job: JobSpec, taken: Document, subnets: tuple[str, ...]) -> JobSpec:
    """Return the job with the parts of a network that it takes.

    Args:
        job: The job.
        taken: What it takes of its service.
        subnets: The service's subnets: tags and names are sought in their VPC, unless the job has its own.
    """
    own = network_keys_of(job.spec)
    public = taken.get("assign_public_ip")
    keys = replace(
        own,
        subnets=as_texts(taken.get("subnets")) or own.subnets,
        groups=as_texts(taken.get("security_groups")) or own.groups,
        public_ip=public if isinstance(public, bool) else own.public_ip,
        beside=() if job.says("vpc_id") else subnets,
    )
    return replace(job, network_keys=keys)


def _with_options(job: JobSpec, taken: Document) -> JobSpec:
    """Return the job with the members of the run request that it takes as they are."""
    options = dict(job.run_options)
    for key, name in ("cluster", "cluster"), (PLATFORM, "platformVersion"):
        if not is_own(job, key):
            options.pop(name, None)
            options |= {name: taken[key]} if key in taken else {}
    cluster = job.cluster if is_own(job, "cluster") else optional_text(taken, "cluster")
    return replace(job, cluster=cluster, run_options=options)


def _sorted(value: Json) -> Json:
    """Return a value with its lists in a fixed order: for those of a service it has no meaning."""
    if isinstance(value, list | tuple):
        return sorted((_sorted(each) for each in value), key=repr)
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return value
