"""The checks of `verify`, in the order of docs/verify.md."""

from typing import Any, Final

from ecsplan_applier.verify.capacity import capacity_provider_active, cluster_capacity, instances, providers
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.clusters import cluster_active, clusters
from ecsplan_applier.verify.environment_files import environment_file_exists, environment_files
from ecsplan_applier.verify.linked_definitions import linked_definition_active, linked_definitions
from ecsplan_applier.verify.log_groups import log_group_exists, log_groups
from ecsplan_applier.verify.quotas import fargate_quota, fargate_tasks
from ecsplan_applier.verify.roles import role_trust, roles
from ecsplan_applier.verify.secrets import secret_exists, secrets

CHECKS: Final[tuple[Check[Any], ...]] = (
    Check(cluster_active, over=clusters),
    Check(capacity_provider_active, over=providers),
    Check(cluster_capacity, over=instances),
    Check(fargate_quota, over=fargate_tasks),
    Check(linked_definition_active, over=linked_definitions),
    Check(role_trust, over=roles),
    Check(secret_exists, over=secrets),
    Check(environment_file_exists, over=environment_files),
    Check(log_group_exists, over=log_groups),
)
"""Every check; the kind of its subjects is the check's own affair."""
