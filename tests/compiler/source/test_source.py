"""Reading manifests: what YAML means here, how `defaults:` merge, and every rule of reading."""

import tracemalloc
from typing import Any

import pytest
from places import ROOT

from ecsplan.source.read import Manifest, read_manifest
from ecsplan.source.reading_rules import SOURCE_RULES, SourceRule
from ecsplan.terms.json_types import MAX_DIGITS
from ecsplan.yaml.decode import MAX_BYTES
from ecsplan.yaml.file_problems import MAX_PROBLEMS


def read(text: str | bytes, file: str = "manifests/etl.yaml") -> Manifest:
    return read_manifest(text, file=file)


def data(text: str) -> list[dict[str, Any]]:
    manifest = read(text)
    assert manifest.diagnostics == ()
    return [job.data for job in manifest.jobs]


def problems(text: str | bytes) -> list[tuple[str, int, int]]:
    return [(each.rule, each.location.line, each.location.column) for each in read(text).diagnostics]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("=", "="),
        ("<<", "<<"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("+7", 7),
        ("-7", -7),
        ("1.10", 1.1),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
        ("1.2.3", "1.2.3"),
        (".", "."),
        ("1e", "1e"),
        ("\u0661", "\u0661"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRue", "tRue"),
        ("9" * MAX_DIGITS, int("9" * MAX_DIGITS)),
        ("'1'", "1"),
        ('"true"', "true"),
        ('"a\\tb\\u263a"', "a\tb☺"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!int '1'", 1),
        ("!!float 1", 1.0),
        ("!!bool true", True),
        ("!<tag:yaml.org,2002:str> 1", "1"),
        ("[a, [b]]", ["a", ["b"]]),
        ("[curl, http://a.example/x?y=1&z, alpine:3]", ["curl", "http://a.example/x?y=1&z", "alpine:3"]),
        ("[arn:aws:s3:::b, c::d]", ["arn:aws:s3:::b", "c::d"]),
        ("{a: b:c?, \"d\":1, 'e':f:g}", {"a": "b:c?", "d": 1, "e": "f:g"}),
        ("\ue000a:b", "\ue000a:b"),
        ('[a:b, "\\ue000 \\U0000E001 \\uE002"]', ["a:b", "\ue000 \ue001 \ue002"]),
        ("|-\n  a:b?\n  c", "a:b?\nc"),
        (">-\n  a\n  b\n\n  c", "a b\nc"),
        ("[null, ~, {a: null}]", [None, None, {}]),
    ],
)
def test_yaml_1_2(written: str, meant: object) -> None:
    [job] = data(f"key: {written}\n")

    assert job == {"key": meant}
    assert type(job["key"]) is type(meant)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}, id="alias"),
        pytest.param("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}, id="an anchor set again"),
        pytest.param(
            "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}
        ),
        pytest.param(
            "d: {c: 3, <<: {b: 1, c: 2}}\n", {"d": {"b": 1, "c": 3}}, id="own keys win wherever they are"
        ),
        pytest.param("d: {<<: [{a: 1}, {a: 2, b: 2}]}\n", {"d": {"a": 1, "b": 2}}, id="earlier mappings win"),
        pytest.param(
            "d: {<<: {a: {x: 1}}, a: {y: 2}}\n", {"d": {"a": {"y": 2}}}, id="merge keys merge one level"
        ),
        pytest.param("d: {'<<': 1}\n", {"d": {"<<": 1}}, id="a quoted << is a key"),
        pytest.param("d: {<<: {<<: {a: 1}, b: 2}}\n", {"d": {"b": 2, "a": 1}}, id="merge within merge"),
        pytest.param("a: null\nb: {c: ~, d: }\n", {"b": {}}, id="null is not set"),
        pytest.param("env: {A: null, B: }\n", {"env": {"A": None, "B": None}}, id="null in env is a value"),
        pytest.param("launch_type: null\n", {"launch_type": None}, id="so is a null launch type"),
        pytest.param("x: {launch_type: null, env: {A: null}}\n", {"x": {"env": {}}}, id="only a job's own"),
        pytest.param("env: null\n", {}, id="no env"),
        pytest.param(
            "env: {A: .inf, B: 1e999}\n", {"env": {"A": ".inf", "B": "1e999"}}, id="any number in env"
        ),
        pytest.param("{}\n", {}, id="a job that says nothing"),
    ],
)
def test_mappings(text: str, expected: dict[str, object]) -> None:
    assert data(text) == [expected]


MERGES = """\
defaults:
  image: alpine:3
  cpu: 256
  env: {A: 1, B: 2, C: null}
  command: [a, b]
  launch_type: EC2
  aws: {region: eu-west-1, profile: ci}
  task_definition: {runtimePlatform: {cpuArchitecture: ARM64}}
jobs:
  plain: {}
  other:
    env: {B: null, D: 4}
    command: [null]
    cpu: null
    launch_type: null
    aws: {profile: null}
    task_definition: {runtimePlatform: {operatingSystemFamily: LINUX}, volumes: [{name: null}]}
  flat:
    env: null
    aws: none
    task_definition: []
"""


def test_defaults_lie_under_every_job() -> None:
    defaults = {
        "image": "alpine:3",
        "cpu": 256,
        "env": {"A": 1, "B": 2, "C": None},
        "command": ["a", "b"],
        "launch_type": "EC2",
        "aws": {"region": "eu-west-1", "profile": "ci"},
        "task_definition": {"runtimePlatform": {"cpuArchitecture": "ARM64"}},
    }
    platform = {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    other = {
        "image": "alpine:3",
        "env": {"A": 1, "B": None, "C": None, "D": 4},
        "command": [None],
        "launch_type": None,
        "aws": {"region": "eu-west-1"},
        "task_definition": {"runtimePlatform": platform, "volumes": [{}]},
    }
    flat = {
        "image": "alpine:3",
        "cpu": 256,
        "command": ["a", "b"],
        "launch_type": "EC2",
        "aws": "none",
        "task_definition": [],
    }

    assert data(MERGES) == [defaults, other, flat]
    assert [job.unset for job in read(MERGES).jobs] == [
        (),
        ("/cpu", "/aws/profile", "/task_definition/volumes/0/name"),
        ("/env",),
    ]


def test_jobs_share_no_data() -> None:
    first, second = data("defaults: {aws: {region: x}}\njobs: {a: {}, b: {}}\n")

    first["aws"]["region"] = "y"

    assert second == {"aws": {"region": "x"}}


@pytest.mark.parametrize(
    ("text", "file", "names"),
    [
        pytest.param("image: a\n", "manifests/nightly.etl.yaml", ["nightly.etl"], id="the file's stem"),
        pytest.param("image: a\n", "-", ["stdin"], id="standard input"),
        pytest.param("image: a\n", "<stdin>", ["stdin"], id="standard input by its other name"),
        pytest.param("name: b\n", "a.yaml", ["b"], id="name"),
        pytest.param("name: 5\n", "a.yaml", ["a"], id="a name that is none"),
        pytest.param("jobs: {a: {}, b: {name: c}}\n", "m.yaml", ["a", "c"], id="keys of jobs, or name"),
        pytest.param(
            "---\nname: a\n---\njobs: {b: {}, c: {}}\n---\n---\n{}\n", "d.yaml", ["a", "b", "c", "d"]
        ),
    ],
)
def test_names(text: str, file: str, names: list[str]) -> None:
    manifest = read(text, file)

    assert [job.name for job in manifest.jobs] == names
    assert manifest.diagnostics == ()


def test_a_job_knows_where_it_begins_and_is_named() -> None:
    text = "# two jobs\njobs:\n  a:\n    image: x\n  b:\n    image: x\n    name: c\n---\n\nimage: y\n"

    jobs = read(text, "-").jobs
    names = [job.locate("/name") for job in jobs]

    assert [(job.path, job.line) for job in jobs] == [("<stdin>", 3), ("<stdin>", 5), ("<stdin>", 10)]
    assert [(each.line, each.column) for each in names] == [(3, 3), (7, 11), (10, 1)]


def test_a_scalar_as_it_is_written() -> None:
    text = "env: {A: 1.10, B: 010, C: 1_000, D: 0x1F, E: 1e3, F: '1.0', G: true, H: &x 1.50, I: *x, J: [1]}\n"
    [job] = read(text).jobs

    written = [job.text_of(f"/env/{name}") for name in "ABCDEFGHIJK"]

    assert written == ["1.10", "010", "1_000", "0x1F", "1e3", "1.0", "true", "1.50", "1.50", None, None]


def example(rule: SourceRule) -> str | bytes:
    match rule.name:
        case "too-large":
            return "a: " + "b" * MAX_BYTES
        case "too-many-problems":
            return "a: 1\n" * (MAX_PROBLEMS + 2)
        case _:
            return rule.example


@pytest.mark.parametrize("rule", SOURCE_RULES, ids=lambda rule: rule.name)
def test_each_rule_has_an_example_that_breaks_it_alone(rule: SourceRule) -> None:
    if rule.name == "env-file-duplicate":
        manifest = read_manifest("image: a\nenv_file: b\n", file="c.yaml", read=lambda _: "D=1\nD=2\n")
    else:
        manifest = read(example(rule))
    found = manifest.diagnostics

    others = {"duplicate-key"} if rule.name == "too-many-problems" else set()
    assert {each.rule for each in found} - others == {rule.name}
    assert all(each.message and each.help and each.severity == rule.severity for each in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", [("duplicate-key", 5, 3)], id="duplicate below"),
        pytest.param("a: {<<: {b: 1}, <<: {c: 1}}\n", [("duplicate-key", 1, 17)], id="two merge keys"),
        pytest.param("a: 1\n? a\n: 2\n", [("duplicate-key", 2, 3)], id="duplicate with a question mark"),
        pytest.param(
            "a: {true: 1, null: 2, ~: 3, 1.5: 4}\n", [("non-string-key", 1, c) for c in (5, 14, 23, 29)]
        ),
        pytest.param("a: {{ image }}\n", [("non-string-key", 1, 5)], id="a template that needs quotes"),
        pytest.param("? [a]\n: 1\n", [("non-string-key", 1, 3)], id="a list as key"),
        pytest.param("a: *b\nb: &b 1\n", [("undefined-alias", 1, 4)], id="alias before anchor"),
        pytest.param("a: &b 1\n---\na: *b\n", [("undefined-alias", 3, 4)], id="anchor of another document"),
        pytest.param("a: &b\n  c: {<<: *b}\n", [("recursive-alias", 2, 11)], id="recursive merge"),
        pytest.param("a: {<<: [1, {}]}\n", [("merge-key", 1, 10)], id="merge of a number"),
        pytest.param("a: &x !!set {b}\n", [("unsafe-tag", 1, 7)], id="a tag behind an anchor"),
        pytest.param("a: !!map [b]\n", [("unsafe-tag", 1, 4)], id="the tag of another kind"),
        pytest.param("a: !!python/object/apply:os.system [ls]\n", [("unsafe-tag", 1, 4)], id="python"),
        pytest.param("a: !!binary aGk=\n", [("unsafe-tag", 1, 4)], id="binary"),
        pytest.param(
            "a: !!int 1.5\nb: !!null x\n", [("tag-mismatch", 1, 10), ("tag-mismatch", 2, 11)], id="tags"
        ),
        pytest.param(
            "a: [1, -.inf]\nb: &x .nan\n", [("number-out-of-range", 1, 8), ("number-out-of-range", 2, 7)]
        ),
        pytest.param(
            f"a: {'1' * (MAX_DIGITS + 1)}\n", [("number-out-of-range", 1, 4)], id="one digit too many"
        ),
        pytest.param(
            f"a: {'1' * 5000}\n", [("number-out-of-range", 1, 4)], id="more digits than Python reads"
        ),
        pytest.param(f"a: 0x{'f' * 5000}\n", [("number-out-of-range", 1, 4)], id="more in hexadecimal"),
        pytest.param("", [("empty-manifest", 1, 1)], id="nothing"),
        pytest.param("\n# a\n---\n...\n---\n", [("empty-manifest", 1, 1)], id="empty documents"),
        pytest.param("image:alpine\n", [("not-a-mapping", 1, 1)], id="a text"),
        pytest.param('// x\n{"image":"a"}\n', [("yaml-syntax", 1, 1)], id="a comment of JavaScript"),
        pytest.param("# a\nnull\n", [("not-a-mapping", 2, 1)], id="null"),
        pytest.param("%YAML 1.2\n---\na: no\n", [], id="YAML 1.2 asked for"),
        pytest.param("a: 1\nb: \x00\n\x7fc: 2\n", [("control-character", 2, 4), ("control-character", 3, 1)]),
        pytest.param("a: \ud800\n", [("control-character", 1, 4)], id="half a surrogate"),
        pytest.param("a: x\u2028b\n", [("control-character", 1, 5)], id="a line separator"),
        pytest.param("jobs: 1\n", [("jobs-not-a-mapping", 1, 7)], id="jobs a number"),
        pytest.param("jobs:\n", [("jobs-not-a-mapping", 1, 1)], id="jobs nothing"),
        pytest.param(
            "jobs: {a: 1, b: [], c: }\n", [("job-not-a-mapping", 1, c) for c in (11, 17, 21)], id="jobs"
        ),
        pytest.param("defaults:\njobs: {a: {}}\n", [], id="no defaults"),
        pytest.param(
            "a: 1\na: 2\nb: @\n", [("duplicate-key", 2, 1), ("yaml-syntax", 3, 4)], id="before an error"
        ),
        pytest.param("default: {}\njobs: {a: {}}\n", [("jobs-unknown-key", 1, 1)], id="a slip beside jobs"),
        pytest.param(
            "a: @x\n---\nb: 1\n---\nc: 'x\n", [("yaml-syntax", 1, 4), ("yaml-syntax", 5, 4)], id="each"
        ),
    ],
)
def test_problems(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert problems(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "words", "help_text"),
    [
        ("arn: arn:aws:iam::\n", (1, 18), "cannot end in a colon", 'quote the ARN: "arn:aws:iam::"'),
        ("a: b: c\n", (1, 5), "is read as another key", "put the value in quotes"),
        (
            "image:alpine\nb: 1\n",
            (2, 2),
            "`image:` on the line before has no space",
            "write `image: ` with a space",
        ),
        ("image: alpine\ncpu 256\n", (2, 1), "not a `key: value`", "a colon and a space"),
        ("a:\n- b\n-c\n", (3, 1), "a dash without a space", "write `- `"),
        ("a:\n  - b\n  -c\n", (3, 3), "a dash without a space", "write `- `"),
        ("a:\r\n  - b\r\n\r\n  # d\r\n  -c\r\n", (5, 3), "a dash without a space", "write `- `"),
        ("a: 1\n\tb: 2\n", (2, 1), "a tab where", "indent with spaces"),
        ("a: 'b\nc: 2\n", (1, 4), "single quote is never closed", "twice"),
        ('a: "b\nc: 2\n', (1, 4), "double quote is never closed", 'close it with "'),
        ("a: [1, 2\n", (1, 4), "the [ is never closed", "close it with ]"),
        (
            "a: [1, 2\nb: 3\n",
            (1, 4),
            "the [ is still open where something else begins",
            "comma",
        ),
        ('a: ["b" "c"]\n', (1, 9), "a comma or ]", "commas"),
        ("a: [\n  - b\n]\n", (2, 3), "a list with dashes within", "[ITEM, ITEM]"),
        ('{"a": 1,\n"b":\n  - c: d\n}\n', (3, 3), "a list with dashes within", "[ITEM, ITEM]"),
        ("a: [b, ${C}]\n", (1, 8), "an unquoted placeholder", "put it in quotes"),
        (
            'a: {"x": "${y}",\n  "port": ${port}\n}\n',
            (2, 11),
            "an unquoted placeholder",
            "put it in quotes",
        ),
        ("a: {b: ${C}, d: 'it''s'}\n", (1, 8), "an unquoted placeholder", "quotes"),
        ("a: {b: 1\n", (1, 4), "the { is never closed", "close it with }"),
        ("a: *.txt\n", (1, 4), "an asterisk (*)", "quotes"),
        ("a: @b\n", (1, 4), "an at sign (@)", "quotes"),
        ("a: `b`\n", (1, 4), "a backtick (`)", "quotes"),
        ("a: %b\n", (1, 4), "a percent sign (%)", "quotes"),
        ('a: "\\d"\n', (1, 5), "not a valid YAML escape", "backslash twice"),
        ('a: "b" c\n', (1, 8), "does not continue", "inside the quotes"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "does not continue", "indent it like its neighbours"),
        ("a: 1\n  b: 2\n", (2, 4), "deeper than the one before", "indent both keys alike"),
        ("a: - b\n", (1, 4), "list with dashes", "a line of its own"),
        ("a: [b:, c]\n", (1, 6), "a colon inside brackets", "quotes"),
    ],
)
def test_syntax_errors_say_what_to_write(
    text: str, place: tuple[int, int], words: str, help_text: str
) -> None:
    [found] = read(text).diagnostics

    assert (found.rule, found.location.line, found.location.column) == ("yaml-syntax", *place)
    assert words in found.message
    assert help_text in found.help


def test_good_jobs_come_with_the_problems_of_others() -> None:
    text = (
        "jobs:\n  a: {image: x}\n  b: {image: *y}\n  c: []\n  d: {image: z, image: z}\n"
        "---\n@\n---\nimage: w\n"
    )
    manifest = read(text)

    assert [(job.name, job.data) for job in manifest.jobs] == [
        ("a", {"image": "x"}),
        ("d", {"image": "z"}),
        ("etl", {"image": "w"}),
    ]
    assert [each.rule for each in manifest.diagnostics] == [
        "undefined-alias",
        "job-not-a-mapping",
        "duplicate-key",
        "yaml-syntax",
    ]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(codec: str, line_end: str) -> None:
    manifest = read(f"# größe{line_end}env: {{😀: ü, b: *x}}{line_end}".encode(codec))

    [found] = manifest.diagnostics
    assert (found.location.line, found.location.column) == (2, 16)
    assert found.location.excerpt == "env: {😀: ü, b: *x}"


def test_bytes_that_are_no_text() -> None:
    assert problems(b"a: 1\nb: \xc3\xa9\xff, \xff\n")[0] == ("encoding", 2, 5)
    [found] = read(bytes(range(256)) * 4).diagnostics
    assert found.message.startswith("this is not a text file: ")


DEEP = ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "a: &a [" + "[" * 100_000]


@pytest.mark.parametrize("text", DEEP, ids=lambda text: text[:4])
def test_deep_nesting_is_refused(text: str) -> None:
    assert [rule for rule, _, _ in problems(text)] == ["yaml-too-deep"]


@pytest.mark.parametrize(("levels", "expected"), [(62, []), (63, ["yaml-too-deep"])])
def test_aliases_count_as_deep_as_what_they_stand_for(levels: int, expected: list[str]) -> None:
    chain = "\n".join(f"a{level}: &a{level} [*a{level - 1}]" for level in range(1, levels + 1))

    assert [rule for rule, _, _ in problems(f"a0: &a0 [x]\n{chain}\n")] == expected


BOMBS = {
    "lists": "a0: &a0 [x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 40)),
    "merges": "a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\n"
    + "".join(f"a{n}: {{<<: [{', '.join(['*a0'] * 100)}]}}\n" for n in range(1, 1000)),
    "defaults": "defaults: {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\njobs:\n"
    + "".join(f"  j{n}: {{}}\n" for n in range(2000)),
}  # fmt: skip


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused_before_they_expand(text: str) -> None:
    tracemalloc.start()
    try:
        found = problems(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [rule for rule, _, _ in found] == ["alias-bomb"]
    assert peak < 200 * len(text) + 2**20


MANY = {
    "merged mappings": "a:\n  <<: [" + ", ".join(f"{{k{n}: 1}}" for n in range(30_000)) + "]\n",
    "keys and doubles": "".join(f"k{n}: 1\n" for n in range(30_000)) * 2,
    "documents": "a: 1\n---\n" * 30_000,
    "unreadable documents": "@\n---\n" * 30_000,
    "brackets that do not match": "a: [}\n" * 30_000,
    "anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(30_000)),
    "unknown anchors": "a: [" + "*b, " * 30_000 + "]\n",
    "quotes": "a: '" + "''" * 100_000 + "'\n",
    "blank lines": "a: b\n" + " \n" * 100_000 + "c: d\n",
    "exclamation marks": "a: " + "!" * 100_000 + "\n",
    "ampersands": "a: " + "&a " * 100_000 + "\n",
    "keys without values": "? " + "? a\n" * 30_000,
}


@pytest.mark.parametrize("text", MANY.values(), ids=MANY.keys())
def test_much_of_anything_is_read_in_time(text: str) -> None:
    manifest = read(text)

    assert manifest.jobs or manifest.diagnostics
    assert len(manifest.diagnostics) <= MAX_PROBLEMS + 1


def test_a_line_of_ten_mebibytes() -> None:
    start = "image: alpine\ncommand: [" + "word, " * 20
    text = start + "x" * (MAX_BYTES - len(start) - 10) + ", *nope]\n"

    [found] = read(text.encode()).diagnostics

    assert (found.rule, found.location.line, len(found.location.excerpt)) == ("undefined-alias", 2, 160)
    index = found.location.column - 1 - found.location.skipped
    assert found.location.excerpt[index : index + found.location.width] == "*nope"


def test_worked_manifests_are_read() -> None:
    manifests = sorted((ROOT / "manifests").rglob("*.yaml"))
    assert manifests
    for path in manifests:
        assert read(path.read_bytes(), str(path)).diagnostics == ()
