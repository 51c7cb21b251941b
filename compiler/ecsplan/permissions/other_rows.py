"""What ecsplan needs for logs, for its ledger in S3, and to become another role."""

from collections.abc import Iterator
from typing import Final

from ecsplan.permissions.permission import Permission, Scope
from ecsplan.permissions.sources import (
    CONDITIONAL_WRITES,
    IDENTITY,
    LOG_GROUP,
    LOGS_ACTIONS,
    S3_ACTIONS,
    S3_OPERATIONS,
    STS_ACTIONS,
)
from ecsplan.permissions.subject import Subject


def _reads_logs(subject: Subject) -> Iterator[Scope]:
    return (Scope(each) for each in subject.log_streams)


def _sets_retention(subject: Subject) -> Iterator[Scope]:
    return (Scope(each) for each in subject.log_groups)


def _looks_for_groups(subject: Subject) -> Iterator[Scope]:
    wanted = subject.job.policy.log_retention
    if wanted is not None and not wanted.always and any(subject.log_groups):
        yield Scope("*")


READ_DOCUMENTS: Final = Permission(
    "s3:GetObject",
    ("s3:GetObject", "s3:PutObject"),
    "`BUCKET/PREFIX/*`",
    "each job, with `--ledger s3://…`: entries of a run that is applied again, or that another apply has"
    " written to; claims of `concurrency`; S3 also requires it to replace a document",
    (S3_ACTIONS, S3_OPERATIONS, CONDITIONAL_WRITES),
    others=("runs", "status", "logs", "wait", "stop", "exec"),
)
WRITE_DOCUMENTS: Final = Permission(
    "s3:PutObject",
    ("s3:PutObject",),
    "`BUCKET/PREFIX/*`",
    "the same: each job's entry, before its task is requested and when it has ended",
    (S3_ACTIONS, S3_OPERATIONS),
)
LIST_DOCUMENTS: Final = Permission(
    "s3:ListBucket",
    ("s3:ListObjectsV2", "s3:GetObject"),
    "`BUCKET` if `s3:prefix` begins with `PREFIX/`",
    "the same: which jobs of a run the ledger knows. Without it S3 answers a read of a document that does not"
    " exist with AccessDenied. `verify`: on the buckets of environment files",
    (S3_ACTIONS, S3_OPERATIONS),
    others=("runs", "status", "logs", "wait", "stop", "exec", "verify"),
)
ASSUME_ROLE: Final = Permission(
    "sts:AssumeRole",
    ("sts:AssumeRole",),
    "the role",
    "`aws.assume_role_arn`: everything else that the job needs, the role needs",
    (STS_ACTIONS,),
)

ROWS: Final = (
    Permission(
        "logs:GetLogEvents",
        ("logs:GetLogEvents",),
        "`log-group:GROUP:log-stream:PREFIX/CONTAINER/*`",
        "jobs whose log is shown; `logs`",
        (LOGS_ACTIONS,),
        apply=_reads_logs,
        others=("logs", "wait"),
    ),
    Permission(
        "logs:DescribeLogGroups",
        ("logs:DescribeLogGroups",),
        "`*`",
        "`log_retention_days`: whether the log group was there before (a warning without it); `verify`: log"
        " groups",
        (LOGS_ACTIONS,),
        apply=_looks_for_groups,
        others=("verify",),
    ),
    Permission(
        "logs:PutRetentionPolicy",
        ("logs:PutRetentionPolicy",),
        "`log-group:GROUP:*`",
        "`log_retention_days` and `log_retention` (a warning without it)",
        (LOGS_ACTIONS, LOG_GROUP),
        apply=_sets_retention,
    ),
    READ_DOCUMENTS,
    WRITE_DOCUMENTS,
    LIST_DOCUMENTS,
    ASSUME_ROLE,
    Permission(
        "sts:GetCallerIdentity",
        ("sts:GetCallerIdentity",),
        "",
        "the account of a plan, once for each region and role; `apply` asks only if no revision shows it;"
        " AWS allows every caller to use it. If the call fails, there is a warning, and the account is"
        " taken from ARNs",
        (STS_ACTIONS, IDENTITY),
        others=("compile", "apply"),
        free=True,
    ),
)
"""The actions of CloudWatch Logs, S3 and STS."""
