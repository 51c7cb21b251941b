"""Names that ECS accepts, and how other names are brought into that form."""

import re
import unicodedata

FAMILY_LENGTH = 255
"""Characters of a family (botocore ecs model, RegisterTaskDefinition.family)."""

_NOT_IN_FAMILY = re.compile(r"[^A-Za-z0-9_-]+")
_TAG_PUNCTUATION = frozenset("+-=._:/@")
_REFUSED_IN_TAG = re.compile("\0+")
_NOT_IN_STREAM = re.compile(r"[:*]+")


def family_name(text: str) -> str:
    """Return the family for this name: the name itself where ECS accepts it, else a slug of it.

    A slug is transliterated to ASCII and keeps its case; what a family cannot hold becomes `-`, and none
    stands at the ends. HTML entities are characters like any others. The slug of a name without a letter or
    digit in any script is "".
    """
    if len(text) <= FAMILY_LENGTH and text and not _NOT_IN_FAMILY.search(text):
        return text
    from slugify import slugify  # noqa: PLC0415 - loads its tables, and only a refused name needs them

    return slugify(
        text,
        entities=False,
        decimal=False,
        hexadecimal=False,
        lowercase=False,
        max_length=FAMILY_LENGTH,
        regex_pattern=_NOT_IN_FAMILY,
    )


def tag_text(text: str) -> str:
    """Return a tag's key or value as ECS accepts it: each run of other characters becomes one `-`.

    Accepted are letters and digits of any script, spaces and `+ - = . _ : / @` (ECS API reference, Tag).
    """
    return _REFUSED_IN_TAG.sub("-", text.translate(_TAG_CHARACTERS))


class _TagCharacters(dict[int, int]):
    """Each character of a tag as it is, and NUL for one that ECS refuses; learnt as they come."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        accepted = character in _TAG_PUNCTUATION or unicodedata.category(character)[0] in "LNZ"
        self[code] = code if accepted else 0
        return self[code]


_TAG_CHARACTERS = _TagCharacters()


def stream_prefix(job_name: str) -> str:
    """Return the job's name without the characters that no log stream's name may hold (`:` and `*`).

    Source: CloudWatch Logs API reference, CreateLogStream.logStreamName.
    """
    return _NOT_IN_STREAM.sub("-", job_name)


def flow_family(flow_name: str | None, deployment_name: str | None) -> str | None:
    """Return the family named after a flow and its deployment, or None where neither is given."""
    if deployment_name is not None:
        return f"ecsplan__{flow_name or 'unknown-flow'}__{deployment_name}"
    return f"ecsplan__{flow_name}" if flow_name is not None else None


def reference_family(reference: str) -> str:
    """Return the family that an ARN, `family:revision` or `family` belongs to."""
    resource = reference.rpartition("task-definition/")[2] if reference.startswith("arn:") else reference
    return resource.partition(":")[0]
