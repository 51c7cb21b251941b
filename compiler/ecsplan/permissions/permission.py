"""A row of the table of permissions: an action of IAM, what needs it, and on which resources."""

from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeAlias

from ecsplan.permissions.subject import Subject
from ecsplan.terms.records import dataclass

Command: TypeAlias = Literal["compile", "apply"]
COMMANDS: Final[tuple[Command, ...]] = ("compile", "apply")
"""The commands for which the permissions of jobs are known."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a statement: the key has one of these values; patterns for ARNs.

    Attributes:
        key: The condition key.
        values: The values, sorted.
        kind: What the values are: texts that are equal, texts with wildcards, or ARNs.
    """

    key: str
    values: tuple[str, ...]
    kind: Literal["equals", "like", "arn"] = "equals"

    @property
    def operator(self) -> str:
        """The operator of IAM; `ArnLike` only where a value has wildcards, although both are the same."""
        if self.kind == "arn":
            return "ArnLike" if any("*" in each.replace("${*}", "") for each in self.values) else "ArnEquals"
        return "StringEquals" if self.kind == "equals" else "StringLike"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a job needs an action for: a resource, perhaps under a condition.

    Attributes:
        resource: Its ARN, a pattern; `*` for an action that knows none.
        condition: The condition, or None.
        calls: The API operations that need it, where these are not all of the permission's.
    """

    resource: str
    condition: Condition | None = None
    calls: tuple[str, ...] = ()


Scopes: TypeAlias = Callable[[Subject], Iterator[Scope]]
"""Yields the resources on which a job needs an action; nothing where it does not need it."""


def never(subject: Subject) -> Iterator[Scope]:
    """Yield nothing: no job needs it."""
    del subject
    yield from ()


def always(subject: Subject) -> Iterator[Scope]:
    """Yield all resources: the action knows no others, and every job needs it."""
    del subject
    yield Scope("*")


@dataclass(frozen=True, slots=True)
class Permission:
    """An action of IAM that ecsplan needs.

    Attributes:
        action: The action, such as `s3:ListBucket`.
        calls: The API operations that need it, such as `s3:ListObjectsV2`, the first one before all.
        on: The resources that it can be restricted to, and the condition keys, for readers.
        purpose: What it is needed for, for readers.
        sources: The pages of AWS that say so.
        compile: What `compile`, `diff` and `export` need it on.
        apply: What `apply` needs it on.
        others: The other commands that need it, or can use it.
        optional: Whether every command does without it, and says less where something is wrong.
        free: Whether AWS allows the call to everybody.
    """

    action: str
    calls: tuple[str, ...]
    on: str
    purpose: str
    sources: tuple[str, ...]
    compile: Scopes = never
    apply: Scopes = never
    others: tuple[str, ...] = ()
    optional: bool = False
    free: bool = False

    def scopes(self, command: Command, subject: Subject) -> Iterator[Scope]:
        """Yield what a command needs the action on for a job."""
        return self.compile(subject) if command == "compile" else self.apply(subject)

    @property
    def of_jobs(self) -> bool:
        """Whether a job may need it for `compile` or `apply`."""
        return self.compile is not never or self.apply is not never
