"""What `ecsplan verify` alone needs, to look at what jobs depend on."""

from typing import Final

from ecsplan.permissions.permission import Permission
from ecsplan.permissions.sources import (
    EC2_ACTIONS,
    ECR_ACTIONS,
    ECS_ACTIONS,
    EFS_ACTIONS,
    IAM_ACTIONS,
    QUOTA_ACTIONS,
    SECRET_ACTIONS,
)


def _verifies(action: str, on: str, purpose: str, source: str, operation: str = "") -> Permission:
    """Return an action that `verify` alone needs; it is named like the operation, unless that is given."""
    return Permission(action, (operation or action,), on, purpose, (source,), others=("verify",))


ROWS: Final = (
    _verifies(
        "ecs:DescribeClusters",
        "`cluster/CLUSTER`",
        "the cluster of each job: its status, capacity providers and container instances",
        ECS_ACTIONS,
    ),
    _verifies(
        "ecs:DescribeCapacityProviders",
        "`capacity-provider/NAME`",
        "capacity providers of your own",
        ECS_ACTIONS,
    ),
    _verifies(
        "iam:GetRole",
        "`role/NAME`",
        "execution roles, task roles, roles of EBS volumes and of schedules",
        IAM_ACTIONS,
    ),
    _verifies(
        "iam:SimulatePrincipalPolicy",
        "`role/NAME`",
        "whether the execution role may create a log group that does not exist, and whether the role of a"
        " schedule may run the job",
        IAM_ACTIONS,
    ),
    _verifies(
        "secretsmanager:DescribeSecret",
        "`secret:NAME-??????`",
        "secrets; their values are not read",
        SECRET_ACTIONS,
    ),
    _verifies(
        "servicequotas:GetServiceQuota",
        "`fargate/QUOTA`",
        "jobs on Fargate",
        QUOTA_ACTIONS,
        "service-quotas:GetServiceQuota",
    ),
    _verifies(
        "ec2:DescribeRouteTables",
        "`*`",
        "jobs with network mode `awsvpc`: the way out of their subnets",
        EC2_ACTIONS,
    ),
    _verifies(
        "ec2:DescribeNatGateways",
        "`*`",
        "the same, if a default route leads to a NAT gateway",
        EC2_ACTIONS,
    ),
    _verifies(
        "ec2:DescribeVpcEndpoints",
        "`*`",
        "the same, if no default route leads to the internet",
        EC2_ACTIONS,
    ),
    _verifies(
        "ecr:DescribePullThroughCacheRules",
        "`*`",
        "images that are not in ECR: whether a rule brings them in with the first pull",
        ECR_ACTIONS,
    ),
    _verifies(
        "elasticfilesystem:DescribeFileSystems",
        "`file-system/ID`",
        "EFS volumes",
        EFS_ACTIONS,
        "efs:DescribeFileSystems",
    ),
    _verifies(
        "elasticfilesystem:DescribeMountTargets",
        "`file-system/ID`",
        "EFS volumes",
        EFS_ACTIONS,
        "efs:DescribeMountTargets",
    ),
    _verifies(
        "elasticfilesystem:DescribeAccessPoints",
        "`access-point/ID`",
        "EFS volumes with access points",
        EFS_ACTIONS,
        "efs:DescribeAccessPoints",
    ),
)
"""The actions that no other command needs."""
