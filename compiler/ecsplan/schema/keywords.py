"""What the keywords of our schemas mean, and whether a document fits: told without jsonschema.

Most documents fit, and importing jsonschema takes longer than compiling a manifest. It is needed only where
something does not fit: then `check.py` has it find everything that is wrong, with the same meanings.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

KINDS = ("array", "boolean", "integer", "null", "number", "object", "string")
"""The types of JSON."""


def is_kind(value: object, kind: str) -> bool:
    """Return whether a value is of a JSON type. 5.0 is an integer, as in JSON Schema; NaN is not a number."""
    match kind:
        case "string":
            return isinstance(value, str)
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return isinstance(value, (list, tuple))
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            if isinstance(value, float):
                return value.is_integer()
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return is_kind(value, "integer") or (isinstance(value, float) and math.isfinite(value))
        case _:
            return False


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of ECMA-262 for Python, where `$` would let a final newline pass."""
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def is_one_of(value: object, allowed: Any) -> bool:
    """Return whether a value equals one of these and has its type: true is not 1."""
    return any(type(value) is type(each) and value == each for each in allowed)


BROKEN: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "pattern": ("string", lambda value, bound: compiled(bound).search(value) is None),
    "minLength": ("string", lambda value, bound: len(value) < bound),
    "maxLength": ("string", lambda value, bound: len(value) > bound),
    "minimum": ("number", lambda value, bound: value < bound),
    "maximum": ("number", lambda value, bound: value > bound),
    "exclusiveMinimum": ("number", lambda value, bound: value <= bound),
    "minItems": ("array", lambda value, bound: len(value) < bound),
    "maxItems": ("array", lambda value, bound: len(value) > bound),
    "minProperties": ("object", lambda value, bound: len(value) < bound),
    "maxProperties": ("object", lambda value, bound: len(value) > bound),
}
"""Keywords that bound a value of one type: the type, and whether value and bound break it."""

_NOTES = frozenset({"default", "else", "properties", "then"})
"""Keywords that say nothing by themselves: for people, or read together with another one."""


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Return whether a value fits a schema whose references are resolved.

    False where a keyword is not known here: then jsonschema has the word.
    """
    for keyword, bound in schema.items():
        if keyword in BROKEN:
            kind, broken = BROKEN[keyword]
            if is_kind(value, kind) and broken(value, bound):
                return False
        elif keyword not in _NOTES:
            test = _FITS.get(keyword)
            if test is None or not test(value, bound, schema):
                return False
    return "properties" not in schema or _properties_fit(value, schema["properties"])


def _type_fits(value: Any, types: Any, _: Any) -> bool:
    return is_kind(value, types) if isinstance(types, str) else any(is_kind(value, each) for each in types)


def _properties_fit(value: Any, properties: Mapping[str, Any]) -> bool:
    if not isinstance(value, Mapping):
        return True
    return all(fits(each, properties[name]) for name, each in value.items() if name in properties)


def _items_fit(value: Any, items: Any, schema: Any) -> bool:
    if not isinstance(value, (list, tuple)):
        return True
    return all(fits(each, items) for each in value[len(schema.get("prefixItems", ())) :])


def _prefix_fits(value: Any, schemas: Any, _: Any) -> bool:
    if not isinstance(value, (list, tuple)):
        return True
    return all(fits(each, schema) for each, schema in zip(value, schemas, strict=False))


def _others_fit(value: Any, allowed: Any, schema: Any) -> bool:
    if not isinstance(value, Mapping):
        return True
    others = value.keys() - schema.get("properties", {}).keys()
    return not others if allowed is False else all(fits(value[name], allowed) for name in others)


def _branch_fits(value: Any, condition: Any, schema: Any) -> bool:
    branch = schema.get("then" if fits(value, condition) else "else")
    return branch is None or fits(value, branch)


_FITS: Mapping[str, Callable[[Any, Any, Any], bool]] = {
    "type": _type_fits,
    "enum": lambda value, allowed, _: is_one_of(value, allowed),
    "const": lambda value, only, _: is_one_of(value, (only,)),
    "required": lambda value, names, _: (
        not isinstance(value, Mapping) or all(name in value for name in names)
    ),
    "items": _items_fit,
    "prefixItems": _prefix_fits,
    "additionalProperties": _others_fit,
    "propertyNames": lambda value, names, _: (
        not isinstance(value, Mapping) or all(fits(key, names) for key in value)
    ),
    "anyOf": lambda value, branches, _: any(fits(value, each) for each in branches),
    "allOf": lambda value, schemas, _: all(fits(value, each) for each in schemas),
    "if": _branch_fits,
}
"""Keywords that hold other schemas or lists: whether a value fits, told its bound and its schema."""
