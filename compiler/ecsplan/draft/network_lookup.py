"""What AWS is asked about a job's network, one answer leading to the next, and what it has answered."""

from collections.abc import Iterator, Mapping
from typing import Final

from ecsplan.job.spec import JobSpec
from ecsplan.terms.observed import (
    AskSecurityGroup,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    NotThere,
    Observed,
    Subnet,
)
from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class NetworkFound:
    """What is known of the parts of a job's network that are looked up.

    Attributes:
        subnets: The subnets found; None where AWS was not asked, and where the manifest gives their ids.
        groups: The ids of the security groups found, by name.
        missing: What the manifest names and AWS does not have, after the pointer of the value that names it.
        no_subnets: Why the VPC has no subnets, where the job takes all of them.
    """

    subnets: tuple[Subnet, ...] | None
    groups: Mapping[str, str]
    missing: tuple[tuple[str, NotThere], ...] = ()
    no_subnets: NotThere | None = None


def network_found(job: JobSpec, observed: Observed) -> NetworkFound:
    """Return what AWS has said about the network of a job."""
    subnets, groups = subnets_question(job, observed), tuple(group_questions(job, observed))
    takes_all = subnets is not None and not subnets.tags
    return NetworkFound(
        None if subnets is None else observed.subnets(subnets),
        {each.name: found for each in groups if (found := observed.resource_id(each)) is not None},
        tuple(_missing(job, observed)),
        observed.not_there(subnets) if subnets is not None and takes_all else None,
    )


NOTHING_FOUND: Final = NetworkFound(None, {})
"""What is known before AWS is asked."""


def named_questions(
    job: JobSpec, observed: Observed
) -> Iterator[tuple[str, AskVpc | AskVpcOfSubnets | AskSubnets | AskSecurityGroup]]:
    """Yield what is asked about tags and names in the manifest, after the key that the answer belongs to.

    A question whose VPC is to be found first follows once `observed` has that.
    """
    vpc, subnets = vpc_question(job), subnets_question(job, observed)
    if vpc is not None:
        yield "vpc_id", vpc
    if subnets is not None and subnets.tags:
        yield "subnets", subnets
    yield from (("security_groups", each) for each in group_questions(job, observed))


def _missing(job: JobSpec, observed: Observed) -> Iterator[tuple[str, NotThere]]:
    for key, question in named_questions(job, observed):
        found = observed.not_there(question)
        match question:
            case _ if found is None:
                continue
            case AskVpcOfSubnets():
                yield "/subnets" if job.network_keys.subnets and job.says("subnets") else "/service", found
            case AskSecurityGroup(name=name):
                yield f"/security_groups/{job.network_keys.groups.index(name)}", found
            case _:
                yield f"/{key}", found


def vpc_question(job: JobSpec) -> AskVpc | AskVpcOfSubnets | None:
    """Return what is asked about the VPC of a job; None where its id is given or does not matter."""
    keys = job.network_keys
    # With the ids of subnets, the VPC only matters as the place where security groups are sought by name.
    if job.network is not None or (keys.subnets and not keys.group_names):
        return None
    if keys.vpc_tags:
        return AskVpc(job.aws, keys.vpc_tags)
    if keys.vpc_of and keys.vpc_id is None:
        return AskVpcOfSubnets(job.aws, tuple(dict.fromkeys(keys.vpc_of)))
    return None


def subnets_question(job: JobSpec, observed: Observed) -> AskSubnets | None:
    """Return what is asked about the subnets of a job; None where they are given, or their VPC is open."""
    keys = job.network_keys
    if job.network is not None or keys.subnets or not _knows_vpc(job, observed):
        return None
    return AskSubnets(job.aws, _vpc_of(job, observed), keys.subnet_tags)


def group_questions(job: JobSpec, observed: Observed) -> Iterator[AskSecurityGroup]:
    """Yield what is asked about the security groups of a job; nothing while their VPC is open."""
    if job.network is None and _knows_vpc(job, observed):
        vpc = _vpc_of(job, observed)
        yield from (AskSecurityGroup(job.aws, vpc, each) for each in job.network_keys.group_names)


def _knows_vpc(job: JobSpec, observed: Observed) -> bool:
    question = vpc_question(job)
    return question is None or observed.resource_id(question) is not None


def _vpc_of(job: JobSpec, observed: Observed) -> str | None:
    """Return the id of the job's VPC, None for the default one; it is known."""
    question = vpc_question(job)
    return job.network_keys.vpc_id if question is None else observed.resource_id(question)
