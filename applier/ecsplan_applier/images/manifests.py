"""Reading manifests of images: the platforms of an index, the configuration of a single image."""

import hashlib
import json
import re
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass

INDEX_TYPES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
IMAGE_TYPES: Final = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
MANIFEST_TYPES: Final = (*INDEX_TYPES, *IMAGE_TYPES)
"""The types of manifests (OCI image specification, media types; distribution, image manifest v2 schema 2)."""

_OF_IMAGES: Final = frozenset({"schemaVersion", "config", "layers", "fsLayers"})
"""Members of the manifest of a single image, in all of its versions."""
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_PART: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")


class NotAManifestError(Exception):
    """A text is not a manifest, or not the configuration of an image; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says.

    Attributes:
        platforms: The platforms of an index, such as `linux/amd64` or `linux/arm64/v8`; None for a single
            image, and for an index that does not name them all.
        config: The digest of a single image's configuration; None for an index, and where there is none.
    """

    platforms: tuple[str, ...] | None
    config: str | None = None


def is_digest(text: object) -> bool:
    """Return whether a value is a digest of SHA-256."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def digest_of(body: bytes) -> str:
    """Return the digest of a manifest or blob."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def read_manifest(text: str) -> Manifest:
    """Return what a manifest says.

    Raises:
        NotAManifestError: It is not JSON, or has neither images nor a configuration.
    """
    body = _parsed(text, "a manifest")
    if isinstance(body.get("manifests"), list):
        return Manifest(_platforms(body))
    if body.keys().isdisjoint(_OF_IMAGES):
        raise NotAManifestError("its JSON has neither the images of an index nor the layers of an image")
    config = as_text(as_mapping(body.get("config")).get("digest"))
    return Manifest(None, config if is_digest(config) else None)


def platform_in(text: str) -> str | None:
    """Return the platform that the configuration of an image names; None where it names none.

    Source: OCI image specification, image configuration (architecture, os, variant).

    Raises:
        NotAManifestError: It is not a JSON object.
    """
    return _platform(_parsed(text, "the configuration of an image"))


def fits(platform: str, wanted: str) -> bool:
    """Return whether an image of a platform runs where another one is wanted, whatever its variant."""
    return platform.split("/")[:2] == wanted.split("/")[:2]


def _platforms(index: Body) -> tuple[str, ...] | None:
    """Return the platforms of an index; None where an image in it is for a platform that is not named.

    Naming them is optional (OCI image specification, image index). Attestations stand in an index as images
    of the platform `unknown/unknown` (BuildKit, attestation storage).
    """
    found = [_platform(as_mapping(each.get("platform"))) for each in as_mappings(index.get("manifests"))]
    named = [each for each in found if each is not None]
    if len(named) < len(found):
        return None
    return tuple(dict.fromkeys(each for each in named if not each.startswith("unknown/")))


def _platform(body: Body) -> str | None:
    named = (as_text(body.get(name)) for name in ("os", "architecture", "variant"))
    parts = [each if each is not None and _PART.fullmatch(each) else None for each in named]
    system, architecture, variant = parts
    if system is None or architecture is None:
        return None
    return f"{system}/{architecture}/{variant}" if variant else f"{system}/{architecture}"


def _parsed(text: str, what: str) -> Body:
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise NotAManifestError(f"it is not {what}: not JSON") from None
    if not isinstance(body, dict):
        raise NotAManifestError(f"it is not {what}: not a JSON object")
    return body
