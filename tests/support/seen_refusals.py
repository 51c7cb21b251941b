"""Messages with which ECS refused RegisterTaskDefinition, RunTask and ExecuteCommand in public reports.

Names and accounts are replaced. `source` is the issue where the words were read.
"""

from dataclasses import dataclass

INVALID = "InvalidParameterException"
CLIENT = "ClientException"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What ECS said to `operation`, and the name of the row that explains it."""

    row: str
    operation: str
    code: str
    message: str
    source: str


REFUSALS = (
    Refusal(
        "public-ip-unsupported",
        "RunTask",
        INVALID,
        "Assign public IP is not supported for this launch type.",
        "PrefectHQ/prefect#19320",
    ),
    Refusal(
        "platform-version-on-instances",
        "RunTask",
        INVALID,
        "The platform version must be null when specifying an EC2 launch type.",
        "ansible-collections/community.aws#770",
    ),
    Refusal(
        "network-not-awsvpc",
        "RunTask",
        INVALID,
        "Network Configuration is not valid for the given networkMode of this task definition.",
        "aws-actions/amazon-ecs-deploy-task-definition#616",
    ),
    Refusal(
        "network-not-awsvpc",
        "RunTask",
        INVALID,
        "Network Configuration is not valid for the given `networkMode` of this task definition.",
        "muya/amazon-ecs-run-task#7",
    ),
    Refusal(
        "capacity-providers-mixed",
        "RunTask",
        INVALID,
        "A capacity provider strategy cannot contain a mix of capacity providers using Auto"
        " Scaling groups and"
        " Fargate providers. Specify one or the other and try again.",
        "terraform-aws-modules/terraform-aws-ecs#68",
    ),
    Refusal(
        "long-arns-needed",
        "RunTask",
        INVALID,
        "The new ARN and resource ID format must be enabled to propagate tags. Opt in to the new format and"
        " try again.",
        "hashicorp/terraform-provider-aws#10762",
    ),
    Refusal(
        "long-arns-needed",
        "RunTask",
        INVALID,
        "The new ARN and resource ID format must be enabled to work with ECS managed tags. Opt in to the new"
        " format and try again.",
        "aws-samples/jenkins-on-aws#9",
    ),
    Refusal(
        "service-linked-role-missing",
        "RunTask",
        INVALID,
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        "aws-solutions/cost-optimizer-for-amazon-workspaces#13",
    ),
    Refusal(
        "overrides-too-long",
        "RunTask",
        INVALID,
        "Container Overrides length must be at most 8192",
        "artilleryio/artillery#2584",
    ),
    Refusal(
        "override-of-unknown-container",
        "RunTask",
        INVALID,
        "Override for container named django is not a container in the TaskDefinition.",
        "azavea/django-ecsmanage#21",
    ),
    Refusal("another-region", "RunTask", INVALID, "Invalid Region in ARN", "aws/aws-cli#3175"),
    Refusal("network-missing", "RunTask", INVALID, "subnets can not be empty.", "awslabs/fargatecli#73"),
    Refusal(
        "security-group-missing",
        "RunTask",
        INVALID,
        "security group cannot be blank",
        "awslabs/fargatecli#73",
    ),
    Refusal(
        "another-cluster",
        "DescribeTasks",
        INVALID,
        "Invalid identifier: Identifier is for cluster other. Your cluster is jobs",
        "docker-archive-public/docker.compose-ecs#19",
    ),
    Refusal(
        "no-container-instances",
        "RunTask",
        INVALID,
        "No Container Instances were found in your cluster.",
        "linz/geostore#1687",
    ),
    Refusal(
        "platform-unsupported",
        "RunTask",
        "PlatformTaskDefinitionIncompatibilityException",
        "One or more of the requested capabilities are not supported.",
        "CircleCI-Public/aws-ecs-orb#121",
    ),
    Refusal(
        "definition-without-image",
        "RegisterTaskDefinition",
        CLIENT,
        "The container.image should not be null or empty.",
        "prefect-archive/prefect-aws#159",
    ),
    Refusal(
        "definition-without-memory",
        "RegisterTaskDefinition",
        CLIENT,
        "Invalid setting for container 'my-container'. At least one of 'memory' or"
        " 'memoryReservation' must be"
        " specified.",
        "sil-org/ecs-deploy#59",
    ),
    Refusal(
        "definition-dependency-unknown",
        "RegisterTaskDefinition",
        CLIENT,
        "Cannot depend on container + 'Daemon_ResolvConf_InitContainer' because it does not exist",
        "dagster-io/dagster#6926",
    ),
    Refusal(
        "definition-ports",
        "RegisterTaskDefinition",
        CLIENT,
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
        "aws/amazon-ecs-cli#1014",
    ),
    Refusal(
        "definition-ports",
        "RegisterTaskDefinition",
        CLIENT,
        "Invalid 'containerPort' setting for container 'container_1'.",
        "aws/aws-cli#7288",
    ),
    Refusal(
        "definition-log-options",
        "RegisterTaskDefinition",
        CLIENT,
        "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
        "terraform-linters/tflint-ruleset-aws#348",
    ),
    Refusal(
        "definition-too-large",
        "RegisterTaskDefinition",
        CLIENT,
        "Actual length: '66420'. Max allowed length is '65536' bytes.",
        "awsdocs/amazon-ecs-developer-guide#149",
    ),
    Refusal(
        "definition-malformed",
        "RegisterTaskDefinition",
        INVALID,
        "Unrecognized collection type class com.amazonaws.madison.frontend.RegisterTaskDefinitionRequest",
        "aws-actions/amazon-ecs-deploy-task-definition#610",
    ),
    Refusal(
        "too-many-registrations",
        "RegisterTaskDefinition",
        CLIENT,
        "Too many concurrent attempts to create a new revision of the specified family.",
        "dask/dask-cloudprovider#290",
    ),
    Refusal(
        "role-cannot-be-assumed",
        "RegisterTaskDefinition",
        CLIENT,
        "Role is not valid",
        "fabfuel/ecs-deploy#231",
    ),
    Refusal(
        "exec-not-connected",
        "ExecuteCommand",
        "TargetNotConnectedException",
        "The execute command failed due to an internal error. Try again later.",
        "aws/aws-cli#6456",
    ),
    Refusal(
        "exec-agent-not-running",
        "ExecuteCommand",
        INVALID,
        "The execute command failed because execute command was not enabled when the task was run or the"
        " execute command agent isn\u2019t running. Wait and try again or run a new task with execute command"
        " enabled and try again.",
        "aws/aws-sdk-js#3898",
    ),
    Refusal(
        "schedule-role-not-assumed",
        "CreateSchedule",
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        "aws/aws-sdk-js-v3#6494",
    ),
)
