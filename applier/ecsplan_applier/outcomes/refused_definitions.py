"""Error patterns of definitions that RegisterTaskDefinition refuses."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

_REGISTER: Final = "RegisterTaskDefinition"

REFUSED_DEFINITIONS: Final[tuple[ErrorPattern, ...]] = (
    ErrorPattern(
        "definition-without-image",
        "call",
        "",
        "image should not be null or empty",
        "ClientException: Container.image should not be null or empty.",
        "a container of the definition has no image",
        "set `image`, and `image` of every other container in `task_definition`",
        "prefect-archive/prefect-aws#159; aws/aws-cli#5924",
        _REGISTER,
    ),
    ErrorPattern(
        "definition-without-memory",
        "call",
        "",
        "at least one of 'memory' or 'memoryReservation'",
        "ClientException: Invalid setting for container 'main'. At least one of 'memory' or"
        " 'memoryReservation' must be specified.",
        "on container instances, the task or each of its containers needs a memory size",
        "set memory in `task_definition`, for the task or for the named container",
        "sil-org/ecs-deploy#59; getmoto/moto#7280",
        _REGISTER,
    ),
    # The stray plus sign in the example is part of ECS's message.
    ErrorPattern(
        "definition-dependency-unknown",
        "call",
        "",
        "cannot depend on container",
        "ClientException: Cannot depend on container + 'migrate' because it does not exist",
        "`dependsOn` names a container that does not exist in the definition",
        "correct `dependsOn` in `task_definition`, or add the container",
        "dagster-io/dagster#6926",
        _REGISTER,
    ),
    ErrorPattern(
        "definition-ports",
        "call",
        "",
        "host ports and container ports .*must match|invalid '(host|container)Port' setting",
        "ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings must"
        " match.",
        "a port mapping does not match the network mode, or has no containerPort",
        "with awsvpc or host, remove hostPort or set it to the containerPort; give every mapping a"
        " containerPort",
        "aws/amazon-ecs-cli#1014; pulumi/pulumi-awsx#935; aws/aws-cli#7288",
        _REGISTER,
    ),
    ErrorPattern(
        "definition-log-options",
        "call",
        "",
        "log driver \\S+ (requires|option)",
        "ClientException: Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else"
        " omit option.",
        "an option of the log driver is missing, or has a value that ECS does not accept",
        "correct `logConfiguration` in `task_definition` or `cloudwatch_logs_options`;"
        " `configure_cloudwatch_logs: true` sets what awslogs needs",
        "terraform-linters/tflint-ruleset-aws#348",
        _REGISTER,
    ),
    ErrorPattern(
        "definition-too-large",
        "call",
        "",
        "max allowed length is '?\\d+'? bytes",
        "ClientException: Actual length: '66420'. Max allowed length is '65536' bytes.",
        "the definition is larger than 64 KiB",
        "move environment variables into a file (`environmentFiles`), and long commands into the image",
        "awsdocs/amazon-ecs-developer-guide#149; vote/turnout#330",
        _REGISTER,
    ),
    # These messages come from the service's JSON parser, so they name no member.
    ErrorPattern(
        "definition-malformed",
        "call",
        "",
        "unrecognized collection type|can ?not be converted to|^unexpected (token|key|character)",
        "ClientException: Unrecognized collection type class"
        " com.amazonaws.madison.frontend.RegisterTaskDefinitionRequest",
        "ECS could not read the request: a member has an unexpected type",
        "run `ecsplan check`, and check what `task_definition_customizations` changes",
        "aws-actions/amazon-ecs-deploy-task-definition#610",
        _REGISTER,
    ),
)
