"""The hook for pre-commit, as pre-commit installs and runs it in somebody's repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from ruamel.yaml import YAML

LEFT_OUT = (".*", "tests", "bench", "build", "dist", "__pycache__", "node_modules")
GOOD = "variables: {tag: {pattern: '[0-9a-f]{7,40}'}}\nimage: registry.example.com/etl:${tag}\n"
WRONG = "image: alpine:3\ncpu: 256\nmemory: 3072\n"
CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: ecsplan-check
"""
LIMIT_S = 250
"""The hook's environment is built with pip, from the package index."""


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *settings, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_the_hook_passes_a_good_manifest_and_points_into_a_wrong_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in os.environ if each.startswith(("GIT_", "PRE_COMMIT"))]:
        monkeypatch.delenv(name)
    hooks, repository = tmp_path / "hooks", tmp_path / "repository"
    shutil.copytree(ROOT, hooks, ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "init", "--quiet")
    git(hooks, "add", "--all")
    git(hooks, "commit", "--quiet", "--message", "hooks")
    (repository / "jobs/manifests").mkdir(parents=True)
    git(repository, "init", "--quiet")
    (repository / "jobs/manifests/good.yaml").write_text(GOOD, "utf-8")
    (repository / "compose.yaml").write_text("services: {web: {image: nginx}}\n", "utf-8")
    (repository / ".pre-commit-config.yaml").write_text(
        CONFIG.format(repository=hooks, revision=git(hooks, "rev-parse", "HEAD")), "utf-8"
    )
    git(repository, "add", "--all")
    command = [str(Path(sys.executable).with_name("pre-commit")), "run", "--all-files", "--verbose"]

    def hook() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=repository,
            env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "PRE_COMMIT_COLOR": "never"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )

    passed = hook()
    (repository / "jobs/manifests/wrong.yaml").write_text(WRONG, "utf-8")
    git(repository, "add", "--all")
    failed = hook()

    assert passed.returncode == 0, passed.stdout
    assert "1 file, 1 job: 0 errors, 0 warnings" in passed.stdout
    assert failed.returncode == 1, failed.stdout
    assert "jobs/manifests/wrong.yaml:3:9: error[fargate-memory]" in failed.stdout
    assert "2 files, 2 jobs: 1 error, 0 warnings" in failed.stdout


def test_the_hook_checks_without_values() -> None:
    (hook,) = YAML(typ="safe", pure=True).load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))

    assert hook["id"] == "ecsplan-check"
    # In `entry`: arguments of a user's own would replace `args`.
    assert hook["entry"] == "ecsplan check --without-values"
