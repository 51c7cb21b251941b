"""JSON as a manifest or in one: what YAML reads differently, and what is almost JSON."""

import json

import pytest
from yaml_readers import READERS, Reader

from ecsplan.compile import compile_manifest
from ecsplan.source.read import read_manifest

FACE = "\U0001f600"


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param(r'{"env": {"A": "\ud83d\ude00"}}', FACE, id="a pair"),
        pytest.param(r'{"env": {"A": "\uD83D\uDE00"}}', FACE, id="in capitals"),
        pytest.param(r'{"env": {"A": "x\ud83d\ude00y\ud83d\ude00"}}', f"x{FACE}y{FACE}", id="two pairs"),
        pytest.param(r'{"env": {"A": "\ud800\udc00\udbff\udfff"}}', "\U00010000\U0010ffff", id="bounds"),
        pytest.param(r'env: {A: "\ud83d\ude00"}', FACE, id="in YAML"),
        pytest.param(r'{"env": {"A": "\\ud83d\\ude00"}}', r"\ud83d\ude00", id="escaped backslashes"),
        pytest.param(r'{"env": {"A": "\\\ud83d\ude00"}}', f"\\{FACE}", id="after an escaped backslash"),
        pytest.param(r"env: {A: '\ud83d\ude00'}", r"\ud83d\ude00", id="in single quotes"),
        pytest.param("env:\n  A: |-\n    \\ud83d\\ude00 ok?\n", r"\ud83d\ude00 ok?", id="in a block"),
        pytest.param(r'env: {"A": a:\ud83d\ude00?}', r"a:\ud83d\ude00?", id="in plain text"),
    ],
)
def test_surrogate_pairs(read: Reader, text: str, meant: str) -> None:
    manifest = read(text, file="job.yaml")

    assert manifest.diagnostics == ()
    assert manifest.jobs[0].data["env"] == {"A": meant}


def test_keys_and_whole_documents_of_json_dumps() -> None:
    data = {
        "env": {"A": f"{FACE} x: y?", "B": "\u20ac\\"},
        "labels": {f"k{FACE}": "v"},
        "command": ["a:b", "?"],
    }

    assert read_manifest(json.dumps(data), file="job.json").jobs[0].data == data


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("text", "column"),
    [
        (r'{"env": {"A": "\ud83d"}}', 16),
        (r'{"env": {"A": "xx\ud83d\\ude00"}}', 18),
        (r'{"env": {"A": "\ude00\ud83d"}}', 16),
        (r'{"env": {"A": "\ud83d\ud83d\ude00"}}', 16),
    ],
)
def test_half_of_a_pair_is_an_error_where_it_stands(read: Reader, text: str, column: int) -> None:
    [found] = read(text, file="job.yaml").diagnostics

    assert (found.rule, found.line, found.column) == ("yaml-syntax", 1, column)
    assert "is an unpaired surrogate" in found.message


def test_places_after_a_pair_and_within_a_patch_in_json() -> None:
    patch = json.dumps([{"op": "add", "path": "/group", "value": FACE}, {"op": "ad", "path": "/x"}])

    [found] = compile_manifest(
        json.dumps({"image": "alpine:3", "task_customizations": patch}), file="a.json"
    ).diagnostics

    assert found.rule == "patch"
    assert found.location.excerpt[found.column - 1 :].startswith('\\"ad\\"')


COMMENT = "JavaScript"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param('{\n "image": "alpine:3", // x\n "cpu": 256\n}', (2, 23), id="after a value"),
        pytest.param('{\n // x\n "image": "alpine:3"\n}', (2, 2), id="on a line of its own"),
        pytest.param('{\n "image": "alpine:3", /* x */\n "cpu": 256\n}', (2, 23), id="of stars"),
        pytest.param('// x\n{"image": "alpine:3"}', (1, 1), id="before the document"),
        pytest.param('/* x */\n{\n "image": "alpine:3"}', (1, 1), id="of stars before the document"),
        pytest.param('{\n "image": "alpine:3",\n "cpu": 256 // x\n}', (3, 9), id="that reads as text"),
        pytest.param('{"image": "a",\n "command": ["a", // x\n "b"]}', (2, 19), id="that reads as an item"),
        pytest.param('{\n "image": "alpine:3",\n // "cpu": 256\n}', (3, 2), id="that reads as a key"),
        pytest.param('{"image": "alpine:3", /* x */ "cpu": 256}', (1, 23), id="before a key"),
        pytest.param('{\n "image": "alpine:3", // x\n}', (2, 23), id="after the last comma"),
        pytest.param('task_definition: {\n "family": "a", // x\n "cpu": "1"\n}', (2, 17), id="in YAML"),
        pytest.param('{"image": "http://a", // x\n "cpu": 256}', (1, 23), id="after an address"),
    ],
)
def test_comments_of_javascript(text: str, place: tuple[int, int]) -> None:
    [found] = compile_manifest(text, file="job.yaml").diagnostics

    assert (found.rule, found.line, found.column) == ("yaml-syntax", *place)
    assert COMMENT in found.message
    assert "#" in found.help


@pytest.mark.parametrize(
    "text",
    [
        '{"image": "alpine:3", "command": ["echo", "// x", "/* y"]}',
        "image: alpine:3\ncommand: [echo, //, /*, a // b]\n",
        "image: alpine:3\nenv: {A: https://x, B: /*}\n",
        '{"image": "alpine:3", "env": {"A": "s3://b//c"}}',
        '{"image": "alpine:3", "env": {"//": "a", "/*": "b"}}',
        "image: alpine:3\nlabels: {//a: b}\n",
    ],
)
def test_what_is_no_comment(text: str) -> None:
    assert compile_manifest(text, file="job.yaml").diagnostics == ()


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param('task_definition:\n{\n "family": "a"\n}', (2, 1), "not indented", id="at column 1"),
        pytest.param("image: a\ntask_customizations: # x\n\n[\n]\n", (4, 1), "not indented", id="a list"),
        pytest.param(
            "jobs:\n  a:\n    task_definition:\n    {\n    }\n", (4, 5), "not indented", id="deeper"
        ),
        pytest.param("image: a\n{\n}\n", (2, 1), "a bracket where a key is expected", id="below no key"),
        pytest.param('"image": "a",\n"cpu": 256\n', (1, 13), "a comma between keys", id="without braces"),
        pytest.param('{"image": "a"}\ncpu: 256\n', (2, 1), "after the brace", id="YAML after JSON"),
        pytest.param('{"image": "a",, "cpu": 256}', (1, 15), "nothing before it", id="two commas"),
    ],
)
def test_half_json_half_yaml(text: str, place: tuple[int, int], message: str) -> None:
    [found] = compile_manifest(text, file="job.yaml").diagnostics

    assert (found.rule, found.line, found.column) == ("yaml-syntax", *place)
    assert message in found.message
    assert found.help
