"""How the action installs ecsplan: what pip is asked for, with which Python, and once a job."""

import os
import sys
import tomllib
from pathlib import Path

import pytest
from places import ROOT
from processes import SCRIPT
from workflow_job import Job

QUIET = "--quiet --disable-pip-version-check --no-input"
OWN = [
    f"install --constraint {ROOT}/constraints.txt --requirement HOME/backend.txt",
    f"wheel --no-deps --no-build-isolation --wheel-dir HOME/wheel {ROOT}",
    f"install --constraint {ROOT}/constraints.txt HOME/wheel/ecsplan-*.whl",
]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("", OWN, id="its own checkout"),
        pytest.param("1.2.3", ["install ecsplan==1.2.3"], id="a released version"),
        pytest.param("1.2.3rc1", ["install ecsplan==1.2.3rc1"], id="a release candidate"),
    ],
)
def test_what_is_installed(job: Job, version: str, expected: list[str]) -> None:
    first = job.use({"version": version, "check-only": "true"})
    again = job.use({"version": version, "check-only": "true"})

    assert [first.steps[0].status, again.steps[0].status] == [0, 0], first.log
    home = str(Path(job.runner.path[0]).parent)
    asked = job.installed.read_text("utf-8").replace(home, "HOME").splitlines()
    assert asked == [f"{each} {QUIET}" for each in expected]
    if not version:
        backend = (Path(job.runner.path[0]).parent / "backend.txt").read_text("utf-8").splitlines()
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        assert backend == project["build-system"]["requires"]


def test_later_steps_find_the_command_and_their_own_python(job: Job) -> None:
    job.use({"check-only": "true"})

    (folder,) = job.runner.path
    assert [each.name for each in Path(folder).iterdir()] == ["ecsplan"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param({"apply": "yes"}, "apply: write true or false, not 'yes'", id="apply"),
        pytest.param({"comment": ""}, "comment: write true or false, not ''", id="comment"),
        pytest.param({"strict": "True"}, "strict: write true or false, not 'True'", id="strict"),
        pytest.param({"install": "no"}, "install: write true or false, not 'no'", id="install"),
        pytest.param({"check-only": "1"}, "check-only: write true or false, not '1'", id="check-only"),
        pytest.param({"apply": "true", "check-only": "true"}, "exclude each other", id="both"),
        pytest.param({"version": "git+https://x.test/y"}, "is not a version such as", id="an address"),
        pytest.param({"version": "--index-url=x"}, "is not a version such as", id="an option"),
        pytest.param({"version": "v1"}, "is not a version such as", id="a tag"),
        pytest.param({"python": "/none/python3"}, "cannot be run, or is older than 3.11", id="no Python"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_installed(
    job: Job, inputs: dict[str, str], message: str
) -> None:
    done = job.use(inputs)

    assert (done.status, len(done.steps)) == (2, 1)
    (said,) = done.annotations("error")
    assert message in said
    assert not job.installed.exists()


def test_a_runner_with_windows_is_refused(job: Job) -> None:
    job.runner.environment["RUNNER_OS"] = "Windows"

    done = job.use({"check-only": "true"})

    assert (done.status, len(done.steps)) == (2, 1)
    assert "runs on Linux and macOS" in done.annotations("error")[0]
    assert not job.installed.exists()


def test_one_that_is_there_is_used(job: Job, tmp_path: Path) -> None:
    job.write("manifests/job.yaml", "image: alpine:3\n")
    (tmp_path / "path").mkdir()
    (tmp_path / "path/ecsplan").symlink_to(SCRIPT)
    job.runner.environment["PATH"] = f"{tmp_path / 'path'}:{os.environ['PATH']}"

    done = job.use({"install": "false", "check-only": "true"})

    assert done.status == 0, done.log
    assert not job.installed.exists()


def test_one_that_is_not_there_is_missed(job: Job, tmp_path: Path) -> None:
    without_python(job, tmp_path / "path")

    done = job.use({"install": "false"})

    assert (done.status, len(done.steps)) == (2, 1)
    assert "no ecsplan on the runner's path" in done.annotations("error")[0]


def without_python(job: Job, folder: Path) -> None:
    """Leave programs on the path of the job, and no Python."""
    folder.mkdir()
    for name in ("bash", "cksum", "cut", "mkdir", "cp", "ln", "touch", "sh"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    job.runner.environment["PATH"] = str(folder)


def old_python(path: Path) -> None:
    """Make a Python that is too old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    path.chmod(0o755)


def test_the_first_python_that_is_new_enough_is_taken(job: Job, tmp_path: Path) -> None:
    without_python(job, tmp_path / "path")
    old_python(tmp_path / "path" / "python3")
    aside = tmp_path / "tools/Python/3.12.1/x64/bin/python3"
    aside.parent.mkdir(parents=True)
    aside.symlink_to(job.installed.with_name("python"))
    old_python(tmp_path / "tools/Python/3.10.9/x64/bin/python3")
    job.runner.environment["RUNNER_TOOL_CACHE"] = str(tmp_path / "tools")

    done = job.runner.use({"check-only": "true"})

    assert done.steps[0].status == 0, done.log
    assert (
        Path(job.runner.path[0]).with_name("bin").joinpath("python").read_text("utf-8").count(sys.executable)
    )


def test_a_runner_without_a_new_python_is_told_how_to_get_one(job: Job, tmp_path: Path) -> None:
    without_python(job, tmp_path / "path")
    old_python(tmp_path / "path" / "python3")

    done = job.runner.use()

    assert (done.status, len(done.steps)) == (2, 1)
    assert "actions/setup-python" in done.annotations("error")[0]
