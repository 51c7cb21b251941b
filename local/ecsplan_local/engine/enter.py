"""Running a command in a container that another process of the embedded ECS runs."""

import shutil
import subprocess
from collections.abc import Sequence
from typing import Final

from ecsplan_local.engine.runner_containers import container_name

_ENGINES: Final = ("podman", "docker")
_ANSWERS_WITHIN_S: Final = 20.0


def enter_command(
    task_id: str, container: str, command: Sequence[str], *, runner: str = "auto", terminal: bool = False
) -> tuple[str, ...] | None:
    """Return what runs a command in a container of a task, or None if no engine runs such a container.

    Args:
        task_id: 32 hexadecimal digits.
        container: The container's name in the task definition.
        command: The words of the command.
        runner: The engine that runs it, or `auto`.
        terminal: Whether the command gets a terminal.
    """
    name = container_name(task_id, container)
    for engine in _ENGINES if runner == "auto" else (runner,):
        path = shutil.which(engine) if engine in _ENGINES else None
        if path is not None and _has(path, name):
            return (path, "exec", "-it" if terminal else "-i", name, *command)
    return None


def _has(engine: str, name: str) -> bool:
    try:
        answer = subprocess.run(  # noqa: S603 - an engine that the user has installed
            (engine, "container", "inspect", name),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWERS_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
