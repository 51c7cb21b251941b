"""Sensitive variables on the command line: who shows their values, and how an apply is repeated without."""

import os
import shlex
from pathlib import Path

import pytest
from aws_world import Aws
from click.testing import CliRunner, Result

from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import Given
from ecsplan_cli.main import group
from ecsplan_cli.values import GivenValues, Repeated

CANARY = "canary-0123"
COMMAND = "ecsplan apply plan.json --run-id ci/7"
JOBS = """
variables:
  token: {sensitive: true}
  key: {sensitive: true, env: CI_KEY}
  tag: {default: "3"}
defaults: {image: "alpine:${tag}"}
jobs:
  one: {env: {TOKEN: "${token}", AUTH: "Bearer ${token}"}}
  two: {env: {KEY: "${key}"}}
  plain: {}
"""


@pytest.fixture
def plan(aws: Aws) -> Path:
    Path("jobs.yaml").write_text(JOBS, "utf-8")
    Path("values.yaml").write_text(f"token: {CANARY}\nkey: {CANARY}\n", "utf-8")
    done = CliRunner().invoke(group, ["compile", "jobs.yaml", "-o", "plan.json"])
    assert done.exit_code == 0, done.output
    return aws.folder / "plan.json"


def apply(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(group, ["apply", "plan.json", "--run-id", "ci/7", *arguments], env=environment)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            ["--var", f"token={CANARY}", "--var", f"key={CANARY}"],
            f"to resume, with ECSPLAN_VAR_token and ECSPLAN_VAR_key set: {COMMAND}",
            id="arguments",
        ),
        pytest.param(
            ["--var", f"token={CANARY}", "--only", "one", "--only", "plain"],
            f"to resume, with ECSPLAN_VAR_token set: {COMMAND} --only one --only plain",
            id="of some jobs",
        ),
        pytest.param(
            ["--var", f"token={CANARY}", "--only", "plain"],
            f"to resume: {COMMAND} --only plain",
            id="that no job needs",
        ),
        pytest.param(
            ["--var-file", "values.yaml"],
            f"to resume: {COMMAND} --var-file values.yaml",
            id="a file",
        ),
        pytest.param(
            ["--var-file", "values.yaml", "--var", f"key={CANARY}-2"],
            f"to resume, with ECSPLAN_VAR_token and ECSPLAN_VAR_key set: {COMMAND}",
            id="an argument that a file would win over",
        ),
    ],
)
def test_a_printed_command_has_no_value_and_runs(plan: Path, arguments: list[str], expected: str) -> None:
    first = apply(*arguments)

    assert first.exit_code == 0, first.output
    assert first.stderr.splitlines()[0] == f"run id: ci/7; {expected}"
    needs, _, command = expected.partition(": ")
    values = dict(each.split("=", 1) for each in arguments if "=" in each)
    given = {f"ECSPLAN_VAR_{name}": values.get(name, CANARY) for name in ("token", "key")}
    needed = {name: value for name, value in given.items() if name in needs}
    again = CliRunner().invoke(group, shlex.split(command)[1:], env=needed)
    # Another value would be refused: ECS has the client tokens of the run with the first one.
    assert again.exit_code == 0, again.output
    assert CANARY not in first.output + again.output


def test_the_environment_needs_no_words(plan: Path) -> None:
    done = apply(ECSPLAN_VAR_token=CANARY, CI_KEY=CANARY)

    assert done.exit_code == 0
    assert done.stderr.splitlines()[0] == f"run id: ci/7; to resume: {COMMAND}"


def test_what_failed_is_run_again_with_the_same_words(bare: Path) -> None:
    Path("job.yaml").write_text(
        "variables: {t: {sensitive: true}}\nname: bad\nimage: alpine\n"
        "command: [sh, -c, 'exit 3']\nenv: {T: '${t}'}\n",
        "utf-8",
    )
    CliRunner().invoke(group, ["compile", "--local", "job.yaml", "-o", "plan.json"])

    done = apply("--var", f"t={CANARY}", "--local", "--runner", "process")

    assert done.exit_code == 3
    again = "again, with ECSPLAN_VAR_t set:  ecsplan apply plan.json --local --runner process"
    assert again in done.stderr
    assert CANARY not in done.output


TOKEN = Declaration("token", sensitive=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(GivenValues(), Repeated(), id="nothing"),
        pytest.param(
            GivenValues({"token": "x"}, {"token": Given("y", "from v.yaml")}, file_names=("v.yaml",)),
            Repeated((), ("ECSPLAN_VAR_token",)),
            id="a file that would win over the environment",
        ),
        pytest.param(
            GivenValues({}, {"token": Given("y", "from /dev/fd/63")}, file_names=("/dev/fd/63",)),
            Repeated((), ("ECSPLAN_VAR_token",)),
            id="a shell's pipe",
        ),
        pytest.param(
            GivenValues({}, {"token": Given("y", "from pipe")}, file_names=("pipe",)),
            Repeated((), ("ECSPLAN_VAR_token",)),
            id="a named pipe",
        ),
        pytest.param(
            GivenValues({}, {"other": Given("y", "from v.yaml")}, file_names=("v.yaml",)),
            Repeated(("--var-file", "v.yaml"), ()),
            id="a file of other values",
        ),
    ],
)
def test_how_values_are_repeated(bare: Path, values: GivenValues, expected: Repeated) -> None:
    (bare / "v.yaml").touch()
    os.mkfifo(bare / "pipe")

    assert values.repeated([TOKEN]) == expected
