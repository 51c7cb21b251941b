"""Durations as people write them: `90s`, `15m`, `1h30m`, `2d`."""

import re
from typing import Final

_UNITS_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+")
_MAX_DIGITS: Final = 15


def duration_s(text: str) -> float:
    """Return a duration in seconds: numbers with units from weeks (`w`) down to seconds (`s`), no blanks.

    Raises:
        ValueError: It is none; the message says how one is written.
    """
    lower = text.lower()
    parts = _PART.findall(lower)
    ranks = [list(_UNITS_S).index(unit) for _, unit in parts]
    is_ordered = ranks == sorted(set(ranks), reverse=True)
    if not _WHOLE.fullmatch(lower) or not is_ordered or any(len(number) > _MAX_DIGITS for number, _ in parts):
        raise ValueError(f"{text!r} is not a duration; write one such as 90s, 15m, 1h30m or 2d")
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)
