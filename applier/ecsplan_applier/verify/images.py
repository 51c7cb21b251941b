"""Images: those of all containers, in ECR and in other registries."""

from collections.abc import Iterator, Sequence
from typing import Final, Self, TypeAlias

from ecsplan.terms.bodies import capacity_providers
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.image_names import ImageName, image_name, platform_of
from ecsplan.terms.placeholders import DIGEST_AT_APPLY, placeholders_in
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.images.find_images import find_images, platforms_of
from ecsplan_applier.images.found import FoundImage, NoImage
from ecsplan_applier.images.manifests import fits
from ecsplan_applier.outcomes.errors import AwsError, RegistryError
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.pull_through import cache_rule_of
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, if_served, unanswered
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

_BOTH: Final = ("linux/amd64", "linux/arm64")
_NOT_READ: Final = "ECS pulls it with `repositoryCredentials`, whose secret is not read"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a registry gave no answer; unlike the error, equal to another one that says the same."""

    reason: str
    help: str


Answered: TypeAlias = FoundImage | NoImage | Refusal


@dataclass(frozen=True, slots=True)
class AskManifest(Ask[Answered]):
    """What does the registry of an image have of it?

    Attributes:
        image: The name of the image.
    """

    image: ImageName

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Answered | Unanswered]:
        """Return what there is of each, those of one repository of ECR with one call."""
        found = await find_images(asker, asked[0].target, [each.image for each in asked])
        return [_answered(each) for each in found]


@dataclass(frozen=True, slots=True)
class AskPlatforms(Ask[tuple[str, ...] | Refusal]):
    """Which platforms is an image for?

    Attributes:
        image: The name of the image.
        found: What its registry has.
    """

    image: ImageName
    found: FoundImage

    @classmethod
    async def answers(
        cls, asker: Asker, asked: Sequence[Self]
    ) -> Sequence[tuple[str, ...] | Refusal | Unanswered]:
        """Return the platforms of each; of an image for one platform its configuration is read."""
        return await each_answered(asker, [if_served(_platforms(asker, each)) for each in asked])


async def _platforms(asker: Asker, asked: AskPlatforms) -> tuple[str, ...] | Refusal:
    try:
        return await platforms_of(asker, asked.target, asked.image, asked.found)
    except RegistryError as error:
        return Refusal(error.reason, error.help)


def _answered(found: FoundImage | NoImage | AwsError | RegistryError) -> Answered | Unanswered:
    match found:
        case AwsError():
            return unanswered(found)
        case RegistryError():
            return Refusal(found.reason, found.help)
        case _:
            return found


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """The image of a container.

    Attributes:
        at: Where the manifest names it.
        target: Where ECR is asked.
        text: Its name, as the task definition has it.
        platform: The platform that runs it; None where the container instance decides.
        has_credentials: Whether ECS pulls it with `repositoryCredentials`.
    """

    at: Location
    target: Target
    text: str
    platform: str | None
    has_credentials: bool

    @property
    def title(self) -> str:
        """What it is."""
        return f"image {self._text}"

    @property
    def name(self) -> ImageName | None:
        """Its name in its parts; None where it is not the name of an image, or not known before apply."""
        return image_name(self._text)

    @property
    def _text(self) -> str:
        return self.text.removesuffix(f"@{DIGEST_AT_APPLY}")


def images(job: VerifiedJob) -> Iterator[ContainerImage]:
    """Yield the image of each container of a job."""
    request, run = job.job.definition.request, job.job.run_request
    providers = capacity_providers(run)
    on_fargate = run.get("launchType") == "FARGATE" or not FARGATE_PROVIDERS.isdisjoint(providers)
    platform = platform_of(request, on_fargate=on_fargate)
    for container in job.definition.mappings("containerDefinitions"):
        text = container.text("image")
        if text:
            at = job.placed.in_definition(container.at("image"))
            credentials = container.has("repositoryCredentials")
            yield ContainerImage(at, job.target, text, platform, credentials)


def image_exists(subject: ContainerImage, seen: Seen) -> Iterator[Verdict]:
    """The image of each container is in its registry, by its tag or digest.

    An image that ECR does not have is unknown if a pull-through cache rule applies to its repository: the
    first pull may fetch it.

    Calls: ecr:BatchGetImage, ecr:DescribePullThroughCacheRules; the HTTP API of registries other than ECR
    Source: ECR API reference, BatchGetImage; OCI distribution specification, pulling manifests.
    """
    name = subject.name
    if name is None:
        if placeholders_in(subject.text):
            yield unknown(f"{subject.title} is not known before apply")
        else:
            yield fails(
                f"{subject.title} is not the name of an image: no pull of it succeeds",
                help="write REGISTRY/REPOSITORY:TAG, with a repository in lower case",
            )
        return
    match seen.of(AskManifest(subject.target, name)):
        case FoundImage():
            yield ok(f"{subject.title} exists")
        case Refusal(reason=reason) if subject.has_credentials:
            yield unknown(f"{subject.title}: {reason}", help=_NOT_READ)
        case Refusal(reason=reason, help=help_text):
            yield unknown(f"{subject.title}: {reason}", help=help_text)
        case NoImage(message=message) if subject.has_credentials:
            yield unknown(f"{subject.title}: {message}, to those without credentials", help=_NOT_READ)
        case NoImage(message=message, help=help_text):
            prefix = cache_rule_of(name, subject.target, seen)
            if prefix is None:
                yield fails(message, help=help_text)
            else:
                brings = f"the pull-through cache rule {prefix} may bring it in with the first pull"
                yield unknown(f"{message}; {brings}", help=help_text)


def image_platform(subject: ContainerImage, seen: Seen) -> Iterator[Verdict]:
    """The image of each container is for the platform that runs it.

    The platform is `runtimePlatform` of the task definition; on Fargate, the default is X86_64 and LINUX. For
    an image with a single platform, its configuration is read. Without `cpuArchitecture`, the platform of
    container instances is not known.

    Calls: ecr:BatchGetImage, ecr:GetDownloadUrlForLayer; the HTTP API of registries other than ECR
    Source: ECS API reference, RuntimePlatform; OCI image specification, image index and configuration.
    """
    name = subject.name
    if name is None:
        return
    found = seen.look(AskManifest(subject.target, name))
    if not isinstance(found, FoundImage):
        # `image_exists` says why nothing is known of it.
        return
    there = seen.of(AskPlatforms(subject.target, name, found))
    if isinstance(there, Refusal):
        yield unknown(f"{subject.title}: its platform is not known: {there.reason}", help=there.help)
        return
    shown = ", ".join(there)
    wanted = (subject.platform,) if subject.platform else _BOTH
    if not there:
        yield unknown(f"{subject.title} names no platform")
    elif all(any(fits(each, platform) for each in there) for platform in wanted):
        yield ok(f"{subject.title} is for {', '.join(wanted)}")
    elif subject.platform is None:
        yield unknown(f"{subject.title} is for {shown}; the container instances decide what runs it")
    else:
        yield fails(
            f"{subject.title} is not for {subject.platform}, on which the job runs, but for {shown}",
            help="push an image for that platform, or say in `runtime_platform` on which the job runs",
        )
