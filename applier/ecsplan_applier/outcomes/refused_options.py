"""What ECS says when options of a RunTask request do not fit each other, the account or the cluster."""

from typing import Final

from ecsplan_applier.outcomes.explanation import Row

REFUSED_OPTIONS: Final[tuple[Row, ...]] = (
    Row(
        "public-ip-unsupported",
        "call",
        "",
        "assign public ip is not supported",
        "InvalidParameterException: Assign public IP is not supported for this launch type.",
        "the task would run on container instances, whose tasks get no public address; without a launch type"
        " the cluster's default capacity provider strategy decides",
        "use `launch_type: FARGATE`; or give `network_configuration` with assignPublicIp DISABLED and private"
        " subnets that have a NAT gateway",
        "PrefectHQ/prefect#19320",
    ),
    Row(
        "platform-version-on-instances",
        "call",
        "",
        "platform version must be null",
        "InvalidParameterException: The platform version must be null when specifying an EC2 launch type.",
        "only Fargate has platform versions, and the task would run on container instances",
        "leave `platform_version` out, or use `launch_type: FARGATE`",
        "ansible-collections/community.aws#770; apache/airflow#17276",
    ),
    Row(
        "network-not-awsvpc",
        "call",
        "",
        "network configuration is not valid for the given .?networkmode",
        "InvalidParameterException: Network Configuration is not valid for the given networkMode of this task"
        " definition.",
        "the request names subnets, and the definition's network mode is not awsvpc",
        "leave `vpc_id` and `network_configuration` out, or set networkMode awsvpc in `task_definition`",
        "aws-actions/amazon-ecs-deploy-task-definition#616; boltops-tools/ufo#112",
    ),
    Row(
        "capacity-providers-mixed",
        "call",
        "",
        "mix of capacity providers",
        "InvalidParameterException: A capacity provider strategy cannot contain a mix of capacity providers"
        " using Auto Scaling groups and Fargate providers. Specify one or the other and try again.",
        "the strategy names Fargate's capacity providers beside others",
        "name either FARGATE and FARGATE_SPOT or Auto Scaling groups' providers in"
        " `capacity_provider_strategy`",
        "terraform-aws-modules/terraform-aws-ecs#68",
    ),
    Row(
        "placement-on-fargate",
        "call",
        "",
        "placement (constraints?|strateg\\w+)[^.]*not supported|not supported[^.]*placement",
        "InvalidParameterException: Placement strategies are not supported with FARGATE launch type.",
        "Fargate places tasks itself, and takes neither placement constraints nor strategies",
        "leave `placement_constraints` and `placement_strategy` out, or use `launch_type: EC2`",
        "ECS API reference, placementConstraints",
    ),
    Row(
        "long-arns-needed",
        "call",
        "",
        "new ARN and resource ID format must be enabled|long arn format must be enabled",
        "InvalidParameterException: The new ARN and resource ID format must be enabled to propagate tags. Opt"
        " in to the new format and try again.",
        "these credentials still get task ARNs of the old format, which cannot have tags",
        "turn the setting on, `aws ecs put-account-setting-default --name taskLongArnFormat --value enabled`,"
        " for this user or role too where it has a setting of its own; or leave `labels`, `propagate_tags`"
        " and ECS managed tags out",
        "hashicorp/terraform-provider-aws#10762; aws-samples/jenkins-on-aws#9; aws/amazon-ecs-cli#744",
    ),
    Row(
        "service-linked-role-missing",
        "call",
        "",
        "service.linked role",
        "InvalidParameterException: Unable to assume the service linked role. Please verify that the ECS"
        " service linked role exists.",
        "the account lacks the role AWSServiceRoleForECS, which ECS uses for network interfaces",
        "create it, `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`, and apply"
        " again; right after the account's first cluster was made, wait a minute",
        "awslabs/fargatecli#35; aws-solutions/cost-optimizer-for-amazon-workspaces#13",
    ),
    Row(
        "overrides-too-long",
        "call",
        "",
        "overrides? (length|size|are too|is too)",
        "InvalidParameterException: Container Overrides length must be at most 8192",
        "the overrides, mostly `command` and `env`, are more than 8,192 characters long",
        "move long values into files, parameters (`secrets`) or the environment of the container in"
        " `task_definition`",
        "artilleryio/artillery#2584; aws-samples/sample-autonomous-cloud-coding-agents#502",
    ),
    Row(
        "override-of-unknown-container",
        "call",
        "",
        "override for container named .* is not a container",
        "InvalidParameterException: Override for container named main is not a container in the"
        " TaskDefinition.",
        "the definition has no container of this name",
        "correct `container_name`, or compile again if the definition has changed",
        "azavea/django-ecsmanage#21",
    ),
)
