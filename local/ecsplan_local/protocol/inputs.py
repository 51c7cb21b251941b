"""Validate the input of a call against the shape of its operation, with the errors of AWS's JSON services."""

from dataclasses import dataclass
from typing import Any

from ecsplan_local.errors import ServiceError, client_error
from ecsplan_local.json_types import Body, Json, Record


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map from strings to values of one shape."""

    value: Any


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a set of strings."""

    values: tuple[str, ...]


Shape = Any
"""`str`, `int`, `float` or `bool`; `[shape]`; `MapOf`; `OneOf`; or a dict of member -> shape.

A member whose name ends in `!` is required. A structure may have the members of its dict and no others.
"""

_KINDS = {str: "STRING_VALUE", bool: "BOOLEAN_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}
_TYPES = {str: "a String", bool: "a Boolean", int: "an Integer", float: "a Double"}


def validated_input(parameters: Body, shape: dict[str, Shape]) -> Record:
    """Return the valid input of an operation (`validated`)."""
    return _structure(parameters, shape, "")


def validated(value: Json, shape: Shape, path: str = "") -> Json:
    """Return a valid value without its nulls, which mean the same as absence.

    Args:
        value: The value from the request body.
        shape: The shape that the operation accepts.
        path: The position of the value, for messages; empty at the top level.

    Raises:
        ServiceError: SerializationException for a wrong type; ClientException for a missing required
            member, a value outside its set, and an unknown member. (AWS ignores unknown members.
            Refusing them exposes misspelled names, which would have no effect on AWS.)
    """
    match shape:
        case dict():
            return _structure(value, shape, path)
        case list():
            if not isinstance(value, list):
                raise _wrong_type(value, "a list")
            items = [each for each in value if each is not None]
            return [
                validated(each, shape[0], f"{path}.{number}.member") for number, each in enumerate(items, 1)
            ]
        case MapOf():
            if not isinstance(value, dict):
                raise _wrong_type(value, "a map")
            return _map(value, shape, path)
        case OneOf():
            if validated(value, str, path) not in shape.values:
                allowed = ", ".join(shape.values)
                raise _constraint(f"'{value}'", path, f"Member must satisfy enum value set: [{allowed}]")
            return value
        case _:
            return value if shape is object else _scalar(value, shape)


def _structure(value: Json, shape: dict[str, Shape], path: str) -> Record:
    if not isinstance(value, dict):
        raise _wrong_type(value, "a structure")
    known = {name.removesuffix("!"): each for name, each in shape.items()}
    prefix = f"{path}." if path else ""
    for name in value:
        if name not in known:
            raise client_error(f"Unknown parameter {prefix}{name}, must be one of: {', '.join(known)}")
    for name in shape:
        if name.endswith("!") and value.get(name[:-1]) is None:
            raise _constraint("null", prefix + name[:-1], "Member must not be null")
    return {
        name: validated(each, known[name], prefix + name) for name, each in value.items() if each is not None
    }


def _map(value: dict[str, Json], shape: MapOf, path: str) -> Record:
    members: Record = {}
    for name, each in value.items():
        if each is not None:
            # A name may contain text that is not valid Unicode, just like a value.
            validated(name, str)
            members[name] = validated(each, shape.value, f"{path}.{name}")
    return members


def _scalar(value: Json, kind: type) -> Json:
    # bool is a subclass of int, but AWS distinguishes them.
    right = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not right or (isinstance(value, bool) and kind is not bool):
        raise _wrong_type(value, _TYPES[kind])
    if isinstance(value, str) and not _is_text(value):
        raise ServiceError(
            "SerializationException", "The request body contains text that is not valid Unicode."
        )
    # SQLite stores 64-bit integers, and so do AWS's own types Integer and Long.
    if kind is int and isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ServiceError("SerializationException", "NUMBER_VALUE can not be converted to a Long")
    return value


def _is_text(value: str) -> bool:
    """Return whether a string can be stored: JSON may contain unpaired surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_type(value: Json, wanted: str) -> ServiceError:
    if isinstance(value, list):
        return ServiceError("SerializationException", "Start of list found where not expected.")
    if isinstance(value, dict):
        return ServiceError("SerializationException", "Start of structure or map found where not expected.")
    kind = _KINDS.get(type(value), "NULL_VALUE")
    return ServiceError("SerializationException", f"{kind} can not be converted to {wanted}")


def _constraint(value: str, path: str, rule: str) -> ServiceError:
    text = f"1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {rule}"
    return client_error(text)
