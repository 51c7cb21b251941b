"""Finding images: in ECR by its API, anywhere else by the API of the registry."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from ecsplan.terms.image_names import ImageName
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.registries import ManifestAnswer
from ecsplan_applier.images.ecr import blob_of, manifests_of
from ecsplan_applier.images.found import FoundImage, NoImage
from ecsplan_applier.images.manifests import (
    INDEX_TYPES,
    Manifest,
    NotAManifestError,
    platform_in,
    read_manifest,
)
from ecsplan_applier.outcomes.errors import AwsError, RegistryError

Answer: TypeAlias = FoundImage | NoImage | AwsError | RegistryError
"""What there is of an image, or why its registry could not be asked."""


async def find_images(asker: Asker, target: Target, images: Sequence[ImageName]) -> list[Answer]:
    """Return what there is of each image, or why its registry could not be asked.

    Images of one repository of ECR share calls, and an image that is named twice is asked for once.

    Args:
        asker: Makes the calls.
        target: Where the job runs; ECR is asked in the region of the registry.
        images: The names of the images.
    """
    groups: dict[tuple[str, ...], dict[ImageName, None]] = defaultdict(dict)
    for each in images:
        place = (each.registry, each.repository)
        groups[place if each.ecr else (*place, each.reference)][each] = None
    answers = await asker.together(_in_one_place(asker, target, tuple(group)) for group in groups.values())
    found = {
        image: answer
        for group, several in zip(groups.values(), answers, strict=True)
        for image, answer in zip(group, several, strict=True)
    }
    return [found[each] for each in images]


async def platforms_of(asker: Asker, target: Target, image: ImageName, found: FoundImage) -> tuple[str, ...]:
    """Return the platforms of an image that was found; () where its configuration names none.

    Raises:
        ApplierError: The configuration could not be read.
    """
    manifest = found.manifest or await _manifest_in_registry(asker, image, found.digest)
    if manifest.platforms is not None:
        return manifest.platforms
    config = manifest.config
    if config is None:
        return ()
    if image.ecr is not None:
        text = await blob_of(asker, target, image, config)
    else:
        registry, repository = image.registry, image.repository
        text = await asker.of_registry(lambda way: way.blob(registry, repository, config), image.text)
    try:
        platform = platform_in(text)
    except NotAManifestError as error:
        raise _unusable(image, f"sent a configuration that cannot be read: {error}") from error
    return () if platform is None else (platform,)


async def _in_one_place(asker: Asker, target: Target, images: Sequence[ImageName]) -> Sequence[Answer]:
    """Return what there is of images of one repository of ECR, or of one image from elsewhere."""
    try:
        if images[0].ecr is None:
            # Whichever region asks, the registry is the same.
            return [await asker.once(images[0], _in_registry(asker, images[0]))]
        answers = await manifests_of(asker, target, images)
    except (AwsError, RegistryError) as error:
        return [error] * len(images)
    return [_in_ecr(each) if isinstance(each, ManifestAnswer) else each for each in answers]


def _in_ecr(answer: ManifestAnswer) -> FoundImage:
    try:
        return FoundImage(answer.digest, read_manifest(answer.text))
    except NotAManifestError:
        # ECR has accepted it: it is an artifact of a kind that has no platforms.
        return FoundImage(answer.digest, Manifest(None))


async def _in_registry(asker: Asker, image: ImageName) -> FoundImage | NoImage:
    """Return what a registry has.

    The head of a manifest does not count as a pull from Docker Hub (Docker documentation, Docker Hub pull
    usage); the manifest is read for the platforms of an index alone.
    """
    registry, repository = image.registry, image.repository
    head = await asker.of_registry(lambda way: way.head(registry, repository, image.reference), image.text)
    if head is None:
        return NoImage(
            f"the registry {registry} has no image {image.text}",
            "check the repository and the tag in `image`, and that the image was pushed",
        )
    if head.text:
        return FoundImage(head.digest, _read(image, head.text))
    if head.media_type not in INDEX_TYPES:
        return FoundImage(head.digest)
    return FoundImage(head.digest, await _manifest_in_registry(asker, image, head.digest))


async def _manifest_in_registry(asker: Asker, image: ImageName, digest: str) -> Manifest:
    registry, repository = image.registry, image.repository
    answer = await asker.of_registry(lambda way: way.manifest(registry, repository, digest), image.text)
    if answer is None:
        raise _unusable(image, f"does not have {digest}, which it named before")
    return _read(image, answer.text)


def _read(image: ImageName, text: str) -> Manifest:
    try:
        return read_manifest(text)
    except NotAManifestError as error:
        raise _unusable(image, f"answers with something that is not a manifest: {error}") from error


def _unusable(image: ImageName, text: str) -> RegistryError:
    return RegistryError(
        image.registry,
        RegistryError.BAD_ANSWER,
        text,
        help="check the registry in `image`",
        about=image.text,
    )
