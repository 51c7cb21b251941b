"""Looks for a container engine that works on this machine."""

import shutil
import subprocess
from pathlib import Path

from .errors import LocalError, ServiceError
from .runner_containers import Program

_ANSWER_S = 20
"""How long an engine may take to say that it works."""

_QUESTIONS = {
    "podman": ("info", "--format", "{{.Host.CgroupControllers}}"),
    "docker": ("version", "--format", "{{.Server.Version}}"),
}

WAYS = (
    "install podman, or start docker, or ask for the runner `process` (--runner process), "
    "which runs commands as processes of this machine, without their images"
)
"""How to get a runner."""


def find(name: str) -> Program | str:
    """Return an engine, or why it does not work."""
    path = shutil.which(name)
    if path is None:
        return f"{name} is not installed"
    try:
        answer = subprocess.run(  # noqa: S603 - an engine that the user has installed
            (path, *_QUESTIONS[name]), capture_output=True, text=True, timeout=_ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} does not answer: {error}"
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"]
        return f"{name} does not work: {lines[-1]}"
    podman = name == "podman"
    return Program(str(Path(path)), podman, not podman or "memory" in answer.stdout)


def find_required(name: str) -> Program:
    """Return the engine that was asked for.

    Raises:
        LocalError: It does not work.
    """
    found = find(name)
    if isinstance(found, str):
        raise LocalError(f"{found}; to run containers, {WAYS}")
    return found


def find_any() -> Program:
    """Return podman or else docker.

    Raises:
        ServiceError: Neither works.
    """
    reasons = []
    for name in _QUESTIONS:
        found = find(name)
        if not isinstance(found, str):
            return found
        reasons.append(found)
    raise ServiceError(
        "ClientException", f"There is no runner for containers: {'; '.join(reasons)}. To run tasks, {WAYS}."
    )
