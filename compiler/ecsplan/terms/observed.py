"""What the compiler asks about AWS, and what it was told: questions and their answers as values.

The compiler never calls AWS. It says which `Question`s its jobs raise (`compile.open_questions`); the
observer of the applier answers them; the compiler reads the answers. One answer may raise a further
question (a linked definition names the family whose latest revision matters), so asking goes in rounds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Body: TypeAlias = Mapping[str, Any]
"""A document that AWS reads or wrote, with AWS's own key names."""


@dataclass(frozen=True, slots=True)
class Aws:
    """Where a job runs and as whom: the manifest's `aws` mapping. None leaves a part to the SDK's chain."""

    region: str | None = None
    profile: str | None = None
    account_id: str | None = None
    assume_role_arn: str | None = None
    endpoint_url: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return what is set, under the manifest's key names."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class AskRegion:
    """Which region does the SDK's chain give? Answer: its name, a string."""

    aws: Aws


@dataclass(frozen=True, slots=True)
class AskAccount:
    """Whose credentials are these? Answer: the account's 12 digits; None where nobody could be asked."""

    aws: Aws


@dataclass(frozen=True, slots=True)
class AskLatest:
    """What is the newest ACTIVE revision of a family? Answer: a `Revision`, or None where there is none."""

    aws: Aws
    family: str


@dataclass(frozen=True, slots=True)
class AskRecent:
    """What are the ten newest ACTIVE revisions of a family? Answer: a tuple of `Revision`, newest first."""

    aws: Aws
    family: str


@dataclass(frozen=True, slots=True)
class AskLinked:
    """What does this ARN, `family:revision` or `family` stand for? Answer: a `Revision`, ACTIVE or not."""

    aws: Aws
    reference: str


@dataclass(frozen=True, slots=True)
class AskSubnets:
    """Which subnets has this VPC (None: the account's default VPC)? Answer: a tuple of `Subnet`."""

    aws: Aws
    vpc_id: str | None


MAX_RECENT = 10
"""Revisions that `reuse: recent` looks at."""

Question: TypeAlias = AskRegion | AskAccount | AskLatest | AskRecent | AskLinked | AskSubnets


@dataclass(frozen=True, slots=True)
class Revision:
    """A described task definition.

    Attributes:
        definition: What DescribeTaskDefinition returned under `taskDefinition`.
        tags: What it returned under `tags`; ECS returns them only when asked for.
    """

    definition: Body
    tags: tuple[Body, ...] = ()

    @property
    def arn(self) -> str:
        """The ARN of this revision."""
        return str(self.definition.get("taskDefinitionArn", ""))

    @property
    def is_active(self) -> bool:
        """Whether it can start tasks."""
        return bool(self.definition.get("status", "ACTIVE") == "ACTIVE")


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet of a VPC and the availability zone that it lies in."""

    subnet_id: str
    zone: str


Answer: TypeAlias = str | Revision | tuple[Revision, ...] | tuple[Subnet, ...] | None


@dataclass(frozen=True, slots=True)
class Observed:
    """What AWS said: an answer to each question that was asked."""

    answers: Mapping[Question, Answer] = field(default_factory=dict)

    def knows(self, question: Question) -> bool:
        """Return whether the question was answered; None is an answer."""
        return question in self.answers

    def with_answers(self, answers: Mapping[Question, Answer]) -> "Observed":
        """Return these answers and those."""
        return Observed({**self.answers, **answers})

    def region(self, aws: Aws) -> str | None:
        """Return the region that the SDK's chain gives, or None where that was not asked."""
        return self._text(AskRegion(aws))

    def account(self, aws: Aws) -> str | None:
        """Return the account of the credentials, or None where it is not known."""
        return self._text(AskAccount(aws))

    def revision(self, question: AskLatest | AskLinked) -> Revision | None:
        """Return the revision asked for, or None where there is none or nobody asked."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, Revision) else None

    def recent(self, question: AskRecent) -> tuple[Revision, ...]:
        """Return the revisions asked for, newest first; () where there are none or nobody asked."""
        answer = self.answers.get(question)
        items = answer if isinstance(answer, tuple) else ()
        return tuple(each for each in items if isinstance(each, Revision))

    def subnets(self, question: AskSubnets) -> tuple[Subnet, ...] | None:
        """Return the subnets asked for, or None where nobody asked."""
        answer = self.answers.get(question)
        if not isinstance(answer, tuple):
            return None
        return tuple(each for each in answer if isinstance(each, Subnet))

    def _text(self, question: AskRegion | AskAccount) -> str | None:
        answer = self.answers.get(question)
        return answer if isinstance(answer, str) else None
