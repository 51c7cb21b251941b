"""What ECS says of a task that stopped before its job ran: image, log, secrets, volumes, roles, network."""

from typing import Final

from ecsplan_applier.sayings import Row

_STOPPED: Final = "ECS developer guide, stopped tasks error codes"

FAILED_STARTS: Final[tuple[Row, ...]] = (
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
        "local-image",
        "stop",
        "",
        "CannotPullContainerError: (podman|docker) pull ",
        "TaskFailedToStart: CannotPullContainerError: podman pull example/job:9: manifest unknown",
        "the embedded ECS could not get the image: the container engine of this machine did not pull it",
        "pull it by hand with the same engine, which shows what is wrong: its name, this machine's network,"
        " the login to the registry; `--runner process` runs the command without the image",
        "docs/local.md",
    ),
    Row(
        "image-denied",
        "stop",
        "",
        "CannotPull(Container|ECRContainer)Error.*(denied|unauthorized|forbidden|\\b403\\b|no basic auth|"
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
        "CannotPull(Container|ECRContainer)Error.*(not found|manifest unknown|does not exist|\\b404\\b)",
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
        "i/o|\\beof\\b|refused)",
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
        "CannotPull(Container|ECRContainer)Error.*(toomanyrequests|rate limit|\\b429\\b)",
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
        "CannotPull.*(match(ing|es)? (the specified )?platform|match for platform|no matching manifest"
        "|architecture)|exec format error",
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
        "no-route-at-start",
        "stop",
        "",
        "ResourceInitializationError.*(registry auth|\\bsecrets?\\b|\\bssm\\b)"
        ".*(i/o timeout|timed out|deadline exceeded|connection issue|dial tcp|no such host)",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: The task "
        "cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon"
        " ECR. RequestError: send request failed caused by: dial tcp 192.0.2.1:443: i/o timeout",
        "the task has no way to ECR, Secrets Manager or Systems Manager",
        "public subnets need assignPublicIp ENABLED, private ones a NAT gateway or endpoints for these"
        " services",
        _STOPPED,
    ),
    Row(
        "secret-refused",
        "stop",
        "",
        "ResourceInitializationError.*(registry auth|\\bsecrets?\\b|\\bssm\\b|parameter store)",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: "
        "execution resource retrieval failed: unable to retrieve secret from asm",
        "a secret or the registry's credentials could not be fetched",
        "check the names in `secrets`, allow secretsmanager:GetSecretValue, ssm:GetParameters and kms:Decrypt"
        " to the execution role, and give the task a way to these services",
        _STOPPED,
    ),
    Row(
        "log-stream-refused",
        "stop",
        "",
        "ResourceInitializationError.*\\b(logs?|logger|cloudwatch)\\b",
        "TaskFailedToStart: ResourceInitializationError: unable to create CloudWatch log stream",
        "the log stream could not be created",
        "allow logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents to the execution role, and"
        " give the task a way to CloudWatch Logs",
        _STOPPED,
    ),
    Row(
        "volume-refused",
        "stop",
        "",
        "ResourceInitializationError.*\\b(efs|mount\\w*|volumes?)\\b|\\bEBS\\b|failed to invoke EFS",
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
)
