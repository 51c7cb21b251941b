"""What the documentation in the ECS service model says in words and the model does not state: a table."""

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
        schema: JSON Schema keywords, laid over what the model states. `patternErrorMessage` says in words
            what the pattern wants (editors show it); `x-unit` is the unit of a bound.
        sentence: Where the documentation says so, word for word.
        stated_at: The member whose documentation says so, where it is another one.
    """

    shape: str
    member: str
    schema: Mapping[str, Any]
    sentence: str
    stated_at: tuple[str, str] | None = None


def _between(lowest: int, highest: int, unit: str = "") -> dict[str, Any]:
    bounds: dict[str, Any] = {"minimum": lowest, "maximum": highest}
    return {**bounds, "x-unit": unit} if unit else bounds


NAME = {
    "pattern": "^[A-Za-z0-9_-]+$",
    "maxLength": 255,
    "patternErrorMessage": "expected only letters (A-Z, a-z), digits, hyphens and underscores",
}
NAME_SENTENCE = "Up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed."
TAG_TEXT = {
    "pattern": "^(?![Aa][Ww][Ss]:)[^\\u0000-\\u001f!\"#$%&'()*,;<>?\\[\\\\\\]^`{|}~\\u007f-\\u009f]*$",
    "patternErrorMessage": "expected letters, digits, spaces and + - = . _ : / @, and no prefix aws:",
}
"""The model's pattern of tags names Unicode classes, which many validators cannot read.

This one says the same of ASCII and lets every letter beyond pass; the compiler's own check of tags is exact.
"""
TAG_SENTENCE = "Do not use aws:, AWS:, or any upper or lowercase combination of such as a prefix"
TAGS = ("RegisterTaskDefinitionRequest", "tags")
PORT = _between(0, 65535)
PORT_SENTENCE = "The containerPortRange valid values are between 1 and 65535."
PORT_RANGE = ("PortMapping", "containerPortRange")
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


def _quoted(sentence: str, between: str = "") -> Any:
    """Return the words in double quotes: a list, or one text with `between` between them."""
    words = re.findall('"([^"]+)"', sentence)
    return between.join(words) if between else words


CPU = {
    "pattern": "^([0-9]+|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Vv][Cc][Pp][Uu])$",
    "patternErrorMessage": 'expected CPU units ("1024") or vCPUs ("1 vCPU")',
    "examples": ["1024", "0.5 vCPU"],
}
MEMORY = {
    "pattern": "^([0-9]+|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Gg][Bb])$",
    "patternErrorMessage": 'expected MiB ("2048") or gigabytes ("2 GB")',
    "examples": ["2048", "0.5 GB"],
}

LIMITS = (
    Limit("RegisterTaskDefinitionRequest", "family", {**NAME, "minLength": 1}, NAME_SENTENCE),
    Limit(
        "RegisterTaskDefinitionRequest",
        "placementConstraints",
        {"maxItems": 10},
        "You can specify a maximum of 10 constraints for each task.",
    ),
    Limit(
        "RegisterTaskDefinitionRequest",
        "cpu",
        CPU,
        "It can be expressed as an integer using CPU units (for example, 1024) or as a string using vCPUs",
    ),
    Limit(
        "RegisterTaskDefinitionRequest",
        "memory",
        MEMORY,
        "It can be expressed as an integer using MiB (for example ,1024) or as a string using GB",
    ),
    Limit("Tag", "key", TAG_TEXT, TAG_SENTENCE, TAGS),
    Limit("Tag", "value", TAG_TEXT, TAG_SENTENCE, TAGS),
    Limit("ContainerDefinition", "name", NAME, NAME_SENTENCE),
    Limit(
        "ContainerDefinition",
        "image",
        {
            "pattern": "^[A-Za-z0-9#:./_-]{1,255}(@sha256:[A-Fa-f0-9]{64})?$",
            "patternErrorMessage": "expected REPOSITORY:TAG or REPOSITORY@sha256:DIGEST (64 hex digits), "
            "with at most 255 letters, digits and - _ : . / # before the @",
        },
        "up to 255 characters total are allowed, including letters (uppercase and lowercase), numbers, "
        "hyphens, underscores, colons, periods, forward slashes, and number signs (#)",
    ),
    Limit(
        "ContainerDefinition",
        "cpu",
        {"minimum": 0, "x-unit": "CPU units"},
        "Null, zero, and CPU values of 1 are passed to Docker as 2.",
    ),
    Limit(
        "ContainerDefinition",
        "memory",
        {"minimum": 4, "x-unit": "MiB"},
        "So, don't specify less than 4 MiB of memory for your containers.",
    ),
    Limit(
        "ContainerDefinition",
        "memoryReservation",
        {"minimum": 4, "x-unit": "MiB"},
        "So, don't specify less than 4 MiB of memory for your containers.",
    ),
    Limit(
        "ContainerDefinition",
        "environmentFiles",
        {"maxItems": 10},
        "You can specify up to ten environment files.",
    ),
    Limit(
        "ContainerDefinition",
        "credentialSpecs",
        {
            "maxItems": 1,
            "items": {
                "pattern": "^credentialspec(domainless)?:.+$",
                "patternErrorMessage": "expected credentialspec:ARN or credentialspecdomainless:ARN",
            },
        },
        "The maximum number of ARNs is 1.",
    ),
    Limit(
        "ContainerDefinition",
        "dockerSecurityOptions",
        {
            "items": {
                "pattern": "^(no-new-privileges(:(true|false))?|(apparmor|label|credentialspec):.+)$",
                "patternErrorMessage": "expected no-new-privileges, apparmor:PROFILE, label:VALUE or "
                "credentialspec:PATH",
            }
        },
        'Valid values: "no-new-privileges" | "apparmor:PROFILE" | "label:value" | '
        '"credentialspec:CredentialSpecFilePath"',
    ),
    Limit("KernelCapabilities", "add", {"items": {"enum": _quoted(CAPABILITIES)}}, CAPABILITIES),
    Limit("KernelCapabilities", "drop", {"items": {"enum": _quoted(CAPABILITIES)}}, CAPABILITIES),
    Limit(
        "Tmpfs",
        "mountOptions",
        {
            "items": {
                "pattern": f"^({_quoted(MOUNT_FLAGS, '|')}|({_quoted(MOUNT_SETTINGS, '|')})(=.+)?)$",
                "patternErrorMessage": f"expected one of {_quoted(MOUNT_FLAGS, ', ')}, "
                f"or with a value {_quoted(MOUNT_SETTINGS, ', ')}",
            }
        },
        f"Valid values: {MOUNT_FLAGS} | {MOUNT_SETTINGS}",
    ),
    Limit(
        "LinuxParameters",
        "maxSwap",
        {"minimum": 0, "x-unit": "MiB"},
        "Accepted values are 0 or any positive integer.",
    ),
    Limit(
        "LinuxParameters",
        "swappiness",
        _between(0, 100),
        "Accepted values are whole numbers between 0 and 100.",
    ),
    Limit("PortMapping", "containerPort", PORT, PORT_SENTENCE, PORT_RANGE),
    Limit("PortMapping", "hostPort", PORT, PORT_SENTENCE, PORT_RANGE),
    Limit("EFSVolumeConfiguration", "transitEncryptionPort", PORT, PORT_SENTENCE, PORT_RANGE),
    Limit("S3FilesVolumeConfiguration", "transitEncryptionPort", PORT, PORT_SENTENCE, PORT_RANGE),
    Limit(
        "PortMapping",
        "name",
        {
            "pattern": "^[a-z0-9_][a-z0-9_-]*$",
            "maxLength": 64,
            "patternErrorMessage": "expected lowercase letters, digits, underscores and hyphens, but not "
            "a hyphen first",
        },
        "The name can include up to 64 characters. The characters can include lowercase letters, numbers, "
        "underscores (_), and hyphens (-). The name can't start with a hyphen.",
    ),
    Limit(
        "PortMapping",
        "containerPortRange",
        {
            "pattern": "^[0-9]{1,5}-[0-9]{1,5}$",
            "patternErrorMessage": "expected FIRST-LAST, such as 8000-8010",
            "examples": ["8000-8010"],
        },
        "The first port in the range must be less than last port in the range.",
    ),
    Limit(
        "ContainerRestartPolicy",
        "ignoredExitCodes",
        {"maxItems": 50},
        "You can specify a maximum of 50 container exit codes.",
    ),
    Limit(
        "ContainerRestartPolicy",
        "restartAttemptPeriod",
        _between(60, 1800, "seconds"),
        "You can set a minimum restartAttemptPeriod of 60 seconds and a maximum restartAttemptPeriod of "
        "1800 seconds.",
    ),
    Limit(
        "HealthCheck",
        "command",
        {"prefixItems": [{"enum": ["CMD", "CMD-SHELL", "NONE"]}], "minItems": 1},
        "The string array must start with CMD to run the command arguments directly, or CMD-SHELL to run the "
        "command with the container's default shell.",
    ),
    Limit(
        "HealthCheck",
        "interval",
        _between(5, 300, "seconds"),
        "You may specify between 5 and 300 seconds.",
    ),
    Limit(
        "HealthCheck",
        "timeout",
        _between(2, 60, "seconds"),
        "You may specify between 2 and 60 seconds.",
    ),
    Limit("HealthCheck", "retries", _between(1, 10), "You may specify between 1 and 10 retries."),
    Limit(
        "HealthCheck",
        "startPeriod",
        _between(0, 300, "seconds"),
        "You can specify between 0 and 300 seconds.",
    ),
    Limit(
        "SystemControl",
        "namespace",
        {
            "pattern": "^(kernel\\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|"
            "(fs\\.mqueue|net)\\..+)$",
            "patternErrorMessage": "expected a namespaced kernel parameter: net.…, fs.mqueue.…, or one of "
            "kernel.msgmax, msgmnb, msgmni, sem, shmall, shmmax, shmmni, shm_rmid_forced",
        },
        'Valid IPC namespace values: "kernel.msgmax" | "kernel.msgmnb" | "kernel.msgmni" | "kernel.sem" | '
        '"kernel.shmall" | "kernel.shmmax" | "kernel.shmmni" | "kernel.shm_rmid_forced", and Sysctls that '
        'start with "fs.mqueue.*"',
        ("SystemControl", "value"),
    ),
    Limit("Volume", "name", NAME, NAME_SENTENCE),
    Limit(
        "EphemeralStorage",
        "sizeInGiB",
        _between(21, 200, "GiB"),
        "The minimum supported value is 21 GiB and the maximum supported value is 200 GiB.",
    ),
    Limit(
        "RunTaskRequest",
        "capacityProviderStrategy",
        {"maxItems": 20},
        "A capacity provider strategy can contain a maximum of 20 capacity providers.",
    ),
    Limit(
        "RunTaskRequest",
        "count",
        {
            "$comment": "One call takes 10; a plan holds the whole job, which apply splits into calls.",
            "minimum": 1,
        },
        "You can specify up to 10 tasks for each call.",
    ),
    Limit(
        "RunTaskRequest",
        "placementConstraints",
        {"maxItems": 10},
        "You can specify up to 10 constraints for each task",
    ),
    Limit(
        "RunTaskRequest",
        "placementStrategy",
        {"maxItems": 5},
        "You can specify a maximum of 5 strategy rules for each task.",
    ),
    Limit(
        "RunTaskRequest",
        "propagateTags",
        {"enum": ["TASK_DEFINITION", "NONE"]},
        "An error will be received if you specify the SERVICE option when running a task.",
    ),
    Limit(
        "PlacementConstraint",
        "expression",
        {"maxLength": 2000},
        "The expression can have a maximum length of 2000 characters.",
    ),
    Limit(
        "AwsVpcConfiguration",
        "subnets",
        {"maxItems": 16},
        "There's a limit of 16 subnets that can be specified.",
    ),
    Limit(
        "AwsVpcConfiguration",
        "securityGroups",
        {"maxItems": 5},
        "There's a limit of 5 security groups that can be specified.",
    ),
    Limit(
        "TaskManagedEBSVolumeConfiguration",
        "volumeType",
        {"enum": ["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"]},
        "General Purpose SSD: gp2|gp3",
    ),
    Limit(
        "TaskManagedEBSVolumeConfiguration",
        "sizeInGiB",
        _between(1, 16384, "GiB"),
        "gp2 and gp3: 1-16,384",
    ),
    Limit(
        "TaskManagedEBSVolumeConfiguration",
        "iops",
        _between(100, 256000, "I/O operations a second"),
        "io2: 100 - 256,000 IOPS",
    ),
    Limit(
        "TaskManagedEBSVolumeConfiguration",
        "throughput",
        {"maximum": 1000, "x-unit": "MiB/s"},
        "with a maximum of 1,000 MiB/s",
    ),
)
