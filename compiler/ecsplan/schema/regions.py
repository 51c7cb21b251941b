"""The regions of AWS by name: which are known, which name may be a newer one, and which one was meant."""

import re
from typing import Final

KNOWN_REGIONS: Final = frozenset(
    [
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "cn-north-1",
        "cn-northwest-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "eu-isoe-west-1",
        "eusc-de-east-1",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-iso-east-1",
        "us-iso-west-1",
        "us-isob-east-1",
        "us-isob-west-1",
        "us-isof-east-1",
        "us-isof-south-1",
    ]
)
"""The regions of botocore 1.44.5 (`endpoints.json`, all partitions); a test compares them."""

_FORM: Final = re.compile(
    r"(?:[a-z]{2}|[a-z]{2}-gov|[a-z]{2}-iso[a-z]?|eusc-[a-z]{2})"
    r"-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]"
)
"""The form of all names so far: an area, a point of the compass and a number."""


def may_be_region(name: str) -> bool:
    """Return whether a name is a known region, or has the form of one: new regions appear every year."""
    return name in KNOWN_REGIONS or _FORM.fullmatch(name) is not None


def nearest_region(name: str) -> str | None:
    """Return the known region that a name most likely means; None where none is near.

    Of several that are equally near, the first: `us-east` means us-east-1. Letters that changed places, as in
    `us-esat-1`, are nearer than letters of another point of the compass.
    """
    from difflib import SequenceMatcher  # noqa: PLC0415 - only a wrong name needs it

    if len(name) > _MAX_COMPARED:
        return None
    written = name.lower()
    if written in KNOWN_REGIONS:
        return written

    def likeness(region: str) -> tuple[bool, float]:
        return sorted(region) == sorted(written), SequenceMatcher(None, written, region).ratio()

    best = max(sorted(KNOWN_REGIONS), key=likeness)
    return best if likeness(best)[1] >= _MIN_LIKENESS else None


_MAX_COMPARED: Final = 40
_MIN_LIKENESS: Final = 0.6
"""Up to which length a name is compared, and how much of it a region must share to be the one meant."""
