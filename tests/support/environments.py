"""Virtual environments for programs whose pins contradict the project's: built once, then reused."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from places import ROOT

FOLDER = ROOT / ".venvs"
INSTALL_LIMIT_S = 280
_READY = ".ready"
_SETTINGS_OF_THE_PROJECT = ("PIP_CONSTRAINT", "PIP_REQUIREMENT", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
"""Environment variables that would carry the project's own pins or packages into another environment."""


def environment(name: str, pins: Path) -> Path:
    """Return the `bin` folder of the virtual environment `.venvs/NAME`; build it where it is missing.

    Only one process builds it, the others wait; it is built anew when the pins or Python change. A build that
    was interrupted leaves no stamp and starts over.

    Args:
        name: Its folder.
        pins: A file of `name==version` lines, complete: nothing else is installed.

    Raises:
        AssertionError: It could not be built; the message holds what pip said.
    """
    FOLDER.mkdir(exist_ok=True)
    home = FOLDER / name
    wanted = f"{sys.version}\n{pins.read_text(encoding='utf-8')}"
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = home / _READY
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            _build(home, pins)
            stamp.write_text(wanted, encoding="utf-8")
    return home / "bin"


def _build(home: Path, pins: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(home))
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    _run(
        str(home / "bin" / "python"), "-m", "pip", "install", *quiet, "--no-deps", "--requirement", str(pins)
    )


def _run(*command: str) -> None:
    settings = {name: value for name, value in os.environ.items() if name not in _SETTINGS_OF_THE_PROJECT}
    done = subprocess.run(
        command,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=INSTALL_LIMIT_S,
    )
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}"
