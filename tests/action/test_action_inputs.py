"""The inputs of the action: lines, globs, variables, and what tells uses apart."""

from pathlib import Path

import pytest

from action_inputs import (
    enter_working_directory,
    file_options,
    instance,
    manifests,
    options_for_apply,
    value_options,
    variables,
)
from apply_step import run_id_of_the_workflow_run
from workflow import StepError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("\n  \n# a comment\n", [], id="blank lines and comments"),
        pytest.param("tag=1\nday=mon\n", [("tag", "1"), ("day", "mon")], id="one a line"),
        pytest.param("tag=a=b==\n", [("tag", "a=b==")], id="equals signs"),
        pytest.param("""q='a' "b" \\n $HOME""", [("q", """'a' "b" \\n $HOME""")], id="quotes are text"),
        pytest.param("tag=\n", [("tag", "")], id="empty"),
        pytest.param("  tag = 1 \n", [("tag", " 1 ")], id="blanks of a value stay"),
        pytest.param("tag=1\r\nday=2\r\n", [("tag", "1"), ("day", "2")], id="lines of Windows"),
        pytest.param("tag=1\u2028x\x0by\n", [("tag", "1\u2028x\x0by")], id="other ends of lines are text"),
        pytest.param("t<<END\na\n\n  b=c\nEND\nu=1", [("t", "a\n\n  b=c"), ("u", "1")], id="several lines"),
        pytest.param("t=a<<END\n", [("t", "a<<END")], id="no value of several lines"),
        pytest.param("tag=1\ntag=2", [("tag", "1"), ("tag", "2")], id="twice, ecsplan takes the last"),
    ],
)
def test_variables(text: str, expected: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPUT_VARS", text)

    assert variables() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a=1\nhunter2", "vars, line 2: write NAME=VALUE", id="no sign"),
        pytest.param("=hunter2", "vars, line 1: write NAME=VALUE", id="no name"),
        pytest.param("a=1\nt<<END\nhunter2\n", "vars, line 2: no line 'END' ends the value", id="no end"),
    ],
)
def test_wrong_variables_are_not_quoted(text: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPUT_VARS", text)

    with pytest.raises(StepError, match=message) as raised:
        variables()

    assert "hunter2" not in str(raised.value)
    assert raised.value.exit_status == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing: ecsplan takes manifests/"),
        pytest.param("jobs\n\n  a b.yaml  \n", ["jobs", "a b.yaml"], id="several lines and blanks"),
        pytest.param("*.yaml", ["./-x.yaml", "a b.yaml", "b.yaml"], id="a glob, in order"),
        pytest.param("**/*.yml", ["jobs/deep/c.yml"], id="a glob over folders"),
        pytest.param("[x].yaml", ["[x].yaml"], id="a file that is named like a glob"),
        pytest.param("none.yaml", ["none.yaml"], id="a missing file, which ecsplan reports"),
        pytest.param("n" * 300, ["n" * 300], id="a name that is too long to exist"),
        pytest.param("-x.yaml", ["./-x.yaml"], id="no option"),
        pytest.param("-", ["./-"], id="no standard input"),
    ],
)
def test_manifests(text: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs/deep").mkdir(parents=True)
    for name in ("-x.yaml", "a b.yaml", "b.yaml", "jobs/deep/c.yml"):
        (tmp_path / name).touch()
    if text.startswith("["):
        (tmp_path / text).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INPUT_MANIFESTS", text)

    assert manifests() == expected


def test_a_glob_that_matches_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INPUT_MANIFESTS", "b.yaml\njobs/*.yaml")

    with pytest.raises(StepError, match=r"nothing matches 'jobs/\*\.yaml' in "):
        manifests()


@pytest.mark.parametrize("named", ["none", "file", "file/below", "n" * 300])
def test_a_working_directory_that_is_none(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("INPUT_WORKING_DIRECTORY", named)

    with pytest.raises(StepError, match="working-directory: cannot enter"):
        enter_working_directory()


def test_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPUT_VARS", "tag=-1\ntoken=x\n")
    monkeypatch.setenv("INPUT_VAR_FILE", "a b.yaml\n-c.yaml\n")
    monkeypatch.setenv("INPUT_SET", "cpu=256\netl:env.DAY=a b\n")

    files = ["--var-file", "a b.yaml", "--var-file", "./-c.yaml"]
    assert file_options() == files
    assert value_options() == [
        *("--var", "tag=-1", "--var", "token=x"),
        *files,
        *("--set", "cpu=256", "--set", "etl:env.DAY=a b"),
    ]
    plan = {"jobs": [{"name": "a"}, {"name": "b", "sensitive": {"token": {}}}]}
    assert options_for_apply(plan) == ["--var", "token=x", *files]


PLACE = {
    "GITHUB_REPOSITORY": "octo/jobs",
    "GITHUB_WORKFLOW": "Jobs",
    "GITHUB_JOB": "nightly",
    "INPUT_MANIFESTS": "jobs\n",
    "INPUT_WORKING_DIRECTORY": ".",
    "ECSPLAN_MATRIX": '{"a": 1, "b": 2}',
    "INPUT_VARS": "tag=1",
    "GITHUB_SHA": "abc",
    "GITHUB_RUN_ID": "1",
}


@pytest.mark.parametrize(
    ("changed", "is_another"),
    [
        pytest.param({}, False, id="the same"),
        pytest.param({"INPUT_VARS": "tag=2", "GITHUB_SHA": "d", "GITHUB_RUN_ID": "2"}, False, id="a commit"),
        pytest.param({"INPUT_MANIFESTS": "\n  jobs "}, False, id="other blanks"),
        pytest.param({"ECSPLAN_MATRIX": '{"a": 1, "b": 3}'}, True, id="a job of the matrix"),
        pytest.param({"ECSPLAN_MATRIX": "null"}, True, id="no matrix"),
        pytest.param({"GITHUB_JOB": "hourly"}, True, id="a job"),
        pytest.param({"GITHUB_WORKFLOW": "More"}, True, id="a workflow"),
        pytest.param({"INPUT_MANIFESTS": "jobs\nmore"}, True, id="manifests"),
        pytest.param({"INPUT_WORKING_DIRECTORY": "app"}, True, id="a folder"),
        pytest.param({"INPUT_REGION": "eu-west-1"}, True, id="a region"),
        pytest.param({"INPUT_KEY": "second"}, True, id="a key"),
    ],
)
def test_what_tells_uses_apart(
    changed: dict[str, str], is_another: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PLACE.items():
        monkeypatch.setenv(name, value)
    first = instance()
    for name, value in changed.items():
        monkeypatch.setenv(name, value)

    assert (instance() != first) == is_another
    assert len(first) == 12


def test_without_a_workflow_run_the_run_id_has_to_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_RUN_ID", raising=False)

    with pytest.raises(StepError, match="run-id: give one"):
        run_id_of_the_workflow_run()
