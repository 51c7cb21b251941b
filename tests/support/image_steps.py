"""The steps of the Dockerfile, carried out on this machine below a folder in place of `/`."""

import os
import shutil
import subprocess
import venv
from collections.abc import Mapping
from pathlib import Path

from dockerfile import words_of
from places import ROOT

MAX_MIB = 120
BASE_MIB = 48
"""Docker lists python:3.x-alpine with 43 to 50 MB."""
_SENT = [
    each[1:] for each in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if each.startswith("!")
]


def carry_out_build(root: Path) -> None:
    """Carry out the steps of the first stage: what the image adds to its base is in `opt/ecsplan` then."""
    source = root / "source"
    source.mkdir()
    for each in _SENT:
        if (ROOT / each).is_dir():
            shutil.copytree(ROOT / each, source / each, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / each, source / each)
    # Python and pip of the base image.
    venv.create(root / "base", with_pip=True)
    (steps,) = words_of("RUN", 0)
    for place in ("/wheels", "/opt/ecsplan"):
        steps = steps.replace(place, f"{root}{place}")
    environment = {**os.environ, "PATH": f"{root / 'base/bin'}:{os.environ['PATH']}"}
    for each in ("PIP_CONSTRAINT", "PYTHONPATH", "VIRTUAL_ENV"):
        environment.pop(each, None)
    _run(steps, source, environment)


def carry_out_trial(root: Path, work: Path, compiled: Path) -> int:
    """Carry out the step that tries the image, and return the bytes of Python's library that it compiles.

    Args:
        root: Where the first stage has been carried out.
        work: The folder in which the step runs.
        compiled: An empty folder for what Python compiles: in the image, that stays beside its library.
    """
    (step,) = words_of("RUN", 1)
    path = f"{root / 'opt/ecsplan/bin'}:{os.environ['PATH']}"
    _run(step, work, {"PATH": path, "PYTHONPYCACHEPREFIX": str(compiled)})
    return size_of(compiled) - size_of(compiled / root.relative_to("/"))


def size_of(folder: Path) -> int:
    """Return the bytes of all that is in a folder."""
    return sum(each.lstat().st_size for each in folder.rglob("*"))


def _run(steps: str, folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-euc", steps], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
