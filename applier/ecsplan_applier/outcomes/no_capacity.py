"""Why a task was not placed: what RunTask says in `failures`, and a stopped task as its reason.

The developer guide lists the reasons for both (API failure reasons, RunTask and DescribeTasks).
"""

from typing import Final

from ecsplan_applier.outcomes.explanation import Row

_REASONS: Final = "ECS developer guide, API failure reasons"
_START: Final = '(?:^|[:;"] ?)'
"""Reasons in capitals are whole words at the start of a reason, or behind `TaskFailedToStart: `."""

MISSING_ROOM: Final[tuple[Row, ...]] = (
    Row(
        "instances-full-cpu",
        "failure",
        "",
        "RESOURCE:CPU|insufficient CPU",
        "RESOURCE:CPU",
        "no container instance has enough CPU left",
        "add instances, wait for others' tasks to end, or ask for less `cpu`; a task larger than the"
        " instances of its capacity provider never fits",
        _REASONS,
        transient="start",
    ),
    Row(
        "instances-full-memory",
        "failure",
        "",
        "RESOURCE:MEMORY|insufficient memory",
        "RESOURCE:MEMORY",
        "no container instance has enough memory left",
        "add instances, wait for others' tasks to end, or ask for less `memory`; a task larger than the"
        " instances of its capacity provider never fits",
        _REASONS,
        transient="start",
    ),
    Row(
        "instances-full-eni",
        "failure",
        "",
        "RESOURCE:ENI",
        "RESOURCE:ENI",
        "no container instance has a network interface left",
        "use larger instances, turn awsvpcTrunking on, or add instances",
        _REASONS,
        transient="start",
    ),
    Row(
        "instances-full-ports",
        "failure",
        "",
        "RESOURCE:(PORTS|UDP)|already using a port",
        "RESOURCE:PORTS",
        "the host ports that the job asks for are taken on every instance",
        "leave hostPort out, or add instances",
        _REASONS,
        transient="start",
    ),
    Row(
        "instances-full-gpu",
        "failure",
        "",
        "RESOURCE:GPU|insufficient GPU",
        "RESOURCE:GPU",
        "no container instance has a free GPU",
        "add GPU instances, or wait",
        _REASONS,
        transient="start",
    ),
    Row(
        "instances-full",
        "failure",
        "",
        f"(?-i:RESOURCE:)|{_START}(?-i:RESOURCE)\\b|insufficient \\w+ (units |resources? )?available",
        "RESOURCE:*",
        "no container instance has room for the task",
        "add instances, or ask for less",
        _REASONS,
        transient="start",
    ),
    Row(
        "capacity-provider-empty",
        "failure",
        "",
        "EMPTY CAPACITY PROVIDER|no (active |container )*instances",
        "EMPTY CAPACITY PROVIDER",
        "no container instances are registered with the capacity provider or the cluster",
        "check that the provider's Auto Scaling group may grow (maximum above 0), that managed scaling is"
        " on, and that its instances join this cluster; or name another provider in"
        " `capacity_provider_strategy`",
        _REASONS,
        transient="start",
    ),
    Row(
        "agent-disconnected",
        "failure",
        "",
        f"{_START}(?-i:AGENT)\\b|agent.{{0,40}}disconnected",
        "AGENT",
        "the ECS agent of the container instance is not connected",
        "look at the instance: agent, network, disk; or replace it",
        _REASONS,
        transient="start",
    ),
    Row(
        "attribute-missing",
        "failure",
        "",
        f"{_START}(?-i:ATTRIBUTE)\\b|placement constraint|memberOf|missing an attribute",
        "ATTRIBUTE",
        "no container instance has what the definition or a placement constraint requires",
        "check `placement_constraints`, the CPU architecture (`runtime_platform`), the log driver, and the"
        " version of the ECS agent",
        _REASONS,
    ),
    Row(
        "location-mismatch",
        "failure",
        "",
        f"{_START}(?-i:LOCATION)\\b",
        "LOCATION",
        "the container instance is in another availability zone than the subnets of the task",
        "name subnets in the instances' zones in `network_configuration`",
        _REASONS,
    ),
    Row(
        "instance-inactive",
        "failure",
        "",
        f"{_START}(?-i:INACTIVE)\\b",
        "INACTIVE",
        "the container instance or the cluster was deregistered",
        "name another cluster, or register the instance again",
        _REASONS,
    ),
    Row(
        "instance-missing",
        "failure",
        "",
        f"{_START}(?-i:MISSING)\\b",
        "MISSING",
        "ECS does not know the container instance, cluster or task that was asked for",
        "check `cluster`, the region and the account",
        _REASONS,
    ),
    Row(
        "vcpu-quota",
        "failure",
        "",
        "limit on the number of (vcpus|tasks)|vcpu limit|(concurrent|running) (fargate )?tasks.{0,40}limit",
        "You've reached the limit on the number of vCPUs you can run concurrently",
        "the account's Fargate vCPU quota is used up",
        "raise the quota in Service Quotas, or run fewer tasks at once",
        "PrefectHQ/prefect-aws#282",
        transient="start",
    ),
    Row(
        "no-capacity",
        "failure",
        "",
        "capacity is unavailable|no (spot )?capacity|insufficient ?(\\w+ )?capacity|gave no reason|no"
        " reason given",
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        "AWS has no room for the task in these subnets' availability zones",
        "try again later, name subnets in other zones, or use FARGATE where it is FARGATE_SPOT"
        " (`launch_type`, `capacity_provider_strategy`)",
        _REASONS,
        transient="start",
    ),
)
