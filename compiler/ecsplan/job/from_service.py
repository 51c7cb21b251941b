"""What a job takes from the ECS service that it runs like: defaults that lie under the job's own keys.

A service gives its task definition, which the job is linked to, its network configuration, its launch type or
capacity provider strategy, and its platform version. Its tags, its volumes, the options for tags and for ECS
Exec and everything about deployments and load balancers concern the service alone.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from ecsplan.job.spec import JobSpec
from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.json_types import Document, Json, mapping, mappings, optional_text
from ecsplan.terms.observed import AskService, Observed, Service
from ecsplan.terms.placeholders import of_service
from ecsplan.terms.records import dataclass

DEFINITION: Final = "task_definition_arn"
NETWORK: Final = "network_configuration"
LAUNCH_TYPE: Final = "launch_type"
STRATEGY: Final = "capacity_provider_strategy"
PLATFORM: Final = "platform_version"

_NETWORK_KEYS = (NETWORK, "vpc_id")
"""Keys of a job that give it a network of its own."""

_ARN = re.compile(
    r"arn:[^:]+:ecs:(?P<region>[^:]+):(?P<account>[0-9]{12}):service/((?P<cluster>[^/]+)/)?(?P<name>[^/]+)"
)


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
    taken = {name: value for name, value in gives.items() if not is_own(job, name)}
    job = _launched(_in_network(_in_place(job, where), taken), taken)
    # A platform version is one of Fargate: a job that runs elsewhere than its service does not take it.
    if not job.on_fargate:
        taken.pop(PLATFORM, None)
    if not is_own(job, PLATFORM):
        job = replace(job, run_options=_with(job.run_options, "platformVersion", taken.get(PLATFORM)))
    in_cluster = () if job.cluster is None or _says(job, "cluster") else ("cluster",)
    return replace(
        job,
        linked=optional_text(taken, DEFINITION),
        taken=frozenset((*taken, *in_cluster)),
        awaits_service=service is None,
    )


def liked(job: JobSpec, observed: Observed) -> JobSpec:
    """Return the job with what it takes from its service, as far as AWS has said what that is."""
    question = service_question(job)
    return job if question is None else like_service(job, observed.service(question))


def taken_from(job: JobSpec, service: Service) -> dict[str, Json]:
    """Return what a job takes from its service, by the keys that would override it, and the service's ARN."""
    keys = like_service(job, service).taken
    taken = {name: _sorted(value) for name, value in given_by(service).items() if name in keys}
    return {"arn": as_text(service.body.get("serviceArn")), **taken}


def given_by(service: Service) -> dict[str, Json]:
    """Return what a service gives to a job, by the keys of a manifest that would say the same."""
    return {name: value for name, value in _given(service.body) if value}


def _given(body: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    # The answer is AWS's: what has another type than documented counts as absent.
    yield DEFINITION, as_text(body.get("taskDefinition"))
    yield NETWORK, as_mapping(as_mapping(body.get("networkConfiguration")).get("awsvpcConfiguration"))
    strategy = as_mappings(body.get("capacityProviderStrategy"))
    # A service has one of the two. An emulator may return the other as well, which RunTask refuses.
    if strategy:
        yield STRATEGY, strategy
    else:
        yield LAUNCH_TYPE, as_text(body.get("launchType"))
    yield PLATFORM, as_text(body.get("platformVersion"))


def _unseen(name: str) -> dict[str, Json]:
    """Return what stands for what a service gives, as far as a request has a place for it."""
    network = {
        "subnets": [of_service("subnets", name)],
        "securityGroups": [of_service("security groups", name)],
    }
    return {DEFINITION: of_service("task definition", name), NETWORK: network}


def _in_place(job: JobSpec, where: ServiceName) -> JobSpec:
    """Return the job in the region and cluster that the ARN of its service names, unless it names others."""
    if job.aws.region is None and where.region is not None:
        job = job.in_region(where.region)
    if not _says(job, "cluster"):
        options = _with(job.run_options, "cluster", where.cluster)
        job = replace(job, cluster=where.cluster, run_options=options)
    return job


def _in_network(job: JobSpec, taken: Document) -> JobSpec:
    """Return the job in the network that it takes, unless it has its own."""
    if is_own(job, NETWORK):
        return job
    return replace(job, network=mapping(taken, NETWORK) if NETWORK in taken else None)


def _launched(job: JobSpec, taken: Document) -> JobSpec:
    """Return the job with the launch type or the strategy that it takes, unless it has its own."""
    if is_own(job, LAUNCH_TYPE):
        return job
    return replace(
        job, launch_type=optional_text(taken, LAUNCH_TYPE), strategy=tuple(mappings(taken, STRATEGY))
    )


def is_own(job: JobSpec, key: str) -> bool:
    """Return whether the job itself says what a key says, so that the service's value is not taken."""
    match key:
        case "launch_type" | "capacity_provider_strategy":
            return _says(job, LAUNCH_TYPE, STRATEGY)
        case "network_configuration":
            return _says(job, *_NETWORK_KEYS)
        case "task_definition_arn":
            return False
        case _:
            return _says(job, key)


def _says(job: JobSpec, *keys: str) -> bool:
    """Return whether the manifest has one of these keys, be it with a value that was refused."""
    return any(job.says(each) or job.spoiled(f"/{each}") for each in keys)


def _with(options: Mapping[str, Json], name: str, value: Json) -> dict[str, Json]:
    """Return these members with this one, or without it for None."""
    others = {each: there for each, there in options.items() if each != name}
    return others if value is None else {**others, name: value}


def _sorted(value: Json) -> Json:
    """Return a value with its lists in a fixed order: for those of a service it has no meaning."""
    if isinstance(value, list):
        return sorted((_sorted(each) for each in value), key=repr)
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return value
