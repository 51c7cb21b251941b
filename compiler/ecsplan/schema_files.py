"""The published schemas: their files in a checkout or an installed package, their references resolved."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

Schema: TypeAlias = dict[str, Any]
SchemaName: TypeAlias = Literal["manifest", "plan", "task-definition", "run-request"]

SCHEMA_NAMES: tuple[SchemaName, ...] = ("manifest", "plan", "task-definition", "run-request")

_ONE_SCHEMA = frozenset({"items", "additionalProperties", "propertyNames", "if", "then", "else", "not"})
_SCHEMA_LISTS = frozenset({"anyOf", "allOf", "prefixItems"})
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "deprecated"}
)
"""Keywords for people and editors, which a validator would only step over."""


def schema_text(name: SchemaName) -> str:
    """Return the text of a schema as it is published.

    In a checkout the schemas are in its folder `schemas`, in an installed package beside this file.
    """
    return _text(f"{name}.schema.json")


def load_schema(name: SchemaName) -> Schema:
    """Return a schema as data; the caller may change it."""
    schema: Schema = json.loads(schema_text(name))
    return schema


@cache
def bare_schema(reference: str) -> Schema:
    """Return the schema that `FILE#POINTER` names with every reference in it resolved and no annotations.

    Validating with it takes half the time, and no validator can go and fetch anything. The shapes of ECS do
    not contain themselves, so resolving ends. References to one schema share one object; don't change it.
    """
    file, _, pointer = reference.partition("#")
    schema = _document(file)
    for token in pointer.split("/")[1:]:
        schema = schema[token]
    bare: Schema = _resolved(schema, file)
    return bare


def _text(file: str) -> str:
    here = Path(__file__).parent
    packaged = here / "schemas" / file
    return (packaged if packaged.exists() else here.parents[1] / "schemas" / file).read_text(encoding="utf-8")


@cache
def _document(file: str) -> Schema:
    document: Schema = json.loads(_text(file))
    return document


def _resolved(schema: Any, file: str) -> Any:
    if not isinstance(schema, dict):
        return schema
    bare: Schema = {}
    for keyword, value in schema.items():
        if keyword == "$ref":
            target, _, pointer = value.partition("#")
            bare.update(bare_schema(f"{target or file}#{pointer}"))
        elif keyword == "properties":
            bare[keyword] = {name: _resolved(each, file) for name, each in value.items()}
        elif keyword in _ONE_SCHEMA:
            bare[keyword] = _resolved(value, file)
        elif keyword in _SCHEMA_LISTS:
            bare[keyword] = [_resolved(each, file) for each in value]
        elif keyword not in _ANNOTATIONS:
            bare[keyword] = value
    return bare
