"""Images in private repositories of ECR, by its API."""

from collections.abc import Sequence
from typing import Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.image_names import EcrRegistry, ImageName
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import BATCH_GET_IMAGE, GET_DOWNLOAD_URL_FOR_LAYER
from ecsplan_applier.aws.registries import ManifestAnswer
from ecsplan_applier.aws.retry import OPTIONAL
from ecsplan_applier.images.found import NoImage
from ecsplan_applier.images.manifests import MANIFEST_TYPES, is_digest
from ecsplan_applier.outcomes.errors import AwsError

_BATCH: Final = 100
"""Images of one BatchGetImage request (ECR API reference)."""
_NO_REPOSITORY: Final = "RepositoryNotFoundException"
_PULLED_FIRST: Final = (
    "a pull-through cache has an image only after its first pull: pull it once, or name its upstream"
)
"""ECR user guide, pulling an image with a pull through cache rule."""


async def manifests_of(
    asker: Asker, target: Target, images: Sequence[ImageName]
) -> Sequence[ManifestAnswer | NoImage]:
    """Return the manifest of each image, all of them in one repository, with one call for a hundred.

    Raises:
        ApplierError: ECR could not be asked.
    """
    wanted = list(dict.fromkeys(each.reference for each in images))
    batches = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
    found: dict[str, ManifestAnswer | NoImage] = {}
    for answers in await asker.together(_batch(asker, target, images[0], each) for each in batches):
        found.update(answers)
    return [found.get(each.reference) or _no_tag(each) for each in images]


async def _batch(
    asker: Asker, target: Target, image: ImageName, references: Sequence[str]
) -> dict[str, ManifestAnswer | NoImage]:
    registry = image.ecr or EcrRegistry("", target.region)
    request = {
        "registryId": registry.account,
        "repositoryName": image.repository,
        "imageIds": [{"imageDigest" if is_digest(each) else "imageTag": each} for each in references],
        "acceptedMediaTypes": list(MANIFEST_TYPES),
    }
    place = target.in_region(registry.region)
    try:
        answer = await asker.call(place, BATCH_GET_IMAGE, request, f"image {image.text}")
    except AwsError as error:
        if error.code != _NO_REPOSITORY:
            raise
        return dict.fromkeys(references, _no_repository(image, registry))
    found = [_manifest(each) for each in members(answer, "images", dict, BATCH_GET_IMAGE.name)]
    # An image is answered with one of its tags, which need not be the one that it was asked for by.
    if len(references) == len(found) == 1:
        return {references[0]: found[0][1]}
    return {name: manifest for names, manifest in found for name in names}


def _manifest(image: Body) -> tuple[tuple[str, ...], ManifestAnswer]:
    """Return the manifest of an answer, after the digest and the tag that the answer gives it.

    Raises:
        AwsError: The answer has no digest or no manifest.
    """
    identity = as_mapping(image.get("imageId"))
    digest = member(identity, "imageDigest", str, BATCH_GET_IMAGE.name)
    if not is_digest(digest):
        raise AwsError(BATCH_GET_IMAGE.name, AwsError.BAD_ANSWER, f"the answer's imageDigest is {digest!r}")
    text = member(image, "imageManifest", str, BATCH_GET_IMAGE.name)
    names = (digest, as_text(identity.get("imageTag")))
    media_type = as_text(image.get("imageManifestMediaType")) or ""
    return tuple(each for each in names if each is not None), ManifestAnswer(digest, media_type, text)


async def blob_of(asker: Asker, target: Target, image: ImageName, digest: str) -> str:
    """Return the text of a blob of a repository, such as the configuration of an image.

    Raises:
        ApplierError: ECR could not be asked, or what it names could not be downloaded.
    """
    registry = image.ecr or EcrRegistry("", target.region)
    request = {"registryId": registry.account, "repositoryName": image.repository, "layerDigest": digest}
    place, about = target.in_region(registry.region), f"image {image.text}"
    answer = await asker.call(place, GET_DOWNLOAD_URL_FOR_LAYER, request, about, OPTIONAL)
    url = str(answer["downloadUrl"])
    return await asker.of_registry(lambda registries: registries.download(url, digest), image.text)


def _no_repository(image: ImageName, registry: EcrRegistry) -> NoImage:
    return NoImage(
        f"the account {registry.account} has no ECR repository {image.repository!r} in {registry.region}",
        f"check the repository, the account and the region in `image`; {_PULLED_FIRST}",
    )


def _no_tag(image: ImageName) -> NoImage:
    what = f"image with the digest {image.digest}" if image.digest else f"tag {image.reference!r}"
    return NoImage(
        f"the ECR repository {image.repository!r} has no {what}",
        f"`aws ecr list-images --repository-name {image.repository}` lists what it has; {_PULLED_FIRST}",
    )
