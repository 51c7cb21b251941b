"""Env files on the command line: found beside the manifest, and not judged as manifests themselves."""

import json
import subprocess
from pathlib import Path
from typing import Any

import processes
import pytest

MANIFEST = "image: alpine\nenv_file: job.env\nenv: {B: mine}\n"


@pytest.fixture(autouse=True)
def here(bare: Path) -> Path:
    (bare / "jobs").mkdir()
    (bare / "jobs/a.yaml").write_text(MANIFEST)
    (bare / "jobs/job.env").write_bytes(b'\xef\xbb\xbf# settings\r\nA=${X} "x"\r\nB=2\r\n')
    return bare


def ecsplan(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return processes.run(*arguments, text=stdin)


def environment(*arguments: str, stdin: str = "") -> Any:
    done = ecsplan("compile", "--offline", *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    (own,) = json.loads(done.stdout)["jobs"][0]["run_request"]["overrides"]["containerOverrides"]
    return {each["name"]: each["value"] for each in own["environment"]}


@pytest.mark.parametrize("target", ["jobs", "jobs/a.yaml", "."])
def test_a_file_is_found_beside_its_manifest(target: str) -> None:
    assert environment(target) == {"A": '${X} "x"', "B": "mine"}


def test_the_file_of_a_manifest_on_standard_input_is_here(here: Path) -> None:
    (here / "job.env").write_text("A=here\n")

    assert environment("-", "--name", "a", stdin=MANIFEST) == {"A": "here", "B": "mine"}


def test_an_option_names_another_file_and_sets_variables(here: Path) -> None:
    (here / "jobs/other.env").write_text("A=other\nC=3\n")
    options = ("--set", "env_file=other.env", "--set", "env.C=set")

    assert environment("jobs/a.yaml", *options) == {"A": "other", "B": "mine", "C": "set"}


def test_a_file_that_looks_like_a_manifest_is_not_judged_as_one(here: Path) -> None:
    (here / "jobs/a.yaml").write_text("image: alpine\nenv_file: env.yaml\n")
    (here / "jobs/env.yaml").write_text("A=1\n")

    done = ecsplan("check", "jobs")

    assert (done.returncode, done.stdout) == (0, "")
    assert "1 file, 1 job: 0 errors, 0 warnings" in done.stderr


def test_what_is_wrong_is_shown_in_the_file_without_credentials(here: Path) -> None:
    (here / "jobs/job.env").write_text("API_TOKEN=hunter2hunter2\nexport API_TOKEN=hunter2hunter2\nHOME\n")

    done = ecsplan("check", "jobs")

    assert done.returncode == 1
    assert "jobs/job.env:2:1: error[env-file]" in done.stderr
    assert "jobs/job.env:3:1: error[env-file]" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("name", ["missing.env", ".", "/dev/null"])
def test_a_file_that_cannot_be_read_is_an_error_at_its_name(here: Path, name: str) -> None:
    (here / "jobs/a.yaml").write_text(f"image: alpine\nenv_file: {name}\n")

    done = ecsplan("check", "jobs")

    assert done.returncode == 1
    assert "jobs/a.yaml:2:11: error[env-file]: cannot read" in done.stderr
    assert "Traceback" not in done.stderr
