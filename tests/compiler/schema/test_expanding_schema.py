"""The published schema of documents with `variables:`: references just where the product takes them."""

import json
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from places import ROOT
from ruamel.yaml import YAML
from schema_manifests import GOOD, LISTED, REFUSING, VALUES, places, replaced

from ecsplan.compile import read_jobs
from ecsplan.schema.files import bundled_schema_text
from ecsplan.variables.values import Values

PUBLISHED: dict[str, Any] = json.loads(bundled_schema_text("manifest"))
VALIDATOR = Draft202012Validator(PUBLISHED)
VARIABLE_RULES = frozenset({"variable-declaration", "variable-name"})
"""Rules of declarations that the schema states; the others judge values and names."""
EVERY_TYPE = {"string": "a", "integer": 2, "number": 2.5, "boolean": True, "list": ["a"]}


def accepted(manifest: Any, **values: object) -> bool:
    """Return whether the product accepts what a schema can judge."""
    found = read_jobs(
        json.dumps(manifest),
        file="job.yaml",
        read=lambda _: '{"family": "x"}',
        sources=Values(values, may_lack=True),
    ).diagnostics
    return not any(each.severity == "error" and each.rule in REFUSING | VARIABLE_RULES for each in found)


def at(data: Any, path: tuple[Any, ...]) -> Any:
    return reduce(lambda holder, token: holder[token], path, data)


def type_of(value: Any) -> str | None:
    """Return the type of a variable that may have a value; None for none."""
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return "list"
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return kinds.get(type(value))


def layouts(job: dict[str, Any], variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a document of one job, one of several, and one whose job is all in `defaults`."""
    yield {"variables": variables, **job}
    yield {"variables": variables, "jobs": {"etl": job}}
    yield {"variables": variables, "defaults": job, "jobs": {"etl": {}}}


BY_TEXT_TOO = {("name",), ("task_definition",), ("task_customizations",)}
"""Places that take any text beside what stands there, and the one whose references are limited."""
PLACES = [(job, path) for job in (GOOD, LISTED) for path in places(job) if path not in BY_TEXT_TOO]
NAMES = [".".join(map(str, path)) for _, path in PLACES]


@pytest.mark.parametrize(("job", "path"), PLACES, ids=NAMES)
def test_a_value_that_a_variable_can_have_may_be_a_reference(job: Any, path: tuple[Any, ...]) -> None:
    value = at(job, path)
    kind = type_of(value)
    declarations = (
        [(kind, value)] if kind is not None else list(EVERY_TYPE.items()) if value is not None else []
    )
    for declared, default in declarations:
        variables = {"v": {"type": declared, "default": default}}
        for document in layouts(replaced(job, path, "${v}"), variables):
            assert accepted(document) is (kind is not None), document
            assert VALIDATOR.is_valid(document) is (kind is not None), document


# Values of a matrix are scalars, and it is not expanded itself.
MATRIX_PLACES = [
    (job, path)
    for job, path in PLACES
    if path[0] != "matrix" and type_of(at(job, path)) not in {None, "list"}
]


@pytest.mark.parametrize(
    ("job", "path"), MATRIX_PLACES, ids=[".".join(map(str, path)) for _, path in MATRIX_PLACES]
)
def test_without_variables_a_value_of_a_matrix_may_be_one(job: Any, path: tuple[Any, ...]) -> None:
    value = at(job, path)
    referring = replaced(job, path, "${matrix.v}") | {"matrix": {"v": [value]}}
    for document in layouts(referring, {}):
        del document["variables"]
        assert accepted(document), document
        assert VALIDATOR.is_valid(document), document


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        pytest.param({"image": "a", "count": "${matrix.n}"}, False, id="no matrix"),
        pytest.param({"image": "a", "count": "${matrix.n}", "matrix": None}, False, id="a matrix of nothing"),
        pytest.param({"jobs": {"etl": {"image": "a", "count": "${matrix.n}"}}}, False, id="no job has one"),
        pytest.param(
            {
                "jobs": {
                    "a": {"image": "a", "count": "${matrix.n}", "matrix": {"n": [1]}},
                    "b": {"image": "a"},
                }
            },
            True,
            id="one of several jobs has one",
        ),
        pytest.param(
            {"defaults": {"count": "${matrix.n}", "image": "a"}, "jobs": {"a": {"matrix": {"n": [1]}}}},
            True,
            id="a default refers to it",
        ),
        pytest.param({"image": "a", "count": "${matrix.n}0", "matrix": {"n": [1]}}, False, id="longer text"),
    ],
)
def test_where_there_is_a_matrix(document: Any, valid: bool) -> None:
    assert VALIDATOR.is_valid(document) is valid
    assert accepted(document) is valid


TEXTS = [(job, path) for job, path in PLACES if isinstance(at(job, path), str) and path[-1] != "op"]


@pytest.mark.parametrize(("job", "path"), TEXTS, ids=[".".join(map(str, path)) for _, path in TEXTS])
def test_a_text_may_have_references_in_it(job: Any, path: tuple[Any, ...]) -> None:
    value = at(job, path)
    variables = {"v": {"default": value[1:]}}
    for document in layouts(replaced(job, path, f"{value[0]}${{v}}"), variables):
        assert accepted(document)
        assert VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        pytest.param("${n}", True, id="one reference"),
        pytest.param("${n}${n}", False, id="two are text"),
        pytest.param("1${n}", False, id="so is a longer one"),
        pytest.param("$${n}", False, id="an escape"),
        pytest.param("${n", False, id="unclosed"),
        pytest.param("${}", False, id="empty"),
        pytest.param("$n", False, id="a shell's own"),
    ],
)
@pytest.mark.parametrize("key", ["count", "task_timeout_seconds"])
def test_a_number_is_one_reference(key: str, text: str, valid: bool) -> None:
    document = {"variables": {"n": {"type": "integer", "default": 1}}, "image": "a", key: text}

    assert VALIDATOR.is_valid(document) is valid
    assert (not read_jobs(json.dumps(document), file="job.yaml").diagnostics) is valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        pytest.param("alpine:${t}", True, id="inside a text"),
        pytest.param("${t}:$${a}", True, id="beside an escape"),
        pytest.param("alpine:$${t}", False, id="an escape alone"),
        pytest.param("alpine:$$${t}", False, id="an escape after a dollar"),
        pytest.param("alpine:${t", False, id="unclosed"),
        pytest.param("al pine", False, id="no reference"),
    ],
)
def test_a_text_of_a_form_has_references(text: str, valid: bool) -> None:
    document = {"variables": {"t": {}}, "image": text}

    assert VALIDATOR.is_valid(document) is valid


@pytest.mark.parametrize("layout", [0, 1, 2])
@pytest.mark.parametrize("text", ["${n}", "a${n}"])
def test_without_variables_a_reference_is_no_value(text: str, layout: int) -> None:
    document = list(layouts({"image": "alpine", "memory": text}, {}))[layout]
    del document["variables"]

    assert not VALIDATOR.is_valid(document)
    assert not accepted(document)


@pytest.mark.parametrize(
    ("variables", "valid"),
    [
        pytest.param(None, True, id="nothing"),
        pytest.param({"n": None}, True, id="a name alone"),
        *(
            pytest.param({"n": {member: None}}, True, id=f"{member} is null")
            for member in PUBLISHED["$defs"]["variable"]["properties"]
        ),
        pytest.param({"n": {"enum": [None]}}, False, id="null in an enum"),
        pytest.param({"n": {"typ": None}}, False, id="an unknown member that is null"),
        pytest.param({"n": {"default": {}}}, False, id="a mapping"),
        pytest.param({"n": {"default": [["a"]]}}, False, id="a list in a list"),
        pytest.param({"n": "x"}, False, id="a value"),
        pytest.param({"a-b": {}}, False, id="another name"),
        pytest.param({"n": {"env": "${a}"}}, False, id="nothing in it is expanded"),
        pytest.param([], False, id="a list of them"),
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_declarations(variables: Any, several: bool, valid: bool) -> None:
    job = {"image": "alpine", "family": "${n}" if variables else "x"}
    document = {"variables": variables, **({"jobs": {"a": job}} if several else job)}

    assert VALIDATOR.is_valid(document) is valid
    assert accepted(document) is valid


ANYWHERE = st.sampled_from(PLACES).flatmap(
    lambda place: st.builds(replaced, st.just(place[0]), st.just(place[1]), VALUES)
)


@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
@given(ANYWHERE, st.sampled_from([0, 1, 2]))
def test_what_has_no_references_is_judged_as_without_variables(job: Any, layout: int) -> None:
    document = list(layouts(job, {}))[layout]

    assert VALIDATOR.is_valid(document) is accepted(document)


@pytest.mark.parametrize(
    "path",
    [
        *sorted((ROOT / "manifests").rglob("*.yaml")),
        *sorted((ROOT / "tests/cases").glob("variables-e*/m*.yaml")),
    ],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_the_examples_are_accepted(path: Path) -> None:
    documents = [each for each in YAML(typ="safe", pure=True).load_all(path.read_text("utf-8")) if each]

    assert documents
    for document in documents:
        assert not list(VALIDATOR.iter_errors(document))


def job_schema() -> dict[str, Any]:
    properties: dict[str, Any] = PUBLISHED["$defs"]["expanding"]["$defs"]["job"]["properties"]
    return properties


@pytest.mark.parametrize("key", PUBLISHED["$defs"]["job"]["properties"])
def test_hover_and_completion_are_those_of_a_document_without_variables(key: str) -> None:
    plain, expanding = PUBLISHED["$defs"]["job"]["properties"][key], job_schema()[key]

    assert all(expanding.get(each) == plain.get(each) for each in ("description", "default", "examples"))
    if "enum" in plain:
        assert {"enum": plain["enum"]}.items() <= expanding["anyOf"][0].items()


@pytest.mark.parametrize("key", PUBLISHED["$defs"]["documents"]["$defs"]["ContainerDefinition"]["properties"])
def test_hover_within_aws_documents_stays(key: str) -> None:
    def container(part: str) -> dict[str, Any]:
        found: dict[str, Any] = PUBLISHED["$defs"][part]["$defs"]["ContainerDefinition"]["properties"][key]
        return found

    assert container("expanding").get("description") == container("documents").get("description")
