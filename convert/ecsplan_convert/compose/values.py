"""Values of a Compose file: interpolation, the two forms of its mappings, and how services extend another.

Source: docs.docker.com, Compose file reference, "Interpolation", "Extend", and "Merge".
"""

import math
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from ecsplan.terms.records import dataclass

MAX_DEPTH: Final = 20
"""Levels of a value that are looked at; nothing of Compose is deeper."""

_MAX_REFERENCES: Final = 1000
"""References of the text with most of them; a text with more is not known, as if a variable were missing."""
_MAX_REFERENCE: Final = 1024
"""Characters of the longest reference; a longer one stays as it is."""

_EXPONENT_FROM: Final = 1e21
"""From this number on, Go prints a number with an exponent."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?", re.DOTALL)


@dataclass(slots=True)
class Used:
    """The variables that values refer to.

    Attributes:
        defaults: Those whose default was taken.
        missing: Those that have no default, so that the value is not known.
    """

    defaults: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def interpolated(value: Any, used: Used, depth: int = MAX_DEPTH) -> Any:
    """Return a value with the defaults of its `${VAR:-default}` and with `$` for `$$`, at every depth.

    Args:
        value: Plain data.
        used: Gets the variables that the value refers to; where some are missing, what is returned holds
            empty texts in their place.
        depth: Levels that are looked at; what is deeper is None.
    """
    if isinstance(value, str):
        return _interpolated(value, used, MAX_DEPTH) if "$" in value else value
    if not isinstance(value, Mapping | list):
        return value
    if not depth:
        return None
    if isinstance(value, list):
        return [interpolated(each, used, depth - 1) for each in value]
    return {str(key): interpolated(each, used, depth - 1) for key, each in value.items()}


def _interpolated(text: str, used: Used, depth: int) -> str:
    # An open brace is sought for each reference, so their number bounds the time.
    if text.count("${") > _MAX_REFERENCES:
        used.missing.append("…")
        return ""
    parts: list[str] = []
    at = 0
    # Each turn takes the text up to a `$` and what belongs to it, so `at` grows.
    while (dollar := text.find("$", at)) >= 0:
        parts.append(text[at:dollar])
        part, at = _reference(text, dollar + 1, used, depth)
        parts.append(part)
    return "".join((*parts, text[at:]))


def _reference(text: str, at: int, used: Used, depth: int) -> tuple[str, int]:
    """Return what stands for the reference behind a `$`, and where the text goes on."""
    if text.startswith("$", at):
        return "$", at + 1
    name = _NAME.match(text, at)
    if name is not None:
        used.missing.append(name[0])
        return "", name.end()
    end = _closing(text, at) if text.startswith("{", at) else -1
    braced = _BRACED.match(text, at + 1, end) if end >= 0 else None
    if braced is None or (braced[2] is None and braced.end() != end):
        # Compose refuses such a text; here it stays as it is.
        return "$", at
    if braced[2] in {"-", ":-"} and depth:
        used.defaults.append(braced[1])
        return _interpolated(text[braced.end() : end], used, depth - 1), end + 1
    used.missing.append(braced[1])
    return "", end + 1


def _closing(text: str, opening: int) -> int:
    """Return the place of the brace that closes the one at `opening`; -1 where none does."""
    level = 0
    for at in range(opening, min(len(text), opening + _MAX_REFERENCE)):
        if text[at] == "{" and (at == opening or text[at - 1] == "$"):
            level += 1
        elif text[at] == "}":
            level -= 1
            if not level:
                return at
    return -1


def pairs(value: Any) -> dict[str, Any] | None:
    """Return a mapping, or a list of `KEY=VALUE`, as a mapping; None for anything else.

    A `KEY` alone has the value None.
    """
    if isinstance(value, Mapping):
        return {str(key): each for key, each in value.items()}
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    split = (each.partition("=") for each in value)
    return {key: text if equals else None for key, equals, text in split}


def text_of(value: Any) -> str | None:
    """Return a scalar as text; None for null, a list or a mapping."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def printed(value: Any) -> str | None:
    """Return a value of a mapping as Compose prints it with Go's `fmt`: 1.0 as `1`, and 1e3 as `1000`."""
    if not isinstance(value, float):
        return text_of(value)
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    return str(int(value)) if value.is_integer() and abs(value) < _EXPONENT_FROM else repr(value)


_REPLACED: Final = frozenset({"command", "entrypoint"})
_PAIRED: Final = frozenset({"environment", "labels", "annotations", "sysctls"})


def extended(base: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service laid over the one that it extends: mappings merge, lists are joined."""
    merged = dict(base)
    for key, value in service.items():
        old = merged.get(key)
        if key in _PAIRED and pairs(old) is not None and pairs(value) is not None:
            merged[key] = {**(pairs(old) or {}), **(pairs(value) or {})}
        elif isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = {**old, **value}
        elif isinstance(old, list) and isinstance(value, list) and key not in _REPLACED:
            merged[key] = [*old, *value]
        else:
            merged[key] = value
    return merged
