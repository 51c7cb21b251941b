"""What the documentation in the ECS service model says in words and the model does not state: two tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound of one member.

    Attributes:
        shape: The structure in botocore's model.
        member: Its member.
        schema: JSON Schema keywords, laid over what the model states.
        sentence: Where the documentation says so, word for word.
        refused: How AWS is known to refuse what is beyond; "" where nobody has shown that it does.
        stated_at: The member whose documentation says so, where it is another one.
    """

    shape: str
    member: str
    schema: Mapping[str, Any]
    sentence: str
    refused: str = ""
    stated_at: tuple[str, str] | None = None


def _between(lowest: int, highest: int) -> dict[str, Any]:
    return {"minimum": lowest, "maximum": highest}


NAME = {"pattern": "^[A-Za-z0-9_-]+$", "maxLength": 255}
NAME_SENTENCE = "Up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed."
TAG_TEXT = {
    "pattern": "^(?![Aa][Ww][Ss]:)[^\\u0000-\\u001f!\"#$%&'()*,;<>?\\[\\\\\\]^`{|}~\\u007f-\\u009f]*$"
}
"""The model's pattern of tags names Unicode classes, which many validators cannot read.

This one says the same of ASCII and lets every letter beyond pass; the compiler's own check of tags is exact.
"""
TAG_SENTENCE = "Do not use aws:, AWS:, or any upper or lowercase combination of such as a prefix"
TAGS = ("RegisterTaskDefinitionRequest", "tags")
TAGS_REFUSED = "the pattern that the service model states for tags"
PORT = _between(0, 65535)
PORT_SENTENCE = "The containerPortRange valid values are between 1 and 65535."
PORT_RANGE = ("PortMapping", "containerPortRange")
PORT_REFUSED = "Invalid 'containerPort' setting for container (aws/aws-cli#7288)"
PREFLIGHT = "badmintoncryer/cdk-preflight, deployed on AWS"
NAMESPACES = ("SystemControl", "value")
NAMESPACES_SENTENCE = (
    'Valid IPC namespace values: "kernel.msgmax" | "kernel.msgmnb" | "kernel.msgmni" | "kernel.sem" | '
    '"kernel.shmall" | "kernel.shmmax" | "kernel.shmmni" | "kernel.shm_rmid_forced", and Sysctls that '
    'start with "fs.mqueue.*"'
)
CAPABILITIES = (
    'Valid values: "ALL" | "AUDIT_CONTROL" | "AUDIT_WRITE" | "BLOCK_SUSPEND" | "CHOWN" | "DAC_OVERRIDE" | '
    '"DAC_READ_SEARCH" | "FOWNER" | "FSETID" | "IPC_LOCK" | "IPC_OWNER" | "KILL" | "LEASE" | '
    '"LINUX_IMMUTABLE" | "MAC_ADMIN" | "MAC_OVERRIDE" | "MKNOD" | "NET_ADMIN" | "NET_BIND_SERVICE" | '
    '"NET_BROADCAST" | "NET_RAW" | "SETFCAP" | "SETGID" | "SETPCAP" | "SETUID" | "SYS_ADMIN" | "SYS_BOOT" | '
    '"SYS_CHROOT" | "SYS_MODULE" | "SYS_NICE" | "SYS_PACCT" | "SYS_PTRACE" | "SYS_RAWIO" | "SYS_RESOURCE" | '
    '"SYS_TIME" | "SYS_TTY_CONFIG" | "SYSLOG" | "WAKE_ALARM"'
)
MOUNT_FLAGS = (
    '"defaults" | "ro" | "rw" | "suid" | "nosuid" | "dev" | "nodev" | "exec" | "noexec" | "sync" | "async" | '
    '"dirsync" | "remount" | "mand" | "nomand" | "atime" | "noatime" | "diratime" | "nodiratime" | "bind" | '
    '"rbind" | "unbindable" | "runbindable" | "private" | "rprivate" | "shared" | "rshared" | "slave" | '
    '"rslave" | "relatime" | "norelatime" | "strictatime" | "nostrictatime"'
)
MOUNT_SETTINGS = '"mode" | "uid" | "gid" | "nr_inodes" | "nr_blocks" | "mpol"'


def _quoted(sentence: str, between: str = "") -> str | list[str]:
    """Return the words in double quotes: a list, or one text with `between` between them."""
    words = re.findall('"([^"]+)"', sentence)
    return between.join(words) if between else words


CPU = {
    "pattern": "^([0-9]+|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Vv][Cc][Pp][Uu])$",
    "examples": ["1024", "0.5 vCPU"],
}
MEMORY = {
    "pattern": "^([0-9]+|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Gg][Bb])$",
    "examples": ["2048", "0.5 GB"],
}
ROLE = {"pattern": "^(arn:[^:]+:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]+|[A-Za-z0-9_+=,.@/-]+)?$"}
"""A name or an ARN; an example of the service model has an empty text, which ECS takes for left out."""
EXECUTION_ROLE_SENTENCE = (
    "The Amazon Resource Name (ARN) of the task execution role that grants the Amazon ECS container agent "
    "permission to make Amazon Web Services API calls on your behalf."
)
TASK_ROLE_SENTENCE = "The short name or full Amazon Resource Name (ARN) of the IAM role"
ROLE_REFUSED = "Role is not valid (aws-samples/aws-modern-application-workshop#9, fabfuel/ecs-deploy#231)"
IMAGE_SENTENCE = (
    "up to 255 characters total are allowed, including letters (uppercase and lowercase), numbers, "
    "hyphens, underscores, colons, periods, forward slashes, and number signs (#)"
)

LIMITS = (
    Limit(
        "RegisterTaskDefinitionRequest",
        "family",
        {**NAME, "minLength": 1},
        NAME_SENTENCE,
        "Family contains invalid characters. (aws/amazon-ecs-cli#37)",
    ),
    Limit(
        "RegisterTaskDefinitionRequest",
        "cpu",
        CPU,
        "It can be expressed as an integer using CPU units (for example, 1024) or as a string using vCPUs",
        "Invalid 'cpu' setting for task. (ECS developer guide, invalid CPU or memory value)",
    ),
    Limit(
        "RegisterTaskDefinitionRequest",
        "memory",
        MEMORY,
        "It can be expressed as an integer using MiB (for example ,1024) or as a string using GB",
        "Invalid 'memory' setting for task. (ECS developer guide, invalid CPU or memory value)",
    ),
    Limit("RegisterTaskDefinitionRequest", "executionRoleArn", ROLE, EXECUTION_ROLE_SENTENCE, ROLE_REFUSED),
    Limit("RegisterTaskDefinitionRequest", "taskRoleArn", ROLE, TASK_ROLE_SENTENCE, ROLE_REFUSED),
    Limit("Tag", "key", TAG_TEXT, TAG_SENTENCE, TAGS_REFUSED, TAGS),
    Limit("Tag", "value", TAG_TEXT, TAG_SENTENCE, TAGS_REFUSED, TAGS),
    Limit(
        "ContainerDefinition",
        "name",
        NAME,
        NAME_SENTENCE,
        "Container.name contains invalid characters. (ansible/ansible#22860)",
    ),
    Limit(
        "ContainerDefinition",
        "image",
        {"pattern": "^[A-Za-z0-9#@:./_-]+$"},
        IMAGE_SENTENCE,
        "Container.image contains invalid characters. (seen where a placeholder or a blank was left in it)",
    ),
    Limit(
        "ContainerDefinition",
        "environmentFiles",
        {"maxItems": 10},
        "You can specify up to ten environment files.",
        f"The maximum number of environment files was exceeded. ({PREFLIGHT})",
    ),
    Limit("PortMapping", "containerPort", PORT, PORT_SENTENCE, PORT_REFUSED, PORT_RANGE),
    Limit("PortMapping", "hostPort", PORT, PORT_SENTENCE, PORT_REFUSED, PORT_RANGE),
    Limit(
        "PortMapping",
        "containerPortRange",
        {"pattern": "^[0-9]{1,5}-[0-9]{1,5}$", "examples": ["8000-8010"]},
        "The first port in the range must be less than last port in the range.",
        f"Invalid 'containerPortRange' setting ({PREFLIGHT})",
    ),
    Limit(
        "ContainerRestartPolicy",
        "restartAttemptPeriod",
        _between(60, 1800),
        "You can set a minimum restartAttemptPeriod of 60 seconds and a maximum restartAttemptPeriod of "
        "1800 seconds.",
        f"the 'restartAttemptPeriod' setting for container must be between 60 and 1800 ({PREFLIGHT})",
    ),
    Limit(
        "HealthCheck",
        "interval",
        _between(5, 300),
        "You may specify between 5 and 300 seconds.",
        f"Health check interval must be less than or equal to the maximum allowed value 300 ({PREFLIGHT})",
    ),
    Limit(
        "HealthCheck",
        "timeout",
        _between(2, 60),
        "You may specify between 2 and 60 seconds.",
        f"the same of the timeout ({PREFLIGHT})",
    ),
    Limit(
        "HealthCheck",
        "retries",
        _between(1, 10),
        "You may specify between 1 and 10 retries.",
        f"the same of the retries ({PREFLIGHT})",
    ),
    Limit(
        "HealthCheck",
        "startPeriod",
        _between(0, 300),
        "You can specify between 0 and 300 seconds.",
        f"the same of the start period ({PREFLIGHT})",
    ),
    Limit(
        "SystemControl",
        "namespace",
        {"pattern": "^(fs\\.mqueue|kernel|net)\\..+$"},
        NAMESPACES_SENTENCE,
        "The 'systemControls' namespace net must start with … prefix (aws/aws-cdk#23635)",
        NAMESPACES,
    ),
    Limit(
        "Volume",
        "name",
        {"minLength": 1},
        NAME_SENTENCE,
        "by ecsplan, because a mount point names its volume",
    ),
    Limit(
        "EphemeralStorage",
        "sizeInGiB",
        _between(21, 200),
        "The minimum supported value is 21 GiB and the maximum supported value is 200 GiB.",
        f"EphemeralStorage size should be at least 21 ({PREFLIGHT})",
    ),
    Limit(
        "RunTaskRequest",
        "count",
        {
            "$comment": "One call takes 10; a plan holds the whole job, which apply splits into calls.",
            "minimum": 1,
        },
        "You can specify up to 10 tasks for each call.",
        "by ecsplan, because a job has a task",
    ),
    Limit(
        "RunTaskRequest",
        "placementStrategy",
        {"maxItems": 5},
        "You can specify a maximum of 5 strategy rules for each task.",
        f"Maximum number of strategies is 5 (CreateService; {PREFLIGHT})",
    ),
    Limit(
        "RunTaskRequest",
        "propagateTags",
        {"enum": ["TASK_DEFINITION", "NONE"]},
        "An error will be received if you specify the SERVICE option when running a task.",
        "the documentation says that an error is received",
    ),
    Limit(
        "AwsVpcConfiguration",
        "subnets",
        {"maxItems": 16},
        "There's a limit of 16 subnets that can be specified.",
        "subnets can have at most 16 items. (seen by users of RunTask)",
    ),
    Limit(
        "AwsVpcConfiguration",
        "securityGroups",
        {"maxItems": 5},
        "There's a limit of 5 security groups that can be specified.",
        "securityGroups can have at most 5 items. (as of subnets)",
    ),
)
"""Bounds that AWS is known to enforce: they stand in the published schemas, and breaking one is an error."""

ADVICE = (
    Limit(
        "RegisterTaskDefinitionRequest",
        "networkMode",
        {"enum": ["bridge", "host", "awsvpc", "none"]},
        "The valid values are none, bridge, awsvpc, and host.",
    ),
    Limit(
        "RegisterTaskDefinitionRequest",
        "placementConstraints",
        {"maxItems": 10},
        "You can specify a maximum of 10 constraints for each task.",
    ),
    Limit(
        "ContainerDefinition",
        "image",
        {"pattern": "^[A-Za-z0-9#:./_-]{1,255}(@sha256:[A-Fa-f0-9]{64})?$"},
        IMAGE_SENTENCE,
    ),
    Limit(
        "ContainerDefinition",
        "cpu",
        {"minimum": 0},
        "Null, zero, and CPU values of 1 are passed to Docker as 2.",
    ),
    Limit(
        "ContainerDefinition",
        "credentialSpecs",
        {"maxItems": 1, "items": {"pattern": "^credentialspec(domainless)?:.+$"}},
        "The maximum number of ARNs is 1.",
    ),
    Limit(
        "ContainerDefinition",
        "dockerSecurityOptions",
        {"items": {"pattern": "^(no-new-privileges(:(true|false))?|(apparmor|label|credentialspec):.+)$"}},
        'Valid values: "no-new-privileges" | "apparmor:PROFILE" | "label:value" | '
        '"credentialspec:CredentialSpecFilePath"',
    ),
    Limit("KernelCapabilities", "add", {"items": {"enum": _quoted(CAPABILITIES)}}, CAPABILITIES),
    Limit("KernelCapabilities", "drop", {"items": {"enum": _quoted(CAPABILITIES)}}, CAPABILITIES),
    Limit(
        "Tmpfs",
        "mountOptions",
        {"items": {"pattern": f"^({_quoted(MOUNT_FLAGS, '|')}|({_quoted(MOUNT_SETTINGS, '|')})(=.+)?)$"}},
        f"Valid values: {MOUNT_FLAGS} | {MOUNT_SETTINGS}",
    ),
    Limit("LinuxParameters", "maxSwap", {"minimum": 0}, "Accepted values are 0 or any positive integer."),
    Limit(
        "LinuxParameters",
        "swappiness",
        _between(0, 100),
        "Accepted values are whole numbers between 0 and 100.",
    ),
    Limit("EFSVolumeConfiguration", "transitEncryptionPort", PORT, PORT_SENTENCE, "", PORT_RANGE),
    Limit("S3FilesVolumeConfiguration", "transitEncryptionPort", PORT, PORT_SENTENCE, "", PORT_RANGE),
    Limit(
        "PortMapping",
        "name",
        {"pattern": "^[a-z0-9_][a-z0-9_-]*$", "maxLength": 64},
        "The name can include up to 64 characters. The characters can include lowercase letters, numbers, "
        "underscores (_), and hyphens (-). The name can't start with a hyphen.",
    ),
    Limit(
        "ContainerRestartPolicy",
        "ignoredExitCodes",
        {"maxItems": 50},
        "You can specify a maximum of 50 container exit codes.",
    ),
    Limit(
        "HealthCheck",
        "command",
        {"minItems": 1},
        "The string array must start with CMD to run the command arguments directly, or CMD-SHELL to run the "
        "command with the container's default shell.",
    ),
    Limit(
        "SystemControl",
        "namespace",
        {
            "pattern": "^(kernel\\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|"
            "(fs\\.mqueue|net)\\..+)$"
        },
        NAMESPACES_SENTENCE,
        "",
        NAMESPACES,
    ),
    Limit("Volume", "name", NAME, NAME_SENTENCE),
    Limit(
        "RunTaskRequest",
        "capacityProviderStrategy",
        {"maxItems": 20},
        "A capacity provider strategy can contain a maximum of 20 capacity providers.",
    ),
    Limit(
        "RunTaskRequest",
        "placementConstraints",
        {"maxItems": 10},
        "You can specify up to 10 constraints for each task",
    ),
    Limit(
        "PlacementConstraint",
        "expression",
        {"maxLength": 2000},
        "The expression can have a maximum length of 2000 characters.",
    ),
    Limit(
        "TaskManagedEBSVolumeConfiguration",
        "volumeType",
        {"enum": ["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"]},
        "General Purpose SSD: gp2|gp3",
    ),
)
"""Bounds that only the documentation states: they stand in a schema of their own, and breaking one warns."""

ACCEPTED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("RegisterTaskDefinitionRequest", "networkMode"): ("default",),
}
"""Values that the model's enum lacks and that other documentation allows: the developer guide has `default`
for tasks on EC2 Windows instances, as do AWS's own examples."""
