"""The published schemas: no keyword that strict validators refuse, and just what the product accepts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY
from schema_manifests import GOOD, LISTED, REFUSING, VALUES, places, replaced

from ecsplan.compile import compile_manifest, read_jobs
from ecsplan.schema.files import SCHEMA_NAMES, bundled_schema_text, load_schema

DIALECT = "https://json-schema.org/draft/2020-12/meta"
VOCABULARIES = (
    "core",
    "applicator",
    "unevaluated",
    "validation",
    "meta-data",
    "format-annotation",
    "content",
)
KEYWORDS = frozenset(
    keyword for name in VOCABULARIES for keyword in REGISTRY[f"{DIALECT}/{name}"].contents["properties"]
)
"""The vocabularies of draft 2020-12; ajv in its default mode refuses any other keyword."""

TYPED = {
    "string": ("pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
    ),
}
"""Keywords that say something about values of one type."""

PUBLISHED = {name: json.loads(bundled_schema_text(name)) for name in SCHEMA_NAMES}


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it; the members of `properties` and `$defs` are not keywords."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        match keyword, value:
            case ("properties" | "$defs", dict()):
                below = list(value.values())
            case (
                "items" | "additionalProperties" | "propertyNames" | "if" | "then" | "else" | "not",
                dict(),
            ):
                below = [value]
            case ("anyOf" | "allOf" | "prefixItems", list()):
                below = value
            case _:
                below = []
        for each in below:
            yield from subschemas(each)


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_keyword_is_one_of_json_schema(name: Any) -> None:
    for schema in subschemas(PUBLISHED[name]):
        # A file within the bundle is looked up by its path: its own `$defs` are no schema, but hold some.
        assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_what_a_schema_defines_itself_is_not_replaced_by_a_file_that_it_refers_to(name: Any) -> None:
    for defined, schema in load_schema(name).get("$defs", {}).items():
        published = PUBLISHED[name]["$defs"][defined]

        assert published.keys() == schema.keys()
        assert published.get("properties", {}).keys() == schema.get("properties", {}).keys()


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_no_schema_uses_a_format_that_validators_may_not_know(name: Any) -> None:
    assert all("format" not in schema for schema in subschemas(PUBLISHED[name]))


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_schema_names_one_type_and_perhaps_null(name: Any) -> None:
    """Ajv's strictTypes warns of other unions."""
    for schema in subschemas(PUBLISHED[name]):
        types = schema.get("type", "null")
        assert isinstance(types, str) or (len(types) == 2 and "null" in types), types


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_keywords_about_a_type_stand_beside_it(name: Any) -> None:
    """Ajv's strictTypes warns of keywords for which the schema names no type."""
    for schema in subschemas(PUBLISHED[name]):
        types = schema.get("type", ())
        for kind, keywords in TYPED.items():
            if any(each in schema for each in keywords) and types:
                named = {types} if isinstance(types, str) else set(types)
                assert kind in named or (kind == "number" and "integer" in named), schema


# What the published schema accepts, and what the product accepts.

MANIFEST = Draft202012Validator(PUBLISHED["manifest"])


def accepted(manifest: object) -> bool:
    """Return whether the product accepts what a schema can judge; what patches make is beyond it."""
    found = read_jobs(json.dumps(manifest), file="job.yaml", read=lambda _: '{"family": "x"}').diagnostics
    return not any(each.severity == "error" and each.rule in REFUSING for each in found)


MUTATED = st.builds(replaced, st.just(GOOD), st.sampled_from(list(places(GOOD))), VALUES)
MUTATED_IN_LISTS = st.builds(replaced, st.just(LISTED), st.sampled_from(list(places(LISTED))), VALUES)
SLOW = settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)


@SLOW
@given(MUTATED | MUTATED_IN_LISTS)
def test_the_product_and_the_published_schema_accept_the_same(manifest: object) -> None:
    assert accepted(manifest) == MANIFEST.is_valid(manifest)


@pytest.mark.parametrize(
    "key",
    [
        "memory",
        "count",
        "ephemeral_storage_gib",
        "task_definition.containerDefinitions.0.memory",
        "capacity_provider_strategy.0.weight",
    ],
)
@pytest.mark.parametrize("number", ["64", "64.0", "6.4e1", "64.00e0"])
def test_whole_numbers_are_integers_however_they_are_written(key: str, number: str) -> None:
    inner: Any = json.loads(number)
    for token in reversed(key.split(".")[1:]):
        inner = [inner] if token.isdigit() else {token: inner}
    manifest = {"image": "alpine", key.split(".", maxsplit=1)[0]: inner}
    text = json.dumps(manifest)
    if key.startswith("task_definition"):
        manifest["task_definition"]["containerDefinitions"][0]["name"] = "main"
        text = json.dumps(manifest | {"launch_type": "EC2"})
    if key.startswith("capacity"):
        manifest["capacity_provider_strategy"][0]["capacityProvider"] = "mine"
        manifest["task_definition"] = {"containerDefinitions": [{"name": "main", "memory": 64}]}
        text = json.dumps(manifest)

    compiled = compile_manifest(text, file="job.yaml")

    assert MANIFEST.is_valid(json.loads(text))
    if compiled.plan is not None:
        assert "64.0" not in json.dumps(compiled.plan.jobs[0].definition.request)
        assert "64.0" not in json.dumps(compiled.plan.jobs[0].run_request)
    assert not [each for each in compiled.diagnostics if each.rule in {"wrong-type"}]


def in_container(**members: object) -> dict[str, object]:
    return {"task_definition": {"containerDefinitions": [{"name": "main", "image": "alpine", **members}]}}


def in_volume(**members: object) -> dict[str, object]:
    return {"task_definition": {"volumes": [{"name": "data", "efsVolumeConfiguration": members}]}}


@pytest.mark.parametrize(
    ("manifest", "valid"),
    [
        pytest.param(
            in_container(user=None, command=None, healthCheck=None), True, id="nulls in a container"
        ),
        pytest.param(
            in_container(portMappings=[{"containerPort": 80, "protocol": None}]), True, id="in an item"
        ),
        pytest.param(in_container(dockerLabels={"a": None}), True, id="in a map"),
        pytest.param(in_container(command=[None]), False, id="as an item of a list"),
        pytest.param(in_container(healthCheck={"command": None}), True, id="all of a health check"),
        pytest.param(
            in_container(healthCheck={"command": None, "interval": 5}), False, id="what is required"
        ),
        pytest.param(
            in_container(repositoryCredentials={"credentialsParameter": ""}), True, id="an empty parameter"
        ),
        pytest.param(in_container(repositoryCredentials={}), False, id="a mapping without what is required"),
        pytest.param(in_volume(fileSystemId="", rootDirectory=""), True, id="a volume of nothing"),
        pytest.param(in_volume(fileSystemId="", rootDirectory="/"), False, id="a volume without its files"),
        pytest.param(in_container(user="", memory="", essential=""), True, id="empty texts that say nothing"),
        pytest.param(in_container(name=""), False, id="an empty name"),
        pytest.param({"task_definition": {"pidMode": "", "executionRoleArn": ""}}, True, id="an empty enum"),
        pytest.param({"task_definition": {"pidMode": "x"}}, False, id="another word"),
        pytest.param({"runtime_platform": {"cpuArchitecture": ""}}, False, id="an empty enum of a key"),
        pytest.param({"runtime_platform": {"cpuArchitecture": None}}, True, id="null in a key"),
        pytest.param({"task_definition": {"networkMode": "default"}}, True, id="the default of Windows"),
        pytest.param({"task_definition": "etl.json"}, True, id="a definition file"),
        pytest.param({"task_definition": ""}, False, id="no definition file"),
        pytest.param({"task_definition": {"revision": 7, "status": "ACTIVE"}}, True, id="pasted output"),
        pytest.param(
            {"task_customizations": '[{"op": "remove", "path": "/tags"}]'}, True, id="a patch as JSON"
        ),
        pytest.param(
            {"network_configuration": {"subnets": ["a"], "awsvpcConfiguration": None}}, True, id="null name"
        ),
        pytest.param({"network_configuration": {"awsvpcConfiguration": None}}, False, id="no subnets"),
        pytest.param({"count": 2.0, "cpu": 1e3}, True, id="whole numbers with a point"),
        pytest.param({"count": 2.5}, False, id="a fraction"),
    ],
)
def test_what_the_published_schema_accepts(manifest: Any, valid: bool) -> None:
    assert MANIFEST.is_valid({"image": "alpine", **manifest}) is valid
