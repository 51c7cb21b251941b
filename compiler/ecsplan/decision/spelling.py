"""How a single value of a task definition is spelled: one text, number or flag for all that mean the same."""

import re
from collections.abc import Callable, Mapping

from ecsplan.terms.fargate import CPU_UNITS, MEMORY_UNITS

_SIZE = re.compile(r"\s*(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})\s*([a-z]*)\s*", re.IGNORECASE | re.ASCII)
"""A size in any spelling. Not the grammar of `terms.fargate`, which judges whether a manifest's size is one:
spellings such as `1.` and `1` are the same size here, while there only the latter is one, and 0 is none."""
_WHOLE = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)


def _text(value: str | int | float) -> str | int | float:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(plain_number(value))


def _whole(value: str | int | float) -> str | int | float:
    if isinstance(value, bool):
        return _text(value)
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else value
    return plain_number(value)


def _flag(value: str | int | float) -> str | int | float:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    return value


def _size(units: Mapping[str, int]) -> Callable[[str | int | float], str | int | float]:
    """Return how a task-level size is spelled: plain digits, as ECS stores them (T1, T2)."""

    def spelled(value: str | int | float) -> str | int | float:
        text = str(_text(value))
        matched = _SIZE.fullmatch(text)
        unit = units.get(matched[2].lower()) if matched else None
        if matched is None or unit is None:
            return text
        if "." not in matched[1]:
            return str(int(matched[1]) * unit)
        from decimal import Decimal  # noqa: PLC0415 - most sizes are whole, and loading it takes a while

        amount = Decimal(matched[1]) * unit
        return str(int(amount)) if amount == amount.to_integral_value() else text

    return spelled


SPELLINGS: Mapping[str, Callable[[str | int | float], str | int | float]] = {
    "text": _text,
    "whole": _whole,
    "flag": _flag,
    "cpu_units": _size(CPU_UNITS),
    "memory_mib": _size(MEMORY_UNITS),
}
"""How a value of each kind of `Leaf` is spelled; what has no other spelling stays as it is."""

AS_WRITTEN: Mapping[str, type] = {"text": str, "whole": int, "flag": bool}
"""The type of a value that has but one spelling: most values are of it, so it is looked at first."""


def plain_number(value: int | float) -> int | float:
    """Return a whole number as one, be it written with a fraction of zero."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
