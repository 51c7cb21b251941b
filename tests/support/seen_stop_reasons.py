"""Reasons that ECS gave for stopped tasks in public reports, with the row that explains each.

Names, accounts and hosts are replaced. `source` says where the words were read: an issue, a documentation
page, or the agent's source; "public file" is a runbook, test or configuration in a public repository.
"""

from dataclasses import dataclass

ROUTE = "There is a connection issue between the task and Amazon ECR. Check your task network configuration."
SETUP = "ResourceInitializationError: unable to pull secrets or registry auth: "
FETCH = f"{SETUP}execution resource retrieval failed: "
ASM = f"{FETCH}unable to retrieve secret from asm: service call has been retried 1 time(s): "
SSM = f"{FETCH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
LOGGER = "ResourceInitializationError: failed to validate logger args: "
EFS = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
OCI = "CannotStartContainerError: Error response from daemon: OCI runtime create failed: "
SHIM = OCI.replace("OCI", "failed to create shim task: OCI")
ECR = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
MANIFEST = "CannotPullContainerError: pull image manifest has been retried 5 time(s): "
REF = "CannotPullContainerError: ref pull has been retried 1 time(s): "
DAEMON = "CannotPullContainerError: Error response from daemon: "
ENDED = "Essential container in task exited"
FAILED = "Task failed to start; "


@dataclass(frozen=True, slots=True)
class Seen:
    """What ECS said.

    Args:
        row: The name of the row that explains it.
        reason: The task's reason, then its containers'.
        source: Who reports it.
        code: The stop code.
        exit_code: Exit code of the job's container.
    """

    row: str
    reason: str
    source: str
    code: str = "TaskFailedToStart"
    exit_code: int | None = None


PULLS = (
    Seen(
        "image-no-route",
        f"{FAILED}CannotPullContainerError: API error (500): Get https://registry-1.docker.io/v2/: net/http:"
        " request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
        "cloud-custodian test_ecs_task recording",
    ),
    Seen(
        "image-denied",
        "CannotPullContainerError: The task can\u2019t pull the image. Check whether the image exists."
        " Error response from daemon: pull access denied for x, repository does not exist or may require"
        " 'docker login': denied: requested access to the resource is denied",
        "amazon-ecs-agent error_messages.go",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: The task can\u2019t pull the image. Check your network configuration."
        " Error response"
        f' from daemon: Get "https://{ECR}/v2/": net/http: request canceled while waiting for connection',
        "amazon-ecs-agent error_messages.go",
    ),
    Seen(
        "disk-full",
        f"{REF}failed to unpack image on snapshotter overlayfs: failed to extract layer sha256:ab: write"
        " /var/lib/containerd/x: no space left on device: unknown",
        "public file",
    ),
    Seen(
        "image-other",
        "CannotPullContainerError: inspect image has been retried 5 time(s): httpReaderSeeker: failed open:"
        " unexpected status code https://registry-1.docker.io/v2/acme/x/manifests/sha256:330a24bcd4...",
        "aws/aws-for-fluent-bit#234",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref"
        ' "docker.io/acme/x:1":'
        " failed to do request: Head https://registry-1.docker.io/v2/acme/x/manifests/1: dial tcp: lookup"
        " registry-1.docker.io: no such host",
        "docker-archive/compose-cli#911",
    ),
    Seen(
        "image-platform",
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform"
        " 'linux/arm64'",
        "public file",
    ),
    Seen(
        "image-missing",
        f"{MANIFEST}failed to resolve ref {ECR}/api:v42: {ECR}/api:v42: not found",
        "public file",
    ),
    Seen(
        "image-pull-cancelled",
        "CannotPullContainerError: context canceled",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "image-missing",
        "CannotPullImageManifestError: Error response from daemon: manifest unknown: manifest unknown",
        "amazon-ecs-agent",
    ),
    Seen(
        "image-rate-limited",
        "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit. You may increase"
        " the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
        "docker.com",
    ),
    Seen(
        "image-missing",
        "CannotPullContainerError: Error: image deathstar:9ce7d67bf402b337a75c8acf49c11881be2f16bd not found",
        "aws/amazon-ecs-agent#337",
    ),
    Seen("image-missing", "CannotPullContainerError: API error (404)", "aws/amazon-ecs-agent#1185, #943"),
    Seen(
        "image-no-route",
        "CannotPullContainerError: Could not reach any registry endpoint",
        "aws/amazon-ecs-agent#719",
    ),
    Seen(
        "image-no-route",
        f"CannotPullContainerError: API error (500): Get https://{ECR}/v2/: net/http: request canceled while"
        " waiting for connection (Client.Timeout exceeded while awaiting headers)",
        "aws-samples/aws-modern-application-workshop#71",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: Error response from daemon: Get url: net/http: request canceled while"
        " waiting for connection (Client.Timeout exceeded while awaiting headers)",
        "globaldothealth/list#2662",
    ),
    Seen(
        "image-no-route",
        f"{MANIFEST}failed to resolve ref docker.io/tryretool/backend:2: failed to do request: Head"
        ' "https://registry-1.docker.io/v2/tryretool/backend/manifests/2": dial tcp 192.0.2.13:443: i/o'
        " timeout",
        "ActionIQ/terraform-aws-retool-ecs-fargate#20",
    ),
    Seen(
        "image-denied",
        "CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref"
        ' "docker.io/library/'
        'ngin:latest": pull access denied, repository does not exist or may require authorization: server'
        " message: insufficient_scope: authorization failed",
        "public tool, README",
    ),
    Seen(
        "image-denied",
        f"{FAILED}CannotPullECRContainerError: AccessDeniedException: User:"
        " arn:aws:sts::111122223333:assumed-role/exec/1 is not authorized to perform:"
        " ecr:GetAuthorizationToken on resource: * status code: 400",
        "public file",
    ),
    Seen(
        "image-no-route",
        "CannotPullECRContainerError: RequestError: send request failed caused by: Post"
        ' "https://api.ecr.us-west-2.amazonaws.com/": net/http: request canceled while waiting for'
        " connection",
        "public workshop",
    ),
    Seen(
        "image-no-route",
        f'{DAEMON}Get "https://{ECR}mmm/v2/": dial tcp: lookup {ECR}mmm on 10.0.0.2:53: no such host',
        "public workshop",
    ),
    Seen("image-no-route", f"{DAEMON}Get https://{ECR}/v2/: Unable to connect", "public file"),
    Seen(
        "image-missing",
        f"{DAEMON}manifest for {ECR}/app:latest not found: manifest unknown: Requested image not found",
        "public file",
    ),
    Seen("image-platform", "CannotPullContainerError: no matching manifest for linux", "public file"),
    Seen("image-no-route", "CannotPullContainerError: dial tcp 192.0.2.24:443: i/o timeout", "public file"),
    Seen(
        "image-no-route",
        "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker:"
        " failed open:"
        f" failed to do request: Get {ECR}/hello:0.0.1: dial tcp 192.0.2.19:443: i/o timeout",
        "public file",
    ),
    Seen(
        "image-broken",
        f"{REF}number of layers and diffIDs don't  match: 3 != 15",
        "public blog, CannotPullContainerError of a layer mismatch",
    ),
    Seen(
        "image-other",
        f"{REF}failed to copy: httpReaderSeeker: failed open: unexpected status code",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "image-denied",
        f'{MANIFEST}failed to resolve ref "{ECR}/app:latest": unexpected status: 403 Forbidden',
        "public file",
    ),
    Seen(
        "image-layers-denied",
        f"{REF}failed to copy: httpReaderSeeker: failed open: unexpected status code"
        " https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/ab: 403 Forbidden",
        "developer guide, Fargate pull errors; genuinetools/img#106",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref"
        f" {ECR}/aws-guardduty-agent-fargate:v1: pulling from host {ECR} failed",
        "public file",
    ),
    Seen(
        "image-no-route",
        f"CannotPullContainerError: The task cannot pull 'app' from the Amazon ECR repository '{ECR}/app'."
        f" {ROUTE}",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "image-denied",
        "CannotPullContainerError: The task can\u2019t pull the image. Check that the role has the"
        " permissions to pull images from the registry.",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: pull command failed: panic: runtime error: invalid memory address or nil"
        " pointer dereference",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "disk-full",
        "CannotPullContainerError: write /var/lib/docker/tmp/GetImageBlob111111111: no space left on device",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "disk-full",
        "CannotPullContainerError: failed to register layer: devicemapper: Error running deviceResume"
        " dm_task_run failed",
        "public file",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: error pulling image configuration: download failed after attempts=6:"
        " dial tcp 192.0.2.7:443: i/o timeout",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "image-denied",
        "CannotPullContainerError: API error (500): Get https://registry-1.docker.io/v2/acme/x/manifests/1:"
        " unauthorized: incorrect username or password",
        "amazon-ecs-agent error_messages_test.go",
    ),
    Seen(
        "image-missing",
        f"CannotPullContainerError: API error (404): repository {ECR}/repo/image not found",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "image-rate-limited",
        "CannotPullContainerError: ERROR: toomanyrequests: Too Many Requests.",
        "developer guide, CannotPullContainer task errors",
    ),
    Seen(
        "image-denied",
        f"{DAEMON}Head {ECR}/app: no basic auth credentials",
        "repost.aws, ecs-pull-container-error",
    ),
    Seen(
        "registry-trouble",
        f"{MANIFEST}failed to resolve ref docker.io/acme/x:1: unexpected status from HEAD request to"
        " https://registry-1.docker.io/v2/acme/x/manifests/1: 503 Service Unavailable",
        "containerd, unexpected status from HEAD request (rancher-sandbox/rancher-desktop#5064 shows 403)",
    ),
    Seen(
        "registry-trouble",
        f"{DAEMON}Get https://registry-1.docker.io/v2/: net/http: TLS handshake timeout",
        "moby registry reports",
    ),
    Seen("image-pull-broken", f"{REF}failed to copy: unexpected EOF", "dagster-io/dagster utils.py"),
    Seen("image-other", "CannotPullContainerError: inspect image has been retried 1 time(s)", "public tests"),
)

SETUPS = (
    Seen(
        "no-route-at-start",
        f"{FETCH}unable to retrieve secrets from ssm: service call has been retried 5 time(s):"
        " RequestCanceled: request context canceled caused by: context deadli...",
        "umotif-public/terraform-aws-ecs-fargate#50",
    ),
    Seen(
        "no-route-at-start",
        f"{FETCH}unable to retrieve ecr registry auth: service call has been retried 3 time(s):"
        " RequestError: send request"
        ' failed caused by: Post "https://api.ecr.us-east-2.amazonaws.com/": dial tcp 192.0.2.1:443: i/o'
        " timeout. Please check your task network configuration.",
        "doctorray117/minecraft-ondemand#74",
    ),
    Seen(
        "no-route-at-start",
        f"{FETCH}unable to retrieve ecr registry auth: service call has been retried 1 time(s):"
        " RequestError: send request failed caused by: Post https://api.ecr....",
        "aws-samples/aws-fargate-pipeline-lambda-autoscaling#3; aws/aws-app-mesh-examples#413",
    ),
    Seen(
        "secret-refused",
        f"{FETCH}unable to get registry auth from asm: service call has been retried 5 time(s): asm fetching"
        " secret from the service for ...",
        "aws-samples/keycloak-on-aws#222",
    ),
    Seen(
        "secret-refused",
        f"{ASM}failed to fetch secret arn:aws:secretsmanager:eu-west-1:123456789...",
        "docker-archive/compose-cli#1510",
    ),
    Seen(
        "secret-key-missing",
        f"{ASM}retrieved secret from Secrets Manager did not contain json key DB_URL",
        "amazon-ecs-agent asm.go",
    ),
    Seen("secret-key-missing", f"{SETUP}... did not contain json key UI_USERNAME", "public file"),
    Seen(
        "secret-key-missing",
        f"{ASM}invalid character '\\'' looking for beginning of value",
        "rileydakota/valheim-ecs-fargate-cdk#9",
    ),
    Seen(
        "log-group-unreachable",
        "ResourceInitializationError: unable to create CloudWatch log stream: There is a connection issue"
        " between the task and Amazon CloudWatch. Check your network configuration.",
        "public file",
    ),
    Seen("log-group-unreachable", f"{LOGGER}: signal: killed", "public gist, missing VPC endpoint"),
    Seen(
        "log-group-unreachable",
        f"{LOGGER}The task cannot find the Amazon CloudWatch log group defined in the task definition. There"
        " is a connection issue between the task and Amazon CloudWatch. Check your network configuration. :"
        " signal: killed",
        "public file",
    ),
    Seen(
        "log-group-unreachable",
        "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed"
        " to create Cloudwatch log stream: RequestError: send request failed caused by: Post"
        " https://logs.us-east-2.amazonaws.com/: dial tcp 192.0.2.16:443: i/o time",
        "seqeralabs/nf-tower#305",
    ),
    Seen(
        "logging-refused",
        "ResourceInitializationError: failed to initialize logging driver: failed to create Cloudwatch log"
        " stream: AccessDeniedException: User is not authorized to perform: logs:CreateLogStream",
        "developer guide, ResourceInitializationError errors",
    ),
    Seen(
        "logging-refused",
        f"{FAILED}CannotStartContainerError: API error (500): failed to initialize logging driver:"
        " ResourceNotFoundException: The specified log group does not exist.\n\tstatus code: 400, request"
        " id: 904a550f\n",
        "public describe-tasks recording",
    ),
    Seen(
        "logging-refused",
        f"{LOGGER}create stream has been retried 1 times: failed to create Cloudwatch log group: operation"
        " error CloudWatch Logs: CreateLogGroup, https response error StatusCode: 400, RequestID: b8ee5906,"
        " api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/exec/1 is not"
        " authorized to perform: logs:CreateLogGroup on resource:"
        " arn:aws:logs:us-east-1:111122223333:log-group:/ecs/app:log-stream:",
        "public file",
    ),
    Seen(
        "logging-refused",
        "ResourceInitializationError: failed to create Cloudwatch log group: AccessDeniedException: not"
        " authorized to perform: logs:CreateLogGroup",
        "public file",
    ),
    Seen(
        "logging-refused",
        f"{LOGGER}create stream has been retried 1 times: failed to create Cloudwatch log stream:"
        " ResourceNotFoundException: The specified log group does not exist. : exit status 1",
        "public file",
    ),
    Seen(
        "volume-refused",
        f"{EFS}b'mount.nfs4: mounting fs-0.efs.eu-west-1.amazonaws.com:/grafana failed, reason given by"
        " server: No such file or directory' : unsuccessful EFS utils command execution; code: 32",
        "cn-terraform/terraform-aws-jenkins#1",
    ),
    Seen(
        "volume-refused",
        f'{EFS}Failed to resolve "fs-0.efs.us-east-1.amazonaws.com" - check that your file system ID is'
        f" correct, and"
        " ensure that the VPC has an EFS mount target for this file system ID. : unsuccessful EFS utils"
        " command execution; code: 1",
        "aws/amazon-ecs-cli#1083; aws/copilot-cli#5419; rileydakota/valheim-ecs-fargate-cdk#28",
    ),
    Seen(
        "volume-refused",
        f"{EFS}mount.nfs4: Connection reset by peer : unsuccessful EFS utils command execution; code: 32",
        "docker-archive/compose-cli#1490",
    ),
    Seen(
        "volume-refused",
        f"{EFS}b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32",
        "public file",
    ),
    Seen(
        "volume-refused",
        f"{EFS}mount.nfs4: Connection refused : unsuccessful EFS utils command execution; code: 32",
        "App Mesh user guide, troubleshooting connectivity",
    ),
    Seen(
        "volume-refused",
        f"{EFS}mount.nfs4: access denied by server while mounting 127.0.0.1:/ : unsuccessful EFS utils"
        " command execution; code: 32",
        "repost.aws, fargate-unable-to-mount-efs",
    ),
    Seen(
        "no-route-at-start",
        f"{SETUP}pull command failed: : signal: killed",
        "stackoverflow.com/questions/61265108; public files",
    ),
    Seen(
        "no-route-at-start",
        f"{SETUP}unable to retrieve secret from asm: There is a connection issue between the task and AWS"
        " Secrets Manager.",
        "public file",
    ),
    Seen("no-route-at-start", f"{SETUP}... dial tcp 192.0.2.1:443: i/o timeout", "public file"),
    Seen("no-route-at-start", f"{SETUP}... context deadline exceeded", "public file"),
    Seen("no-route-at-start", f"{SETUP}netlink failure", "public file"),
    Seen(
        "registry-auth-refused",
        f"{FETCH}unable to retrieve ecr registry auth: service call has been retried 3 time(s)",
        "globaldothealth/list#2662",
    ),
    Seen("secret-refused", f"{SETUP.removesuffix(': ')}", "nikovirtala/cdk-github-actions-runner#3"),
    Seen("secret-refused", SSM.removesuffix(": "), "public tests"),
    Seen(
        "secret-arn-parts",
        "unexpected ARN format with parameters when trying to retrieve ASM secret",
        "public file",
    ),
    Seen("secret-missing", f"{SSM}invalid ssm parameters: /app/key", "public file"),
    Seen(
        "secret-missing",
        "Fetching secret data from SSM Parameter Store in us-west-2: invalid parameters: /app/missing",
        "amazon-ecs-agent ssmsecret.go; public workshop",
    ),
    Seen(
        "secret-missing",
        "Fetching secret data from AWS Secrets Manager in region us-east-1: secret"
        " arn:aws:secretsmanager:us-east-1:1:secret:x: ResourceNotFoundException: Secrets Manager can't"
        " find the specified secret.",
        "developer guide, ResourceNotFoundException errors",
    ),
    Seen(
        "secret-missing",
        f"{FETCH}unable to retrieve secret from asm: service call has been retried 5 time(s):"
        " ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        "public file",
    ),
    Seen(
        "secret-missing",
        f"{SETUP}… failed to fetch secret …app/url-rYPXY8 … ResourceNotFoundException: Secrets Manager can't"
        " find the specified secret value for staging label: AWSCURRENT.",
        "public file",
    ),
    Seen(
        "secret-missing",
        "ResourceNotFoundException: The task can't retrieve the secret with ARN 'arn:x' from AWS Secrets"
        " Manager. Check whether the secret exists in the specified Region.",
        "developer guide, ResourceNotFoundException errors",
    ),
    Seen("secret-missing", "Secret does not exist or has no value", "public file"),
    Seen(
        "secret-refused",
        f"{ASM}AccessDeniedException: User: arn:aws:sts::123456:assumed-role/exec is not authorized to"
        " perform: secretsmanager:GetSecretValue on resource: my-secret",
        "public file",
    ),
    Seen(
        "secret-refused",
        "Fetching secret data from SSM Parameter Store in us-east-1: AccessDeniedException: User:"
        " arn:aws:sts::111122223333:assumed-role/exec/1 is not authorized to perform: ssm:GetParameters on"
        " resource: arn:aws:ssm:us-east-1:111122223333:parameter/x",
        "public file",
    ),
    Seen(
        "secret-refused",
        "Fetching secret data from AWS Secrets Manager in region us-east-1: secret"
        " arn:aws:secretsmanager:us-east-1:1:secret:license-fail: AccessDeniedException: User:"
        " arn:aws:sts::1:assumed-role/x",
        "New Relic documentation, ECS integration",
    ),
    Seen(
        "execution-role-missing",
        "ASM secret resource: unable to find execution role credentials",
        "amazon-ecs-agent asmsecret.go",
    ),
    Seen(
        "env-file",
        "ResourceInitializationError: The task can\u2019t download the environment variable files from"
        " Amazon S3. There is a connection issue between the task and Amazon S3. Check your network"
        " configuration.",
        "developer guide, ResourceInitializationError errors",
    ),
    Seen(
        "env-file",
        "ResourceInitializationError: failed to download env files: service call has been retried 1"
        " time(s): operation error S3: HeadObject, https response error StatusCode: 403, api error"
        " Forbidden: Forbidden.",
        "public file",
    ),
    Seen(
        "env-file",
        "ResourceInitializationError: failed to download env files: file download command: non-empty error"
        " stream: RequestCanceled: request context cancelled caused by: context deadline exceeded",
        "aws/aws-cdk#12720",
    ),
    Seen(
        "role-not-assumed",
        "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/Task' that was provided for this"
        " task. Please verify that the role being passed has the proper trust relationship and permissions",
        "public file",
    ),
    Seen(
        "subnet-full",
        "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment"
        " enabled in subnet 'subnet-0': InsufficientFreeAddressesInSubnet",
        "developer guide, TaskFailedToStart errors",
    ),
    Seen(
        "subnet-full",
        "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0':"
        " InsufficientFreeAddressesInSubnet",
        "public file",
    ),
    Seen(
        "network-interface-tags",
        "Unexpected EC2 error while attempting to tag the network interface: TagPolicyViolation",
        "public incident report",
    ),
    Seen(
        "network-interface-refused",
        "Unexpected EC2 error while attempting to attach network interface to instance",
        "public file",
    ),
    Seen(
        "network-interface-refused",
        "Unable to attach network interface to unused device index",
        "developer guide, TaskFailedToStart errors",
    ),
    Seen(
        "network-interface",
        "Timeout waiting for network interface provisioning to complete.",
        "aws/amazon-ecs-agent#4825",
    ),
    Seen(
        "network-setup-at-start",
        "ResourceInitializationError: failed to configure ENI: failed to setup regular eni: netplugin"
        " failed with no error message",
        "public file",
    ),
    Seen("network-setup", "ContainerNetworkingError: failed to setup CNI", "amazon-ecs-agent"),
    Seen(
        "storage-not-ready",
        "Timeout waiting for EphemeralStorage provisioning to complete.",
        "dagster-io/dagster#17234",
    ),
    Seen(
        "ebs-refused",
        "ECS was unable to assume the configured ECS Infrastructure Role"
        " 'arn:aws:iam::111122223333:role/ecs'. Please verify that the role being passed has the proper"
        " trust relationship with Amazon ECS",
        "developer guide, status reasons for Amazon EBS volume attachment",
    ),
)

STARTS = (
    Seen(
        "container-name-too-long",
        "CannotStartContainerError: ResourceInitializationError: unable to create new container: create"
        ' container failed validation: container.ID: identifier \\"abcdef0-1234-1234-1234-987af1f5f2c7MY_'
        "LONG_CONTAINER_NAME_HERE...",
        "jenkinsci/amazon-ecs-plugin#186",
    ),
    Seen(
        "device-missing",
        f"{FAILED}CannotStartContainerError: Error response from daemon: error gathering device information"
        " while adding"
        ' custom device "/dev/dri/renderD130": no such file or directory',
        "developer guide, video transcoding",
    ),
    Seen(
        "cannot-start-container",
        "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime"
        " task: OCI runtime create failed: container_linux.go:370: starting container process caused: exec:"
        ' "/opt/app/bin/run.sh": stat'
        " /opt/app/bin/run.sh: no such file or directory",
        "aws/amazon-ecs-agent#2954",
    ),
    Seen(
        "user-missing",
        "CannotStartContainerError: ResourceInitializationError: unable to create new container: mount"
        " callback failed on /tmp/containerd-mount916692511: open"
        " /tmp/containerd-mount916692511/etc/passwd: no such file or directory",
        "aws-samples/net-modernization#13",
    ),
    Seen(
        "cannot-start-other",
        "CannotStartContainerError: failed to get container status: unknown",
        "developer guide, CannotStartContainerError errors",
    ),
    Seen(
        "cannot-start-other", "CannotCreateContainerError: API error (500): Untar", "aws/amazon-ecs-cli#194"
    ),
    Seen(
        "disk-full",
        "CannotCreateContainerError: API error (500): devmapper: Thin Pool has 4350 free data blocks which"
        " is less than minimum required 4454 free data blocks. Create more free space in thin pool",
        "developer guide, CannotCreateContainerError: API error (500): devmapper",
    ),
    Seen(
        "disk-full",
        "CannotCreateContainerError: API error (500): devicemapper: Error running deviceResume dm_task_run"
        " failed",
        "public file",
    ),
    Seen(
        "mount-refused",
        "CannotCreateContainerError: failed to copy file info for /var/lib/ecs/volumes/app: failed to chown"
        " /x: operation not permitted",
        "public file",
    ),
    Seen(
        "runtime-timeout",
        "DockerTimeoutError: Could not transition to started; timed out after waiting 8m0s",
        "ecs-deploy-action#232",
    ),
    Seen(
        "runtime-timeout",
        f"{FAILED}DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s",
        "aws/amazon-ecs-agent#1440",
    ),
    Seen(
        "runtime-timeout",
        "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: context"
        " deadline exceeded",
        "ECS user guide, stopped tasks error codes",
    ),
    Seen(
        "cannot-inspect-container",
        f"{ENDED}; CannotInspectContainerError: Could not transition to inspecting; timed out after waiting"
        " 30s",
        "nextflow-io/nextflow#3091; Netflix/metaflow#419",
        "EssentialContainerExited",
    ),
    Seen("host-config", f"{FAILED}HostConfigError: unable to resolve links", "amazon-ecs-agent"),
    Seen(
        "dependency",
        "CannotStartContainerError: dependent container migrate exited with non-zero status",
        "public file",
    ),
    Seen(
        "cannot-start-container",
        f'{OCI}container_linux.go:348: starting container process caused "exec: \\"gzipdata\\": executable'
        f" file not found"
        ' in $PATH": unknown',
        "broadinstitute/cromwell#4604",
    ),
    Seen(
        "cannot-start-container",
        f"{SHIM}runc create failed: unable to start container process: exec:"
        f' "/usr/local/bin/_entrypoint.sh": stat'
        " /usr/loca",
        "nextflow-io/nextflow#5657",
    ),
    Seen(
        "cannot-start-container",
        f'{SHIM}runc create failed: unable to start container process: exec: "/home/user/pipeline.py":'
        f" permission denied:"
        " unknown",
        "nrdg/cloudknot#309",
    ),
    Seen(
        "cannot-start-container",
        f'{OCI}container_linux.go:348: starting container process caused "exec: \\"/tmp/x/script.sh\\": stat'
        ' /tmp/x/script.sh: no such file or directory": unknown',
        "grycap/scar#323",
    ),
    Seen(
        "cannot-start-container",
        'CannotStartContainerError: API error (404): invalid header field value "oci runtime error:'
        " container_linux.go:247:"
        ' starting container process caused \\"exec: \\\\\\"apt-get update',
        "aws/amazon-ecs-agent#717",
        exit_code=128,
    ),
    Seen(
        "gpu-missing",
        f'{OCI}container_linux.go:348: starting container process caused "process_linux.go:402: container'
        f" init caused"
        ' \\"process_linux.go:385: running prestart hook 0 caused \\\\\\"error runni',
        "public AWS Batch guide",
    ),
    Seen(
        "gpu-missing",
        f"{SHIM}runc create failed: unable to start container process: error during container init: error"
        " running hook #0: error running hook: exit status 1, stderr: Auto-detected mode as 'legacy'"
        " nvidia-container-cli: initialization error",
        "public file",
    ),
    Seen(
        "port-taken",
        "CannotStartContainerError: Error response from daemon: driver failed programming external"
        " connectivity on endpoint ecs-app-17-main",
        "public file",
    ),
    Seen(
        "cannot-start-other",
        "CannotStartContainerError: API error (404): Cannot start container 986d: adding interface veth0 to"
        " bridge docker0 failed: could not find bridge docker0: no such network interface",
        "aws/amazon-ecs-agent#218, #222",
        exit_code=128,
    ),
    Seen(
        "image-platform-at-start",
        "CannotStartContainerError: exec format error",
        "public file",
    ),
    Seen(
        "volume-not-created",
        "CannotCreateVolumeError: error looking up volume plugin rexray/ebs: plugin not found",
        "developer guide, CannotCreateVolumeError errors; rexray/rexray#1317",
    ),
    Seen(
        "stopped-before-pull",
        "TaskStoppedBeforePullBeginError: Task stopped before image pull could begin for task: arn",
        "amazon-ecs-agent",
    ),
    Seen(
        "agent-trouble",
        "TaskStateError: Agent could not progress task's state to stopped",
        "amazon-ecs-agent",
        "",
    ),
    Seen(
        "internal-error",
        "InternalError: unable to create container due to image pull exception",
        "ECS user guide, stopped tasks error codes",
    ),
    Seen("failed-to-start", "Task failed to start", "aws/amazon-ecs-agent#1654"),
)

PLACEMENTS = (
    Seen(
        "capacity-provider-empty",
        "TaskFailedToStart: EMPTY CAPACITY PROVIDER",
        "developer guide, API failure reasons",
    ),
    Seen("agent-disconnected", "TaskFailedToStart: AGENT", "developer guide, API failure reasons"),
    Seen("agent-disconnected", "AGENT", "dagster-io/dagster#34125; aws/amazon-ecs-agent#24"),
    Seen(
        "attribute-missing",
        "TaskFailedToStart: MemberOf placement constraint unsatisfied.",
        "aws/amazon-ecs-agent#3044",
    ),
    Seen("attribute-missing", "ATTRIBUTE", "dask/dask-cloudprovider#95"),
    Seen("instances-full-memory", "TaskFailedToStart: RESOURCE:MEMORY", "public tutorial"),
    Seen("instances-full-cpu", "RESOURCE:CPU", "developer guide, API failure reasons"),
    Seen("instances-full-eni", "RESOURCE:ENI", "developer guide, API failure reasons"),
    Seen("instances-full-ports", "RESOURCE:PORTS", "public file"),
    Seen("instances-full-gpu", "RESOURCE:GPU", "developer guide, API failure reasons"),
    Seen("location-mismatch", "LOCATION", "developer guide, API failure reasons"),
    Seen(
        "no-capacity",
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        "repost.aws, ecs-fargate-runtask-capacity",
    ),
    Seen(
        "capacity-provider-empty",
        "No Container Instances were found in your capacity provider.",
        "ECS developer guide, service event messages",
    ),
    Seen(
        "instances-full-memory",
        "unable to place a task because no container instance met all of its requirements. The closest"
        " matching container-instance 5ed5 has insufficient memory available.",
        "aws/containers-roadmap#331",
    ),
    Seen(
        "vcpu-quota",
        "You've reached the limit on the number of vCPUs you can run concurrently",
        "PrefectHQ/prefect-aws#282",
    ),
)

ENDS = (
    Seen("host-ended", "Host EC2 (instance i-0) terminated.", "developer guide, stopped task errors"),
    Seen(
        "host-ended",
        "Container instance deregistration forced by user",
        "developer guide, stopped task errors",
        "UserInitiated",
    ),
    Seen(
        "out-of-memory",
        f"{ENDED}; OutOfMemoryError: Container killed due to memory usage",
        "aws/amazon-ecs-agent#1187",
        "EssentialContainerExited",
        137,
    ),
    Seen("segmentation-fault", ENDED, "aws/amazon-ecs-agent#625, #594", "EssentialContainerExited", 139),
    Seen("killed", ENDED, "aws/aws-for-fluent-bit#11", "EssentialContainerExited", 137),
    Seen("terminated", ENDED, "repost.aws, ecs-task-stopped", "EssentialContainerExited", 143),
    Seen("exit-code-unusual", ENDED, "repost.aws, ecs-task-stopped", "EssentialContainerExited", 255),
    Seen("command-failed-to-run", ENDED, "coreutils, env", "EssentialContainerExited", 125),
    Seen("aborted", ENDED, "signal(7)", "EssentialContainerExited", 134),
    Seen("ended-by-signal", ENDED, "signal(7)", "EssentialContainerExited", 141),
    Seen(
        "cannot-stop-container",
        f"{ENDED}; CannotStopContainerError: failed sending SIGTERM to container: no such process",
        "ECS user guide, stopped tasks error codes",
        "EssentialContainerExited",
        143,
    ),
    Seen(
        "stopped-by-service",
        "Task failed ELB health checks in (target-group"
        " arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/x/a6)",
        "developer guide, stopped task errors",
        "ServiceSchedulerInitiated",
        143,
    ),
    Seen(
        "health-check-failed",
        "Task failed container health checks",
        "public files",
        "ServiceSchedulerInitiated",
        137,
    ),
    Seen(
        "stopped-by-service",
        "Scaling activity initiated by (deployment ecs-svc/123)",
        "repost.aws, ecs-task-stopped",
        "ServiceSchedulerInitiated",
        143,
    ),
    Seen(
        "spot-interruption",
        "Your Spot Task was interrupted.",
        "developer guide, Fargate Spot termination notices",
        "SpotInterruption",
        143,
    ),
    Seen(
        "spot-interruption",
        "Your Spot Task was interrupted.",
        "developer guide, task state change events",
        "TerminationNotice",
    ),
    Seen("stopped-by-person", "custodian policy", "cloud-custodian", "UserInitiated", 143),
    Seen("stopped-by-person", "Task stopped by user", "botocore ecs model", "UserInitiated", 137),
)

REPORTED = (
    Seen(
        "no-route-at-start",
        f"{ASM}failed to fetch secret arn:aws:secretsmanager:us-west-2:1:secret:a from secrets"
        " manager: RequestCanceled: request context canceled caused by: context deadline exceeded."
        " Please check your"
        " task network configuration.",
        "Releem/releem-agent#195",
    ),
    Seen(
        "no-route-at-start",
        f"{FETCH}unable to retrieve ecr registry auth: service call has been retried 3 time(s):"
        " RequestError: send request failed caused by: Post"
        ' "https://api.ecr.us-east-2.amazonaws.com/": dial tcp'
        " 192.0.2.1:443: i/o timeout. Please check your task network configuration.",
        "doctorray117/minecraft-ondemand#74",
    ),
    Seen(
        "no-route-at-start",
        f"{FETCH}unable to retrieve secrets from ssm: service call has been retried 5 time(s):"
        " RequestCanceled: request context canceled caused by: context deadline exceeded. Please"
        " check your task"
        " network configuration.",
        "hashicorp/terraform-provider-aws#33044",
    ),
    Seen(
        "secret-refused",
        f"{FETCH}unable to get registry auth from asm: service call has been retried 5 time(s):"
        " asm fetching secret from the service for",
        "aws-samples/keycloak-on-aws#222",
    ),
    Seen(
        "image-missing",
        "CannotPullContainerError: Error: image deathstar:9ce7d67b not found",
        "aws/amazon-ecs-agent#337",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: Could not reach any registry endpoint",
        "aws/amazon-ecs-agent#719",
    ),
    Seen(
        "image-denied",
        f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve"
        f" ref {ECR}/otel-collector:latest@sha256:863a: unexpected status from HEAD request to"
        f" https://{ECR}/v2/"
        "otel-collector/blobs/sha256:863a: 403 Forbidden",
        "aws/containers-roadmap#2493",
    ),
    Seen(
        "image-other",
        "CannotPullContainerError: inspect image has been retried 5 time(s): httpReaderSeeker: failed"
        " open: unexpected status code"
        " https://registry-1.docker.io/v2/amazon/aws-for-fluent-bit/manifests/sha256:330a"
        "...",
        "aws/aws-for-fluent-bit#234",
    ),
    Seen(
        "image-no-route",
        "CannotPullContainerError: Get https://index.docker.io/v1/repositories/a/b/images: dial tcp:"
        " lookup index.docker.io: no such host",
        "weaveworks-guides/weave-net-legacy#97",
    ),
    Seen(
        "image-denied",
        f"{MANIFEST}failed to resolve ref ghcr.io/a/b:latest: failed to authorize: failed to fetch"
        " anonymous token: 401 Unauthorized",
        "public file",
    ),
    Seen(
        "image-broken",
        f"{REF}failed to unpack image on snapshotter overlayfs: failed to extract layer sha256:c023:"
        " failed to get stream processor for application/vnd.in-toto+json: no processor for media-type",
        "public file",
    ),
    Seen(
        "image-name",
        "CannotPullECRContainerError: InvalidParameterException: Invalid parameter at 'registryIds' failed to"
        " satisfy constraint: 'Member must satisfy constraint: [Member must satisfy regular"
        " expression pattern:"
        " [0-9]{12}]' status code: 400, request id: 1b7cd3ab-",
        "aws-samples/aws-modern-application-workshop#12",
    ),
    Seen(
        "image-platform",
        "CannotPullContainerError: a Windows version 10.0.16299-based image is incompatible with a"
        " 10.0.14393 host",
        "aws-samples/aws-ecs-windows-aspnet#2",
    ),
    Seen(
        "image-platform",
        "CannotPullContainerError: a Windows version 10.0.203…48-based image is incompatible"
        " with a 10.0.17763 host",
        "ministryofjustice/modernisation-platform-environments#427",
    ),
    Seen(
        "volume-refused",
        f"{EFS}mount.nfs4: Connection reset by peer : unsuccessful EFS utils command execution; code: 32",
        "docker-archive/compose-cli#1490",
    ),
    Seen(
        "volume-refused",
        f"{EFS}b'mount.nfs4: mounting fs-1.efs.eu-west-1.amazonaws.com:/grafana failed, reason given"
        " by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32",
        "acp-io/terraform-grafana#4",
    ),
    Seen(
        "cannot-start-container",
        "Cannotstartcontainererror: ResourceInitializationError: failed to create new"
        " container runtime task: failed to create shim task: OCI runtime create failed: runc create"
        " failed: unable to"
        " start container process: error during container init: error creating device nodes: mknod"
        " /run/x/rootfs/dev/"
        "null: errno 524: unknown",
        "aws/amazon-ecs-agent#3526",
    ),
    Seen(
        "working-directory",
        "CannotStartContainerError: ResourceInitializationError: unable to create new container: workdir"
        ' "a/x" does not exist on container 1f72',
        "podman 4.3",
    ),
    Seen(
        "dependency",
        "CannotStartContainerError: API error (500): Cannot link to a non running container:"
        " /ecs-a-19-mongodb AS /ecs-a-19-b/mongodb",
        "aws/amazon-ecs-agent#33",
    ),
    Seen(
        "log-server-unreachable",
        "CannotStartContainerError: Error response from daemon: failed to initialize logging"
        " driver: dial unix /var/run/fluent.sock: connect: no such file or directory",
        "aws/amazon-ecs-agent#2792",
    ),
    Seen(
        "log-server-unreachable",
        "CannotStartContainerError: Error response from daemon: failed to initialize logging"
        " driver: dial tcp 127.0.0.1:24224: connect: connection refused",
        "moby/moby#33186",
    ),
    Seen(
        "log-group-unreachable",
        "CannotStartContainerError: Error response from daemon: failed to initialize logging"
        " driver: failed to create Cloudwatch log stream: RequestError: send request failed caused by: Post"
        " https://logs.us-east-2.amazonaws.com/: dial tcp 192.0.2.1:443: i/o time",
        "public file",
    ),
    Seen(
        "service-linked-role-missing-at-start",
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        "aws/amazon-ecs-cli#733",
    ),
    Seen(
        "network-interface-tags",
        "Unexpected EC2 error while attempting to tag the network interface: InvalidParameterValue",
        "aws/aws-sdk-js#2425",
    ),
)

SEEN = (*PULLS, *SETUPS, *STARTS, *PLACEMENTS, *ENDS, *REPORTED)
