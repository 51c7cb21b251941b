"""Images in private repositories of ECR, by its API."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
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
from ecsplan_applier.outcomes.errors import AwsError, RegistryError

_BATCH: Final = 100
"""Images of one BatchGetImage request (ECR API reference)."""
_NO_REPOSITORY: Final = "RepositoryNotFoundException"
_OUT_OF_REACH: Final = ("Kms", "Upstream", "ImageInaccessible")
"""How codes begin of failures to get an image that may be there (botocore ecr model, ImageFailureCode)."""
_PULLED_FIRST: Final = (
    "a pull-through cache has an image only after its first pull: pull it once, or name its upstream"
)
"""ECR user guide, pulling an image with a pull through cache rule."""

InEcr: TypeAlias = ManifestAnswer | NoImage | RegistryError
"""What ECR has of an image, or why it cannot get at it."""


async def manifests_of(asker: Asker, target: Target, images: Sequence[ImageName]) -> Sequence[InEcr]:
    """Return the manifest of each image, all of them in one repository, with one call for a hundred.

    Raises:
        ApplierError: ECR could not be asked.
    """
    wanted = list({each.reference: each for each in images}.values())
    batches = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
    found: dict[str, InEcr] = {}
    for answers in await asker.together(_batch(asker, target, each) for each in batches):
        found.update(answers)
    return [found.get(each.reference) or _no_tag(each) for each in images]


async def _batch(asker: Asker, target: Target, images: Sequence[ImageName]) -> dict[str, InEcr]:
    """Return what ECR has of images, by the tag or digest that each is asked for by."""
    first, names = images[0], {each.reference: each for each in images}
    registry = first.ecr or EcrRegistry("", target.region)
    request = {
        "registryId": registry.account,
        "repositoryName": first.repository,
        "imageIds": [{"imageDigest" if is_digest(each) else "imageTag": each} for each in names],
        "acceptedMediaTypes": list(MANIFEST_TYPES),
    }
    place = target.in_region(registry.region)
    try:
        answer = await asker.call(place, BATCH_GET_IMAGE, request, f"image {first.text}")
    except AwsError as error:
        if error.code != _NO_REPOSITORY:
            raise
        return dict.fromkeys(names, _no_repository(first, registry))
    found = [_manifest(each) for each in members(answer, "images", dict, BATCH_GET_IMAGE.name)]
    failures = as_mappings(answer.get("failures"))
    if len(names) == 1:
        return {first.reference: found[0][1] if found else _failed(first, failures[0] if failures else {})}
    answers: dict[str, InEcr] = {name: manifest for references, manifest in found for name in references}
    for each in failures:
        for name in as_mapping(each.get("imageId")).values():
            if name in names:
                answers[name] = _failed(names[name], each)
    # An image is answered with one of its tags, which need not be the one that it was asked for by.
    unnamed = [each for reference, each in names.items() if reference not in answers]
    for alone in await asker.together(_batch(asker, target, [each]) for each in unnamed):
        answers.update(alone)
    return answers


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


def _failed(image: ImageName, failure: Body) -> NoImage | RegistryError:
    """Return what a failure among the answers says: there is no such image, or ECR cannot get at it."""
    code = as_text(failure.get("failureCode")) or ""
    if not code.startswith(_OUT_OF_REACH):
        return _no_tag(image)
    reason = as_text(failure.get("failureReason")) or "no reason"
    text = f"cannot get the image ({code}: {reason})"
    return RegistryError(image.registry, RegistryError.TROUBLE, text, about=image.text)


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
