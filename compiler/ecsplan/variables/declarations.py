"""What a manifest says of one of its variables, and the values that it may have."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from ecsplan.terms.records import dataclass

Value: TypeAlias = str | int | float | bool | tuple[str | int | float | bool, ...]
"""The value of a variable; a list is a tuple of scalars."""

Type: TypeAlias = Literal["string", "integer", "number", "boolean", "list"]
TYPES: tuple[Type, ...] = ("string", "integer", "number", "boolean", "list")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""What the name of a variable looks like."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One entry of `variables:`.

    Attributes:
        name: Its name.
        type: The type of its values.
        default: Its value where none is given; None: one is required.
        env: The environment variable that its value may come from, or None.
        enum: The values that it may have; () for any.
        pattern: A regular expression that the whole of a string has to match, or None.
        sensitive: Whether its value is a secret: supplied when the plan is applied, and never kept.
        broken: Whether the declaration is wrong, so that neither it nor its value is known.
    """

    name: str
    type: Type = "string"
    default: Value | None = None
    env: str | None = None
    enum: tuple[Value, ...] = ()
    pattern: str | None = None
    sensitive: bool = False
    broken: bool = False

    @property
    def required(self) -> bool:
        """Whether there has to be a value from outside."""
        return self.default is None and not self.sensitive


def declared(name: str, body: Mapping[str, Any] | None) -> Declaration:
    """Return the declaration that an entry of `variables:` is, of data that its schema accepts."""
    said = body or {}
    return Declaration(
        name=name,
        type=said.get("type", "string"),
        default=_frozen(said.get("default")),
        env=said.get("env"),
        enum=tuple(_frozen(each) for each in said.get("enum", ())),
        pattern=said.get("pattern"),
        sensitive=said.get("sensitive", False),
    )


def has_type(value: object, kind: Type) -> bool:
    """Return whether a value has a type; a boolean is no number, and a whole number is one of both kinds."""
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "list":
            return isinstance(value, Sequence) and not isinstance(value, str)


@lru_cache(maxsize=256)
def compiled_pattern(pattern: str) -> re.Pattern[str] | str:
    """Return a pattern, compiled; where it does not compile, why."""
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as reason:
        return str(reason)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value
