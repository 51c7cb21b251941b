"""Values and settings of the command line: `--var`, `--var-file`, the environment, `--set`, `-- COMMAND`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ecsplan_cli.main import group

MANIFEST = """
variables:
  tag: {pattern: "[a-z0-9.]+"}
  stage: {default: dev, env: STAGE}
  copies: {type: integer, default: 1}
  token: {sensitive: true}
image: alpine:${tag}
env: {STAGE: "${stage}", TOKEN: "${token}"}
count: ${copies}
"""
JOBS = """
defaults: {image: alpine, env: {A: "1"}, command: [a, b]}
jobs:
  etl: {labels: {x: y}, memory: 4096}
  load.all: {family: load, env: {B: "2"}, task_definition: {containerDefinitions: [{name: main, cpu: 128}]}}
"""


@pytest.fixture
def folder(bare: Path) -> Path:
    (bare / "job.yaml").write_text(MANIFEST, encoding="utf-8")
    (bare / "jobs.yaml").write_text(JOBS, encoding="utf-8")
    return bare


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(group, arguments, env=environment)


def compiled(*arguments: str, **environment: str) -> list[dict[str, Any]]:
    done = run("compile", "--offline", *arguments, **environment)
    assert done.exit_code == 0, done.stderr
    jobs: list[dict[str, Any]] = json.loads(done.stdout)["jobs"]
    return jobs


def reported(*arguments: str, **environment: str) -> tuple[int, list[tuple[str, int, int, str]]]:
    done = run("check", "--format", "json", *arguments, **environment)
    found = [(each["path"], each["line"], each["column"], each["rule"]) for each in json.loads(done.stdout)]
    return done.exit_code, found


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        pytest.param(["--var", "tag=1"], {}, ("1", "dev"), id="an option"),
        pytest.param(["--var", "tag=1", "--var", "tag=2"], {}, ("2", "dev"), id="the last option"),
        pytest.param(["--var-file", "a.yaml"], {}, ("a", "fa"), id="a file"),
        pytest.param(["--var-file", "a.yaml", "--var-file", "b.json"], {}, ("b", "fa"), id="the last file"),
        pytest.param(
            ["--var-file", "a.yaml", "--var", "tag=1"], {}, ("1", "fa"), id="an option before a file"
        ),
        pytest.param([], {"ECSPLAN_VAR_tag": "e"}, ("e", "dev"), id="the environment"),
        pytest.param(["--var-file", "a.yaml"], {"ECSPLAN_VAR_tag": "e"}, ("a", "fa"), id="a file before it"),
        pytest.param(["--var", "tag=1"], {"STAGE": "s"}, ("1", "s"), id="the declared variable"),
        pytest.param(
            ["--var", "tag=1"],
            {"STAGE": "s", "ECSPLAN_VAR_stage": "t"},
            ("1", "t"),
            id="the prefixed one first",
        ),
        pytest.param(["--var-file", "terraform.json"], {}, ("t", "dev"), id="Terraform's output"),
        pytest.param(
            ["--var", "tag=1"], {"ECSPLAN_VAR_STAGE": "x", "TAG": "y"}, ("1", "dev"), id="case is kept"
        ),
    ],
)
def test_the_first_source_that_has_a_value_gives_it(
    folder: Path, arguments: list[str], environment: dict[str, str], expected: tuple[str, str]
) -> None:
    (folder / "a.yaml").write_text("tag: a\nstage: fa\nother: {x: [1]}\n", encoding="utf-8")
    (folder / "b.json").write_text('{"tag": "b"}', encoding="utf-8")
    outputs = {
        "tag": {"value": "t", "type": "string", "sensitive": False},
        "token": {"value": "canary-7", "type": "string", "sensitive": True},
        "unused": {"value": {"a": 1}, "type": ["object", {}], "sensitive": False},
    }
    (folder / "terraform.json").write_text(json.dumps(outputs), encoding="utf-8")

    (job,) = compiled("job.yaml", *arguments, **environment)

    assert (job["variables"]["tag"], job["variables"]["stage"]) == expected
    assert "canary-7" not in json.dumps(job)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param([], [("job.yaml", 3, 3, "variable-missing")], id="missing"),
        pytest.param(
            ["--var", "tga=1", "--var", "copies=x"],
            [
                ("--var", 1, 1, "variable-undeclared"),
                ("job.yaml", 3, 3, "variable-missing"),
                ("job.yaml", 5, 3, "variable-value"),
            ],
            id="all at once",
        ),
        pytest.param(
            ["--var-file", "list.yaml", "--var", "tag=1"], [("list.yaml", 1, 1, "variable-file")], id="a list"
        ),
        pytest.param(
            ["--var-file", "none", "--var", "tag=1"], [("none", 1, 1, "unreadable-file")], id="no file"
        ),
        pytest.param(["--var-file", "twice.yaml"], [("twice.yaml", 2, 1, "duplicate-key")], id="given twice"),
        pytest.param(
            ["--var-file", "number.yaml"], [("job.yaml", 3, 3, "variable-value")], id="typed in a file"
        ),
        pytest.param(
            ["--var-file", "secret.json"], [("job.yaml", 3, 3, "variable-value")], id="marked sensitive"
        ),
        pytest.param(["--without-values"], [], id="left open"),
        pytest.param(
            ["--without-values", "--var", "tag=A"],
            [("job.yaml", 3, 3, "variable-value")],
            id="a value is judged",
        ),
    ],
)
def test_what_is_wrong_with_values(
    folder: Path, arguments: list[str], expected: list[tuple[str, int, int, str]]
) -> None:
    (folder / "list.yaml").write_text("- tag\n", encoding="utf-8")
    (folder / "twice.yaml").write_text("tag: a\ntag: b\n", encoding="utf-8")
    (folder / "number.yaml").write_text("tag: 1234567\n", encoding="utf-8")
    secret = {"tag": {"value": "canary-7", "type": "string", "sensitive": True}}
    (folder / "secret.json").write_text(json.dumps(secret), encoding="utf-8")

    assert reported("job.yaml", *arguments) == (int(bool(expected)), expected)
    assert "canary-7" not in run("check", "job.yaml", *arguments).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--var", "canary-7"], "--var takes NAME=VALUE", id="no equals sign"),
        pytest.param(["--var", "=canary-7"], "--var takes NAME=VALUE", id="no name"),
        pytest.param(["--set", "=x"], "--set takes [JOB:]KEY=VALUE", id="no key"),
        pytest.param(["--set", "image"], "--set takes [JOB:]KEY=VALUE, not 'image'", id="no value"),
        pytest.param(["--"], "is followed by no command", id="no command"),
    ],
)
def test_usage(folder: Path, arguments: list[str], said: str) -> None:
    done = run("check", "job.yaml", *arguments)

    assert done.exit_code == 2
    assert said in done.stderr
    assert "canary-7" not in done.output


def test_a_value_of_an_undeclared_variable_is_not_shown(folder: Path) -> None:
    done = run("check", "job.yaml", "--var", "tokne=canary-7", "--var", "tag=1")

    assert done.exit_code == 1
    assert "did you mean `token`?" in done.stderr
    assert "canary-7" not in done.output


def test_a_name_that_one_of_several_manifests_declares_will_do(folder: Path) -> None:
    assert reported("jobs.yaml", "job.yaml", "--var", "tag=1") == (0, [])


@pytest.mark.parametrize(
    ("settings", "job", "path", "expected"),
    [
        pytest.param(["image=alpine:9"], 1, ["image"], "alpine:9", id="a key of every job"),
        pytest.param(["etl:image=b"], 0, ["image"], "b", id="of one job"),
        pytest.param(["etl:image=b"], 1, ["image"], "alpine", id="not of the others"),
        pytest.param(["load.all:image=b"], 1, ["image"], "b", id="a name with a dot"),
        pytest.param(["etl:image=b", "image=c"], 0, ["image"], "b", id="specific wins"),
        pytest.param(["image=b", "image=c"], 0, ["image"], "c", id="the later wins"),
        pytest.param(["env.A=2"], 1, ["env"], {"A": "2", "B": "2"}, id="below env"),
        pytest.param(["env.A.B=true"], 0, ["env", "A.B"], "true", id="text, and dots in a name"),
        pytest.param(["env.A=007"], 0, ["env", "A"], "007", id="a number is text there"),
        pytest.param(["env.A=[1"], 0, ["env", "A"], "[1", id="a bracket is text there"),
        pytest.param(["env.A='a b'"], 0, ["env", "A"], "a b", id="without YAML quotes"),
        pytest.param(["env.A="], 0, ["env", "A"], "", id="empty"),
        pytest.param(["env.A=null"], 0, ["env"], {"A": None}, id="null unsets"),
        pytest.param(["labels.x=null"], 0, ["labels", "x"], "null", id="null is text in labels"),
        pytest.param(["env={C: '3'}"], 1, ["env"], {"C": "3"}, id="a mapping replaces"),
        pytest.param(
            ["aws.region=eu-west-1"], 0, ["aws", "region"], "eu-west-1", id="a mapping that is not there"
        ),
        pytest.param(["command=[x, 'y z']"], 0, ["command"], ["x", "y z"], id="a list"),
        pytest.param(["command=x 'y z'"], 0, ["command"], ["x", "y z"], id="a string is split"),
        pytest.param(["command.1=z"], 0, ["command"], ["a", "z"], id="an item of a list in defaults"),
        pytest.param(["memory=null"], 0, [], None, id="null removes"),
        pytest.param(
            ["load.all:task_definition.containerDefinitions.0.cpu=64"],
            1,
            ["task_definition", "containerDefinitions", 0, "cpu"],
            64,
            id="into a list",
        ),
        pytest.param(
            ["task_definition.family=f"], 1, ["task_definition", "family"], "f", id="into the definition"
        ),
        pytest.param(["etl:env.A=${x}"], 0, ["env", "A"], "${x}", id="not expanded"),
    ],
)
def test_settings(folder: Path, settings: list[str], job: int, path: list[Any], expected: object) -> None:
    jobs = compiled("jobs.yaml", *(word for each in settings for word in ("--set", each)))

    found: Any = jobs[job]["spec"]
    if not path:
        assert "memory" not in found
        return
    for step in path:
        found = found[step]
    assert found == expected


@pytest.mark.parametrize(
    ("setting", "column", "rule"),
    [
        pytest.param("imge=x", 1, "unknown-key", id="unknown key"),
        pytest.param("etl:aws.regoin=x", 9, "unknown-key", id="unknown key below"),
        pytest.param("memory=999x", 8, "wrong-format", id="wrong value"),
        pytest.param("stream_output=yes", 15, "wrong-type", id="wrong type"),
        pytest.param("command=[a", 9, "setting-value", id="not YAML"),
        pytest.param("cpu=.inf", 5, "setting-value", id="no number"),
        pytest.param("command.2=x", 9, "setting-key", id="no such item"),
        pytest.param("command.last=x", 9, "setting-key", id="no number of an item"),
        pytest.param("lod.all:image=x", 1, "setting-job", id="unknown job"),
        pytest.param("task_definition=none.json", 17, "definition-file", id="no such file"),
        pytest.param("name=same", 6, "duplicate-job", id="one name for two jobs"),
        pytest.param("variables.tag=1", 1, "unknown-key", id="a variable"),
        pytest.param("command.1=null", 11, "wrong-type", id="an item of a list"),
        pytest.param("etl:command.0={a: b}", 15, "wrong-type", id="a mapping in a list"),
        pytest.param("env.=x", 5, "wrong-format", id="a name that is empty"),
    ],
)
def test_a_wrong_setting_is_reported_in_its_text(folder: Path, setting: str, column: int, rule: str) -> None:
    assert reported("jobs.yaml", "--set", setting) == (1, [("--set", 1, column, rule)])


def test_a_setting_is_masked_like_a_manifest(folder: Path) -> None:
    done = run(
        "check",
        "jobs.yaml",
        "--set",
        "env.DB_PASSWORD=canary-7",
        "--set",
        "etl:env={DB_PASSWORD: [canary-8]}",
    )

    assert done.exit_code == 1
    assert "--set:1:" in done.stderr
    assert "canary-8" not in done.output


def test_a_job_is_called_what_the_manifest_calls_it(folder: Path) -> None:
    jobs = compiled("jobs.yaml", "--set", "etl:name=new", "--set", "etl:env.A=9", "--set", "etl:memory=8192")

    assert [(each["name"], each["spec"]["env"]["A"]) for each in jobs] == [("new", "9"), ("load.all", "1")]
    assert jobs[0]["spec"]["memory"] == 8192
    wrong = run("check", "jobs.yaml", "--set", "etl:name=new", "--set", "new:memory=4096")
    assert "--set:1:1: error[setting-job]: no job is named `new`" in wrong.stderr
    assert "by the name that the manifest gives it" in wrong.stderr


def test_one_name_for_two_jobs_is_said_so(folder: Path) -> None:
    done = run("check", "jobs.yaml", "--set", "name=same")

    assert "the job name 'same' is given to more than one job" in done.stderr


@pytest.mark.parametrize("command", ["compile", "preview", "check", "diff"])
def test_a_command_behind_two_dashes(folder: Path, command: str) -> None:
    offline = {"compile": ["--offline"], "diff": ["--local"]}.get(command, [])
    done = run(command, *offline, "job.yaml", "--var", "tag=1", "--", "echo", "${X}", "--set", "a b")

    assert done.exit_code == 0, done.stderr
    if command == "diff":
        assert "    command: echo '${X}' --set 'a b'\n" in done.stdout
    if command == "preview":
        assert "    command:\n    - echo\n    - ${X}\n    - --set\n    - a b\n" in done.stdout


@pytest.mark.parametrize("command", ["compile", "preview", "check", "diff"])
def test_a_command_is_for_one_job(folder: Path, command: str) -> None:
    local = ["--local"] if command == "diff" else []
    done = run(command, *local, "jobs.yaml", "--", "echo")

    assert done.exit_code == 2
    assert "there are 2: etl, load.all;" in done.stderr


@pytest.mark.parametrize(
    ("matrix", "status", "said"),
    [
        pytest.param("[a]", 0, "", id="of one job"),
        pytest.param("[a, b]", 2, "there are 2: etl[at=a], etl[at=b];", id="of two jobs"),
    ],
)
def test_a_command_for_a_matrix(folder: Path, matrix: str, status: int, said: str) -> None:
    (folder / "m.yaml").write_text(f"name: etl\nimage: alpine\nmatrix: {{at: {matrix}}}\n", encoding="utf-8")

    done = run("preview", "m.yaml", "--", "echo", "hello")

    assert (done.exit_code, said in done.stderr) == (status, True)
    assert status or "    command:\n    - echo\n    - hello\n" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('dbx: "CANARY', id="an open quote"),
        pytest.param("dbx: CANARY1\ndbx: CANARY2\n", id="written twice"),
        pytest.param("dbx: CANARY: b\n", id="a second colon"),
        pytest.param("dbx:\n\t- CANARY\n", id="a tab"),
        pytest.param("CANARY\n", id="no mapping"),
        pytest.param("[CANARY]\n", id="a list"),
        pytest.param("dbx: *CANARY\n", id="an alias"),
        pytest.param("dbx: !CANARY x\n", id="a tag"),
        pytest.param("dbx: !!int CANARY\n", id="a tag that does not fit"),
        pytest.param("dbx: CANARY\n---\ndbx: CANARY\n", id="two documents"),
        pytest.param(
            '{"dbx": {"sensitive": true, "value": "CANARY"}, "dbx": {"value": "CANARY"}}', id="terraform"
        ),
    ],
)
def test_what_is_wrong_in_a_file_of_values_shows_no_value(text: str, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(
        'variables: {dbx: {sensitive: true}}\nimage: alpine\nenv: {A: "${dbx}"}\n', encoding="utf-8"
    )
    (tmp_path / "values.yaml").write_text(text, encoding="utf-8")
    manifest, values = str(tmp_path / "job.yaml"), ["--var-file", str(tmp_path / "values.yaml")]
    plan = str(tmp_path / "plan.json")
    runner = CliRunner()
    assert runner.invoke(group, ["compile", "--offline", manifest, "-o", plan]).exit_code == 0

    checked = runner.invoke(group, ["check", manifest, *values])
    applied = runner.invoke(group, ["apply", plan, *values])

    assert checked.exit_code == 1
    assert applied.exit_code == 2
    assert "values.yaml:" in checked.stderr
    assert "CANARY" not in checked.output + applied.output


def test_a_file_may_hold_many_values(tmp_path: Path) -> None:
    names = [f"v{number}" for number in range(250)]
    (tmp_path / "values.yaml").write_text("".join(f"{each}: x\n" for each in names), encoding="utf-8")
    declared = ", ".join(f"{each}: {{}}" for each in names)
    used = ", ".join(f'{each}: "${{{each}}}"' for each in names)
    (tmp_path / "job.yaml").write_text(
        f"variables: {{{declared}}}\nimage: alpine\nenv: {{{used}}}\n", encoding="utf-8"
    )

    done = CliRunner().invoke(
        group, ["check", str(tmp_path / "job.yaml"), "--var-file", str(tmp_path / "values.yaml")]
    )

    assert (done.exit_code, done.stderr) == (0, "1 file, 1 job: 0 errors, 0 warnings\n")


def test_a_file_of_values_is_never_cut(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "values.yaml").write_bytes(b"tag: abc\n" + b"#" * 91)

    monkeypatch.setattr("ecsplan_cli.values.MAX_FILE_BYTES", 100)
    assert reported("job.yaml", "--var-file", "values.yaml") == (0, [])

    monkeypatch.setattr("ecsplan_cli.values.MAX_FILE_BYTES", 99)
    status, found = reported("job.yaml", "--var-file", "values.yaml")
    assert (status, found[-1]) == (1, ("values.yaml", 1, 1, "unreadable-file"))


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param("name: etl\nimage: alpine\n", id="one job"),
        pytest.param("variables: {}\nname: etl\nimage: alpine\n", id="with variables"),
        pytest.param("jobs:\n  other: {name: etl, image: alpine}\n", id="in jobs"),
        pytest.param("defaults: {name: etl}\njobs:\n  other: {image: alpine}\n", id="in defaults"),
        pytest.param("jobs:\n  etl: {name: null, image: alpine}\n", id="null"),
    ],
)
def test_a_setting_finds_a_job_by_its_name_wherever_it_is_given(folder: Path, manifest: str) -> None:
    (folder / "named.yaml").write_text(manifest, encoding="utf-8")
    (job,) = compiled("named.yaml", "--set", "etl:memory=4096")
    assert (job["name"], job["spec"]["memory"]) == ("etl", 4096)
