"""Manifests of images, as registries hold them."""

import json

from registry_server import DOCKER_IMAGE, OCI_INDEX, PARTS, digest_of

from ecsplan_applier.aws.registries import ManifestAnswer


def index(*platforms: str, mark: str = "") -> ManifestAnswer:
    """Return an index for these platforms."""
    entries = [{"platform": dict(zip(PARTS, each.split("/"), strict=False))} for each in platforms]
    return _manifest(OCI_INDEX, {"schemaVersion": 2, "manifests": entries, "mark": mark})


def image(platform: str = "linux/amd64", mark: str = "") -> tuple[ManifestAnswer, dict[str, str]]:
    """Return the manifest of a single image, and its configuration by its digest."""
    config = json.dumps({**dict(zip(PARTS, platform.split("/"), strict=False)), "mark": mark})
    digest = digest_of(config.encode())
    body = {"schemaVersion": 2, "config": {"digest": digest}, "layers": []}
    return _manifest(DOCKER_IMAGE, body), {digest: config}


def _manifest(media_type: str, body: object) -> ManifestAnswer:
    text = json.dumps(body)
    return ManifestAnswer(digest_of(text.encode()), media_type, text)


def in_ecr(answer: ManifestAnswer, tag: str | None) -> dict[str, object]:
    """Return a manifest as BatchGetImage has it."""
    identity = {"imageDigest": answer.digest, **({} if tag is None else {"imageTag": tag})}
    return {"imageId": identity, "imageManifest": answer.text, "imageManifestMediaType": answer.media_type}
