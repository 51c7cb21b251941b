"""Generate the schemas of AWS's documents from botocore's service model of ECS.

Run it with `make schemas`. It writes these beside itself, or into the folder that is its one argument:

    task-definition.schema.json   the RegisterTaskDefinition request
    run-request.schema.json       the RunTask request as a plan holds it
    open-*.schema.json            of both, one that takes members which the model does not have
    documents.schema.json         the same as a manifest may write them, with nulls and empty texts
    expanding.schema.json         a document with `variables:` or a matrix: references stand for values
    spec.schema.json              a job of a manifest once those are taken out, by which its data is checked
    advice.schema.json            what only the documentation asks for, by which the compiler warns

The model states types, enums, required members and some bounds; what it says only in words stands in the
tables of `documented_limits.py`, each with the sentence that says it.
"""

import html
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import botocore
import botocore.session
from as_written import documents, spec
from botocore.model import ServiceModel, Shape
from documented_limits import ACCEPTED, ADVICE, LIMITS, Limit
from expanding import expanding

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ADDED_BY_APPLY = frozenset({"clientToken", "startedBy"})
"""Members of RunTask that the applier adds for each call; a plan's request has none of them."""


def main(arguments: list[str]) -> None:
    """Write the schemas into the folder given, or beside this file."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    for name, text in generated().items():
        (folder / name).write_text(text, encoding="utf-8")


def generated() -> dict[str, str]:
    """Return the text of each schema under its file name.

    Raises:
        LookupError: The model does not bear out an entry of the table.
    """
    model = botocore.session.get_session().get_service_model("ecs")
    for limit in (*LIMITS, *ADVICE):
        refuse_stale(limit, model)
    definition, run = _task_definition(model), _run_request(model)
    manifest = json.loads((Path(__file__).parent / "manifest.schema.json").read_text(encoding="utf-8"))
    schemas = {
        "task-definition.schema.json": definition,
        "run-request.schema.json": run,
        "documents.schema.json": _headed("documents", "AWS documents as a manifest may write them")
        | documents(definition, run),
        "spec.schema.json": _headed("spec", "A job without nulls and empty texts in AWS's documents")
        | spec(manifest),
        "expanding.schema.json": _headed("expanding", "A document with variables or a matrix")
        | expanding(manifest, documents(definition, run)),
        "advice.schema.json": _headed("advice", "What AWS's documentation asks for") | _advice(model),
    }
    for name, request in (("task-definition", definition), ("run-request", run)):
        schemas[f"open-{name}.schema.json"] = _opened(request, f"open-{name}.schema.json")
    return {name: _text(schema) for name, schema in schemas.items()}


def _text(schema: Schema) -> str:
    return json.dumps(exact(schema), indent=2, ensure_ascii=False) + "\n"


def exact(schema: Any) -> Any:
    """Return a schema whose patterns match to the very end: `$` also matches before a final newline.

    So it is in Python and PCRE; in ECMA-262, which JSON Schema refers to, the look-ahead changes nothing.
    """
    if isinstance(schema, list):
        return [exact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copied = {name: exact(each) for name, each in schema.items()}
    if isinstance(pattern := schema.get("pattern"), str) and pattern.endswith("$"):
        copied["pattern"] = rf"{pattern}(?!\n)"
    return copied


def _opened(schema: Schema, name: str) -> Schema:
    """Return the same schema for plans.

    A patch may have added members that the model does not have, and the placeholder of a lookup may stand for
    any text, number, boolean or list of texts.
    """
    variants = {"TaskDefinitionPart", "TaskDefinitionBase"}
    definitions = {each: shape for each, shape in schema["$defs"].items() if each not in variants}
    opened: Schema = _without_closing({**schema, "$defs": definitions})
    for shape in (opened, *opened["$defs"].values()):
        members = shape.get("properties", {})
        members.update({name: _or_placeholder(each) for name, each in members.items()})
    return {**opened, "$id": name, "title": f"{schema['title']} in a plan, with members newer than the model"}


def _without_closing(schema: Any) -> Any:
    """Return a schema that takes any further members, without the descriptions that the other file has."""
    if isinstance(schema, list):
        return [_without_closing(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_closing(each)
        for name, each in schema.items()
        if not (name == "additionalProperties" and each is False)
        and not (name == "description" and isinstance(each, str))
    }


PLACEHOLDER: Schema = {
    "type": "string",
    "pattern": r"^[\s\S]*<([a-z][-a-z]*:[^<>\s]+|digest) at apply>[\s\S]*$",
}
"""A text with the placeholder of a lookup or of a digest in it; `ecsplan.terms.placeholders` writes them."""
OF_TEXTS = frozenset({"enum", "pattern", "minLength", "maxLength"})
"""Keywords that only some texts satisfy."""


def _or_placeholder(schema: Schema) -> Schema:
    """Return a schema of a member that takes the placeholder of a lookup as well."""
    match schema.get("type"):
        case "string" if OF_TEXTS & schema.keys():
            return {"type": "string", "if": PLACEHOLDER, "then": {"type": "string"}, "else": schema}
        case "array" if "$ref" not in schema["items"]:
            return {"anyOf": [{**schema, "items": _or_placeholder(schema["items"])}, PLACEHOLDER]}
        case "integer" | "boolean":
            return {"anyOf": [schema, PLACEHOLDER]}
        case _:
            return schema


def refuse_stale(limit: Limit, model: ServiceModel) -> None:
    """Refuse an entry of the table that the model does not bear out.

    Raises:
        LookupError: The member is not in the model, or its documentation does not contain the sentence.
    """
    shape, member = limit.stated_at or (limit.shape, limit.member)
    if limit.member not in model.shape_for(limit.shape).members:
        raise LookupError(f"the model has no {limit.shape}.{limit.member}")
    if limit.sentence not in " ".join(plain(model.shape_for(shape).members[member].documentation).split()):
        raise LookupError(f"{shape}.{member} does not say: {limit.sentence}")


def _task_definition(model: ServiceModel) -> Schema:
    """Return the schema of a RegisterTaskDefinition request.

    Beside the shapes its `$defs` hold `TaskDefinitionPart`, the same with nothing required, and
    `TaskDefinitionBase`, which also takes what only DescribeTaskDefinition returns.
    """
    root, definitions = _document(model.operation_model("RegisterTaskDefinition").input_shape)
    members = {name: {"$ref": f"#/properties/{name}"} for name in root["properties"]}
    described = {
        name: {
            "description": f"Set by ECS; ecsplan leaves it out. {plain(each.documentation)}",
            "deprecated": True,
        }
        for name, each in model.shape_for("TaskDefinition").members.items()
        if name not in members
    }
    variants = {
        "TaskDefinitionPart": _variant("What is known of a RegisterTaskDefinition request.", members),
        "TaskDefinitionBase": _variant(
            "A RegisterTaskDefinition request to build on. What DescribeTaskDefinition prints may be pasted.",
            {**members, **described},
        ),
    }
    return _file("task-definition", "RegisterTaskDefinition request", root, {**definitions, **variants})


def _variant(description: str, properties: Schema) -> Schema:
    return {
        "description": f"{description} Nothing is required.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _run_request(model: ServiceModel) -> Schema:
    shape = model.operation_model("RunTask").input_shape
    root, definitions = _document(shape, ADDED_BY_APPLY)
    network = {
        "description": "An AWS `awsvpcConfiguration`, alone or under that name, as a manifest has it.",
        "type": "object",
        "if": {"type": "object", "required": ["awsvpcConfiguration"]},
        "then": {"$ref": "#/$defs/NetworkConfiguration"},
        "else": {"$ref": "#/$defs/AwsVpcConfiguration"},
    }
    named = {**definitions, "Network": network}
    return _file("run-request", "RunTask request without clientToken and startedBy", root, named)


def _advice(model: ServiceModel) -> Schema:
    """Return the schemas of the two requests with nothing in them but the bounds of `ADVICE`."""
    shapes = {name: model.operation_model(name).input_shape for name in ("RegisterTaskDefinition", "RunTask")}
    return {"$defs": {name: _advised(shape) or {"type": "object"} for name, shape in shapes.items()}}


def _advised(shape: Shape) -> Schema:
    """Return the advice on what a shape holds at any depth; {} where there is none."""
    match shape.type_name:
        case "list":
            items = _advised(shape.member)
            return {"type": "array", "items": items} if items else {}
        case "structure":
            properties = {name: each for name in shape.members if (each := _advised_member(shape, name))}
            return {"type": "object", "properties": properties} if properties else {}
        case _:
            return {}


def _advised_member(shape: Shape, name: str) -> Schema:
    schema = _advised(shape.members[name])
    for limit in ADVICE:
        if (limit.shape, limit.member) == (shape.name, name):
            kind = _type(shape.members[name])
            items = {"items": {"type": "string"}} if "items" in limit.schema else {}
            schema = _merged({"type": kind["type"], **items, **schema}, limit.schema)
    return schema


def _file(name: str, title: str, root: Schema, definitions: Schema) -> Schema:
    return _headed(name, title) | root | {"$defs": definitions}


def _headed(name: str, title: str) -> Schema:
    return {
        "$schema": DIALECT,
        "$id": f"{name}.schema.json",
        "$comment": f"Written by schemas/generate.py from the ECS model of botocore {botocore.__version__}.",
        "title": title,
    }


def _document(shape: Shape, without: frozenset[str] = frozenset()) -> tuple[Schema, Schema]:
    """Return the schema of a request and the schemas of the structures in it, by name."""
    nested = {each.name: _structure(each) for each in _structures_below(shape, without)}
    return _structure(shape, without), dict(sorted(nested.items()))


def _structures_below(shape: Shape, without: frozenset[str] = frozenset()) -> Iterator[Shape]:
    """Yield every structure that a shape contains, at any depth; some more than once."""
    match shape.type_name:
        case "structure":
            below = [member for name, member in shape.members.items() if name not in without]
        case "list":
            below = [shape.member]
        case _:
            below = []
    for each in below:
        if each.type_name == "structure":
            yield each
        yield from _structures_below(each)


def _structure(shape: Shape, without: frozenset[str] = frozenset()) -> Schema:
    properties = {
        name: _member(
            member,
            [each.schema for each in LIMITS if (each.shape, each.member) == (shape.name, name)],
            ACCEPTED.get((shape.name, name), ()),
        )
        for name, member in shape.members.items()
        if name not in without
    }
    schema: Schema = _described(shape) | {"type": "object", "properties": properties}
    if shape.required_members:
        schema["required"] = list(shape.required_members)
    if shape.metadata.get("union"):
        schema |= {"minProperties": 1, "maxProperties": 1}
    return {**schema, "additionalProperties": False}


def _member(shape: Shape, limits: list[Mapping[str, Any]], accepted: tuple[str, ...] = ()) -> Schema:
    """Return the schema of one member: what the model states, then what its documentation adds."""
    schema = _described(shape) | _type(shape)
    schema |= {"enum": [*schema["enum"], *accepted]} if accepted else {}
    for limit in limits:
        schema = _merged(schema, limit)
    return schema


def _described(shape: Shape) -> Schema:
    text = plain(shape.documentation)
    return {"description": text} if text else {}


def _type(shape: Shape) -> Schema:
    match shape.type_name:
        case "structure":
            return {"$ref": f"#/$defs/{shape.name}"}
        case "list":
            return {"type": "array", "items": _type(shape.member), **_bounds(shape, "minItems", "maxItems")}
        case "map":
            return {"type": "object", "additionalProperties": _type(shape.value)}
        case "string":
            return _string(shape)
        case "integer" | "long":
            return {"type": "integer", **_bounds(shape, "minimum", "maximum")}
        case "boolean":
            return {"type": "boolean"}
        case _:
            raise LookupError(f"{shape.name}: no schema for the type {shape.type_name}")


def _string(shape: Shape) -> Schema:
    if shape.enum:
        return {"type": "string", "enum": list(shape.enum)}
    schema = {"type": "string", **_bounds(shape, "minLength", "maxLength")}
    if pattern := shape.metadata.get("pattern"):
        schema["pattern"] = pattern
    return schema


def _bounds(shape: Shape, lowest: str, highest: str) -> Schema:
    """Return the bounds that the model states; no length or number of items is below 0 anyway."""
    stated = {lowest: shape.metadata.get("min"), highest: shape.metadata.get("max")}
    return {
        keyword: bound
        for keyword, bound in stated.items()
        if bound is not None and (bound, keyword) not in {(0, "minLength"), (0, "minItems")}
    }


def _merged(schema: Schema, more: Mapping[str, Any]) -> Schema:
    """Return the schema with more keywords; `items` are merged, anything else is replaced."""
    merged = {**schema, **more}
    if "items" in more and "items" in schema:
        merged["items"] = {**schema["items"], **more["items"]}
    return merged


def plain(documentation: str) -> str:
    """Return the text of a piece of the model's HTML, blocks apart by blank lines."""
    text = re.sub(r"</?(p|ul|ol|li|dl|dt|dd|note|important|br|h\d)\b[^>]*>", "\n", documentation)
    text = html.unescape(re.sub(r"<[^>]+>", "", text))
    paragraphs = [" ".join(line.split()) for line in text.split("\n")]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


if __name__ == "__main__":
    main(sys.argv[1:])
