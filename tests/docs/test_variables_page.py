"""The pipelines of docs/variables.md, run with the environment of each CI service."""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from page_commands import shell_in
from page_text import texts
from places import ROOT
from processes import SCRIPT

from ecsplan.plan.plan import read_plan
from ecsplan_local import serve

PAGE = (ROOT / "docs" / "variables.md").read_text("utf-8")
COMMANDS = re.compile(
    r"^ *(?:- )?(ecsplan (?:compile manifests/(?:variables|three).*|apply .*))$", re.MULTILINE
)
CI = {
    "GITHUB_SHA": "4acf55ce0123456789abcdef0123456789abcdef",
    "GITHUB_RUN_ID": "1234567890",
    "CI_COMMIT_SHORT_SHA": "4acf55ce",
    "CI_PIPELINE_ID": "4711",
    "CODEBUILD_RESOLVED_SOURCE_VERSION": "4acf55ce0123456789abcdef0123456789abcdef",
    "CODEBUILD_BUILD_NUMBER": "12",
}
TOKEN = "canary-token-0123"


def pipelines() -> list[list[str]]:
    """Return the commands of each pipeline that uses variables."""
    found = (COMMANDS.findall(textwrap.dedent(block)) for block in texts(PAGE, "yaml"))
    return [commands for commands in found if len(commands) == 2 and "manifests/" in commands[0]]


def test_each_service_has_a_pipeline() -> None:
    assert len(pipelines()) == 4


@pytest.mark.parametrize("commands", pipelines(), ids=range(len(pipelines())))
def test_a_pipeline_runs(commands: list[str], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    with serve(runner="scripted") as endpoint:
        shell = shell_in(
            tmp_path,
            **CI,
            AWS_ENDPOINT_URL=endpoint.url,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_REGION="us-east-1",
            LOADER_TOKEN=TOKEN,
        )
        done = subprocess.run(
            ["bash", "-ec", "\n".join(commands)],
            cwd=tmp_path,
            env=shell,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert done.returncode == 0, done.stderr
    text = (tmp_path / "plan.json").read_text("utf-8")
    assert {str(job.variables["tag"])[:7] for job in read_plan(text).jobs} == {"4acf55c"}
    assert TOKEN not in text + done.stdout + done.stderr


def test_the_declarations_of_the_page_compile(tmp_path: Path) -> None:
    (block,) = [each for each in texts(PAGE, "yaml") if each.startswith("variables:")]
    (tmp_path / "job.yaml").write_text(block, encoding="utf-8")
    arguments = ["compile", "--offline", "job.yaml", "--var", "tag=4acf55ce", "--var", "stage=prod"]

    done = subprocess.run([SCRIPT, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert '"name": "etl-prod"' in done.stdout


def test_the_lookups_of_the_page_compile(tmp_path: Path) -> None:
    (block,) = [each for each in texts(PAGE, "yaml") if each.startswith("name: report")]
    (tmp_path / "job.yaml").write_text(block, encoding="utf-8")

    arguments = ["compile", "--offline", "job.yaml"]
    done = subprocess.run([SCRIPT, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "<ssm:/prod/report/tag at apply>" in done.stdout
