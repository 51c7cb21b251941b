"""The published schemas: their files in a checkout or an installed package, their references resolved."""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ecsplan.schema.alternatives import one_schema

Schema: TypeAlias = dict[str, Any]
SchemaName: TypeAlias = Literal[
    "manifest", "plan", "task-definition", "run-request", "result", "events", "ledger-entry", "ledger-claim"
]
PartName: TypeAlias = Literal["spec", "open-task-definition", "open-run-request"]
"""Schemas that only the plan's refers to: what is left of a job's data once its nulls and empty texts are
taken out, and requests in which a patch may have put what the model lacks."""

SCHEMA_NAMES: tuple[SchemaName, ...] = (
    "manifest",
    "plan",
    "task-definition",
    "run-request",
    "result",
    "events",
    "ledger-entry",
    "ledger-claim",
)
"""The schemas that are published."""

_ONE_SCHEMA = frozenset({"items", "additionalProperties", "propertyNames", "if", "then", "else", "not"})
_SCHEMA_LISTS = frozenset({"allOf", "prefixItems"})
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "deprecated"}
)
"""Keywords for people and editors, which a validator would only step over."""


def schema_text(name: SchemaName | PartName) -> str:
    """Return the text of a schema as it is published.

    In a checkout the schemas are in its folder `schemas`, in an installed package beside this file.
    """
    return _text(f"{name}.schema.json")


def load_schema(name: SchemaName | PartName) -> Schema:
    """Return a schema as data; the caller may change it."""
    schema: Schema = json.loads(schema_text(name))
    return schema


def bundled_schema_text(name: SchemaName) -> str:
    """Return a schema as one text that needs no other file: those it refers to stand under its `$defs`.

    References lead there by their path; editors do not follow an `$id` within a schema.
    """
    root = f"{name}.schema.json"
    own = _document(root).get("$defs", {})
    homes = {each: _home(each, own) for each in _files_below(root) - {root}}
    bundled = _at_home(_document(root), root, homes)
    shared = bundled.pop("$defs", {})
    for file, home in homes.items():
        part = _at_home(_document(file), file, homes)
        shared[home] = {key: part[key] for key in part if key not in {"$schema", "$id"}}
    if shared:
        bundled["$defs"] = dict(sorted(shared.items()))
    return json.dumps(bundled, indent=2, ensure_ascii=False) + "\n"


@cache
def bare_schema(reference: str) -> Schema:
    """Return the schema that `FILE#POINTER` names, so that it accepts the same and validating takes little.

    Every reference in it is resolved, alternatives are one schema (`alternatives.py`), and it has no
    annotations. The shapes of ECS do not contain themselves, so resolving ends. References to one schema
    share one object; don't change it.
    """
    file, _, pointer = reference.partition("#")
    schema = _document(file)
    for token in pointer.split("/")[1:]:
        schema = schema[token]
    bare: Schema = _resolved(schema, file)
    return bare


def _text(file: str) -> str:
    here = Path(__file__).parents[1]
    packaged = here / "schemas" / file
    return (packaged if packaged.exists() else here.parents[1] / "schemas" / file).read_text(encoding="utf-8")


@cache
def _document(file: str) -> Schema:
    document: Schema = json.loads(_text(file))
    return document


def _home(file: str, taken: Collection[str]) -> str:
    """Return the name under which a file stands in the `$defs` of a bundle; the root's own keep theirs."""
    stem = file.removesuffix(".schema.json")
    return f"{stem}.schema" if stem in taken else stem


def _files_below(file: str) -> set[str]:
    """Return the files that a file refers to, directly or through another, and itself."""
    files, found = {file}, {file}
    while found:
        named = {_split(each, here)[0] for here in found for each in _references(_document(here))}
        found = named - files
        files |= found
    return files


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        yield schema["$ref"]
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _references(each)


def _split(reference: str, file: str) -> tuple[str, str]:
    """Return the file and the pointer that a reference in a file means."""
    target, _, pointer = reference.partition("#")
    return target or file, pointer


def _at_home(schema: Any, file: str, homes: Mapping[str, str]) -> Any:
    """Return a copy in which references lead to where bundling puts the files.

    Args:
        schema: The schema.
        file: The file that it is from.
        homes: The name of each file in the bundle's `$defs`; the root has none.
    """
    if isinstance(schema, list):
        return [_at_home(each, file, homes) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copied = {key: _at_home(each, file, homes) for key, each in schema.items()}
    if isinstance(reference := schema.get("$ref"), str):
        target, pointer = _split(reference, file)
        copied["$ref"] = f"#/$defs/{homes[target]}{pointer}" if target in homes else f"#{pointer}"
    return copied


def _resolved(schema: Any, file: str) -> Any:
    if not isinstance(schema, dict):
        return schema
    bare: Schema = {}
    for keyword, value in schema.items():
        if keyword == "$ref":
            bare.update(bare_schema("#".join(_split(value, file))))
        elif keyword == "properties":
            bare[keyword] = {name: _resolved(each, file) for name, each in value.items()}
        elif keyword in _ONE_SCHEMA:
            bare[keyword] = _resolved(value, file)
        elif keyword in _SCHEMA_LISTS:
            bare[keyword] = [_resolved(each, file) for each in value]
        elif keyword == "anyOf":
            bare.update(one_schema([_resolved(each, file) for each in value]))
        elif keyword not in _ANNOTATIONS:
            bare[keyword] = value
    return bare
