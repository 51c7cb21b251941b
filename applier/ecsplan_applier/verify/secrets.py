"""Secrets of Secrets Manager and parameters of Systems Manager that ECS reads when a task starts."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final, Self

from ecsplan.draft.view import View
from ecsplan.terms.bodies import as_mapping, as_text, as_texts
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of, region_of
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_PARAMETERS, DESCRIBE_SECRET
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, found_or_none, in_batches
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

_CURRENT: Final = "AWSCURRENT"
"""The stage of the version that is read where none is named (ECS developer guide, secrets)."""
_NAMES: Final = 25
"""Parameters of one DescribeParameters request: a filter takes 50 values, and a name has two spellings (SSM
API reference, ParameterStringFilter)."""
_PUBLIC: Final = "/aws/service/"
"""How the names of public parameters begin, which AWS lists to nobody (Systems Manager user guide, public
parameters)."""
_REFERENCE: Final = "/aws/reference/secretsmanager/"
"""How the names begin by which Parameter Store gives secrets of Secrets Manager; DescribeParameters does not
know them (Systems Manager user guide, referencing Secrets Manager secrets from parameters)."""
_SECRET_PARTS: Final = 7
"""Parts of the ARN of a secret; what follows are JSON key, version stage and version id."""


@dataclass(frozen=True, slots=True)
class AskSecret(Ask[Body | None]):
    """What does DescribeSecret say of a secret? None: there is none. Its value is not read.

    Attributes:
        secret: Its ARN or name.
    """

    secret: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Body | Unanswered | None]:
        """Return the answer of DescribeSecret for each; there is no call for several that reads no values."""

        async def described(question: Self) -> Body | None:
            request = {"SecretId": question.secret}
            asking = asker.call(question.target, DESCRIBE_SECRET, request, f"secret {question.secret}")
            return await found_or_none(asking, "ResourceNotFoundException")

        return await each_answered(asker, [described(each) for each in asked])


@dataclass(frozen=True, slots=True)
class AskParameterType(Ask[str | None]):
    """Of which type is a parameter? None: there is none.

    DescribeParameters is asked, not GetParameters: that returns the values of all parameters that are no
    SecureString, which are nobody's business here.

    Attributes:
        name: Its name.
    """

    name: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[str | Unanswered | None]:
        """Return the types, of 25 parameters a call."""

        async def described(batch: Sequence[Self]) -> Sequence[str | None]:
            # An ARN does not tell `/name` from `name`.
            names = [spelling for each in batch for spelling in _spellings(each.name)]
            request = {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": names}]}
            about = f"parameter {batch[0].name}"
            pages = await asker.pages(batch[0].target, DESCRIBE_PARAMETERS, request, about)
            found = {
                each.get("Name"): str(each.get("Type"))
                for page in pages
                for each in members(page, "Parameters", dict, DESCRIBE_PARAMETERS.name)
            }
            types = (map(found.get, _spellings(each.name)) for each in batch)
            return [next((kind for kind in each if kind), None) for each in types]

        return await in_batches(asker, asked, _NAMES, described)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret or parameter that a container, its log driver or its registry needs.

    Attributes:
        at: Where the manifest names it.
        target: Where AWS is asked about it: in its own region.
        source: The ARN or name, as ECS takes it.
        account: The account of the job; None where it is not known.
        takes_parameters: Whether a name without an ARN is that of a parameter.
    """

    at: Location
    target: Target
    source: str
    account: str | None
    takes_parameters: bool = True

    @property
    def is_secret(self) -> bool:
        """Whether it is in Secrets Manager."""
        if self.source.startswith("arn:"):
            return ":secretsmanager:" in self.source
        return not self.takes_parameters

    @property
    def name(self) -> str:
        """The name of a parameter, or the ARN or name of a secret without what follows it."""
        if self.is_secret:
            is_arn = self.source.startswith("arn:")
            return ":".join(self.source.split(":")[:_SECRET_PARTS]) if is_arn else self.source
        if not self.source.startswith("arn:"):
            return self.source
        name = self.source.partition(":parameter/")[2]
        return f"/{name}" if "/" in name else name

    @property
    def referenced(self) -> str:
        """The name of the secret that a parameter is a reference to; "" where it is none."""
        if self.is_secret or not self.name.startswith(_REFERENCE):
            return ""
        # A stage or a version may follow.
        return self.name.removeprefix(_REFERENCE).partition(":")[0]

    @property
    def parts(self) -> tuple[str, str, str]:
        """JSON key, version stage and version id of a secret, "" where they are not named."""
        is_arn = self.is_secret and self.source.startswith("arn:")
        named = self.source.split(":")[_SECRET_PARTS:] if is_arn else []
        key, stage, version, *_ = *named, "", "", ""
        return key, stage, version

    @property
    def title(self) -> str:
        """What it is."""
        if self.is_secret:
            return f"secret {self.name.rpartition(':secret:')[2] or self.name}"
        return f"parameter {self.name}"


def secrets(job: VerifiedJob) -> Iterator[Secret]:
    """Yield what ECS reads for a job: `secrets`, `secretOptions`, credentials of registries and volumes."""
    for container in job.definition.mappings("containerDefinitions"):
        options = container.mapping("logConfiguration").mappings("secretOptions")
        for each in (*container.mappings("secrets"), *options):
            yield from _secret(job, each, "valueFrom", takes_parameters=True)
        credentials = container.mapping("repositoryCredentials")
        yield from _secret(job, credentials, "credentialsParameter", takes_parameters=False)
    for volume in job.definition.mappings("volumes"):
        credentials = volume.mapping("fsxWindowsFileServerVolumeConfiguration").mapping("authorizationConfig")
        yield from _secret(job, credentials, "credentialsParameter", takes_parameters=True)


def secret_exists(subject: Secret, seen: Seen) -> Iterator[Verdict]:
    """Secrets and parameters of containers, log drivers and registries exist; no value is read.

    A secret must not be scheduled for deletion, and must have the version that is named, or otherwise a
    current one. Not checked, because that would need its value: whether it has a JSON key. Not checked
    either: whether the execution role may read it. Public parameters (`/aws/service/`) cannot be listed and
    are unknown. For a reference to a secret (`/aws/reference/secretsmanager/`), the secret is checked.

    Calls: secretsmanager:DescribeSecret, ssm:DescribeParameters
    Source: ECS developer guide, passing sensitive data to a container; Secrets Manager API reference,
    DescribeSecret.
    """
    if subject.is_secret:
        secret = seen.of(AskSecret(subject.target, subject.name))
        yield _missing(subject) if secret is None else _secret_verdict(subject, secret)
    elif subject.name.startswith(_PUBLIC):
        yield unknown(f"{subject.title} is a public one, and these are not listed")
    elif (account := account_of(subject.source)) and subject.account not in {None, account}:
        yield unknown(f"{subject.title} belongs to account {account}, which does not list it to others")
    elif subject.referenced:
        secret = seen.of(AskSecret(subject.target, subject.referenced))
        yield _missing(subject) if secret is None else _secret_verdict(subject, secret)
    elif seen.of(AskParameterType(subject.target, subject.name)) is None:
        yield _missing(subject)
    else:
        yield ok(f"{subject.title} exists")


def _secret(job: VerifiedJob, view: View, member: str, *, takes_parameters: bool) -> Iterator[Secret]:
    source = view.text(member)
    if source:
        target = job.target.in_region(region_of(source) or job.target.region)
        at = job.placed.in_definition(view.at(member))
        yield Secret(at, target, source, job.account, takes_parameters)


def _missing(subject: Secret) -> Verdict:
    lists = "aws secretsmanager list-secrets" if subject.is_secret else "aws ssm describe-parameters"
    return fails(
        f"{subject.title} does not exist in {subject.target.region}",
        help=f"`{lists}` lists them; check the name, the region and the account",
    )


def _secret_verdict(subject: Secret, secret: Body) -> Verdict:
    key, stage, version = subject.parts
    restore = ("aws", "secretsmanager", "restore-secret", "--secret-id", subject.referenced or subject.name)
    if secret.get("DeletedDate") is not None:
        return fails(
            f"{subject.title} is scheduled for deletion, and cannot be read",
            help=f"`{shlex.join(restore)}` brings it back",
        )
    versions = as_mapping(secret.get("VersionIdsToStages"))
    if version and version not in versions:
        return fails(f"{subject.title} has no version {version}")
    wanted = stage or ("" if version else _CURRENT)
    of_versions = [versions[version]] if version else list(versions.values())
    if wanted and not any(wanted in as_texts(each) for each in of_versions):
        return fails(_without_stage(subject, wanted, is_named=bool(stage)))
    unseen = f"; whether it has the key {key} cannot be seen without reading it" if key else ""
    return ok(f"{subject.title} exists{unseen}")


def _without_stage(subject: Secret, stage: str, *, is_named: bool) -> str:
    return (
        f"{subject.title} has no version with the stage {stage}"
        if is_named
        else f"{subject.title} has no value"
    )


def _spellings(name: str) -> tuple[str, ...]:
    bare = as_text(name.lstrip("/")) or name
    return (name,) if "/" in bare else (bare, f"/{bare}")
