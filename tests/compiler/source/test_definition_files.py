"""`task_definition: FILE` and pasted answers: what is read, and where what is wrong with it stands."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecsplan.compile import Compiled, compile_manifest, recompile
from ecsplan.source.read import read_manifest
from ecsplan.terms.observed import Observed

DEFINITION: dict[str, object] = {
    "family": "report",
    "containerDefinitions": [{"name": "app", "image": "alpine:3"}],
}
MANIFEST = "task_definition: taskdef.json\ncommand: [echo]\naws: {region: eu-west-1}\n"


def reader(**files: str | bytes) -> Callable[[str], str | bytes]:
    """Return what reads these files, their dots written as two underscores."""
    contents = {name.replace("__", "."): text for name, text in files.items()}

    def read(name: str) -> str | bytes:
        if name not in contents:
            raise FileNotFoundError(2, "No such file or directory", name)
        return contents[name]

    return read


def compiled(text: str, *, file: str = "job.yaml", **files: str | bytes) -> Compiled:
    return compile_manifest(text, file=file, read=reader(**files))


def request_of(result: Compiled) -> Any:
    assert result.plan is not None, result.diagnostics
    return result.plan.jobs[0].definition.request


def said(result: Compiled) -> list[str]:
    """Return what is wrong and where, as `path:line:column rule`."""
    return [f"{each.path}:{each.line}:{each.column} {each.rule}" for each in result.diagnostics]


YAML_TEXT = "family: report\ncontainerDefinitions:\n  - {name: app, image: 'alpine:3'}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(DEFINITION), id="JSON"),
        pytest.param(json.dumps(DEFINITION, indent="\t"), id="JSON indented with tabs"),
        pytest.param(YAML_TEXT, id="YAML"),
        pytest.param("\ufeff" + json.dumps(DEFINITION), id="a byte order mark"),
        pytest.param(json.dumps({"taskDefinition": DEFINITION}), id="a wrapper"),
        pytest.param(json.dumps({"taskDefinition": DEFINITION, "tags": None}), id="a wrapper with null"),
        pytest.param(
            json.dumps({"taskDefinition": DEFINITION, "ResponseMetadata": {"RequestId": "1"}}),
            id="an answer of boto3",
        ),
        pytest.param(json.dumps(DEFINITION).encode("utf-16"), id="UTF-16 with its mark"),
    ],
)
def test_a_definition_is_read_from_a_file(text: str | bytes) -> None:
    inline = compiled(json.dumps({"task_definition": DEFINITION, "command": ["echo"]}))

    result = compiled(MANIFEST, taskdef__json=text)

    assert result.diagnostics == ()
    assert request_of(result) == request_of(inline)


def test_the_plan_holds_what_was_read() -> None:
    result = compiled(MANIFEST, taskdef__json=json.dumps(DEFINITION))

    assert result.plan is not None
    [job] = result.plan.jobs
    assert job.spec["task_definition"]["containerDefinitions"] == DEFINITION["containerDefinitions"]
    again = recompile(job, Observed())
    assert again.plan is not None
    assert again.plan.jobs[0].definition.request == job.definition.request


@pytest.mark.parametrize("file", ["job.yaml", "jobs/nightly/job.yaml"])
def test_what_is_wrong_is_located_in_the_file(file: str) -> None:
    container = '    {"name": "app", "imag": "a", "cpu": "x"}'
    text = f'{{\n  "family": "report",\n  "containerDefinitions": [\n{container}\n  ]\n}}'

    found = compiled(MANIFEST, file=file, taskdef__json=text).diagnostics

    folder = file.removesuffix("job.yaml")
    assert [(each.path, each.line, each.column, each.rule) for each in found] == [
        (f"{folder}taskdef.json", 4, 21, "unknown-key"),
        (f"{folder}taskdef.json", 4, 41, "wrong-type"),
    ]
    assert found[0].location.excerpt == container
    assert found[0].location.pointer == "/task_definition/containerDefinitions/0/imag"


def test_a_name_on_standard_input_is_not_relative_to_a_folder() -> None:
    found = compiled(MANIFEST, file="-", taskdef__json="{").diagnostics

    assert [each.path for each in found] == ["taskdef.json"]


def test_a_file_is_read_once_and_under_its_name() -> None:
    read: list[str] = []

    def note(name: str) -> str:
        read.append(name)
        return json.dumps(DEFINITION)

    jobs = "jobs:\n  a: {task_definition: ../t.json}\n  b: {task_definition: ../t.json, family: b}\n"

    result = compile_manifest(f"{jobs}---\nname: c\ntask_definition: ../t.json\n", file="x/j.yaml", read=note)

    assert read == ["../t.json"]
    assert result.plan is not None
    assert [job.definition.family for job in result.plan.jobs] == ["report", "b", "report"]


def test_equal_problems_of_jobs_that_share_a_file_are_reported_once() -> None:
    text = "defaults: {task_definition: taskdef.json, image: alpine}\njobs: {a: {}, b: {}, c: {}}\n"

    assert said(compiled(text, taskdef__json='{"famly": "x", "volumes": [1]}')) == [
        "taskdef.json:1:2 unknown-key",
        "taskdef.json:1:28 wrong-type",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "defaults: {task_definition: t.yaml}\njobs: {a: {task_definition: {cpu: '512', memory: '1024'}}}",
            {"family": "report", "cpu": "512"},
            id="a mapping over a file",
        ),
        pytest.param(
            "defaults: {task_definition: {cpu: '512', memory: '1024'}}\njobs: {a: {task_definition: t.yaml}}",
            {"family": "report", "cpu": "512"},
            id="a file over a mapping",
        ),
        pytest.param(
            "defaults: {task_definition: t.yaml}\njobs: {a: {task_definition: u.yaml}}",
            {"family": "other", "cpu": "256"},
            id="a file over a file",
        ),
        pytest.param(
            "defaults: {task_definition: missing.yaml}\njobs: {a: {task_definition: null, image: a}}",
            {"family": "a", "cpu": "1024"},
            id="null over a file, which is not read",
        ),
        pytest.param(
            "task_definition: t.yaml\nimage: busybox:1\nfamily: mine\n"
            "task_definition_customizations: [{op: add, path: /cpu, value: '2048'},"
            " {op: add, path: /memory, value: '4096'}]",
            {"family": "mine", "cpu": "2048"},
            id="keys and a patch over a file",
        ),
    ],
)
def test_layers(text: str, expected: dict[str, object]) -> None:
    result = compiled(
        text, t__yaml=YAML_TEXT, u__yaml="family: other\ncpu: '256'\nmemory: '512'\n" + YAML_TEXT[15:]
    )

    request = request_of(result)
    assert {name: request[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, "job.yaml:1:18 definition-file", id="no such file"),
        pytest.param({"taskdef__json": ""}, "job.yaml:1:18 definition-file", id="an empty file"),
        pytest.param(
            {"taskdef__json": '// made by CI\n{"family":"a"}'},
            "taskdef.json:1:1 definition-file",
            id="a comment of JavaScript before it",
        ),
        pytest.param({"taskdef__json": "# x"}, "job.yaml:1:18 definition-file", id="nothing but a comment"),
        pytest.param({"taskdef__json": "[]"}, "taskdef.json:1:1 definition-file", id="an empty list"),
        pytest.param({"taskdef__json": "text"}, "taskdef.json:1:1 definition-file", id="a text"),
        pytest.param({"taskdef__json": '{"family": '}, "taskdef.json:1:12 yaml-syntax", id="half of it"),
        pytest.param({"taskdef__json": b"\x00\x01" * 99}, "taskdef.json:1:1 control-character", id="binary"),
        pytest.param(
            {"taskdef__json": b"#\n# caf\xe9\nfamily: a"}, "taskdef.json:2:6 encoding", id="not UTF-8"
        ),
        pytest.param({"taskdef__json": " " * (11 * 2**20)}, "taskdef.json:1:1 too-large", id="11 MiB"),
        pytest.param({"taskdef__json": "{family: a}\n---\n{}"}, "taskdef.json:3:1 definition-file", id="two"),
        pytest.param(
            {"taskdef__json": "{{- if .Values.on }}\nfamily: a\n{{- end }}\n"},
            "taskdef.json:1:1 definition-file",
            id="a template of Helm",
        ),
        pytest.param({"taskdef__json": "image: alpine"}, "taskdef.json:1:1 definition-file", id="a manifest"),
        pytest.param(
            {"taskdef__json": json.dumps([DEFINITION])},
            "taskdef.json:1:1 definition-file",
            id="a list of them",
        ),
        pytest.param(
            {"taskdef__json": '{"services": [{"serviceArn": "x"}], "failures": []}'},
            "taskdef.json:1:1 definition-file",
            id="an answer of DescribeServices",
        ),
        pytest.param(
            {"taskdef__json": "services: {web: {image: nginx}}"},
            "taskdef.json:1:1 definition-file",
            id="a Docker Compose file",
        ),
        pytest.param(
            {"taskdef__json": '{"family": "a", "cpu": .inf}'},
            "taskdef.json:1:24 number-out-of-range",
            id="a number that JSON cannot hold",
        ),
    ],
)
def test_a_file_that_holds_no_definition(files: dict[str, Any], expected: str) -> None:
    assert said(compiled(f"{MANIFEST}image: alpine\n", **files)) == [expected]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(IsADirectoryError(21, "Is a directory"), "Is a directory", id="a directory"),
        pytest.param(PermissionError(13, "Permission denied"), "Permission denied", id="not allowed"),
        pytest.param(OSError("no reason"), "no reason", id="an error without a number"),
        pytest.param(UnicodeDecodeError("utf-8", b"\xe9", 0, 1, "x"), "it is not UTF-8", id="decoding"),
    ],
)
def test_a_file_that_cannot_be_read(error: Exception, expected: str) -> None:
    def read(name: str) -> str:
        raise error

    [found] = compile_manifest(MANIFEST, file="job.yaml", read=read).diagnostics

    assert (found.line, found.column, found.rule) == (1, 18, "definition-file")
    assert found.message == f"cannot read `taskdef.json`: {expected}"


def test_without_a_reader_a_name_is_an_error() -> None:
    [found] = compile_manifest(MANIFEST, file="job.yaml").diagnostics

    assert (found.line, found.column, found.rule) == (1, 18, "definition-file")
    assert "files cannot be read here" in found.message


@pytest.mark.parametrize("name", ['""', '" "', r'"a\0b"', "|\n  {family: a}", '"{}"', f'"{"x" * 5000}"'])
def test_a_text_that_names_no_file_is_not_read(name: str) -> None:
    def read(name: str) -> str:
        raise AssertionError(name)

    found = compile_manifest(f"image: alpine:3\ntask_definition: {name}\n", file="job.yaml", read=read)

    assert [each.rule for each in found.diagnostics] in (["definition-file"], ["control-character"])
    assert found.plan is None


def test_many_jobs_share_a_large_file_within_bounds() -> None:
    large = json.dumps({**DEFINITION, "placementConstraints": [{"type": "x"}] * 50_000})
    jobs = "".join(f"  j{each}: {{}}\n" for each in range(30))

    found = read_manifest(
        f"defaults: {{task_definition: t.json}}\njobs:\n{jobs}", file="j.yaml", read=lambda _: large
    )

    assert {each.rule for each in found.diagnostics} == {"too-large"}


def test_secrets_of_the_file_are_masked() -> None:
    text = (
        '{"family": "a", "containerDefinitions": [{"name": "app", "image": "alpine:3", "x": 1, "environment":'
    )
    text += ' [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}]}]}'

    found = compiled(MANIFEST, taskdef__json=text).diagnostics

    assert {each.rule for each in found} == {"unknown-key", "env-secret"}
    assert not any("hunter2" in f"{each.message}{each.location.excerpt}" for each in found)


@pytest.mark.parametrize(
    ("wrapped", "tags"),
    [
        pytest.param({"taskDefinition": DEFINITION}, None, id="without tags"),
        pytest.param({"taskDefinition": {"taskDefinition": DEFINITION}}, None, id="wrapped twice"),
        pytest.param({"taskDefinition": DEFINITION, "tags": []}, [], id="no tags"),
        pytest.param(
            {"taskDefinition": DEFINITION, "tags": [{"key": "team", "value": "data"}]},
            [{"key": "team", "value": "data"}],
            id="tags",
        ),
    ],
)
def test_a_pasted_answer(wrapped: dict[str, object], tags: object) -> None:
    result = compiled(json.dumps({"task_definition": wrapped}))

    assert result.diagnostics == ()
    assert request_of(result)["family"] == "report"
    assert request_of(result).get("tags") == tags


def test_members_of_a_pasted_answer_are_located_where_they_stand() -> None:
    inner = "family: a\n    revision: 7\n    famly: b\n    status: ACTIVE\n"
    text = f"task_definition:\n  taskDefinition:\n    {inner}"

    result = compiled(f"image: alpine:3\n{text}  tags: [{{key: a, valu: b}}]\n")

    assert said(result) == [
        "job.yaml:5:5 output-only-member",
        "job.yaml:6:5 unknown-key",
        "job.yaml:8:19 unknown-key",
    ]
    assert (
        result.diagnostics[0].message == "ECS returns revision and status but does not accept them: ignored"
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param({"services": [{"serviceArn": "a"}]}, "a DescribeServices response", id="services"),
        pytest.param([DEFINITION, DEFINITION], "a list of task definitions", id="definitions"),
        pytest.param(DEFINITION["containerDefinitions"], "a list of container definitions", id="containers"),
        pytest.param({"cluster": "c", "taskDefinition": "report:1"}, "a RunTask request", id="RunTask"),
    ],
)
def test_a_pasted_document_of_another_kind(value: object, name: str) -> None:
    [found] = compiled(json.dumps({"task_definition": value, "image": "alpine:3"})).diagnostics

    assert (found.rule, found.message) == ("definition-file", f"this is {name}, not a task definition")
