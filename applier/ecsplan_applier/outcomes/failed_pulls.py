"""What ECS says of a task whose image could not be pulled: the registry, the way to it, the image itself."""

from typing import Final

from ecsplan_applier.outcomes.explanation import Row

_PULL: Final = "CannotPull.*"
_PAGE: Final = "ECS developer guide, CannotPullContainer task errors"
_WAY: Final = (
    "public subnets need assignPublicIp ENABLED in `network_configuration`, private ones a NAT gateway or"
    " endpoints for ECR (api and dkr) and S3"
)

FAILED_PULLS: Final[tuple[Row, ...]] = (
    Row(
        "disk-full",
        "stop",
        "",
        "no space left on device|thin pool|devicemapper.*(resume|free data blocks)|devmapper|disk quota",
        "TaskFailedToStart: CannotPullContainerError: ref pull has been retried 1 time(s): failed to"
        " extract layer: write /var/lib/data: no space left on device",
        "the disk of the task, or of its container instance, is full",
        "on Fargate set `ephemeral_storage_gib`; on EC2 free the instance's disk or give it a larger"
        " volume; or use a smaller image",
        f"{_PAGE}; CannotCreateContainerError: API error (500): devmapper",
    ),
    Row(
        "image-rate-limited",
        "stop",
        "",
        "toomanyrequests|too many requests|rate limit|rate exceeded|throttl|\\b429\\b",
        "TaskFailedToStart: CannotPullContainerError: toomanyrequests: You have reached your pull rate"
        " limit.",
        "the registry limits how often images are pulled",
        "pull from Amazon ECR Public or through an ECR pull-through cache, or log in to the registry with"
        " `repositoryCredentials` in `task_definition`",
        f"{_PAGE}; docker.com/increase-rate-limit",
        error=_PULL,
    ),
    Row(
        "image-platform",
        "stop",
        "",
        "match\\w* (the specified |for )?platform|no matching manifest|no match for platform|exec format|no"
        " image found in (image|manifest)|(image )?operating system .{0,40}cannot be used|wrong architecture"
        "|windows version \\S+ image is incompatible",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 7 time(s): image"
        " Manifest does not contain descriptor matching platform 'linux/amd64'",
        "the image is for another CPU architecture or operating system than the task",
        "build the image for the task's platform (`docker build --platform linux/amd64`), or set"
        " `runtime_platform` to the image's",
        f"{_PAGE}; public reports of images built on ARM machines",
        error="CannotPull.*|",
    ),
    Row(
        "image-platform-at-start",
        "stop",
        "",
        "exec format error|exec user process caused|operating system does not match",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: exec format error",
        "the command is a program for another CPU architecture, or a script without a `#!` line",
        "build the image for the task's platform, set `runtime_platform` to the image's, or give the script"
        " its interpreter",
        "opencontainers/runc; ECS developer guide, stopped tasks error codes",
    ),
    Row(
        "image-layers-denied",
        "stop",
        "",
        "(failed to copy|httpread\\w*seeker|getting the"
        " blob|layer).{0,200}(\\b403\\b|forbidden|accessdenied)",
        "TaskFailedToStart: CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy:"
        " httpReadSeeker: failed open: unexpected status code https://layers.example/: 403 Forbidden",
        "the manifest could be read and the layers, which ECR keeps in S3, could not",
        "let the policy of the S3 endpoint allow s3:GetObject on the region's"
        " `prod-REGION-starport-layer-bucket`, and allow ecr:GetDownloadUrlForLayer to the execution role",
        f"{_PAGE}; Amazon ECR user guide, interface VPC endpoints (S3 gateway endpoint)",
        error=_PULL,
    ),
    Row(
        "image-denied",
        "stop",
        "",
        "denied|unauthorized|not authorized|forbidden|\\b40[13]\\b|no basic auth|authorization"
        " (failed|token)|insufficient_scope|authentication required|(username or|incorrect) password|no"
        " pull access|permissions? to pull|may require",
        "TaskFailedToStart: CannotPullECRContainerError: AccessDeniedException: not authorized to perform:"
        " ecr:GetAuthorizationToken",
        "the registry refused the image; many registries say the same of a repository that does not exist",
        "check the name in `image`; for ECR allow ecr:GetAuthorizationToken, ecr:BatchGetImage and"
        " ecr:GetDownloadUrlForLayer to the execution role (`execution_role_arn`; on EC2 the instance's"
        " role) and, across accounts, in the repository's policy; for other registries set"
        " `repositoryCredentials`",
        f"{_PAGE}; amazon-ecs-agent error_messages.go",
        error=_PULL,
    ),
    Row(
        "image-name",
        "stop",
        "",
        "invalid reference|could not parse|repository name must|invalid (image|repository|tag|checksum"
        " digest)|invalid characters|'registryIds' failed",
        "TaskFailedToStart: CannotPullContainerError: invalid reference format",
        "the image's name is not a valid image reference",
        "correct `image`: REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:DIGEST, in lower case",
        "distribution reference grammar",
        error=_PULL,
    ),
    Row(
        "image-missing",
        "stop",
        "",
        "(?<!host )not found|manifest ?unknown|name ?unknown|does(n.t| not) exist|\\b404\\b|no such"
        " image|no such manifest|RepositoryNotFound|ImageNotFound",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s):"
        " failed to resolve ref example/job:9: not found",
        "there is no such image or tag in the registry",
        "check `image` and its tag, the account and the region of the registry, and that the image was"
        " pushed; a tag that was moved or deleted is gone for revisions that were registered before",
        _PAGE,
        error=_PULL,
    ),
    Row(
        "local-image",
        "stop",
        "",
        "\\((podman|docker) pull\\b",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s):"
        " failed to do request: dial tcp: lookup registry.example: no such host (podman pull on this"
        " machine)",
        "the embedded ECS could not get the image: the container engine of this machine did not pull it",
        "pull it by hand with the same engine, which shows what is wrong: this machine's network, its"
        " proxy, the login to the registry; `--runner process` runs the command without the image",
        "docs/local.md",
        error=_PULL,
    ),
    Row(
        "image-certificate",
        "stop",
        "",
        "x509|certificate|server gave http response to https client",
        "TaskFailedToStart: CannotPullContainerError: failed to do request: x509: certificate signed by"
        " unknown authority",
        "the registry's certificate is not trusted, or it does not speak HTTPS",
        "give the registry a certificate of a public authority; on EC2 the instances can be given the"
        " authority",
        "containerd and docker, registry certificates",
        error=_PULL,
    ),
    Row(
        "registry-trouble",
        "stop",
        "",
        "\\b5\\d\\d (internal|bad|service|gateway)|bad gateway|service unavailable|gateway"
        " time-?out|internal server error|handshake|server error|\\bstatus(:| code:?)? 5\\d\\d\\b",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 5 time(s):"
        " unexpected status from HEAD request: 503 Service Unavailable",
        "the registry, or a gateway before it, had trouble for a moment",
        "apply again; if it goes on, copy the image to Amazon ECR",
        f"{_PAGE}; distribution registry API, 5xx",
        error=_PULL,
        transient="start",
    ),
    Row(
        "image-no-route",
        "stop",
        "",
        "time[d-]? ?out|deadli|dial tcp|no route|no such host|lookup|unreachable|refused|unable to"
        " connect|connection (issue|failed)|could not (reach|connect)|network configuration|request"
        " cancell?ed|send request|server misbehaving|awaiting headers|nil pointer|pulling image conf|name"
        " resolution|pulling from host",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 5 time(s): dial"
        " tcp 192.0.2.1:443: i/o timeout",
        "the task has no way to the registry",
        f"{_WAY}; security groups must allow 443 out, the VPC needs DNS, and the registry's host name in"
        " `image` must be right",
        f"{_PAGE}; verifying Amazon ECS stopped task connectivity",
        error=_PULL,
    ),
    Row(
        "image-pull-cancelled",
        "stop",
        "",
        "context cancell?ed|signal: killed|pull command failed",
        "TaskFailedToStart: CannotPullContainerError: context canceled",
        "the pull was cut off: the task has no way to the registry, or the disk of the container instance"
        " is too small for the image",
        f"{_WAY}; on EC2 give the instances a larger root volume",
        f"{_PAGE}; AWS Batch workshops (8 GiB root volume)",
        error=_PULL,
    ),
    Row(
        "image-pull-broken",
        "stop",
        "",
        "\\beof\\b|connection reset|broken pipe|stream error|connection was closed",
        "TaskFailedToStart: CannotPullContainerError: failed to copy: read: connection reset by peer",
        "the connection to the registry broke while the image was pulled",
        "apply again; if it goes on, look at NAT gateways, proxies and firewalls on the way",
        "dagster-io/dagster utils.py (transient stop reasons)",
        error=_PULL,
    ),
    Row(
        "image-broken",
        "stop",
        "",
        "failed to (register|extract|apply|commit)|unpack|diffids|rootfs|media type|archive/tar|invalid"
        " tar|unexpected commit digest|filesystem layer verification|schema",
        "TaskFailedToStart: CannotPullContainerError: ref pull has been retried 1 time(s): number of layers"
        " and diffIDs don't match",
        "the image was fetched and could not be unpacked: it is damaged, or in a format that the runtime"
        " does not know",
        "build and push the image again; if only some hosts fail, look at their disks",
        "containerd, moby (layer registration)",
        error=_PULL,
    ),
    Row(
        "image-other",
        "stop",
        "",
        "",
        "TaskFailedToStart: CannotPullContainerError: inspect image has been retried 5 time(s)",
        "the image could not be pulled",
        "check `image`, the execution role (`execution_role_arn`), and the task's way to the registry:"
        f" {_WAY}",
        _PAGE,
        error=_PULL,
    ),
)
