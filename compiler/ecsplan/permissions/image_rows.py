"""What ecsplan needs to look at images in private registries of ECR."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ecsplan.draft.task_definition import container_of
from ecsplan.permissions.permission import Permission, Scope
from ecsplan.permissions.resource_arns import ANY
from ecsplan.permissions.sources import ECR_ACTIONS
from ecsplan.permissions.subject import Subject
from ecsplan.plan.planned_spec import linked_of
from ecsplan.terms.image_names import image_name, is_in_ecr
from ecsplan.terms.json_types import text
from ecsplan.terms.placeholders import DIGEST_AT_APPLY, placeholders_in


def _pinned(subject: Subject) -> Iterator[Scope]:
    if not subject.spec.pin_image:
        return
    container = container_of(subject.job.definition.request, subject.job.watch.container)
    image = text(container, "image").removesuffix(f"@{DIGEST_AT_APPLY}")
    name = image_name(image)
    registry = None if name is None else name.ecr
    if name is not None and registry is not None:
        repository = f"repository/{name.repository}"
        where = replace(subject.where, region=registry.region, account=registry.account)
        yield Scope(where.arn("ecr", repository))
    elif is_in_ecr(image) or placeholders_in(image) or (not image and linked_of(subject.job) is not None):
        # A lookup gives the image, a part of its name, or the definition that has it.
        yield Scope(replace(subject.where, region=ANY, account=ANY).arn("ecr", "repository/*"))


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
