"""Descriptions of the patterns of the schemas, and the units of their bounds.

They are not in the schemas themselves: strict validators refuse keywords that JSON Schema does not know.
"""

from collections.abc import Mapping
from typing import Any

NOT_BEFORE_A_NEWLINE = r"(?!\n)"
"""How every pattern ends, after `$`: that alone also matches before a final newline, in Python for one.

In ECMA-262, which JSON Schema refers to, it changes nothing.
"""

PATTERNS: Mapping[str, str] = {
    "^[A-Za-z_][A-Za-z0-9_]*$": "expected letters (A-Z, a-z), digits and underscores, and no digit first",
    "^[A-Za-z0-9_-]+$": "expected only letters (A-Z, a-z), digits, hyphens and underscores",
    "^([0-9]+|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Vv][Cc][Pp][Uu])$": (
        'expected CPU units ("1024") or vCPUs ("1 vCPU")'
    ),
    "^([0-9]+|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Gg][Bb])$": 'expected MiB ("2048") or gigabytes ("2 GB")',
    "^(?![Aa][Ww][Ss]:)[^\\u0000-\\u001f!\"#$%&'()*,;<>?\\[\\\\\\]^`{|}~\\u007f-\\u009f]*$": (
        "expected letters, digits, spaces and + - = . _ : / @, and no prefix aws:"
    ),
    "^[A-Za-z0-9#:./_-]{1,255}(@sha256:[A-Fa-f0-9]{64})?$": (
        "expected REPOSITORY:TAG or REPOSITORY@sha256:DIGEST (64 hex digits), with at most 255 "
        "letters, digits and - _ : . / # before the @"
    ),
    "^[\\s\\S]*<([a-z][-a-z]*:[^<>\\s]+|digest) at apply>[\\s\\S]*$": (
        "expected a placeholder: <ssm:/path at apply>"
    ),
    "^credentialspec(domainless)?:.+$": "expected credentialspec:ARN or credentialspecdomainless:ARN",
    "^(no-new-privileges(:(true|false))?|(apparmor|label|credentialspec):.+)$": (
        "expected no-new-privileges, apparmor:PROFILE, label:VALUE or credentialspec:PATH"
    ),
    (
        "^(defaults|ro|rw|suid|nosuid|dev|nodev|exec|noexec|sync|async|dirsync|remount|mand|nomand|"
        "atime|noatime|diratime|nodiratime|bind|rbind|unbindable|runbindable|private|rprivate|"
        "shared|rshared|slave|rslave|relatime|norelatime|strictatime|nostrictatime|(mode|uid|gid|"
        "nr_inodes|nr_blocks|mpol)(=.+)?)$"
    ): (
        "expected one of defaults, ro, rw, suid, nosuid, dev, nodev, exec, noexec, sync, async, "
        "dirsync, remount, mand, nomand, atime, noatime, diratime, nodiratime, bind, rbind, "
        "unbindable, runbindable, private, rprivate, shared, rshared, slave, rslave, relatime, "
        "norelatime, strictatime, nostrictatime, or with a value mode, uid, gid, nr_inodes, "
        "nr_blocks, mpol"
    ),
    "^[a-z0-9_][a-z0-9_-]*$": (
        "expected lowercase letters, digits, underscores and hyphens, but not a hyphen first"
    ),
    "^[0-9]{1,5}-[0-9]{1,5}$": "expected FIRST-LAST, such as 8000-8010",
    ("^(kernel\\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|(fs\\.mqueue|net)\\..+)$"): (
        "expected a namespaced kernel parameter: net.…, fs.mqueue.…, or one of kernel.msgmax, "
        "msgmnb, msgmni, sem, shmall, shmmax, shmmni, shm_rmid_forced"
    ),
    "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$": "expected a text on one line, not empty",
    "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$": "expected a text on one line",
    "^[A-Za-z_][A-Za-z0-9_-]*$": (
        "expected letters (A-Z, a-z), digits, underscores and hyphens, beginning with a letter or _"
    ),
    "^[^=\\u0000]+$": "expected a name for the variable, without =",
    "^0*([1-9][0-9]*|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Vv][Cc][Pp][Uu])$": (
        'expected CPU units (256) or vCPUs ("0.25 vCPU")'
    ),
    "^0*([1-9][0-9]*|([0-9]+(\\.[0-9]+)?|\\.[0-9]+) *[Gg][Bb])$": (
        'expected MiB (512) or gigabytes ("0.5 GB")'
    ),
    "^(arn:[^:]+:ecs:[^:]+:[0-9]{12}:cluster/)?[A-Za-z0-9_-]{1,255}$": (
        "expected the name of a cluster (letters, digits, hyphens, underscores) or its ARN"
    ),
    "^(0*[1-9][0-9]*|ALL)$": "expected a number of GPUs, 1 or more, or ALL",
    "^/[^\\u0000-\\u001f\\u007f]*$": "expected a path in the container that begins with /",
    "^efs:fs-[0-9A-Za-z]+(:/[^\\u0000-\\u001f\\u007f]*)?$": (
        "expected efs:FILE-SYSTEM or efs:FILE-SYSTEM:/FOLDER, such as efs:fs-0a1b2c3d:/exports"
    ),
    "^vpc-[0-9A-Za-z-]+$": "expected the id of a VPC, vpc-…",
    "^subnet-[0-9A-Za-z-]+$": "expected the id of a subnet, subnet-…",
    "^(sg-[0-9A-Za-z-]+|(?![sS][gG]-)[A-Za-z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]{1,255})$": (
        "expected the id of a security group, sg-…, or the name of one, which does not begin with sg-"
    ),
    "^(arn:[^:]+:ecs:[^:]+:[0-9]{12}:task-definition/)?[A-Za-z0-9_-]{1,255}(:0*[1-9][0-9]*)?$": (
        "expected the ARN of a task definition, FAMILY:REVISION or FAMILY"
    ),
    "^(arn:[^:]+:ecs:[^:]+:[0-9]{12}:service/([A-Za-z0-9_-]{1,255}/)?)?[A-Za-z0-9_-]{1,255}$": (
        "expected the name of a service (letters, digits, hyphens, underscores) or its ARN"
    ),
    "^(arn:[^:]+:iam::[0-9]{12}:role/)?[A-Za-z0-9_+=,.@/-]+$": (
        "expected the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME"
    ),
    "^(arn:[^:]+:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]+|[A-Za-z0-9_+=,.@/-]+)?$": (
        "expected the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME"
    ),
    "^arn:[^:]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$": (
        "expected the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME"
    ),
    "^arn:[^:]+:sqs:[^:]+:[0-9]{12}:[A-Za-z0-9_-]+$": (
        "expected the ARN of a standard SQS queue, arn:aws:sqs:REGION:ACCOUNT:NAME"
    ),
    "^[0-9A-Za-z_.-]+$": "expected only letters (A-Z, a-z), digits, hyphens, underscores and dots",
    "^[0-9]{12}$": "expected the 12 digits of an AWS account",
    "^arn:[^:]+:iam::[0-9]{12}:role/.+$": "expected the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME",
    "^https?://[^ @/?#]+([/?#][^ ]*)?$": (
        "expected an address, http://… or https://…, without user name and password, which the AWS "
        "SDK does not send"
    ),
    "^(/([^~]|~[01])*)?$": (
        "expected a JSON Pointer: it begins with /, and ~ is written ~0, / within a name ~1"
    ),
    "^sha256:[0-9a-f]{64}$": "expected sha256: and 64 hex digits",
    "^[A-Za-z0-9#@:./_-]+$": (
        "expected REPOSITORY:TAG or REPOSITORY@DIGEST, of letters, digits and - _ : . / # @"
    ),
    "^(fs\\.mqueue|kernel|net)\\..+$": (
        "expected a namespaced kernel parameter: net.…, fs.mqueue.… or kernel.…"
    ),
}
"""A pattern without its `NOT_BEFORE_A_NEWLINE`, and what a message says where a text does not match it."""

UNITS: Mapping[str, str] = {
    "cpu": "CPU units",
    "memory": "MiB",
    "task_start_timeout_seconds": "seconds",
    "task_timeout_seconds": "seconds",
    "stop_timeout_seconds": "seconds",
    "flexible_window_minutes": "minutes",
    "max_age_seconds": "seconds",
    "task_watch_poll_interval": "seconds",
    "ephemeral_storage_gib": "GiB",
    "memoryReservation": "MiB",
    "restartAttemptPeriod": "seconds",
    "sizeInGiB": "GiB",
    "ebs_gib": "GiB",
    "interval": "seconds",
    "timeout": "seconds",
    "startPeriod": "seconds",
    "maxSwap": "MiB",
    "start_timeout_seconds": "seconds",
    "timeout_seconds": "seconds",
    "poll_interval_seconds": "seconds",
}
"""A key or member, and the unit of its bounds."""


def pattern_words(schema: Mapping[str, Any]) -> str | None:
    """Return what the pattern of a schema wants; None where it has none."""
    return PATTERNS.get(schema.get("pattern", "").removesuffix(NOT_BEFORE_A_NEWLINE))
