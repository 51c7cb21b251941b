"""`ImageName`: the name of a container image, read as Docker reads it, and the platform of a task."""

import re
from collections.abc import Mapping
from typing import Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass

DOCKER_HUB: Final = "docker.io"
"""The registry of an image whose name has none."""
DEFAULT_TAG: Final = "latest"

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST: Final = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?"
_PART: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME: Final = re.compile(
    rf"(?P<registry>{_HOST})/(?P<repository>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""The grammar of references (distribution/reference, package documentation). Hex digits of a digest are in
lower case (OCI image specification, descriptor, registered algorithms). ECS takes sha256 digests alone (ECS
API reference, ContainerDefinition.image)."""
_DOMAINS: Final = (
    r"(?:amazonaws\.(?:com(?:\.cn)?|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
"""Those of AWS's partitions (botocore, partitions.json, dnsSuffix)."""
_ECR: Final = re.compile(
    rf"(?P<account>[0-9]{{12}})\.(?:dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.{_DOMAINS}"
    r"|dkr-ecr(?:-fips)?\.(?P<dual>[a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn))"
)
"""Hosts of private registries (ECR user guide, making requests to Amazon ECR registries)."""
_IN_ECR: Final = re.compile(r"[0-9]{12}\.dkr[.-]ecr[.-]")
"""How they begin, also where a lookup gives the region."""


@dataclass(frozen=True, slots=True)
class EcrRegistry:
    """A private registry of ECR: that of an account in a region."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class ImageName:
    """The parts of an image's name.

    Attributes:
        registry: The host of the registry, with its port if it has one; `docker.io` where the name has none.
        repository: The repository; with `library/` before an official image of Docker Hub.
        tag: The tag; None where the name has none.
        digest: `sha256:` and 64 hex digits; None where the name has none.
    """

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def ecr(self) -> EcrRegistry | None:
        """The private registry of ECR that has the image; None for an image from elsewhere."""
        found = _ECR.fullmatch(self.registry)
        return None if found is None else EcrRegistry(found["account"], found["region"] or found["dual"])

    @property
    def text(self) -> str:
        """The name as people write it, with its tag, or its digest where it has one."""
        short = self.repository.removeprefix("library/") if self.registry == DOCKER_HUB else self.repository
        place = "" if self.registry == DOCKER_HUB else f"{self.registry}/"
        return f"{place}{short}{'@' if self.digest else ':'}{self.reference}"

    @property
    def reference(self) -> str:
        """What is asked of the registry: the digest, else the tag."""
        return self.digest or self.tag or DEFAULT_TAG


def image_name(image: str) -> ImageName | None:
    """Return the parts of an image's name; None for a text that Docker does not take for one.

    What stands before the first slash is a registry if it has a dot, a colon or a capital letter, or is
    `localhost` (distribution/reference, normalization of familiar names).
    """
    first, slash, _ = image.partition("/")
    is_host = slash and (any(each in first for each in ".:[") or first in _LOCAL or first != first.lower())
    found = _NAME.fullmatch(image if is_host else f"{DOCKER_HUB}/{image}")
    if found is None:
        return None
    registry, repository = found["registry"], found["repository"]
    if registry in _NAMES_OF_HUB:
        registry, repository = DOCKER_HUB, repository if "/" in repository else f"library/{repository}"
    return ImageName(registry, repository, found["tag"], found["digest"])


_LOCAL: Final = frozenset({"localhost"})
_NAMES_OF_HUB: Final = frozenset({DOCKER_HUB, "index.docker.io"})


def is_in_ecr(image: str) -> bool:
    """Return whether an image is in a private repository of ECR, as far as the registry's name shows."""
    return _IN_ECR.match(image) is not None


def has_digest(image: str) -> bool:
    """Return whether an image's name ends with a digest, so that it always means the same image."""
    return "@" in image


def with_tag(image: str) -> str:
    """Return an image's name with the tag that it means: `latest` where it has neither tag nor digest."""
    name = image_name(image)
    return image if name is None or name.tag or name.digest else f"{image}:{DEFAULT_TAG}"


_ARCHITECTURES: Final[Mapping[str, str]] = {"X86_64": "amd64", "ARM64": "arm64"}
"""CPU architectures as ECS names them, and as images do (botocore ecs model, CPUArchitecture)."""


def platform_of(definition: Body, *, on_fargate: bool) -> str | None:
    """Return the platform that a task definition runs on, such as `linux/amd64`.

    None where that depends on the container instance: off Fargate, without a CPU architecture.

    Source: ECS API reference, RuntimePlatform; on Fargate the default is X86_64 and LINUX (ECS developer
    guide, task definition parameters for Fargate, runtime platform).
    """
    platform = as_mapping(definition.get("runtimePlatform"))
    family = as_text(platform.get("operatingSystemFamily")) or ("LINUX" if on_fargate else "")
    architecture = as_text(platform.get("cpuArchitecture")) or ("X86_64" if on_fargate else "")
    if not architecture:
        return None
    system = "windows" if family.startswith("WINDOWS") else "linux"
    named = _ARCHITECTURES.get(architecture)
    return None if named is None else f"{system}/{named}"
