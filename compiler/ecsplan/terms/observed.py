"""The questions that the compiler asks about AWS, and their answers, as values.

The compiler never calls AWS. It returns the `Question`s that its jobs raise (`compile.open_questions`), the
applier's observer answers them, and the compiler reads the answers. An answer may raise a further question (a
linked definition names the family whose latest revision matters), so this takes several rounds.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, TypeAlias

from ecsplan.terms.records import dataclass

Body: TypeAlias = Mapping[str, Any]
"""A document that AWS reads or returns, with AWS's own member names.

Its values are not all JSON: the SDK returns times as `datetime`, and an answer may have anything where the
API documents something else. Whoever has a document that was checked takes it as `json_types.Document`.
"""


@dataclass(frozen=True, slots=True)
class Aws:
    """The manifest's `aws` mapping: where and as whom a job runs. None leaves a setting to the SDK."""

    region: str | None = None
    profile: str | None = None
    account_id: str | None = None
    assume_role_arn: str | None = None
    endpoint_url: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the settings that are not None, under the manifest's key names."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class AskRegion:
    """Which region does the SDK's configuration give? Answer: its name, a string."""

    aws: Aws


@dataclass(frozen=True, slots=True)
class AskAccount:
    """Which account do the credentials belong to? Answer: its 12 digits; None where AWS did not say."""

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


Tags: TypeAlias = tuple[tuple[str, str], ...]
"""Tags that a resource has to have, all of them, sorted by key."""


@dataclass(frozen=True, slots=True)
class AskSubnets:
    """Which subnets with these tags does this VPC have? Answer: a tuple of `Subnet`, or `NotThere`.

    Attributes:
        aws: Where to ask.
        vpc_id: The VPC; None is the account's default VPC.
        tags: The tags that they have; () for all subnets.
    """

    aws: Aws
    vpc_id: str | None
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class AskVpc:
    """Which VPC has these tags? Answer: its id, or `NotThere`, also where several have them."""

    aws: Aws
    tags: Tags


@dataclass(frozen=True, slots=True)
class AskVpcOfSubnets:
    """Which VPC do these subnets belong to? Answer: its id, or `NotThere`, also where they are of several."""

    aws: Aws
    subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskSecurityGroup:
    """Which security group of a VPC (None: the default VPC) has this name? Answer: its id, or `NotThere`."""

    aws: Aws
    vpc_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class AskParameter:
    """What is the value of a parameter of Systems Manager? Answer: a `Value` or `NotThere`."""

    aws: Aws
    name: str


@dataclass(frozen=True, slots=True)
class AskStackOutput:
    """What is the value of an output of a CloudFormation stack? Answer: a `Value` or `NotThere`."""

    aws: Aws
    stack: str
    output: str


@dataclass(frozen=True, slots=True)
class AskExport:
    """What is the value of a CloudFormation export? Answer: a `Value` or `NotThere`."""

    aws: Aws
    name: str


@dataclass(frozen=True, slots=True)
class AskService:
    """What does a service of ECS say? Answer: a `Service` or `NotThere`.

    Attributes:
        aws: Where to ask.
        cluster: Its cluster, by name or ARN; None is the account's default cluster.
        name: Its name or ARN.
    """

    aws: Aws
    cluster: str | None
    name: str


@dataclass(frozen=True, slots=True)
class AskImage:
    """Which digest does an image have now? Answer: its name with tag and digest, or `NotThere`.

    Attributes:
        aws: Where to ask, if it is in ECR.
        image: Its name, which has no digest.
        platform: The platform that it has to be for, such as `linux/amd64`; None for any.
    """

    aws: Aws
    image: str
    platform: str | None = None


MAX_RECENT = 10
"""Revisions that `reuse: recent` considers."""

Lookup: TypeAlias = AskParameter | AskStackOutput | AskExport
"""What a reference `${kind:…}` asks for."""

Question: TypeAlias = (
    AskRegion
    | AskAccount
    | AskLatest
    | AskRecent
    | AskLinked
    | AskSubnets
    | AskVpc
    | AskVpcOfSubnets
    | AskSecurityGroup
    | AskService
    | AskImage
    | Lookup
)


NOT_FOUND: Final = "lookup-not-found"
"""The rule of what is not there: a parameter, stack, output, export, VPC, subnet, group, cluster, service."""
FOUND_TWICE: Final = "lookup-ambiguous"
"""The rule of what is there more than once: VPCs with the same tags, subnets of several VPCs."""
NOT_USABLE: Final = "lookup-not-usable"
"""The rule of what is there and cannot be used: a SecureString, a stack that was rolled back, a service that
has no task definition of its own."""


@dataclass(frozen=True, slots=True)
class NotThere:
    """What was asked for is not there, or not what a manifest can use: an error at the place that names it.

    Attributes:
        message: What is the matter, as the message of a diagnostic.
        help: What to do, with the nearest that there is.
        rule: The rule of the diagnostic: `NOT_FOUND`, `FOUND_TWICE` or `NOT_USABLE`.
    """

    message: str
    help: str
    rule: str


@dataclass(frozen=True, slots=True)
class Value:
    """What a lookup found: a text, or a tuple of texts for a list."""

    value: str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service as DescribeServices returned it, ACTIVE, and with one task definition."""

    body: Body


@dataclass(frozen=True, slots=True)
class Revision:
    """A described task definition.

    Attributes:
        definition: The member `taskDefinition` of the DescribeTaskDefinition response.
        tags: Its member `tags`, which ECS returns only on request.
    """

    definition: Body
    tags: tuple[Body, ...] = ()

    @property
    def arn(self) -> str:
        """The ARN of this revision."""
        return str(self.definition.get("taskDefinitionArn", ""))

    @property
    def is_active(self) -> bool:
        """Whether new tasks can be started from it."""
        return bool(self.definition.get("status", "ACTIVE") == "ACTIVE")


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet of a VPC and its Availability Zone."""

    subnet_id: str
    zone: str


Answer: TypeAlias = (
    str | Revision | tuple[Revision, ...] | tuple[Subnet, ...] | Value | Service | NotThere | None
)


@dataclass(frozen=True, slots=True)
class Observed:
    """AWS's answers to the questions that were asked."""

    answers: Mapping[Question, Answer] = field(default_factory=dict)

    def knows(self, question: Question) -> bool:
        """Return whether the question was answered; None is an answer, too."""
        return question in self.answers

    def with_answers(self, answers: Mapping[Question, Answer]) -> "Observed":
        """Return these answers together with further ones, which take precedence."""
        return Observed({**self.answers, **answers})

    def region(self, aws: Aws) -> str | None:
        """Return the region that the SDK's configuration gives, or None where that was not asked."""
        return self._text(AskRegion(aws))

    def account(self, aws: Aws) -> str | None:
        """Return the account of the credentials, or None where it is unknown."""
        return self._text(AskAccount(aws))

    def revision(self, question: AskLatest | AskLinked) -> Revision | None:
        """Return the revision asked for, or None where there is none or it was not asked for."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, Revision) else None

    def recent(self, question: AskRecent) -> tuple[Revision, ...]:
        """Return the revisions asked for, newest first; () where there are none or nobody asked for them."""
        answer = self.answers.get(question)
        items = answer if isinstance(answer, tuple) else ()
        return tuple(each for each in items if isinstance(each, Revision))

    def subnets(self, question: AskSubnets) -> tuple[Subnet, ...] | None:
        """Return the subnets asked for, or None where they were not asked for."""
        answer = self.answers.get(question)
        # A VPC without subnets is () and not None: only the latter leaves them to be looked up at apply.
        if not isinstance(answer, tuple):
            return None
        return tuple(each for each in answer if isinstance(each, Subnet))

    def value(self, question: Lookup) -> Value | NotThere | None:
        """Return what a lookup found, or None where that was not asked."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, Value | NotThere) else None

    def not_there(self, question: Question) -> NotThere | None:
        """Return why there is no answer to a question; None where there is one, or nobody asked."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, NotThere) else None

    def service(self, question: AskService) -> Service | None:
        """Return the service asked for, or None where there is none or it was not asked for."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, Service) else None

    def resource_id(self, question: AskVpc | AskVpcOfSubnets | AskSecurityGroup) -> str | None:
        """Return the id of the VPC or group asked for, or None where there is none or nobody asked."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, str) else None

    def pinned_image(self, question: AskImage) -> str | None:
        """Return the name of an image with its digest, or None where there is none or nobody asked."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, str) else None

    def _text(self, question: AskRegion | AskAccount) -> str | None:
        answer = self.answers.get(question)
        return answer if isinstance(answer, str) else None
