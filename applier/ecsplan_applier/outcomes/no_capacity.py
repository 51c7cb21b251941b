"""Error patterns of tasks that were not placed: reasons in RunTask's `failures` and of stopped tasks.

The developer guide lists both (API failure reasons, RunTask and DescribeTasks).
"""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

_REASONS: Final = "ECS developer guide, API failure reasons"
_START: Final = '(?:^|[:;"] ?)'
"""Where a reason in capitals begins: at the start of the text, or after `TaskFailedToStart: `."""

NO_CAPACITY: Final[tuple[ErrorPattern, ...]] = (
    # Each pattern matches the constant of the API and the sentence that describes the same reason.
    ErrorPattern(
        "instances-full-cpu",
        "failure",
        "",
        "RESOURCE:CPU|insufficient CPU",
        "RESOURCE:CPU",
        "no container instance has enough CPU left",
        "add instances, wait for other tasks to end, or reduce `cpu`; a task that is larger than the"
        " instances of its capacity provider never fits",
        _REASONS,
        transient="start",
    ),
    ErrorPattern(
        "instances-full-memory",
        "failure",
        "",
        "RESOURCE:MEMORY|insufficient memory",
        "RESOURCE:MEMORY",
        "no container instance has enough memory left",
        "add instances, wait for other tasks to end, or reduce `memory`; a task that is larger than the"
        " instances of its capacity provider never fits",
        _REASONS,
        transient="start",
    ),
    ErrorPattern(
        "instances-full-eni",
        "failure",
        "",
        "RESOURCE:ENI",
        "RESOURCE:ENI",
        "no container instance has a network interface left",
        "use larger instances, enable awsvpcTrunking, or add instances",
        _REASONS,
        transient="start",
    ),
    ErrorPattern(
        "instances-full-ports",
        "failure",
        "",
        "RESOURCE:(PORTS|UDP)|already using a port",
        "RESOURCE:PORTS",
        "the host ports that the job requires are in use on every instance",
        "remove hostPort, or add instances",
        _REASONS,
        transient="start",
    ),
    ErrorPattern(
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
    # After the named resources: any other `RESOURCE:…`, and `RESOURCE` alone.
    ErrorPattern(
        "instances-full",
        "failure",
        "",
        f"(?-i:RESOURCE:)|{_START}(?-i:RESOURCE)\\b|insufficient \\w+ (units |resources? )?available",
        "RESOURCE:*",
        "no container instance has enough free resources for the task",
        "add instances, or reduce what the task requires",
        _REASONS,
        transient="start",
    ),
    ErrorPattern(
        "capacity-provider-empty",
        "failure",
        "",
        "EMPTY CAPACITY PROVIDER|no (active |container )*instances",
        "EMPTY CAPACITY PROVIDER",
        "no container instances are registered with the capacity provider or the cluster",
        "check that the provider's Auto Scaling group can grow (maximum above 0), that managed scaling is"
        " enabled, and that its instances join this cluster; or use another provider in"
        " `capacity_provider_strategy`",
        _REASONS,
        transient="start",
    ),
    ErrorPattern(
        "agent-disconnected",
        "failure",
        "",
        f"{_START}(?-i:AGENT)\\b|agent.{{0,40}}disconnected",
        "AGENT",
        "the ECS agent of the container instance is not connected",
        "check the agent, network and disk of the instance, or replace it",
        _REASONS,
        transient="start",
    ),
    # Not transient: waiting does not give an instance an attribute.
    ErrorPattern(
        "attribute-missing",
        "failure",
        "",
        f"{_START}(?-i:ATTRIBUTE)\\b|placement constraint|memberOf|missing an attribute",
        "ATTRIBUTE",
        "no container instance has the attributes that the definition or a placement constraint requires",
        "check `placement_constraints`, the CPU architecture (`runtime_platform`), the log driver, and the"
        " version of the ECS agent",
        _REASONS,
    ),
    ErrorPattern(
        "location-mismatch",
        "failure",
        "",
        f"{_START}(?-i:LOCATION)\\b",
        "LOCATION",
        "the container instance is not in the availability zone of the task's subnets",
        "use subnets in the zones of the instances in `network_configuration`",
        _REASONS,
    ),
    ErrorPattern(
        "instance-inactive",
        "failure",
        "",
        f"{_START}(?-i:INACTIVE)\\b",
        "INACTIVE",
        "the container instance or the cluster was deregistered",
        "use another cluster, or register the instance again",
        _REASONS,
    ),
    ErrorPattern(
        "instance-missing",
        "failure",
        "",
        f"{_START}(?-i:MISSING)\\b",
        "MISSING",
        "the container instance, cluster or task of the request does not exist",
        "check `cluster`, the region and the account",
        _REASONS,
    ),
    # Transient: the quota is available again when other tasks end.
    ErrorPattern(
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
    # "gave no reason" is ecsplan's own wording for a failure without a reason.
    ErrorPattern(
        "no-capacity",
        "failure",
        "",
        "capacity is unavailable|no (spot )?capacity|insufficient ?(\\w+ )?capacity|gave no reason|no"
        " reason given",
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        "AWS has no capacity for the task in the availability zones of these subnets",
        "try again later, use subnets in other zones, or use FARGATE instead of FARGATE_SPOT"
        " (`launch_type`, `capacity_provider_strategy`)",
        _REASONS,
        transient="start",
    ),
)
