"""An interpreter that is too old is named in a sentence, however the command is started."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

import ecsplan_cli

SOURCES = [ROOT / each for each in ("compiler", "applier", "local", "convert", "cli")]
STARTS = ["ecsplan", "ecsplan_cli"]
READ_FIRST = ["compiler/ecsplan/__init__.py", "compiler/ecsplan/__main__.py", "cli/ecsplan_cli/__init__.py"]
"""The modules that an old interpreter reads until it is refused."""
SIMULATED = """
import runpy, sys
sys.version_info = (3, {minor}, 10, "final", 0)
sys.path[:0] = {path!r}
try:
    runpy.run_module({module!r}, run_name="__main__")
finally:
    print(*sorted(each for each in sys.modules if each.startswith("ecsplan")))
"""


def old_interpreters() -> Iterator[Path]:
    """Yield the interpreters of this machine that are too old."""
    folders = [Path("/usr/bin"), Path("/usr/local/bin")]
    for minor in range(6, ecsplan_cli.OLDEST_PYTHON[1]):
        found = [each / f"python3.{minor}" for each in folders]
        found += sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        yield from (each for each in found[:3] if each.exists())


def refused(python: Path, module: str) -> "subprocess.CompletedProcess[str]":
    path = ":".join(map(str, SOURCES))
    return subprocess.run(
        [python, "-B", "-m", module, "check", "job.yaml"],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_oldest_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = ".".join(map(str, ecsplan_cli.OLDEST_PYTHON))

    assert project["requires-python"] == f">={oldest}"
    assert f"Python {oldest} or later" in (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert named[0] == oldest


@pytest.mark.parametrize("path", READ_FIRST)
def test_an_old_interpreter_can_read_what_refuses_it(path: str) -> None:
    # f-strings came with 3.6. `ast` checks syntax alone; what is imported is checked below.
    ast.parse((ROOT / path).read_text("utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("module", STARTS)
@pytest.mark.parametrize("minor", [6, 8, 10])
def test_it_is_refused_before_anything_else_is_imported(module: str, minor: int) -> None:
    code = SIMULATED.format(minor=minor, path=list(map(str, SOURCES)), module=module)

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 125
    first, help_ = done.stderr.splitlines()
    assert first == (
        f"error: ecsplan requires Python 3.11 or later; this is Python 3.{minor}.10 ({sys.executable})"
    )
    assert help_.startswith("  help: install ecsplan with a newer Python")
    assert set(done.stdout.split()) <= {"ecsplan", "ecsplan.__main__"}


def test_a_new_one_is_not_refused() -> None:
    code = SIMULATED.format(minor=11, path=list(map(str, SOURCES)), module="ecsplan")

    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ecsplan ")


@pytest.mark.parametrize("module", STARTS)
def test_real_old_interpreters_are_refused(module: str) -> None:
    interpreters = list(old_interpreters())
    if not interpreters:
        pytest.skip("this machine has no Python older than 3.11")
    for python in interpreters:
        done = refused(python, module)

        assert done.returncode == 125, done.stderr
        assert done.stderr.startswith("error: ecsplan requires Python 3.11 or later; this is Python 3.")
        assert "Traceback" not in done.stderr
