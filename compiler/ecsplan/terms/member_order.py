"""A fixed order for the members of AWS documents, so that the order of a manifest's keys has no effect."""

from collections.abc import Callable
from typing import Any, TypeVar

_FIRST = (
    "family",
    "cluster",
    "taskDefinition",
    "name",
    "key",
    "op",
    "count",
    "launchType",
    "capacityProvider",
    "capacityProviderStrategy",
    "networkConfiguration",
    "overrides",
    "containerOverrides",
    "image",
    "entryPoint",
    "command",
    "environment",
    "secrets",
    "containerDefinitions",
    "networkMode",
    "requiresCompatibilities",
    "runtimePlatform",
)
"""The members that a reviewer looks for first; the others follow in alphabetical order."""

_Value = TypeVar("_Value")

_RANK = {name: rank for rank, name in enumerate(_FIRST)}
_LAST = len(_FIRST)


def ordered(value: _Value) -> _Value:
    """Return a copy of a JSON document with the members of every object in the fixed order.

    Lists keep their order, which may have a meaning.
    """
    result: _Value = _sorted_by(_rank, value)
    return result


def alphabetical(value: object) -> object:
    """Return a copy of a JSON document with the members of every object in alphabetical order."""
    return _sorted_by(None, value)


def _sorted_by(key: Callable[[str], tuple[int, str]] | None, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted_by(key, value[name]) for name in sorted(value, key=key)}
    return [_sorted_by(key, each) for each in value] if isinstance(value, list | tuple) else value


def _rank(name: str) -> tuple[int, str]:
    return _RANK.get(name, _LAST), name
