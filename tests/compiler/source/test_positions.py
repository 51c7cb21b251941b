"""Places: where a value is written, however it came into the job, to the character."""

import json

import pytest

from ecsplan import compile_manifest
from ecsplan.source.read import read_manifest
from ecsplan.terms.diagnostic import Location

MANIFEST = """\
# ünïcödé 😀 before everything
defaults:
  image: &image alpine:3.20   # the usual
  env: &env
    STAGE: test
    "größe 😀": {x: [1, 22]}
  cpu: 256
jobs:
  first:
    env:
      <<: *env
      OWN: "quoted # text"
    command: [echo, *image, 'a b']
    aws: {region: eu-west-1}
  second:
    image: null
    memory:
    cpu: &size !!int 512
    task_definition:
      cpu: *size
      volumes:
        - name: data
          host:
            sourcePath: /data
        -
          name: more
      containerDefinitions:
      - {name: main, dependsOn: [{containerName: x}]}
    labels: {}
    task_customizations:
      - op: add
        path: /overrides/cpu
        value: {a/b: {"~": 1}}
    description: |-
      two
      lines
  third: {}
"""
FIRST, SECOND, THIRD = read_manifest(MANIFEST, file="m.yaml").jobs
JOBS = {"first": FIRST, "second": SECOND, "third": THIRD}


def underlined(place: Location) -> str:
    """Return the line's number and column, and what is underlined there."""
    begin = place.column - 1 - place.skipped
    return f"{place.line}:{place.column} {place.excerpt[begin : begin + place.width]}"


@pytest.mark.parametrize(
    ("job", "pointer", "value", "key"),
    [
        pytest.param("first", "", "9:3 first", "9:3 first", id="a job of jobs"),
        pytest.param(
            "first", "/image", "3:17 alpine:3.20", "3:3 image", id="from defaults, behind an anchor"
        ),
        pytest.param("first", "/env", "10:5 env", "10:5 env", id="a mapping below its key"),
        pytest.param("first", "/env/STAGE", "5:12 test", "5:5 STAGE", id="through a merge key"),
        pytest.param(
            "first", "/env/größe 😀", "6:16 {x: [1, 22]}", '6:5 "größe 😀"', id="behind wide characters"
        ),
        pytest.param("first", "/env/größe 😀/x/1", "6:24 22", "6:24 22", id="an item has no key"),
        pytest.param("first", "/env/OWN", '12:12 "quoted # text"', "12:7 OWN", id="quotes are underlined"),
        pytest.param(
            "first", "/command", "13:14 [echo, *image, 'a b']", "13:5 command", id="a list in brackets"
        ),
        pytest.param("first", "/command/1", "3:17 alpine:3.20", "3:17 alpine:3.20", id="through an alias"),
        pytest.param("first", "/command/2", "13:29 'a b'", "13:29 'a b'", id="an item"),
        pytest.param("first", "/command/3", "13:14 [echo, *image, 'a b']", "13:5 command", id="no such item"),
        pytest.param("first", "/command/-1", "13:14 [echo, *image, 'a b']", "13:5 command", id="no index"),
        pytest.param("first", "/aws/profile", "14:10 {region: eu-west-1}", "14:5 aws", id="a missing key"),
        pytest.param("first", "/aws/region/x/y", "14:19 eu-west-1", "14:11 region", id="below a scalar"),
        pytest.param("first", "/missing", "9:3 first", "9:3 first", id="a key missing in the job"),
        pytest.param("second", "/image", "16:12 null", "16:5 image", id="null over defaults"),
        pytest.param("second", "/memory", "17:5 memory", "17:5 memory", id="nothing after the colon"),
        pytest.param("second", "/cpu", "18:22 512", "18:5 cpu", id="behind an anchor and a tag"),
        pytest.param("second", "/task_definition/cpu", "18:22 512", "20:7 cpu", id="the key of an alias"),
        pytest.param(
            "second", "/task_definition/volumes/0", "22:11 name", "22:11 name", id="a block mapping"
        ),
        pytest.param("second", "/task_definition/volumes/0/host", "23:11 host", "23:11 host", id="below it"),
        pytest.param("second", "/task_definition/volumes/1", "26:11 name", "26:11 name", id="an item below"),
        pytest.param(
            "second",
            "/task_definition/containerDefinitions",
            "27:7 containerDefinitions",
            None,
            id="a block list",
        ),
        pytest.param(
            "second",
            "/task_definition/containerDefinitions/0/dependsOn/0/containerName",
            "28:50 x",
            "28:35 containerName",
            id="deep in braces",
        ),
        pytest.param("second", "/labels", "29:13 {}", "29:5 labels", id="empty braces"),
        pytest.param("second", "/task_customizations/0/op", "31:13 add", "31:9 op", id="a patch operation"),
        pytest.param(
            "second",
            "/task_customizations/0/value/a~1b/~0",
            "33:28 1",
            '33:23 "~"',
            id="in its value, escapes",
        ),
        pytest.param(
            "second", "/task_customizations/1/op", "30:5 task_customizations", None, id="no operation"
        ),
        pytest.param("second", "/description", "34:18 |-", "34:5 description", id="a block of text"),
        pytest.param("third", "", "37:10 {}", "37:3 third", id="a job that says nothing"),
        pytest.param("third", "/env", "4:3 env", "4:3 env", id="an anchored mapping below its key"),
        pytest.param("third", "/cpu", "7:8 256", "7:3 cpu", id="from defaults"),
    ],
)
def test_places(job: str, pointer: str, value: str, key: str | None) -> None:
    at_value = JOBS[job].locate(pointer)
    at_key = JOBS[job].locate(pointer, key=True)

    assert underlined(at_value) == value
    assert underlined(at_key) == (value if key is None else key)
    assert (at_value.path, at_value.pointer, at_value.skipped) == ("m.yaml", pointer, 0)


@pytest.mark.parametrize(
    ("text", "pointer", "expected"),
    [
        pytest.param("\n# a\nimage: x\n", "", "3:1 image", id="a single job begins at its first key"),
        pytest.param("{image: x}\n", "/image", "1:9 x", id="braces"),
        pytest.param("{image: x}\n", "/cpu", "1:1 {image: x}", id="missing in braces"),
        pytest.param("--- &a\nimage: x\n", "/cpu", "2:1 image", id="an anchored document"),
        pytest.param("---\r\nimage: x\r\n---\r\ncpu: 1\r\n", "/cpu", "4:6 1", id="lines that end in CR LF"),
        pytest.param("---\rimage: x\r---\rcpu: 1\r", "/cpu", "4:6 1", id="lines that end in CR"),
        pytest.param("\ufeffcpu: 1\n", "/cpu", "1:6 1", id="a byte order mark takes no column"),
        pytest.param("a: &x # why\n  # so\n  b: 1\nc: *x\n", "/c", "3:3 b", id="comments behind an anchor"),
        pytest.param("a: &x # why\n  # so\n  - 1\nc: *x\n", "/c", "3:3 -", id="a list behind an anchor"),
        pytest.param("a: &x\nb: *x\n", "/b", "1:4 &x", id="an anchor on nothing"),
        pytest.param("a:\n- 1\n- 2\n", "/a/1", "3:3 2", id="a list as deep as its key"),
        pytest.param("a: !!str\n  text\n", "/a", "2:3 text", id="a value below its tag"),
        pytest.param("a: one\n  two\n", "/a", "1:4 one", id="the first line of several"),
        pytest.param("<<: {a: 1}\nb: 2\n", "", "1:1 <<", id="a merge key first"),
        pytest.param("? a\n: 1\n", "/a", "2:3 1", id="a question mark"),
        pytest.param("a: >2 # why\n    x\n", "/a", "1:4 >2", id="a folded block"),
    ],
)
def test_places_in_other_spellings(text: str, pointer: str, expected: str) -> None:
    job = read_manifest(text, file="m.yaml").jobs[-1]

    assert underlined(job.locate(pointer)) == expected


PATCH = '[{"op": "add", "path": "/overrides/x~1y", "value": {"größe 😀": [1, 22]}}, {"op": "remove"}]'
ESCAPED = json.dumps(PATCH, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        pytest.param(f"p: '{PATCH}'\n", 1, 5, id="single quotes"),
        pytest.param(f"p: &x '{PATCH}'\n", 1, 8, id="single quotes behind an anchor"),
        pytest.param(f"p: |\n  {PATCH}\n", 2, 3, id="a literal block"),
        pytest.param(f"p: >-\n\n    {PATCH}\n", 3, 5, id="a folded block"),
        pytest.param(f"x: &p '{PATCH}'\np: *p\n", 1, 8, id="through an alias"),
    ],
)
def test_places_in_a_json_string(text: str, line: int, column: int) -> None:
    [job] = read_manifest(text, file="m.yaml").jobs

    def place(pointer: str) -> tuple[str, str]:
        found = job.locate_in_string("/p", pointer)
        assert found.pointer == f"/p{pointer}"
        number, shown = underlined(found).split(" ", 1)
        return number, shown

    def at(written: str) -> tuple[str, str]:
        return f"{line}:{column + PATCH.index(written)}", written

    assert place("/0/op") == at('"add"')
    assert place("/0/value/größe 😀/1") == at("22")
    assert place("/0/value") == at('{"größe 😀": [1, 22]}')
    assert place("/1") == place("/1/path") == at('{"op": "remove"}')
    assert place("/2") == place("") == at(PATCH)


@pytest.mark.parametrize(
    ("text", "inner", "expected"),
    [
        pytest.param(f"p: {ESCAPED}\n", "/0/path", '1:34 \\"/overrides/x~1y\\"', id="escaped quotes"),
        pytest.param(r'p: "[1,\n\t\u0032,\x33]"' + "\n", "/1", r"1:12 \u0032", id="other escapes"),
        pytest.param(r'p: "[1,\n\t\u0032,\x33]"' + "\n", "/2", r"1:19 \x33", id="short escapes"),
        pytest.param("p: '{\"it''s\": {\"b\": 12}}'\n", "/it's/b", "1:21 12", id="doubled quotes"),
        pytest.param("p: '[1,\n\n  {\"a\":\n  12}]'\n", "/1/a", "4:3 12", id="quotes over several lines"),
        pytest.param('p: "[1, \\\n   22]"\n', "/1", "2:4 22", id="an escaped line end"),
        pytest.param("p: |2-\n  [1,\n\n    22]\n", "/1", "4:5 22", id="a block of several lines"),
        pytest.param(
            'p: >\n  [1,\n   {"a":\n   22}]\n', "/1/a", "4:4 22", id="a folded block of several lines"
        ),
        pytest.param('p: \'{"a": 1, "a": 2}\'\n', "/a", "1:11 1", id="a key twice"),
        pytest.param("p: '[1, 2'\n", "/1", "1:9 2", id="JSON that is cut off"),
        pytest.param("p: 'x'\n", "/a", "1:4 'x'", id="no JSON at all"),
        pytest.param("p: ''\n", "", "1:4 ''", id="empty"),
        pytest.param(f"p: '{'[' * 100_000}'\n", "/0", None, id="nested without end"),
        pytest.param("p: [1, 2]\n", "/1", "1:4 [1, 2]", id="no string"),
        pytest.param("q: 1\n", "/1", "1:1 q", id="no value"),
    ],
)
def test_places_in_other_strings(text: str, inner: str, expected: str | None) -> None:
    [job] = read_manifest(text, file="m.yaml").jobs

    found = job.locate_in_string("/p", inner)

    assert (found.line, found.column) == (1, 4) if expected is None else underlined(found) == expected


def test_long_lines_are_cut_around_the_place() -> None:
    words = [f"word{n:05}" for n in range(2000)]
    [job] = read_manifest(f"command: [{', '.join(words)}]\n", file="m.yaml").jobs

    for index in (0, 3, 12, 1000, 1999):
        found = job.locate(f"/command/{index}")
        assert len(found.excerpt) == 160
        assert underlined(found) == f"1:{11 + 11 * index} {words[index]}"
        assert found.excerpt.startswith("…") == (found.skipped > 0)
    assert job.locate("/command").excerpt.endswith("…")


SECRETS = """\
env:
  DB_PASSWORD: hunter2
  STAGE: test  # TOKEN=abcdefgh
  URL: "postgres://me:hunter2@db.example/x"
  API_TOKEN: &token >-
    first line
    second line
  AGAIN: {API_KEY:hunter2}
  OLD_PASSWORDS: [hunter2, hunter3]
task_definition:
  containerDefinitions:
    - environment:
        - name: DB_PASSWORD
          value: hunter2
        - {value: hunter2, name: X_TOKEN, x: y}
      secrets: [{name: DB_PASSWORD, valueFrom: prod/db}]
      command: [--password, hunter2, --verbose, hunter3]
      image: *token
secrets: {DB_PASSWORD: prod/db}
"""


def test_an_alias_can_make_a_credential_of_what_stands_elsewhere() -> None:
    text = (
        "image: alpine\ncpu: &shared hunter2\ncluster: *shared\nenv: {DB_PASSWORD: *shared}\ngroup: *shared\n"
    )

    (job,) = read_manifest(text, file="etl.yaml").jobs

    assert job.locate("/cpu").excerpt == "cpu: &shared *******"


@pytest.mark.parametrize("text", [SECRETS, SECRETS.replace("*token", "token")], ids=["alias", "no alias"])
def test_what_is_asked_first_is_masked_like_the_rest(text: str) -> None:
    (job,) = read_manifest(text, file="etl.yaml").jobs
    asked = ["", "/env/URL", "/env/AGAIN", "/env/OLD_PASSWORDS/1", "/env/STAGE", "/secrets/DB_PASSWORD"]
    container = "/task_definition/containerDefinitions/0"
    asked += [f"{container}{each}" for each in ("/environment/0/value", "/environment/1/x", "/command/1")]

    for pointer in asked:
        (again,) = read_manifest(text, file="etl.yaml").jobs
        assert again.locate(pointer) == job.locate(pointer)


@pytest.mark.parametrize(
    ("pointer", "line", "excerpt"),
    [
        ("/env/DB_PASSWORD", 2, "  DB_PASSWORD: *******"),
        ("/env/URL", 4, f"  URL: {'*' * 36}"),
        ("/env/API_TOKEN", 5, "  API_TOKEN: &token **"),
        ("/env/OLD_PASSWORDS", 9, "  OLD_PASSWORDS: [*******, *******]"),
        ("/task_definition/containerDefinitions/0/environment/0/value", 14, "          value: *******"),
        (
            "/task_definition/containerDefinitions/0/environment/1/x",
            15,
            "        - {value: *******, name: X_TOKEN, x: y}",
        ),
        (
            "/task_definition/containerDefinitions/0/secrets/0/valueFrom",
            16,
            "      secrets: [{name: DB_PASSWORD, valueFrom: prod/db}]",
        ),
        (
            "/task_definition/containerDefinitions/0/command/3",
            17,
            "      command: [--password, *******, --verbose, hunter3]",
        ),
        ("/secrets/DB_PASSWORD", 19, "secrets: {DB_PASSWORD: prod/db}"),
    ],
)
def test_credentials_are_masked_to_the_character(pointer: str, line: int, excerpt: str) -> None:
    [job] = read_manifest(SECRETS, file="m.yaml").jobs

    found = job.locate(pointer)

    assert (found.line, found.excerpt) == (line, excerpt)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("env:\n  STAGE: *no  # TOKEN=hunter2hunter2\n", id="a comment"),
        pytest.param("env: {TOKEN: hunter2, TOKEN: hunter2}\n", id="a second value"),
        pytest.param(
            "a:\n- name: TOKEN\n  value: 1\n  value: hunter2 *\n  value: hunter2\n", id="a second value"
        ),
        pytest.param("a:\n- name: TOKEN\n  value: hunter2\n b\n", id="before a syntax error"),
        pytest.param("a:\n- name: TOKEN\n  value: hunter2: x\n", id="at a syntax error"),
        pytest.param('env:\n  TOKEN: "hunter2\n', id="in a quote that is not closed"),
        pytest.param("env: {TOKEN:hunter2}\n", id="squeezed to its key"),
        pytest.param("TOKEN:hunter2\n", id="a document of its own"),
        pytest.param("env: {TOKEN: !!int hunter2}\n", id="with a wrong tag"),
        pytest.param("env: {TOKEN: !secret hunter2}\n", id="with an unknown tag"),
        pytest.param("{env: {TOKEN: &x [hunter2]}, cluster: *x, memory: *no}\n", id="a list of two names"),
        pytest.param("{cluster: &x [hunter2], env: {TOKEN: *x}, memory: *no}\n", id="the other way round"),
    ],
)
def test_no_diagnostic_shows_a_credential(text: str) -> None:
    found = read_manifest(text, file="m.yaml").diagnostics

    assert found
    assert "hunter2" not in repr(found)


WITH_PASSWORD = [{"op": "add", "path": "/nope/0", "value": {"name": "DB_PASSWORD", "value": "hunter2"}}]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("env: {API_TOKEN: {a: hunter2}}\n", id="in a mapping"),
        pytest.param("env:\n  API_TOKEN:hunter2\n", id="without a space after the colon"),
        pytest.param("env: {API_TOKEN: *hunter2}\n", id="begins with an asterisk"),
        pytest.param("env: {API_TOKEN: !hunter2 x}\n", id="begins with an exclamation mark"),
        pytest.param("secrets: {DB_PASSWORD: hunter2 and more}\n", id="in place of the name of a secret"),
        pytest.param(f"task_customizations: '{json.dumps(WITH_PASSWORD)}'\n", id="in a patch as a string"),
        pytest.param("variables: {db_password: {default: hunter2}}\n", id="default of a variable"),
        pytest.param("variables: {db_password: {enum: [hunter2]}}\n", id="enum of a variable"),
        pytest.param(
            "variables: {t: {sensitive: true, default: hunter2}}\n", id="default of a sensitive variable"
        ),
    ],
)
def test_no_problem_of_a_job_shows_a_credential(text: str) -> None:
    found = compile_manifest(f"image: alpine\n{text}", file="m.yaml").diagnostics

    assert found
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("secrets: {DB_PASSWORD: prod.db-password}", id="the name of a parameter"),
        pytest.param("secrets: {DB_PASSWORD: 'arn:aws:ssm:us-east-1:111122223333:parameter/a'}", id="an ARN"),
        pytest.param("variables: {db_password: {env: PGPASSWORD, type: string}}", id="a declaration"),
        pytest.param("variables: {stage: {default: production}}", id="a default under another name"),
        pytest.param("jobs: {rotate-password: {image: alpine, cpu: 256}}", id="a job named after one"),
    ],
)
def test_what_is_no_credential_is_shown(line: str) -> None:
    found = read_manifest(f"{line}\nfoo: 1\nfoo: 2\n", file="m.yaml").diagnostics
    shown = compile_manifest(f"{line}\n", file="m.yaml").diagnostics

    assert {each.location.excerpt for each in (*found, *shown) if each.line == 1} <= {line}
