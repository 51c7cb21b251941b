"""Documents as jsonschema sees them: the same data, of which each value describes itself in a few characters.

The library writes the wrong value into the message of each error, with `repr`, as soon as it finds it. For
a list of ten megabytes that is a message of ten megabytes, once more for each level above it, and of a
number of more than 4,300 digits Python writes no text at all. Nobody reads these messages: ours are made of
the facts of an error. A view keeps them short without a change to the library or to what it decides.
"""

import math
from collections.abc import Mapping
from typing import Any

MAX_TEXT = 100
"""Characters of a string that may stand in a message of the library as it is."""
MAX_BITS = 200
"""Bits of a number that may."""


class _Object(dict[Any, Any]):
    def __repr__(self) -> str:
        return "{…}"


class _Array(list[Any]):
    def __repr__(self) -> str:
        return "[…]"


class _Text(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


class _Number(int):
    def __repr__(self) -> str:
        return "…"


class _NotJson:
    """A value that JSON does not have, such as NaN: it is of no type, and equal to nothing."""

    def __repr__(self) -> str:
        return "…"


def viewed(document: Any) -> Any:
    """Return a view of a document: equal to it, but for values that JSON does not have.

    Takes any depth of nesting: what no schema describes, such as the value in a patch, may be deep.
    """
    view = _shell(document)
    # Every pair is a container and its empty view; what the view will hold is pushed before it is filled.
    rest = [(document, view)]
    while rest:
        source, target = rest.pop()
        if isinstance(target, _Object):
            for key, value in source.items():
                each = target[key] = _shell(value)
                if each.__class__ in _CONTAINERS:
                    rest.append((value, each))
        elif isinstance(target, _Array):
            for value in source:
                each = _shell(value)
                target.append(each)
                if each.__class__ in _CONTAINERS:
                    rest.append((value, each))
    return view


_CONTAINERS: frozenset[type] = frozenset({_Object, _Array})


def _shell(value: Any) -> Any:
    """Return the view of a scalar, or an empty view of a container."""
    # `match` would be slower, and this runs for every value of every document.
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else _Text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= MAX_BITS else _Number(value)
    if isinstance(value, Mapping):
        return _Object()
    if isinstance(value, (list, tuple)):
        return _Array()
    return value if isinstance(value, float) and math.isfinite(value) else _NotJson()
