"""Convert names to the form that ECS accepts for families, tags and log streams."""

import re
import unicodedata

FAMILY_LENGTH = 255
"""Characters of a family (botocore ecs model, RegisterTaskDefinition.family)."""

_NOT_IN_FAMILY = re.compile(r"[^A-Za-z0-9_-]+")
_TAG_PUNCTUATION = frozenset("+-=._:/@")
_REFUSED_IN_TAG = re.compile("\0+")
_NOT_IN_STREAM = re.compile(r"[:*]+")


def family_name(text: str) -> str:
    """Return the family for a name: the name itself if ECS accepts it, else a slug of it.

    A slug is transliterated to ASCII and keeps its case. Each run of characters that a family cannot contain
    becomes one `-`, except at the ends. HTML entities are not decoded. The slug of a name without a letter or
    digit in any script is "".
    """
    if len(text) <= FAMILY_LENGTH and text and not _NOT_IN_FAMILY.search(text):
        return text
    return slug(text, _NOT_IN_FAMILY, FAMILY_LENGTH)


def slug(text: str, refused: re.Pattern[str], length: int = 0) -> str:
    """Return a text in ASCII, in its own case, of at most `length` characters; 0 for any number.

    Each run of characters that `refused` matches becomes one `-`, except at the ends.
    """
    from slugify import slugify  # noqa: PLC0415 - loads its tables, and only a refused name needs them

    return slugify(
        text,
        entities=False,
        decimal=False,
        hexadecimal=False,
        lowercase=False,
        max_length=length,
        regex_pattern=refused,
    )


def tag_text(text: str) -> str:
    """Return a tag's key or value with each run of characters that ECS refuses replaced by one `-`.

    ECS accepts letters and digits of any script, spaces and `+ - = . _ : / @` (ECS API reference, Tag).
    """
    # In two steps because `str.translate` cannot join runs, and `re` has no class for Unicode categories.
    return _REFUSED_IN_TAG.sub("-", text.translate(_TAG_CHARACTERS))


class _TagCharacters(dict[int, int]):
    """Maps each character of a tag to itself, and one that ECS refuses to NUL; filled on demand."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        accepted = character in _TAG_PUNCTUATION or unicodedata.category(character)[0] in "LNZ"
        self[code] = code if accepted else 0
        return self[code]


_TAG_CHARACTERS = _TagCharacters()


def stream_prefix(job_name: str) -> str:
    """Return a job's name with each run of `:` and `*`, which log stream names cannot contain, as one `-`.

    Source: CloudWatch Logs API reference, CreateLogStream.logStreamName.
    """
    return _NOT_IN_STREAM.sub("-", job_name)


def flow_family(flow_name: str | None, deployment_name: str | None) -> str | None:
    """Return the family named after a flow and its deployment; None where neither is given."""
    if deployment_name is not None:
        return f"ecsplan__{flow_name or 'unknown-flow'}__{deployment_name}"
    return f"ecsplan__{flow_name}" if flow_name is not None else None


def follows_family(reference: str) -> bool:
    """Return whether an ARN, `family:revision` or `family` names no revision, and so means the newest one."""
    resource = reference.rpartition("task-definition/")[2] if reference.startswith("arn:") else reference
    return ":" not in resource


def reference_family(reference: str) -> str:
    """Return the family of an ARN, `family:revision` or `family`."""
    resource = reference.rpartition("task-definition/")[2] if reference.startswith("arn:") else reference
    return resource.partition(":")[0]
