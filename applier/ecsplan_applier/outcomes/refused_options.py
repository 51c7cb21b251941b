"""Error patterns of RunTask options that do not match each other or the cluster, and of ECS Exec."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

REFUSED_OPTIONS: Final[tuple[ErrorPattern, ...]] = (
    ErrorPattern(
        "public-ip-unsupported",
        "call",
        "",
        "assign public ip is not supported",
        "InvalidParameterException: Assign public IP is not supported for this launch type.",
        "the task would run on container instances, whose tasks get no public IP address; without a launch"
        " type, the cluster's default capacity provider strategy decides",
        "use `launch_type: FARGATE`; or write `assign_public_ip: false`, and use private subnets that"
        " have a NAT gateway",
        "PrefectHQ/prefect#19320",
    ),
    ErrorPattern(
        "platform-version-on-instances",
        "call",
        "",
        "platform version must be null",
        "InvalidParameterException: The platform version must be null when specifying an EC2 launch type.",
        "only Fargate has platform versions, and the task would run on container instances",
        "remove `platform_version`, or use `launch_type: FARGATE`",
        "ansible-collections/community.aws#770; apache/airflow#17276",
    ),
    ErrorPattern(
        "network-not-awsvpc",
        "call",
        "",
        "network configuration is not valid for the given .?networkmode",
        "InvalidParameterException: Network Configuration is not valid for the given networkMode of this task"
        " definition.",
        "the request names subnets, and the definition's network mode is not awsvpc",
        "remove the keys of the network, or set networkMode awsvpc in `task_definition`",
        "aws-actions/amazon-ecs-deploy-task-definition#616; boltops-tools/ufo#112",
    ),
    ErrorPattern(
        "capacity-providers-mixed",
        "call",
        "",
        "mix of capacity providers",
        "InvalidParameterException: A capacity provider strategy cannot contain a mix of capacity providers"
        " using Auto Scaling groups and Fargate providers. Specify one or the other and try again.",
        "the strategy mixes Fargate's capacity providers with others",
        "use either FARGATE and FARGATE_SPOT or the providers of Auto Scaling groups in"
        " `capacity_provider_strategy`",
        "terraform-aws-modules/terraform-aws-ecs#68",
    ),
    ErrorPattern(
        "placement-on-fargate",
        "call",
        "",
        "placement (constraints?|strateg\\w+)[^.]*not supported|not supported[^.]*placement",
        "InvalidParameterException: Placement strategies are not supported with FARGATE launch type.",
        "Fargate places tasks itself and accepts neither placement constraints nor strategies",
        "remove `placement_constraints` and `placement_strategy`, or use `launch_type: EC2`",
        "ECS API reference, placementConstraints",
    ),
    # An opt-in setting, which old accounts, users and roles may still have disabled.
    ErrorPattern(
        "long-arns-needed",
        "call",
        "",
        "new ARN and resource ID format must be enabled|long arn format must be enabled",
        "InvalidParameterException: The new ARN and resource ID format must be enabled to propagate tags. Opt"
        " in to the new format and try again.",
        "these credentials still get task ARNs in the old format, which do not support tags",
        "enable the setting with `aws ecs put-account-setting-default --name taskLongArnFormat --value"
        " enabled`,"
        " and for this user or role if it has its own setting; or remove `labels`, `propagate_tags` and ECS"
        " managed tags",
        "hashicorp/terraform-provider-aws#10762; aws-samples/jenkins-on-aws#9; aws/amazon-ecs-cli#744",
    ),
    # Before `role-cannot-be-assumed`, whose remedy is about the roles of the job.
    ErrorPattern(
        "service-linked-role-missing",
        "call",
        "",
        "service.linked role",
        "InvalidParameterException: Unable to assume the service linked role. Please verify that the ECS"
        " service linked role exists.",
        "the account does not have the role AWSServiceRoleForECS, which ECS uses for network interfaces",
        "create it with `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`, and apply"
        " again; right after the account's first cluster was created, wait a minute first",
        "awslabs/fargatecli#35; aws-solutions/cost-optimizer-for-amazon-workspaces#13",
    ),
    ErrorPattern(
        "overrides-too-long",
        "call",
        "",
        "overrides? (length|size|are too|is too)",
        "InvalidParameterException: Container Overrides length must be at most 8192",
        "the overrides, mostly `command` and `env`, are longer than 8,192 characters",
        "move long values into files, parameters (`secrets`) or the environment of the container in"
        " `task_definition`",
        "artilleryio/artillery#2584; aws-samples/sample-autonomous-cloud-coding-agents#502",
    ),
    ErrorPattern(
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
    ErrorPattern(
        "exec-not-connected",
        "call",
        "TargetNotConnectedException",
        "",
        "TargetNotConnectedException: The execute command failed due to an internal error. Try again later.",
        "the ECS Exec agent runs, and has no connection to Session Manager",
        "allow the task role ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and"
        " OpenDataChannel; give the task a route to ssmmessages: a public address, a NAT gateway, or the"
        " endpoint; credentials in the container's environment replace those of the task role",
        "ECS API reference, ExecuteCommand; aws/aws-cli#6456; aws/amazon-ssm-agent#435",
        operation="ExecuteCommand",
    ),
    ErrorPattern(
        "exec-agent-not-running",
        "call",
        "",
        "execute command was not enabled|execute command agent isn.?t running",
        "InvalidParameterException: The execute command failed because execute command was not enabled when"
        " the task was run or the execute command agent isn't running. Wait and try again or run a new task"
        " with execute command enabled and try again.",
        "the task was started without ECS Exec, or its agent does not run",
        "write `enable_execute_command: true` and a task role that allows ssmmessages in the manifest, and"
        " run the job again",
        "aws/aws-sdk-js#3898",
        operation="ExecuteCommand",
    ),
)
