"""Error patterns of tasks that could not be prepared: secrets, logs, volumes, roles, network interfaces."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

_SETUP: Final = "ResourceInitializationError"
_PAGE: Final = "ECS developer guide, ResourceInitializationError errors"
_STOPPED: Final = "ECS developer guide, stopped tasks error codes"
_UNREACHABLE: Final = (
    "(time[d-]? ?out|deadli|request cancell?ed|context cancell?ed|connection issue|network"
    " (connection|config)|dial tcp|no such host|send request|unreachable|connection refused|unable to"
    " connect|signal: killed|netlink|could not connect)"
)
"""Wordings of a call whose host could not be reached, including messages that Fargate truncates."""
_SECRETS: Final = "(registry auth|\\bsecrets?\\b|\\bssm\\b|\\basm\\b|parameters?\\b)"
_LOGS: Final = "(\\blogg(er|ing)\\b|\\blog[- ](stream|group|driver)|cloudwatch)"
_SETUP_OR_START: Final = f"{_SETUP}|Cannot(Start|Create)ContainerError|ContainerRuntime\\w*Error|"
_SETUP_OR_NONE: Final = f"{_SETUP}|"

FAILED_SETUPS: Final[tuple[ErrorPattern, ...]] = (
    # First: the service errors that follow in the message match other patterns, too.
    ErrorPattern(
        "env-file",
        "stop",
        "",
        "env(ironment)?( variables?)?[- ]?files?\\b",
        "TaskFailedToStart: ResourceInitializationError: failed to download env files: service call has"
        " been retried 1 time(s): operation error S3: HeadObject, StatusCode: 403, Forbidden",
        "an environment file could not be fetched from S3",
        "check the ARNs in `environmentFiles`; allow s3:GetObject and s3:GetBucketLocation for the execution"
        " role (`execution_role_arn`); private subnets need a NAT gateway or an endpoint for S3",
        "ECS developer guide, environment files; aws/aws-cdk#12720",
        error_pattern=_SETUP_OR_NONE,
    ),
    # Before `log-group-unreachable`, which matches the same words but is about CloudWatch Logs.
    ErrorPattern(
        "log-server-unreachable",
        "stop",
        "",
        "logging driver: dial (tcp|udp|unix|unixgram)\\b",
        "TaskFailedToStart: CannotStartContainerError: Error response from daemon: failed to"
        " initialize logging"
        " driver: dial tcp 127.0.0.1:24224: connect: connection refused",
        "the log driver (fluentd, gelf, splunk, syslog) could not reach its log server",
        "check the address in the options of `logConfiguration`, and that the server is running before this"
        " container starts (`dependsOn`); fluentd also has the option fluentd-async",
        "aws/amazon-ecs-agent#2792; moby/moby#33186",
        error_pattern=_SETUP_OR_START,
    ),
    # Before `logging-refused`: a call that timed out is also reported as a driver that could not be set up.
    ErrorPattern(
        "log-group-unreachable",
        "stop",
        "",
        f"{_LOGS}.*{_UNREACHABLE}",
        "TaskFailedToStart: ResourceInitializationError: failed to validate logger args: There is a"
        " connection issue between the task and Amazon CloudWatch. Check your network configuration. :"
        " signal: killed",
        "the task has no network route to CloudWatch Logs",
        "public subnets need assignPublicIp ENABLED, private ones a NAT gateway or an endpoint for"
        " CloudWatch Logs (com.amazonaws.REGION.logs) whose security group allows 443 from the task; check"
        " awslogs-region, too",
        f"{_PAGE}; ECS user guide, interface VPC endpoints",
        error_pattern=_SETUP_OR_START,
    ),
    ErrorPattern(
        "logging-refused",
        "stop",
        "",
        f"failed to (validate|initialize|create|set ?up).{{0,30}}{_LOGS}|{_LOGS}.*(denied|not authorized|not"
        " exist|notfound|cannot find)|cannot find the amazon cloudwatch log group",
        "TaskFailedToStart: ResourceInitializationError: failed to validate logger args: create stream has"
        " been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException",
        "the log driver could not be set up: the log group is missing, or the execution role is not allowed"
        " to"
        " write to it",
        "allow logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents for the execution role"
        " (`execution_role_arn`), or create the group that the job logs to, in the region of"
        " awslogs-region; `configure_cloudwatch_logs` sets awslogs-create-group",
        f"PrefectHQ/prefect-aws ecs.py; {_PAGE}; awslogs",
        error_pattern=_SETUP_OR_START,
    ),
    # Before the patterns of missing and refused secrets, which match the first half of the same message.
    ErrorPattern(
        "no-route-at-start",
        "stop",
        "",
        f"{_SECRETS}.*{_UNREACHABLE}",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: The task"
        " cannot pull registry auth from Amazon ECR: There is a connection issue between the task and"
        " Amazon ECR. RequestError: send request failed caused by: dial tcp 192.0.2.1:443: i/o timeout",
        "the task has no network route to ECR, Secrets Manager or Systems Manager",
        "public subnets need assignPublicIp ENABLED, private ones a NAT gateway or endpoints for these"
        " services (ecr.api, ecr.dkr, secretsmanager, ssm, and S3) that the task's security group reaches"
        " on 443; the VPC needs DNS",
        f"{_PAGE}; verifying Amazon ECS stopped task connectivity",
        error_pattern=_SETUP_OR_NONE,
    ),
    # Before `secret-refused`, which matches the kind of resource that the role was needed for.
    ErrorPattern(
        "execution-role-missing",
        "stop",
        "",
        "(unable to find|no|missing|without|invalid).{0,20}execution role|execution role.{0,30}(not"
        " found|missing|required|expired)|credentials ?not ?found",
        "TaskFailedToStart: ASM secret resource: unable to find execution role credentials",
        "secrets, logs and private images need the execution role, and the task has no working one",
        "set `execution_role_arn` to a role that exists and trusts ecs-tasks.amazonaws.com",
        "amazon-ecs-agent asmsecret.go, ssmsecret.go; ECS developer guide, task execution role",
        error_pattern=f"{_SETUP}|CredentialsNotFoundError|",
    ),
    # Before `secret-missing`: the secret itself exists.
    ErrorPattern(
        "secret-key-missing",
        "stop",
        "",
        "json key|looking for beginning of value|invalid character|not valid json|unmarshal",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: unable to"
        " retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key TOKEN",
        "the secret exists, but its value is not a JSON object or has no such key",
        "correct the key in `secrets` (ARN:KEY::), or add it to the secret's value, which must be a JSON"
        " object; without a key, the whole value is used",
        "amazon-ecs-agent asm.go; rileydakota/valheim-ecs-fargate-cdk#9",
        error_pattern=_SETUP_OR_NONE,
    ),
    ErrorPattern(
        "secret-arn-parts",
        "stop",
        "",
        "unexpected arn format",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: unable to"
        " retrieve secret from asm: unexpected ARN format with parameters when trying to retrieve ASM secret",
        "after the ARN of a secret, ECS requires a key, a version stage and a version id",
        "write all three colons after the ARN, even if only the key is given (ARN:KEY::)",
        "amazon-ecs-agent asmsecret.go; aws/amazon-ecs-agent#2358",
        error_pattern=_SETUP_OR_NONE,
    ),
    ErrorPattern(
        "secret-missing",
        "stop",
        "",
        f"{_SECRETS}.*(notfound|not found|can.?t find|cannot find|does(n.t| not) exist|no value"
        "|invalid (ssm )?parameters?|staging label|marked for deletion|whether the secret exists)",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: unable to"
        " retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: token",
        "a secret or parameter that `secrets` names does not exist, or has no value",
        "check the names in `secrets`, their account and region, and that the secret has a current value"
        " (AWSCURRENT)",
        "ECS developer guide, ResourceNotFoundException errors; amazon-ecs-agent ssmsecret.go",
        error_pattern=_SETUP_OR_NONE,
    ),
    # Before `secret-refused`: the secret may be readable although its KMS key is not.
    ErrorPattern(
        "secret-key-denied",
        "stop",
        "",
        f"{_SECRETS}.*(\\bkms\\b|decrypt|ciphertext|keydisabled)|\\bkms:decrypt",
        "TaskFailedToStart: Fetching secret data from SSM Parameter Store in us-east-1:"
        " AccessDeniedException: The ciphertext refers to a customer master key that you may not use:"
        " kms:Decrypt",
        "the secret is encrypted with a KMS key that the execution role is not allowed to use",
        "allow kms:Decrypt on that key for the execution role (`execution_role_arn`), also in the key policy",
        "ECS developer guide, passing sensitive data to a container",
        error_pattern=_SETUP_OR_NONE,
    ),
    # Secrets and registry share the prefix "unable to pull secrets or registry auth"; the ECR words that
    # follow distinguish them.
    ErrorPattern(
        "registry-auth-refused",
        "stop",
        "",
        "ecr:GetAuthorizationToken|ecr registry auth|registry auth from amazon ecr",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: unable to"
        " retrieve ecr registry auth: AccessDeniedException: not authorized to perform:"
        " ecr:GetAuthorizationToken",
        "the credentials for Amazon ECR could not be fetched",
        "allow ecr:GetAuthorizationToken for the execution role (`execution_role_arn`); private subnets need"
        " a NAT gateway or an endpoint for ecr.api",
        f"{_PAGE}; globaldothealth/list#2662",
        error_pattern=_SETUP_OR_NONE,
    ),
    # After the specific patterns of secrets: this one matches any of them.
    ErrorPattern(
        "secret-refused",
        "stop",
        "",
        f"{_SECRETS}.*(fetch|retriev|pull|denied|not authorized|resource)|unable to pull secrets|fetching"
        " secret|(secretsmanager:GetSecretValue|ssm:GetParameters?)|^secret\\b|secret resource",
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: execution"
        " resource retrieval failed: unable to retrieve secret from asm",
        "a secret or the registry's credentials could not be fetched",
        "check the names in `secrets`, allow secretsmanager:GetSecretValue, ssm:GetParameters and"
        " kms:Decrypt for the execution role (`execution_role_arn`), and give the task a route to these"
        " services: a public address, a NAT gateway, or endpoints",
        f"{_STOPPED}; docker-archive/compose-cli#1510",
        error_pattern=_SETUP_OR_NONE,
    ),
    # Before `volume-refused`, which matches any mention of a volume.
    ErrorPattern(
        "ebs-refused",
        "stop",
        "",
        "\\bEBS\\b|infrastructure role|(attach|creat)\\w* (storage )?volume|volume"
        " (attach|creat)|(Describe|Create|Attach)Volume|storage volume|\\bsnapshot '|InvalidSnapshot",
        "TaskFailedToStart: ResourceInitializationError: ECS was unable to assume the configured ECS"
        " Infrastructure Role 'arn:aws:iam::123456789012:role/volumes'",
        "the EBS volume could not be created or attached",
        "check `volume_configurations`: the role must trust ecs.amazonaws.com and be allowed to create,"
        " attach and tag volumes (and to use their KMS key); size, type and snapshot must match and be"
        " available in the zone",
        "ECS developer guide, status reasons for Amazon EBS volume attachment",
        error_pattern=f"{_SETUP}|BadVolumeError|",
    ),
    ErrorPattern(
        "volume-refused",
        "stop",
        "",
        "\\b(efs|fsx|nfs4?|mount\\w*|volumes?)\\b|failed to invoke EFS",
        "TaskFailedToStart: ResourceInitializationError: failed to invoke EFS utils commands to set up EFS"
        " volumes",
        "a volume could not be attached or mounted",
        "check the file system ID, that it has a mount target in the zone of each subnet, that its"
        " security group allows NFS (port 2049) from the task, that `rootDirectory` exists in it, and that"
        " the task role is allowed to mount it; the VPC needs DNS",
        f"{_PAGE}; aws/amazon-ecs-cli#1083; docker-archive/compose-cli#1490",
        error_pattern=_SETUP,
    ),
    # Before `role-not-assumed`, which also matches "unable to assume".
    ErrorPattern(
        "service-linked-role-missing-at-start",
        "stop",
        "",
        "service.linked role",
        "TaskFailedToStart: Unable to assume the service linked role. Please verify that the ECS"
        " service linked"
        " role exists.",
        "the account does not have the role AWSServiceRoleForECS, which ECS uses for network interfaces",
        "create it with `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`, and"
        " apply again",
        "awslabs/fargatecli#35; aws/amazon-ecs-cli#733",
    ),
    ErrorPattern(
        "role-not-assumed",
        "stop",
        "",
        "unable to assume|failed to assume|cannot assume|sts:AssumeRole|trust relationship",
        "TaskFailedToStart: ECS was unable to assume the role 'arn:aws:iam::123456789012:role/job' that was"
        " provided for this task.",
        "ECS could not assume the execution role or the task role",
        "check that the role exists and trusts ecs-tasks.amazonaws.com; a role that was just created takes"
        " a few seconds to become visible",
        f"{_STOPPED}; IAM user guide, eventual consistency",
    ),
    # This pattern and the next three stand before `network-interface-refused`, which matches any mention of
    # a network interface.
    ErrorPattern(
        "network-interface-tags",
        "stop",
        "",
        "TagPolicyViolation|tag the network",
        "TaskFailedToStart: Unexpected EC2 error while attempting to tag the network interface:"
        " TagPolicyViolation",
        "a tag policy of the organization requires tags on network interfaces that the task does not have",
        "set `labels` so that the task carries the tags, or exempt ec2:network-interface from the policy",
        "reports of AWS Organizations tag policies with Fargate",
        error_pattern="InternalError|",
    ),
    ErrorPattern(
        "subnet-full",
        "stop",
        "",
        "InsufficientFreeAddresses|free (ip )?addresses|insufficient.{0,20}addresses|Create Network"
        " Interface with public IP",
        "TaskFailedToStart: Unexpected EC2 error while attempting to Create Network Interface with public"
        " IP assignment enabled in subnet 'subnet-0': InsufficientFreeAddressesInSubnet",
        "the subnet has no free IP address for the task's network interface",
        "use other or larger subnets in `network_configuration`, in several zones, or run fewer tasks at"
        " once; `aws ec2 describe-subnets` shows AvailableIpAddressCount",
        "ECS developer guide, TaskFailedToStart errors",
    ),
    ErrorPattern(
        "network-interface",
        "stop",
        "",
        "timeout waiting for (network|eni)|network interface"
        " provisioning|\\bENI\\b.{0,40}(provision|attach|time)",
        "TaskFailedToStart: Timeout waiting for network interface provisioning to complete.",
        "the task's network interface was not ready in time",
        "apply again; if it persists, check that the subnets have free addresses and that the account's quota"
        " of network interfaces is not used up; on EC2 replace the instance",
        "ECS developer guide, TaskFailedToStart errors; aws/amazon-ecs-agent#4825",
        transient="start",
    ),
    ErrorPattern(
        "network-setup-at-start",
        "stop",
        "",
        "\\bcni\\b|netplugin|network namespace|\\bpause container",
        "TaskFailedToStart: ResourceInitializationError: failed to setup regular eni: netplugin failed with"
        " no error message",
        "the task's network could not be set up on its host",
        "apply again; if it persists, check the free addresses of the subnets and the account's quota of"
        " network interfaces",
        "public Step Functions definitions that retry it",
        error_pattern=_SETUP_OR_NONE,
    ),
    ErrorPattern(
        "network-interface-refused",
        "stop",
        "",
        "network interface|device index|unexpected EC2 error|NetworkInterfaceLimit|\\bENI\\b",
        "TaskFailedToStart: Unable to attach network interface to unused device index",
        "EC2 refused the task's network interface",
        "the reason names the cause: the quota of network interfaces, a deleted subnet or security group, or"
        " an instance type with too few interfaces (awsvpcTrunking raises their number)",
        "ECS developer guide, TaskFailedToStart errors",
        error_pattern="InternalError|ResourceInitializationError|",
    ),
    # The error name is sufficient: the texts behind it come from the CNI plugins and vary.
    ErrorPattern(
        "network-setup",
        "stop",
        "",
        "",
        "TaskFailedToStart: ContainerNetworkingError: failed to setup CNI",
        "the container's network could not be set up on its host",
        "apply again; if it persists, check the free addresses of the subnets; on EC2 update the agent or"
        " replace the instance",
        "amazon-ecs-agent, ContainerNetworkingError",
        error_pattern="ContainerNetworkingError",
    ),
    ErrorPattern(
        "storage-not-ready",
        "stop",
        "",
        "EphemeralStorage provisioning|timeout waiting for \\w*storage",
        "TaskFailedToStart: Timeout waiting for EphemeralStorage provisioning to complete.",
        "the task's ephemeral storage was not ready in time",
        "apply again; if it persists, reduce `ephemeral_storage_gib`, or use subnets in other zones",
        "dagster-io/dagster utils.py (transient stop reasons)",
        transient="start",
    ),
    ErrorPattern(
        "service-connect",
        "stop",
        "",
        "service ?connect|app ?net agent|\\benvoy\\b|app ?mesh",
        "TaskFailedToStart: ResourceInitializationError: failed to start the Service Connect agent",
        "the Service Connect or App Mesh proxy of the task could not be set up",
        "check the namespace and the proxy settings; a job that accepts no connections needs no proxy",
        "ECS developer guide, Service Connect",
        error_pattern=_SETUP_OR_START,
    ),
    ErrorPattern(
        "execute-command-agent",
        "stop",
        "",
        "execute ?command ?agent|ecs exec\\b|ssm agent",
        "TaskFailedToStart: ResourceInitializationError: failed to start the ExecuteCommandAgent",
        "the ECS Exec agent could not be set up",
        "remove `enable_execute_command`, or allow ssmmessages:* for the task role and give the task a route"
        " to SSM; ECS Exec does not work with `readonlyRootFilesystem`",
        "ECS developer guide, ECS Exec",
        error_pattern=_SETUP_OR_START,
    ),
)
