"""`pin_image`: the image of the job's container in a task definition, with the digest of its tag."""

from dataclasses import replace

from ecsplan.draft.draft import Defined
from ecsplan.draft.task_definition import container_of, image_at_apply
from ecsplan.terms.bodies import as_mappings
from ecsplan.terms.family_names import follows_family
from ecsplan.terms.image_names import has_digest, image_name, platform_of, with_tag
from ecsplan.terms.json_types import Record, mappings, text
from ecsplan.terms.observed import AskImage, Observed
from ecsplan.terms.placeholders import DIGEST_AT_APPLY, is_open, lacks_digest
from ecsplan.terms.pointers import child


def image_question(defined: Defined) -> AskImage | None:
    """Return what is asked so that a definition's image can be pinned; None where there is nothing to ask.

    An image that has a digest already is what it is, and one that waits for a lookup is not known yet.
    """
    image = _tagged(defined)
    if not defined.job.pin_image or not image or has_digest(image) or is_open(image):
        return None
    platform = platform_of(defined.body, on_fargate=defined.job.on_fargate)
    return AskImage(defined.job.aws, image, platform)


def with_pinned_image(defined: Defined, observed: Observed) -> Defined:
    """Return a definition whose job's container has an image with a digest, its placeholder where it is open.

    The definition is the patched one: what a patch sets is what runs. Other containers keep their images.

    Source: ECS hands the image to Docker as it is (botocore ecs model, ContainerDefinition.image), and Docker
    takes a tag and a digest together and pulls by the digest (distribution/reference). Tasks that run such
    images have been seen (aws/amazon-ecs-agent#4226).
    """
    if not defined.job.pin_image:
        return defined
    question = image_question(defined)
    image = _tagged(defined)
    if question is not None:
        pinned = observed.pinned_image(question) or f"{with_tag(image)}@{DIGEST_AT_APPLY}"
    elif is_open(image) and not has_digest(image):
        pinned = f"{image}@{DIGEST_AT_APPLY}"
    elif not image and defined.job.linked is not None and defined.linked is None:
        pinned = f"{image_at_apply(defined.job)}@{DIGEST_AT_APPLY}"
    else:
        return defined
    return replace(defined, body=_with_image(defined, pinned), pins=question)


def awaits_digest(defined: Defined) -> bool:
    """Return whether the digest of the job's image is not known yet."""
    return defined.job.pin_image and lacks_digest(_image(defined))


def image_pointer(defined: Defined) -> str:
    """Return the pointer of the job's image in its task definition."""
    containers = mappings(defined.body, "containerDefinitions")
    number = next((n for n, each in enumerate(containers) if each.get("name") == defined.container), 0)
    return child(f"/containerDefinitions/{number}", "image")


def _tagged(defined: Defined) -> str:
    """Return the image of the job's container, with the digest that it has, if that is to be kept.

    A job that is linked to a family runs the newest revision, which may be one that this job has made of an
    earlier one: the tag beside the digest then says which image is meant.
    """
    image, linked = _image(defined), defined.linked
    if linked is None or not follows_family(defined.job.linked or ""):
        return image
    containers = as_mappings(linked.definition.get("containerDefinitions"))
    written = next((each.get("image") for each in containers if each.get("name") == defined.container), None)
    name = image_name(image)
    if image != written or name is None or name.tag is None:
        return image
    return image.partition("@")[0]


def _image(defined: Defined) -> str:
    return text(container_of(defined.body, defined.container), "image")


def _with_image(defined: Defined, image: str) -> Record:
    containers = [{**each} for each in mappings(defined.body, "containerDefinitions")]
    own = next((each for each in containers if each.get("name") == defined.container), None)
    if own is None:
        return {
            **defined.body,
            "containerDefinitions": [*containers, {"name": defined.container, "image": image}],
        }
    own["image"] = image
    return {**defined.body, "containerDefinitions": containers}
