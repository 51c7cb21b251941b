"""`env_file: FILE`: variables in docker's format, under `env`, with places in the file."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ecsplan.compile import Compiled, compile_manifest, read_jobs
from ecsplan.plan.plan import write_plan
from ecsplan.settings.overlay import Settings
from ecsplan.source.definition_files import DefinitionFiles
from ecsplan.source.env_files import EnvFiles
from ecsplan.variables.values import Values
from ecsplan.yaml.nodes import ScalarNode
from ecsplan.yaml.text import Problem

JOB = "image: alpine\n"


def read_from(files: Mapping[str, str | bytes]) -> Any:
    """Return what reads these files."""

    def read(name: str) -> str | bytes:
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory", name)
        return files[name]

    return read


def compiled(manifest: str, file: str | bytes = "", **files: str | bytes) -> Compiled:
    """Return what compiling gives; `file` is a.env, `b=` is b.env."""
    every = {"a.env": file, **{f"{name}.env": text for name, text in files.items()}}
    return compile_manifest(manifest, file="jobs/etl.yaml", read=read_from(every), region="eu-west-1")


def specs(result: Compiled) -> dict[str, Any]:
    """Return the spec of each job, by its name."""
    assert result.plan is not None, result.diagnostics
    return {each["name"]: each["spec"] for each in json.loads(write_plan(result.plan))["jobs"]}


def env_of(file: str | bytes, more: str = "") -> Any:
    """Return the `env` of a job with this file."""
    return specs(compiled(f"{JOB}env_file: a.env\n{more}", file))["etl"].get("env")


def found(result: Compiled) -> list[tuple[str, str, str, int, int]]:
    """Return what was found: its severity, rule, file, line and column."""
    return [
        (each.severity, each.rule, each.location.path, each.line, each.column) for each in result.diagnostics
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("A=1\nB=two\n", {"A": "1", "B": "two"}, id="lines"),
        pytest.param("A=1", {"A": "1"}, id="no newline at the end"),
        pytest.param("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}, id="lines of Windows"),
        pytest.param("\ufeffA=1\n", {"A": "1"}, id="a byte order mark"),
        pytest.param("\ufeffA=é\n".encode(), {"A": "é"}, id="a byte order mark in bytes"),
        pytest.param("A=é\n".encode("utf-16"), {"A": "é"}, id="UTF-16 with its mark"),
        pytest.param("# A=0\n\n   \n  # more\nA=1\n", {"A": "1"}, id="comments and blank lines"),
        pytest.param("  A=1\n\tB=2\n", {"A": "1", "B": "2"}, id="blanks before a name"),
        pytest.param("A= x \n", {"A": " x "}, id="blanks are part of a value"),
        pytest.param("A=x # y\n", {"A": "x # y"}, id="no comment behind a value"),
        pytest.param("A=\"x\"\nB='y'\n", {"A": '"x"', "B": "'y'"}, id="quotes are part of a value"),
        pytest.param("A=\nB=b=c=\n", {"A": "", "B": "b=c="}, id="empty, and = in a value"),
        pytest.param(
            "A=true\nB=1.10\nC=null\nD=~\n", {"A": "true", "B": "1.10", "C": "null", "D": "~"}, id="text"
        ),
        pytest.param(
            "A=${B}\nB=$A `x` \\n %C%\n", {"A": "${B}", "B": "$A `x` \\n %C%"}, id="nothing is expanded"
        ),
        pytest.param("a.b-c=1\n1=2\n", {"1": "2", "a.b-c": "1"}, id="any name"),
        pytest.param("A=a\tb\x1b[0m\u2028\n", {"A": "a\tb\x1b[0m\u2028"}, id="odd characters"),
        pytest.param("", {}, id="an empty file"),
        pytest.param("# nothing\n", {}, id="only comments"),
    ],
)
def test_the_format_is_dockers(text: str | bytes, expected: dict[str, str]) -> None:
    assert env_of(text) == expected
    assert compiled(f"{JOB}env_file: a.env\n", text).diagnostics == ()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param("env: {B: mine, C: 3}\n", {"A": "1", "B": "mine", "C": "3"}, id="env wins"),
        pytest.param("env: {A: null}\n", {"A": None, "B": "2"}, id="null unsets"),
        pytest.param("env: null\n", {"A": "1", "B": "2"}, id="no env"),
        pytest.param("env: {}\n", {"A": "1", "B": "2"}, id="an empty env"),
    ],
)
def test_the_file_stands_under_env(more: str, expected: dict[str, Any]) -> None:
    assert env_of("A=1\nB=2\n", more) == expected


def test_the_spec_and_the_run_have_the_variables_and_not_the_file() -> None:
    result = compiled(f"{JOB}env_file: ./a.env\nenv: {{B: null}}\n", **{"./a": "A=1\nB=2\n"})

    assert result.plan is not None
    (job,) = json.loads(write_plan(result.plan))["jobs"]
    assert job["spec"] == {"name": "etl", "image": "alpine", "env": {"A": "1", "B": None}}
    (own,) = job["run_request"]["overrides"]["containerOverrides"]
    assert own["environment"] == [{"name": "A", "value": "1"}]


SEVERAL = """\
defaults: {image: alpine, env_file: a.env, env: {C: defaults}}
jobs:
  inherits: {env: {D: job}}
  replaces: {env_file: b.env}
  without: {env_file: null}
  bare: {env: null}
"""


def test_defaults_give_a_file_to_jobs_that_name_no_other() -> None:
    found_in = specs(compiled(SEVERAL, "A=a\nC=file\n", b="A=b\n"))

    assert {name: spec["env"] for name, spec in found_in.items()} == {
        "inherits": {"A": "a", "C": "defaults", "D": "job"},
        "replaces": {"A": "b", "C": "defaults"},
        "without": {"C": "defaults"},
        "bare": {"A": "a", "C": "file"},
    }


def test_documents_have_files_of_their_own() -> None:
    text = f"name: one\n{JOB}env_file: a.env\n---\nname: two\n{JOB}env_file: b.env\n---\nname: three\n{JOB}"

    found_in = specs(compiled(text, "A=1\n", b="B=2\n"))

    assert [found_in[name].get("env") for name in ("one", "two", "three")] == [{"A": "1"}, {"B": "2"}, None]


def test_a_file_is_read_once_for_all_jobs() -> None:
    asked: list[str] = []

    def read(name: str) -> str:
        asked.append(name)
        return "A=1\n"

    text = "defaults: {image: alpine, env_file: a.env}\njobs: {a: {}, b: {}, c: {env_file: a.env}}\n"
    assert len(specs(compile_manifest(text, file="etl.yaml", read=read))) == 3
    assert asked == ["a.env"]


def test_references_in_the_name_are_expanded_and_those_in_the_file_are_not() -> None:
    text = "variables: {stage: {default: b}}\nimage: alpine\nenv_file: ${stage}.env\nenv: {S: '${stage}'}\n"
    result = compiled(text, b="A=${stage} $${x\n")

    assert specs(result)["etl"]["env"] == {"A": "${stage} $${x", "S": "b"}
    assert result.diagnostics == ()
    assert result.plan is not None
    assert result.plan.jobs[0].variables == {"stage": "b"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(("env_file=b.env",), {"B": "2", "X": "1"}, id="another file"),
        pytest.param(("env.A=set",), {"A": "set", "X": "1"}, id="a variable of the file"),
        pytest.param(("env.A=null", "env_file=a.env"), {"A": None, "X": "1"}, id="unset"),
        pytest.param(("env_file=null",), {"X": "1"}, id="no file"),
    ],
)
def test_set_works_on_both_keys(settings: tuple[str, ...], expected: dict[str, Any]) -> None:
    (job,) = read_jobs(
        f"{JOB}env_file: a.env\nenv: {{X: 1}}\n",
        file="etl.yaml",
        read=read_from({"a.env": "A=1\n", "b.env": "B=2\n"}),
        overlay=Settings(settings),
    ).jobs

    assert job.env == expected


ERROR, WARNING = "error", "warning"
FILE = "jobs/a.env"


@pytest.mark.parametrize(
    ("text", "expected", "help_text"),
    [
        pytest.param(
            "A=1\nHOME\n", (ERROR, "env-file", 2, 1), "docker takes the value from", id="a name alone"
        ),
        pytest.param(
            "A=1\n  HOME\r\n", (ERROR, "env-file", 2, 3), "docker takes", id="a name alone, indented"
        ),
        pytest.param("=1\n", (ERROR, "env-file", 1, 1), "write KEY=VALUE", id="no name"),
        pytest.param("A B=1\n", (ERROR, "env-file", 1, 1), "without blanks", id="a blank in a name"),
        pytest.param("A =1\n", (ERROR, "env-file", 1, 1), "without blanks", id="a blank behind a name"),
        pytest.param("export A=1\n", (ERROR, "env-file", 1, 1), "leave `export` out", id="a shell's export"),
        pytest.param("A: 1\n", (ERROR, "env-file", 1, 1), "write KEY=VALUE", id="YAML"),
        pytest.param("A=1\nB=2\nA=3\n", (WARNING, "env-file-duplicate", 3, 1), "remove one", id="set twice"),
        pytest.param("A=1\nB=a\0b\n", (ERROR, "env-file", 2, 4), "remove it", id="NUL"),
        pytest.param(b"A=1\nB=\xff\n", (ERROR, "encoding", 2, 3), "save the file as UTF-8", id="not UTF-8"),
    ],
)
def test_what_is_wrong_is_reported_in_the_file(text: str | bytes, expected: Any, help_text: str) -> None:
    result = compiled(f"{JOB}env_file: a.env\n", text)
    severity, rule, line, column = expected

    assert found(result) == [(severity, rule, FILE, line, column)]
    assert help_text in result.diagnostics[0].help


def test_the_last_of_several_values_counts() -> None:
    assert env_of("A=1\nA=2\n") == {"A": "2"}


def test_all_that_is_wrong_is_reported_at_once() -> None:
    result = compiled(f"{JOB}env_file: a.env\nimages: x\n", "HOME\nA=1\n=2\n")

    assert [(each.rule, each.line) for each in result.diagnostics] == [
        ("env-file", 1),
        ("env-file", 3),
        ("unknown-key", 3),
    ]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        pytest.param("c.env", "cannot read `c.env`: No such file or directory", id="no such file"),
        pytest.param('""', "env_file does not name a file", id="empty"),
        pytest.param('"  "', "env_file does not name a file", id="blank"),
        pytest.param('"A=1\\nB=2"', "env_file does not name a file", id="the content itself"),
    ],
)
def test_a_wrong_name_is_reported_at_it(key: str, message: str) -> None:
    result = compiled(f"{JOB}env_file: {key}\n")

    assert found(result) == [(ERROR, "env-file", "jobs/etl.yaml", 2, 11)]
    assert result.diagnostics[0].message == message
    assert result.diagnostics[0].location.pointer == "/env_file"


def test_a_wrong_name_in_the_defaults_is_reported_once() -> None:
    text = "defaults: {image: alpine, env_file: c.env}\njobs: {a: {}, b: {}}\n"

    assert [each.rule for each in compiled(text).diagnostics] == ["env-file"]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        pytest.param("[a.env]", "wrong-type", id="a list"),
        pytest.param("{a: b}", "wrong-type", id="a mapping"),
        pytest.param("1", "wrong-type", id="a number"),
    ],
)
def test_another_type_is_refused(value: str, rule: str) -> None:
    assert [each.rule for each in compiled(f"{JOB}env_file: {value}\n").diagnostics] == [rule]


def test_without_a_way_to_read_files_a_name_is_an_error() -> None:
    (wrong,) = compile_manifest(f"{JOB}env_file: a.env\n", file="etl.yaml").diagnostics

    assert (wrong.rule, wrong.location.pointer) == ("env-file", "/env_file")
    assert "files cannot be read here" in wrong.message


def test_a_wrong_name_from_a_variable_and_from_an_option_says_so() -> None:
    text = "variables: {stage: {}}\nimage: alpine\nenv_file: ${stage}.env\n"
    jobs = read_jobs(text, file="etl.yaml", read=read_from({}), sources=Values({"stage": "prod"}))
    assert "stage='prod'" in jobs.diagnostics[0].help

    jobs = read_jobs(JOB, file="etl.yaml", read=read_from({}), overlay=Settings(("env_file=x.env",)))
    (wrong,) = jobs.diagnostics
    assert (wrong.rule, wrong.location.path, wrong.column) == ("env-file", "--set", 10)


def test_rules_about_a_variable_point_into_the_file() -> None:
    result = compiled(f"{JOB}env_file: a.env\nenv: {{C: c}}\n", "A=1\nDB_PASSWORD=hunter2hunter2\n")

    assert found(result) == [(WARNING, "env-secret", FILE, 2, 13)]


SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"DB_PASSWORD={SECRET}\nDB_PASSWORD={SECRET}\n", id="set twice"),
        pytest.param(f"export TOKEN={SECRET}\n", id="export"),
        pytest.param(f"MY SETTING={SECRET}\n", id="a blank in the name"),
        pytest.param(f"={SECRET}\n", id="no name"),
        pytest.param(f"PASSWORD {SECRET}\n", id="no ="),
        pytest.param(f"PASSWORD: {SECRET}\n", id="YAML"),
        pytest.param(f"KEY=-----BEGIN PRIVATE KEY-----\n{SECRET}+/{'a' * 40}\n", id="several lines"),
        pytest.param(f"API_KEY={SECRET}\0\n", id="NUL"),
        pytest.param(f"API_KEY={SECRET}\udc00\n", id="half a character"),
    ],
)
def test_no_diagnostic_shows_what_may_be_a_credential(text: str) -> None:
    result = compiled(f"{JOB}env_file: a.env\n", text)

    assert result.diagnostics
    for each in result.diagnostics:
        assert SECRET not in f"{each.message} {each.help} {each.location.excerpt}"


def test_more_variables_than_a_manifest_may_add_are_refused() -> None:
    text = "".join(f"A{each}=1\n" for each in range(10_000))
    reported: list[Problem] = []
    files = EnvFiles(DefinitionFiles("etl.yaml", lambda _: text, read_yaml))
    name = ScalarNode(0, 5, "a.env", plain=True)

    given = [files.entries(name, reported.append) is not None for _ in range(101)]

    assert given == [True] * 100 + [False]
    assert [each.rule for each in reported] == ["too-large"]


def read_yaml(text: str | bytes, path: str) -> Any:
    raise AssertionError((text, path))


def test_a_large_file_is_refused() -> None:
    result = compiled(f"{JOB}env_file: a.env\n", "#" * (10 * 2**20 + 1))

    assert found(result) == [(ERROR, "too-large", FILE, 1, 1)]


def test_it_is_among_the_files_that_are_no_manifests() -> None:
    jobs = read_jobs(f"{JOB}env_file: a.yaml\n", file="jobs/etl.yaml", read=read_from({"a.yaml": "A=1\n"}))

    assert jobs.files == ("jobs/a.yaml",)
