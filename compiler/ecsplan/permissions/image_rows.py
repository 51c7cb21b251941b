"""What ecsplan needs to look at images in private registries of ECR."""

import re
from collections.abc import Iterator
from typing import Final

from ecsplan.draft.task_definition import container_of
from ecsplan.permissions.permission import Permission, Scope
from ecsplan.permissions.resource_arns import ANY, Where, known, partition_of
from ecsplan.permissions.sources import ECR_ACTIONS
from ecsplan.permissions.subject import Subject
from ecsplan.terms.image_names import image_name, is_in_ecr
from ecsplan.terms.json_types import text
from ecsplan.terms.placeholders import DIGEST_AT_APPLY, lacks_digest, placeholders_in

_REGISTRY: Final = re.compile(r"([0-9]{12})\.dkr[.-]ecr")
_REGION: Final = re.compile(r"\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.")
"""The account and the region in the host of a registry of ECR, of which a lookup may give another part."""
_ACCOUNT_DIGITS: Final = 12


def _pinned(subject: Subject) -> Iterator[Scope]:
    """Yield the repository that is asked for a digest: an image that is written with one has it already."""
    container = container_of(subject.job.definition.request, subject.job.watch.container)
    image = text(container, "image")
    if subject.spec.pin_image and ("image" in subject.job.observed or lacks_digest(image)):
        yield from _repositories(image.removesuffix(f"@{DIGEST_AT_APPLY}"), subject.where)


def _repositories(image: str, where: Where) -> Iterator[Scope]:
    """Yield the repository of an image, if it may be in ECR; what lookups give of its name is `*`."""
    name = image_name(image)
    registry = None if name is None else name.ecr
    if name is not None and registry is not None:
        yield _scope(where, registry.region, registry.account, name.repository)
    elif placeholders_in(image):
        host, slash, path = known(image).partition("/")
        begin, is_open, _ = host.partition(ANY)
        if not (is_in_ecr(host) or (is_open and (not begin or begin[:_ACCOUNT_DIGITS].isdigit()))):
            return
        # A registry that is looked up may have the beginning of the path in it.
        repository = f"{ANY if host.endswith(ANY) else ''}{_without_tag(path)}" if slash else ANY
        region, account = _REGION.search(host), _REGISTRY.match(host)
        yield _scope(where, region[1] if region else ANY, account[1] if account else ANY, repository)


def _scope(where: Where, region: str, account: str, repository: str) -> Scope:
    partition = where.partition if region == ANY else partition_of(region)
    return Scope(Where(partition, region, account).arn("ecr", f"repository/{repository}"))


def _without_tag(path: str) -> str:
    return path.partition("@")[0].partition(":")[0]


def _pinned_at_apply(subject: Subject) -> Iterator[Scope]:
    if subject.is_undecided or "image" in subject.job.observed:
        yield from _pinned(subject)


ROWS: Final = (
    Permission(
        "ecr:BatchGetImage",
        ("ecr:BatchGetImage",),
        "`repository/NAME`",
        "`pin_image: true` of an image in a private repository of ECR, and `verify`; of another account's"
        " repository, its policy has to allow it as well",
        (ECR_ACTIONS,),
        compile=_pinned,
        apply=_pinned_at_apply,
        others=("verify",),
    ),
    Permission(
        "ecr:GetDownloadUrlForLayer",
        ("ecr:GetDownloadUrlForLayer",),
        "`repository/NAME`",
        "images in private repositories of ECR that are for one platform: their configuration names it",
        (ECR_ACTIONS,),
        others=("verify",),
    ),
)
"""The actions of ECR."""
