"""Variables of a manifest declared for those of a script."""

import re
from collections.abc import Callable
from typing import Final

from ecsplan.terms.json_types import Document, Json


def declaration(name: str, kind: str | None, default: str | None) -> Document:
    """Return the declaration of a variable; a default that is not of its kind is left out.

    Args:
        name: Its name, there and in the environment.
        kind: Its type; None for a text.
        default: Its default as the script writes it; None without one.
    """
    declared: dict[str, Json] = {"env": name}
    if kind is not None:
        declared["type"] = kind
    value = None if default is None else _DEFAULTS.get(kind or "", _text)(default)
    if value is not None:
        declared["default"] = value
    return declared


def _text(default: str) -> Json:
    return default


def _integer(default: str) -> Json:
    return int(default) if re.fullmatch(r"[+-]?[0-9]{1,18}", default) else None


def _list(default: str) -> Json:
    return [each.strip() for each in default.split(",")] if default else None


def _boolean(default: str) -> Json:
    return {"true": True, "false": False}.get(default)


_DEFAULTS: Final[dict[str, Callable[[str], Json]]] = {
    "integer": _integer,
    "number": _integer,
    "boolean": _boolean,
    "list": _list,
}
