"""Determine the network of a job's tasks: the one in the manifest, or the subnets of a VPC."""

from collections import defaultdict
from collections.abc import Sequence

from ecsplan.draft.network_lookup import NetworkFound
from ecsplan.job.network_keys import tags_in_words
from ecsplan.job.spec import JobSpec
from ecsplan.terms.json_types import Record
from ecsplan.terms.observed import Subnet
from ecsplan.terms.placeholders import security_group_at_apply, subnets_at_apply

MAX_SUBNETS = 16
"""Subnets of one awsvpcConfiguration (botocore ecs model, AwsVpcConfiguration.subnets)."""


def is_looked_up(job: JobSpec, network_mode: str) -> bool:
    """Return whether the job's subnets are those of a VPC that AWS must be asked about."""
    return network_mode == "awsvpc" and job.network is None and not job.network_keys.subnets


def configuration(job: JobSpec, found: NetworkFound) -> Record:
    """Return the job's `awsvpcConfiguration`; `securityGroups` is present even if empty.

    Args:
        job: The job.
        found: What AWS has said about its network.
    """
    if job.network is not None:
        return {"securityGroups": [], **job.network}
    keys = job.network_keys
    groups = [found.groups.get(each) or group_placeholder(job, each) for each in keys.groups]
    parts: Record = {
        "subnets": _subnets(job, found.subnets),
        "securityGroups": list(dict.fromkeys(groups)),
    }
    public = keys.public_ip
    # The service may say so, which is not known yet.
    if public is None and job.awaits_service and not job.says("vpc_id"):
        return parts
    if public is None:
        public = not keys.subnets and can_have_public_ip(job)
    if isinstance(public, str):  # a placeholder
        return {**parts, "assignPublicIp": public}
    return {**parts, "assignPublicIp": "ENABLED" if public else "DISABLED"}


def _subnets(job: JobSpec, subnets: Sequence[Subnet] | None) -> list[str]:
    if job.network_keys.subnets:
        return list(dict.fromkeys(job.network_keys.subnets))
    return [subnets_placeholder(job)] if subnets is None else list(chosen(subnets))


def subnets_placeholder(job: JobSpec) -> str:
    """Return the placeholder of the job's subnets where AWS was not asked about them."""
    keys = job.network_keys
    return subnets_at_apply(keys.vpc_in_words, tags_in_words(keys.subnet_tags))


def group_placeholder(job: JobSpec, group: str) -> str:
    """Return the id of a security group of the job, or its placeholder where it is given by its name."""
    keys = job.network_keys
    return security_group_at_apply(group, keys.vpc_in_words) if group in keys.group_names else group


def can_have_public_ip(job: JobSpec) -> bool:
    """Return whether the tasks can get a public IP address, which ECS refuses on container instances.

    A job without a launch type and a strategy runs where the cluster's default strategy says.
    Source: ECS developer guide, task networking for tasks on EC2.
    """
    return job.on_fargate or (job.launch_type is None and not job.strategy)


def chosen(subnets: Sequence[Subnet]) -> tuple[str, ...]:
    """Return the ids of at most 16 subnets, in a fixed order, spread evenly over the Availability Zones."""
    if len(subnets) <= MAX_SUBNETS:
        return tuple(sorted(each.subnet_id for each in subnets))
    zones: dict[str, list[str]] = defaultdict(list)
    for each in sorted(subnets, key=lambda each: (each.zone, each.subnet_id)):
        zones[each.zone].append(each.subnet_id)
    # Sorted by turn: the first subnet of every zone, then the second of every zone, and so on.
    turns = sorted((turn, zone, name) for zone, names in zones.items() for turn, name in enumerate(names))
    return tuple(sorted(name for _, _, name in turns[:MAX_SUBNETS]))
