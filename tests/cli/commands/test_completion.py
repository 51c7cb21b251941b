"""Shell completion: the script that a shell reads, and what it is offered while somebody types."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecsplan_cli.commands.completion import SHELLS
from ecsplan_cli.main import COMMANDS, group

PROGRAMS = Path(sys.executable).parent
PLAN = {"jobs": [{"name": "extract"}, {"name": "load"}, {"name": "load-2"}]}
MATRIX = {"name": "load", "values": {"day": 1}}
NEEDY = ["+load", "+load[day=1]", "+load[day=2]", "+report"]
ORDERED = {
    "jobs": [
        {"name": "extract"},
        {"name": "load[day=1]", "matrix": MATRIX, "after": ["extract"]},
        {"name": "load[day=2]", "matrix": MATRIX, "after": ["extract"]},
        {"name": "report", "after": ["load"]},
    ]
}


def offered(line: str, **env: str) -> list[str]:
    """Return what is offered for the last word of a command line; after a space a new word begins."""
    words = shlex.split(line)
    where = str(len(words) - (0 if line.endswith(" ") else 1))
    settings = {"COMP_WORDS": line, "COMP_CWORD": where, "_ECSPLAN_COMPLETE": "bash_complete", **env}
    done = CliRunner().invoke(group, env=settings, prog_name="ecsplan")
    assert done.exit_code == 0
    return [each.partition(",")[2] for each in done.output.split()]


@pytest.fixture
def plan(bare: Path) -> Path:
    (bare / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    return bare


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("ecsplan apply plan.json --only l", ["load", "load-2"], id="after the plan"),
        pytest.param("ecsplan apply plan.json --only load --only e", ["extract"], id="a second one"),
        pytest.param("ecsplan apply plan.json --detach --only ", ["extract", "load", "load-2"], id="all"),
        pytest.param("ecsplan apply none.json --only ", [], id="no such file"),
        pytest.param("ecsplan apply - --only ", [], id="standard input"),
        pytest.param("ecsplan apply broken.json --only ", [], id="not a plan"),
        pytest.param("ecsplan apply . --only ", [], id="a folder"),
    ],
)
def test_the_jobs_of_the_plan_are_offered(plan: Path, line: str, expected: list[str]) -> None:
    (plan / "broken.json").write_text('{"jobs": 7}', encoding="utf-8")

    assert offered(line) == expected


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        pytest.param("", [*NEEDY, "extract", *(each[1:] for each in NEEDY)], id="all"),
        pytest.param("lo", ["load", "load[day=1]", "load[day=2]"], id="a matrix"),
        pytest.param("+", NEEDY, id="with what they need"),
        pytest.param("+r", ["+report"], id="one with what it needs"),
    ],
)
def test_matrices_and_jobs_with_needs_are_offered(bare: Path, begun: str, expected: list[str]) -> None:
    (bare / "plan.json").write_text(json.dumps(ORDERED), encoding="utf-8")

    assert offered(f"ecsplan apply plan.json --only {begun}") == expected


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        pytest.param("", ["load", "nightly-etl", "planned"], id="all"),
        pytest.param("n", ["nightly-etl"], id="of a manifest"),
        pytest.param("planned --family p", ["planned"], id="a second one, of the plan"),
        pytest.param("x", [], id="none"),
    ],
)
def test_the_families_of_the_plan_and_the_manifests_are_offered(
    bare: Path, begun: str, expected: list[str]
) -> None:
    (bare / "plan.json").write_text(
        json.dumps({"jobs": [{"name": "a", "task_definition": {"family": "planned"}}]}), "utf-8"
    )
    (bare / "manifests").mkdir()
    for name, text in (
        ("etl.yaml", "family: nightly-etl\nname: etl\nimage: alpine\n"),
        ("load.yaml", "image: alpine\n"),
        ("wrong.yaml", "image: [\n"),
        ("linked.yaml", "task_definition_arn: web:7\n"),
    ):
        (bare / "manifests" / name).write_text(text, "utf-8")

    assert offered(f"ecsplan prune --family {begun}") == expected


@pytest.mark.parametrize("plan", ["{", '{"jobs": [{"name": "a"}]}', '{"jobs": [7]}'])
def test_no_family_is_offered_where_none_can_be_read(bare: Path, plan: str) -> None:
    (bare / "plan.json").write_text(plan, "utf-8")

    assert offered("ecsplan prune --family ") == []


def test_regions_are_offered(bare: Path) -> None:
    assert {"eu-west-1", "eu-west-2", "eu-west-3"} <= set(offered("ecsplan compile --region eu-w"))
    assert "cn-north-1" in offered("ecsplan compile --region c")


def test_profiles_are_offered(bare: Path) -> None:
    (bare / "aws_config_file").write_text("[profile prod]\nregion = x\n[profile test]\n", "utf-8")

    assert offered("ecsplan apply plan.json --profile p") == ["prod"]


def test_an_unreadable_configuration_offers_nothing(bare: Path) -> None:
    (bare / "aws_config_file").write_text("no section\n", "utf-8")

    assert offered("ecsplan apply plan.json --profile ") == []


def test_commands_and_pages_are_offered(bare: Path) -> None:
    assert set(offered("ecsplan ")) == set(COMMANDS)
    assert offered("ecsplan docs fargate-m") == ["fargate-memory"]
    assert offered("ecsplan completion b") == ["bash"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_can_be_read_by_its_shell(shell: str, bare: Path) -> None:
    script = CliRunner().invoke(group, ["completion", shell], prog_name="ecsplan").output
    assert f"_ECSPLAN_COMPLETE={shell}_complete" in script

    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    (bare / "script").write_text(script, "utf-8")
    done = subprocess.run([program, "-n", "script"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_with_the_script(plan: Path) -> None:
    """Bash's own variables are set as it sets them, and the function that it would call is called."""
    lines = [
        'eval "$(ecsplan completion bash)"',
        "COMP_WORDS=(ecsplan apply plan.json --only ex); COMP_CWORD=4",
        '_ecsplan_completion ecsplan; echo "${COMPREPLY[@]}"',
    ]
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        check=False,
    )

    assert done.stdout.strip() == "extract", done.stderr
