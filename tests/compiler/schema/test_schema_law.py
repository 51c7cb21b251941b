"""A law: each published file, in a plain validator, accepts just the documents that the product accepts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import referencing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ledger_documents import CLAIM, ENTRY
from places import ROOT
from referencing.jsonschema import DRAFT202012

from ecsplan.schema.alternatives import one_schema
from ecsplan.schema.check import SCHEMA_OF, violations
from ecsplan.schema.faults import faults
from ecsplan.schema.files import bare_schema
from ecsplan.terms.placeholders import DIGEST_AT_APPLY

FILES = {path.name: json.loads(path.read_text("utf-8")) for path in (ROOT / "schemas").glob("*.schema.json")}
REGISTRY: referencing.Registry[Any] = referencing.Registry().with_resources(
    (name, DRAFT202012.create_resource(schema)) for name, schema in FILES.items()
)


def plain(reference: str) -> Draft202012Validator:
    """Return a validator of a published schema as any user of the library would build it."""
    return Draft202012Validator({"$ref": reference}, registry=REGISTRY)


PLANS = [json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "tests/cases").glob("*/plan.json"))]
ALL_JOBS = [job for plan in PLANS for job in plan["jobs"]]
JOBS = [job for job in ALL_JOBS if "variables" not in job["spec"]]
"""The jobs without lookups: others have references and placeholders in place of values."""
CORPUS = [json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "tests/corpus").glob("*.json"))]
LINKS = {"task_definition_arn", "service"}
"""Keys of jobs of whose definition a plan may hold only a part."""
DEFINITIONS = [
    *(
        job["task_definition"]["request"]
        for job in JOBS
        if not job["spec"].keys() & LINKS and DIGEST_AT_APPLY not in json.dumps(job)
    ),
    *(each["desired"] for each in CORPUS if isinstance(each.get("desired"), dict)),
]
RUNS = [job["run_request"] for job in JOBS]
PATCHES = [
    [
        {"op": "add", "path": "/tags/-", "value": {"key": "a", "value": None}},
        {"op": "move", "from": "/a", "path": "/b"},
        {"op": "remove", "path": "/overrides/cpu"},
    ]
]
VARIABLES = [
    {"description": "a tag", "type": "list", "default": ["a", 1, True], "enum": [["a", 1, True], ["b"]]},
    {"env": "TOKEN_2", "pattern": "[a-z]+", "sensitive": True},
]
MATRICES: list[Any] = [
    {"region": ["a", "b"], "day": [1, 2.5, True], "include": [{"x": 1}], "exclude": [{"day": 1}]},
    {"include": [{"region": "a"}]},
]
SEEDS: dict[str, list[Any]] = {
    SCHEMA_OF["job"]: [job["spec"] for job in JOBS],
    SCHEMA_OF["patch"]: PATCHES,
    SCHEMA_OF["variable"]: VARIABLES,
    SCHEMA_OF["matrix"]: MATRICES,
    SCHEMA_OF["plan"]: PLANS,
    SCHEMA_OF["task-definition"]: DEFINITIONS,
    SCHEMA_OF["run-request"]: RUNS,
    SCHEMA_OF["task-definition advice"]: DEFINITIONS,
    SCHEMA_OF["run-request advice"]: RUNS,
    "open-task-definition.schema.json#": [
        *DEFINITIONS,
        *(
            job["task_definition"]["request"]
            for job in ALL_JOBS
            if job not in JOBS or (DIGEST_AT_APPLY in json.dumps(job) and not job["spec"].keys() & LINKS)
        ),
    ],
    "open-run-request.schema.json#": [job["run_request"] for job in ALL_JOBS],
    SCHEMA_OF["ledger-entry"]: [ENTRY],
    SCHEMA_OF["ledger-claim"]: [CLAIM, {**CLAIM, "jobs": {}, "released_at": 1_700_000_060.0}],
}
"""Every schema that the product validates with, and documents that it accepts."""
KEYS = [
    "name",
    "value",
    "cpu",
    "memory",
    "subnets",
    "awsvpcConfiguration",
    "op",
    "path",
    "x",
    "",
    "A=B",
    "a\n",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 300)
    | st.sampled_from([0.5, 2.0, 1e3, 10**30, -(10**400), 1.0, "", "x", "a b", "512", "512\n", "2 GB", "a\n"])
    | st.sampled_from(["FARGATE", "reuse", "register", "tcp", "/a/b", "x" * 256, "arn:aws:iam::1:role/x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from places(data[key], (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = dict(data) if isinstance(data, dict) else list(data)
    copied[path[0]] = replaced(data[path[0]], path[1:], value)
    return copied


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for token in path:
        data = data[token]
    return data


@st.composite
def spoiled(draw: st.DrawFn, seeds: list[Any]) -> Any:
    """Return a document with some values replaced, and members added, taken out or repeated."""
    document = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 2))):
        value: Any
        path = draw(st.sampled_from(list(places(document))))
        match draw(st.sampled_from(["replace", "replace", "add", "remove", "repeat"])), at(document, path):
            case "add", dict() as there:
                value = {**there, draw(st.sampled_from(KEYS)): draw(VALUES)}
            case "remove", dict() as there if there:
                out = draw(st.sampled_from(sorted(there)))
                value = {name: each for name, each in there.items() if name != out}
            case "repeat", list() as there:
                value = there * draw(st.sampled_from([2, 20]))
            case _:
                value = draw(VALUES)
        document = replaced(document, path, value)
    return document


@pytest.mark.parametrize("reference", SEEDS)
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_the_product_and_the_published_file_accept_the_same(reference: str, data: st.DataObject) -> None:
    document = data.draw(spoiled(SEEDS[reference]))

    assert (not list(faults(document, reference))) == plain(reference).is_valid(document)


@pytest.mark.parametrize("reference", SEEDS)
def test_what_the_product_wrote_is_accepted(reference: str) -> None:
    validator = plain(reference)

    for document in SEEDS[reference]:
        if "advice" not in reference:
            assert validator.is_valid(document)


def test_every_part_is_under_the_law() -> None:
    assert set(SCHEMA_OF.values()) <= SEEDS.keys()


@pytest.mark.parametrize(
    ("part", "document"),
    [
        pytest.param("patch", [{"op": "add", "path": "/a\n", "value": 1}], id="a newline within a pattern"),
        pytest.param("run-request", {"taskDefinition": "a", "count": 2.0}, id="2.0 is an integer"),
        pytest.param("run-request", {"taskDefinition": "a", "count": True}, id="true is none"),
        pytest.param("job", {"cpu": "256\n"}, id="a final newline"),
        pytest.param("job", {"cpu": 10**5000}, id="a number of 5,000 digits"),
        pytest.param("job", {"env": {"A": 1, "B": None, "C": True}}, id="one of three types"),
        pytest.param("job", {"network_configuration": None}, id="null beside a conditional schema"),
        pytest.param("job", {"network_configuration": []}, id="neither null nor a mapping"),
        pytest.param("plan", {"plan_version": True}, id="true is not 1"),
    ],
)
def test_single_documents(part: Any, document: Any) -> None:
    assert (not list(violations(document, part=part))) == plain(SCHEMA_OF[part]).is_valid(document)


def keywords(schema: Any) -> Iterator[str]:
    """Yield the keywords of a schema and of all schemas in it."""
    for keyword, value in schema.items() if isinstance(schema, dict) else ():
        yield keyword
        below = value.values() if keyword == "properties" else value if isinstance(value, list) else [value]
        for each in below:
            yield from keywords(each)


@pytest.mark.parametrize("reference", SEEDS)
def test_errors_come_one_by_one(reference: str) -> None:
    """A validator collects all errors of an alternative before it tries the next; so there are none."""
    assert not {"anyOf", "oneOf", "not", "$ref"} & set(keywords(bare_schema(reference)))


TEXT = {"type": "string", "minLength": 2}
LIST = {"type": ["array", "null"], "items": {"type": "integer"}}
ENUM = {"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}
CHOICE = {"type": "boolean", "enum": [True]}


@pytest.mark.parametrize(
    "alternatives",
    [
        pytest.param([TEXT, {"type": "null"}], id="one or null"),
        pytest.param([LIST, TEXT], id="one of which takes two types"),
        pytest.param([ENUM, TEXT, LIST], id="a conditional one"),
        pytest.param([CHOICE, ENUM, LIST, TEXT], id="two that judge values of every type"),
        pytest.param([{"type": "integer", "minimum": 2}, {"type": "boolean"}], id="true is not an integer"),
    ],
)
@given(value=VALUES | st.sampled_from([{"a": 1, "b": 1}, {"c": 1}, {"a": 1}]))
def test_alternatives_in_one_schema_accept_the_same(alternatives: list[Any], value: Any) -> None:
    one = Draft202012Validator(one_schema(alternatives))

    assert one.is_valid(value) == Draft202012Validator({"anyOf": alternatives}).is_valid(value)


@pytest.mark.parametrize(
    "alternatives",
    [
        pytest.param([TEXT, {"type": "string", "pattern": "^a$"}], id="the same type"),
        pytest.param([{"type": "number"}, {"type": "integer"}], id="a number may be an integer"),
        pytest.param([TEXT, {"enum": ["", None]}], id="any type"),
    ],
)
def test_alternatives_that_types_do_not_tell_apart(alternatives: list[Any]) -> None:
    with pytest.raises(ValueError, match="do not tell apart"):
        one_schema(alternatives)
