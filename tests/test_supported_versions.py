"""The versions that `pyproject.toml` states are those with which ecsplan works.

With ECSPLAN_TEST_VERSIONS=yes, the source distribution is installed into an environment for each supported
Python of this machine, with the oldest libraries that are allowed and with the newest that there are, and the
tests of the compiler run there. That takes minutes, and asks the package index.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from places import ROOT

WANTED = "ECSPLAN_TEST_VERSIONS"
OLDEST = ROOT / "tests" / "constraints-oldest.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SUPPORTED = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)
TESTED_WITH = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis", "moto")
MORE = ("flask", "flask-cors", "pyte", "build", "hatchling", "hatch-fancy-pypi-readme")
OF_THE_PINNED_MODEL = (
    "tests/compiler/draft/test_newer_members.py::test_the_version_is_that_of_the_model",
    "tests/compiler/schema/test_schemas_generated.py::test_the_committed_files_are_what_the_generator_writes",
)
"""Tests that compare committed files with the model of the one botocore of constraints.txt."""


def release(version: str) -> list[int]:
    return [int(each) for each in version.split(".")]


def test_the_oldest_versions_are_those_that_are_stated() -> None:
    pinned = dict(line.split("==") for line in OLDEST.read_text("utf-8").splitlines())

    for each in PROJECT["dependencies"]:
        name, oldest = each.partition(";")[0].split(">=")
        stated, tested = release(oldest), release(pinned[name])
        assert tested[: len(stated)] == stated, each
        assert not any(tested[len(stated) :]), each


def test_the_pinned_versions_install_with_the_oldest_python() -> None:
    oldest = f"{SUPPORTED[0]}.0"
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines}
    installed = {canonicalize_name(each.name): each for each in distributions()}

    assert {"boto3", "mkdocs-material", "pytest"} <= pinned & set(installed)
    wanted = {name: installed[name].metadata["Requires-Python"] for name in pinned & set(installed)}
    assert [name for name, range_ in wanted.items() if oldest not in SpecifierSet(range_ or "")] == []


def interpreter(version: str) -> str:
    """Return the path of a Python, or skip the test."""
    if os.environ.get(WANTED) != "yes":
        pytest.skip(f"{WANTED}=yes installs ecsplan into environments and tests it there")
    if release(version) == list(sys.version_info[:2]):
        return sys.executable
    homes = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = shutil.which(f"python{version}") if not homes else str(homes[-1])
    if found is None:
        pytest.skip(f"there is no Python {version} on this machine")
    return found


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("libraries", ["oldest", "newest"])
@pytest.mark.parametrize("version", SUPPORTED)
def test_the_compiler_passes_its_tests(version: str, libraries: str, tmp_path: Path) -> None:
    python = interpreter(version)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PIP_CONSTRAINT", "PYTHONPATH", "VIRTUAL_ENV"}
    }

    def run(*command: str | Path, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, ROOT)
    (archive,) = tmp_path.glob("*.tar.gz")
    run(python, "-m", "venv", tmp_path / "venv")
    ours = tmp_path / "venv" / "bin" / "python"
    pins: list[str | Path] = ["--constraint", OLDEST] if libraries == "oldest" else []
    run(ours, "-m", "pip", "install", "--quiet", *pins, archive, *TESTED_WITH, *MORE)
    with tarfile.open(archive) as files:
        files.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    # What is tested is what was installed, not what lies beside the tests.
    for each in ("compiler", "applier", "local", "convert", "cli"):
        assert not (folder / each / "__init__.py").exists()

    left_out = [f"--deselect={each}" for each in OF_THE_PINNED_MODEL]
    said = run(ours, "-m", "pytest", "-q", "-n", "2", *left_out, "tests/compiler", cwd=folder)

    assert " passed" in said
