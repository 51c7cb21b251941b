"""What jobs need, one grant for each action, resource and job: as whom, for which command, and why."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ecsplan.permissions.other_rows import ASSUME_ROLE, LIST_DOCUMENTS, READ_DOCUMENTS, WRITE_DOCUMENTS
from ecsplan.permissions.permission import Command, Condition, Permission, Scope
from ecsplan.permissions.resource_arns import known, literal
from ecsplan.permissions.subject import Subject, subject_of
from ecsplan.permissions.table import TABLE
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.records import dataclass

CALLER: Final = ""
"""The principal that runs ecsplan: the credentials of the command."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a ledger is in S3: a bucket, and a prefix that is empty or ends in `/`."""

    name: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An action that a job needs on a resource.

    Attributes:
        permission: The row of the table.
        scope: The resource, and the condition.
        job: The name of the job.
        command: The command that needs it.
        principal: The role that needs it; `CALLER` for the credentials of the command.
    """

    permission: Permission
    scope: Scope
    job: str
    command: Command
    principal: str


def grants_of(
    jobs: Iterable[PlannedJob], commands: Sequence[Command], ledger: Bucket | None = None
) -> Iterator[Grant]:
    """Yield what jobs need, those of the ledger included where one is given.

    A job that assumes a role makes its calls as that role: of the credentials it needs only that they may
    assume it, and what its ledger needs.
    """
    for subject in map(subject_of, jobs):
        for command in commands:
            for permission in TABLE:
                for scope in permission.scopes(command, subject):
                    yield Grant(permission, scope, subject.job.name, command, subject.principal)
            if subject.principal != CALLER:
                scope = Scope(known(subject.principal))
                yield Grant(ASSUME_ROLE, scope, subject.job.name, command, CALLER)
        if ledger is not None and "apply" in commands:
            for permission, scope in _of_ledger(subject, ledger):
                yield Grant(permission, scope, subject.job.name, "apply", CALLER)


def _of_ledger(subject: Subject, ledger: Bucket) -> Iterator[tuple[Permission, Scope]]:
    """Yield what a job's entries in the ledger need.

    Without a prefix the whole bucket is the ledger, and its list needs no condition.
    """
    bucket = f"arn:{subject.where.partition}:s3:::{literal(ledger.name)}"
    below = f"{literal(ledger.prefix)}*"
    condition = Condition("s3:prefix", (below,), "like") if ledger.prefix else None
    yield READ_DOCUMENTS, Scope(f"{bucket}/{below}")
    yield WRITE_DOCUMENTS, Scope(f"{bucket}/{below}")
    yield LIST_DOCUMENTS, Scope(bucket, condition)


def principals(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Return who needs something: the caller first, then the roles in the order in which jobs assume them."""
    return tuple(dict.fromkeys((CALLER, *(each.principal for each in grants))))
