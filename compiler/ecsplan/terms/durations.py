"""How long something took, as every message has it: `0.4 s`, `3 s`, `12 min 4 s`, `2 h 1 min`."""

from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 3600


def duration(seconds: float) -> str:
    """Return a duration as a person reads it; only what takes less than a second has a decimal place."""
    tenths = round(max(0.0, seconds), 1)
    if tenths < 1:
        return f"{tenths:.1f} s" if tenths else "0 s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
