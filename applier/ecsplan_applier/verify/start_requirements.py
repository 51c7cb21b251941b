"""`Requirement`: what a task must reach to start, such as the service that holds its image or a secret."""

import re
from collections.abc import Iterator
from typing import Final, Literal

from ecsplan.draft.view import View
from ecsplan.terms.placeholders import placeholders_in
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import region_of
from ecsplan_applier.verify.security_rules import HTTPS
from ecsplan_applier.verify.verified_job import VerifiedJob

_ECR: Final = re.compile(r"[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")
"""How the host of a private ECR registry begins (ECR user guide, private registry)."""
_PUBLIC: Final = re.compile(
    r"docker\.io|.*\.docker\.io|public\.ecr\.aws|ghcr\.io|quay\.io|(.*\.)?gcr\.io|registry\.k8s\.io"
    r"|mcr\.microsoft\.com|nvcr\.io|.*-docker\.pkg\.dev|registry\.gitlab\.com|registry\.access\.redhat\.com"
)
"""Registries on the internet that no endpoint of a VPC leads to."""

Reach = Literal["service", "internet", "unknown"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that a task must reach to start.

    Attributes:
        name: A service of AWS, as names of endpoints end with it (`ecr.api`), or a host.
        region: The region of the service; "" for a host.
        reach: Whether it is a service that endpoints lead to, a host on the internet, or one of which it is
            not known where it is.
        why: What needs it, for messages.
    """

    name: str
    region: str
    reach: Reach
    why: str

    @property
    def port(self) -> int:
        """The TCP port: that of HTTPS, unless the host of a registry has another one."""
        port = self.name.rpartition(":")[2]
        return int(port) if self.reach != "service" and port.isdecimal() else HTTPS


_UNKNOWN_IMAGE: Final = Requirement("the image", "", "unknown", "an image that is not known yet")


def requirements_of(job: VerifiedJob) -> tuple[Requirement, ...]:
    """Return what the tasks of a job must reach to start, without duplicates.

    Secrets Manager and Systems Manager decrypt with KMS themselves, so a task needs no way to KMS.

    Source: ECR user guide, Amazon ECR interface VPC endpoints (Fargate platform 1.4.0 needs ecr.api, ecr.dkr
        and S3; logs for awslogs); ECS developer guide, Amazon ECS interface VPC endpoints (Secrets Manager
        and Systems Manager endpoints).
    """
    region = job.target.region
    found: dict[tuple[str, str], Requirement] = {}
    for container in job.definition.mappings("containerDefinitions"):
        for each in _of_container(container, region):
            found.setdefault((each.name, each.region), each)
    return tuple(found.values()) or (_UNKNOWN_IMAGE,)


def _of_container(container: View, region: str) -> Iterator[Requirement]:
    name = container.text("name") or "container"
    yield from _of_image(container.text("image") or "")
    if (login := container.mapping("repositoryCredentials").text("credentialsParameter")) is not None:
        yield Requirement(
            "secretsmanager", region_of(login) or region, "service", f"credentials of {name}'s image"
        )
    logs = container.mapping("logConfiguration")
    options = logs.mapping("options")
    if logs.text("logDriver") == "awslogs" and not options.has("awslogs-endpoint"):
        logged_in = options.text("awslogs-region") or region
        if not placeholders_in(logged_in):
            yield Requirement("logs", logged_in, "service", f"logs of {name}")
    for secret in (*container.mappings("secrets"), *logs.mappings("secretOptions")):
        yield from _of_secret(secret, region, name)
    if container.has("environmentFiles"):
        yield Requirement("s3", region, "service", f"environment files of {name}")


def _of_image(image: str) -> Iterator[Requirement]:
    if not image or placeholders_in(image):
        yield _UNKNOWN_IMAGE
        return
    # As Docker reads it: what stands before the first slash is a host if it has a dot, a colon, or is
    # localhost; everything else is in Docker Hub.
    first, slash, _ = image.partition("/")
    host = first if slash and (re.search(r"[.:]", first) or first == "localhost") else "docker.io"
    match = _ECR.match(host)
    if match is None:
        yield Requirement(host, "", "internet" if _PUBLIC.fullmatch(host) else "unknown", f"image {image}")
        return
    for service in ("ecr.api", "ecr.dkr", "s3"):
        yield Requirement(service, match["region"], "service", f"image {image}")


def _of_secret(secret: View, region: str, container: str) -> Iterator[Requirement]:
    source = secret.text("valueFrom") or ""
    if placeholders_in(source):
        return
    name = secret.text("name") or "secret"
    service = "secretsmanager" if source.startswith("arn:") and ":secretsmanager:" in source else "ssm"
    yield Requirement(service, region_of(source) or region, "service", f"{name} of {container}")
