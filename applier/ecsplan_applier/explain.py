"""What ECS says, what it means, and what to do about it: one table, with the source of each row.

`docs/failures.md` shows the same rows; a test compares the two.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["call", "failure", "stop"]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that ECS says.

    Attributes:
        name: A stable short name, also the heading in `docs/failures.md`.
        kind: `call`: a call was refused. `failure`: RunTask started fewer tasks. `stop`: a task stopped.
        code: A regular expression for the whole error code or stop code; empty matches any.
        text: A regular expression that is found in the message or reason, whatever its case.
        says: How ECS says it: `CODE: text`, or the bare reason of a `failure`. What varies is made up.
        meaning: What it means.
        remedy: What to do.
        source: Who documents or reports it.
        operation: The operation that is refused, or `*`.
        exit_code: The exit code of the job's container, where that is what tells.
    """

    name: str
    kind: Kind
    code: str
    text: str
    says: str
    meaning: str
    remedy: str
    source: str
    operation: str = "*"
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a message of AWS means and what to do; `name` is the row's."""

    name: str
    meaning: str
    remedy: str


OWN_REASON: Final = "ecsplan"
"""How every reason begins that an apply gives when it stops a task."""

_REASONS: Final = "ECS developer guide, API failure reasons"
_STOPPED: Final = "ECS developer guide, stopped tasks error codes"
_COMMON: Final = "AWS common errors"

ROWS: Final[tuple[Row, ...]] = (
    Row(
        "cluster-not-found",
        "call",
        "ClusterNotFoundException",
        "",
        "ClusterNotFoundException: Cluster not found.",
        "there is no such cluster in this account and region",
        "check `cluster`, the region and the account; `aws ecs list-clusters` shows what there is",
        "botocore ecs model, ClusterNotFoundException",
    ),
    Row(
        "cluster-inactive",
        "call",
        "",
        "cluster was inactive|cluster is inactive",
        "ClientException: The referenced cluster was inactive.",
        "the cluster was deleted",
        "name another `cluster`, or create it again",
        "ECS API reference, RunTask",
    ),
    Row(
        "no-container-instances",
        "call",
        "InvalidParameterException",
        "no container instances were found",
        "InvalidParameterException: No Container Instances were found in your cluster.",
        "launch types EC2 and EXTERNAL need registered container instances, and the cluster has none",
        "add instances to the cluster, or use `launch_type: FARGATE`",
        "PrefectHQ/prefect ecs_worker.py; ECS API reference, RunTask",
    ),
    Row(
        "definition-inactive",
        "call",
        "",
        "taskdefinition is inactive",
        "InvalidParameterException: TaskDefinition is inactive",
        "the revision was deregistered and cannot start tasks",
        "compile again: a family without an ACTIVE revision that fits gets a new one",
        "DefangLabs/defang#775",
    ),
    Row(
        "definition-missing",
        "call",
        "ClientException",
        "taskdefinition not found|unable to (describe|find) task definition",
        "ClientException: TaskDefinition not found.",
        "there is no such revision in this account and region",
        "compile again with the credentials and the region of this apply",
        "botocore ecs model, ClientException",
    ),
    Row(
        "network-missing",
        "call",
        "InvalidParameterException",
        "network configuration must be provided",
        "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' "
        "is specified.",
        "the definition uses network mode awsvpc, and the request names no subnets",
        "set `vpc_id` or `network_configuration`, or compile without --offline to use the default VPC",
        "emulators of the ECS API; hashicorp/terraform-provider-aws issues",
    ),
    Row(
        "subnet-missing",
        "call",
        "",
        "error retrieving subnet information|InvalidSubnetID",
        "InvalidParameterException: Error retrieving subnet information for [subnet-0]: The subnet ID"
        " 'subnet-0' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
        "a subnet in the request does not exist in this account and region",
        "compile again, or correct `network_configuration`",
        "ECS API reference, RunTask; EC2 error codes",
    ),
    Row(
        "security-group-missing",
        "call",
        "",
        "error retrieving security group|InvalidGroup",
        "InvalidParameterException: Error retrieving security group information for [sg-0]: The "
        "security group 'sg-0' does not exist (ErrorCode: InvalidGroup.NotFound)",
        "a security group in the request does not exist, or belongs to another VPC",
        "correct `securityGroups` in `network_configuration`",
        "ECS API reference, RunTask; EC2 error codes",
    ),
    Row(
        "role-cannot-be-assumed",
        "call",
        "",
        "unable to assume the (service linked )?role|role is (not valid|invalid)|invalid.*role",
        "ClientException: ECS was unable to assume the role 'arn:aws:iam::123456789012:role/job' that"
        " was provided for this task.",
        "ECS cannot assume a role of the definition or the request",
        "check that the role exists and trusts ecs-tasks.amazonaws.com",
        "ECS developer guide, task execution role",
    ),
    Row(
        "pass-role-denied",
        "call",
        "AccessDenied.*",
        "iam:PassRole",
        "AccessDeniedException: User: arn:aws:iam::123456789012:user/ci is not authorized to perform:"
        " iam:PassRole on resource: arn:aws:iam::123456789012:role/job",
        "these credentials may not hand the role to ECS",
        "allow iam:PassRole on the execution role and the task role",
        "IAM user guide, passing roles to services",
    ),
    Row(
        "run-token-conflict",
        "call",
        "ConflictException",
        "",
        "ConflictException: The specified client token is already in use with other request parameters.",
        "the run id was used with another request for this job",
        "use another --run-id for another request",
        "ECS developer guide, ensuring idempotency",
        "RunTask",
    ),
    Row(
        "launch-type-unsupported",
        "call",
        "",
        "does not support launch_type|not compatible with|no capacity provider",
        "InvalidParameterException: Task definition does not support launch_type FARGATE.",
        "the definition or the cluster does not allow where the job is to run",
        "check `launch_type`, the cluster's capacity providers and `requiresCompatibilities`",
        "ECS API reference, RunTask",
    ),
    Row(
        "platform-unsupported",
        "call",
        "PlatformUnknownException|PlatformTaskDefinitionIncompatibilityException|UnsupportedFeatureException",
        "",
        "PlatformUnknownException: The specified platform version does not exist.",
        "the platform version does not exist or lacks what the definition asks for",
        "leave `platform_version` out, or name one that has it",
        "botocore ecs model, RunTask errors",
    ),
    Row(
        "blocked",
        "call",
        "BlockedException",
        "",
        "BlockedException: Your account is currently blocked.",
        "AWS has blocked the account",
        "contact AWS Support",
        "botocore ecs model, BlockedException",
    ),
    Row(
        "execute-command-unsupported",
        "call",
        "InvalidParameterException",
        "execute.?command",
        "InvalidParameterException: The service couldn't run execute command: no task role.",
        "ECS Exec needs a task role",
        "set `task_role_arn`, or leave `enable_execute_command` out",
        "ECS developer guide, ECS Exec",
    ),
    Row(
        "credentials-expired",
        "call",
        "ExpiredToken(Exception)?|RequestExpired|UnrecognizedClientException|InvalidClientTokenId"
        "|InvalidSignatureException|SignatureDoesNotMatch|AuthFailure|IncompleteSignature",
        "",
        "ExpiredTokenException: The security token included in the request is expired",
        "the credentials are expired or not valid, or this machine's clock is wrong",
        "sign in again; `aws sts get-caller-identity` tells whether it worked. Running tasks go on meanwhile",
        _COMMON,
    ),
    Row(
        "denied",
        "call",
        "AccessDenied(Exception)?|UnauthorizedOperation|NotAuthorized|403|OptInRequired",
        "",
        "AccessDeniedException: User: arn:aws:iam::123456789012:user/ci is not authorized to perform:"
        " ecs:RunTask",
        "these credentials may not do this",
        "allow the operation in the policy of the user or role, or use other credentials",
        _COMMON,
    ),
    Row(
        "throttled",
        "call",
        "Throttl.*|RequestLimitExceeded|TooManyRequestsException|ThrottledException",
        "",
        "ThrottlingException: Rate exceeded",
        "the account makes more calls than AWS allows, and went on doing so",
        "try again later; a resumed apply starts nothing twice",
        "ECS API request throttling page",
    ),
    Row(
        "too-many-registrations",
        "call",
        "",
        "too many concurrent attempts",
        "ClientException: Too many concurrent attempts to create a new revision of the specified family.",
        "others register revisions of this family without a pause",
        "try again later, or give the jobs families of their own",
        "PrefectHQ/prefect#15865; hashicorp/terraform-provider-aws#9777",
    ),
    Row(
        "not-reached",
        "call",
        "NotReached",
        "",
        "NotReached: Could not connect to the endpoint URL",
        "no connection to AWS",
        "check the network, the region, proxies and --endpoint-url",
        "botocore, EndpointConnectionError and others",
    ),
    Row(
        "no-answer",
        "call",
        "NoAnswer|TimedOut",
        "",
        "NoAnswer: Connection was closed before we received a valid response",
        "the connection broke before AWS answered; the call may have had its effect",
        "apply again with the same run id: it starts nothing twice",
        "botocore, ReadTimeoutError, ConnectionClosedError",
    ),
    Row(
        "bad-answer",
        "call",
        "BadAnswer",
        "",
        "BadAnswer: the answer's tasks is a str, not a list",
        "what answered is not AWS, or speaks another version of the API",
        "check --endpoint-url and proxies",
        "ecsplan",
    ),
    Row(
        "bad-request",
        "call",
        "BadRequest",
        "",
        "BadRequest: Parameter validation failed",
        "the request does not fit the SDK's model of the API",
        "compile again with this version of ecsplan; patches may have spoilt it",
        "botocore, ParamValidationError",
    ),
    Row(
        "service-trouble",
        "call",
        "ServerException|InternalFailure|InternalError|ServiceUnavailable.*|5\\d\\d",
        "",
        "ServerException: Service Unavailable. Please try again later.",
        "AWS has trouble",
        "try again later; see the AWS Health Dashboard",
        _COMMON,
    ),
    Row(
        "instances-full-cpu",
        "failure",
        "",
        "RESOURCE:CPU",
        "RESOURCE:CPU",
        "no container instance has enough CPU left",
        "add instances, wait for others' tasks to end, or ask for less `cpu`",
        _REASONS,
    ),
    Row(
        "instances-full-memory",
        "failure",
        "",
        "RESOURCE:MEMORY",
        "RESOURCE:MEMORY",
        "no container instance has enough memory left",
        "add instances, wait for others' tasks to end, or ask for less `memory`",
        _REASONS,
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
    ),
    Row(
        "instances-full-ports",
        "failure",
        "",
        "RESOURCE:(PORTS|UDP)",
        "RESOURCE:PORTS",
        "the host ports that the job asks for are taken on every instance",
        "leave hostPort out, or add instances",
        _REASONS,
    ),
    Row(
        "instances-full-gpu",
        "failure",
        "",
        "RESOURCE:GPU",
        "RESOURCE:GPU",
        "no container instance has a free GPU",
        "add GPU instances, or wait",
        _REASONS,
    ),
    Row(
        "instances-full",
        "failure",
        "",
        "RESOURCE:",
        "RESOURCE:*",
        "no container instance has room for the task",
        "add instances, or ask for less",
        _REASONS,
    ),
    Row(
        "agent-disconnected",
        "failure",
        "",
        "^AGENT",
        "AGENT",
        "the ECS agent of the container instance is not connected",
        "look at the instance: agent, network, disk",
        _REASONS,
    ),
    Row(
        "attribute-missing",
        "failure",
        "",
        "^ATTRIBUTE|placement constraint",
        "ATTRIBUTE",
        "no container instance has what the definition or a placement constraint requires",
        "check `placement_constraints`, the log driver, and the version of the ECS agent",
        _REASONS,
    ),
    Row(
        "vcpu-quota",
        "failure",
        "",
        "limit on the number of vcpus",
        "You've reached the limit on the number of vCPUs you can run concurrently",
        "the account's Fargate vCPU quota is used up",
        "raise the quota in Service Quotas, or run fewer tasks at once",
        "PrefectHQ/prefect-aws#282",
    ),
    Row(
        "no-capacity",
        "failure",
        "",
        "capacity is unavailable|no capacity|gave no reason",
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        "AWS has no room for the task in these subnets' availability zones",
        "try again later, name subnets in other zones, or use FARGATE where it is FARGATE_SPOT",
        _REASONS,
    ),
    Row(
        "logging-refused",
        "stop",
        "",
        "failed to (validate|initialize) logg(er|ing) (args|driver)|failed to initialize logging",
        "TaskFailedToStart: ResourceInitializationError: failed to validate logger args: create "
        "stream has been retried 1 times: failed to create Cloudwatch log stream: "
        "AccessDeniedException",
        "the log driver could not be set up: the group is missing, or the execution role may not write to it",
        "allow logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents to the execution role,"
        " or create the group that the job logs to",
        "PrefectHQ/prefect-aws ecs.py; ECS developer guide, awslogs",
    ),
    Row(
        "image-denied",
        "stop",
        "",
        "CannotPull(Container|ECRContainer)Error.*(denied|unauthorized|forbidden|403|no basic auth|"
        "repository does not exist or may require)",
        "TaskFailedToStart: CannotPullECRContainerError: AccessDeniedException: not authorized to "
        "perform: ecr:GetAuthorizationToken",
        "the registry refused the image",
        "allow ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to the execution"
        " role, or set repositoryCredentials",
        _STOPPED,
    ),
    Row(
        "image-missing",
        "stop",
        "",
        "CannotPull(Container|ECRContainer)Error.*(not found|manifest unknown|does not exist|404)",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s):"
        " failed to resolve ref example/job:9: not found",
        "there is no such image, tag or platform in the registry",
        "check `image` and its tag, and that it exists for the task's CPU architecture",
        _STOPPED,
    ),
    Row(
        "image-no-route",
        "stop",
        "",
        "CannotPull(Container|ECRContainer)Error.*(timeout|timed out|deadline|dial tcp|no route|canceled|"
        "i/o|eof|refused)",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 5 time(s):"
        " dial tcp 192.0.2.1:443: i/o timeout",
        "the task has no way to the registry",
        "public subnets need assignPublicIp ENABLED, private ones a NAT gateway or endpoints for ECR and S3",
        _STOPPED,
    ),
    Row(
        "image-rate-limited",
        "stop",
        "",
        "CannotPull(Container|ECRContainer)Error.*(toomanyrequests|rate limit|429)",
        "TaskFailedToStart: CannotPullContainerError: toomanyrequests: You have reached your pull "
        "rate limit.",
        "the registry limits pulls",
        "pull from Amazon ECR Public or a pull-through cache, or set repositoryCredentials",
        _STOPPED,
    ),
    Row(
        "image-platform",
        "stop",
        "",
        "CannotPull.*(platform|architecture)|exec format error",
        "TaskFailedToStart: CannotPullContainerError: image Manifest does not contain descriptor "
        "matching platform 'linux/amd64'",
        "the image is for another CPU architecture or operating system",
        "set `runtime_platform`, or build the image for the task's platform",
        _STOPPED,
    ),
    Row(
        "disk-full",
        "stop",
        "",
        "no space left on device",
        "TaskFailedToStart: write /var/lib/data: no space left on device",
        "the task's disk is full",
        "set `ephemeral_storage_gib`, or use a smaller image",
        _STOPPED,
    ),
    Row(
        "image-other",
        "stop",
        "",
        "CannotPull(Container|ECRContainer|ImageManifest)Error",
        "TaskFailedToStart: CannotPullContainerError: ref pull has been retried 1 time(s): failed to "
        "extract layer",
        "the image could not be pulled",
        "check `image`, the execution role, and the task's way to the registry",
        _STOPPED,
    ),
    Row(
        "log-stream-refused",
        "stop",
        "",
        "ResourceInitializationError.*(log|cloudwatch)",
        "TaskFailedToStart: ResourceInitializationError: unable to create CloudWatch log stream",
        "the log stream could not be created",
        "allow logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents to the execution role, and"
        " give the task a way to CloudWatch Logs",
        _STOPPED,
    ),
    Row(
        "secret-refused",
        "stop",
        "",
        "ResourceInitializationError.*(secret|ssm|parameter|registry auth)",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: "
        "execution resource retrieval failed: unable to retrieve secret from asm",
        "a secret or the registry's credentials could not be fetched",
        "check the names in `secrets`, allow secretsmanager:GetSecretValue, ssm:GetParameters and kms:Decrypt"
        " to the execution role, and give the task a way to these services",
        _STOPPED,
    ),
    Row(
        "volume-refused",
        "stop",
        "",
        "ResourceInitializationError.*(efs|mount|volume)|EBS|failed to invoke EFS",
        "TaskFailedToStart: ResourceInitializationError: failed to invoke EFS utils commands to set "
        "up EFS volumes",
        "a volume could not be attached or mounted",
        "check the volume's id, its mount targets and security groups (NFS, port 2049), and the roles",
        _STOPPED,
    ),
    Row(
        "role-not-assumed",
        "stop",
        "",
        "unable to assume|failed to assume|cannot assume|ECS was unable to assume the role",
        "TaskFailedToStart: ECS was unable to assume the role 'arn:aws:iam::123456789012:role/job' "
        "that was provided for this task.",
        "ECS could not assume the execution role or the task role",
        "check that the role exists and trusts ecs-tasks.amazonaws.com",
        _STOPPED,
    ),
    Row(
        "initialization",
        "stop",
        "",
        "ResourceInitializationError",
        "TaskFailedToStart: ResourceInitializationError: unable to prepare the task",
        "something that the task needs before it starts could not be set up",
        "the reason names it; most often the execution role or the way to an AWS service is missing",
        _STOPPED,
    ),
    Row(
        "network-interface",
        "stop",
        "",
        "timeout waiting for network interface|network interface provisioning|ENI.*(provision|attach)",
        "TaskFailedToStart: Timeout waiting for network interface provisioning to complete.",
        "the task's network interface was not ready in time",
        "try again; check that the subnets have free addresses",
        _STOPPED,
    ),
    Row(
        "internal-error",
        "stop",
        "",
        "InternalError|Unexpected EC2 error|ServerError",
        "TaskFailedToStart: InternalError: unable to create container due to image pull exception",
        "ECS had trouble with the task",
        "apply again",
        _STOPPED,
    ),
    Row(
        "local-endpoint-ended",
        "stop",
        "TerminationNotice",
        "endpoint that ran this task",
        "TerminationNotice: The endpoint that ran this task has ended.",
        "the embedded ECS ended while the task ran, and its tasks end with it",
        "apply again with another run id; `ecsplan local` serves longer than one command",
        "docs/local.md",
    ),
    Row(
        "spot-interruption",
        "stop",
        "SpotInterruption|TerminationNotice",
        "",
        "SpotInterruption: Your Spot Task was interrupted.",
        "AWS took the Spot capacity back",
        "apply again, or use `launch_type: FARGATE` for jobs that must not be interrupted",
        "ECS developer guide, Fargate Spot termination notices",
    ),
    Row(
        "host-ended",
        "stop",
        "",
        "host (ec2|\\(instance|instance).*(terminat|stopp)|container instance.*(deregist|drain)",
        "TaskFailedToStart: Host EC2 (instance i-0123456789abcdef0) terminated.",
        "the container instance that the task ran on went away",
        "apply again",
        _STOPPED,
    ),
    Row(
        "out-of-memory",
        "stop",
        "",
        "OutOfMemory",
        "EssentialContainerExited: Essential container in task exited; OutOfMemoryError: Container "
        "killed due to memory usage",
        "a container used more memory than it has",
        "raise `memory`, or make the job use less",
        _STOPPED,
    ),
    Row(
        "killed",
        "stop",
        "EssentialContainerExited",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the container was killed (SIGKILL): most often for using more memory than it has, or at the end of"
        " its stopTimeout",
        "raise `memory`, or handle SIGTERM in time",
        "ECS developer guide, exit code 137",
        exit_code=137,
    ),
    Row(
        "command-not-executable",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the command was found and could not be executed",
        "check its permissions, and that it is for the image's CPU architecture",
        "POSIX shell: exit status 126",
        exit_code=126,
    ),
    Row(
        "command-not-found",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the command was not found in the image",
        "check `command`, and the image's entry point and PATH",
        "POSIX shell: exit status 127",
        exit_code=127,
    ),
    Row(
        "cannot-start-container",
        "stop",
        "",
        "CannotStartContainerError|CannotCreateContainerError|executable file not found|"
        "ContainerRuntimeError|OCI runtime",
        "TaskFailedToStart: CannotStartContainerError: failed to create shim task: OCI runtime create"
        " failed: exec: no-such-command: executable file not found in $PATH",
        "the container could not be started: most often its command does not exist in the image",
        "check `command`, the image's entry point, and the definition's limits and mounts",
        _STOPPED,
    ),
    Row(
        "dependency",
        "stop",
        "",
        "DependencyFailed|dependency.*(did not|failed)|unhealthy",
        "TaskFailedToStart: DependencyFailed: container database did not become healthy",
        "a container that another one depends on did not reach its condition",
        "look at the log and the health check of that container",
        "ECS developer guide, dependsOn",
    ),
    Row(
        "stopped-by-person",
        "stop",
        "UserInitiated",
        "",
        "UserInitiated: Task stopped by user",
        "somebody stopped the task",
        "CloudTrail names who called StopTask",
        "botocore ecs model, Task.stopCode",
    ),
    Row(
        "stopped-by-service",
        "stop",
        "ServiceSchedulerInitiated",
        "",
        "ServiceSchedulerInitiated: Scaling activity initiated by deployment",
        "a service's scheduler stopped the task",
        "look at the service's events",
        "botocore ecs model, Task.stopCode",
    ),
    Row(
        "failed-to-start",
        "stop",
        "TaskFailedToStart",
        "",
        "TaskFailedToStart: Task failed to start",
        "the task failed before any container ran",
        "the reason says why; `aws ecs describe-tasks` shows all of it for about an hour",
        "botocore ecs model, Task.stopCode",
    ),
)
"""The first row that fits counts; particular ones stand before general ones."""


def explain_call(operation: str, code: str, text: str) -> Explanation | None:
    """Return what a refused call means, or None where the table has nothing on it."""
    rows = (row for row in ROWS if row.kind == "call" and row.operation in {"*", operation})
    return _first(rows, code, text)


def explain_failure(reason: str) -> Explanation | None:
    """Return what a reason of RunTask's `failures` means, or None."""
    return _first((row for row in ROWS if row.kind == "failure"), "", reason)


def explain_stop(code: str, reason: str, exit_code: int | None) -> Explanation | None:
    """Return what made a task stop, or None where it simply ended or ecsplan itself stopped it.

    Args:
        code: ECS's stop code, or "".
        reason: ECS's reasons.
        exit_code: Exit code of the job's container, or None.
    """
    if exit_code == 0 or reason.startswith(OWN_REASON):
        return None
    rows = (row for row in ROWS if row.kind == "stop" and row.exit_code in {None, exit_code})
    return _first(rows, code, reason)


def _first(rows: Iterable[Row], code: str, text: str) -> Explanation | None:
    for row in rows:
        fits = not row.code or re.fullmatch(row.code, code)
        if fits and re.search(row.text, text, re.IGNORECASE | re.DOTALL):
            return Explanation(row.name, row.meaning, row.remedy)
    return None
