"""Find a container engine that works on this machine."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from ecsplan_local.engine.runner_containers import Program, root_limits
from ecsplan_local.errors import LocalError, ServiceError

_ANSWER_S = 20
"""How long an engine may take to respond."""

_VERSION_COMMANDS = {
    "podman": ("info", "--format", "{{.Host.CgroupControllers}}"),
    "docker": ("version", "--format", "{{.Server.Version}}"),
}

_PROBE = "/ecsplan-probe"
"""A command that does not exist in any container: only a working runtime gets as far as looking for it."""

_NOT_FOUND = 127
"""Exit code of `podman run` for a command that does not exist in the container."""

REMEDY = (
    "install podman, or start docker, or use --runner process, which runs commands as processes of this"
    " machine, without their images"
)
"""The ways to get a runner."""


def find(name: str) -> Program | str:
    """Return an engine, or the reason why it does not work."""
    path = shutil.which(name)
    if path is None:
        return f"{name} is not installed"
    try:
        answer = _run(path, *_VERSION_COMMANDS[name])
        if answer.returncode:
            return f"{name} does not work: {_last_line(answer)}"
        # Docker runs containers in its daemon, which would not have responded without a working runtime.
        podman = name == "podman"
        unsupported_reason = _runtime_refusal(path) if podman else None
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} does not respond: {error}"
    if unsupported_reason is not None:
        return f"{name} cannot run a container: {unsupported_reason}"
    return Program(str(Path(path)), podman, not podman or "memory" in answer.stdout)


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - an engine that the user has installed
        argv, capture_output=True, text=True, errors="replace", timeout=_ANSWER_S, check=False
    )


def _last_line(answer: subprocess.CompletedProcess[str]) -> str:
    lines = answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"]
    return lines[-1]


def _runtime_refusal(podman: str) -> str | None:
    """Return the reason why podman's runtime cannot run a container, or None.

    `podman info` succeeds even without a working runtime or the privileges that one needs. An empty directory
    serves as the container: it has no programs, and a working runtime reports the missing one by name.
    """
    with tempfile.TemporaryDirectory(prefix="ecsplan-", ignore_cleanup_errors=True) as folder:
        options = ("--rm", "--network=host", "--log-driver=none", *root_limits().values())
        answer = _run(podman, "run", *options, "--rootfs", folder, _PROBE)
    works = answer.returncode == _NOT_FOUND and _PROBE in answer.stderr
    return None if works or answer.returncode == 0 else _last_line(answer)


def find_required(name: str) -> Program:
    """Return the requested engine.

    Raises:
        LocalError: It does not work.
    """
    found = find(name)
    if isinstance(found, str):
        raise LocalError(f"{found}; to run containers, {REMEDY}")
    return found


def find_any() -> Program:
    """Return podman if it works, else docker.

    Raises:
        ServiceError: Neither works.
    """
    reasons = []
    for name in _VERSION_COMMANDS:
        found = find(name)
        if not isinstance(found, str):
            return found
        reasons.append(found)
    raise ServiceError(
        "ClientException", f"No container engine was found: {'; '.join(reasons)}. To run tasks, {REMEDY}."
    )
