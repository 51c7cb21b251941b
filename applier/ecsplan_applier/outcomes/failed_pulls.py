"""Error patterns of image pulls that failed: the registry, the route to it, or the image itself."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

_PULL: Final = "CannotPull.*"
_PAGE: Final = "ECS developer guide, CannotPullContainer task errors"
_ROUTE: Final = (
    "public subnets need `assign_public_ip: true`, private ones a NAT gateway or"
    " endpoints for ECR (api and dkr) and S3"
)

FAILED_PULLS: Final[tuple[ErrorPattern, ...]] = (
    # No error name is required: a disk also fills up while a container is created.
    ErrorPattern(
        "disk-full",
        "stop",
        "",
        "no space left on device|thin pool|devicemapper.*(resume|free data blocks)|devmapper|disk quota",
        "TaskFailedToStart: CannotPullContainerError: ref pull has been retried 1 time(s): failed to"
        " extract layer: write /var/lib/data: no space left on device",
        "the disk of the task, or of its container instance, is full",
        "on Fargate set `ephemeral_storage_gib`; on EC2 free disk space on the instance or give it a larger"
        " volume; or use a smaller image",
        f"{_PAGE}; CannotCreateContainerError: API error (500): devmapper",
    ),
    # Before `image-denied`: registries suggest logging in when they report a rate limit.
    ErrorPattern(
        "image-rate-limited",
        "stop",
        "",
        "toomanyrequests|too many requests|rate limit|rate exceeded|throttl|\\b429\\b",
        "TaskFailedToStart: CannotPullContainerError: toomanyrequests: You have reached your pull rate"
        " limit.",
        "the registry's rate limit for image pulls was reached",
        "pull from Amazon ECR Public or through an ECR pull-through cache, or log in to the registry with"
        " `repositoryCredentials` in `task_definition`",
        f"{_PAGE}; docker.com/increase-rate-limit",
        error_pattern=_PULL,
    ),
    # The empty alternative also matches reasons that consist of the manifest error alone.
    ErrorPattern(
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
        error_pattern="CannotPull.*|",
    ),
    ErrorPattern(
        "image-platform-at-start",
        "stop",
        "",
        "exec format error|exec user process caused|operating system does not match",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: exec format error",
        "the command is a program for another CPU architecture, or a script without a `#!` line",
        "build the image for the task's platform, set `runtime_platform` to the image's, or add a `#!` line"
        " to the script",
        "opencontainers/runc; ECS developer guide, stopped tasks error codes",
    ),
    # Before `image-denied`: the same 403, but the S3 endpoint has to be fixed, not the execution role.
    ErrorPattern(
        "image-layers-denied",
        "stop",
        "",
        "(failed to copy|httpread\\w*seeker|getting the"
        " blob|layer).{0,200}(\\b403\\b|forbidden|accessdenied)",
        "TaskFailedToStart: CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy:"
        " httpReadSeeker: failed open: unexpected status code https://layers.example/: 403 Forbidden",
        "the image manifest could be read, but not the layers, which ECR keeps in S3",
        "allow s3:GetObject on the region's `prod-REGION-starport-layer-bucket` in the policy of the S3"
        " endpoint, and ecr:GetDownloadUrlForLayer for the execution role",
        f"{_PAGE}; Amazon ECR user guide, interface VPC endpoints (S3 gateway endpoint)",
        error_pattern=_PULL,
    ),
    # Before `image-missing`: a registry that hides private repositories says that one "does not exist or
    # may require" a login.
    ErrorPattern(
        "image-denied",
        "stop",
        "",
        "denied|unauthorized|not authorized|forbidden|\\b40[13]\\b|no basic auth|authorization"
        " (failed|token)|insufficient_scope|authentication required|(username or|incorrect) password|no"
        " pull access|permissions? to pull|may require",
        "TaskFailedToStart: CannotPullECRContainerError: AccessDeniedException: not authorized to perform:"
        " ecr:GetAuthorizationToken",
        "the registry denied access to the image; many registries answer the same for a repository that does"
        " not exist",
        "check the name in `image`; for ECR allow ecr:GetAuthorizationToken, ecr:BatchGetImage and"
        " ecr:GetDownloadUrlForLayer for the execution role (`execution_role_arn`; on EC2 the instance's"
        " role) and, across accounts, in the repository's policy; for other registries set"
        " `repositoryCredentials`",
        f"{_PAGE}; amazon-ecs-agent error_messages.go",
        error_pattern=_PULL,
    ),
    ErrorPattern(
        "image-name",
        "stop",
        "",
        "invalid reference|could not parse|repository name must|invalid (image|repository|tag|checksum"
        " digest)|invalid characters|'registryIds' failed",
        "TaskFailedToStart: CannotPullContainerError: invalid reference format",
        "the image name is not a valid image reference",
        "correct `image`: REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:DIGEST, in lower case",
        "distribution reference grammar",
        error_pattern=_PULL,
    ),
    # `host not found` is excluded: it is a DNS failure, which `image-no-route` explains.
    ErrorPattern(
        "image-missing",
        "stop",
        "",
        "(?<!host )not found|manifest ?unknown|name ?unknown|does(n.t| not) exist|\\b404\\b|no such"
        " image|no such manifest|RepositoryNotFound|ImageNotFound",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s):"
        " failed to resolve ref example/job:9: not found",
        "there is no such image or tag in the registry",
        "check `image` and its tag, the account and region of the registry, and that the image was pushed; a"
        " tag that was moved or deleted is gone for revisions registered earlier, too",
        _PAGE,
        error_pattern=_PULL,
    ),
    # Before the network errors: the engine of this machine reports the same ones, but the VPC is not
    # involved.
    ErrorPattern(
        "local-image",
        "stop",
        "",
        "\\((podman|docker) pull\\b",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s):"
        " failed to do request: dial tcp: lookup registry.example: no such host (podman pull on this"
        " machine)",
        "the embedded ECS could not get the image: the container engine of this machine did not pull it",
        "pull it by hand with the same engine to see what is wrong: this machine's network, its proxy, or"
        " the login to the registry; `--runner process` runs the command without the image",
        "docs/local.md",
        error_pattern=_PULL,
    ),
    ErrorPattern(
        "image-certificate",
        "stop",
        "",
        "x509|certificate|server gave http response to https client|handshake failure"
        "|does not look like a tls handshake|remote error: tls",
        "TaskFailedToStart: CannotPullContainerError: failed to do request: x509: certificate signed by"
        " unknown authority",
        "the registry's certificate is not trusted, or the registry does not use HTTPS",
        "give the registry a certificate from a public certificate authority; on EC2 the authority can also"
        " be installed on the instances",
        "containerd and docker, registry certificates",
        error_pattern=_PULL,
    ),
    # Before `image-no-route`, whose `timeout` also matches a gateway timeout.
    ErrorPattern(
        "registry-trouble",
        "stop",
        "",
        "\\b5\\d\\d (internal|bad|service|gateway)|bad gateway|service unavailable|gateway"
        " time-?out|internal server error|handshake.{0,20}time[d-]? ?out|server error"
        "|\\bstatus(:| code:?)? 5\\d\\d\\b",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 5 time(s):"
        " unexpected status from HEAD request: 503 Service Unavailable",
        "the registry, or a gateway in front of it, had a temporary problem",
        "apply again; if it persists, copy the image to Amazon ECR",
        f"{_PAGE}; distribution registry API, 5xx",
        error_pattern=_PULL,
        transient="start",
    ),
    ErrorPattern(
        "image-no-route",
        "stop",
        "",
        "time[d-]? ?out|deadli|dial tcp|no route|no such host|lookup|unreachable|refused|unable to"
        " connect|connection (issue|failed)|could not (reach|connect)|network configuration|request"
        " cancell?ed|send request|server misbehaving|awaiting headers|nil pointer|pulling image conf|name"
        " resolution|pulling from host",
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 5 time(s): dial"
        " tcp 192.0.2.1:443: i/o timeout",
        "the task has no network route to the registry",
        f"{_ROUTE}; security groups must allow outbound 443, the VPC needs DNS, and the registry's host"
        " name in"
        " `image` must be correct",
        f"{_PAGE}; verifying Amazon ECS stopped task connectivity",
        error_pattern=_PULL,
    ),
    # After `image-no-route`: a cancelled pull is explained by its cause if the reason names one.
    ErrorPattern(
        "image-pull-cancelled",
        "stop",
        "",
        "context cancell?ed|signal: killed|pull command failed",
        "TaskFailedToStart: CannotPullContainerError: context canceled",
        "the pull was cancelled: the task has no route to the registry, or the disk of the container instance"
        " is too small for the image",
        f"{_ROUTE}; on EC2 give the instances a larger root volume",
        f"{_PAGE}; AWS Batch workshops (8 GiB root volume)",
        error_pattern=_PULL,
    ),
    ErrorPattern(
        "image-pull-broken",
        "stop",
        "",
        "\\beof\\b|connection reset|broken pipe|stream error|connection was closed",
        "TaskFailedToStart: CannotPullContainerError: failed to copy: read: connection reset by peer",
        "the connection to the registry broke while the image was pulled",
        "apply again; if it persists, check the NAT gateways, proxies and firewalls on the route",
        "dagster-io/dagster utils.py (transient stop reasons)",
        error_pattern=_PULL,
    ),
    ErrorPattern(
        "image-broken",
        "stop",
        "",
        "failed to (register|extract|apply|commit)|unpack|diffids|rootfs|media type|archive/tar|invalid"
        " tar|unexpected commit digest|filesystem layer verification|schema",
        "TaskFailedToStart: CannotPullContainerError: ref pull has been retried 1 time(s): number of layers"
        " and diffIDs don't match",
        "the image was downloaded but could not be unpacked: it is damaged, or in a format that the runtime"
        " does not support",
        "build and push the image again; if it fails on some hosts only, check their disks",
        "containerd, moby (layer registration)",
        error_pattern=_PULL,
    ),
    # Last: every pull error that no pattern above recognizes.
    ErrorPattern(
        "image-other",
        "stop",
        "",
        "",
        "TaskFailedToStart: CannotPullContainerError: inspect image has been retried 5 time(s)",
        "the image could not be pulled",
        "check `image`, the execution role (`execution_role_arn`), and the task's route to the registry:"
        f" {_ROUTE}",
        _PAGE,
        error_pattern=_PULL,
    ),
)
