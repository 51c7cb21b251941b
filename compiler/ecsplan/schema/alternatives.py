"""`anyOf` without trial and error: alternatives that differ in their type become one schema.

A validator tries one alternative after the other and keeps every error of each until one fits. For a list
of a million wrong items that is a million errors in memory, and even what fits costs an error for each
alternative before the one that is meant. But a keyword of JSON Schema judges values of one type and lets
all others pass, so alternatives that share no type can stand side by side in one schema, which accepts the
same values and reports only what the alternative of the value's own type says.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum"})
JUDGING: Mapping[str, frozenset[str]] = {
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems"}),
    "boolean": frozenset(),
    "integer": _NUMBERS,
    "null": frozenset(),
    "number": _NUMBERS,
    "object": frozenset(
        {"properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"}
    ),
    "string": frozenset({"pattern", "minLength", "maxLength"}),
}
"""The keywords that judge values of a type alone; JSON Schema 2020-12, Validation 6 and Core 10.3."""


def one_schema(alternatives: Sequence[Schema]) -> dict[str, Any]:
    """Return one schema that accepts what any of these accepts.

    Args:
        alternatives: Schemas without references, each of which names its types.

    Raises:
        ValueError: Two of them take the same type, or one names none: only trying each would tell them apart.
    """
    types: list[str] = []
    together: dict[str, Any] = {}
    guarded: dict[str, Any] = {}
    for each in alternatives:
        own = types_of(each)
        # A number may be an integer, so these two types do not tell alternatives apart.
        if not own or not set(own).isdisjoint(types) or {"integer", "number"} <= {*own, *types}:
            raise ValueError(f"alternatives that their types do not tell apart: {alternatives}")
        types += own
        rest = {keyword: bound for keyword, bound in each.items() if keyword != "type"}
        if rest.keys() <= frozenset().union(*(JUDGING[kind] for kind in own)):
            # No keyword is overwritten: each belongs to one type, and no two alternatives share a type.
            together |= rest
        else:
            # `if`, `enum` and `allOf` judge values of every type: they may only see their own.
            otherwise = {"else": guarded} if guarded else {}
            guarded = {"if": {"type": each["type"]}, "then": rest, **otherwise}
    return {"type": types, **together, **guarded}


def types_of(schema: Schema) -> tuple[str, ...]:
    """Return the types that a schema names; () where it names none."""
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)
