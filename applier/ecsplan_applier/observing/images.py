"""Answering which digests images have, as jobs with `pin_image` ask."""

from collections.abc import Sequence
from typing import Final

from ecsplan.terms.image_names import ImageName, image_name, with_tag
from ecsplan.terms.observed import NOT_FOUND, NOT_USABLE, Answer, AskImage, NotThere
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.images.find_images import find_images
from ecsplan_applier.images.found import FoundImage, NoImage
from ecsplan_applier.images.manifests import fits

_NO_NAME: Final = "write REGISTRY/REPOSITORY:TAG, with a repository in lower case"


async def answer_images(asker: Asker, target: Target, questions: Sequence[AskImage]) -> Sequence[Answer]:
    """Return the name of each image with its tag and its digest.

    Of an image for several platforms it is the digest of the index, which has to have the platform asked for.

    Raises:
        ApplierError: A registry could not be asked.
    """
    names = {each.image: image_name(each.image) for each in questions}
    wanted = list(dict.fromkeys(each for each in names.values() if each is not None))
    found = dict(zip(wanted, await find_images(asker, target, wanted), strict=True))
    answers: list[Answer] = []
    for each in questions:
        name = names[each.image]
        answer = None if name is None else found[name]
        match answer:
            case None:
                answers.append(NotThere(f"{each.image!r} is not the name of an image", _NO_NAME, NOT_USABLE))
            case NoImage(message=message, help=help_text):
                answers.append(NotThere(message, help_text, NOT_FOUND))
            case FoundImage():
                answers.append(_for_platform(each, name, answer))
            case error:
                raise error
    return answers


def _for_platform(question: AskImage, name: ImageName | None, found: FoundImage) -> Answer:
    wanted, there = question.platform, found.platforms
    if wanted is None or there is None or any(fits(each, wanted) for each in there):
        return f"{with_tag(question.image)}@{found.digest}"
    shown = question.image if name is None else name.text
    platforms = ", ".join(there) or "no platform"
    return NotThere(
        f"image {shown} is not for {wanted}, on which the job runs, but for {platforms}",
        "push an image for that platform, or say in `runtime_platform` on which the job runs",
        NOT_USABLE,
    )
