"""Containers as child processes of this machine: no image, an empty folder, the container's environment."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from signal import Signals

from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.engine_words import command_failure
from ecsplan_local.engine.loop import Launch

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked up if the environment has no PATH: what container engines set then."""

_NEEDS = {
    "environmentFiles": "environmentFiles come from S3",
    "firelensConfiguration": "a log router runs from its image",
    "mountPoints": "mountPoints need a container's file system",
    "resourceRequirements": "GPUs are given to containers only",
    "user": "another user needs a container",
    "volumesFrom": "volumesFrom needs a container's file system",
    "workingDirectory": "workingDirectory is a folder of the image",
}
"""Members of a container that a process cannot be given, and why."""


class ProcessRunner:
    """Runs a container's command as a process.

    Args:
        folder: Where the working folders of the containers are made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """The runner's name."""
        return "process"

    def refusal(self, container: Container) -> str | None:
        """Return why a container cannot be run as a process, or None."""
        wrong = [why for member, why in _NEEDS.items() if container.definition.get(member)]
        if container.entry_point is None and container.command is None:
            wrong.append("it has no command, and its image's own entry point is not used")
        platform = container.task_definition.get("runtimePlatform", {})
        if platform.get("operatingSystemFamily", "LINUX") != "LINUX":
            wrong.append("it is for Windows")
        if not wrong:
            return None
        return (
            f"CannotStartContainerError: the runner `process` cannot run container {container.name}:"
            f" {'; '.join(wrong)}. Use podman or docker."
        )

    def preparation(self, container: Container) -> Launch | None:
        """Make the container's empty working folder."""
        self._home(container).mkdir(parents=True)
        return None

    def launch(self, container: Container) -> Launch:
        """Return the container's command as it stands."""
        argv = (*(container.entry_point or ()), *(container.command or ()))
        return Launch(argv, self._environment(container), self._home(container))

    @property
    def own_prefixes(self) -> tuple[bytes, ...]:
        """Nothing: all output is the process's."""
        return ()

    def aftermath(self, container: Container) -> Launch | None:  # noqa: ARG002 - the protocol's
        """Return None: the guardian says how a process has ended."""
        return None

    def start_failure(self, code: int, said: str, last_words: str) -> str | None:  # noqa: ARG002 - as above
        """Return None: a process that was started has run."""
        return None

    def killed_for_memory(self, container: Container, said: str) -> bool:  # noqa: ARG002 - as above
        """Return False: a process has no limit of its own."""
        return False

    def exec_failure(self, container: Container, why: str) -> str:
        """Return why the container's command could not be executed."""
        return command_failure(self.launch(container).argv[0], why)

    def pull_failure(self, container: Container, output: str) -> str:  # noqa: ARG002 - as above
        """Return the output: there is nothing to pull."""
        return output

    def signal(self, container: Container, number: Signals) -> Launch | None:  # noqa: ARG002 - the protocol's
        """Return None: signals go to the process itself."""
        return None

    def examination(self, container: Container, command: tuple[str, ...]) -> Launch:
        """Return the command, in the container's folder and environment."""
        return Launch(command, self._environment(container), self._home(container))

    def discard(self, task_id: str) -> None:
        """Remove the working folders of a task's containers."""
        shutil.rmtree(self._folder / task_id, ignore_errors=True)

    def _home(self, container: Container) -> Path:
        return self._folder / container.task_id / container.name

    def _environment(self, container: Container) -> Mapping[str, str]:
        """Return the container's environment with the two variables that every container has."""
        return {"PATH": PATH, "HOME": str(self._home(container))} | dict(container.environment)
