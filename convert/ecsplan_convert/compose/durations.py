"""Durations in Go's form, which Compose and Copilot use: `1h30m`, `90s`, `1.5h`."""

import re
from fractions import Fraction
from typing import Final

_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_SECONDS: Final = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_MAX_LENGTH: Final = 200
"""Characters of the longest text that is looked at."""


def duration_seconds(text: str) -> Fraction | None:
    """Return the seconds of a duration; None where the text is not one, or a negative one."""
    stripped = text.strip().removeprefix("+")
    if stripped == "0":
        return Fraction(0)
    if not stripped or len(stripped) > _MAX_LENGTH or _PART.sub("", stripped):
        return None
    return sum(
        (Fraction(number.rstrip(".")) * _SECONDS[unit] for number, unit in _PART.findall(stripped)),
        Fraction(0),
    )
