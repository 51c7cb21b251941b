"""Looks for a container engine that works on this machine."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from ecsplan_local.engine.runner_containers import Program, root_limits
from ecsplan_local.errors import LocalError, ServiceError

_ANSWER_S = 20
"""How long an engine may take to say that it works."""

_QUESTIONS = {
    "podman": ("info", "--format", "{{.Host.CgroupControllers}}"),
    "docker": ("version", "--format", "{{.Server.Version}}"),
}

_PROBE = "/ecsplan-probe"
"""A command that is in no container: only a runtime that works gets as far as to look for it."""

_NOT_FOUND = 127
"""Exit code of `podman run` for a command that the container lacks."""

WAYS = (
    "install podman, or start docker, or ask for the runner `process` (--runner process), which runs"
    " commands as processes of this machine, without their images"
)
"""How to get a runner."""


def find(name: str) -> Program | str:
    """Return an engine, or why it does not work."""
    path = shutil.which(name)
    if path is None:
        return f"{name} is not installed"
    try:
        answer = _ask(path, *_QUESTIONS[name])
        if answer.returncode:
            return f"{name} does not work: {_last_line(answer)}"
        podman = name == "podman"
        refusal = _runtime_refusal(path) if podman else None
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} does not answer: {error}"
    if refusal is not None:
        return f"{name} cannot run a container: {refusal}"
    return Program(str(Path(path)), podman, not podman or "memory" in answer.stdout)


def _ask(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - an engine that the user has installed
        argv, capture_output=True, text=True, errors="replace", timeout=_ANSWER_S, check=False
    )


def _last_line(answer: subprocess.CompletedProcess[str]) -> str:
    lines = answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"]
    return lines[-1]


def _runtime_refusal(podman: str) -> str | None:
    """Return why podman's runtime cannot run a container, or None.

    `podman info` answers without a runtime that works, or without the rights that one needs. An empty folder
    serves as the container: it has no program, and a runtime that works says so by name.
    """
    with tempfile.TemporaryDirectory(prefix="ecsplan-", ignore_cleanup_errors=True) as folder:
        options = ("--rm", "--network=host", "--log-driver=none", *root_limits().values())
        answer = _ask(podman, "run", *options, "--rootfs", folder, _PROBE)
    works = answer.returncode == _NOT_FOUND and _PROBE in answer.stderr
    return None if works or answer.returncode == 0 else _last_line(answer)


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
