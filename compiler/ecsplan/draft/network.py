"""Determine the network of a job's tasks: the one in the manifest, or the subnets of a VPC."""

from collections import defaultdict
from collections.abc import Sequence

from ecsplan.job.spec import JobSpec
from ecsplan.terms.json_types import Record
from ecsplan.terms.observed import Subnet
from ecsplan.terms.placeholders import subnets_at_apply

MAX_SUBNETS = 16
"""Subnets of one awsvpcConfiguration (botocore ecs model, AwsVpcConfiguration.subnets)."""


def is_looked_up(job: JobSpec, network_mode: str) -> bool:
    """Return whether the job's subnets are those of a VPC that AWS must be asked about."""
    return network_mode == "awsvpc" and job.network is None


def configuration(job: JobSpec, subnets: Sequence[Subnet] | None) -> Record:
    """Return the job's `awsvpcConfiguration`; `securityGroups` is present even if empty.

    Args:
        job: The job.
        subnets: The subnets of its VPC, or None where AWS was not asked.
    """
    if job.network is not None:
        return {"securityGroups": [], **job.network}
    names = [subnets_at_apply(job.vpc_id)] if subnets is None else list(chosen(subnets))
    return {
        "subnets": names,
        "securityGroups": [],
        "assignPublicIp": "ENABLED" if gets_public_ip(job) else "DISABLED",
    }


def gets_public_ip(job: JobSpec) -> bool:
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
