"""Names of images, and one that stands for an image that a source does not name."""

import re
from typing import Final

_IMAGE: Final = re.compile(r"[A-Za-z0-9_\-:./#@]+")
"""The characters of an image's name (botocore ecs model, ContainerDefinition.image)."""
_REGISTRY: Final = "registry.invalid"
"""A host that never exists (RFC 2606, section 2), so that nothing is pulled by accident."""
_NOT_IN_NAME: Final = re.compile(r"[^a-z0-9]+")
_MAX_NAME: Final = 100


def is_image(text: object) -> bool:
    """Return whether a value is the name of an image, as ECS takes it."""
    return isinstance(text, str) and _IMAGE.fullmatch(text.strip()) is not None


def placeholder_image(name: str) -> str:
    """Return an image that cannot be pulled, to be replaced by the one that `name` runs."""
    slug = _NOT_IN_NAME.sub("-", name.lower()).strip("-")[:_MAX_NAME].strip("-")
    return f"{_REGISTRY}/{slug or 'image'}:latest"
