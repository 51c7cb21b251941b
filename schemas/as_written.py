"""AWS's documents as a manifest may write them: with nulls, and with the empty texts that ECS ignores.

A null in a mapping means "not written", at every depth. So does an empty text where ECS takes it for left
out, and a mapping in which nothing else was written; `ecsplan.decision.members` has the table. An item of a
list, and a member that is required, cannot be left out in this way.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from ecsplan.decision.member_kinds import Data, Leaf, Member, Sequence, Struct, Unordered
from ecsplan.decision.members import TASK_DEFINITION

Schema: TypeAlias = dict[str, Any]

NULL: Schema = {"type": "null"}
PARTS_OF_RUNS = (
    "capacityProviderStrategy",
    "placementConstraints",
    "placementStrategy",
    "volumeConfigurations",
)
"""Members of the RunTask request that a manifest writes as AWS does."""
JUDGED = frozenset({("", "family"), ("ContainerDefinition", "name"), ("Volume", "name")})
"""Names that ECS requires: an empty one counts as written, and is refused."""
RUN = "Run"
"""How the names of the structures begin that belong to runs."""
MEANT: Mapping[str, str] = {
    "TaskDefinitionOrFile": "task-definition.schema.json#/$defs/TaskDefinitionBase",
    "RunRuntimePlatform": "task-definition.schema.json#/properties/runtimePlatform",
    "Network": "run-request.schema.json#/$defs/Network",
    **{name: f"run-request.schema.json#/properties/{name}" for name in PARTS_OF_RUNS},
}
"""What is left of each document once its nulls and empty texts are taken out, and the file that it names is
read."""


def documents(definition: Schema, run: Schema) -> Schema:
    """Return the `$defs` of the documents, made of the strict schemas of the two requests."""
    made: Schema = {}
    kinds = _kinds(definition, TASK_DEFINITION)
    base = definition["$defs"]["TaskDefinitionBase"]
    root = {**base, "properties": {**base["properties"], **definition["properties"]}}
    made["TaskDefinition"] = _structure(root, "", TASK_DEFINITION, "")
    for name, schema in definition["$defs"].items():
        if name not in {"TaskDefinitionBase", "TaskDefinitionPart"}:
            made[name] = _structure(schema, name, kinds.get(name), "")
            if name in kinds:
                made[_nothing(name)] = _says_nothing(schema, kinds[name])
    for name, schema in run["$defs"].items():
        if name != "Network":
            made[RUN + name] = _structure(schema, name, None, RUN)
    for name in PARTS_OF_RUNS:
        made[name] = _core(run["properties"][name], RUN)
    made[RUN + "RuntimePlatform"] = _structure(definition["$defs"]["RuntimePlatform"], "", None, RUN)
    made["Network"] = _network(made)
    made["TaskDefinitionOrFile"] = {
        "description": "A task definition, a JSON or YAML file that holds one, or an answer of AWS with one.",
        "anyOf": [
            {"$ref": "#/$defs/TaskDefinition"},
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "properties": {
                    "taskDefinition": {"$ref": "#/$defs/TaskDefinition"},
                    "tags": made["TaskDefinition"]["properties"]["tags"],
                },
                "required": ["taskDefinition"],
                "additionalProperties": False,
            },
        ],
    }
    return {"$defs": _reachable(dict(sorted(made.items())))}


def spec(manifest: Schema) -> Schema:
    """Return the schema of a job whose documents say only what is meant, made of the manifest's schema."""
    job = manifest["$defs"]["job"]
    return {**job, "properties": {name: _meant(name, each) for name, each in job["properties"].items()}}


def _meant(key: str, schema: Schema) -> Schema:
    """Return the schema of a key: the manifest's own, or that of the document that it holds."""
    documents_of = "documents.schema.json#/$defs/"
    for each in schema.get("anyOf", ()):
        if each.get("$ref", "").startswith(documents_of):
            return {"anyOf": [{"$ref": MEANT[each["$ref"].removeprefix(documents_of)]}, NULL]}
    return {"$ref": f"manifest.schema.json#/$defs/job/properties/{key}"}


def _network(made: Schema) -> Schema:
    """Return a network configuration: under its name, or alone, beside which the name may be null."""
    alone = made[f"{RUN}AwsVpcConfiguration"]
    named = {"required": ["awsvpcConfiguration"], "properties": {"awsvpcConfiguration": {"type": "object"}}}
    return {
        "description": "An AWS `awsvpcConfiguration`, alone or under that name.",
        "type": "object",
        "if": {"type": "object", **named},
        "then": {"$ref": f"#/$defs/{RUN}NetworkConfiguration"},
        "else": {**alone, "properties": {**alone["properties"], "awsvpcConfiguration": NULL}},
    }


def _structure(schema: Schema, name: str, kind: Struct | None, prefix: str) -> Schema:
    """Return a structure whose members may be null, and empty where its kind says that this is nothing."""
    required = frozenset(schema.get("required", ()))
    members = {} if kind is None else kind.members
    properties = {
        each: _member(
            below, members.get(each), prefix, is_required=each in required, is_judged=(name, each) in JUDGED
        )
        for each, below in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _member(
    schema: Schema, member: Member | None, prefix: str, *, is_required: bool, is_judged: bool
) -> Schema:
    if "type" not in schema and "$ref" not in schema:
        return schema
    core = _core(schema, prefix)
    is_nothing = isinstance(member, Leaf) and "" in member.nothing and not is_judged
    if is_required:
        return (
            {**core, "minLength": 1}
            if is_nothing and core.get("type") == "string" and "enum" not in core
            else core
        )
    if "$ref" in core:
        name = core["$ref"].rpartition("/")[2]
        empty = [{"$ref": f"#/$defs/{_nothing(name)}"}] if isinstance(member, Struct) else []
        return _described(core) | {"anyOf": [{"$ref": core["$ref"]}, *empty, NULL]}
    if not is_nothing:
        return _or_null(core)
    if core["type"] == "string" and not core.keys() & {"enum", "pattern", "minLength"}:
        return _or_null(core)
    return _described(core) | {"anyOf": [_without_description(core), {"enum": ["", None]}]}


def _core(schema: Schema, prefix: str) -> Schema:
    """Return a schema as it is without its being left out: references led here, values of maps nullable."""
    if "$ref" in schema:
        return {**schema, "$ref": schema["$ref"].replace("#/$defs/", f"#/$defs/{prefix}")}
    if "items" in schema:
        return {**schema, "items": _core(schema["items"], prefix)}
    if isinstance(schema.get("additionalProperties"), dict):
        return {**schema, "additionalProperties": _or_null(schema["additionalProperties"])}
    return schema


def _or_null(schema: Schema) -> Schema:
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **enum}


def _says_nothing(schema: Schema, kind: Struct) -> Schema:
    """Return what fits a mapping in which something is written, and all of it says nothing."""
    properties = {
        name: _nothing_of(kind.members[name], below) if name in kind.members else NULL
        for name, below in schema["properties"].items()
    }
    return {"type": "object", "minProperties": 1, "properties": properties, "additionalProperties": False}


def _nothing_of(member: Member, schema: Schema) -> Schema:
    match member:
        case Leaf(nothing=nothing) if "" in nothing:
            return {"enum": ["", None]}
        case Data():
            nulls = {"type": "object", "minProperties": 1, "additionalProperties": NULL}
            return {"anyOf": [nulls, NULL]}
        case Struct():
            name = schema["$ref"].rpartition("/")[2]
            return {"anyOf": [{"$ref": f"#/$defs/{_nothing(name)}"}, NULL]}
        case _:
            return NULL


def _kinds(definition: Schema, kind: Struct) -> dict[str, Struct]:
    """Return what the table says of each structure, by its name."""
    found: dict[str, Struct] = {}
    rest: list[tuple[Mapping[str, Any], Member]] = [
        (schema, kind.members[name])
        for name, schema in definition["properties"].items()
        if name in kind.members
    ]
    while rest:
        schema, member = rest.pop()
        match member:
            case Sequence(item=item) | Unordered(item=item):
                rest.append((schema["items"], item))
            case Struct(members=members) if "$ref" in schema:
                name = schema["$ref"].rpartition("/")[2]
                found[name] = member
                below = definition["$defs"][name]["properties"]
                rest += [(each, members[key]) for key, each in below.items() if key in members]
    return found


def _reachable(definitions: Schema) -> Schema:
    """Return the definitions that a manifest refers to, directly or through others."""
    wanted = [*PARTS_OF_RUNS, "Network", "RunRuntimePlatform", "TaskDefinitionOrFile"]
    kept: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in kept:
            kept.add(name)
            wanted += _names_in(definitions[name])
    return {name: schema for name, schema in definitions.items() if name in kept}


def _names_in(schema: object) -> list[str]:
    if isinstance(schema, list):
        return [name for each in schema for name in _names_in(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].rpartition("/")[2]] if isinstance(schema.get("$ref"), str) else []
    return own + [name for each in schema.values() for name in _names_in(each)]


def _nothing(name: str) -> str:
    return f"Empty{name}"


def _described(schema: Schema) -> Schema:
    return {"description": schema["description"]} if "description" in schema else {}


def _without_description(schema: Schema) -> Schema:
    return {key: each for key, each in schema.items() if key != "description"}
