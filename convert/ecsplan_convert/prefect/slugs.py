"""The names that Prefect makes of families and tags."""

import html
import re
from typing import Final

from ecsplan.terms.family_names import FAMILY_LENGTH, family_name

_ENTITY: Final = re.compile(r"&(?:#[0-9]+|#x[0-9a-fA-F]+|[A-Za-z]+);")
_NOT_IN_TAG: Final = re.compile(r"[^a-zA-Z0-9_.=+\-@:/ ]+")


def slugged_family(name: str) -> str:
    """Return the family that Prefect makes of a name: in lower case, and without repeated hyphens."""
    decoded = _ENTITY.sub(lambda match: html.unescape(match[0]), name)
    slug = re.sub("-{2,}", "-", family_name(decoded).lower()).strip("-")
    return slug[:FAMILY_LENGTH]


def slugged_tag(text: str) -> str:
    """Return the key or value of a tag that Prefect makes of a text in ASCII; other text as it is.

    Prefect loses the letters of other scripts, which ECS accepts; the manifest keeps them. A space stays a
    space, as in versions of prefect-aws before 0.4.20, which makes a hyphen of it.
    """
    if not text.isascii():
        return text
    decoded = _ENTITY.sub(lambda match: html.unescape(match[0]), text).replace("'", "-")
    decoded = re.sub(r"(?<=\d),(?=\d)", "", decoded)
    slug = re.sub("-{2,}", "-", _NOT_IN_TAG.sub("-", decoded)).strip("-")
    return slug or text
