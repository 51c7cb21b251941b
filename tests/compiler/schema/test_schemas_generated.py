"""The schemas of the AWS documents: what botocore's model gives, never looser than its own check."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.model import Shape
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import ROOT, TESTS

from ecsplan.schema.check import RequestName, request_violations
from ecsplan.schema.files import bare_schema, load_schema
from ecsplan.schema.pattern_text import NOT_BEFORE_A_NEWLINE

SCHEMAS = ROOT / "schemas"
MODEL = botocore.session.get_session().get_service_model("ecs")
REQUESTS: dict[RequestName, str] = {"task-definition": "RegisterTaskDefinition", "run-request": "RunTask"}
ADDED_BY_APPLY = {"clientToken", "startedBy"}


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_committed_files_are_what_the_generator_writes(seed: str, tmp_path: Path) -> None:
    script = [sys.executable, str(SCHEMAS / "generate.py"), str(tmp_path)]

    subprocess.run(script, check=True, env={"PYTHONHASHSEED": seed, "LC_ALL": "C"})

    written = sorted(tmp_path.iterdir())
    names = {"advice", "documents", "expanding", "spec", *REQUESTS, *(f"open-{name}" for name in REQUESTS)}
    assert [each.name for each in written] == [f"{name}.schema.json" for name in sorted(names)]
    for each in written:
        assert each.read_bytes() == (SCHEMAS / each.name).read_bytes(), "run `make schemas`"


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        pytest.param(
            ("HealthCheck", "interval", {}, "You may specify any."), "does not say", id="another sentence"
        ),
        pytest.param(("HealthCheck", "pause", {}, ""), "has no HealthCheck.pause", id="no such member"),
    ],
)
def test_a_limit_that_the_documentation_does_not_state_is_refused(
    limit: tuple[object, ...], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SCHEMAS))
    generate = importlib.import_module("generate")
    documented = importlib.import_module("documented_limits")

    with pytest.raises(LookupError, match=reason):
        generate.refuse_stale(documented.Limit(*limit), MODEL)


def test_every_limit_of_the_table_is_in_the_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCHEMAS))
    documented, generate = map(importlib.import_module, ("documented_limits", "generate"))

    for limit in documented.LIMITS:
        assert limit.refused
        stated = [each for each in _structures(limit.shape) if limit.member in each["properties"]]
        assert stated
        for structure in stated:
            member = structure["properties"][limit.member]
            assert all(
                member[keyword] == bound
                for keyword, bound in generate.exact(dict(limit.schema)).items()
                if keyword != "items"
            )


def test_no_limit_is_both_enforced_and_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCHEMAS))
    documented = importlib.import_module("documented_limits")

    assert not any(limit.refused for limit in documented.ADVICE)
    for limit in documented.ADVICE:
        enforced = [
            each for each in documented.LIMITS if (each.shape, each.member) == (limit.shape, limit.member)
        ]
        assert all(each.schema != limit.schema for each in enforced)


def _structures(shape: str) -> list[dict[str, Any]]:
    """Return the schemas of a structure, in each of the two files that has it."""
    roots = {f"{operation}Request": name for name, operation in REQUESTS.items()}
    if shape in roots:
        return [load_schema(roots[shape])]
    return [each["$defs"][shape] for each in map(load_schema, REQUESTS) if shape in each["$defs"]]


@pytest.mark.parametrize("name", REQUESTS)
def test_every_member_of_the_model_is_there_with_its_documentation(name: RequestName) -> None:
    seen: set[str] = set()

    def compare(shape: Shape, schema: dict[str, Any], without: set[str]) -> None:
        seen.add(shape.name)
        assert set(schema["properties"]) == set(shape.members) - without
        assert schema["additionalProperties"] is False
        assert schema.get("required", []) == shape.required_members
        for member, below in shape.members.items():
            if member not in without:
                assert bool(schema["properties"][member].get("description")) == bool(below.documentation)
                inner = below.member if below.type_name == "list" else below
                if inner.type_name == "structure":
                    compare(inner, root["$defs"][inner.name], set())

    root = load_schema(name)
    compare(
        MODEL.operation_model(REQUESTS[name]).input_shape,
        root,
        ADDED_BY_APPLY if name == "run-request" else set(),
    )
    assert set(root["$defs"]) - {"TaskDefinitionPart", "TaskDefinitionBase", "Network"} < seen


@pytest.mark.parametrize("name", REQUESTS)
def test_descriptions_are_plain_text(name: RequestName) -> None:
    text = json.dumps(load_schema(name))

    for markup in ("<p>", "<code>", "</", "&lt;", "&amp;"):
        assert markup not in text


def test_what_only_describe_returns_may_stand_in_a_manifest() -> None:
    base = load_schema("task-definition")["$defs"]["TaskDefinitionBase"]["properties"]

    assert {name for name, each in base.items() if each.get("deprecated")} == {
        "compatibilities",
        "deleteRequestedAt",
        "deregisteredAt",
        "registeredAt",
        "registeredBy",
        "requiresAttributes",
        "revision",
        "status",
        "taskDefinitionArn",
    }


@pytest.mark.parametrize("name", REQUESTS)
def test_aws_examples_are_valid(name: RequestName) -> None:
    path = Path(botocore.__file__).parent / "data" / "ecs" / "2014-11-13" / "examples-1.json"
    examples = json.loads(path.read_text("utf-8"))["examples"][REQUESTS[name]]

    assert examples
    for example in examples:
        assert list(request_violations(name, example["input"])) == []


CORPUS = sorted((TESTS / "corpus").glob("*.json"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_definitions_that_are_registered_in_practice_are_valid(path: Path) -> None:
    desired = json.loads(path.read_text("utf-8"))["desired"]

    assert list(request_violations("task-definition", desired)) == []


# Laws: documents made from the schema, whole and spoiled, judged by it and by botocore.

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=6)


def documents(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what makes documents that fit a schema without references."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object" if "properties" in schema:
            return _objects(schema)
        case "object":
            return st.dictionaries(TEXT, documents(schema["additionalProperties"]), max_size=2)
        case "array":
            return st.lists(documents(schema["items"]), max_size=min(2, schema.get("maxItems", 2)))
        case "integer":
            return st.integers(
                schema.get("minimum", -5), schema.get("maximum", schema.get("minimum", 0) + 10**6)
            )
        case "boolean":
            return st.booleans()
        case _:
            return _strings(schema)


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    members = {name: documents(each) for name, each in schema["properties"].items()}
    if schema.get("maxProperties") == 1:
        return st.one_of(*(st.fixed_dictionaries({name: each}) for name, each in members.items()))
    required = schema.get("required", [])
    needed = {name: members[name] for name in required}
    # Drawn one by one: most members of a task definition are missing from most task definitions.
    others = st.lists(st.sampled_from(sorted(members)), max_size=4, unique=True)
    return others.flatmap(
        lambda names: st.fixed_dictionaries({**needed, **{name: members[name] for name in names}})
    )


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10**6)
    if "pattern" not in schema:
        return TEXT.filter(lambda text: shortest <= len(text) <= longest)
    matching = st.from_regex(schema["pattern"].removesuffix("$" + NOT_BEFORE_A_NEWLINE) + r"\Z")
    return matching.filter(lambda text: shortest <= len(text) <= longest)


DOCUMENTS = {name: documents(bare_schema(f"{name}.schema.json#")) for name in REQUESTS}
JUNK = st.sampled_from(
    [None, True, -1, 0, 1.5, 10**6, "", "x", "A" * 300, [], [1], ["x"], {}, {"x": 1}, {"name": "x"}]
)
SLOW = settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)


def refused_by_botocore(name: RequestName, document: object) -> str:
    report = ParamValidator().validate(document, MODEL.operation_model(REQUESTS[name]).input_shape)
    return str(report.generate_report())


@SLOW
@given(st.data(), st.sampled_from(sorted(REQUESTS)))
def test_documents_that_fit_the_schema_pass_both(data: st.DataObject, name: RequestName) -> None:
    document = data.draw(DOCUMENTS[name])

    assert list(request_violations(name, document)) == []
    assert refused_by_botocore(name, document) == ""


@SLOW
@given(st.data(), st.sampled_from(sorted(REQUESTS)))
def test_what_botocore_refuses_the_schema_refuses(data: st.DataObject, name: RequestName) -> None:
    document = data.draw(DOCUMENTS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        document = _spoiled(data, document)

    if refused_by_botocore(name, document):
        assert list(request_violations(name, document)) != []


def _spoiled(data: st.DataObject, document: object) -> object:
    """Return the document with one value, key or item of it replaced, added or removed."""
    way = data.draw(st.integers(0, 3))
    if isinstance(document, dict) and document and way:
        key = data.draw(st.sampled_from(sorted(document)))
        if way == 1:
            return {name: each for name, each in document.items() if name != key}
        return {**document, key: _spoiled(data, document[key])}
    if isinstance(document, dict) and document:
        return {**document, data.draw(st.sampled_from(["x", "name", "value"])): data.draw(JUNK)}
    if isinstance(document, list) and document and way:
        position = data.draw(st.integers(0, len(document) - 1))
        return [*document[:position], _spoiled(data, document[position]), *document[position + 1 :]]
    return data.draw(JUNK)
