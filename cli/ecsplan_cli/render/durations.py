"""How long something took, as every message has it: `0.4 s`, `3 s`, `12 min 4 s`, `2 h 1 min`."""

from ecsplan.terms.durations import duration

__all__ = ["duration"]
