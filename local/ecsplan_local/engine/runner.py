"""The interface of a runner: the processes that start, stop and inspect a container."""

from signal import Signals
from typing import Protocol

from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.loop import Launch


class Runner(Protocol):
    """Turns containers into processes of this machine."""

    @property
    def name(self) -> str:
        """The name of the runner: `podman`, `docker` or `process`."""
        ...

    def unsupported_reason(self, container: Container) -> str | None:
        """Return the reason why a container cannot be run faithfully, or None."""
        ...

    def preparation(self, container: Container) -> Launch | None:
        """Return the process that must succeed before the start, such as an image pull, or None."""
        ...

    def launch(self, container: Container) -> Launch:
        """Return the process that is the container, or represents it while it runs."""
        ...

    @property
    def engine_prefixes(self) -> tuple[bytes, ...]:
        """Prefixes of lines in the output of the launched process that are messages of the engine."""
        ...

    def inspection(self, container: Container) -> Launch | None:
        """Return the process that prints how a container ended and removes it, or None."""
        ...

    def start_failure(self, code: int, inspected: str, last_output: str) -> str | None:
        """Return the reason why a container was never started, or None if it ran.

        Args:
            code: Exit code of the launched process.
            inspected: The output of `inspection`.
            last_output: The end of the output of the launched process.
        """
        ...

    def killed_for_memory(self, container: Container, inspected: str) -> bool:
        """Return whether a container that was not stopped was killed for exceeding its memory limit."""
        ...

    def exec_failure(self, container: Container, why: str) -> str:
        """Return the reason if the launched process could not be executed at all."""
        ...

    def pull_failure(self, container: Container, output: str) -> str:
        """Return the reason if `preparation` failed with this output."""
        ...

    def signal(self, container: Container, number: Signals) -> Launch | None:
        """Return the process that sends SIGTERM or SIGKILL, or None to signal the launched process."""
        ...

    def health_check_process(self, container: Container, command: tuple[str, ...]) -> Launch:
        """Return the process that runs the command of a health check inside the container."""
        ...

    def discard(self, task_id: str) -> None:
        """Remove the files of an ended task."""
        ...
