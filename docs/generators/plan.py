"""docs/plan.md: its tables of members, from the JSON Schema of plans."""

import re
from collections.abc import Iterator
from typing import Any

from docs.generators.marked_places import DOCS, filled
from docs.generators.tables import table

from ecsplan.schema.files import load_schema

_PLACEHOLDER = re.compile(r'(?<!`)\[?"?<[^>]+>"?\]?')
_KINDS = {"object": "mapping", "array": "list", "string": "text", "boolean": "true or false", "null": "null"}


def page() -> str:
    """Return the page with its tables."""
    schema = load_schema("plan")

    def members(_: str, name: str) -> str:
        described = schema if name == "." else schema["$defs"][name]
        return table(("member", "value", "what it says"), _rows(described, schema))

    return filled((DOCS / "plan.md").read_text("utf-8"), members)


def _rows(
    described: dict[str, Any], schema: dict[str, Any], above: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each member, and below it for those of its own that have no table of their own."""
    required = described.get("required", ())
    for name, member in described["properties"].items():
        target = schema["$defs"][_name(member["$ref"])] if _is_here(member) else member
        text = member.get("description") or target.get("description", "")
        kind = _kind(target) + ("" if name in required else ", or missing")
        text = _PLACEHOLDER.sub(r"`\g<0>`", text)
        yield f"`{above}{name}`", kind, text
        if target is member and "properties" in member:
            yield from _rows(member, schema, f"{above}{name}.")


def _is_here(member: dict[str, Any]) -> bool:
    return str(member.get("$ref", "")).startswith("#/$defs/")


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _kind(member: dict[str, Any]) -> str:
    """Return what a value may be, in words."""
    match member:
        case {"const": value}:
            return f"`{value}`"
        case {"enum": [*values]}:
            return ", ".join(f"`{each}`" for each in values)
        case {"type": [*kinds]}:
            return " or ".join(_KINDS.get(each, each) for each in kinds)
        case {"type": str(kind)}:
            return _KINDS.get(kind, kind)
        case {"anyOf": [*branches]}:
            return " or ".join(_kind(each) for each in branches)
        case _:
            return "mapping" if "$ref" in member else "any"
