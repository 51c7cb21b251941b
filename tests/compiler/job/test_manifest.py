"""What a manifest says, normalized: one spelling for every value, and what cannot be read."""

import json
from typing import Any

import pytest
from compiled_jobs import but, compiled, job_of, said

from ecsplan.compile import compile_manifest
from ecsplan.terms.manifest_keys import SPEC_ORDER

JOB = {"name": "etl", "image": "alpine:3"}
ROLE = "arn:aws:iam::111122223333:role/execution"


def spec_of(manifest: dict[str, object]) -> object:
    return job_of(manifest)["spec"]


def spec_of_text(text: str) -> Any:
    result = compile_manifest(text, file="etl.yaml")
    assert result.plan is not None, result.diagnostics
    return result.plan.jobs[0].spec


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        pytest.param({"command": "a 'b c'"}, {"command": ["a", "b c"]}, id="command in one string"),
        pytest.param({"command": ["a"]}, {"command": ["a"]}, id="command in a list"),
        pytest.param({"cpu": "0.25 vCPU"}, {"cpu": 256}, id="vCPU"),
        pytest.param({"cpu": ".5vcpu"}, {"cpu": 512}, id="vCPU without zero and space"),
        pytest.param({"cpu": "256"}, {"cpu": 256}, id="CPU units in quotes"),
        pytest.param({"cpu": 256, "memory": "0.5 GB"}, {"cpu": 256, "memory": 512}, id="GB"),
        pytest.param({"cpu": 256, "memory": "1gb"}, {"cpu": 256, "memory": 1024}, id="gb without space"),
        pytest.param({"cpu": 256, "memory": "512"}, {"cpu": 256, "memory": 512}, id="MiB in quotes"),
        pytest.param({"env": {"B": 1, "A": None}}, {"env": {"A": None, "B": "1"}}, id="env"),
        pytest.param({"env": {}}, {"env": {}}, id="empty env"),
        pytest.param(
            {"secrets": {"B": "b", "A": "a"}, "execution_role_arn": ROLE},
            {"secrets": {"A": "a", "B": "b"}, "execution_role_arn": ROLE},
            id="secrets",
        ),
        pytest.param({"labels": {"b,c": "1;2"}}, {"labels": {"b-c": "1-2"}}, id="labels are cleaned"),
        pytest.param({"task_watch_poll_interval": 2}, {"task_watch_poll_interval": 2.0}, id="interval"),
        pytest.param({"task_timeout_seconds": 60.0}, {"task_timeout_seconds": 60}, id="whole seconds"),
        pytest.param({"task_timeout_seconds": 0.25}, {"task_timeout_seconds": 0.25}, id="part of a second"),
        pytest.param({"task_timeout_seconds": 1e300}, {"task_timeout_seconds": 1e300}, id="many seconds"),
        pytest.param({"launch_type": None}, {"launch_type": None}, id="launch type null"),
        pytest.param({"family": "a b"}, {"family": "a b"}, id="family as written"),
        pytest.param(
            {
                "task_customizations": '[{"value": {"b": 1, "a": 2}, "path": "/x", "op": "add"},'
                ' {"path": "/x", "op": "remove"}]'
            },
            {
                "task_customizations": [
                    {"op": "add", "path": "/x", "value": {"a": 2, "b": 1}},
                    {"op": "remove", "path": "/x"},
                ]
            },
            id="patch in a string",
        ),
        pytest.param(
            {"network_configuration": {"securityGroups": [], "subnets": ["subnet-b", "subnet-a"]}},
            {"network_configuration": {"securityGroups": [], "subnets": ["subnet-b", "subnet-a"]}},
            id="lists keep their order",
        ),
    ],
)
def test_one_spelling(written: dict[str, object], normal: dict[str, object]) -> None:
    spec = spec_of({**JOB, **written})

    assert spec == {**JOB, **normal}
    assert spec_of(spec) == spec
    assert list(spec) == [key for key in SPEC_ORDER if key in spec]


@pytest.mark.parametrize("key", [None, "~", ""], ids=["null", "tilde", "nothing"])
def test_a_key_that_is_null_is_not_written(key: str | None) -> None:
    text = "\n".join(f"{name}: {key or 'null'}" for name in SPEC_ORDER[2:] if name != "launch_type")

    assert spec_of_text(f"name: etl\nimage: alpine:3\n{text}\n") == JOB


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.10", "1.10"),
        ("010", "010"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("+1", "+1"),
        ("-0", "-0"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("9" * 120, "9" * 120),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-11-22", "2026-11-22"),
        ("no", "no"),
        ("'true'", "true"),
        ('"\\u00e9\\n"', "é\n"),
        ("''", ""),
        ("!!str 5", "5"),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_variables_stay_as_written(written: str, value: str | None) -> None:
    assert spec_of_text(f"image: alpine:3\nenv:\n  A: {written}\n")["env"] == {"A": value}


def test_a_number_through_an_alias_a_merge_key_and_defaults_stays_as_written() -> None:
    text = """
defaults:
  env: {A: 1.10}
jobs:
  etl:
    image: alpine:3
    env:
      <<: {B: 2.20}
      C: &c 3.30
      D: *c
"""
    assert spec_of_text(text)["env"] == {"A": "1.10", "B": "2.20", "C": "3.30", "D": "3.30"}


@pytest.mark.parametrize(
    ("written", "rule", "pointer", "message"),
    [
        pytest.param(
            {"command": "echo 'a"},
            "command-quotes",
            "/command",
            "cannot split this command as a shell would: No closing quotation",
            id="quotes",
        ),
        pytest.param(
            {"command": "a \\"},
            "command-quotes",
            "/command",
            "cannot split this command as a shell would: No escaped character",
            id="a backslash at the end",
        ),
        pytest.param(
            {"cpu": "0.3 vCPU"}, "cpu-size", "/cpu", "'0.3 vCPU' is not a whole number of CPU units", id="cpu"
        ),
        pytest.param(
            {"memory": "0.0001 GB"},
            "memory-size",
            "/memory",
            "'0.0001 GB' is not a whole number of MiB",
            id="memory",
        ),
        pytest.param(
            {"cpu": "9" * 400 + " vCPU"},
            "cpu-size",
            "/cpu",
            f"'{'9' * 79}… is not a whole number of CPU units",
            id="more than a float holds",
        ),
        pytest.param(
            {"labels": {"a,b": "1", "a;b": "2"}},
            "label-clash",
            "/labels/a;b",
            "the labels 'a,b' and 'a;b' both become the tag 'a-b'",
            id="labels that end up the same",
        ),
        pytest.param(
            {"labels": {"x/y,": "1", "x/y;": "2"}},
            "label-clash",
            "/labels/x~1y;",
            "the labels 'x/y,' and 'x/y;' both become the tag 'x/y-'",
            id="with a slash",
        ),
    ],
)
def test_what_cannot_be_read(written: dict[str, object], rule: str, pointer: str, message: str) -> None:
    result = compiled({**JOB, **written})

    assert result.plan is None
    assert [(each.rule, each.location.pointer, each.message) for each in result.diagnostics] == [
        (rule, pointer, message)
    ]


SURROGATE = "\\ud800"


@pytest.mark.parametrize("key", ["task_customizations", "task_definition_customizations"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "this is not JSON: Expecting value at line 1, column 1 of the string", id="empty"),
        pytest.param(
            "[1\n 2]",
            "this is not JSON: Expecting ',' delimiter at line 2, column 2 of the string",
            id="syntax",
        ),
        pytest.param("{}", "a JSON Patch must be a list of operations", id="an object"),
        pytest.param("null", "a JSON Patch must be a list of operations", id="null"),
        pytest.param('[{"a": NaN}]', "NaN is not a JSON number", id="not a number"),
        pytest.param("[1e999]", "1e999 is not a number that JSON can represent", id="infinite"),
        pytest.param(f"[{'9' * 5000}]", f"{'9' * 40}… has more than 100 digits", id="many digits"),
        pytest.param(
            f'["{SURROGATE}"]',
            "this JSON has an unpaired surrogate, which is not a character",
            id="half a surrogate pair",
        ),
        pytest.param('[{"op": 1, "op": 2}]', "an object of this JSON has the member 'op' twice", id="twice"),
        pytest.param("[" * 65 + "]" * 65, "this JSON is nested more than 64 levels deep", id="deep"),
        pytest.param(
            "[" * 99_999, "this JSON is nested more than 64 levels deep", id="deeper than Python goes"
        ),
    ],
)
def test_a_patch_in_a_string_that_is_none(key: str, text: str, message: str) -> None:
    result = compiled({**JOB, key: text})

    assert [(each.rule, each.location.pointer, each.message) for each in result.diagnostics] == [
        ("patch-json", f"/{key}", message)
    ]


@pytest.mark.parametrize("text", ["[]", " [ ] ", "[" * 64 + "]" * 64, '["\\ud83d\\ude00"]'])
def test_a_patch_in_a_string_that_is_one(text: str) -> None:
    assert all(rule != "patch-json" for _, rule, _ in said(compiled({**JOB, "task_customizations": text})))


def test_a_patch_in_a_string_and_one_in_a_list_are_the_same() -> None:
    operations = [{"op": "add", "path": "/group", "value": "é/~"}]

    assert job_of({**JOB, "task_customizations": json.dumps(operations)}) == job_of(
        {**JOB, "task_customizations": operations}
    )


def test_what_an_operation_lacks_is_reported_once() -> None:
    operations = [{"op": "add", "value": 1}, {"path": "/group"}, {"op": "move", "path": "/group"}]

    assert said(compiled({**JOB, "task_customizations": operations})) == [
        ("error", "missing-key", f"/task_customizations/{index}") for index in range(3)
    ]


def test_a_patch_in_a_string_knows_its_members() -> None:
    operations = [{"op": "add", "path": "/group", "value": "g", "vlaue": 1}]

    assert said(compiled({**JOB, "task_customizations": json.dumps(operations)})) == [
        ("error", "patch", "/task_customizations/0/vlaue")
    ]


@pytest.mark.parametrize(
    ("keys", "plan"),
    [
        pytest.param({}, True, id="both"),
        pytest.param({"image": None}, False, id="no image"),
        pytest.param({"name": None}, True, id="named after the file"),
    ],
)
def test_what_a_job_needs(keys: dict[str, object], plan: bool) -> None:
    result = compiled(but(JOB, **keys))

    assert (result.plan is not None) == plan
    if result.plan is not None:
        assert result.plan.jobs[0].name == "etl"


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "a\x85b", "a\u2028b", "a\u2029b", "\x9b", "\x7f"])
@pytest.mark.parametrize("where", ["key", "file", "jobs"])
def test_a_job_name_is_a_text_on_one_line(name: str, where: str) -> None:
    job = {"image": "alpine:3", "family": "etl"}
    manifest = {"key": {"name": name, **job}, "file": job, "jobs": {"jobs": {name: job}}}[where]
    file = f"{name}.yaml" if where == "file" else "etl.yaml"

    result = compile_manifest(json.dumps(manifest), file=file)

    assert [(each.rule, each.location.pointer) for each in result.diagnostics] == [("wrong-format", "/name")]
    assert result.plan is None
