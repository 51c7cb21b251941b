"""The checks of `verify`, in the order of docs/verify.md."""

from typing import Any, Final

from ecsplan_applier.verify.capacity import capacity_provider_active, cluster_capacity, instances, providers
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.clusters import cluster_active, clusters
from ecsplan_applier.verify.connectivity import way_out
from ecsplan_applier.verify.environment_files import environment_file_exists, environment_files
from ecsplan_applier.verify.file_systems import (
    access_points,
    efs_access_point,
    efs_file_system,
    file_systems,
)
from ecsplan_applier.verify.images import image_exists, image_platform, images
from ecsplan_applier.verify.job_network import group_networks, networks
from ecsplan_applier.verify.linked_definitions import linked_definition_active, linked_definitions
from ecsplan_applier.verify.log_groups import log_group_exists, log_groups
from ecsplan_applier.verify.mount_targets import efs_mount_target, efs_port
from ecsplan_applier.verify.quotas import fargate_quota, fargate_tasks
from ecsplan_applier.verify.roles import role_trust, roles
from ecsplan_applier.verify.schedule_roles import (
    schedule_role_permissions,
    schedule_role_trust,
    schedule_roles,
    scheduled_calls,
)
from ecsplan_applier.verify.schedules import (
    dead_letter_queues,
    grouped_schedules,
    schedule_dead_letter_queue,
    schedule_group,
    schedule_own,
    schedule_target,
    schedule_time,
    schedules,
)
from ecsplan_applier.verify.secrets import secret_exists, secrets
from ecsplan_applier.verify.security_groups import egress, security_group_exists
from ecsplan_applier.verify.subnets import free_addresses, one_vpc, subnet_exists

CHECKS: Final[tuple[Check[Any], ...]] = (
    Check(cluster_active, over=clusters),
    Check(capacity_provider_active, over=providers),
    Check(cluster_capacity, over=instances),
    Check(fargate_quota, over=fargate_tasks),
    Check(linked_definition_active, over=linked_definitions),
    Check(image_exists, over=images),
    Check(image_platform, over=images),
    Check(role_trust, over=roles),
    Check(secret_exists, over=secrets),
    Check(environment_file_exists, over=environment_files),
    Check(log_group_exists, over=log_groups),
    Check(subnet_exists, over=networks),
    Check(security_group_exists, over=group_networks),
    Check(one_vpc, over=networks),
    Check(free_addresses, over=networks),
    Check(egress, over=group_networks),
    Check(way_out, over=networks),
    Check(efs_file_system, over=file_systems),
    Check(efs_mount_target, over=file_systems),
    Check(efs_port, over=file_systems),
    Check(efs_access_point, over=access_points),
    Check(schedule_time, over=schedules),
    Check(schedule_target, over=schedules),
    Check(schedule_own, over=schedules),
    Check(schedule_group, over=grouped_schedules),
    Check(schedule_role_trust, over=schedule_roles),
    Check(schedule_role_permissions, over=scheduled_calls),
    Check(schedule_dead_letter_queue, over=dead_letter_queues),
)
"""Every check; the kind of its subjects is the check's own affair."""
