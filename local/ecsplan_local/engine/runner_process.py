"""Run containers as processes of this machine: no image, an empty directory, the container's environment."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from signal import Signals

from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.failure_messages import command_failure
from ecsplan_local.engine.loop import Launch
from ecsplan_local.json_types import child, text

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The default PATH that container engines set."""

_NEEDS = {
    "environmentFiles": "environmentFiles are fetched from S3",
    "firelensConfiguration": "a log router needs its image",
    "mountPoints": "mountPoints need the file system of a container",
    "resourceRequirements": "GPUs are available to containers only",
    "user": "another user needs a container",
    "volumesFrom": "volumesFrom needs the file system of a container",
    "workingDirectory": "workingDirectory is a directory of the image",
}
"""Members of a container that do not work for a process -> the reason."""


class ProcessRunner:
    """Runs the command of a container as a process.

    Args:
        folder: Where the working directories of the containers are created.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """The name of the runner."""
        return "process"

    def unsupported_reason(self, container: Container) -> str | None:
        """Return the reason why a container cannot be run as a process, or None."""
        wrong = [why for member, why in _NEEDS.items() if container.definition.get(member)]
        if container.entry_point is None and container.command is None:
            wrong.append("it has no command, and the entry point of its image is not used")
        platform = child(container.task_definition, "runtimePlatform")
        if text(platform, "operatingSystemFamily", "LINUX") != "LINUX":
            wrong.append("it is for Windows")
        if not wrong:
            return None
        return (
            f"CannotStartContainerError: the runner `process` cannot run container {container.name}:"
            f" {'; '.join(wrong)}. Use podman or docker."
        )

    def preparation(self, container: Container) -> Launch | None:
        """Create the empty working directory of the container; return None."""
        self._home(container).mkdir(parents=True)
        return None

    def launch(self, container: Container) -> Launch:
        """Return the command of the container."""
        argv = (*(container.entry_point or ()), *(container.command or ()))
        return Launch(argv, self._environment(container), self._home(container))

    @property
    def engine_prefixes(self) -> tuple[bytes, ...]:
        """None: all output comes from the process."""
        return ()

    def inspection(self, container: Container) -> Launch | None:  # noqa: ARG002 - the protocol's
        """Return None: the guardian reports how a process ended."""
        return None

    def start_failure(self, code: int, inspected: str, last_output: str) -> str | None:  # noqa: ARG002 - as above
        """Return None: a process that was started has run."""
        return None

    def killed_for_memory(self, container: Container, inspected: str) -> bool:  # noqa: ARG002 - as above
        """Return False: a process has no limit of its own."""
        return False

    def exec_failure(self, container: Container, why: str) -> str:
        """Return the reason why the command could not be executed."""
        return command_failure(self.launch(container).argv[0], why)

    def pull_failure(self, container: Container, output: str) -> str:  # noqa: ARG002 - as above
        """Return the output: there is nothing to pull."""
        return output

    def signal(self, container: Container, number: Signals) -> Launch | None:  # noqa: ARG002 - the protocol's
        """Return None: signals go to the process itself."""
        return None

    def health_check_process(self, container: Container, command: tuple[str, ...]) -> Launch:
        """Return the command, in the directory and environment of the container."""
        return Launch(command, self._environment(container), self._home(container))

    def discard(self, task_id: str) -> None:
        """Remove the working directories of the containers of a task."""
        shutil.rmtree(self._folder / task_id, ignore_errors=True)

    def _home(self, container: Container) -> Path:
        return self._folder / container.task_id / container.name

    def _environment(self, container: Container) -> Mapping[str, str]:
        """Return the environment of the container, including the two variables that every container has."""
        return {"PATH": PATH, "HOME": str(self._home(container))} | dict(container.environment)
